"""Every exit code, and the message that comes with it."""
import os
import time
import unittest

from command_case import CommandCase, module
from module_bytes import leb128, section


def slow_module(pairs):
    """Takes a microsecond a pair and more to validate: calls leave 1,000 results each, and take them."""
    many = leb128(1000) + b"\x7f" * 1000
    types = b"\3\x60\0\0\x60\0" + many + b"\x60" + many + b"\0"
    body = b"\0" + b"\x10\0\x10\1" * pairs + b"\x0b"
    code = b"\3\3\0\0\x0b\2\0\x0b" + leb128(len(body)) + body
    return (b"\0asm\1\0\0\0" + section(1, types) + section(3, b"\3\1\2\0") +
            section(7, b"\1\6_start\0\2") + section(10, code))


class ExitCode(CommandCase):
    def test_a_program_that_returns_exits_with_0(self):
        self.expect(["run", module("hello")], out="hello\n")

    def test_the_programs_code_is_ours(self):
        for status in [0, 1, 2, 42, 124, 134, 255]:
            self.expect([module("exit"), str(status)], code=status)

    def test_a_code_of_more_than_8_bits_is_cut_with_a_warning(self):
        self.expect([module("exit"), "300"], code=44, err="warning: " + module("exit") +
                    ": the exit code 300 does not fit 8 bits")

    def test_a_trap_is_134_with_a_backtrace(self):
        self.expect([module("traps")], code=134, err=[
            "waxwing: " + module("traps") + ": wasm trap: unreachable\n",
            "\n  0: traps!inner (func 0, offset 0x", "\n  1: traps!outer (func 1, offset 0x"])

    def test_each_trap_says_what_it_is(self):
        for name, argument, what in [
                ("divide", "0", "integer divide by zero"),
                ("load", "65533", "out of bounds memory access"),
                ("call", "0", "uninitialized element"),
                ("call", "2", "undefined element"),
                ("recurse", None, "call stack exhausted")]:
            arguments = [] if argument is None else [argument]
            self.expect(["--invoke", name, module("traps"), *arguments], code=134,
                        err="wasm trap: " + what)

    def test_an_exception_that_nobody_catches_is_a_trap(self):
        self.expect([module("throws")], code=134, err="wasm trap: uncaught exception")

    def test_a_trap_in_the_start_function_is_134(self):
        self.expect([module("start_traps")], code=134, err=["wasm trap: unreachable", "!main (func 0"])

    def test_a_timeout_is_124(self):
        for args in [[module("forever")], [module("start_forever")],
                     ["--invoke", "wait", module("forever")]]:
            self.expect(["--timeout", "100ms", *args], code=124,
                        err=["wasm trap: deadline exceeded", "hint: --timeout"])

    def test_a_timeout_reaches_compiling(self):
        self.write("slow.wasm", slow_module(4_000_000))
        for engine in ["interp", "baseline"]:
            started = time.monotonic()
            self.expect(["--engine", engine, "--no-cache", "--timeout", "200ms", "slow.wasm"], code=124,
                        err=["slow.wasm", "wasm trap: deadline exceeded", "hint: --timeout"])
            self.assertLess(time.monotonic() - started, 5)

    def test_no_more_fuel_is_123(self):
        for engine in ["interp", "baseline"]:
            for args in [[module("forever")], [module("start_forever")]]:
                self.expect(["--engine", engine, "--fuel", "10K", *args], code=123,
                            err=["wasm trap: out of fuel", "hint: 10000 were given; --fuel"])
            self.expect(["--engine", engine, "--fuel", "0", module("hello")], code=123,
                        err="hint: 0 were given")
            self.expect(["--engine", engine, "--fuel", "1M", module("hello")], out="hello\n")
            self.expect(["--engine", engine, "--codegen=fuel", module("hello")], out="hello\n")
        self.expect(["--fuel", "much", module("hello")], code=2, err="'much' is no number of instructions")

    def test_a_timeout_ends_reading_from_a_silent_pipe(self):
        read_end, write_end = os.pipe()
        with os.fdopen(read_end) as silent, os.fdopen(write_end):
            self.expect(["--timeout", "100ms", "--invoke", "read", module("forever")], code=124,
                        err="deadline exceeded", stdin=silent)

    def test_a_timeout_ends_waiting_for_the_writer_of_a_fifo(self):
        os.mkfifo(self.path("fifo"))
        self.expect(["--stdin", "fifo", "--timeout", "100ms", "--invoke", "read", module("forever")], code=124,
                    err="deadline exceeded")

    def test_a_program_that_is_done_in_time_is_not_stopped(self):
        self.expect(["--timeout", "60s", module("hello")], out="hello\n")

    def test_what_cannot_be_loaded_is_126(self):
        self.write("broken.wasm", b"\0asm\1\0\0\0\1\5\1\x60\1")
        self.expect(["broken.wasm"], code=126, err="waxwing: broken.wasm: malformed module: ")

    def test_what_is_not_valid_is_126_and_says_where(self):
        self.write("invalid.wasm", invalid_module())
        self.expect(["invalid.wasm"], code=126,
                    err=["waxwing: invalid.wasm: invalid module: type mismatch", "(at offset 0x"])

    def test_what_cannot_be_linked_is_126(self):
        self.expect([module("caller")], code=126,
                    err=["cannot link: unknown import", "host", "answer"])

    def test_no_such_file_is_127(self):
        self.expect(["nowhere.wasm"], code=127,
                    err="waxwing: nowhere.wasm: no such file or directory\n")

    def test_wrong_usage_is_2(self):
        self.expect(["--bogus", module("hello")], code=2, err="unknown option '--bogus'")


def invalid_module():
    """One function of type [] -> [i32] whose body leaves nothing."""
    return (b"\0asm\1\0\0\0" b"\1\5\1\x60\0\1\x7f" b"\3\2\1\0" b"\x0a\4\1\2\0\x0b")


if __name__ == "__main__":
    unittest.main()
