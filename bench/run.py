#!/usr/bin/env python3
"""Measures Waxwing beside native code and beside other engines, all in one run on this machine.

  kernels    bench/kernels, each built twice (clang-19 -O3, and for wasm32-wasi with Debian's wasi-libc): times as multiples
             of native ones. "to best" is our compiler's time by the best of Liftoff, Winch and wazero.
  programs   bzip2, Lua, SQLite and MuJS beside Debian's native ones of the same versions (-O2)
  startup    a hello program: wall time and memory of the whole process
  files      reading, writing and listing files by WASI: bench/wasi/files.c beside its native build
  compile    MB/s from bytes to callable code, on one core (processor time) and on two (wall time)
  embedding  calls in and out, traps, instances
  stopping   guests that never end: processor time from the request to stop to the end of the call
  cache      the first and the second start of a hello program, SQLite, CPython and Yosys (30 MB), and the second engine in
             one process, by the caches and artefacts of engines: time to the first instruction, memory, system calls

Rounds of all engines are interleaved; what is printed are medians, and as "+-" half the distance between the quartiles.
bench/peers.py fetches the other engines and the large modules; those that cannot be had are named. Nothing here asserts a
time; but it is an error where ours fails, or where any engine prints something else than the native program.
"""

import argparse
import json
import os
import platform
import shlex
import subprocess
import sys
from pathlib import Path

import caching
import embedding
import files
import kernels
import peers
from report import Failure, run

BENCH = Path(__file__).resolve().parent
PARTS = ("kernels", "programs", "startup", "files", "compile", "embedding", "stopping", "cache")


def our_engines(arguments):
    """The tiers that this machine has, by the same verbs as peers'."""
    tools = Path(shlex.split(arguments.waxwing)[0]).parent / "bench"
    found = {}
    tiers = {"interp": "interpreter"}
    if platform.machine() in ("x86_64", "AMD64"):
        tiers["baseline"] = "baseline"
    for name, tier in tiers.items():
        verbs = [[str(tools / "compile_speed"), tier], [str(tools / "native_speed"), tier]]
        verbs = [verb if Path(verb[0]).exists() else None for verb in verbs]
        # Nothing but the part `cache` has one: what is measured elsewhere includes compiling.
        found[name] = peers.Engine([*shlex.split(arguments.waxwing), f"--engine={tier}", "--no-cache"], *verbs, is_ours=True)
    return found


def all_engines(arguments):
    """Returns ({name: Engine}, {name: why it is absent})."""
    found, absent = our_engines(arguments), {}
    if not arguments.no_peers and not arguments.check:
        others, absent = peers.engines()
        found |= others
    for engine in arguments.engine:
        name, has_name, command = engine.partition("=")
        words = shlex.split(command if has_name else engine)
        found[name if has_name else Path(words[0]).name] = peers.Engine(words)
    if arguments.only:
        found = {name: engine for name, engine in found.items() if name in arguments.only}
        absent = {name: why for name, why in absent.items() if name in arguments.only}
    return found, absent


def build_embedding_modules(arguments):
    """Returns the paths of the modules of bench/embedding."""
    arguments.build_dir.mkdir(parents=True, exist_ok=True)
    paths = []
    for name in ("micro", "memory"):
        source, module = arguments.build_dir / f"embedding-{name}.wat", arguments.build_dir / f"embedding-{name}.wasm"
        text = (BENCH / "embedding" / f"{name}.wat").read_text()
        source.write_text(text.replace("@DATA@", "0123456789abcdef" * (1 << 16)))
        subprocess.run([*shlex.split(arguments.waxwing), "wat2wasm", str(source), "-o", str(module)], check=True)
        paths.append(module)
    return paths


