"""The text format: assembling, printing, and modules in it wherever modules are taken."""
import os
import stat
import unittest

from command_case import WAXWING, CommandCase, module

ADD = b"""(module $m
  (func $add (export "add") (param $a i32) (param $b i32) (result i32)
    (i32.add (local.get $a) (local.get $b))))
"""
ADD_FLAT = """(module $m
  (type (;0;) (func (param i32 i32) (result i32)))
  (func $add (;0;) (export "add") (type 0) (param $a i32) (param $b i32) (result i32)
    local.get $a
    local.get $b
    i32.add)
)
"""
ADD_FOLDED = """(module $m
  (type (;0;) (func (param i32 i32) (result i32)))
  (func $add (;0;) (export "add") (type 0) (param $a i32) (param $b i32) (result i32)
    (i32.add (local.get $a) (local.get $b)))
)
"""
ADD_WITHOUT_NAMES = """(module
  (type (;0;) (func (param i32 i32) (result i32)))
  (func (;0;) (export "add") (type 0) (param i32 i32) (result i32)
    local.get 0
    local.get 1
    i32.add)
)
"""
ILL_TYPED = b"""(module
  (func $f (result i32)
    (i32.add (i32.const 1)
             (i64.const 2))))
"""
PLACE_OF_ADD = """a.wat:3:5: type mismatch: i32.add requires [i32 i32] but the stack has [i32 i64]"""


class Text(CommandCase):
    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def test_a_text_runs(self):
        self.write("add.wat", b";; a comment\n" + ADD)
        self.expect(["run", "--invoke", "add", "add.wat", "3", "4"], out="7\n")
        self.expect(["--invoke", "add", "-", "3", "4"], out="7\n", stdin=ADD)
        self.expect(["validate", "add.wat"], out="add.wat: valid\n")
        self.assertIn(b"add", self.run_waxwing("inspect", "add.wat").stdout)

    def test_bare_fields_are_a_module(self):
        self.write("a.wat", b'(func (export "f") (result i32) (i32.const 5))')
        self.expect(["--invoke", "f", "a.wat"], out="5\n")

    def test_assembling_writes_beside_the_text(self):
        os.mkdir(self.path("in.dir"))
        self.write("in.dir/add.wat", ADD)
        self.expect(["wat2wasm", "in.dir/add.wat"], out="")
        self.expect(["--invoke", "add", "in.dir/add.wasm", "1", "2"], out="3\n")
        self.assertEqual(sorted(os.listdir(self.path("in.dir"))), ["add.wasm", "add.wat"])

    def test_assembling_into_a_pipe(self):
        done = self.run_waxwing("wat2wasm", "-", stdin=ADD)
        self.assertEqual(done.stdout[:8], b"\0asm\1\0\0\0")
        self.expect(["wasm2wat", "-"], out=ADD_FLAT, stdin=done.stdout)

    def test_names_can_be_left_out(self):
        self.write("add.wat", ADD)
        self.expect(["wat2wasm", "--no-names", "add.wat", "-o", "a.wasm"])
        self.expect(["wasm2wat", "a.wasm"], out=ADD_WITHOUT_NAMES)
        self.expect(["wasm2wat", "--no-names", "add.wat"], out=ADD_WITHOUT_NAMES)

    def test_printing(self):
        self.write("add.wat", ADD)
        self.expect(["wasm2wat", "add.wat"], out=ADD_FLAT)
        self.expect(["wasm2wat", "--flat", "add.wat"], out=ADD_FLAT)
        self.expect(["wasm2wat", "--fold", "add.wat"], out=ADD_FOLDED)
        self.expect(["wasm2wat", "-f", "add.wat", "-o", "again.wat"], out="")
        self.assertEqual(self.read("again.wat").decode(), ADD_FOLDED)
        self.expect(["wasm2wat", "--fold", "--flat", "add.wat"], code=2, err="exclude each other")

    def test_a_wrong_text_tells_line_and_column(self):
        self.write("a.wat", b"(module\n  (func (i32.ad (i32.const 1))))\n")
        for verb in ["run", "validate", "inspect", "wat2wasm", "wasm2wat", "dump"]:
            self.expect([verb, "a.wat"], code=126, err=[
                "waxwing: a.wat:2:10: unknown operator",
                "\n    (func (i32.ad (i32.const 1))))\n           ^\n"])
        self.assertEqual(os.listdir(self.folder), ["a.wat"])

    def test_an_invalid_text_tells_line_and_column(self):
        self.write("a.wat", ILL_TYPED)
        caret = "\n      (i32.add (i32.const 1)\n      ^\n"
        for verb in ["run", "validate", "wat2wasm"]:
            self.expect([verb, "a.wat"], code=126, err=[PLACE_OF_ADD, caret])
        self.expect(["wat2wasm", "--no-check", "a.wat"])
        self.expect(["validate", "a.wasm"], code=126, err="(at offset 0x")

    def test_places_within_flat_code_and_an_if(self):
        self.write("a.wat", b"(func\n  (if (i64.const 1)\n    (then)))\n")
        self.expect(["validate", "a.wat"], code=126, err="a.wat:2:3: type mismatch")
        self.write("a.wat", b"(func nop)\n(func\n  nop\n  i32.const 1\n)\n")
        self.expect(["validate", "a.wat"], code=126, err="a.wat:5:1: type mismatch")

    def test_a_failure_leaves_the_output_as_it_was(self):
        self.write("a.wat", ILL_TYPED)
        self.write("a.wasm", b"before")
        self.expect(["wat2wasm", "a.wat"], code=126, err="type mismatch")
        self.assertEqual(self.read("a.wasm"), b"before")

    def test_permissions_and_links_of_the_output_stay(self):
        self.write("a.wat", b"(module)")
        self.write("real.wasm", b"before")
        os.chmod(self.path("real.wasm"), 0o640)
        os.symlink("real.wasm", self.path("a.wasm"))
        self.expect(["wat2wasm", "a.wat"])
        self.assertTrue(os.path.islink(self.path("a.wasm")))
        self.assertEqual(self.read("real.wasm"), b"\0asm\1\0\0\0")
        self.assertEqual(stat.S_IMODE(os.stat(self.path("real.wasm")).st_mode), 0o640)

    def test_an_output_that_cannot_be_written(self):
        self.write("a.wat", b"(module)")
        self.expect(["wat2wasm", "a.wat", "-o", "none/a.wasm"], code=1,
                    err="none/a.wasm cannot be written: no such file")
        self.expect(["wat2wasm", "a.wat", "-o", "/dev/null"])

    def test_a_binary_module_is_no_text(self):
        self.expect(["wat2wasm", module("hello")], code=126, err=["this is no text", "hint: "])

    def test_usage(self):
        self.expect(["wat2wasm"], code=2, err="no text to assemble")
        self.expect(["wasm2wat"], code=2, err="no module to print")
        self.expect(["wasm2wat", "a", "b"], code=2, err="unexpected argument 'b'")
        self.expect(["wat2wasm", "--no-name", "a"], code=2, err="did you mean --no-names?")


