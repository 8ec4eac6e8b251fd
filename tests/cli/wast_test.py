"""`waxwing wast`: what it prints, and when it fails."""
import json
import unittest

from command_case import CommandCase

ADD = b"""(module (func (export "add") (param i32 i32) (result i32)
  (i32.add (local.get 0) (local.get 1))))
"""


class Wast(CommandCase):
    def script(self, text, name="a.wast"):
        return self.write(name, text if isinstance(text, bytes) else text.encode())

    def failure(self, text, *args):
        """The one failure of a script, as (place, command, expected, found)."""
        done = self.run_waxwing("wast", "--json", *args, self.script(text))
        self.assertEqual(done.returncode, 1, done.stdout)
        report = json.loads(done.stdout)["scripts"][0]
        self.assertEqual(len(report["failures"]), 1, report)
        found = report["failures"][0]
        return (found["line"], found["column"]), found["command"], found["expected"], found["found"]


class Passing(Wast):
    def test_a_line_for_each_script_and_totals(self):
        first = self.script(ADD + b'(assert_return (invoke "add" (i32.const 1) (i32.const 2)) (i32.const 3))')
        second = self.script("(func)", "b.wast")
        self.expect(["wast", first, second],
                    out="ok    a.wast  1 assertion\nok    b.wast  0 assertions\n"
                        "2 scripts, 1 assertion: all passed\n")

    def test_failing_as_asserted_is_passing(self):
        name = self.script("""
            (module (memory (export "m") 1) (global (export "g") i64 (i64.const 7))
              (tag $e) (func (export "throw") (throw $e))
              (func $f (export "exhaust") (call $f))
              (func (export "trap") unreachable))
            (assert_trap (invoke "trap") "unreachable executed")
            (assert_exhaustion (invoke "exhaust") "call stack exhausted")
            (assert_exception (invoke "throw"))
            (assert_return (get "g") (i64.const 7))
            (assert_trap (module (func $f unreachable) (start $f)) "unreachable")
            (assert_malformed (module quote "(func (nope))") "unknown operator")
            (assert_malformed (module binary "\\00asm") "unexpected end")
            (assert_invalid (module (func (result i32))) "type mismatch")
            (assert_unlinkable (module (import "no" "such" (func))) "unknown import")""")
        self.expect(["wast", name], out="ok    a.wast  9 assertions\n"
                                        "1 script, 9 assertions: all passed\n")

    def test_failed_instantiation_leaves_its_writes(self):
        name = self.script("""
            (module $m (memory (export "m") 1)
              (func (export "load") (result i32) (i32.load8_u (i32.const 0))))
            (register "m" $m)
            (assert_trap (module (import "m" "m" (memory 1))
              (data (i32.const 0) "a") (data (i32.const 65536) "b")) "out of bounds memory access")
            (assert_return (invoke $m "load") (i32.const 97))""")
        self.expect(["wast", name], out=None)

    def test_definitions_and_instances(self):
        name = self.script("""
            (module definition $huge (memory 65536))
            (module definition $d (global $g (mut i32) (i32.const 0))
              (func (export "next") (result i32)
                (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g)))
            (module instance $a $d) (module instance $b $d)
            (assert_return (invoke $a "next") (i32.const 1))
            (assert_return (invoke $a "next") (i32.const 2))
            (assert_return (invoke $b "next") (i32.const 1))
            (assert_return (invoke "next") (i32.const 2))""")
        self.expect(["wast", name], out=None)

    def test_registering_again_replaces_everything(self):
        name = self.script("""
            (module $a (func (export "f")) (func (export "g"))) (register "m" $a)
            (module $b (func (export "f"))) (register "m" $b)
            (module (import "m" "f" (func)))
            (assert_unlinkable (module (import "m" "g" (func))) "unknown import")""")
        self.expect(["wast", name], out=None)

    def test_threads_share_memories_only(self):
        name = self.script("""
            (module $m (memory (export "m") 1 1 shared) (func (export "f")))
            (register "m" $m)
            (thread $t (shared (module $m))
              (assert_unlinkable (module (import "m" "m" (memory 1 1 shared))) "unknown import")
              (register "m" $m)
              (assert_unlinkable (module (import "m" "f" (func))) "unknown import")
              (module (import "m" "m" (memory 1 1 shared))
                (func (export "run") (i32.store (i32.const 4) (i32.const 42))))
              (assert_return (invoke "run")))
            (wait $t)
            (module (import "m" "m" (memory 1 1 shared))
              (func (export "load") (result i32) (i32.load (i32.const 4))))
            (assert_return (invoke "load") (i32.const 42))""")
        self.expect(["wast", name], out="ok    a.wast  4 assertions\n"
                                        "1 script, 4 assertions: all passed\n")

    def test_prints_are_shown_when_asked_for(self):
        name = self.script("""
            (module (import "spectest" "print_i32" (func $print (param i32)))
              (func $main (call $print (i32.const -5))) (start $main))""")
        totals = "ok    a.wast  0 assertions\n1 script, 0 assertions: all passed\n"
        self.expect(["wast", name], out=totals)
        self.expect(["wast", "--verbose", name], out="print_i32 -5\n" + totals)


