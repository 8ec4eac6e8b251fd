"""The kernels of bench/kernels, real programs, and a hello program, in every engine beside their native builds.

A time is the processor time (user and system) of the whole process, less that of the same program with nothing to do, so
neither start-up nor other people's load counts. A ratio is the median over the rounds of (engine / native in the same round).
"""

import concurrent.futures
import os
import random
import shlex
import shutil
import statistics
import subprocess
from pathlib import Path

from report import CLANG, Failure, Table, WrongOutput, geometric_mean, number, percent, run, spread

BENCH = Path(__file__).resolve().parent
WASM_FEATURES = ["-mbulk-memory", "-mnontrapping-fptoint", "-msign-ext"]  # as clang has by default from 20 on
RIVALS = ("v8-liftoff", "winch", "wazero")  # compilers of our kind
# Native programs of Debian, and the modules of the same versions among the test data.
PROGRAMS = {"bzip2": (["bzip2", "-9", "-c"], "bzip2.wasm"),
            "lua": (["lua5.4", "-"], "lua-exnref-O3.wasm"),
            "sqlite": (["sqlite3", "-batch", ":memory:"], "sqlite3.wasm"),
            "mujs": (["mujs"], "mujs-legacy-eh.wasm")}


def build(source, output, flags):
    """Compiles a kernel where its source, a shared header or the flags changed."""
    stamp = output.with_suffix(output.suffix + ".flags")
    command = [CLANG, *flags, str(source), "-o", str(output)]
    newest = max(path.stat().st_mtime for path in (source, BENCH / "kernels" / "kernel.h", BENCH / "times.h"))
    if output.exists() and stamp.exists() and stamp.read_text() == shlex.join(command):
        if output.stat().st_mtime > newest:
            return
    output.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(command, check=True)
    stamp.write_text(shlex.join(command))


def build_kernel(source, arguments):
    """Returns the paths of the native program and of the module."""
    name = source.stem
    simd = ["-msimd128"] if name.startswith("simd_") else []
    native, module = arguments.build_dir / name, arguments.build_dir / f"{name}.wasm"
    build(source, native, [arguments.level])
    # In two steps: with -O, linking runs any wasm-opt that happens to be installed, and others would measure other modules.
    compiled = arguments.build_dir / f"{name}.o"
    build(source, compiled, ["--target=wasm32-wasi", arguments.level, *WASM_FEATURES, *simd, "-c"])
    build(compiled, module, ["--target=wasm32-wasi"])
    return native, module


def build_kernels(sources, arguments):
    """Builds all on all cores, so that nothing is built between measurements; returns their pairs of paths."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda source: build_kernel(source, arguments), sources))


def checked_run(command, expected, key, stdin=None):
    """Runs; the first output under a key, the native one, is what all others must be. Returns processor seconds."""
    output, used, _, _ = run(command, stdin)
    if output != expected.setdefault(key, output):
        raise WrongOutput("prints something else than the native one")
    return used


def measure_work(idle, busy, rounds):
    """idle and busy: {engine: (command, stdin)}, native first: with nothing to do, and with all of it. Returns
    {engine: {"ms", "ratio", "spread"} or {"failure", "is_wrong"}}."""
    results, startup, seconds, expected = {}, {}, {}, {}

    def attempt(name, action):
        try:
            return action()
        except (Failure, OSError) as failure:
            results[name] = {"failure": str(failure), "is_wrong": isinstance(failure, WrongOutput)}
            seconds.pop(name, None)
            return None

    for name, (command, stdin) in idle.items():
        used = attempt(name, lambda: min(checked_run(command, expected, "idle", stdin) for _ in range(3)))
        if used is not None:
            startup[name], seconds[name] = used, []
    for _ in range(rounds):
        for name in list(seconds):
            command, stdin = busy[name]
            used = attempt(name, lambda: checked_run(command, expected, "busy", stdin))
            if used is not None:
                seconds[name].append(max(used - startup[name], 1e-6))
    native = seconds.get(next(iter(idle)))
    for name, times in seconds.items():
        ratios = [time / base for time, base in zip(times, native)] if native else None
        results[name] = {"ms": statistics.median(times) * 1000, "spread": spread(times),
                         "ratio": statistics.median(ratios) if ratios else None}
    return results


def ratio_of(results, name):
    return results.get(name, {}).get("ratio")


def to_best_rival(results):
    """Our compiler's time as a multiple of the best of its kind."""
    ratios = [ratio for ratio in (ratio_of(results, name) for name in RIVALS) if ratio]
    ours = ratio_of(results, "baseline")
    return ours / min(ratios) if ours and ratios else None


