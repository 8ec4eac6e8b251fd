"""The second start of programs, by the caches of engines: hello, SQLite, CPython and Yosys, of which nothing but one call
of fd_write runs (probe.py). The time of a start is that from before the process is made to the first byte that comes out.

The page cache is warm, but for "from disk", where what the cache wrote was dropped from it (on a file system in memory that
changes nothing).
"""

import os
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

import kernels
import probe
from report import Failure, Table, number, percent, run, spread

BENCH = Path(__file__).resolve().parent
SLOW_MS = 2000  # a first start that takes so long is not repeated
RUNS = 4        # warm starts in one round
AGAIN = 20      # engines in one process
HEADER = ["first, ms", "cpu", "again, ms", "min", "+-", "to exit", "cpu", "to ours", "from disk", "private MiB", "shared MiB",
          "calls", "stored MB"]


def fill(words, module, folder):
    return [word.replace("{module}", str(module)).replace("{folder}", str(folder)) for word in words]


def make_probes(programs, folder):
    """programs: {name: path}. Returns ({name: path of the probe}, {name: why it is absent})."""
    found, absent = {}, {}
    for name, path in programs.items():
        try:
            # CPython's module is for the half what debuggers want.
            made = probe.make(path.read_bytes(), keeps_custom=name != "python")
        except (probe.Unsuitable, OSError) as reason:
            absent[name] = str(reason)
            continue
        found[name] = folder / f"probe-{name}.wasm"
        found[name].write_bytes(made)
    return found, absent


