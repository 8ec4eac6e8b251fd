"""Hosts that forbid to make memory executable that was written to (as systemd's MemoryDenyWriteExecute does), and those that
allow no machine code in any way: they give no file in memory either."""
import platform
import subprocess
import unittest

from command_case import WAXWING, CommandCase
from no_memory_files import forbid_memory_files, prctl

MODULE = '(module (memory 1) (func (export "sum") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))'
PR_SET_MDWE = 65
PR_MDWE_REFUSE_EXEC_GAIN = 1


def forbid_changes():
    """Of this process, and of all that it becomes."""
    prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0)


def forbid_code():
    forbid_changes()
    forbid_memory_files()


@unittest.skipUnless(platform.machine() == "x86_64", "the baseline compiler makes code for x86-64")
class ForbiddenCode(CommandCase):
    def setUp(self):
        super().setUp()
        try:
            subprocess.run(["true"], preexec_fn=forbid_changes, check=True)
        except subprocess.SubprocessError:
            self.skipTest("this kernel cannot forbid it: Linux 6.3 can")

    def add(self, forbid, *options):
        return subprocess.run([WAXWING, *options, "--compile-threads=1", "--invoke", "sum", "-", "40", "2"], input=MODULE,
                              capture_output=True, text=True, timeout=60, cwd=self.folder, preexec_fn=forbid)

    def assert_sum(self, done):
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "42\n", ""))

    def test_two_views_need_no_change(self):
        for when in "eager", "lazy":
            with self.subTest(when):
                self.assert_sum(self.add(forbid_changes, "--engine=baseline", "--compile=" + when))

    def test_the_interpreter_needs_no_code(self):
        for when in "eager", "lazy":
            with self.subTest(when):
                self.assert_sum(self.add(forbid_code, "--engine=auto", "--compile=" + when))
                self.assert_sum(self.add(forbid_code, "--engine=interpreter", "--compile=" + when))

    def test_the_compiler_alone_is_refused(self):
        for when in "eager", "lazy":
            with self.subTest(when):
                done = self.add(forbid_code, "--engine=baseline", "--compile=" + when)
                self.assertEqual((done.returncode, done.stdout), (126, ""))
                self.assertIn("the host forbids executable memory", done.stderr)


if __name__ == "__main__":
    unittest.main()
