"""usage: compare_output.py EXPECTED PROGRAM ARGUMENT...: runs PROGRAM, which must succeed and print what the file EXPECTED has."""

import subprocess
import sys

expected_file, *command = sys.argv[1:]
with open(expected_file, encoding="utf-8") as file:
    expected = file.read()
done = subprocess.run(command, capture_output=True, text=True, timeout=50)
if done.returncode or done.stdout != expected or done.stderr:
    print(f"exit code {done.returncode}\n--- expected, {expected_file}\n{expected}--- printed\n{done.stdout}--- errors\n{done.stderr}")
    sys.exit(1)
