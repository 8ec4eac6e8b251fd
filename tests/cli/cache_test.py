"""The compilation cache of `waxwing run` and `waxwing compile`: where it is, what it does, and that it never fails a run."""
import fcntl
import os
import subprocess
import time
import unittest

from cache_case import CacheCase, can_trace
from command_case import WAXWING, module

MISS = "miss: "
HIT = "hit in "
ENGINES = ["auto", "interp"]


class Place(CacheCase):
    def expect_cache_in(self, folder, env):
        self.run_module(self.module(1), 1, env=env)
        self.assertTrue(os.path.isdir(os.path.join(folder, "waxwing-0.1.0-" + self.target())),
                        os.listdir(os.path.dirname(folder)))
        self.expect(["cache", "path"], env=env, out=folder + "\n")

    def target(self):
        return self.json("path")["generation"].split("-", 1)[1]

    def test_the_users_own_directory(self):
        self.expect_cache_in(self.path(".cache/waxwing"), {"HOME": self.folder})

    def test_the_directory_for_caches(self):
        self.expect_cache_in(self.path("xdg/waxwing"),
                             {"HOME": self.folder, "XDG_CACHE_HOME": self.path("xdg")})

    def test_a_relative_directory_for_caches_does_not_count(self):
        self.expect_cache_in(self.path(".cache/waxwing"), {"HOME": self.folder, "XDG_CACHE_HOME": "xdg"})

    def test_our_variable_wins(self):
        self.expect_cache_in(self.path("own"), {"HOME": self.folder, "WAXWING_CACHE_DIR": self.path("own")})

    def test_it_is_the_users_alone(self):
        self.expect_cache_in(self.path(".cache/waxwing"), {"HOME": self.folder})
        self.assertEqual(os.stat(self.path(".cache/waxwing")).st_mode & 0o777, 0o700)

    def test_the_option_wins_over_all_in_each_spelling(self):
        name = self.module(1)
        spellings = [["--cache-dir", "one"], ["--cache-dir=two"], ["-cachedir", "three"], ["-cachedir=four"]]
        for options, folder in zip(spellings, ["one", "two", "three", "four"]):
            self.run_module(name, 1, *options)
            self.run_module(name, 1, "--env", "A=B", *options, "--cache-require-hit")
            self.assertTrue(os.path.isdir(self.path(folder)))
            self.expect(["cache", "path", *options], out=self.path(folder) + "\n")
        self.assertFalse(os.path.exists(self.cache))

    def test_wazeros_spelling_behind_the_module_is_the_programs(self):
        self.expect([module("show"), "-cachedir", "x"], env={}, out="show.wasm\n-cachedir\nx\n.\n")

    def test_nowhere(self):
        name = self.module(1)
        for env, why in [({}, "HOME names no directory"), ({"HOME": "home"}, "HOME names no directory"),
                         ({"HOME": self.folder, "WAXWING_CACHE_DIR": ""}, "WAXWING_CACHE_DIR is empty")]:
            self.run_module(name, 1, env=env)
            self.run_module(name, 1, "--explain-cache", env=env,
                            err="waxwing: cache: a.wasm: there is none: " + why)
            self.expect(["cache", "stats"], env=env, code=126, err="there is no cache: " + why)
            self.expect(["compile", name], env=env, code=126, err="there is no cache to compile into: " + why)
        self.run_module(name, 1, "--no-cache", "--explain-cache", err="there is none: it is switched off")
        self.assertEqual(sorted(os.listdir(self.folder)), ["a.wasm"])

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_root_leaves_the_homes_of_others_alone(self):
        os.chown(self.folder, 1234, 1234)
        self.run_module(self.module(1), 1, "--explain-cache", env={"HOME": self.folder},
                        err="there is none: HOME is another user's")
        self.assertFalse(os.path.exists(self.path(".cache")))

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_root_makes_no_directory_in_what_is_anothers(self):
        name = self.module(1)
        os.makedirs(self.path("bob/.cache"))
        os.mkdir(self.path("root"))
        os.mkdir(self.path("root/.cache"))
        os.chown(self.path("root/.cache"), 1234, 1234)
        os.chown(self.path("bob"), 1234, 1234)
        for env, why in [({"XDG_CACHE_HOME": self.path("bob/xdg/caches")}, "XDG_CACHE_HOME is another user's"),
                         ({"HOME": self.path("bob")}, "HOME is another user's"),
                         ({"HOME": self.path("root")}, "HOME is another user's")]:
            self.run_module(name, 1, "--explain-cache", env=env, err="there is none: " + why)
        self.assertEqual((os.listdir(self.path("bob")), os.listdir(self.path("root/.cache"))), ([".cache"], []))

    def test_a_home_that_does_not_exist_is_none(self):
        self.run_module(self.module(1), 1, "--explain-cache", env={"HOME": self.path("none")},
                        err="there is none: HOME names no directory")
        self.assertFalse(os.path.exists(self.path("none")))

    def test_a_file_is_no_directory(self):
        name = self.module(1)
        self.write("file", b"")
        for option in ["--cache-dir", "-cachedir"]:
            self.expect(["run", option, "file", name], code=2,
                        err="waxwing: --cache-dir: " + self.path("file") + " is not a directory")
        self.run_module(name, 1, env={"WAXWING_CACHE_DIR": "file"})

    def test_what_was_asked_for_and_cannot_be_is_told(self):
        name = self.module(1)
        self.run_module(name, 1, "--cache-dir", "/proc/none", err=["warning: --cache-dir: ", "going on without it"])
        self.run_module(name, 1, env={"WAXWING_CACHE_DIR": "/proc/none"})

    def test_a_hit_is_needed_and_there_is_no_cache(self):
        name = self.module(1)
        self.expect(["run", "--cache-require-hit", name], env={}, code=126,
                    err="--cache-require-hit: nothing may be compiled, and there is no cache: HOME")