def machine():
    """What this runs on, and what else does."""
    models = [line.partition(":")[2].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")] \
        if os.path.exists("/proc/cpuinfo") else []
    return {"processor": models[0] if models else platform.machine(), "cores": len(os.sched_getaffinity(0)),
            "load": os.getloadavg()[0]}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--waxwing", metavar="CMD", default=str(BENCH.parent / "build" / "release" / "waxwing"),
                        help="the command that runs a module (default: the release build)")
    parser.add_argument("--engine", metavar="NAME=CMD", action="append", default=[],
                        help="one more to run beside: NAME=CMD, or CMD (repeatable); the module's path follows CMD")
    parser.add_argument("--only", metavar="NAME", action="append", default=[],
                        help="only these engines (repeatable): interp, baseline, v8-liftoff, v8-tiered, winch, ...")
    parser.add_argument("--no-peers", action="store_true", help="fetches and runs no other engine")
    parser.add_argument("--filter", metavar="TEXT", action="append", default=[],
                        help="only kernels, and programs of the part cache, whose name contains TEXT (repeatable)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="how often each program runs (default: 5)")
    parser.add_argument("--scale", type=int, default=400, metavar="N",
                        help="the kernels' work in thousandths of the full one, which takes about 0.1 s natively (default: 400)")
    parser.add_argument("--level", default="-O3", metavar="-On", help="how kernels are optimized (default: -O3)")
    parser.add_argument("--build-dir", type=Path, metavar="DIR", default=BENCH.parent / "build" / "bench",
                        help="where the kernels are built (default: build/bench)")
    parser.add_argument("--json", metavar="FILE", help="also writes what was measured into FILE")
    parser.add_argument("--check", action="store_true",
                        help="measures nothing: every kernel, at the least scale, must print what its native build does")
    parser.add_argument("--list", action="store_true", help="prints the names of the kernels, measures nothing")
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    return arguments


def our_starts(engines, arguments):
    """Ours of peers.starts()."""
    words, found = shlex.split(arguments.waxwing), {}
    speed = Path(words[0]).parent / "bench" / "cache_speed"
    again = lambda *options: [str(speed), *options, "{module}"] if speed.exists() else None
    for name, tier in (("baseline", "baseline"), ("interp", "interpreter")):
        if name not in engines:
            continue
        start = lambda *options, **more: peers.Start([*words, "run", f"--engine={tier}", *options], is_ours=True, **more)
        cached = ("--cache-dir", "{folder}", "{module}")
        found[f"waxwing {name}"] = start(*cached, again=again(tier, "all", "{folder}"))
        found[f"waxwing {name}, metadata"] = start("--cache-verify", "metadata", *cached,
                                                   again=again(tier, "metadata", "{folder}"))
        found[f"waxwing {name}, artefact"] = start(
            "--allow-precompiled", "{folder}/module.wxm",
            prepare=[*words, "compile", f"--engine={tier}", "--no-cache", "{module}", "-o", "{folder}/module.wxm"])
        found[f"waxwing {name}, memory"] = peers.Start([], again=again(tier, "all", "-"), is_ours=True)
        found[f"waxwing {name}, no cache"] = start("--no-cache", "{module}")
    return found


def measure_caches(engines, arguments):
    """Returns (what was measured, the number of errors)."""
    modules, absent = ({}, {}) if arguments.no_peers else peers.modules()
    for name, why in absent.items():
        print(f"module {name} is absent: {why}")
    return caching.measure(our_starts(engines, arguments) | peers.starts(engines), modules, arguments)


def that_run(engines):
    """Those that run programs; the others are embedded only."""
    return {name: engine for name, engine in engines.items() if engine.run}


def measure(parts, sources, engines, arguments):
    """Returns (what was measured, the number of errors)."""
    results, errors = {}, 0
    runners = that_run(engines)

    def keep(part, outcome):
        nonlocal errors
        results[part], more = outcome
        errors += more

    if "kernels" in parts:
        keep("kernels", kernels.measure_kernels(sources, runners, arguments))
    if "programs" in parts:
        arguments.build_dir.mkdir(parents=True, exist_ok=True)
        keep("programs", kernels.measure_programs(runners, arguments))
    if "startup" in parts:
        keep("startup", kernels.measure_startup(runners, arguments))
    if "files" in parts:
        arguments.build_dir.mkdir(parents=True, exist_ok=True)
        keep("files", files.measure_files(runners, arguments))
    if "compile" in parts:
        modules, absent = peers.modules()
        for name, why in absent.items():
            print(f"module {name} is absent: {why}")
        keep("compile", embedding.measure_compiling(modules, engines, arguments))
    if "cache" in parts:
        keep("cache", measure_caches(engines, arguments))
    if "embedding" in parts:
        keep("embedding", embedding.measure_embedding(*build_embedding_modules(arguments), engines))
    if "stopping" in parts:
        tools = Path(shlex.split(arguments.waxwing)[0]).parent / "bench"
        keep("stopping", embedding.measure_stopping([str(tools / "stop_speed"), str(10 * arguments.rounds)]))
    return results, errors


def main():
    arguments = parse_arguments()
    sources = sorted((BENCH / "kernels").glob("*.c"))
    if arguments.filter:
        sources = [source for source in sources if any(text in source.stem for text in arguments.filter)]
    if arguments.list:
        print("\n".join(source.stem for source in sources))
        return
    engines, absent = all_engines(arguments)
    if arguments.check:
        sys.exit(kernels.check_kernels(sources, that_run(engines), arguments) != 0)
    for name, why in absent.items():
        print(f"{name} is absent: {why}")
    about = machine() | {"rounds": arguments.rounds, "scale": arguments.scale, "level": arguments.level}
    print(f"{about['processor']}, {about['cores']} cores, load {about['load']:.1f} before the start")
    try:
        results, errors = measure(arguments.parts or PARTS, sources, engines, arguments)
    except Failure as failure:
        sys.exit(str(failure))
    if arguments.json:
        Path(arguments.json).write_text(json.dumps({"machine": about, "absent": absent, **results}, indent=2) + "\n")
    sys.exit(errors != 0)


if __name__ == "__main__":
    main()
