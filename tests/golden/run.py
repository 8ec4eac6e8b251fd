"""usage: run.py WAXWING [--bless]: what commands print of modules/*.wat and code/*.wat, compared with
expected/MODULE.COMMAND. Machine code is left out where no disassembler was built.

With --bless what they print now becomes what is expected: look at the difference before committing it.
"""
import difflib
import pathlib
import subprocess
import sys

COMMANDS = {
    "flat.wat": ["wasm2wat"],
    "folded.wat": ["wasm2wat", "--fold"],
    "unnamed.wat": ["wasm2wat", "--fold", "--no-names"],
    "dump.txt": ["dump"],
    "validate.txt": ["dump", "--stage=validate"],
}

ASM = ["dump", "--stage=asm"]
CODE_COMMANDS = {
    "sse4.1.txt": [*ASM, "--codegen=sse4.1"],
    "avx2.txt": [*ASM, "--codegen=avx2"],
    "explicit.txt": [*ASM, "--codegen=avx2,explicit-bounds"],
}

waxwing, blesses = pathlib.Path(sys.argv[1]).absolute(), "--bless" in sys.argv[2:]
folder = pathlib.Path(__file__).parent
compared, different = 0, 0
cases = [(module, COMMANDS) for module in sorted((folder / "modules").glob("*.wat"))]
if (waxwing.parent / "waxwing-disassemble").exists():
    cases += [(module, CODE_COMMANDS) for module in sorted((folder / "code").glob("*.wat"))]
else:
    print("machine code is left out: there is no disassembler (Debian: libzydis-dev)")
for module, commands in cases:
    for name, command in commands.items():
        path = folder / "expected" / f"{module.stem}.{name}"
        done = subprocess.run([waxwing, *command, module.name], cwd=module.parent, capture_output=True,
                              text=True, timeout=60)
        found = done.stdout + done.stderr
        if blesses:
            path.write_text(found)
            continue
        compared += 1
        expected = path.read_text() if path.exists() else ""
        if found == expected:
            continue
        different += 1
        sys.stdout.writelines(difflib.unified_diff(
            expected.splitlines(True), found.splitlines(True), f"expected/{path.name}", " ".join(command)))
if not blesses:
    print(f"{compared} texts compared, {different} different")
    if different:
        print("where the new ones are right: ./dev bless")
sys.exit(different != 0 or (compared == 0 and not blesses))
