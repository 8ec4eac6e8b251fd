"""usage: run_cases.py WAXWING CASES [--only TEXT] [--bench MODULE] [--expected LIST]: runs the cases of WAXWING_SHARED_DIR/CASES.

A case has name, module, args, env, dir (copied afresh) mounted as guest, dirs ([host, guest] each), stdin_file; expected are
exit (0), stdout | stdout_file | stdout_sha256, stderr_file, out_sha256 (by guest path). MODULE is preloaded as "bench". LIST has
"NAME: REASON" or "ENGINE NAME: REASON" lines for the cases that fail for a known reason; it only shrinks. ENGINE is
WAXWING_TEST_ENGINE; ways.py says what else the environment asks for. Without the data the exit code is 77.
"""

import argparse
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from ways import ENGINE, OPTIONS, to_run

SKIPPED = 77
SECONDS_EACH = 280


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def command_of(case, base, folder, options):
    command = [options.waxwing, "run", *OPTIONS]
    for name, value in case.get("env", {}).items():
        command += ["--env", f"{name}={value}"]
    if "dir" in case:
        shutil.copytree(base / case["dir"], folder / "copy", ignore=shutil.ignore_patterns("*.wasm"))
        command += ["--dir", f"{folder}/copy::{case.get('guest', '/')}"]
    for host, guest in case.get("dirs", []):
        command += ["--dir", f"{base / host}::{guest}"]
    if options.bench:
        command += ["--preload", f"bench={options.bench}"]
    return command + [to_run(options.waxwing, base / case["module"], options.artefacts)] + case.get("args", [])


def difference(case, base, folder, done):
    """What is not as expected, or None."""
    if done.returncode != case.get("exit", 0):
        return f"exit code {done.returncode}: {done.stderr[-400:].decode(errors='replace')}"
    texts = [("stdout", done.stdout, case["stdout"].encode() if "stdout" in case else None)]
    for stream, found in ("stdout", done.stdout), ("stderr", done.stderr):
        if f"{stream}_file" in case:
            texts.append((stream, found, (base / case[f"{stream}_file"]).read_bytes()))
    for stream, found, expected in texts:
        if expected is not None and found.rstrip() != expected.rstrip():
            return f"{stream} ends with {found[-200:]!r}, expected {expected[-200:]!r}"
    if "stdout_sha256" in case and sha256(done.stdout) != case["stdout_sha256"]:
        return "stdout has another hash"
    for path, expected in case.get("out_sha256", {}).items():
        file = folder / "copy" / path.lstrip("/")
        if not file.is_file() or sha256(file.read_bytes()) != expected:
            return f"{path} has other contents, or is not there"
    return None


def run(case, base, options):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        stdin = (base / case["stdin_file"]).read_bytes() if "stdin_file" in case else b""
        try:
            done = subprocess.run(command_of(case, base, folder, options), input=stdin, capture_output=True, timeout=SECONDS_EACH)
        except subprocess.TimeoutExpired:
            return f"no end within {SECONDS_EACH} seconds"
        return difference(case, base, folder, done)


def read_expected(path):
    lines = pathlib.Path(path).read_text().splitlines() if path else []
    pairs = (line.split(":", 1) for line in lines if line.strip() and not line.startswith("#"))
    reasons = {name.strip(): reason.strip() for name, reason in pairs}
    return {name.removeprefix(f"{ENGINE} "): reason for name, reason in reasons.items()
            if " " not in name or name.startswith(f"{ENGINE} ")}


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    for name in "waxwing", "cases":
        parser.add_argument(name)
    for name in "--only", "--bench", "--expected":
        parser.add_argument(name, default="")
    options = parser.parse_args()
    path = pathlib.Path(os.environ.get("WAXWING_SHARED_DIR") or "absent") / options.cases
    if not path.is_file():
        print(f"skipped: there is no WAXWING_SHARED_DIR/{options.cases} (README, \"Official suites\")")
        return SKIPPED

    cases = [case for case in json.loads(path.read_text()) if options.only in case["name"]]
    with tempfile.TemporaryDirectory() as options.artefacts:
        return run_all(cases, path.parent, options)


def run_all(cases, base, options):
    expected = read_expected(options.expected)
    passed, known, failures = 0, [], 0
    for case in cases:
        text = run(case, base, options)
        if text and case["name"] in expected:
            known.append(f"{case['name']} ({expected[case['name']]})")
        elif text or case["name"] in expected:
            failures += 1
            print(f"{case['name']}: {text or 'passes now: remove it from ' + options.expected}", flush=True)
        else:
            passed += 1
    for text in known:
        print(f"fails as expected: {text}")
    print(f"{options.cases}: {passed} passed, {failures} failed, {len(known)} failed as expected")
    return 1 if failures or not cases else 0


sys.exit(main())