class Starter:
    """Starts one module one way, from a folder of its own, and keeps what was measured: (ms to the first byte, ms to the end,
    ms of the processor)."""

    def __init__(self, start, module, launcher, folder):
        self.start, self.module, self.launcher, self.folder = start, module, launcher, folder
        self.command = fill(start.run, module, folder)
        self.keeps = bool(start.prepare or start.files or any("{folder}" in word for word in start.run))
        self.cold, self.warm, self.disk = [], [], []

    def launch(self, count):
        lines = run([str(self.launcher), str(count), *self.command])[0].splitlines()
        return [tuple(1000 * float(value) for value in line.split()) for line in lines]

    def stored(self):
        return [path for path in self.folder.rglob("*") if path.is_file()]

    def start_cold(self):
        """From an empty folder. Where an artefact is made first, that is part of it."""
        if self.cold and self.cold[0][0] > SLOW_MS or self.cold and not self.keeps:
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        for name, text in self.start.files.items():
            (self.folder / name).write_text(text.replace("{folder}", str(self.folder)))
        used = wall = 0
        if self.start.prepare:
            _, used, wall, _ = run(fill(self.start.prepare, self.module, self.folder))
        first, end, cpu = self.launch(1)[0]
        self.cold.append((1000 * wall + first, 1000 * wall + end, 1000 * used + cpu))

    def start_warm(self):
        self.warm += self.launch(RUNS)

    def start_from_disk(self):
        if not self.keeps:
            return
        os.sync()
        for path in self.stored():
            with open(path, "rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        self.disk += self.launch(1)

    def count_calls(self):
        """System calls of a whole start in all its threads; None where they cannot be counted."""
        log = self.folder / "calls"
        words = ["strace", "-f", "-qq", "-c", "-U", "calls", "-o", str(log), *self.command]
        try:
            subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
            return int(log.read_text().split()[-2])  # the last line is "SUM total"
        except (OSError, subprocess.CalledProcessError, ValueError, IndexError):
            return None
        finally:
            log.unlink(missing_ok=True)

    def finish(self):
        """Returns what goes into the JSON."""
        middle = lambda rows, column: statistics.median(row[column] for row in rows) if rows else None
        firsts = [first for first, _, _ in self.warm]
        stored = sum(512 * path.stat().st_blocks for path in self.stored())
        memory = run([str(self.launcher), "memory", *self.command])[0].split()
        names = ("private_kib", "private_dirty_kib", "shared_kib", "pss_kib")
        return {"cold_first_ms": middle(self.cold, 0), "cold_cpu_ms": middle(self.cold, 2), "first_ms": middle(self.warm, 0),
                "first_min_ms": min(firsts), "spread": spread(firsts), "wall_ms": middle(self.warm, 1),
                "cpu_ms": middle(self.warm, 2), "disk_first_ms": middle(self.disk, 0), "stored_bytes": stored,
                "system_calls": self.count_calls(), **dict(zip(names, map(int, memory)))}


def measure_starts(module, starts, launcher, folder, rounds):
    """Returns ({name: what was measured}, {name: why it failed})."""
    starters = {name: Starter(start, module, launcher, folder / name.replace(" ", "-")) for name, start in starts.items()
                if start.run}
    results, failures = {}, {}

    def each(action):
        for name in list(starters):
            try:
                outcome = action(starters[name])
            except (Failure, OSError) as failure:
                failures[name] = str(failure)
                del starters[name]
                continue
            if outcome:
                results[name] = outcome

    for _ in range(rounds):
        each(Starter.start_cold)
    for _ in range(rounds):
        each(Starter.start_warm)
    each(Starter.start_from_disk)
    each(Starter.finish)
    return results, failures


def measure_again(module, start, folder):
    """Engines and modules in one process; start_cold filled the folder. Returns what goes into the JSON."""
    rows, extra = [], {}
    for line in run([*fill(start.again, module, folder), str(AGAIN)])[0].splitlines():
        name, *values = line.split()
        if name == "again":
            rows.append(tuple(map(float, values)))
        elif name != "first":
            extra[name] = float(values[0])
    engine, get, cpu = ([row[column] for row in rows] for column in range(3))
    return {"engine_us": statistics.median(engine), "module_us": statistics.median(get), "module_min_us": min(get),
            "spread": spread(get), "cpu_us": statistics.median(cpu), **extra}


def print_starts(name, module, results, failures):
    ours = next((row["first_ms"] for engine, row in results.items() if engine.startswith("waxwing")), None)
    table = Table([f"{name}, {os.path.getsize(module) / 1e6:.1f} MB", *HEADER], 26)
    mib = lambda kib: number(kib / 1024, 1)
    for engine, row in results.items():
        table.row([engine, number(row["cold_first_ms"], 1), number(row["cold_cpu_ms"], 1), number(row["first_ms"]),
                   number(row["first_min_ms"]), percent(row["spread"]), number(row["wall_ms"]), number(row["cpu_ms"]),
                   number(row["first_ms"] / ours if ours else None), number(row["disk_first_ms"]), mib(row["private_kib"]),
                   mib(row["shared_kib"]), row["system_calls"] or "-", number(row["stored_bytes"] / 1e6, 1)])
    for engine, why in failures.items():
        table.row([engine, "FAIL", why[:120]])


def print_again(name, results):
    if not results:
        return
    table = Table([f"{name}, one process", "engine, us", "module, us", "min", "+-", "cpu, us", "hashing, us"], 26)
    for engine, row in results.items():
        table.row([engine, number(row["engine_us"], 1), number(row["module_us"], 1), number(row["module_min_us"], 1),
                   percent(row["spread"]), number(row["cpu_us"], 1), number(row.get("hash_us"), 1)])


def programs(arguments, modules):
    """{name: path}; modules are those that peers.py fetched."""
    shared = Path(os.environ.get("WAXWING_SHARED_DIR", BENCH.parent / ".." / "shared")) / "real" / "built"
    return {"hello": kernels.build_kernel(BENCH / "hello.c", arguments)[1], "sqlite": shared / "sqlite3.wasm"} | modules


def measure(starts, modules, arguments):
    """Returns (what was measured, the number of errors)."""
    arguments.build_dir.mkdir(parents=True, exist_ok=True)
    launcher = arguments.build_dir / "first"
    kernels.build(BENCH / "first.c", launcher, ["-O2"])
    native, _ = kernels.build_kernel(BENCH / "hello.c", arguments)
    probes, absent = make_probes(programs(arguments, modules), arguments.build_dir)
    for name, why in absent.items():
        print(f"{name} is absent: {why}")
    results, errors = {"absent": absent}, 0
    for name, module in probes.items():
        if arguments.filter and not any(text in name for text in arguments.filter):
            continue
        with tempfile.TemporaryDirectory(prefix="waxwing-bench-") as folder:
            floor = run([str(launcher), str(RUNS * arguments.rounds), str(native)])[0].splitlines()
            floor_ms = statistics.median(1000 * float(line.split()[0]) for line in floor)
            cold, failures = measure_starts(module, starts, launcher, Path(folder), arguments.rounds)
            print_starts(name, module, cold, failures)
            print(f"a native program of C: {floor_ms:.2f} ms to its first byte")
            again = {}
            for engine, start in starts.items():
                try:
                    if start.again and engine not in failures:
                        again[engine] = measure_again(module, start, Path(folder) / engine.replace(" ", "-"))
                except (Failure, OSError, ValueError, IndexError) as failure:
                    failures[engine] = str(failure)
                    print(f"{engine}, again in one process: FAIL {failure}")
            print_again(name, again)
            results[name] = {"starts": cold, "one_process": again, "native_first_ms": floor_ms, "failures": failures}
            errors += sum(1 for engine in failures if starts[engine].is_ours)
    return results, errors