class Failing(Wast):
    def test_tells_place_command_expected_and_found(self):
        name = self.script(ADD + b'\n  (assert_return (invoke "add" (i32.const 1) (i32.const 2)) (i32.const 4))')
        self.expect(["wast", name], code=1,
                    out='FAIL  a.wast  1 failure, 1 assertion\n'
                        '  a.wast:4:3: (assert_return (invoke "add" (i32.const 1) (i32.const 2)) (i32.const 4))\n'
                        '    expected: (i32.const 4)\n'
                        '    found:    (i32.const 3)\n'
                        '1 script, 1 assertion: 1 script failed, with 1 failure\n')

    def test_the_kind_of_failure_must_be_the_asserted_one(self):
        cases = [
            ('(assert_invalid (module quote "(func (nope))") "x")', "invalid", "malformed module"),
            ('(assert_malformed (module (func (result i32))) "x")', "malformed", "invalid module"),
            ('(assert_unlinkable (module (func $f unreachable) (start $f)) "x")', "imports", "unreachable"),
            ('(assert_trap (module (import "a" "b" (func))) "unreachable")', "a trap", "cannot link"),
            ('(assert_malformed (module) "x")', "malformed", "a valid module"),
            ('(assert_unlinkable (module) "x")', "imports", "it was instantiated"),
        ]
        for script, expected, found in cases:
            place, _, told_expected, told_found = self.failure(script)
            self.assertEqual(place, (1, 1))
            self.assertIn(expected, told_expected, script)
            self.assertIn(found, told_found, script)

    def test_the_trap_must_be_the_asserted_one(self):
        module = b'(module (func (export "f") unreachable) (func (export "g")))\n'
        for action, text, found in [("f", "integer overflow", "unreachable"), ("f", "", "unreachable"),
                                    ("f", "no such trap", "unreachable"), ("g", "unreachable", "returned")]:
            script = module + ('(assert_trap (invoke "%s") "%s")' % (action, text)).encode()
            self.assertIn(found, self.failure(script)[3])
        self.assertIn("unreachable", self.failure(module + b'(assert_exhaustion (invoke "f") "x")')[3])
        self.assertIn("unreachable", self.failure(module + b'(assert_exception (invoke "f"))')[3])
        self.assertIn("unreachable", self.failure(module + b'(assert_return (invoke "f"))')[3])

    def test_what_does_not_exist(self):
        module = b'(module (func (export "f")) (global (export "g") i32 (i32.const 0)))\n'
        for command, found in [('(invoke "x")', "exports no"), ('(invoke $m "f")', "no module is called $m"),
                               ('(get "f")', "not a global"), ('(invoke "g")', "not a function"),
                               ('(invoke "f" (i32.const 0))', "0 arguments"), ('(wait $t)', "no thread"),
                               ('(register "r" $m)', "no module is called"),
                               ('(module instance $i $x)', "no valid $x")]:
            self.assertIn(found, self.failure(module + command.encode())[3], command)

    def test_unsupported_commands_fail(self):
        found = self.failure('(module (func (export "f")))(assert_suspension (invoke "f") "unhandled tag")')
        self.assertIn("not supported", found[3])

    def test_failures_of_threads_are_told(self):
        found = self.failure('(thread $t\n (assert_invalid (module) "x"))(wait $t)')
        self.assertEqual(found[:2], ((2, 2), "assert_invalid"))

    def test_threads_that_nobody_waits_for_count_too(self):
        self.assertEqual(self.failure('(thread $t\n (assert_invalid (module) "x"))')[0], (2, 2))

    def test_many_failures_are_cut_unless_verbose(self):
        name = self.script('(assert_invalid (module) "x")\n' * 12)
        done = self.run_waxwing("wast", name)
        self.assertIn(b"and 2 more; --verbose shows them", done.stdout)
        done = self.run_waxwing("wast", "-v", name)
        self.assertEqual(done.stdout.count(b"expected:"), 12)

    def test_scripts_that_cannot_be_read(self):
        name = self.script("(module)\n(assert_what)")
        done = self.expect(["wast", name, "absent.wast"], code=1)
        out = done.stdout.decode()
        self.assertIn("a.wast:2:2: ", out)
        self.assertIn("absent.wast", out)
        self.assertIn("2 scripts failed", out)

    def test_a_script_that_hangs_is_stopped(self):
        name = self.script('(module (func (export "f") (loop (br 0))))\n(invoke "f")\n(invoke "f")')
        done = self.expect(["wast", "--timeout", "50ms", name], code=1)
        self.assertIn("stopped by --timeout at line 2", done.stdout.decode())

    def test_threads_that_hang_are_stopped(self):
        name = self.script("""
            (thread $t (module (func (export "f") (loop (br 0)))) (invoke "f"))
            (thread $u (module (memory 1 1 shared) (func (export "f")
              (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))) (invoke "f"))
            (wait $t) (wait $u)""")
        done = self.expect(["wast", "--timeout", "50ms", name], code=1)
        self.assertIn("stopped by --timeout", done.stdout.decode())