class Usage(CacheCase):
    def test_options_that_exclude_each_other(self):
        for options in [["--no-cache", "--cache-dir", "x"], ["--no-cache", "--cache-require-hit"],
                        ["--cache-refresh", "--cache-require-hit"], ["--cache-refresh", "--cache-read-only"],
                        ["--cache-dir", ""], ["--cache-verify", "nothing"], ["--cache-size", "much"],
                        ["--cache-remote-timeout", "soon"], ["--cache-remote", "ftp://x/"]]:
            self.expect(["run", *options, "a.wasm"], code=2, err="waxwing: ")

    def test_compile(self):
        self.expect(["compile"], code=2, err="no module to compile")
        self.expect(["compile", "--compile=lazy", "a.wasm"], code=2, err="--compile=lazy")
        self.expect(["compile", "--target", "aarch64-linux", "a.wasm"], code=2,
                    err="there is no compiler for 'aarch64-linux'")
        self.expect(["compile", "--target", "x86_64-linux:avx99", "a.wasm"], code=2, err="x86_64-linux:avx99")
        self.expect(["compile", "-o", "", "a.wasm"], code=2, err="names no file")

    def test_options_without_an_effect(self):
        for option in [["--cache-dir", "x"], ["--cache-size", "1M"], ["--cache-read-only"], ["--cache-require-hit"],
                       ["--cache-refresh"], ["--cache-verify", "metadata"], ["--cache-remote", "http://host/"],
                       ["--cache-remote-read-only"], ["--cache-remote-timeout", "1s"], ["--explain-cache"]]:
            self.expect(["compile", *option, "-o", "a.wxm", "a.wasm"], code=2,
                        err=option[0] + ": --output writes a file, and leaves the cache alone")
        self.expect(["compile", "--no-cache", "-o", "a.wxm", self.module(1)])
        self.expect(["wast", "--cache-remote", "http://host/", "a.wast"], code=2, err="--cache-remote: scripts have no cache")
        self.expect(["wast", "--through-artefacts", "--cache-dir", "x", "--cache-require-hit", "a.wast"], code=2,
                    err="--through-artefacts compiles each module")

    def test_a_bad_variable_of_a_server_stops_nothing(self):
        name = self.module(1)
        for variables in [{"WAXWING_CACHE_REMOTE": "ftp://user:word@host/"},
                          {"WAXWING_CACHE_REMOTE_HEADER": "no header", "WAXWING_CACHE_REMOTE": "http://127.0.0.1:1/"}]:
            done = self.run_module(name, 1, env=self.env | variables,
                                   err=["warning: %s: " % list(variables)[0], "going on without a remote store"])
            self.assertNotIn(b"word", done.stderr)
        self.run_module(name, 1, "--cache-require-hit", "--explain-cache", err=HIT)

    def test_help_fits_a_terminal(self):
        for topic in ["run", "compile", "wast", "cache", "cache stats", "cache ls", "cache verify", "cache prune",
                      "cache clear", "cache warm", "cache path"]:
            text = self.expect(["help", *topic.split()]).stdout.decode()
            self.assertEqual(self.expect([*topic.split(), "--help"]).stdout.decode(), text)
            self.assertTrue(text.startswith("usage: waxwing "), text)
            for line in text.splitlines():
                self.assertLessEqual(len(line), 100, line)


