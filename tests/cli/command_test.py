"""The other commands, help, and usage that is wrong."""
import json
import os
import subprocess
import unittest

from command_case import WAXWING, CommandCase, module
from exit_code_test import invalid_module


class Help(CommandCase):
    def test_overview(self):
        for args in [["help"], ["--help"], ["-h"]]:
            done = self.expect(args)
            self.assertIn("commands:\n  run ", done.stdout.decode())

    def test_each_command_explains_itself(self):
        for verb in ["run", "validate", "inspect", "features", "version"]:
            by_word = self.expect(["help", verb]).stdout.decode()
            self.assertEqual(self.expect([verb, "--help"]).stdout.decode(), by_word)
            self.assertTrue(by_word.startswith("usage: waxwing "), by_word)

    def test_lines_fit_a_terminal(self):
        for args in [["help"], ["help", "run"], ["help", "inspect"], ["features"]]:
            for line in self.expect(args).stdout.decode().splitlines():
                self.assertLessEqual(len(line), 100, line)

    def test_help_names_every_option_of_run(self):
        text = self.expect(["run", "--help"]).stdout.decode()
        for option in ["--dir", "--env", "--env-inherit", "--stdin", "--invoke", "--preload", "--timeout", "--fuel", "--deterministic",
                       "--max-memory", "--max-heap", "--max-stack", "--trace", "--no-source-lines", "--enable",
                       "--disable"]:
            self.assertIn("  " + option + " ", text)


class Usage(CommandCase):
    def wrong(self, args, *err):
        self.expect(args, code=2, out="", err=["waxwing: ", *err])

    def test_nothing(self):
        self.wrong([], "no module and no command", "hint: waxwing help")

    def test_commands_without_a_file(self):
        self.wrong(["run"], "no module to run", "hint: ")
        self.wrong(["--env", "A=1"], "no module to run")
        self.wrong(["validate"], "no module to validate")
        self.wrong(["inspect", "--json"], "no module to inspect")

    def test_unknown_commands(self):
        self.wrong(["validte", "a.wasm"], "'validte' is neither a command nor a file",
                   "did you mean waxwing validate?")
        self.wrong(["help", "rum"], "did you mean waxwing run?")
        self.wrong(["frobnicate"], "waxwing help lists")

    def test_a_file_may_be_called_like_a_word(self):
        with open(module("hello"), "rb") as file:
            self.write("hello", file.read())
        self.expect(["hello"], out="hello\n")

    def test_unknown_options(self):
        self.wrong(["run", "--evn", "A=1", "a.wasm"], "unknown option '--evn'", "did you mean --env?")
        self.wrong(["--preloda=a=b", "a.wasm"], "unknown option '--preloda'",
                   "did you mean --preload?")
        self.wrong(["-x", "a.wasm"], "unknown option '-x'", "waxwing run --help")
        self.wrong(["inspect", "--jsn", "a.wasm"], "did you mean --json?")
        self.wrong(["features", "x"], "unexpected argument 'x'")

    def test_options_without_a_value(self):
        for option in ["--dir", "--env", "--invoke", "--timeout"]:
            self.wrong(["run", option], "option %s needs a value" % option)


class Validate(CommandCase):
    def test_valid_files_are_named(self):
        self.expect(["validate", module("hello"), module("math")],
                    out=module("hello") + ": valid\n" + module("math") + ": valid\n")

    def test_all_files_are_looked_at(self):
        self.write("invalid.wasm", invalid_module())
        self.expect(["validate", "none.wasm", "invalid.wasm", module("hello")], code=127,
                    out=module("hello") + ": valid\n",
                    err=["waxwing: none.wasm: no such file",
                         "waxwing: invalid.wasm: invalid module: type mismatch"])

    def test_features_can_be_switched(self):
        self.expect(["validate", "--disable", "simd", module("vectors")], code=126, out="",
                    err="feature is switched off")

    def test_standard_input(self):
        self.expect(["validate", "-"], stdin=b"\0asm\1\0\0\0", out="standard input: valid\n")

    def test_what_only_the_interpreter_lacks_is_valid(self):
        self.write("gc.wasm", b"\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0"
                   b"\x0a\x09\1\7\0\x41\0\xfb\x1c\x1a\x0b")
        self.expect(["validate", "gc.wasm"], out="gc.wasm: valid\n")