class RatioTable:
    """Rows of ratios to native, and what they come to."""

    def __init__(self, title, engines):
        self.engines = list(engines)
        self.has_rivals = "baseline" in engines and any(name in engines for name in RIVALS)
        rival = ["to best"] if self.has_rivals else []
        self.table = Table([title, "native ms", "+-", *self.engines, *rival])
        self.results = {}

    def add(self, name, results):
        self.results[name] = results
        native = results["native"]
        cells = [name, number(native.get("ms"), 1), percent(native.get("spread"))]
        cells += ["FAIL" if "failure" in results[engine] else number(ratio_of(results, engine)) for engine in self.engines]
        if self.has_rivals:
            cells.append(number(to_best_rival(results)))
        self.table.row(cells)

    def finish(self, groups):
        """groups: (title, whether a name belongs to it). Returns what goes into the JSON."""
        means = {}
        for title, belongs in groups:
            chosen = [results for name, results in self.results.items() if belongs(name)]
            if not chosen:
                continue
            of_engine = {name: [ratio for ratio in (ratio_of(results, name) for results in chosen) if ratio]
                         for name in self.engines}
            means[title] = {name: geometric_mean(ratios) for name, ratios in of_engine.items()}
            # "*": not of all rows, so not to be compared with the others
            cells = [number(means[title][name]) + ("" if len(ratios) == len(chosen) else "*") for name, ratios in
                     of_engine.items()]
            to_best = [value for value in map(to_best_rival, chosen) if value]
            self.table.row([f"geomean {title}", f"of {len(chosen)}", "", *cells,
                            *([number(geometric_mean(to_best))] if self.has_rivals else [])])
        noise = {name: statistics.median(found) for name in ["native", *self.engines]
                 if (found := [results[name]["spread"] for results in self.results.values()
                               if results[name].get("spread") is not None])}
        self.table.row(["noise, median", "", percent(noise.get("native")), *[percent(noise.get(name)) for name in self.engines]])
        failures = [f"{row}, {name}: {result['failure']}" for row, results in self.results.items()
                    for name, result in results.items() if "failure" in result]
        print(*failures, sep="\n", end="\n" if failures else "")
        return {"rows": self.results, "geometric_means": means, "noise": noise, "failures": failures}

    def errors(self, ours):
        """Ours that failed, and any that computed something else."""
        return sum(1 for results in self.results.values() for name, result in results.items()
                   if "failure" in result and (result["is_wrong"] or name in ours))


def measure_kernels(sources, engines, arguments):
    """Returns (what was measured, the number of errors)."""
    table = RatioTable("kernel / native", engines)
    for source, (native, module) in zip(sources, build_kernels(sources, arguments)):
        commands = {"native": [str(native)]} | {name: [*engine.run, str(module)] for name, engine in engines.items()}
        idle, busy = ({name: ([*command, str(scale)], None) for name, command in commands.items()}
                      for scale in (0, arguments.scale))
        table.add(source.stem, measure_work(idle, busy, arguments.rounds))
    is_simd = lambda name: name.startswith("simd_")
    groups = [("all", lambda _: True), ("scalar", lambda name: not is_simd(name)), ("simd", is_simd)]
    return table.finish(groups), table.errors([name for name, engine in engines.items() if engine.is_ours])


