"""An example as a project of its own: a copy outside of this tree that finds the installed package."""
import os
import shutil
import unittest

from package_case import PREFIX, PackageCase

EXAMPLE = os.environ["WAXWING_EXAMPLE"]
WARNINGS = "-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror"
COMPILERS = [("g++", "OFF"), ("clang++-19", "ON")]  # and whether the library is the shared one


class Alone(PackageCase):
    def test_it_builds_without_exceptions_by_both_compilers_and_runs(self):
        project = shutil.copytree(EXAMPLE, self.path("project"))
        with open(os.path.join(EXAMPLE, "expected.txt"), encoding="utf-8") as file:
            expected = file.read()
        for compiler, is_shared in COMPILERS:
            with self.subTest(compiler=compiler):
                self.configure(project, f"-DCMAKE_PREFIX_PATH={PREFIX}", f"-DCMAKE_CXX_COMPILER={compiler}",
                               f"-DCMAKE_CXX_FLAGS=-fno-exceptions -fno-rtti {WARNINGS}",
                               f"-DBUILD_SHARED_LIBS={is_shared}", "-DCMAKE_BUILD_TYPE=Debug", build=compiler)
                self.build(build=compiler)
                program = self.path(compiler, os.path.basename(EXAMPLE))
                self.assertEqual("libwaxwing.so.0.1" in self.needed(program), is_shared == "ON")
                self.assertEqual(self.run_command(program, cwd=project), expected)


if __name__ == "__main__":
    unittest.main()
