"""Runs a script of the official suite with a cache: cold, warm with compiling forbidden, and with each module through an
artefact. What each of them prints must be the same. Exits as the first one did.

usage: three_ways.py WAXWING ARGUMENT...    arguments of `waxwing wast`"""
import shutil
import subprocess
import sys
import tempfile


def main():
    program, *arguments = sys.argv[1:]
    folder = tempfile.mkdtemp(prefix="waxwing-cache-")
    try:
        cache = ["--cache-dir", folder]
        ways = {"cold": cache, "warm": [*cache, "--cache-require-hit"], "through artefacts": ["--through-artefacts"]}
        seen = None
        for way, options in ways.items():
            done = subprocess.run([program, "wast", *options, *arguments], stdout=subprocess.PIPE, check=False)
            print(way + ":", done.stdout.decode(), sep="\n", flush=True)
            if seen is None:
                seen = done
            elif (done.returncode, done.stdout) != (seen.returncode, seen.stdout):
                print("this differs")
                return 3
        return seen.returncode
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
