"""What the parts of run.py share: running programs, and printing tables."""

import math
import os
import statistics
import subprocess
import time

CLANG = os.environ.get("WAXWING_BENCH_CC", "clang-19")

class Failure(Exception):
    """A program failed; the words say how."""


class WrongOutput(Failure):
    """A program printed something else than the native one."""


def run(command, stdin=None, cores=None, cwd=None):
    """Runs a command; returns (standard output, processor seconds, wall seconds, peak resident KiB).
    `stdin` is a path; `cores` are those that it may use."""
    limit = (lambda: os.sched_setaffinity(0, cores)) if cores else None
    with open(stdin or os.devnull, "rb") as source:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT if cores else
                                   subprocess.PIPE, stdin=source, preexec_fn=limit, cwd=cwd)
        output = process.stdout.read().decode(errors="replace")
        errors = process.stderr.read().decode(errors="replace") if process.stderr else output
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.stderr:
        process.stderr.close()
    if process.returncode != 0:
        lines = (errors or output).strip().splitlines() or [f"exit status {process.returncode}"]
        raise Failure(lines[0])
    return output, usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss


def one_core():
    """The last of the cores that we may use."""
    return {max(os.sched_getaffinity(0))}


def geometric_mean(ratios):
    return math.exp(statistics.fmean(map(math.log, ratios))) if ratios else None


def spread(values):
    """Half the distance between the quartiles, as a part of the median."""
    if len(values) < 3:
        return None
    first, middle, third = statistics.quantiles(values, n=4, method="inclusive")
    return (third - first) / 2 / middle


def number(value, digits=2):
    return "-" if value is None else f"{value:.{digits}f}"


def percent(value):
    return "-" if value is None else f"{value * 100:.0f}%"


class Table:
    """Prints rows as they come: the first column to the left, the others to the right."""

    def __init__(self, header, first_width=16):
        self.widths = [first_width] + [max(8, len(cell)) for cell in header[1:]]
        print()
        self.row(header)

    def row(self, cells):
        print("  ".join(str(cell).ljust(width) if i == 0 else str(cell).rjust(width)
                        for i, (cell, width) in enumerate(zip(cells, self.widths))).rstrip(), flush=True)
