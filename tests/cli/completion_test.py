"""Completion in bash and fish as their users meet it, and for zsh that it reads it; all is said that help says."""
import os
import re
import shutil
import subprocess
import unittest

from command_case import CommandCase

SHELLS = ("bash", "zsh", "fish")
WITH_OPTIONS = ("run", "compile", "validate", "inspect", "wast", "wat2wasm", "wasm2wat", "dump", "cache prune", "cache ls",
                "cache warm", "man")

BASH = """
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
$(complete -p waxwing | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
printf '%s\\n' "${COMPREPLY[@]}"
"""


def options_of_help(text):
    """The long options that a help text lists, and whether each takes a value."""
    section = text.split("\noptions:\n")[1].split("\n\n")[0]
    return {match[1]: bool(match[2]) for match in re.finditer(r"^  (?:-\w,)?(--[\w-]+)( [^ ]+)?", section, re.M)}


class Completion(CommandCase):
    def setUp(self):
        super().setUp()
        for shell in SHELLS:
            self.write(shell, self.expect(["completion", shell]).stdout)
        os.mkdir(self.path("folder"))
        self.write("folder/a b.wasm", b"")
        self.write("folder/c.wat", b"")

    def script(self, shell):
        with open(self.path(shell)) as file:
            return file.read()

    def output(self, *command):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=self.folder,
                              timeout=60, env=os.environ | {"HOME": self.folder})
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def bash(self, *words):
        """What bash completes the last word with."""
        lines = self.output("bash", "--norc", "-c", BASH, "bash", "./bash", "waxwing", *words).split("\n")[:-1]
        return [] if lines == [""] else lines

    def needs(self, shell):
        if shutil.which(shell) is None:
            self.skipTest(f"{shell} is not there")

    def test_every_shell_reads_its_script(self):
        for shell in SHELLS:
            with self.subTest(shell):
                self.needs(shell)
                self.assertEqual(self.output(shell, "-n", shell), "")

    def test_all_options_of_help_are_in_all_scripts(self):
        scripts = {shell: self.script(shell) for shell in SHELLS}
        for command in WITH_OPTIONS:
            listed = options_of_help(self.expect(["help", *command.split()]).stdout.decode())
            self.assertGreater(len(listed), 1)
            for option in listed:
                self.assertIn(option, self.bash(*command.split(), "--"))
                self.assertIn(option, scripts["zsh"])
                self.assertRegex(scripts["fish"], rf"__waxwing_is {command}'.* -l {option[2:]} ")

    def test_options_for_tests_are_in_none(self):
        for shell in SHELLS:
            self.assertNotIn("gc-stress", self.script(shell))

    def test_every_value_that_is_offered_is_taken(self):
        offers = re.findall(r"__waxwing_is (\w+)' -l ([\w-]+) -x -a '([^(']+)'", self.script("fish"))
        self.assertGreater(len(offers), 8)
        for command, option, values in offers:
            for value in values.split():
                if (command, value) == ("compile", "lazy"):
                    continue  # another command's, with the other options of engines
                done = self.run_waxwing(command, f"--{option}={value}", "missing.wasm")
                self.assertNotEqual(done.returncode, 2, f"{command} --{option}={value}: {done.stderr.decode()}")

    def test_bash_completes_commands_and_files(self):
        self.assertEqual(self.bash("va"), ["validate"])
        self.assertIn("folder", self.bash(""))
        self.assertIn("run", self.bash(""))
        self.assertEqual(self.bash("cache", "pr"), ["prune"])
        self.assertEqual(self.bash("help", "wa"), ["wast", "wat2wasm", "wasm2wat"])
        self.assertEqual(self.bash("completion", ""), list(SHELLS))
        self.assertEqual(self.bash("validate", "folder/a"), ["folder/a b.wasm"])
        self.assertEqual(self.bash("version", ""), [])

    def test_bash_completes_options(self):
        self.assertEqual(self.bash("run", "--eng"), ["--engine"])
        self.assertEqual(self.bash("--eng"), ["--engine"])
        self.assertEqual(self.bash("--dir", "folder", "--eng"), ["--engine"])
        self.assertEqual(self.bash("cache", "prune", "--max-b"), ["--max-bytes"])
        self.assertEqual(self.bash("inspect", "--eng"), [])

    def test_bash_completes_values(self):
        self.assertEqual(self.bash("run", "--engine", "base"), ["baseline"])
        for words in (("--engine", "=", "base"), ("compile", "--engine", "=", "base")):
            self.assertEqual(self.bash(*words), ["baseline"])
        self.assertEqual(self.bash("dump", "--stage", "="), ["module", "validate", "asm"])
        self.assertEqual(self.bash("validate", "--disable", "sim"), ["simd"])
        self.assertEqual(self.bash("--dir", ""), ["folder"])
        self.assertEqual(self.bash("compile", "-o", "folder/c"), ["folder/c.wat"])
        self.assertEqual(self.bash("--timeout", ""), [])

    def test_behind_a_program_all_is_its_own(self):
        self.assertEqual(self.bash("run", "a.wasm", "--"), [])
        self.assertEqual(self.bash("a.wasm", "--eng"), [])
        self.assertEqual(self.bash("a.wasm", "folder/c"), ["folder/c.wat"])

    def fish(self, line):
        lines = self.output("fish", "--no-config", "-c", f"source ./fish; complete -C '{line}'").splitlines()
        return [text.split("\t")[0] for text in lines]

    def test_fish_completes_all_of_them(self):
        self.needs("fish")
        for line, expected in (("va", ["validate"]), ("cache pr", ["prune"]), ("run --eng", ["--engine"]),
                               ("--eng", ["--engine"]), ("run --engine base", ["baseline"]),
                               ("--engine=base", ["--engine=baseline"]), ("cache prune --max-b", ["--max-bytes"]),
                               ("completion ", sorted(SHELLS)), ("validate --disable simd", ["simd"]),
                               ("compile --cache-dir fol", ["folder/"]), ("a.wasm --eng", []), ("version ", [])):
            self.assertEqual(self.fish("waxwing " + line), expected, line)

    def test_zsh_completes_when_it_is_sourced(self):
        self.needs("zsh")
        loaded = self.output("zsh", "-f", "-c", "autoload -Uz compinit; compinit -u -D; source ./zsh; echo $_comps[waxwing]")
        self.assertEqual(loaded, "_waxwing\n")

    def test_another_shell_is_wrong_usage(self):
        self.expect(["completion", "tcsh"], code=2, err="no completion for 'tcsh'")
        self.expect(["completion"], code=2, err="no shell")
        self.expect(["completion", "bash", "zsh"], code=2, err="unexpected argument")


if __name__ == "__main__":
    unittest.main()
