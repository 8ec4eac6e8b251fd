"""What a cache must bear: damage, disks that are full or read-only, processes that are killed or race, strangers. None of
it ever fails a run, and no run ever uses what is wrong."""
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import threading
import time
import unittest

from cache_case import CacheCase, can_trace
from command_case import WAXWING

RANDOM = random.Random(7)
IS_ROOT = os.geteuid() == 0


class Damage(CacheCase):
    def damaged(self, name, engine, content, entry):
        with open(entry, "wb") as file:
            file.write(content)
        self.run_module(name, 5, "--engine", engine)
        with open(entry, "rb") as file:
            return file.read()

    def damage_all(self, engine, places):
        name = self.module(5)
        self.run_module(name, 5, "--engine", engine)
        entry = self.entry()
        with open(entry, "rb") as file:
            right = file.read()
        contents = places(right)
        for content in contents:
            self.assertEqual(self.damaged(name, engine, content, entry), right)
        self.run_module(name, 5, "--engine", engine, "--cache-require-hit")
        return len(contents)

    def test_flipped_bytes(self):
        def flip(right):
            offsets = sorted(set(range(0, min(len(right), 400), 5)) | {RANDOM.randrange(len(right)) for _ in range(60)})
            return [right[:at] + bytes([right[at] ^ 1 << RANDOM.randrange(8)]) + right[at + 1:] for at in offsets]
        for engine in ["baseline", "interp"]:
            shutil.rmtree(self.cache, ignore_errors=True)
            tries = self.damage_all(engine, flip)
            stats = self.stats()
            self.assertEqual((stats["misses_by_reason"]["damaged"] + stats["misses_by_reason"]["stale"], stats["compiled"]),
                             (tries, tries + 1))

    def test_cut_off_and_longer(self):
        def cut(right):
            sizes = {1, 7, 8, 63, 64, len(right) - 1} | {RANDOM.randrange(1, len(right)) for _ in range(40)}
            return [right[:size] for size in sorted(sizes)] + [right + b"x", right + right, b"\0" * len(right)]
        tries = self.damage_all("baseline", cut)
        self.assertEqual(self.stats()["compiled"], tries + 1)

    def test_the_entry_of_another_module(self):
        self.run_module(self.module(5), 5)
        mine = self.entry()
        self.run_module(self.module(6, name="b.wasm"), 6)
        other = next(entry for entry in self.entries() if entry != mine)
        shutil.copy(other, mine)
        self.run_module("a.wasm", 5, "--explain-cache", err="something else")
        self.run_module("a.wasm", 5, "--cache-require-hit")


class Places(CacheCase):
    """Directories that cannot be used as they should be."""

    def test_the_entry_is_something_else(self):
        name = self.module(5)
        self.run_module(name, 5)
        entry = self.entry()

        def make_link():
            os.symlink(self.path("nowhere"), entry)

        def make_link_to_entry():
            os.symlink(self.path("kept"), entry)
        shutil.copy(entry, self.path("kept"))
        for make in [lambda: os.mkdir(entry), make_link, make_link_to_entry, lambda: os.mkfifo(entry),
                     lambda: self.write(entry, b"")]:
            os.unlink(entry)
            make()
            self.run_module(name, 5)
            self.run_module(name, 5)
            if os.path.isdir(entry):
                os.rmdir(entry)
                self.write(entry, b"x")

    @unittest.skipIf(IS_ROOT, "root may write anywhere")
    def test_directories_without_rights(self):
        name = self.module(5)
        self.run_module(name, 5)
        for mode in [0o500, 0o000]:
            os.chmod(self.cache, mode)
            self.addCleanup(os.chmod, self.cache, 0o700)
            self.run_module(name, 5)

    def test_files_may_not_grow(self):
        """No file may be larger than a page: nothing can be kept, and everything runs."""
        name = self.module(5)

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))
        self.run_module(name, 5, preexec_fn=limit)
        self.run_module(name, 5, "--explain-cache", err="not kept", preexec_fn=limit)
        self.assertEqual(self.entries(), [])
        self.run_module(name, 5)
        self.run_module(name, 5, "--cache-require-hit", preexec_fn=limit)

    @unittest.skipUnless(IS_ROOT, "needs root")
    def test_full_and_read_only_disks(self):
        name = self.module(5, functions=3000)
        os.mkdir(self.cache, 0o700)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k,mode=0700", "tmpfs", self.cache],
                                 capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("needs to mount a file system")
        self.addCleanup(subprocess.run, ["umount", self.cache], check=True)
        for _ in range(2):
            self.run_module(name, 5)
        self.run_module(name, 5, "--explain-cache", err="not kept")
        self.assertEqual(self.entries(), [])
        subprocess.run(["mount", "-o", "remount,size=16m", self.cache], check=True)
        self.run_module(name, 5)
        subprocess.run(["mount", "-o", "remount,ro", self.cache], check=True)
        self.run_module(name, 5, "--cache-require-hit")
        self.run_module(name, 5, "--engine", "interp", "--explain-cache", err="not kept")

    def test_the_directory_is_removed_while_programs_run(self):
        names = [self.module(i, name="%d.wasm" % i, functions=200) for i in range(4)]
        end = time.monotonic() + 5
        failures = []

        def remove():
            while time.monotonic() < end:
                shutil.rmtree(self.cache, ignore_errors=True)
                time.sleep(0.003)

        def run():
            while time.monotonic() < end:
                i = RANDOM.randrange(len(names))
                done = subprocess.run([WAXWING, "--invoke", "run", names[i]], cwd=self.folder, env=self.env,
                                      capture_output=True, text=True)
                if (done.returncode, done.stdout, done.stderr) != (0, "%d\n" % i, ""):
                    failures.append(done)
        threads = [threading.Thread(target=target) for target in [remove, run, run]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])

    @unittest.skipUnless(can_trace(), "needs strace, and no sanitizers")
    def test_no_descriptor_is_left_open(self):
        """Whatever happens to the cache, a program that runs has what it would have without."""
        name = self.module(5)

        def open_files(*options):
            done = subprocess.run(["strace", "-f", "-e", "trace=open,openat,openat2,close,dup,fcntl,memfd_create,pidfd_open",
                                   "-o", self.path("trace"), WAXWING, *options, "--invoke", "run", name],
                                  cwd=self.folder, env=self.env, capture_output=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr)
            opened = set()
            with open(self.path("trace")) as file:
                for line in file:
                    match = re.search(r"^\d+ +(\w+)\((.*)\) += (-?\d+)", line)
                    if match is None or int(match[3]) < 0:
                        continue
                    if match[1] == "close":
                        opened.discard(int(match[2]))
                    elif match[1] != "fcntl" or "F_DUPFD" in match[2]:
                        opened.add(int(match[3]))
            return len(opened)
        without = open_files("--no-cache")
        for _ in range(2):  # a miss and a hit
            self.assertLessEqual(open_files(), without)
        with open(self.entry(), "r+b") as file:
            file.truncate(100)
        self.assertLessEqual(open_files(), without)