class Dump(CommandCase):
    def test_sections_and_encodings(self):
        self.write("add.wat", ADD)
        done = self.expect(["dump", "add.wat"])
        for line in ["add.wat: ", "0000000a        7  type, 1 entries", 'custom "name"',
                     "func $add (;0;) (type 0) (param i32 i32) (result i32)",
                     " 20 00                    local.get $a\n", " 6a                       i32.add\n"]:
            self.assertIn(line, done.stdout.decode())

    def test_one_function_with_types(self):
        self.write("add.wat", ADD)
        expected = ["local.get $a [i32]", "local.get $b [i32 i32]", "i32.add [i32]", "end []"]
        for name in ["0", "add", "$add"]:
            done = self.expect(["dump", "--stage=validate", "--func", name, "add.wat"])
            lines = [" ".join(line.split()[1:]) for line in done.stdout.decode().splitlines()[2:]]
            self.assertEqual(lines, expected)

    def test_what_is_not_valid_is_shown_up_to_there(self):
        self.write("a.wat", ILL_TYPED)
        done = self.expect(["dump", "--stage=validate", "a.wat"], code=126, err=PLACE_OF_ADD)
        self.assertRegex(done.stdout.decode(), r"i64.const 2 +\[i32 i64\]\n.*i32.add +not valid\n$")

    def test_machine_code_has_a_heading_with_or_without_a_disassembler(self):
        self.write("add.wat", ADD)
        done = self.run_waxwing("dump", "--stage=asm", "--codegen=sse4.1", "add.wat")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout.decode(), r"func \$add .*\n; \d+ bytes of code for \d+ of Wasm")
        has_disassembler = os.path.exists(os.path.join(os.path.dirname(WAXWING), "waxwing-disassemble"))
        self.assertIn("push rbp" if has_disassembler else ".byte 55", done.stdout.decode())
        self.assertEqual("libzydis-dev" not in done.stderr.decode(), has_disassembler)

    def test_usage(self):
        self.write("a.wat", b'(import "a" "b" (func))')
        self.expect(["dump", "--stage=ir", "a.wat"], code=2, err="there is no stage 'ir'")
        self.expect(["dump", "--func=7", "a.wat"], code=2, err='there is no function "7"')
        self.expect(["dump", "--func=0", "a.wat"], code=2, err="is imported")
        self.expect(["dump"], code=2, err="no module to dump")


if __name__ == "__main__":
    unittest.main()