class Hits(CacheCase):
    def test_the_second_run_hits(self):
        for engine in ENGINES:
            name = self.module(7, name=engine + ".wasm")
            options = ["--engine", engine, "--explain-cache"]
            self.run_module(name, 7, *options, err=[name + ": miss: ", "; compiled in ", " kept (" + self.cache])
            self.run_module(name, 7, *options, err="waxwing: cache: %s: hit in " % name)
            self.run_module(name, 7, *options, "--cache-verify", "metadata", err=HIT)
            self.run_module(name, 7, "--engine", engine, "--cache-require-hit")

    def test_each_kind_of_machine_code_has_its_own(self):
        name = self.module(3)
        kinds = [[], ["--codegen", "explicit-bounds"], ["--codegen", "sse4.1"], ["--codegen", "counters"],
                 ["--codegen", "registers=4"], ["--engine", "interp"], ["--disable", "simd"]]
        for kind in kinds:
            self.run_module(name, 3, *kind, "--explain-cache", err=MISS)
            self.run_module(name, 3, *kind, "--explain-cache", err=HIT)
        self.run_module(name, 3, "--compile-threads", "2", "--explain-cache", err=HIT)
        self.assertEqual(len(self.entries()), len(kinds))

    def test_a_miss_says_what_differs(self):
        name = self.module(3)
        self.run_module(name, 3, "--explain-cache", err="the cache is empty")
        self.run_module(name, 3, "--codegen", "explicit-bounds", "--explain-cache",
                        err=["the module was compiled for something else: ", "bounds"])
        self.run_module(self.module(4, name="b.wasm"), 4, "--explain-cache", err="not compiled by this build before")

    def test_nothing_may_be_compiled(self):
        name = self.module(3)
        self.expect(["run", "--cache-require-hit", "--invoke", "run", name], code=126,
                    err=["a.wasm: not in the compilation cache", "nothing may be compiled here"])
        self.assertEqual(self.entries(), [])

    def test_reading_only(self):
        name = self.module(3)
        os.mkdir(self.cache, 0o700)
        self.run_module(name, 3, "--cache-read-only")
        self.assertEqual(os.listdir(self.cache), [])
        self.run_module(name, 3)
        self.run_module(name, 3, "--cache-read-only", "--cache-require-hit")

    def test_making_anew(self):
        name = self.module(3)
        self.run_module(name, 3)
        before = os.stat(self.entry()).st_ino
        self.run_module(name, 3, "--cache-refresh", "--explain-cache", err="entries are to be made anew; compiled")
        self.assertNotEqual(os.stat(self.entry()).st_ino, before)

    def test_waiting_for_another_leaves_time_to_the_program(self):
        self.run_module(self.module(1, name="first.wasm"), 1)
        name = self.module(3)
        with open(os.path.join(self.cache, "waxwing.state"), "r+b") as state:
            fcntl.lockf(state, fcntl.LOCK_EX)
            start = time.monotonic()
            self.run_module(name, 3, "--timeout", "4s", "--explain-cache", err="waited ")
            self.assertGreater(time.monotonic() - start, 0.9)

    def test_preloaded_modules_too(self):
        for options in [[], ["--cache-require-hit"]]:
            self.expect([*options, "--preload", "host=" + self.module(21, name="host.wasm"), "--invoke", "run",
                         self.module(5)], out="5\n")

    def test_text(self):
        self.write("a.wat", b'(module (func (export "run") (result i32) i32.const 9))')
        self.run_module("a.wat", 9)
        self.run_module("a.wat", 9, "--cache-require-hit")

    def test_standard_input(self):
        with open(self.path(self.module(5)), "rb") as file:
            text = file.read()
        self.expect(["--invoke", "run", "-"], stdin=text, out="5\n")
        self.expect(["--cache-require-hit", "--invoke", "run", "-"], stdin=text, out="5\n")

    def test_an_error_is_one_each_time(self):
        self.write("bad.wasm", b"\0asm\1\0\0\0" + b"\x0a\x01\x01")
        for _ in range(2):
            self.expect(["bad.wasm"], code=126, err="bad.wasm: ")
        self.assertEqual(self.entries(), [])

    def test_the_budget(self):
        for i in range(8):
            self.run_module(self.module(i), i, "--cache-size", "40K")
        self.assertLessEqual(sum(os.stat(entry).st_size for entry in self.entries()), 40 << 10)
        self.run_module("a.wasm", 7, "--cache-require-hit")


