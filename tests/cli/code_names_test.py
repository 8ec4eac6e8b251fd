"""--perf and --debug-symbols: what profilers and debuggers are told of machine code."""
import glob
import os
import platform
import re
import shutil
import struct
import subprocess
import unittest

from command_case import WAXWING, CommandCase

BASELINE = "--engine=baseline"
MODULE = b"""(module
  (memory 1)
  (func $inner (param i32) (result i32) (i32.load (i32.mul (local.get 0) (i32.const 65536))))
  (func $outer (export "outer") (param i32) (result i32)
    (i32.add (call $inner (local.get 0)) (i32.const 1)))
  (func $spin (export "spin") (param i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) (local.get 0)))
      (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get $sum)))
"""


@unittest.skipUnless(platform.machine() == "x86_64", "the baseline compiler makes code for x86-64")
class CodeNames(CommandCase):
    def setUp(self):
        super().setUp()
        self.write("demo.wat", MODULE)

    def run_outer(self, *options, **more):
        """Runs the module and returns the process's id."""
        command = [WAXWING, BASELINE, *options, "--invoke", "outer", "demo.wat", "0"]
        with subprocess.Popen(command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, **more) as process:
            out, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, out, err), (0, "1\n", ""))
        return process.pid

    def test_a_map_names_functions_and_stubs(self):
        path = "/tmp/perf-%d.map" % self.run_outer("--perf=map")
        self.addCleanup(os.remove, path)
        with open(path) as file:
            lines = [re.fullmatch(r"([0-9a-f]+) ([0-9a-f]+) (.+)\n", line).groups() for line in file]
        parts = sorted((int(begin, 16), int(size, 16), name) for begin, size, name in lines)
        for (begin, size, name), after in zip(parts, parts[1:]):
            self.assertGreater(size, 0, name)
            self.assertLessEqual(begin + size, after[0], name)
        names = [name for _, _, name in parts]
        for name in ["inner", "outer", "spin", "fault", "builtin check_loop"]:
            self.assertIn("wasm[demo]::" + name, names)

    def test_a_map_grows_by_functions_that_are_called(self):
        path = "/tmp/perf-%d.map" % self.run_outer("--perf=map", "--compile=lazy")
        self.addCleanup(os.remove, path)
        with open(path) as file:
            names = [line.split(" ", 2)[2].strip() for line in file]
        for name in ["inner", "outer", "fault"]:
            self.assertEqual(names.count("wasm[demo]::" + name), 1)
        self.assertNotIn("wasm[demo]::spin", names)

    def test_a_jitdump_has_names_and_code(self):
        process = self.run_outer("--perf=jitdump", env={**os.environ, "JITDUMPDIR": self.folder})
        with open(self.path("jit-%d.dump" % process), "rb") as file:
            dump = file.read()
        header = struct.unpack_from("<6I2Q", dump)
        self.assertEqual(header[:6], (0x4A695444, 1, 40, 62, 0, process))
        place, last_time, records = 40, header[6], []
        while place < len(dump):
            kind, size, time = struct.unpack_from("<2IQ", dump, place)
            self.assertGreaterEqual(time, last_time)
            last_time = time
            records.append((kind, dump[place + 16:place + size]))
            place += size
        self.assertEqual(place, len(dump))
        self.assertEqual(records.pop(), (3, b""))
        names = {}
        for index, (kind, record) in enumerate(records):
            self.assertEqual(kind, 0)
            pid, _, address, code_address, size, number = struct.unpack_from("<2I4Q", record)
            self.assertEqual((pid, address, number), (process, code_address, index))
            name, code = record[40:].split(b"\0", 1)
            self.assertEqual(len(code), size)
            names[name.decode()] = code
        self.assertTrue(names["wasm[demo]::inner"].startswith(b"\x55\x48\x89\xe5"), names.keys())

    def test_an_unwritable_jitdump_is_told(self):
        self.expect([BASELINE, "--perf=jitdump", "--invoke", "outer", "demo.wat", "0"], code=126,
                    err="--perf: /nowhere/jit-", env={"JITDUMPDIR": "/nowhere"})

    def test_gdb_sees_guest_functions(self):
        for when in "eager", "lazy":
            with self.subTest(when):
                self.look_with_gdb("--compile=" + when)

    def look_with_gdb(self, option):
        if shutil.which("gdb") is None:
            self.skipTest("there is no gdb")
        done = subprocess.run(
            ["gdb", "-q", "-nx", "-batch", "-ex", "set debuginfod enabled off", "-ex", "run", "-ex", "backtrace 4",
             "-ex", "kill", "--args", WAXWING, BASELINE, option, "--debug-symbols=gdb", "--invoke", "outer",
             "demo.wat", "2"], cwd=self.folder, capture_output=True, text=True, timeout=120)
        if "ptrace" in done.stderr or "Operation not permitted" in done.stderr:
            self.skipTest("processes cannot be traced here")
        self.assertRegex(done.stdout, r"(?s)SIGSEGV.*wasm\[demo\]::inner.*wasm\[demo\]::outer.*"
                                      r"wasm\[demo\]::enter type")

    def perf(self, *arguments):
        return subprocess.run(["perf", *arguments], cwd=self.folder, capture_output=True, text=True, timeout=120,
                              env={**os.environ, "JITDUMPDIR": self.folder})

    def record(self, *options):
        """Samples of the function that spins, in perf.data, or skips."""
        if shutil.which("perf") is None:
            self.skipTest("there is no perf")
        sample = ["record", "-q", "-e", "cpu-clock", "-k", "CLOCK_MONOTONIC", "-g"]
        if self.perf(*sample, "-o", "nothing.data", "true").returncode != 0:
            self.skipTest("processes cannot be sampled here")
        done = self.perf(*sample, "-o", "perf.data", WAXWING, BASELINE, *options, "--invoke", "spin", "demo.wat",
                         "300000000")
        self.assertEqual(done.returncode, 0, done.stderr)

    def assert_samples(self, file):
        report = self.perf("report", "-i", file, "--stdio", "--no-children", "-g", "caller").stdout
        self.assertRegex(report, r"wasm\[demo\]::enter type \d+\s+wasm\[demo\]::spin")

    def test_perf_reads_the_map(self):
        before = set(glob.glob("/tmp/perf-*.map"))
        self.record("--perf=map")
        self.assert_samples("perf.data")
        for path in set(glob.glob("/tmp/perf-*.map")) - before:
            with open(path) as file:
                if "wasm[demo]::spin" in file.read():
                    os.remove(path)

    def test_perf_reads_the_jitdump(self):
        for when in "eager", "lazy":
            with self.subTest(when):
                self.record("--perf=jitdump", "--compile=" + when)
                done = self.perf("inject", "--jit", "-i", "perf.data", "-o", "jitted.data")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assert_samples("jitted.data")

    def test_usage(self):
        self.expect([BASELINE, "--perf=x", "demo.wat"], code=2, err="--perf: there is no 'x'")
        self.expect([BASELINE, "--debug-symbols=x", "demo.wat"], code=2, err="there is no 'x'")
        for option in ["--perf=map", "--debug-symbols=gdb"]:
            self.expect([option, "--engine=interpreter", "demo.wat"], code=2, err="leave --engine=interpreter out")


if __name__ == "__main__":
    unittest.main()
