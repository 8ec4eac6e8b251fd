"""Programs of AssemblyScript and Emscripten, and standard input from a file. programs/words.wasm is what asc 0.28.20 makes of words.ts
by `asc words.ts -O --runtime minimal`, programs/jump.wasm what emcc 3.1.6 makes of jump.c by `emcc -O2 -sSTANDALONE_WASM
-sALLOW_MEMORY_GROWTH -sSUPPORT_LONGJMP=emscripten`."""
import os
import unittest

from command_case import CommandCase

PROGRAMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs")
WORDS = os.path.join(PROGRAMS, "words.wasm")
JUMP = os.path.join(PROGRAMS, "jump.wasm")
ENGINES = ["interp", "auto"]
CAT = b"""(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1) (data (i32.const 0) "\\00\\01\\00\\00\\40\\00\\00\\00")
  (func (export "_start")
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 4)))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))"""


class AssemblyScript(CommandCase):
    def test_traces_go_to_standard_error(self):
        expected = ["trace: the 3", "trace: is 2", "trace: gr\u00fcn 1", "trace: \U0001f426 1", "trace: sum 1.5,-0.25,1e+21"]
        for engine in ENGINES:
            done = self.expect(["--engine", engine, "--invoke", "run", WORDS], out="3\n", err=expected)
            self.assertEqual(len(done.stderr.decode().splitlines()), 11)

    def test_what_fails_says_where_and_exits_with_255(self):
        for engine in ENGINES:
            self.expect(["--engine", engine, "--invoke", "fail", WORDS, "1"], out="1\n")
            done = self.expect(["--engine", engine, "--invoke", "fail", WORDS, "-5"], code=255, out="", err="")
            self.assertEqual(done.stderr.decode(), "the index is negative: -5 at words.ts:32:3\n")
            done = self.expect(["--engine", engine, "--invoke", "fail", WORDS, "9"], code=255, out="", err="")
            self.assertIn("Index out of range at ~lib/array.ts:", done.stderr.decode())

    def test_seeds_are_random_or_always_the_same(self):
        def values(*options):
            return {self.expect([*options, "--invoke", "random", WORDS]).stdout for _ in range(3)}
        self.assertEqual(len(values("--deterministic")), 1)
        self.assertEqual(len(values()), 3)

    def test_a_preloaded_module_comes_first(self):
        self.write("env.wat", b"""(module (func (export "seed") (result f64) (f64.const 1))
          (func (export "trace") (param i32 i32 f64 f64 f64 f64 f64)))""")
        self.expect(["--preload", "env=env.wat", "--invoke", "run", WORDS], out="3\n")
        self.expect(["--preload", "env=env.wat", "--invoke", "fail", WORDS, "-1"], code=255, err="the index is negative")

    def test_what_has_another_type_is_missing(self):
        self.write("other.wat", b'(module (import "env" "abort" (func)) (func (export "_start")))')
        self.expect(["other.wat"], code=126, err='unknown import: "env" "abort" (func)')


class Emscripten(CommandCase):
    def test_longjmp_and_growth(self):
        for engine in ENGINES:
            self.expect(["--engine", engine, JUMP], code=7,
                        out="abc: well\nab!c: failed at 3\n!: failed at 1\nxyz!: failed at 4\nsum 2016\n")

    def test_host_functions_are_traced(self):
        done = self.expect(["--trace=host:env.*", JUMP], code=7, err=["env.invoke_vii(", "env._emscripten_throw_longjmp()"])
        self.assertIn("env.emscripten_notify_memory_growth(0)", done.stderr.decode())


class StandardInput(CommandCase):
    def setUp(self):
        super().setUp()
        self.write("cat.wat", CAT)

    def test_is_read_from_a_file(self):
        self.write("input.txt", b"from a file\n")
        done = self.expect(["--stdin", "input.txt", "cat.wat"], stdin=b"from here\n")
        self.assertEqual(done.stdout.rstrip(b"\0"), b"from a file\n")
        done = self.expect(["--stdin=-", "cat.wat"], stdin=b"from here\n")
        self.assertEqual(done.stdout.rstrip(b"\0"), b"from here\n")
        done = self.expect(["--stdin", "input.txt", "-"], stdin=CAT)
        self.assertEqual(done.stdout.rstrip(b"\0"), b"from a file\n")

    def test_a_file_that_cannot_be_read(self):
        self.expect(["--stdin", "none.txt", "cat.wat"], code=127, err=["--stdin", "none.txt", "no such file"])
        self.expect(["--stdin", ".", "cat.wat"], code=126, err=["--stdin", "is a directory"])


if __name__ == "__main__":
    unittest.main()
