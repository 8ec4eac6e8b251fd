#!/usr/bin/env python3
"""Measures Waxwing on the kernels of bench/kernels, each beside the same source built natively.

Builds every kernel twice into build/bench (clang-19 -O3 for plain x86-64 or what the host is, and clang-19
--target=wasm32-wasi -O3 with Debian's wasi-libc, with bulk memory, as wasi-sdk's; files simd_*.c also with -msimd128), then runs all engines in turn, round
by round, and prints medians. A time is the processor time (user and system) of the whole process, less that of the same
program at scale 0, which does everything but the work; so neither start-up nor other people's load counts. A ratio is the
median over the rounds of (engine / native in the same round). Nothing here asserts a time.
"""

import argparse
import concurrent.futures
import json
import math
import os
import shlex
import statistics
import subprocess
import sys
import time
from pathlib import Path

BENCH = Path(__file__).resolve().parent
CLANG = os.environ.get("WAXWING_BENCH_CC", "clang-19")
WASM_FEATURES = ["-mbulk-memory", "-mnontrapping-fptoint", "-msign-ext"]  # as clang has by default from 20 on


def build(source, output, flags):
    """Compiles a kernel where its source, the shared header or the flags changed."""
    stamp = output.with_suffix(output.suffix + ".flags")
    command = [CLANG, *flags, str(source), "-o", str(output)]
    newest = max(path.stat().st_mtime for path in (source, BENCH / "kernels" / "kernel.h"))
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


class Failure(Exception):
    """A program failed, or printed another checksum than the native one."""