def write_inputs(folder):
    """The same on every machine. Returns {program: path of its standard input}."""
    chance = random.Random(4)
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(2, 9))) for _ in range(3000)]
    text = folder / "words.txt"
    text.write_text(" ".join(chance.choices(words, k=400_000)))
    return {"bzip2": text} | {path.stem: path for path in (BENCH / "programs").iterdir()}


def measure_programs(engines, arguments):
    """Returns (what was measured, the number of errors)."""
    shared = Path(os.environ.get("WAXWING_SHARED_DIR", BENCH.parent / ".." / "shared")) / "real" / "built"
    table = RatioTable("program / native", engines)
    inputs = write_inputs(arguments.build_dir)
    absent = {}
    for name, (native, file) in PROGRAMS.items():
        if not (shared / file).exists():
            absent[name] = f"there is no {file} among the test data"
        elif not shutil.which(native[0]):
            absent[name] = f"Debian's {native[0]} is not installed"
        else:
            commands = {"native": native}
            commands |= {engine: [*what.run, str(shared / file), *native[1:]] for engine, what in engines.items()}
            idle, busy = ({engine: (command, stdin) for engine, command in commands.items()}
                          for stdin in (inputs.get(f"{name}-idle"), inputs[name]))
            table.add(name, measure_work(idle, busy, arguments.rounds))
    for name, why in absent.items():
        print(f"{name} is absent: {why}")
    results = table.finish([("all", lambda _: True)])
    return results | {"absent": absent}, table.errors([name for name, engine in engines.items() if engine.is_ours])


def check_kernels(sources, engines, arguments):
    """Returns how many kernels do not print natively what they print in all engines."""
    wrong = 0
    for source, (native, module) in zip(sources, build_kernels(sources, arguments)):
        expected = run([str(native), "1"])[0]
        for name, engine in engines.items():
            try:
                output = run([*engine.run, str(module), "1"])[0]
            except Failure as failure:
                output = str(failure)
            if output != expected:
                wrong += 1
                print(f"{source.stem}, {name}: {output.strip()}, natively {expected.strip()}")
    print(f"{len(sources)} kernels in {', '.join(engines)}: {wrong} print something else than their native builds")
    return wrong


def measure_startup(engines, arguments):
    """The wall time and the peak resident memory of a hello program, whole process."""
    native, module = build_kernel(BENCH / "hello.c", arguments)
    commands = {"native": [str(native)]} | {name: [*engine.run, str(module)] for name, engine in engines.items()}
    launcher = arguments.build_dir / "measure"
    build(BENCH / "measure.c", launcher, ["-O2"])
    samples, failures = {name: [] for name in commands}, {}
    for _ in range(max(arguments.rounds * 2, 1)):
        for name, command in commands.items():
            try:
                lines = run([str(launcher), "5", *command])[0].splitlines()
                samples[name] += [tuple(map(float, line.split())) for line in lines]
            except (Failure, OSError) as failure:
                failures[name] = str(failure)
    table = Table(["hello program", "wall ms median", "min", "+-", "cpu ms median", "peak RSS MiB"])
    results = {}
    for name, runs in samples.items():
        if name in failures or not runs:
            table.row([name, "FAIL", failures.get(name, "")])
            continue
        walls = [1000 * wall for wall, _, _ in runs]
        results[name] = {"wall_ms": statistics.median(walls), "min_ms": min(walls), "spread": spread(walls),
                         "cpu_ms": statistics.median(1000 * used for _, used, _ in runs),
                         "peak_mib": statistics.median(resident for _, _, resident in runs) / 1024}
        row = results[name]
        table.row([name, number(row["wall_ms"]), number(row["min_ms"]), percent(row["spread"]), number(row["cpu_ms"]),
                   number(row["peak_mib"], 1)])
    return results, sum(1 for name in failures if name == "native" or engines[name].is_ours)
