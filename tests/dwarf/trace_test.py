"""Source lines in the traces of the command line, of each engine, and of modules from a cache and from artefacts."""
import os
import subprocess
import tempfile
import unittest

WAXWING = os.environ["WAXWING"]
MODULES = os.environ["WAXWING_DWARF_MODULES"]
ENGINES = os.environ["WAXWING_TEST_ENGINES"].split()


class Traces(unittest.TestCase):
    def stderr(self, *args):
        done = subprocess.run([WAXWING, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(done.returncode, 134, done.stderr)
        return done.stderr.decode()

    def expect_lines(self, text):
        lines = text.split("\n")
        self.assertIn("integer divide by zero", lines[0])
        self.assertRegex(lines[1], r"^  0: divider[45]!share \(func \d+, offset 0x[0-9a-f]+\)$")
        self.assertRegex(lines[2], r"^       at /.*/divider\.c:6:19 \(divide, inlined\)$")
        self.assertRegex(lines[3], r"^       at /.*/divider\.c:10:21$")
        self.assertRegex(lines[4], r"^  1: divider[45]!(main|__main_argc_argv|__original_main) \(")
        self.assertRegex(lines[5], r"^       at /.*/divider\.c:22:10$")

    def run_each(self, module, *args):
        for engine in ENGINES:
            with self.subTest(engine=engine, module=module):
                self.expect_lines(self.stderr("--engine", engine, *args, module))

    def test_lines_and_inlined_functions(self):
        for version in (4, 5):
            self.run_each(os.path.join(MODULES, f"divider{version}.wasm"))

    def test_modules_from_a_cache_have_them_too(self):
        module = os.path.join(MODULES, "divider5.wasm")
        with tempfile.TemporaryDirectory() as folder:
            self.run_each(module, "--cache-dir", folder)
            self.run_each(module, "--cache-dir", folder, "--cache-require-hit")

    def test_artefacts_have_them_too(self):
        with tempfile.TemporaryDirectory() as folder:
            for engine in ENGINES:
                artefact = os.path.join(folder, engine, "divider.cwasm")
                os.mkdir(os.path.dirname(artefact))
                subprocess.run([WAXWING, "compile", "--engine", engine, "-o", artefact,
                                os.path.join(MODULES, "divider5.wasm")], check=True)
                text = self.stderr("--engine", engine, "--allow-precompiled", artefact)
                self.assertRegex(text, r"\n       at /.*/divider\.c:6:19 \(divide, inlined\)\n")

    def test_they_can_be_left_out(self):
        text = self.stderr("--no-source-lines", os.path.join(MODULES, "divider5.wasm"))
        self.assertIn("!share (func", text)
        self.assertNotIn(" at ", text)


if __name__ == "__main__":
    unittest.main()
