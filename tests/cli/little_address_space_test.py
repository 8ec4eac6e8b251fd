"""A host that gives little address space: memories have no guard then, so machine code checks its accesses."""
import platform
import resource
import subprocess
import unittest

from command_case import WAXWING, CommandCase

MODULE = b"""(module (memory 1)
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "grow") (param i32) (result i32)
    (i32.store offset=4 (i32.shl (i32.add (i32.const -1) (i32.add (local.get 0) (memory.grow (local.get 0))))
                                 (i32.const 16)) (i32.const 7))
    (i32.load offset=4 (i32.shl (i32.sub (memory.size) (i32.const 1)) (i32.const 16)))))
"""
OWNER = b'(module (memory (export "memory") 1))'
USER = b"""(module (memory (import "owner" "memory") 1)
  (func (export "load") (param i32) (result i32) (i32.load offset=8 (local.get 0))))
"""


@unittest.skipUnless(platform.machine() == "x86_64", "the baseline compiler makes code for x86-64")
class LittleAddressSpace(CommandCase):
    def setUp(self):
        super().setUp()
        with open(WAXWING, "rb") as program:
            if b"__asan_init" in program.read():
                self.skipTest("the address sanitizer needs more address space itself")

    def invoke(self, *arguments, gib=2):
        self.write("demo.wat", MODULE)
        self.write("owner.wat", OWNER)
        self.write("user.wat", USER)
        limit = (gib << 30, gib << 30)
        return subprocess.run([WAXWING, *arguments], cwd=self.folder, capture_output=True, text=True, timeout=60,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, limit))

    def assert_result(self, done, text):
        self.assertEqual((done.returncode, done.stdout), (0, text), done.stderr)

    def test_every_engine_runs(self):
        for engine in "interpreter", "baseline", "auto":
            with self.subTest(engine):
                self.assert_result(self.invoke("--engine", engine, "--invoke", "load", "demo.wat", "8"), "0\n")
                self.assert_result(self.invoke("--engine", engine, "--invoke", "grow", "demo.wat", "3"), "7\n")

    def test_what_lies_behind_is_out_of_bounds(self):
        for engine in "interpreter", "baseline", "auto":
            for index in "65533", "65536", "2147483648", "-4", "-1":
                with self.subTest(f"{engine} {index}"):
                    done = self.invoke("--engine", engine, "--invoke", "load", "demo.wat", index)
                    self.assertEqual((done.returncode, done.stdout), (134, ""), done.stderr)
                    self.assertIn("out of bounds memory access", done.stderr)

    def test_an_imported_memory(self):
        def load(index, gib):
            return self.invoke("--engine", "baseline", "--preload", "owner=owner.wat", "--invoke", "load", "user.wat",
                               index, gib=gib)
        # In the last case the owner's memory alone has a guard.
        for gib in 2, 6:
            self.assert_result(load("65524", gib), "0\n")
            self.assertIn("out of bounds memory access", load("65525", gib).stderr)
            self.assertIn("out of bounds memory access", load("-1", gib).stderr)

    def test_guard_pages_that_were_asked_for_are_refused(self):
        for engine in "baseline", "auto":
            done = self.invoke("--engine", engine, "--codegen", "guard-pages", "--invoke", "load", "demo.wat", "8")
            self.assertEqual((done.returncode, done.stdout), (126, ""))
            self.assertIn("relies on guard pages needs 4 GiB of address space", done.stderr)
        done = self.invoke("--engine", "baseline", "--codegen", "guard-pages", "--preload", "owner=owner.wat",
                           "--invoke", "load", "user.wat", "8")
        self.assertEqual((done.returncode, done.stdout), (126, ""))


if __name__ == "__main__":
    unittest.main()
