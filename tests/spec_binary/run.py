#!/usr/bin/env python3
"""Checks the verdict on every module of the official suite that a converter can turn into bytes.

usage: run.py --verdict PROGRAM --suite DIRECTORY [--converter PROGRAM] [FILE.wast ...]

The converter is `wasm-tools` (all of WebAssembly 3.0) or wabt's `wast2json`. A script that it does
not understand is counted as skipped. Modules must be valid where the script runs them; where it
asserts that they are malformed or invalid, the class and the text must be the script's.
Exits with 77 where suite or converter are missing.
"""
import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
FOLDERS = ["core", "proposals/threads", "proposals/wide-arithmetic"]

# Verdicts that may differ from the script's: (script, line) -> why.
NO_DATA_COUNT = "wast2json writes no data count section where there is no data segment"
EXPECTED = {
    ("memory_init.wast", 190): NO_DATA_COUNT,
    ("memory_init64.wast", 190): NO_DATA_COUNT,
    ("func.wast", 660): "wast2json mangles a local of a typed reference",
}


def convert(converter, script, folder):
    """The commands of a script, with the names of its modules' files; None if it is not understood."""
    target = folder / "script.json"
    if pathlib.Path(converter).name.startswith("wasm-tools"):
        command = [converter, "json-from-wast", str(script), "-o", str(target), "--wasm-dir", str(folder)]
    else:
        command = [converter, "--enable-all", str(script), "-o", str(target)]
    done = subprocess.run(command, capture_output=True)
    if done.returncode != 0:
        return None
    return json.loads(target.read_text())["commands"]


def expectation(command):
    """(file, class, text) of what a command says about a module, or None."""
    file = command.get("binary_filename", command.get("filename", ""))
    if not file.endswith(".wasm"):
        return None
    kind = command["type"]
    if kind in ("assert_malformed", "assert_invalid"):
        return file, kind.removeprefix("assert_"), command["text"]
    if kind in ("module", "module_definition", "assert_unlinkable", "assert_uninstantiable", "assert_trap"):
        return file, "valid", ""
    return None


def commands_in(commands):
    """Commands, those within threads included."""
    for command in commands:
        yield command
        yield from commands_in(command.get("commands", []))


def texts_agree(expected, text):
    return expected.startswith(text) or text.startswith(expected)


def check(script, commands, verdict_program, folder):
    """The number of modules checked, and a line for each wrong verdict."""
    wanted = [(command["line"], *found) for command in commands_in(commands) if (found := expectation(command))]
    paths = "".join(f"{folder / file}\n" for _, file, _, _ in wanted)
    done = subprocess.run([verdict_program], input=paths, capture_output=True, text=True, errors="replace")
    answers = done.stdout.splitlines()
    if done.returncode != 0 or len(answers) != len(wanted):
        return len(wanted), [f"{script}: the program stopped with {done.returncode} after {len(answers)} modules"]
    wrong = []
    for (line, _, expected_class, expected_text), answer in zip(wanted, answers):
        _, found_class, text, *message = answer.split("\t") + [""]
        good = found_class == expected_class and texts_agree(expected_text, text)
        if not good and (script.name, line) not in EXPECTED:
            wrong.append(f"{script}:{line}: expected {expected_class} {expected_text!r}, "
                         f"found {found_class} {message[0]!r}")
    return len(wanted), wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--verdict", required=True)
    parser.add_argument("--suite", default="")
    parser.add_argument("--converter", default=shutil.which("wasm-tools") or shutil.which("wast2json"))
    parser.add_argument("scripts", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    suite = pathlib.Path(options.suite)
    if not options.suite or not suite.is_dir() or not options.converter:
        print("skipped: needs the official suite (WAXWING_TESTSUITE_DIR) and wasm-tools or wast2json")
        return SKIPPED
    scripts = options.scripts or sorted(s for folder in FOLDERS for s in (suite / folder).rglob("*.wast"))
    modules, skipped, wrong = 0, [], []
    for script in scripts:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            commands = convert(options.converter, script, folder)
            if commands is None:
                skipped.append(script.name)
                continue
            count, lines = check(script, commands, options.verdict, folder)
            modules += count
            wrong += lines
    for line in wrong:
        print(line)
    print(f"{len(scripts) - len(skipped)} scripts, {modules} modules, {len(wrong)} wrong verdicts; "
          f"not converted: {' '.join(skipped) or 'none'}")
    return 1 if wrong or modules == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
