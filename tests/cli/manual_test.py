"""The pages of the manual: that man's formatters have nothing to say of them, and that they say what help says."""
import os
import shutil
import subprocess
import unittest

from command_case import CommandCase
from completion_test import options_of_help


class Manual(CommandCase):
    def setUp(self):
        super().setUp()
        os.mkdir(self.path("man"))
        self.expect(["man", "-o", "man"], out="")
        self.pages = sorted(os.listdir(self.path("man")))

    def page(self, name):
        with open(self.path(os.path.join("man", name))) as file:
            return file.read()

    def commands(self):
        text = self.expect(["help"]).stdout.decode().split("commands:\n")[1].split("\n\n")[0]
        return [line.split()[0] for line in text.splitlines()]

    def test_every_command_has_a_page(self):
        commands = [name for name in self.commands() if name != "help"]
        self.assertGreater(len(commands), 10)
        self.assertEqual(self.pages, sorted(["waxwing.1"] + [f"waxwing-{name}.1" for name in commands]))
        for name in commands:
            self.assertIn(f"\\fB{name}\\fR", self.page("waxwing.1"))
            self.assertEqual(self.expect(["man", name]).stdout.decode(), self.page(f"waxwing-{name}.1"))
        self.assertEqual(self.expect(["man"]).stdout.decode(), self.page("waxwing.1"))

    def test_every_option_of_help_is_in_its_page(self):
        for name in self.commands():
            text = self.expect(["help", name]).stdout.decode()
            if name == "help":
                continue
            for option in options_of_help(text):
                self.assertIn("\\fB" + option.replace("-", "\\-") + "\\fR", self.page(f"waxwing-{name}.1"))
        for option in ("max-bytes", "repair", "enable"):
            self.assertIn(option.replace("-", "\\-"), self.page("waxwing-cache.1"))

    def test_examples_stand_as_they_are_typed(self):
        self.assertIn(".SH \"EXAMPLES\"\n.nf\nwaxwing hello.wasm\n", self.page("waxwing-run.1"))
        for page in self.pages:
            self.assertNotRegex(self.page(page), r"[^\\]--?[a-z]")

    def test_variables_of_the_environment_are_named(self):
        for name in ("WAXWING_CACHE_DIR", "WAXWING_CACHE_REMOTE", "XDG_CACHE_HOME", "HOME"):
            self.assertIn(f"\\fB{name}\\fR", self.page("waxwing.1"))

    def warnings(self, *command):
        if shutil.which(command[0]) is None:
            self.skipTest(f"{command[0]} is not there")
        found = []
        for page in self.pages:
            done = subprocess.run([*command, self.path(os.path.join("man", page))], stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, timeout=60)
            found += done.stdout.splitlines()
        return found

    def test_groff_warns_of_nothing(self):
        self.assertEqual(self.warnings("groff", "-ww", "-man", "-Tutf8", "-z"), [])

    def test_mandoc_warns_of_nothing_but_that_pages_have_no_date(self):
        found = self.warnings("mandoc", "-Tlint", "-Wwarning")
        self.assertEqual([line for line in found if "missing date" not in line], [])

    def test_a_formatter_is_heard(self):
        with open(self.path("man/waxwing.1"), "a") as file:
            file.write(".nosuchrequest\n")
        self.assertNotEqual(self.warnings("groff", "-ww", "-man", "-Tutf8", "-z"), [])

    def test_wrong_usage(self):
        self.expect(["man", "rum"], code=2, err="did you mean waxwing run?")
        self.expect(["man", "-o", "man", "run"], code=2, err="directory for all pages")
        self.expect(["man", "-o", "missing"], code=1, err="missing/waxwing.1")


if __name__ == "__main__":
    unittest.main()
