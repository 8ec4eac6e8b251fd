"""What the tests of the command line share: running it, and comparing all that it does."""
import os
import shutil
import subprocess
import tempfile
import unittest

WAXWING = os.environ["WAXWING"]
MODULES = os.environ["WAXWING_CLI_MODULES"]


def module(name):
    return os.path.join(MODULES, name + ".wasm")


class CommandCase(unittest.TestCase):
    """Runs commands in an empty folder."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="waxwing-cli-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content)
        return name

    def run_waxwing(self, *args, stdin=b"", env=None, **options):
        if "stdout" not in options:
            options["stdout"] = subprocess.PIPE
        if not hasattr(stdin, "fileno"):
            options["input"] = stdin
        else:
            options["stdin"] = stdin
        return subprocess.run(
            [WAXWING, *args], stderr=subprocess.PIPE, cwd=self.folder, timeout=60,
            env=None if env is None else dict(env), **options)

    def expect(self, args, code=0, out=None, err=None, **options):
        """Runs; `out` is all of the output, `err` (a text or several) is within the messages."""
        done = self.run_waxwing(*args, **options)
        messages = done.stderr.decode()
        self.assertEqual(done.returncode, code, messages)
        if out is not None:
            self.assertEqual(done.stdout.decode(), out)
        if err is None:
            self.assertEqual(messages, "")
        for text in [err] if isinstance(err, str) else err or []:
            self.assertIn(text, messages)
        return done
