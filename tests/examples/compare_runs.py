"""usage: compare_runs.py WAXWING ENGINE NATIVE EXAMPLES: runs wordcount under Waxwing and natively, and compares what both do."""

import subprocess
import sys

waxwing, engine, native, examples = sys.argv[1:]
with open(f"{examples}/wordcount.c", "rb") as file:
    source = file.read()

RUNS = [  # arguments, standard input
    (["wordcount.c"], b""),
    (["wordcount.c", "wordcount.wasm"], b""),
    (["no-such-file"], b""),
    (["wordcount.c", "no-such-file", "wordcount.wasm"], b""),
    ([], source),
    ([], b""),
    ([], b"  no newline at the end"),
]


def run(command, arguments, stdin):
    done = subprocess.run(command + arguments, input=stdin, capture_output=True, cwd=examples, timeout=20)
    return done.returncode, done.stdout, done.stderr


different = 0
for arguments, stdin in RUNS:
    expected = run([native], arguments, stdin)
    found = run([waxwing, "run", "--engine", engine, "--dir", ".", "wordcount.wasm"], arguments, stdin)
    if found != expected:
        different += 1
        print(f"wordcount {' '.join(arguments)}:\n  natively {expected}\n  waxwing  {found}")
print(f"{len(RUNS) - different} of {len(RUNS)} runs are alike")
sys.exit(1 if different else 0)