class SeenFiles(CacheCase):
    """A file that was seen before is neither read nor hashed; it must be 16 KiB and a minute old. (What its digest is
    found by is tested with another clock, in tests/unit/cache.)"""

    SIZE = 64 << 10

    def reads(self, name, result, *options):
        """How many bytes of the module the command reads."""
        done = subprocess.run(["strace", "-f", "-e", "trace=openat,read,readv,preadv,pread64,preadv2,mmap", "-P", self.path(name),
                               "-o", self.path("trace"), WAXWING, *options, "--invoke", "run", name], cwd=self.folder, env=self.env,
                              capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout), (0, "%d\n" % result), done.stderr)
        with open(self.path("trace")) as file:
            return sum(int(line.rsplit("= ", 1)[1].split()[0]) for line in file
                       if "read" in line.split("(")[0] and "= " in line and "= -" not in line)

    @unittest.skipUnless(can_trace(), "needs strace, and no sanitizers")
    def test_it_is_not_read(self):
        name = module("settled")
        if time.time() - os.stat(name).st_ctime < 61:
            self.skipTest("the module was built less than a minute ago")
        kind = subprocess.run(["stat", "-f", "-c", "%T", name], capture_output=True, text=True, check=True).stdout.strip()
        if kind in ("tmpfs", "ramfs", "fuseblk", "nfs", "v9fs"):
            self.skipTest("the build is on a " + kind)
        self.assertGreater(self.reads(name, 11), 16 << 10)
        self.assertLess(self.reads(name, 11), 100)
        self.assertLess(self.reads(name, 11, "--cache-require-hit"), 100)

    @unittest.skipUnless(can_trace(), "needs strace, and no sanitizers")
    def test_a_new_one_is(self):
        name = self.module(11, custom=self.SIZE)
        for _ in range(3):
            self.assertGreater(self.reads(name, 11), self.SIZE)

    def test_a_change_is_seen(self):
        name = self.module(11, custom=self.SIZE)
        self.run_module(name, 11)
        self.run_module(name, 11)
        stat = os.stat(self.path(name))
        self.module(12, custom=self.SIZE)
        os.utime(self.path(name), ns=(stat.st_atime_ns, stat.st_mtime_ns))
        self.run_module(name, 12)

    def test_what_was_evicted_is_compiled_again(self):
        name = module("settled")
        self.run_module(name, 11)
        self.run_module(name, 11)
        os.unlink(self.entry())
        self.run_module(name, 11)
        self.run_module(name, 11, "--cache-require-hit")


