"""`waxwing run` with a remote cache: two machines share one, and none is hurt by a bad one."""
import os
import shutil
import subprocess
import tempfile
import time
import unittest

from hostile_server import HostileServer, behaviours
from remote_case import SLACK_MS, RemoteCase, free_port

WAXWING = os.environ["WAXWING"]
TEXT = b"""(module
  (func (export "answer") (result i32) (i32.const 42))
  (func (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))
"""


class RunCase(RemoteCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = HostileServer()
        cls.addClassCleanup(cls.server.close)
        text = cls.write("answer.wat", TEXT)
        cls.module = cls.path("answer.wasm")
        subprocess.run([WAXWING, "wat2wasm", text, "-o", cls.module], check=True)

    def setUp(self):
        self.server.entries.clear()
        self.server.requests.clear()
        self.machine = self.new_machine()

    def new_machine(self):
        """A cache directory that is not there yet."""
        folder = tempfile.mkdtemp(dir=self.folder)
        return os.path.join(folder, "cache")

    def url(self, behaviour="store", credentials=""):
        return f"http://{credentials}127.0.0.1:{self.server.port}/{behaviour}/"

    def run_answer(self, *options, env=None, code=0):
        """Runs the module, which must answer rightly where `code` is 0; returns messages and milliseconds."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("WAXWING_CACHE")}
        environment.update({"no_proxy": "*", "NO_PROXY": "*"}, **(env or {}))
        begin = time.monotonic()
        done = subprocess.run([WAXWING, "run", "--invoke", "answer", *options, self.module], env=environment,
                              capture_output=True, timeout=120)
        passed_ms = (time.monotonic() - begin) * 1000
        messages = done.stderr.decode()
        self.assertEqual(done.returncode, code, messages)
        self.assertNotIn("secret", messages)
        if code == 0:
            self.assertEqual(done.stdout, b"42\n")
        return messages, passed_ms

    def share(self, *options, machine=None, behaviour="store", **more):
        return self.run_answer("--cache-dir", machine or self.machine, "--cache-remote", self.url(behaviour),
                               "--cache-remote-timeout", "30s", *options, **more)

    def methods(self):
        return [each.method for each in self.server.requests]


class Sharing(RunCase):
    def test_what_one_machine_compiles_another_need_not(self):
        self.share()
        self.assertEqual(self.methods(), ["GET", "PUT"])
        self.assertEqual(len(self.server.entries), 1)
        other = self.new_machine()
        messages, _ = self.share("--cache-require-hit", "--explain-cache", machine=other)
        self.assertIn(f"127.0.0.1:{self.server.port}", messages)
        self.assertEqual(self.methods(), ["GET", "PUT", "GET"])

    def test_what_is_in_the_directory_is_not_asked_for(self):
        self.share()
        self.server.requests.clear()
        self.share("--cache-require-hit")
        self.assertEqual(self.methods(), [])

    def test_the_variable_and_its_header(self):
        self.run_answer("--cache-dir", self.machine, env={
            "WAXWING_CACHE_REMOTE": self.url(credentials="me:secret@"), "WAXWING_CACHE_REMOTE_HEADER": "X-Token: secret"})
        self.assertEqual(self.methods(), ["GET", "PUT"])
        for request in self.server.requests:
            self.assertEqual(request.headers["x-token"], "secret")
            self.assertIn("authorization", request.headers)

    def test_reading_only(self):
        self.share("--cache-remote-read-only")
        self.assertEqual(self.methods(), ["GET"])

    def test_no_cache_asks_nobody(self):
        self.run_answer("--no-cache", env={"WAXWING_CACHE_REMOTE": self.url()})
        self.assertEqual(self.methods(), [])

    def test_an_address_that_is_none(self):
        for address in ("ftp://host/", "host"):
            messages, _ = self.run_answer("--cache-dir", self.machine, "--cache-remote", address, code=2)
            self.assertIn("http://", messages)


class Distrust(RunCase):
    def test_damaged_entries_are_replaced(self):
        self.share()
        (name, good), = self.server.entries.items()
        places = [*range(0, 200, 8), *range(200, len(good), max(1, len(good) // 12)), len(good) - 1]
        for place in places:
            bad = bytearray(good)
            bad[place] ^= 1
            self.server.entries[name] = bytes(bad)
            self.share(machine=self.new_machine())
            self.assertEqual(self.server.entries[name], good, f"byte {place} of {len(good)}")
        for bad in (good[:-1], good[:100], good + b"x", b"x", os.urandom(len(good)), bytes(len(good))):
            self.server.entries[name] = bad
            self.share(machine=self.new_machine())
            self.assertEqual(self.server.entries[name], good, f"{len(bad)} bytes of {len(good)}")

    def test_entries_without_the_right_code_are_replaced(self):
        for number in (1, 2):
            path = self.write(f"key{number}", str(number).encode() * 40)
            os.chmod(path, 0o600)
        self.share()
        (_, unsigned), = self.server.entries.items()
        for options in (["--cache-secret-file", self.path("key1")], ["--cache-secret-file", self.path("key2")]):
            before = dict(self.server.entries)
            self.share("--cache-require-hit", *options, machine=self.new_machine(), code=126)
            self.share(*options, machine=self.new_machine())
            self.assertNotEqual(self.server.entries, before)
            self.share("--cache-require-hit", *options, machine=self.new_machine())


class Bad(RunCase):
    def test_whatever_it_answers_the_program_runs(self):
        for behaviour in [*behaviours, "403", "404", "413", "500", "503"]:
            _, passed_ms = self.run_answer(
                "--cache-dir", self.new_machine(), "--cache-remote", self.url(behaviour),
                "--cache-remote-timeout", "500ms")
            self.assertLess(passed_ms, 500 + SLACK_MS, behaviour)

    def test_nobody_is_there(self):
        machine = self.new_machine()
        messages, _ = self.run_answer("--cache-dir", machine, "--cache-remote",
                                      f"http://127.0.0.1:{free_port()}/", "--explain-cache")
        self.assertIn("is not available", messages)
        self.run_answer("--cache-dir", machine, "--cache-require-hit")

    def test_silence_delays_by_two_seconds_unasked(self):
        messages, passed_ms = self.run_answer("--cache-dir", self.machine, "--cache-remote", self.url("silence"),
                                              "--explain-cache")
        self.assertLess(passed_ms, 2000 + SLACK_MS)
        self.assertGreater(passed_ms, 1500)
        self.assertIn("is not available", messages)

    def test_without_its_program_there_is_no_remote(self):
        folder = tempfile.mkdtemp(dir=self.folder)
        alone = shutil.copy(WAXWING, folder)
        done = subprocess.run([alone, "run", "--invoke", "answer", "--cache-dir", self.machine, "--cache-remote",
                               self.url(), "--explain-cache", self.module], capture_output=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout), (0, b"42\n"))
        self.assertIn(b"waxwing-http", done.stderr)


if __name__ == "__main__":
    unittest.main()
