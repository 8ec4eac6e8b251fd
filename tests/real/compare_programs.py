"""usage: compare_programs.py WAXWING FOLDER PROGRAM: runs FOLDER/PROGRAM.wasm under Waxwing and FOLDER/PROGRAM natively, each in
a directory of its own, and compares exit codes, output, and the files that are there afterwards. `--self-test` shows that a
difference is seen."""

import os
import pathlib
import subprocess
import sys
import tempfile

SOURCES = pathlib.Path(__file__).parent / "programs"
TEXT = "The quick brown fox\njumps over the lazy dog\n\n  twice  \n"
SECONDS_EACH = 240
ENGINE = os.environ.get("WAXWING_TEST_ENGINE", "interpreter")


def big_file(path):
    """64 MiB that repeat nowhere near."""
    state, block = 1, bytearray()
    while len(block) < 65521:
        state = state * 6364136223846793005 + 1442695040888963407 & (1 << 64) - 1
        block.append(state >> 56)
    with open(path, "wb") as file:
        size = 64 << 20
        while size > 0:
            size -= file.write(block[:size])


# By program: runs with args, stdin (bytes), env, prepare, which fills the directory, and mounts, in place of the directory.
RUNS = {
    "hello": [{}],
    "wordcount": [{"args": ["text"]}, {"args": ["text", "absent"]}, {"stdin": TEXT.encode()}],
    "files": [{}],
    "sorting": [{}],
    "containers": [{}],
    "sha256": [{"args": ["text", "empty"]}, {"args": ["big", "absent"], "prepare": lambda folder: big_file(folder / "big")}],
    "tree": [{"args": ["10000"]}, {"args": ["10000", "clean"], "mounts": ["--tmpfs", "."]}],
    "lisp": [{"stdin": (SOURCES / "programs.lisp").read_bytes()}, {"stdin": b"(car 1)"}, {"stdin": b"((1"}],
    "environment": [
        {"args": ["a b", "", "\u00e9"], "env": {"GREETING": "hello = world", "EMPTY": ""}, "stdin": b"one\ntwo\n"},
        {"args": ["exit"]},
        {"args": ["quick", "x", "y", "z"], "env": {"A": "1", "B": "2"}},
        {},
    ],
}


def prepare(folder, run):
    (folder / "given").mkdir()
    (folder / "given/text").write_text(TEXT)
    (folder / "text").write_text(TEXT)
    (folder / "empty").write_bytes(b"")
    run.get("prepare", lambda _: None)(folder)


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
            for path in sorted(folder.rglob("*"))}


def observe(command, run, env):
    """Exit code, output, errors and files: what the command did in a fresh directory."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        prepare(folder, run)
        done = subprocess.run(command + run.get("args", []), input=run.get("stdin", b""), capture_output=True,
                              cwd=folder, env=env, timeout=SECONDS_EACH)
        return {"exit code": done.returncode, "output": done.stdout, "errors": done.stderr, "files": contents(folder)}


def differences(expected, found):
    return [f"{what}: natively {str(expected[what])[-1500:]}\n    waxwing {str(found[what])[-1500:]}"
            for what in expected if expected[what] != found[what]]


def compare(waxwing, folder, program):
    failures = 0
    for run in RUNS[program]:
        env = run.get("env", {})
        ours = [waxwing, "run", "--engine", ENGINE, *run.get("mounts", ["--dir", "."])]
        ours += [word for pair in env.items() for word in ("--env", "=".join(pair))]
        expected = observe([f"{folder}/{program}"], run, env)
        found = observe(ours + [f"{folder}/{program}.wasm"], run, {})
        for text in differences(expected, found):
            failures += 1
            print(f"{program} {run.get('args', [])}: {text}")
        if not expected["output"] and not expected["errors"]:
            failures += 1
            print(f"{program} {run.get('args', [])} printed nothing: there is nothing to compare")
    print(f"{program}: {len(RUNS[program])} runs, {failures} differences")
    return 1 if failures else 0


def self_test():
    shell = ["/bin/sh", "-c", "echo $0 >new; echo out; exit 3"]
    one = observe(shell + ["a"], {}, {})
    same = observe(shell + ["a"], {}, {})
    other = observe(shell + ["b"], {}, {})
    wrong = one["exit code"] != 3 or one["output"] != b"out\n" or differences(one, same) or len(differences(one, other)) != 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(self_test() if sys.argv[1:] == ["--self-test"] else compare(*sys.argv[1:]))