class Inspect(CommandCase):
    def test_text(self):
        text = self.expect(["inspect", module("math")]).stdout.decode()
        for part in ["math.wasm: WebAssembly module, ", " 9 functions, valid\n",
                     "features needed: ", "simd", "  func   add (param i32 i32) (result i32)\n",
                     "  memory memory 2 5\n", "  global limit (mut i64)\n", "  export "]:
            self.assertIn(part, text)

    def test_json(self):
        found = json.loads(self.expect(["inspect", "--json", module("hello")]).stdout)
        self.assertEqual(found["imports"], [{
            "module": "wasi_snapshot_preview1", "name": "fd_write", "kind": "func",
            "type": "(param i32 i32 i32 i32) (result i32)"}])
        self.assertEqual(found["exports"][0], {"name": "memory", "kind": "memory", "type": "1"})
        self.assertEqual(found["size_bytes"], os.path.getsize(module("hello")))
        self.assertTrue(found["valid"])
        by_name = {section["name"]: section for section in found["sections"]}
        self.assertEqual(by_name["import"]["entries"], 1)
        with open(module("hello"), "rb") as file:
            content = file.read()
        data = by_name["data"]
        self.assertIn(b"hello\n",
                      content[data["offset"]:data["offset"] + data["size_bytes"]])

    def test_start_and_names(self):
        found = json.loads(self.expect(["inspect", "--json", module("started")]).stdout)
        self.assertEqual(found["start"], 1)
        self.assertIn('start: func 1 "main"',
                      self.expect(["inspect", module("started")]).stdout.decode())
        self.assertIn('module "traps"', self.expect(["inspect", module("traps")]).stdout.decode())

    def test_producers(self):
        fields = b"\1" b"\x08language" b"\1" b"\3C11" b"\1x"
        self.write("a.wasm", b"\0asm\1\0\0\0" + section(0, b"\x09producers" + fields))
        found = json.loads(self.expect(["inspect", "--json", "a.wasm"]).stdout)
        self.assertEqual(found["producers"], [{"field": "language", "name": "C11", "version": "x"}])

    def test_an_invalid_module_is_shown_all_the_same(self):
        self.write("invalid.wasm", invalid_module())
        done = self.expect(["inspect", "--json", "invalid.wasm"], code=126, err="type mismatch")
        self.assertFalse(json.loads(done.stdout)["valid"])

    def test_names_that_would_play_with_the_terminal(self):
        self.write("a.wasm", b"\0asm\1\0\0\0" + section(0, b"\5\x1b[31m"))
        done = self.expect(["inspect", "a.wasm"])
        self.assertNotIn(b"\x1b", done.stdout)

    def test_a_malformed_module(self):
        self.write("a.wasm", b"\0asm\1\0\0\0\xff\0")
        self.expect(["inspect", "a.wasm"], code=126, out="", err="malformed section id")


class Features(CommandCase):
    def test_table(self):
        lines = self.expect(["features"]).stdout.decode().splitlines()
        states = {line.split()[0]: line.split()[1] for line in lines}
        self.assertEqual(states["simd"], "on")
        self.assertEqual(states["legacy-exceptions"], "on")
        self.assertEqual(states["wide-arithmetic"], "off")
        self.assertEqual(states["custom-page-sizes"], "off")


class Version(CommandCase):
    def test_version(self):
        for args in [["version"], ["--version"], ["-V"]]:
            self.assertRegex(self.expect(args).stdout.decode(), r"^waxwing \d+\.\d+\.\d+\n")


class Output(CommandCase):
    def test_a_full_disk(self):
        with open("/dev/full", "wb") as full:
            self.expect(["features"], code=1, stdout=full,
                        err="standard output cannot be written: no space left")
            self.expect(["--invoke", "add", module("math"), "1", "2"], code=1, stdout=full,
                        err="standard output cannot be written")

    def test_a_reader_that_went_away_is_no_news(self):
        read_end, write_end = os.pipe()
        os.close(read_end)
        with os.fdopen(write_end, "wb") as broken:
            self.expect(["features"], code=1, stdout=broken)

    def test_closed_streams(self):
        done = subprocess.run(["sh", "-c", '"$0" features >&-', WAXWING], stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"standard output cannot be written", done.stderr)

    def test_a_closed_output_is_not_taken_for_a_file_of_the_guest(self):
        done = subprocess.run(["sh", "-c", '"$0" --dir . "$1" >&-', WAXWING, module("hello")],
                              stderr=subprocess.PIPE, cwd=self.folder)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(os.listdir(self.folder), [])


def section(number, contents):
    return bytes([number, len(contents)]) + contents


if __name__ == "__main__":
    unittest.main()