class Json(Wast):
    def test_totals_and_scripts(self):
        good = self.script("(func)", "b.wast")
        bad = self.script('(module)(assert_invalid (module) "x")')
        done = self.expect(["wast", "--json", good, bad], code=1)
        report = json.loads(done.stdout)
        self.assertEqual(report["totals"], {"scripts": 2, "failed_scripts": 1, "commands": 3,
                                            "assertions": 1, "failures": 1})
        self.assertEqual([script["passed"] for script in report["scripts"]], [True, False])
        self.assertEqual(report["scripts"][1]["failures"][0]["expected"], "an invalid module: x")


class Options(Wast):
    def test_features(self):
        name = self.script("""(module (func (export "f") (result i64 i64)
            (i64.add128 (i64.const -1) (i64.const 0) (i64.const 1) (i64.const 0))))
            (assert_return (invoke "f") (i64.const 0) (i64.const 1))""")
        self.expect(["wast", name], code=1)
        self.expect(["wast", "--enable", "wide-arithmetic", name])
        self.expect(["wast", "--enable=all", name])

    def test_engines_are_listed(self):
        name = self.script("(func)")
        self.expect(["wast", "--engine", "interpreter", name])
        self.expect(["wast", "--engine=jit", name], code=2, err=["unknown engine 'jit'", "interpreter"])
        self.expect(["run", "--engine=jit", name], code=2, err=["unknown engine 'jit'", "interpreter"])
        self.expect(["wast", "--engine=baseline", "--compile-threads=3", name])
        for threads in "0", "1025", "-1", "two", "2x":
            self.expect(["wast", f"--compile-threads={threads}", name], code=2,
                        err=[f"'{threads}' is no number of threads", "1 to 1024"])

    def test_functions_are_compiled_when_they_are_called(self):
        name = self.script('(module (func $g (result i32) (i32.const 7)) (func (export "f") (result i32) (call $g)))'
                           '(assert_return (invoke "f") (i32.const 7)) (assert_return (invoke "f") (i32.const 7))')
        for when in "eager", "lazy":
            self.expect(["wast", "--engine=baseline", f"--compile={when}", name])
        self.expect(["wast", "--compile=never", name], code=2, err=["'never' is no time for it", "eager or lazy"])

    def test_options_for_tests_are_not_in_help(self):
        for command in ["wast", "run"]:
            out = self.expect(["help", command]).stdout.decode()
            self.assertNotIn("gc-stress", out)
            self.assertNotRegex(out, r"\n +\n")

    def test_usage(self):
        self.expect(["wast"], code=2, err="no script to run")
        self.expect(["wast", "--timeout", "0", self.script("(func)")], code=2, err="--timeout")


if __name__ == "__main__":
    unittest.main()
