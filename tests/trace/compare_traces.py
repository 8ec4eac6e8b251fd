"""usage: compare_traces.py [--expected LIST] [--option WORD]... TRACER DIR: for each DIR/*.wasm, compares what TRACER prints
with DIR/*.trace. WORDs are how TRACER executes code.

Traces are alike when they have the same lines up to the first one, on either side, that tells of a limit of the engine: a
stack, a memory or a time that ended. LIST names the modules that are known to differ: "NAME: REASON" a line, for modules that
the tracer refuses (exit code 3). It only shrinks: a module in it that is not refused is a failure. Without DIR there is
nothing to compare: then the exit code is 77.
"""

import argparse
import os
import pathlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

LIMITS = {"timeout", "-> exhausted", "-> limit", "instantiate exhausted", "instantiate limit"}
REFUSED = 3
SKIPPED = 77
SECONDS_EACH = 120


def comparable_part(lines):
    """The lines before the first limit, and whether there was one."""
    for number, line in enumerate(lines):
        if line in LIMITS:
            return lines[:number], True
    return lines, False


def difference(expected, found):
    """What differs between two traces as a text, or None, and whether a limit ended the comparison."""
    expected, expected_ended = comparable_part(expected)
    found, found_ended = comparable_part(found)
    if expected_ended or found_ended:
        length = min(len(expected), len(found))
        expected, found = expected[:length], found[:length]
    for number in range(max(len(expected), len(found))):
        lines = [(trace[number] if number < len(trace) else "the end") for trace in (expected, found)]
        if lines[0] != lines[1]:
            return f"line {number + 1}: expected {lines[0]}, found {lines[1]}", False
    return None, expected_ended or found_ended


def run(command, module):
    """(word, text): the word is same, part, refused or different."""
    expected = module.with_suffix(".trace").read_text().splitlines()
    try:
        done = subprocess.run(command + [module], capture_output=True, timeout=SECONDS_EACH)
    except subprocess.TimeoutExpired:
        return "different", f"no end within {SECONDS_EACH} seconds"
    messages = done.stderr.decode(errors="replace").strip()
    if done.returncode == REFUSED:
        return "refused", messages
    if done.returncode != 0:
        return "different", f"exit code {done.returncode}: {messages[-2000:]}"
    text, ended = difference(expected, done.stdout.decode(errors="replace").splitlines())
    if text:
        return "different", text
    return ("part" if ended else "same"), ""


def read_expected(path):
    if not path:
        return {}
    lines = pathlib.Path(path).read_text().splitlines()
    pairs = (line.split(":", 1) for line in lines if line.strip() and not line.startswith("#"))
    return {name.strip(): reason.strip() for name, reason in pairs}


def self_test():
    """The comparison must be able to fail."""
    call, limit = "call f()", "-> exhausted"
    cases = [
        ([call, "-> ()"], [call, "-> ()"], True),
        ([call, "-> ()"], [call, "-> trap"], False),
        ([call, "-> ()"], [call], False),
        ([call], [call, "-> ()"], False),
        ([call, limit, "end"], [call, "-> trap"], True),
        ([call, "-> ()", call, limit], ["call g()", limit], False),
        ([call, "-> ()"], [call, limit], True),
        ([call, "-> ()"], [], False),
    ]
    wrong = [case for case in cases if (difference(case[0], case[1])[0] is None) != case[2]]
    for case in wrong:
        print("compared wrongly:", case)
    return 1 if wrong else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--expected")
    parser.add_argument("--option", action="append", default=[])
    parser.add_argument("tracer")
    parser.add_argument("directory")
    arguments = parser.parse_args()
    shared = os.environ.get("WAXWING_SHARED_DIR", "")
    directory = pathlib.Path(shared or "absent") / arguments.directory
    if not directory.is_dir():
        print(f"skipped: there is no WAXWING_SHARED_DIR/{arguments.directory} (README, \"Official suites\")")
        return SKIPPED

    expected = read_expected(arguments.expected)
    counts = dict.fromkeys(["same", "part", "refused", "different"], 0)
    failures = []
    modules = sorted(path for path in directory.glob("*.wasm") if path.with_suffix(".trace").exists())
    with ThreadPoolExecutor(2) as pool:
        for module, (word, text) in zip(modules, pool.map(lambda path: run([arguments.tracer] + arguments.option, path), modules)):
            counts[word] += 1
            if word == "different" or (word == "refused" and module.stem not in expected):
                failures.append(f"{module.name}: {text}")
            elif word != "refused" and module.stem in expected:
                failures.append(f"{module.name} is alike now: remove it from {arguments.expected}")
    print("\n".join(failures))
    reasons = sorted({expected[module.stem] for module in modules if module.stem in expected})
    print(f"{arguments.directory}: {len(modules)} modules: {counts['same']} alike, {counts['part']} alike up to a limit, "
          f"{counts['different']} different, {counts['refused']} refused as expected ({'; '.join(reasons)})")
    if not modules:
        print("there is no module with a trace")
    return 1 if failures or not modules else 0


sys.exit(main())
