"""The line on a terminal while a large module is compiled."""
import os
import platform
import pty
import re
import subprocess
import unittest

from command_case import WAXWING, CommandCase
from module_bytes import leb128, section

BASELINE = "--engine=baseline"


def large_module(last_body):
    """Compiling it takes over a second: 64 functions of many calls, and a last one, which is exported as "f"."""
    body = b"\0" + b"\x10\0" * 240_000 + b"\x0b"
    bodies = [body] * 64 + [last_body]
    return (b"\0asm\1\0\0\0" + section(1, b"\1\x60\0\0") + section(3, leb128(len(bodies)) + b"\0" * len(bodies)) +
            section(5, b"\1\0\1") + section(7, b"\1\1f\0" + leb128(len(bodies) - 1)) +
            section(10, leb128(len(bodies)) + b"".join(leb128(len(body)) + body for body in bodies)))


def on_screen(written):
    """What a terminal shows of `written`, which has no characters but printing ones, CR and LF."""
    lines, column = [""], 0
    for char in written.replace("\r\n", "\n"):
        if char == "\r":
            column = 0
        elif char == "\n":
            lines.append("")
            column = 0
        else:
            lines[-1] = lines[-1][:column] + char + lines[-1][column + 1:]
            column += 1
    return "\n".join(line.rstrip() for line in lines)


@unittest.skipUnless(platform.machine() == "x86_64", "the baseline compiler makes code for x86-64")
class Progress(CommandCase):
    def run_on_terminal(self, *args, columns=80):
        """Exit code, standard output, and all that was written on a terminal as standard error."""
        control, terminal = pty.openpty()
        subprocess.run(["stty", "cols", str(columns)], stdin=terminal, check=True)
        with subprocess.Popen([WAXWING, *args], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=terminal) as process:
            os.close(terminal)
            written = b""
            while True:
                try:
                    part = os.read(control, 4096)
                except OSError:  # nobody has the other end any more
                    break
                if not part:
                    break
                written += part
            out = process.stdout.read()
        os.close(control)
        return process.returncode, out, written.decode()

    def expect_shares_rise(self, written):
        shares = [int(share) for share in re.findall(r"(\d+) %", written)]
        self.assertGreater(len(shares), 1, written)
        self.assertEqual(shares, sorted(shares))
        self.assertLessEqual(shares[-1], 100)

    def test_a_line_is_rewritten_and_leaves_nothing(self):
        self.write("large.wasm", large_module(b"\0\x0b"))
        for threads in ["1", "3"]:
            with self.subTest(threads=threads):
                code, out, written = self.run_on_terminal(BASELINE, "--compile-threads", threads, "--invoke", "f",
                                                          "large.wasm")
                self.assertEqual((code, out), (0, b""))
                self.assertNotIn("\n", written)
                self.assertEqual(on_screen(written), "")
                if threads == "1":  # others may be quicker than 300 ms
                    self.assertIn("\rcompiling large.wasm: ", written)
                    self.assertIn(" % of 65 functions", written)
                    self.expect_shares_rise(written)

    def test_a_message_stands_alone(self):
        self.write("large.wasm", large_module(b"\0\0\x0b"))
        code, out, written = self.run_on_terminal(BASELINE, "--compile-threads=1", "--invoke=f", "large.wasm")
        self.assertEqual((code, out), (134, b""))
        self.expect_shares_rise(written)
        self.assertTrue(on_screen(written).startswith("waxwing: large.wasm: "), written)

    def test_a_line_fits_the_terminal(self):
        name = "a" * 100 + ".wasm"
        self.write(name, large_module(b"\0\x0b"))
        command = [BASELINE, "--compile-threads=1", "--invoke=f", name]
        written = self.run_on_terminal(*command)[2]
        self.assertIn("\rcompiling: ", written)
        self.assertNotIn("aaa", written)
        self.assertEqual(on_screen(written), "")
        self.assertEqual(self.run_on_terminal(*command, columns=20)[2], "")

    def test_only_terminals_are_told(self):
        self.write("large.wasm", large_module(b"\0\x0b"))
        self.expect([BASELINE, "--compile-threads=1", "--invoke=f", "large.wasm"], out="")


if __name__ == "__main__":
    unittest.main()