class Processes(CacheCase):
    def test_writers_that_are_killed(self):
        """What is seen afterwards is whole, whatever moment they are killed at."""
        killed = 0
        for i in range(400):
            if killed == 60:
                break
            self.module(i, functions=10000)
            process = subprocess.Popen([WAXWING, "--invoke", "run", "a.wasm"], cwd=self.folder, env=self.env,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(RANDOM.uniform(0, 0.03))
            process.kill()
            killed += process.wait() == -signal.SIGKILL
        self.assertGreater(killed, 10)
        self.assertEqual(self.json("verify")["damaged"], [])
        self.run_module(self.module(500), 500)
        for folder, _, names in os.walk(self.cache):
            for name in names:
                if name.endswith(".tmp"):  # young ones may be somebody's
                    os.utime(os.path.join(folder, name), (time.time() - 7200, time.time() - 7200))
        self.json("prune")
        leftovers = [name for _, _, names in os.walk(self.cache) for name in names if name.endswith(".tmp")]
        self.assertEqual(leftovers, [])

    def test_each_module_is_compiled_once(self):
        """Eight processes want the same five modules at once."""
        names = [self.module(i, name="%d.wasm" % i, functions=3000) for i in range(5)]
        processes = [subprocess.Popen([WAXWING, "cache", "warm", *names[i % 5:], *names[:i % 5]], cwd=self.folder, env=self.env,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE) for i in range(8)]
        for process in processes:
            out, err = process.communicate(timeout=120)
            self.assertEqual((process.returncode, err), (0, b""), out)
        stats = self.stats()
        self.assertEqual((stats["compiled"], stats["stores"], stats["entries"]), (5, 5, 5))
        self.assertEqual(self.json("verify")["whole"], 5)

    def test_a_compiler_that_was_killed_keeps_nobody_waiting(self):
        name = self.module(5, functions=30000)
        for _ in range(5):
            first = subprocess.Popen([WAXWING, "--invoke", "run", name], cwd=self.folder, env=self.env,
                                     stdout=subprocess.DEVNULL)
            time.sleep(0.01)
            second = subprocess.Popen([WAXWING, "--invoke", "run", name], cwd=self.folder, env=self.env,
                                      stdout=subprocess.PIPE)
            time.sleep(RANDOM.uniform(0, 0.02))
            first.kill()
            first.wait()
            self.assertEqual(second.communicate(timeout=30)[0], b"5\n")
            shutil.rmtree(self.cache, ignore_errors=True)

    def test_what_a_hit_loads_is_what_was_compiled(self):
        name = self.module(5, functions=300)
        for options in [["--compile-threads", "1"], ["--compile-threads", "2"], ["--cache-refresh"]]:
            self.run_module(name, 5, *options)
            with open(self.entry(), "rb") as file:
                content = file.read()
            self.expect(["compile", *[option for option in options if option != "--cache-refresh"], name, "-o", "a.wxm"])
            with open(self.path("a.wxm"), "rb") as file:
                self.assertEqual(file.read(), content)
            shutil.rmtree(self.cache)

    def test_limits_hold_while_many_write(self):
        names = [self.module(i, name="%d.wasm" % i, custom=4000) for i in range(60)]
        self.run_module(names[0], 0)
        size = os.stat(self.entry()).st_size
        budget = str(10 * size)
        self.expect(["cache", "warm", "--cache-size", budget, *names])
        self.assertLessEqual(len(self.entries()), 10)
        self.assertGreaterEqual(self.stats()["evictions"], 50)
        self.run_module(names[-1], 59, "--cache-require-hit")


@unittest.skipUnless(can_trace(), "needs strace, and no sanitizers")
class SystemCalls(CacheCase):
    def calls(self, name):
        """How many there are, and how many that are not about this process's own memory, which the allocator decides."""
        done = subprocess.run(["strace", "-f", "-o", self.path("trace"), WAXWING, "--cache-require-hit", "--invoke", "run",
                               name], cwd=self.folder, env=self.env, capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(self.path("trace")) as file:
            names = re.findall(r"^\d+ +(\w+)\(", file.read(), re.MULTILINE)
        return len(names), len([name for name in names if name not in ("brk", "mmap", "munmap", "mprotect")])

    def test_a_hit_takes_as_many_for_a_large_module_as_for_a_small_one(self):
        small = self.module(5, custom=64 << 10)
        large = self.module(6, name="large.wasm", functions=60000, custom=64 << 10)
        self.expect(["compile", small])
        self.expect(["compile", large])
        (all_of_small, files_of_small), (all_of_large, files_of_large) = self.calls(small), self.calls(large)
        self.assertEqual(files_of_small, files_of_large)
        self.assertLessEqual(max(all_of_small, all_of_large), 120)


class Strangers(CacheCase):
    def test_a_directory_that_others_may_write_to(self):
        name = self.module(5)
        self.run_module(name, 5)
        for mode in [0o770, 0o707, 0o777]:
            os.chmod(self.cache, mode)
            self.run_module(name, 5, "--explain-cache", err=["there is none: ", "can be written by others"])
            self.run_module(name, 5, "--cache-dir", "cache", err=["warning: --cache-dir", "can be written by others"])
        os.chmod(self.cache, 0o755)
        self.run_module(name, 5, "--cache-require-hit")

    def test_an_entry_that_others_may_write_to(self):
        name = self.module(5)
        self.run_module(name, 5)
        os.chmod(self.entry(), 0o666)
        self.run_module(name, 5, "--explain-cache", err=["miss: ", "can be written by others", "kept"])
        self.run_module(name, 5, "--cache-require-hit")

    @unittest.skipUnless(IS_ROOT, "needs root")
    def test_what_belongs_to_others(self):
        """The program runs as a user: root's entries are used, those of a third user are not."""
        name = self.module(5)
        os.chmod(self.folder, 0o755)
        self.run_module(name, 5)
        user = {"user": 4321, "group": 4321}
        shutil.copytree(self.cache, self.path("other"))
        program = shutil.copy(WAXWING, self.path("waxwing"))

        def run(folder):
            done = subprocess.run([program, "--cache-read-only", "--explain-cache", "--cache-dir", folder, "--invoke", "run", name],
                                  cwd=self.folder, env=self.env, capture_output=True, text=True, extra_groups=[], **user)
            self.assertEqual((done.returncode, done.stdout), (0, "5\n"), done.stderr)
            return done.stderr
        for folder, _, names in [*os.walk(self.cache), *os.walk(self.path("other"))]:
            os.chmod(folder, 0o755)
            for file in names:
                os.chmod(os.path.join(folder, file), 0o644)
        self.assertIn("hit in ", run("cache"))
        for folder, _, names in os.walk(self.path("other")):
            for file in names:
                if len(file) == 64:
                    os.chown(os.path.join(folder, file), 1234, 1234)
        self.assertIn("belongs to another user", run("other"))
        os.chown(self.path("other"), 1234, 1234)
        self.assertIn("belongs to another user", run("other"))

    def test_links_are_not_followed(self):
        name = self.module(5)
        self.run_module(name, 5)
        generation = os.path.dirname(os.path.dirname(self.entry()))
        os.rename(generation, self.path("moved"))
        os.symlink(self.path("moved"), generation)
        self.run_module(name, 5, "--explain-cache", err="is not a directory")
        self.run_module(name, 5, "--cache-dir", "cache", err="warning: --cache-dir")


if __name__ == "__main__":
    unittest.main()
