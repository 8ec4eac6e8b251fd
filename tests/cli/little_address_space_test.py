"""A host that gives little address space: memories have no guard then, on which machine code relies."""
import platform
import resource
import subprocess
import unittest

from command_case import WAXWING, CommandCase

MODULE = b"""(module (memory 1)
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))
"""


@unittest.skipUnless(platform.machine() == "x86_64", "the baseline compiler makes code for x86-64")
class LittleAddressSpace(CommandCase):
    def setUp(self):
        super().setUp()
        with open(WAXWING, "rb") as program:
            if b"__asan_init" in program.read():
                self.skipTest("the address sanitizer needs more address space itself")

    def load(self, engine):
        self.write("demo.wat", MODULE)
        two_gib = (2 << 30, 2 << 30)
        return subprocess.run([WAXWING, "--engine", engine, "--invoke", "load", "demo.wat", "8"], cwd=self.folder,
                              capture_output=True, text=True, timeout=60,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, two_gib))

    def test_the_interpreter_runs(self):
        done = self.load("interpreter")
        self.assertEqual((done.returncode, done.stdout), (0, "0\n"), done.stderr)

    def test_machine_code_is_refused(self):
        done = self.load("baseline")
        self.assertEqual((done.returncode, done.stdout), (126, ""))
        self.assertIn("machine code needs 4 GiB of address space", done.stderr)


if __name__ == "__main__":
    unittest.main()