class Compile(CacheCase):
    def test_into_the_cache(self):
        name = self.module(3)
        done = self.expect(["compile", name])
        self.assertRegex(done.stdout.decode(), r"^a\.wasm: compiled in [0-9.]+ ms, [0-9.]+ KiB kept \(.*cache\)\n$")
        self.expect(["compile", name], out="a.wasm: in the cache already (%s)\n" % self.cache)
        self.run_module(name, 3, "--cache-require-hit")

    def test_what_cannot_be_kept_is_an_error(self):
        self.expect(["compile", "--cache-read-only", self.module(3)], code=126, err="there is no cache")
        os.mkdir(self.cache, 0o700)
        self.expect(["compile", "--cache-read-only", self.module(3)], code=1, err="a.wasm: not in the cache")

    def test_into_an_artefact(self):
        name = self.module(3)
        for engine in ENGINES:
            self.expect(["compile", "--engine", engine, name, "-o", "a.wxm"], out="")
            self.assertEqual(self.entries(), [])
            self.expect(["run", "a.wxm"], code=126,
                        err=["a.wxm: this is machine code", "hint: if you trust who made it", "--allow-precompiled"])
            self.run_module("a.wxm", 3, "--allow-precompiled")
        for verb in [["validate"], ["inspect"], ["compile"]]:
            self.expect([*verb, "a.wxm"], code=126, err="this is what waxwing compile made of a module")

    def test_artefacts_are_the_same_for_any_number_of_threads(self):
        name = self.module(3, functions=500)
        for threads in ["1", "2"]:
            self.expect(["compile", "--compile-threads", threads, name, "-o", threads])
        with open(self.path("1"), "rb") as one, open(self.path("2"), "rb") as two:
            self.assertEqual(one.read(), two.read())

    def test_an_artefact_for_another_processor(self):
        name = self.module(3)
        self.expect(["compile", "--target", "x86_64-linux", name, "-o", "a.wxm"])
        self.run_module("a.wxm", 3, "--allow-precompiled")
        self.expect(["compile", "--target", "x86_64-linux:avx,avx2", name, "-o", "b.wxm"])
        self.expect(["run", "--allow-precompiled", "--codegen", "sse4.1", "b.wxm"], code=126,
                    err=["b.wxm: ", "avx2", "compile the module"])

    def test_an_artefact_whose_code_relies_on_guard_pages(self):
        name = self.module(3)
        self.expect(["compile", "--codegen", "guard-pages", name, "-o", "guards.wxm"])
        self.expect(["compile", "--codegen", "explicit-bounds", name, "-o", "checks.wxm"])
        self.run_module("guards.wxm", 3, "--allow-precompiled")
        for settings in [[], ["--codegen", "guard-pages"], ["--codegen", "explicit-bounds"]]:
            self.run_module("checks.wxm", 3, "--allow-precompiled", *settings)
        self.expect(["run", "--allow-precompiled", "--codegen", "explicit-bounds", "guards.wxm"], code=126,
                    err=["guards.wxm: ", "relies on guard pages", "compile the module with explicit bounds"])

    def test_a_damaged_artefact(self):
        self.expect(["compile", self.module(3), "-o", "a.wxm"])
        with open(self.path("a.wxm"), "r+b") as file:
            size = file.seek(0, 2)
            for offset in [8, 40, size // 2]:
                file.seek(offset)
                byte = file.read(1)
                file.seek(offset)
                file.write(bytes([byte[0] ^ 1]))
                file.flush()
                self.expect(["run", "--allow-precompiled", "a.wxm"], code=126, err="a.wxm: ")
                file.seek(offset)
                file.write(byte)
                file.flush()
        self.run_module("a.wxm", 3, "--allow-precompiled")

    def test_an_artefact_is_written_whole_or_not_at_all(self):
        self.write("a.wxm", b"before")
        self.write("bad.wasm", b"\0asm\1\0\0\0" + b"\x0a\x01\x01")
        self.expect(["compile", "bad.wasm", "-o", "a.wxm"], code=126, err="bad.wasm: ")
        with open(self.path("a.wxm"), "rb") as file:
            self.assertEqual(file.read(), b"before")


class Secret(CacheCase):
    def secret(self, name, text=b"0123456789abcdef", mode=0o600):
        self.write(name, text)
        os.chmod(self.path(name), mode)
        return ["--cache-secret-file", name]

    def test_nothing_without_the_right_code_is_used(self):
        name = self.module(3)
        mine, other = self.secret("mine"), self.secret("other", b"fedcba9876543210")
        self.run_module(name, 3)
        self.run_module(name, 3, *mine, "--explain-cache", err="authentication code")
        self.run_module(name, 3, *mine, "--cache-require-hit")
        self.run_module(name, 3, *other, "--explain-cache", err="authentication code")
        self.run_module(name, 3, *mine, "--explain-cache", err="authentication code")

    def test_artefacts(self):
        mine, other = self.secret("mine"), self.secret("other", b"fedcba9876543210")
        self.expect(["compile", *mine, self.module(3), "-o", "a.wxm"])
        self.run_module("a.wxm", 3, "--allow-precompiled", *mine)
        self.expect(["run", "--allow-precompiled", *other, "a.wxm"], code=126, err="a.wxm: ")

    def test_a_secret_is_one(self):
        name = self.module(3)
        for options, why in [(self.secret("open", mode=0o644), "can be read or written by others"),
                             (self.secret("short", b"short"), "less than 16 bytes"),
                             (["--cache-secret-file", "none"], "none"), (["--cache-secret-file", "."], "no regular file")]:
            self.expect(["run", *options, name], code=2, err=["--cache-secret-file: ", why])


if __name__ == "__main__":
    unittest.main()