def run(command):
    """Runs a command; returns (standard output, processor seconds, wall seconds, peak resident KiB)."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    output = process.stdout.read().decode(errors="replace")
    errors = process.stderr.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    process.stderr.close()
    if process.returncode != 0:
        first = (errors or output).strip().splitlines() or [f"exit status {process.returncode}"]
        raise Failure(first[0])
    return output, usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss


def measure_kernel(commands, rounds, scale):
    """commands: {engine: command}, native first. Returns {engine: (median seconds, median ratio) or text of a failure}."""
    results, startup, expected = {}, {}, {}
    for engine, command in commands.items():
        try:
            startup[engine] = min(run([*command, "0"])[1] for _ in range(3))
            check = run([*command, "1"])[0]
            expected.setdefault("checksum", check)
            if check != expected["checksum"]:
                raise Failure("another checksum than native's")
        except (Failure, OSError) as failure:
            results[engine] = str(failure)
    seconds = {engine: [] for engine in commands if engine not in results}
    for _ in range(rounds):
        for engine in list(seconds):
            try:
                output, used, _, _ = run([*commands[engine], str(scale)])
                if output != expected.setdefault("full", output):
                    raise Failure("another checksum than native's")
                seconds[engine].append(max(used - startup[engine], 1e-6))
            except Failure as failure:
                results[engine] = str(failure)
                del seconds[engine]
    native = seconds[next(iter(commands))]
    for engine, times in seconds.items():
        results[engine] = (statistics.median(times), statistics.median(t / n for t, n in zip(times, native)))
    return results


def geometric_mean(ratios):
    return math.exp(statistics.fmean(map(math.log, ratios))) if ratios else None


def print_row(cells, widths):
    print("  ".join(str(cell).ljust(width) if i == 0 else str(cell).rjust(width)
                    for i, (cell, width) in enumerate(zip(cells, widths))), flush=True)


def number(value, digits=2):
    return "-" if value is None else f"{value:.{digits}f}"


def measure_kernels(sources, engines, arguments):
    """Prints the table row by row; returns what was measured."""
    header = ["kernel", "native ms"]
    for name in engines:
        header += [f"{name} ms", "ratio"]
    widths = [13] + [max(9, len(cell)) for cell in header[1:]]
    print_row(header, widths)
    table, failures = {}, []
    for source, (native, module) in zip(sources, build_kernels(sources, arguments)):
        commands = {"native": [str(native)]}
        commands |= {name: [*command, str(module)] for name, command in engines.items()}
        results = measure_kernel(commands, arguments.rounds, arguments.scale)
        table[source.stem] = results
        if isinstance(results["native"], str):
            sys.exit(f"{source.stem}, natively: {results['native']}")
        cells = [source.stem, number(results["native"][0] * 1000, 1)]
        for name in engines:
            if isinstance(results[name], str):
                failures.append(f"{source.stem}, {name}: {results[name]}")
                cells += ["FAIL", "-"]
            else:
                cells += [number(results[name][0] * 1000, 1), number(results[name][1])]
        print_row(cells, widths)
    means = {}
    for title, chosen in (("all", lambda _: True), ("scalar", lambda name: not name.startswith("simd_")),
                          ("simd", lambda name: name.startswith("simd_"))):
        names = [name for name in table if chosen(name)]
        if not names:
            continue
        cells = [f"geomean {title}", f"of {len(names)}"]
        for engine in engines:
            ratios = [table[name][engine][1] for name in names if not isinstance(table[name][engine], str)]
            means.setdefault(engine, {})[title] = geometric_mean(ratios)
            missing = len(names) - len(ratios)
            cells += [f"-{missing}" if missing else "", number(geometric_mean(ratios))]
        print_row(cells, widths)
    for failure in failures:
        print(failure)
    return {"kernels": table, "geometric_means": means, "failures": failures}


def check_kernels(sources, command, arguments):
    """Returns how many kernels do not print natively what they print in `command`."""
    wrong = 0
    for source, (native, module) in zip(sources, build_kernels(sources, arguments)):
        expected = run([str(native), "1"])[0]
        try:
            output = run([*command, str(module), "1"])[0]
        except Failure as failure:
            output = str(failure)
        if output != expected:
            wrong += 1
            print(f"{source.stem}: {output.strip()}, natively {expected.strip()}")
    print(f"{len(sources) - wrong} of {len(sources)} kernels print what their native builds do")
    return wrong


def measure_startup(engines, runs, arguments):
    """The wall time and the peak resident memory of a hello program, whole process."""
    source = BENCH / "hello.c"
    native, module = build_kernel(source, arguments)
    commands = {"native": [str(native)]} | {name: [*command, str(module)] for name, command in engines.items()}
    launcher = arguments.build_dir / "measure"
    build(BENCH / "measure.c", launcher, ["-O2"])
    samples = {name: [] for name in commands}
    for _ in range(runs // 5):
        for name, command in commands.items():
            try:
                lines = run([str(launcher), "5", *command])[0].splitlines()
                samples[name] += [tuple(map(float, line.split())) for line in lines]
            except (Failure, OSError) as failure:
                print(f"hello, {name}: {failure}")
                return {}
    widths = [13, 14, 9, 13, 13]
    print()
    print_row(["hello program", "wall ms median", "min", "cpu ms median", "peak RSS MiB"], widths)
    results = {}
    for name, runs_of in samples.items():
        walls = [1000 * wall for wall, _, _ in runs_of]
        cpu = statistics.median(1000 * used for _, used, _ in runs_of)
        peak = statistics.median(resident for _, _, resident in runs_of) / 1024
        results[name] = {"wall_ms": statistics.median(walls), "min_ms": min(walls), "cpu_ms": cpu, "peak_mib": peak}
        print_row([name, number(statistics.median(walls)), number(min(walls)), number(cpu), number(peak, 1)], widths)
    return results


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--waxwing", metavar="CMD", default=str(BENCH.parent / "build" / "release" / "waxwing"),
                        help="the command that runs a module (default: the release build)")
    parser.add_argument("--engine", metavar="NAME=CMD", action="append", default=[],
                        help="a peer to run beside: NAME=CMD, or CMD (repeatable); the module's path follows CMD")
    parser.add_argument("--filter", metavar="TEXT", action="append", default=[],
                        help="only kernels whose name contains TEXT (repeatable)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="how often each program runs (default: 5)")
    parser.add_argument("--scale", type=int, default=400, metavar="N",
                        help="the work in thousandths of the full one, which takes about 0.1 s natively (default: 400)")
    parser.add_argument("--level", default="-O3", metavar="-On", help="how both are optimized (default: -O3)")
    parser.add_argument("--build-dir", type=Path, metavar="DIR", default=BENCH.parent / "build" / "bench",
                        help="where the kernels are built (default: build/bench)")
    parser.add_argument("--json", metavar="FILE", help="also writes what was measured into FILE")
    parser.add_argument("--no-startup", action="store_true", help="leaves out the hello program")
    parser.add_argument("--check", action="store_true",
                        help="measures nothing: every kernel, at the least scale, must print what its native build does")
    parser.add_argument("--list", action="store_true", help="prints the names of the kernels, measures nothing")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    sources = sorted((BENCH / "kernels").glob("*.c"))
    if arguments.filter:
        sources = [source for source in sources if any(text in source.stem for text in arguments.filter)]
    if arguments.list:
        print("\n".join(source.stem for source in sources))
        return
    engines = {"waxwing": shlex.split(arguments.waxwing)}
    if arguments.check:
        sys.exit(check_kernels(sources, engines["waxwing"], arguments) != 0)
    for engine in arguments.engine:
        name, found, command = engine.partition("=")
        words = shlex.split(command if found else engine)
        engines[name if found else Path(words[0]).name] = words
    results = measure_kernels(sources, engines, arguments)
    if not arguments.no_startup:
        results["startup"] = measure_startup(engines, 50, arguments)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
