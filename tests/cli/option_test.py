"""The options of `waxwing run`, and what is behind the module."""
import os
import resource
import unittest

from command_case import CommandCase, module

SHOW = module("show")


class Arguments(CommandCase):
    def test_the_program_is_called_by_its_base_name(self):
        self.expect([SHOW], out="show.wasm\n.\n")

    def test_all_behind_the_module_is_the_programs(self):
        args = ["--dir", ".", "--", "-", "--env=A=B", "x y", ""]
        self.expect([SHOW, *args], out="\n".join(["show.wasm", *args]) + "\n.\n")
        self.expect(["run", SHOW, *args], out="\n".join(["show.wasm", *args]) + "\n.\n")

    def test_a_double_dash_ends_our_options(self):
        self.expect(["run", "--", SHOW, "a"], out="show.wasm\na\n.\n")


class Environment(CommandCase):
    def test_nothing_is_passed_on_unasked(self):
        self.expect([SHOW], env={"SECRET": "1"}, out="show.wasm\n.\n")

    def test_named_variables(self):
        self.expect(["--env", "A=1", "--env=B=x=y", "--env", "C=", SHOW], env={},
                    out="show.wasm\n.\nA=1\nB=x=y\nC=\n")

    def test_a_name_alone_takes_the_value_of_this_process(self):
        self.expect(["--env", "A", "--env", "NONE", SHOW], env={"A": "here", "B": "2"},
                    out="show.wasm\n.\nA=here\n")

    def test_inheriting_lets_named_ones_win(self):
        self.expect(["--env", "A=new", "--env-inherit", SHOW], env={"A": "old", "B": "2"},
                    out="show.wasm\n.\nB=2\nA=new\n")

    def test_the_last_of_a_name_counts(self):
        self.expect(["--env", "A=1", "--env", "A=2", SHOW], env={}, out="show.wasm\n.\nA=2\n")

    def test_a_variable_needs_a_name(self):
        for value in ["=1", ""]:
            self.expect(["--env", value, SHOW], code=2, err="--env: '%s' names no variable" % value)


class Deterministic(CommandCase):
    def test_every_run_is_the_same(self):
        for engine in ["interp", "baseline"]:
            for name, what in [("realtime", 1640995200000000000), ("monotonic", 1000000), ("nan", 0x7fc00000),
                               ("random", (0xbdd732262feb6e95 ^ 1 << 63) - (1 << 63))]:
                self.expect(["--engine", engine, "--deterministic", "--invoke", name, module("world")], out=f"{what}\n")

    def test_no_run_is_unless_asked(self):
        runs = [self.expect(["--invoke", "random", module("world")]).stdout for _ in range(2)]
        self.assertNotEqual(runs[0], runs[1])


