"""What the tests of the HTTP store share: running it, and ports and folders of their own."""
import hashlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

PROBE = os.environ["REMOTE_PROBE"]
HTTP = os.environ["WAXWING_HTTP"]
SLACK_MS = 2500  # what a busy machine may add to a bound


def key(name):
    return hashlib.sha256(name.encode()).hexdigest()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Outcome:
    def __init__(self, line):
        self.word, self.ms, self.text = line.split("\t", 2)
        self.ms = int(self.ms)

    def __repr__(self):
        return f"{self.word} {self.text} ({self.ms} ms)"


class RemoteCase(unittest.TestCase):
    """Tests in a folder of their own."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="waxwing-remote-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder, name)

    @classmethod
    def write(cls, name, content):
        with open(cls.path(name), "wb") as file:
            file.write(content)
        return cls.path(name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    @classmethod
    def start(cls, command, port, **options):
        """Starts a server, and returns it when it takes connections."""
        log = open(cls.path("server.log"), "wb")
        cls.addClassCleanup(log.close)
        server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, **options)
        cls.addClassCleanup(server.wait)
        cls.addClassCleanup(server.terminate)
        for _ in range(600):
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port)) == 0:
                    return server
            if server.poll() is not None:
                break
            time.sleep(0.05)
        with open(cls.path("server.log"), errors="replace") as text:
            raise RuntimeError(f"{command[0]} does not serve: {text.read()[-2000:]}")

    def probe(self, url, *commands, timeout=30000, env=None, **options):
        """What each command comes to. Of get, the file is named `got`; of put, it is the third part."""
        words = [PROBE, "--program", options.pop("program", HTTP), "--timeout", str(timeout)]
        for name, value in options.items():
            for each in value if isinstance(value, list) else [value]:
                words += ["--" + name.replace("_", "-"), str(each)]
        commands = [f"{each}:{self.path('got')}" if each.startswith("get:") else each for each in commands]
        proxies = {"no_proxy": "*", "NO_PROXY": "*"}
        done = subprocess.run([*words, url, *commands], stdout=subprocess.PIPE, timeout=120,
                              env={**os.environ, **proxies, **(env or {})})
        text = done.stdout.decode()
        self.assertNotIn("secret", text)
        self.assertEqual(done.returncode, 0, text)
        outcomes = [Outcome(line) for line in text.splitlines()]
        return outcomes if len(commands) > 1 else outcomes[0]
