"""Runs a script of the official suite in the interpreter and as machine code, and compares the fuel that they use.

Where a script runs threads, what they use depends on how long they wait for one another: then only what fails is compared.

usage: same_fuel.py WAXWING ARGUMENT...    arguments of `waxwing wast`"""
import json
import subprocess
import sys
from pathlib import Path


def main():
    program, *arguments = sys.argv[1:]
    has_threads = any("(thread" in Path(name).read_text() for name in arguments if name.endswith(".wast"))
    used = {}
    for engine, codegen in [("interp", "fuel"), ("baseline", "fuel"), ("baseline", "fuel,registers=4")]:
        done = subprocess.run([program, "wast", "--json", "--no-cache", "--engine", engine, "--codegen", codegen, *arguments],
                              stdout=subprocess.PIPE, check=False)
        scripts = json.loads(done.stdout)["scripts"]
        used[f"{engine} {codegen}"] = [(script["failed"], None if has_threads else script.get("fuel_used"))
                                      for script in scripts]
    print(used)
    if len({str(amounts) for amounts in used.values()}) == 1:
        return 0
    print("this differs")
    return 3


if __name__ == "__main__":
    sys.exit(main())