class Directory(CommandCase):
    def test_the_guest_sees_the_hosts_name(self):
        os.mkdir(self.path("data"))
        self.expect(["--dir", "data", module("preopen")], out="data")
        self.expect(["--dir", ".", module("preopen")], out=".")
        self.expect(["--dir", "data:ro", module("preopen")], out="data")

    def test_the_guest_sees_the_name_that_it_is_given(self):
        self.expect(["--dir", ".::/in", module("preopen")], out="/in")
        self.expect(["--dir", ".::/in:ro", module("preopen")], out="/in")

    def test_the_guest_can_write(self):
        self.expect(["--dir", ".::/", module("create")])
        self.assertTrue(os.path.exists(self.path("made")))

    def test_read_only_is_that(self):
        rofs = 69
        self.expect(["--dir", ".::/:ro", module("create")], code=rofs)
        self.assertFalse(os.path.exists(self.path("made")))

    def test_an_overlay_keeps_what_the_guest_makes_to_itself(self):
        nospc = 51
        self.expect(["--overlay", ".::/", module("create")])
        self.expect(["--overlay", ".", module("preopen")], out=".")
        self.expect(["--overlay", ".::/:1K", module("create")], code=nospc)
        self.expect(["--overlay", "none::/", module("create")], code=127, err="none")
        self.expect(["--overlay", "::/", module("create")], code=2, err="names no directory")
        self.assertFalse(os.path.exists(self.path("made")))

    def test_names_can_be_counted(self):
        dquot = 19
        self.expect(["--dir", ".::/", "--max-entries", "0", module("create")], code=dquot)
        self.assertFalse(os.path.exists(self.path("made")))
        self.expect(["--dir", ".::/", "--max-entries=1", module("create")])
        self.expect(["--max-entries", "some", module("create")], code=2, err="is no number")

    def test_no_directory_is_given_unasked(self):
        badf = 8
        self.expect([module("create")], code=badf)

    def test_a_directory_that_is_not_there(self):
        self.expect(["--dir", "none::/", module("create")], code=127, err="none")

    def test_a_file_is_no_directory(self):
        self.write("file", b"")
        self.expect(["--dir", "file", module("create")], code=126, err="file")

    def test_a_limit_of_sizes_of_files_is_the_guests(self):
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2, 2))
        with open(self.path("out"), "wb") as out:
            done = self.run_waxwing("--no-cache", module("hello"), stdout=out, preexec_fn=limit)
        self.assertGreaterEqual(done.returncode, 0, "no signal has ended it")

    def test_without_wasi_they_have_no_effect_which_is_told(self):
        os.mkdir(self.path("data"))
        add = ["--invoke", "add", module("math"), "1", "2"]
        self.expect(["--listen", "127.0.0.1:0", *add], out="3\n",
                    err="waxwing: warning: --listen: no effect, since no module uses WASI")
        self.expect(["--dir", "data", "--overlay", "data", "--tmpfs", "/tmp", "--stdin", "-", *add], out="3\n",
                    err="--dir, --overlay, --tmpfs, --stdin: no effect")
        self.expect(["--overlay", "data", *add], out="3\n", err="warning: --overlay: no effect")
        self.expect(["--env", "A=1", *add], out="3\n")

    def test_an_empty_name(self):
        for value in ["::/", "a::", ""]:
            self.expect(["--dir", value, SHOW], code=2, err="--dir: '%s' names no directory" % value)


class Invoke(CommandCase):
    def test_results_are_printed_a_line_each(self):
        for call, out in [
                (["add", "1", "2"], "3\n"), (["add", "-1", "0xffffffff"], "-2\n"),
                (["square", "-4000000000"], "16000000000000000000\n"),
                (["half", "3"], "1.5\n"), (["negate", "1.5"], "-1.5\n"),
                (["negate", "inf"], "-inf\n"), (["swap", "1", "2"], "2\n1\n"),
                (["nothing"], ""), (["same_func", "null"], "null\n")]:
            if call[0] == "square":
                out = str(16000000000000000000 - 2**64) + "\n"
            self.expect(["--invoke", call[0], module("math"), *call[1:]], out=out)

    def test_vectors_go_in_and_out(self):
        done = self.expect(["--invoke", "lanes", module("math"), "1,2,3,4"])
        self.assertEqual([int(lane, 0) for lane in done.stdout.split()], [2, 3, 4, 5])

    def test_a_reactor_is_initialized_first(self):
        self.expect(["--invoke", "answer", module("reactor")], out="42\n")

    def test_a_command_is_not_started(self):
        self.expect(["--invoke", "seven", module("silent_start")], out="7\n")

    def test_too_few_arguments(self):
        self.expect(["--invoke", "add", module("math"), "1"], code=2,
                    err=["1 arguments are given, 2 are needed", "add (param i32 i32) (result i32)"])

    def test_an_argument_that_is_no_number(self):
        self.expect(["--invoke", "add", module("math"), "1", "two"], code=2,
                    err=["--invoke add: argument 2: ", "two"])

    def test_a_number_out_of_range(self):
        self.expect(["--invoke", "add", module("math"), "1", "4294967296"], code=2,
                    err="argument 2")

    def test_a_name_that_is_not_exported(self):
        self.expect(["--invoke", "ad", module("math")], code=2,
                    err=['no exported function "ad"', "did you mean add?", "it exports add (param"])

    def test_an_export_that_is_no_function(self):
        self.expect(["--invoke", "memory", module("math")], code=2,
                    err='the export "memory" is not a function')

    def test_a_module_without_a_start_tells_what_it_exports(self):
        self.expect([module("math")], code=2, err=[
            "there is nothing to run: no function _start", "--invoke FUNC",
            "add (param i32 i32) (result i32), square (param i64) (result i64)"])

    def test_a_start_function_is_enough(self):
        self.expect([module("started")], out="started\n")


