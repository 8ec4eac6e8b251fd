"""Waxwing as a part of another project: what is built then, and what of it reaches that project."""
import json
import os
import unittest

from package_case import BUILD_DIR, HERE, SOURCE_DIR, VERSION, PackageCase

# All of Waxwing is compiled here. What another build of this tree has compiled in a folder that lies like this one, ccache
# has, whatever paths it was told to leave out; and what is unchanged since the last time, is here.
KEPT = os.path.join(os.path.dirname(BUILD_DIR), "subproject-" + os.path.basename(BUILD_DIR))
MAIN = os.path.join(HERE, "cpp_project", "main.cpp")


class Subproject(PackageCase):
    def configure_with_waxwing(self, *options):
        project = self.copy_project("subproject")
        return self.configure(project, f"-DWAXWING={SOURCE_DIR}", f"-DMAIN={MAIN}",
                              "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", *options)

    def targets(self):
        lines = self.run_command("ninja", "-C", self.path("build"), "-t", "targets", "all").splitlines()
        return {line.split(":")[0] for line in lines}

    def command_of(self, name):
        with open(self.path("build", "compile_commands.json")) as file:
            commands = [entry["command"] for entry in json.load(file) if entry["file"].endswith("/" + name)]
        self.assertEqual(len(commands), 1, name)
        return commands[0]

    def test_it_is_built_and_linked(self):
        project = os.path.join(HERE, "subproject")
        self.configure(project, f"-DWAXWING={SOURCE_DIR}", f"-DMAIN={MAIN}", "-DWAXWING_WERROR=ON", build=KEPT)
        self.build(build=KEPT)
        plugin = os.path.join(HERE, "cpp_project", "plugin.wat")
        printed = self.run_command(os.path.join(KEPT, "host"), plugin)
        self.assertEqual(printed, f"Waxwing {VERSION}\ncube(3) = 27, heard 27\nunreachable\n")
        self.assertNotIn("libwaxwing.so.0.1", self.needed(os.path.join(KEPT, "host")))
        built = {name for _, _, names in os.walk(KEPT) for name in names}
        self.assertIn("libwaxwing.a", built)
        for name in ("libwaxwing.so", "waxwing-http", "libwaxwing_cli.a"):
            self.assertNotIn(name, built)
        self.run_command("cmake", "--install", KEPT, "--prefix", self.path("prefix"))
        self.assertEqual(os.listdir(self.path("prefix")), ["bin"])
        self.assertEqual(os.listdir(self.path("prefix", "bin")), ["host"])

    def test_the_command_line_and_the_tests_are_off(self):
        self.configure_with_waxwing()
        for target in self.targets():
            self.assertNotRegex(target, r"cli|unit_\w+$|gtest|waxwing/waxwing$|waxwing-http")
        self.assertIn("Total Tests: 1", self.run_command("ctest", "-N", "--test-dir", self.path("build")))

    def test_nothing_reaches_the_project(self):
        self.configure_with_waxwing("-DCMAKE_BUILD_TYPE=")
        with open(self.path("build", "facts.txt")) as file:
            for line in file:
                self.assertRegex(line, r": \n$")
        for flag in ("-std=", "-W", "-march", "-fvisibility", "-fPIC", "-fno-", "ccache"):
            self.assertNotIn(flag, self.command_of("bystander.c"))
        for flag in ("-W", "-march", "-fvisibility", "-ffunction-sections", "-fno-"):
            self.assertNotIn(flag, self.command_of("main.cpp"))
        self.assertNotIn("-Werror", self.command_of("code_target.cpp"))

    def test_fetch_content_will_do(self):
        self.configure_with_waxwing("-DFETCHED=ON")
        self.assertIn("host", self.targets())
        self.assertIn("include", self.command_of("main.cpp"))

    def test_shared_where_the_project_says_so(self):
        self.configure_with_waxwing("-DBUILD_SHARED_LIBS=ON")
        inputs = self.run_command("ninja", "-C", self.path("build"), "-t", "query", "host")
        self.assertIn("libwaxwing.so", inputs)
        self.assertNotIn("libwaxwing.a", inputs)


if __name__ == "__main__":
    unittest.main()
