"""Compile speed, and what calls, traps and instances cost, by programs that use an engine's own interface: our
compile_speed and native_speed, and those of bench/peers. They print "NAME VALUE" a line: times of the processor where
one thread works, else of the wall."""

import os
import statistics

from report import Failure, Table, number, one_core, percent, run, spread

METRICS = {"enter_ns": "call in, ns", "enter_add_ns": "call in (i32 i32), ns", "out_ns": "call out, ns",
           "out_mix_ns": "call out (i32 i64 f64), ns", "trap_ns": "trap: unreachable, ns", "fault_ns": "trap: memory, ns",
           "instance_us": "instance, cold, us", "instance_2_threads_us": "same, 2 threads, us",
           "instance_in_store_us": "in a store that is, us", "instance_1mib_us": "1 MiB of data, cold, us",
           "pooled_us": "pooled, us", "pooled_2_threads_us": "same, 2 threads, us", "pooled_1mib_us": "1 MiB of data, pooled, us"}
SLOW_MS = 3000  # one round of such a compiler is enough


def parse(output):
    """Returns (the rounds as (wall ms, processor ms), {name: value})."""
    rounds, values = [], {}
    for line in output.splitlines():
        name, *numbers = line.split()
        if name == "round":
            rounds.append(tuple(map(float, numbers)))
        else:
            values[name] = float(numbers[0])
    return rounds, values


def compile_in(command, module, threads, rounds, is_ours):
    """Compiles in a process with so many cores and threads; returns a row of the table."""
    cores = one_core() if threads == 1 else os.sched_getaffinity(0)
    extra = [str(threads)] if is_ours else []
    output, _, _, peak = run([*command, str(module), "1", *extra], cores=cores)
    times, values = parse(output)
    if times[0][0] < SLOW_MS and rounds > 1:
        times, again = parse(run([*command, str(module), str(rounds), *extra], cores=cores)[0])
        values |= again
    # One thread: processor time, so that other people's load does not count. More: wall time, which is what they are for.
    chosen = [cpu if threads == 1 else wall for wall, cpu in times]
    return {"ms": statistics.median(chosen), "spread": spread(chosen), "peak_mib": peak / 1024} | values


def measure_compiling(modules, engines, arguments):
    """Returns (what was measured, the number of errors)."""
    table = Table(["compile", "threads", "ms", "+-", "MB/s", "code MB/s", "code/Wasm", "peak MiB"], 24)
    results, errors = {}, 0
    for name, module in modules.items():
        size, code_size = os.path.getsize(module), None
        for threads in (1, 2):
            for engine, what in engines.items():
                if not what.compile:
                    continue
                try:
                    row = compile_in(what.compile, module, threads, arguments.rounds, what.is_ours)
                except (Failure, OSError, IndexError) as failure:
                    table.row([f"{name}, {engine}", threads, "FAIL", str(failure)[:100]])
                    errors += what.is_ours
                    continue
                code_size = row.get("code_section_bytes", code_size)
                results.setdefault(name, {}).setdefault(engine, {})[str(threads)] = row
                row["mb_s"] = size / row["ms"] / 1000
                row["code_mb_s"] = code_size / row["ms"] / 1000 if code_size else None
                row["code_per_wasm"] = row["code_bytes"] / code_size if code_size and "code_bytes" in row else None
                table.row([f"{name}, {engine}", threads, number(row["ms"], 1), percent(row["spread"]), number(row["mb_s"], 1),
                           number(row["code_mb_s"], 1), number(row["code_per_wasm"]), number(row["peak_mib"], 0)])
        print_stages(name, size, results.get(name, {}))
    return results, errors


def print_stages(name, size, of_engine):
    """Where our time goes, of one thread."""
    for engine, rows in of_engine.items():
        row = rows.get("1", {})
        if "compile_ms" not in row:
            continue
        stages = {stage: row[f"{stage}_ms"] for stage in ("decode", "validate", "compile", "load")}
        if not any(stages.values()):
            continue
        code = row["code_section_bytes"]
        print(f"  {engine}: " + ", ".join(f"{stage} {ms:.1f} ms" for stage, ms in stages.items()) +
              f"; compile alone {size / stages['compile'] / 1000:.0f} MB/s of the module, "
              f"{code / stages['compile'] / 1000:.0f} of its code ({code / 1e6:.1f} of {size / 1e6:.1f} MB)")


def measure_embedding(micro, memory, engines):
    """Returns (what was measured, the number of errors)."""
    results, failures, errors = {}, [], 0
    for name, engine in engines.items():
        if not engine.embed:
            continue
        try:
            results[name] = parse(run([*engine.embed, str(micro), str(memory)])[0])[1]
        except (Failure, OSError) as failure:
            failures.append(f"{name}: {failure}")
            errors += engine.is_ours
    table = Table(["embedding", *results], 28)
    for metric, title in METRICS.items():
        values = [results[name].get(metric) for name in results]
        if any(value is not None for value in values):
            table.row([title, *[number(value, 1) for value in values]])
    if any("pooled_us" in values for values in results.values()):
        print("'-': the engine has none, or there is no way to ask for it")
    print(*failures, sep="\n", end="\n" if failures else "")
    return results, errors


def measure_stopping(command):
    """How long guests that never end go on after they were asked to stop. Returns (what was measured, the number of errors)."""
    if not os.path.exists(command[0]):
        print(f"stopping is not measured: there is no {command[0]}")
        return {}, 0
    results = {}
    try:
        for line in run(command)[0].splitlines():
            tier, guest, median, longest = line.split()
            results.setdefault(guest, {})[tier] = {"median_us": float(median), "longest_us": float(longest)}
    except Failure as failure:
        print(f"stopping: {failure}")
        return results, 1
    tiers = list(next(iter(results.values())))
    table = Table(["stopping", *[f"{tier}, {what}" for tier in tiers for what in ("us", "longest")]], 28)
    for guest, row in results.items():
        table.row([guest, *[number(row[tier][what], 0) for tier in tiers for what in ("median_us", "longest_us")]])
    return results, 0
