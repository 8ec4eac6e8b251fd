"""What the tests of the compilation cache share: commands with a directory of their own, and modules to compile."""
import json
import os
import shutil

from command_case import WAXWING, CommandCase
from module_bytes import leb128, leb128_signed, section


def can_trace():
    """Whether a program's system calls can be listed. The leak sanitizer does not work under strace."""
    with open(WAXWING, "rb") as program:
        content = program.read()
    return shutil.which("strace") is not None and b"__asan_init" not in content and b"__tsan_init" not in content


def make_module(result, functions=1, custom=0):
    """A module whose `run` returns `result`; more functions make it larger, `custom` is the size of a custom section."""
    body = b"\x00\x41" + leb128_signed(result) + b"\x0b"
    return (b"\0asm\1\0\0\0" + section(1, b"\x01\x60\x00\x01\x7f") +
            section(3, leb128(functions) + b"\0" * functions) +
            section(7, b"\x01\x03run\x00\x00") +
            section(10, leb128(functions) + (leb128(len(body)) + body) * functions) +
            section(0, b"\x03pad" + b"x" * custom))


class CacheCase(CommandCase):
    """Runs commands in an empty folder, with a cache of their own beside it."""

    def setUp(self):
        super().setUp()
        self.cache = self.path("cache")
        self.env = {"WAXWING_CACHE_DIR": self.cache, "PATH": os.environ["PATH"]}

    def expect(self, args, code=0, out=None, err=None, **options):
        options.setdefault("env", self.env)
        return super().expect(args, code, out, err, **options)

    def module(self, result, name="a.wasm", **options):
        return self.write(name, make_module(result, **options))

    def run_module(self, name, result, *options, err=None, **more):
        return self.expect([*options, "--invoke", "run", name], out="%d\n" % result, err=err, **more)

    def json(self, *args, code=0, **options):
        return json.loads(self.expect(["cache", *args, "--json"], code=code, **options).stdout)

    def stats(self, **options):
        return self.json("stats", **options)

    def entries(self):
        """The files of all entries."""
        found = []
        for folder, _, names in os.walk(self.cache):
            found += [os.path.join(folder, name) for name in names if len(name) == 64]
        return sorted(found)

    def entry(self):
        entries = self.entries()
        self.assertEqual(len(entries), 1, entries)
        return entries[0]
