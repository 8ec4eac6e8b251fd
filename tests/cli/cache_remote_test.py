"""A server below the cache's directory: what one machine compiled, another one finds. A server that is gone delays and fails
nothing. (What else servers can do to us is in tests/remote.)"""
import http.server
import os
import re
import shutil
import socket
import threading
import time
import unittest

from cache_case import CacheCase


class Server(http.server.ThreadingHTTPServer):
    """Keeps what it is given, by path."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.entries = {}
        self.headers = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self):
        return "http://127.0.0.1:%d/cache" % self.server_port


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        self.server.headers.append(dict(self.headers))
        entry = self.server.entries.get(self.path)
        self.answer(404 if entry is None else 200, entry or b"")

    do_HEAD = do_GET

    def do_PUT(self):
        self.server.entries[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(201)

    def log_message(self, *_):
        pass


class Remote(CacheCase):
    def setUp(self):
        super().setUp()
        self.server = Server()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.remote = ["--cache-remote", self.server.url()]
        self.name = self.module(5)

    def forget(self):
        shutil.rmtree(self.cache)

    def test_what_one_compiled_another_finds(self):
        self.run_module(self.name, 5, *self.remote)
        with open(self.entry(), "rb") as file:
            content = file.read()
        key = os.path.basename(self.entry())
        self.assertEqual(self.server.entries, {"/cache/" + key: content})
        self.forget()
        self.run_module(self.name, 5, *self.remote, "--cache-require-hit", "--explain-cache",
                        err=["hit in ", "from http://127.0.0.1"])
        self.run_module(self.name, 5, "--cache-require-hit")  # it is in the directory now

    def test_the_environment_names_it(self):
        self.env |= {"WAXWING_CACHE_REMOTE": self.server.url(), "WAXWING_CACHE_REMOTE_HEADER": "X-Token: sesame"}
        self.run_module(self.name, 5)
        self.assertEqual(len(self.server.entries), 1)
        self.assertEqual({headers.get("X-Token") for headers in self.server.headers}, {"sesame"})

    def test_without_a_directory(self):
        self.env["WAXWING_CACHE_DIR"] = ""
        self.run_module(self.name, 5, *self.remote)
        self.run_module(self.name, 5, *self.remote, "--cache-require-hit")

    def test_it_is_given_nothing_where_it_is_to_be_read_only(self):
        for options in [["--cache-remote-read-only"], ["--cache-read-only"]]:
            self.run_module(self.name, 5, *self.remote, *options)
            self.assertEqual(self.server.entries, {})

    def test_a_lie_is_a_miss(self):
        self.run_module(self.name, 5, *self.remote)
        (path, right), = self.server.entries.items()
        for lie in [b"x", right[:-1], right[:200] + b"\xff" + right[201:]]:
            self.forget()
            self.server.entries[path] = lie
            self.run_module(self.name, 5, *self.remote, "--explain-cache", err=["miss: ", "compiled in "])
            self.assertEqual(self.server.entries[path], right)

    def test_what_is_not_sealed_is_not_used(self):
        self.write("secret", b"x" * 32)
        os.chmod(self.path("secret"), 0o600)
        self.run_module(self.name, 5, *self.remote)
        self.forget()
        self.run_module(self.name, 5, *self.remote, "--cache-secret-file", "secret", "--explain-cache",
                        err="authentication code")

    def test_nobody_is_there(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            remote = ["--cache-remote", "http://127.0.0.1:%d" % unused.getsockname()[1]]
            start = time.monotonic()
            self.run_module(self.name, 5, *remote)
            done = self.run_module(self.name, 5, *remote, "--cache-refresh", "--explain-cache", err="cache: http://127.0.0.1")
            self.assertEqual(done.stderr.count(b"http://127.0.0.1"), 1, done.stderr)
            self.forget()
            done = self.run_module(self.name, 5, *remote, "--explain-cache", err="Failed to connect")  # asked twice, and given it
            self.assertEqual(done.stderr.count(b"http://127.0.0.1"), 1, done.stderr)
            self.assertLess(time.monotonic() - start, 5)

    def test_somebody_who_never_answers(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            start = time.monotonic()
            self.run_module(self.name, 5, "--cache-remote", "http://127.0.0.1:%d" % silent.getsockname()[1],
                            "--cache-remote-timeout", "300ms")
            self.assertLess(time.monotonic() - start, 3)

    def test_what_is_no_address(self):
        self.expect(["run", "--cache-remote", "ftp://user:word@host/", self.name], code=2, err="--cache-remote: ")
        done = self.run_waxwing("run", "--cache-remote", "ftp://user:word@host/", self.name, env=self.env)
        self.assertIsNone(re.search("word", done.stderr.decode()))


if __name__ == "__main__":
    unittest.main()
