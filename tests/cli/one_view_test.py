"""Machine code on a host that gives no file in memory for it: pages of one mapping become executable when they are complete,
W^X all the same."""
import platform
import subprocess
import unittest

from command_case import WAXWING, CommandCase
from no_memory_files import forbid_memory_files

FUNCS = 300
CALLS = " ".join("(local.set 0 (call $f%d (local.get 0)))" % number for number in range(FUNCS))
MODULE = "(module (memory 1)\n%s\n%s)" % (
    "\n".join("(func $f%d (param i32) (result i32) (i32.add (local.get 0) (i32.const %d)))" % (number, number)
              for number in range(FUNCS)),
    """(func (export "sum") (param i32) (result i32) %s (local.get 0))
       (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))""" % CALLS)


@unittest.skipUnless(platform.machine() == "x86_64", "the baseline compiler makes code for x86-64")
class OneView(CommandCase):
    def run_without_files(self, when, *args):
        return subprocess.run(
            [WAXWING, "--engine=baseline", "--compile=" + when, "--compile-threads=1", "--invoke", args[0], "-", *args[1:]],
            input=MODULE, capture_output=True, text=True, timeout=60, cwd=self.folder, preexec_fn=forbid_memory_files)

    def test_functions_are_compiled_and_run(self):
        for when in "eager", "lazy":
            with self.subTest(when):
                done = self.run_without_files(when, "sum", "1")
                self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "%d\n" % (1 + sum(range(FUNCS))), ""))

    def test_faults_are_traps(self):
        for when in "eager", "lazy":
            with self.subTest(when):
                done = self.run_without_files(when, "load", "-1")
                self.assertEqual(done.returncode, 134)
                self.assertIn("out of bounds memory access", done.stderr)


if __name__ == "__main__":
    unittest.main()
