"""Memory that runs out while machine code is made: an error, never an abort; and `auto` interprets what there is room for."""
import platform
import resource
import subprocess
import unittest

from command_case import WAXWING, CommandCase
from module_bytes import leb128, section

FUNCTIONS = 20000
RUN = 16  # bytes that each function's arithmetic repeats


def module():
    """Functions of [i32] -> [i32] that multiply and add; the last one is "run"."""
    step = b"\x20\x01\x41\x03\x6c\x20\x00\x6a\x21\x01"  # local 1 = local 1 * 3 + local 0
    body = b"\x01\x01\x7f" + step * RUN + b"\x20\x01\x0b"
    return (b"\0asm\1\0\0\0" + section(1, b"\x01\x60\x01\x7f\x01\x7f") +
            section(3, leb128(FUNCTIONS) + b"\0" * FUNCTIONS) +
            section(7, b"\x01\x03run\x00" + leb128(FUNCTIONS - 1)) +
            section(10, leb128(FUNCTIONS) + (leb128(len(body)) + body) * FUNCTIONS))


@unittest.skipUnless(platform.machine() == "x86_64", "the baseline compiler makes code for x86-64")
class OutOfMemory(CommandCase):
    def setUp(self):
        super().setUp()
        with open(WAXWING, "rb") as program:
            contents = program.read()
            if b"__asan_init" in contents or b"__tsan_init" in contents:
                self.skipTest("the sanitizers need more address space themselves")
        self.write("big.wasm", module())

    def run_within(self, mib, *options):
        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (mib << 20, mib << 20))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        return subprocess.run([WAXWING, *options, "--compile-threads=1", "--invoke", "run", "big.wasm", "1"],
                              cwd=self.folder, capture_output=True, text=True, timeout=60, preexec_fn=limit)

    def test_any_amount_of_memory(self):
        result = str(sum(3**power for power in range(RUN))) + "\n"
        # Below what interpreting takes, decoding fails.
        least = next(mib for mib in range(10, 200)
                     if self.run_within(mib, "--engine=interpreter").stdout == result)
        refused = 0
        for mib in range(least + 1, least + 80):
            done = self.run_within(mib, "--engine=baseline")
            if done.returncode == 0:
                self.assertEqual(done.stdout, result)
                break
            refused += 1
            self.assertEqual((done.returncode, done.stdout), (126, ""), f"{mib} MiB: {done.stderr}")
            self.assertIn("out of memory: ", done.stderr)
            if "cannot reserve" in done.stderr:
                continue  # the code is there, but no room for a stack to run it on
            interpreted = self.run_within(mib, "--engine=auto")
            self.assertEqual((interpreted.returncode, interpreted.stdout), (0, result), f"{mib} MiB: {interpreted.stderr}")
        else:
            self.fail("no amount is enough")
        self.assertGreater(refused, 3)


if __name__ == "__main__":
    unittest.main()
