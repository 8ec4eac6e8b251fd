"""--trace: calls as they begin and end, in the manner of strace."""
import subprocess
import unittest

from command_case import CommandCase, module, WAXWING

ENGINES = [["--engine=interp"], ["--engine=auto"], ["--engine=auto", "--compile=lazy"]]

CALLS = b"""(module
  (import "env" "scale" (func $scale (param i32) (result i32)))
  (import "env" "other" (func $other))
  (func $fib (export "fib") (param i32) (result i32)
    (if (i32.lt_u (local.get 0) (i32.const 2)) (then (return (local.get 0))))
    (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
             (call $fib (i32.sub (local.get 0) (i32.const 2)))))
  (func $pair (export "pair") (param f64 i64) (result i64 f64) (local.get 1) (local.get 0))
  (func (export "unnamed") (call $trap))
  (func $trap (unreachable))
  (func $sum (export "sum") (param i32 i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
    (return_call $sum (i32.sub (local.get 0) (i32.const 1)) (i32.const 7)))
  (func (export "scaled") (result i32) (call $other) (call $scale (i32.const 4))))"""
ENV = b"""(module (func (export "scale") (param i32) (result i32) (local.get 0)) (func (export "other")))"""


class Trace(CommandCase):
    def setUp(self):
        super().setUp()
        self.write("calls.wat", CALLS)
        self.write("env.wat", ENV)

    def trace(self, scopes, *args, code=0, **options):
        """The lines on standard error, in all engines the same; of what is no trace, none."""
        traces = []
        for engine in ENGINES:
            done = self.run_waxwing("--trace=" + scopes, "--no-cache", *engine, *args, **options)
            self.assertEqual(done.returncode, code, done.stderr.decode())
            traces.append(done.stderr.decode().splitlines())
        self.assertEqual(traces[0], traces[1])
        self.assertEqual(traces[0], traces[2])
        return traces[0]

    def calls(self, *args, **options):
        return self.trace("calls", "--preload", "env=env.wat", "--invoke", args[0], "calls.wat", *args[1:], **options)

    def test_calls_are_indented_by_depth(self):
        self.assertEqual(self.calls("fib", "2"), ["-> calls.fib(2)", "  -> calls.fib(1)", "  <- calls.fib = 1",
                                                  "  -> calls.fib(0)", "  <- calls.fib = 0", "<- calls.fib = 1"])
        self.assertEqual(self.calls("pair", "1.5", "-3"), ["-> calls.pair(1.5, -3)", "<- calls.pair = (-3, 1.5)"])
        self.assertEqual(self.calls("scaled"), ["-> calls.scaled()", "  -> env.other()", "  <- env.other",
                                                "  -> env.scale(4)", "  <- env.scale = 4", "<- calls.scaled = 4"])

    def test_lines_of_deep_recursion_stay_short(self):
        self.write("deep.wat", b"""(module (func $down (export "down") (param i32)
          (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1)))))))""")
        lines = self.trace("calls", "--invoke", "down", "deep.wat", "1000")
        self.assertEqual(len(lines), 2 * 1001)
        self.assertEqual(lines[64], 64 * "  " + "-> down(936)")
        self.assertEqual(lines[1000], 64 * "  " + "-> down(0)")
        self.assertEqual(lines[-1], "<- down")

    def test_tail_calls_and_traps_are_ends(self):
        self.assertEqual(self.calls("sum", "1", "2"), ["-> calls.sum(1, 2)", "<- calls.sum: tail call",
                                                       "-> calls.sum(0, 7)", "<- calls.sum = 7"])
        lines = self.calls("unnamed", code=134)
        self.assertEqual(lines[:4], ["-> calls.unnamed()", "  -> calls.trap()", "  !! calls.trap: unreachable",
                                     "!! calls.unnamed: unreachable"])

    def test_a_program_shows_what_it_asks_of_the_system(self):
        self.assertEqual(self.trace("wasi", module("hello")),
                         ['[wasi] fd_write(fd=1, iovs=[{ptr=0x8,len=6,"hello\\n"}]) = 0 (success) nwritten=6'])
        self.assertEqual(self.trace("wasi,calls", module("hello")),
                         ["-> _start()", '  [wasi] fd_write(fd=1, iovs=[{ptr=0x8,len=6,"hello\\n"}]) = 0 (success) nwritten=6',
                          "<- _start"])
        lines = self.trace("wasi", module("exit"), "3", code=3)
        self.assertEqual(lines[-1], "[wasi] proc_exit(rval=3) = ?")

    def test_calls_of_host_functions_are_chosen_by_pattern(self):
        hello = "[host] wasi_snapshot_preview1.fd_write(1, 0, 1, 32) = 0"
        self.assertEqual(self.trace("host:*", module("hello")), [hello])
        self.assertEqual(self.trace("host:wasi_*.fd_?rite", module("hello")), [hello])
        self.assertEqual(self.trace("host:env.*", module("hello")), [])
        self.assertEqual(self.trace("wasi,host:*", module("hello"))[0][:6], "[wasi]")

    def test_paths_flags_and_errors_are_in_words(self):
        self.write("files.wat", b"""(module
          (import "wasi_snapshot_preview1" "path_open"
            (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_seek" (func $seek (param i32 i64 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
          (memory (export "memory") 1)
          (data (i32.const 16) "no/\\"such\\n")
          (data (i32.const 0) "\\80\\00\\00\\00\\05\\00\\00\\00\\ff\\ff\\ff\\ff\\02\\00\\00\\00")
          (func (export "_start")
            (drop (call $open (i32.const 3) (i32.const 1) (i32.const 16) (i32.const 9) (i32.const 5)
              (i64.const 66) (i64.const 0) (i32.const 1) (i32.const 64)))
            (drop (call $close (i32.const 99)))
            (drop (call $seek (i32.const 0) (i64.const -1) (i32.const 2) (i32.const 64)))
            (drop (call $time (i32.const 9) (i64.const 1) (i32.const 64)))
            (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 64)))
            (drop (call $read (i32.const 0) (i32.const -8) (i32.const 2) (i32.const 64)))
            (drop (call $open (i32.const 3) (i32.const 0) (i32.const -1) (i32.const -1) (i32.const 16)
              (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 64)))))""")
        lines = self.trace("wasi", "--dir", ".", "files.wat", stdin=b"abc")
        self.assertEqual(lines[0], '[wasi] path_open(fd=3, dirflags=symlink_follow, path="no/\\"such\\n", oflags=creat|excl, '
                                   'base=0x42, inheriting=0x0, fdflags=append) = 44 (noent)')
        self.assertEqual(lines[1], "[wasi] fd_close(fd=99) = 8 (badf)")
        self.assertEqual(lines[2], "[wasi] fd_seek(fd=0, offset=-1, whence=end) = 70 (spipe)")
        self.assertEqual(lines[3], "[wasi] clock_time_get(id=9, precision=1) = 28 (inval)")
        self.assertEqual(lines[4], "[wasi] fd_read(fd=0, iovs=[{ptr=0x80,len=5}]) = 0 (success) nread=3")
        self.assertEqual(lines[5], "[wasi] fd_read(fd=0, iovs=[out of bounds: 0xfffffff8]) = 21 (fault)")
        self.assertTrue(lines[6].startswith("[wasi] path_open(fd=3, dirflags=0, path={ptr=0xffffffff,len=4294967295}, "
                                            "oflags=0x10, "), lines[6])

    def test_a_wait_says_for_what(self):
        self.write("waits.wat", b"""(module
          (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (data (i32.const 0) "\\2a") (data (i32.const 16) "\\01") (data (i32.const 24) "\\e8\\03")
          (func (export "_start") (drop (call $poll (i32.const 0) (i32.const 256) (i32.const 1) (i32.const 512)))))""")
        self.assertEqual(self.trace("wasi", "waits.wat"),
                         ["[wasi] poll_oneoff(in=[{userdata=0x2a,clock=monotonic,timeout=1000}], out=0x100, nsubscriptions=1)"
                          " = 0 (success) nevents=1 [{userdata=0x2a,clock}]"])

    def test_a_call_that_waits_is_seen_waiting(self):
        self.write("reads.wat", b"""(module
          (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1) (data (i32.const 0) "\\80\\00\\00\\00\\05\\00\\00\\00")
          (func (export "_start") (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 64)))))""")
        process = subprocess.Popen([WAXWING, "--trace=wasi", "--no-cache", "reads.wat"], cwd=self.folder,
                                   stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        begun = "[wasi] fd_read(fd=0, iovs=[{ptr=0x80,len=5}])"
        self.assertEqual(process.stderr.read(len(begun)).decode(), begun)
        self.assertIsNone(process.poll())
        _, rest = process.communicate(b"xy", timeout=60)
        self.assertEqual(rest.decode(), " = 0 (success) nread=2\n")
        self.assertEqual(process.returncode, 0)

    def test_what_cannot_be_traced_is_refused(self):
        for scopes in ["all", ",", "wasi,", "host:", "calls,x"]:
            self.expect(["--trace=" + scopes, module("hello")], code=2, err=["is no scope", "wasi, calls, host:PATTERN"])

    def test_what_was_cached_is_traced_too(self):
        cache = ["--cache-dir", self.path("cache")]
        for _ in range(2):
            done = self.expect([*cache, "--trace=wasi", module("hello")], out="hello\n", err="fd_write")
            done = self.expect([*cache, "--trace=calls", module("hello")], out="hello\n", err="-> _start()")
            self.expect([*cache, module("hello")], out="hello\n")


if __name__ == "__main__":
    unittest.main()
