"""Files that are no module, and modules from elsewhere."""
import gzip
import os
import unittest

from command_case import CommandCase, module

HEADER = b"\0asm\1\0\0\0"


class File(CommandCase):
    def refuse(self, content, *err):
        self.write("a.wasm", content)
        self.expect(["a.wasm"], code=126, err=["waxwing: a.wasm: ", *err])

    def test_an_empty_file(self):
        self.refuse(b"", "the file is empty", "hint: ")

    def test_a_component(self):
        self.refuse(b"\0asm\x0d\0\1\0", "this is a WebAssembly component, not a core module",
                    "hint: ", "wasm32-wasip1")

    def test_text_of_a_component(self):
        self.refuse(b";; a comment\n  (component)", "text of a WebAssembly component", "hint: ")

    def test_other_text(self):
        self.refuse(b"int main() {}\n", "this is text")

    def test_a_script(self):
        self.refuse(b"#!/bin/sh\n", "this is a script")

    def test_compressed_files(self):
        self.refuse(gzip.compress(HEADER), "compressed with gzip", "hint: ", "zcat")
        self.refuse(b"PK\3\4xyz", "ZIP archive")

    def test_a_native_program(self):
        self.refuse(b"\x7fELF\2\1\1", "native program")

    def test_any_other_bytes(self):
        self.refuse(b"\xde\xad\xbe\xef\0\0\0\0", "magic header not detected")

    def test_a_module_that_ends_too_early(self):
        with open(module("hello"), "rb") as file:
            content = file.read()
        for size in [5, 30, 60, 100, len(content) - 70]:
            self.refuse(content[:size], "hint: the file ends too early")

    def test_another_version(self):
        self.refuse(b"\0asm\2\0\0\0", "unknown binary version")

    def test_a_directory(self):
        os.mkdir(self.path("folder"))
        self.expect(["./folder"], code=126, err=["./folder: this is a directory", "hint: "])

    def test_a_name_without_its_ending(self):
        self.write("app.wasm", HEADER)
        self.expect(["run", "app"], code=127, err="hint: did you mean app.wasm?")

    def test_a_file_as_a_directory(self):
        self.write("file", b"")
        self.expect(["file/a.wasm"], code=127, err="file/a.wasm: not a directory")

    def test_names_are_printed_safely(self):
        self.expect(["\x1b[31m.wasm"], code=127, err="\\1b[31m.wasm")

    def test_standard_input(self):
        with open(module("hello"), "rb") as file:
            content = file.read()
        self.expect(["-"], out="hello\n", stdin=content)
        self.expect(["run", "-"], out="hello\n", stdin=content)
        self.expect(["-"], code=126, stdin=b"", err="standard input: the file is empty")

    def test_a_pipe_as_a_file(self):
        with open(module("hello"), "rb") as file:
            self.expect(["/dev/stdin"], out="hello\n", stdin=file)


class Link(CommandCase):
    def test_a_component_interface(self):
        self.expect([module("wants_component")], code=126, err=["wasi:io/streams", "wasm32-wasip1"])

    def test_a_symbol_of_c(self):
        self.expect([module("wants_env")], code=126, err=["__cxa_throw", "--preload env=FILE"])

    def test_a_misspelt_function_of_wasi(self):
        self.expect([module("misspelt")], code=126, err=["fd_wrote", "fd_write"])

    def test_a_wrong_type(self):
        self.expect(["--preload", "host=" + module("reactor"), module("wrong_caller")], code=126,
                    err=["incompatible import type", "hint: "])


if __name__ == "__main__":
    unittest.main()
