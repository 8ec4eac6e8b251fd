#!/usr/bin/env python3
"""A guest that serves HTTP over a preopened listener, examples/http_server.wasm: what it answers to many clients at once,
and how it ends.

usage: http_server_test.py WAXWING ENGINE MODULE
"""
import http.client
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

WAXWING, ENGINE, MODULE = sys.argv[1:4]
PATIENCE = 60  # seconds, for whatever a busy machine does

CLIENTS, REQUESTS = 8, 200
GREETING = b"Hello from a guest!\n"


class HttpServer(unittest.TestCase):
    def start(self, *options, listen="127.0.0.1:0"):
        """Starts the server, and returns the port that Waxwing tells."""
        self.server = subprocess.Popen([WAXWING, "run", "--engine", ENGINE, "--listen", listen, *options, MODULE],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.server.communicate)
        self.addCleanup(self.server.kill)
        line = self.server.stderr.readline()
        told = re.fullmatch(r"waxwing: listening at (\S+):(\d+)\n", line)
        self.assertTrue(told, line)
        self.host = told[1].strip("[]")
        return int(told[2])

    def connect(self, port):
        connection = http.client.HTTPConnection(self.host, port, timeout=PATIENCE)
        self.addCleanup(connection.close)
        return connection

    def ask(self, connection, method, path, body=None):
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def expect_end(self, code, message=""):
        out, err = self.server.communicate(timeout=PATIENCE)
        self.assertEqual((self.server.returncode, out), (code, ""), err)
        self.assertIn(message, err)
        return err

    def test_many_connections_at_once(self):
        port = self.start()
        faults = []

        def client(number):
            numbers = random.Random(number)
            try:
                connection = http.client.HTTPConnection(self.host, port, timeout=PATIENCE)
                connection.connect()
                begun = connection.sock
                for _ in range(REQUESTS):
                    if numbers.random() < 0.5:
                        expected, got = (200, GREETING), self.ask(connection, "GET", "/")
                    else:
                        body = numbers.randbytes(numbers.randrange(12_000))
                        expected, got = (200, body), self.ask(connection, "POST", "/echo", body)
                    if got != expected:
                        faults.append(f"{got} instead of {expected}")
                if connection.sock is not begun:
                    faults.append("the connection was not kept")
                connection.close()
            except Exception as fault:
                faults.append(repr(fault))

        silent = [socket.create_connection((self.host, port)) for _ in range(3)]  # they hold nobody up
        silent[1].sendall(b"POST /echo HTTP/1.1\r\nContent-Le")
        threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        silent[2].close()
        for thread in threads:
            thread.join()
        self.assertEqual(faults, [])
        silent[1].sendall(b"ngth: 4\r\n\r\nlate")
        self.assertTrue(silent[1].recv(4096).endswith(b"\r\n\r\nlate"))
        self.assertEqual(self.ask(self.connect(port), "POST", "/stop"), (200, b""))
        self.assertEqual(silent[0].recv(1), b"", "a program that ends leaves no connection")
        self.expect_end(0)
        for connection in silent:
            connection.close()

    def test_what_is_no_request_is_refused(self):
        port = self.start()
        for text in (b"\0\r\n\r\n", b"GET\r\n\r\n", b"\r\n\r\n", b"GET / SPDY\r\n\r\n",
                     b"POST /echo HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", b"x" * 20_000):
            with socket.create_connection((self.host, port), timeout=PATIENCE) as client:
                client.sendall(text)
                self.assertRegex(client.recv(4096), rb"^HTTP/1.1 4\d\d ", text[:20])
        connection = self.connect(port)
        self.assertEqual(self.ask(connection, "DELETE", "/")[0], 405)
        connection = self.connect(port)
        self.assertEqual(self.ask(connection, "GET", "/nothing"), (404, b""))
        self.assertEqual(self.ask(connection, "GET", "/"), (200, GREETING))

    def test_a_timeout_ends_a_server_that_waits(self):
        port = self.start("--timeout", "2s")
        connection = self.connect(port)
        self.assertEqual(self.ask(connection, "GET", "/"), (200, GREETING))
        begun = time.monotonic()
        err = self.expect_end(124)
        self.assertLess(time.monotonic() - begun, PATIENCE)
        self.assertRegex(err, r"deadline|time")
        with self.assertRaises(OSError):
            self.ask(connection, "GET", "/")

    def test_sigint_ends_it(self):
        port = self.start()
        self.assertEqual(self.ask(self.connect(port), "GET", "/"), (200, GREETING))
        self.server.send_signal(signal.SIGINT)
        self.expect_end(-signal.SIGINT)

    def test_ipv6(self):
        try:
            with socket.socket(socket.AF_INET6) as own:
                own.bind(("::1", 0))
        except OSError:
            self.skipTest("this machine has no IPv6")
        port = self.start(listen="[::1]:0")
        self.assertEqual(self.ask(self.connect(port), "POST", "/echo", b"six"), (200, b"six"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