class Preload(CommandCase):
    def test_exports_are_imports(self):
        self.expect(["--preload", "host=" + module("reactor"), "--invoke", "twice",
                     module("caller")], out="84\n")

    def test_several_in_order(self):
        self.expect(["--preload", "host=" + module("reactor"), "--preload",
                     "other=" + module("caller"), module("hello")], out="hello\n")

    def test_a_preload_that_fails_is_named(self):
        self.expect(["--preload", "host=none.wasm", module("caller")], code=127,
                    err="waxwing: none.wasm: no such file")
        self.expect(["--preload", "a=" + module("caller"), module("hello")], code=126,
                    err="waxwing: " + module("caller") + ": cannot link")

    def test_a_name_needs_a_file(self):
        for value in ["host", "host="]:
            self.expect(["--preload", value, SHOW], code=2, err="write NAME=FILE")


class Limits(CommandCase):
    def test_memory_grows_up_to_the_limit(self):
        self.expect(["--max-memory", "16M", "--invoke", "pages", module("memory")], out="256\n")
        self.expect(["--max-memory", "16777216", "--invoke", "pages", module("memory")], out="256\n")
        self.expect(["--max-memory", "0.015625GiB", "--invoke", "pages", module("memory")],
                    out="256\n")

    def test_a_memory_that_starts_too_large(self):
        self.expect(["--max-memory", "1M", "--invoke", "pages", module("memory")], code=126,
                    err=["resource limit exceeded", "hint: --max-memory"])

    def test_the_stack(self):
        call = ["--invoke", "depth", module("traps"), "10000"]
        self.expect(call, out="10000\n")
        self.expect(["--max-stack", "64K", *call], code=134,
                    err=["call stack exhausted", "--max-stack"])
        self.expect(["--max-stack", "256M", *call[:-1], "1000000"], out="1000000\n")

    def test_sizes_and_times_that_mean_nothing(self):
        for value in ["", "x", "5X", "-1M", "0", "1e30", "99999999999T", "1M2"]:
            self.expect(["--max-memory", value, SHOW], code=2, err="'%s' is no size" % value)
        for value in ["", "5", "-1s", "0s", "s", "1y", "nan s", "1s2", "99999999999h"]:
            self.expect(["--timeout", value, SHOW], code=2, err="'%s' is no duration" % value)


class Features(CommandCase):
    def test_a_feature_that_is_off(self):
        call = ["--invoke", "first", module("vectors"), "5,6,7,8"]
        self.expect(call, out="5\n")
        self.expect(["--disable", "simd", *call], code=126,
                    err=["feature is switched off", "hint: --enable NAME"])
        self.expect(["--disable", "simd", "--enable", "simd", *call], code=126, err="switched off")

    def test_a_feature_that_is_not_there(self):
        self.expect(["--enable", "sind", SHOW], code=2,
                    err=["unknown feature 'sind'", "did you mean simd?"])
        self.expect(["--disable", "everything-at-all", SHOW], code=2, err="waxwing features lists")


if __name__ == "__main__":
    unittest.main()
