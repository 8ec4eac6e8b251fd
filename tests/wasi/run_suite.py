"""usage: run_suite.py WAXWING ENGINE FOLDER: runs the programs of WAXWING_SHARED_DIR/FOLDER, which is laid out as in the official
WASI suite: beside X.wasm, X.json may say args, env, root (a directory, copied afresh and mounted as /), and what is expected:
exit_code, stdout, stderr. Without the data the exit code is 77."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
SECONDS_EACH = 60


def difference(module, waxwing, engine):
    """What is not as expected, or None."""
    description = module.with_suffix(".json")
    case = json.loads(description.read_text()) if description.exists() else {}
    command = [waxwing, "run", "--engine", engine]
    for name, value in case.get("env", {}).items():
        command += ["--env", f"{name}={value}"]
    with tempfile.TemporaryDirectory() as folder:
        if case.get("root"):
            shutil.copytree(module.parent / case["root"], f"{folder}/root", symlinks=True)
            command += ["--dir", f"{folder}/root::/"]
        try:
            done = subprocess.run(command + [str(module)] + case.get("args", []), stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=SECONDS_EACH)
        except subprocess.TimeoutExpired:
            return f"no end within {SECONDS_EACH} seconds"
    if done.returncode != case.get("exit_code", 0):
        return f"exit code {done.returncode}: {done.stderr[-400:].decode(errors='replace')}"
    for stream, found in ("stdout", done.stdout), ("stderr", done.stderr):
        if stream in case and found.decode(errors="replace") != case[stream]:
            return f"{stream} is {found!r}, expected {case[stream]!r}"
    return None


def main():
    waxwing, engine, folder = sys.argv[1:]
    shared = os.environ.get("WAXWING_SHARED_DIR", "")
    modules = sorted((pathlib.Path(shared or "absent") / folder).glob("*.wasm"))
    if not modules:
        print(f"skipped: there is no WAXWING_SHARED_DIR/{folder} (README, \"Official suites\")")
        return SKIPPED
    failures = 0
    for module in modules:
        text = difference(module, waxwing, engine)
        if text:
            failures += 1
            print(f"{module.stem}: {text}")
    print(f"{folder}: {len(modules) - failures} of {len(modules)} programs pass")
    return 1 if failures else 0


sys.exit(main())
