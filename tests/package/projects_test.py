"""Projects outside of this tree that use the installed package: by CMake and by pkg-config, from C++ and C."""
import os
import shutil
import unittest

from package_case import CC, CXX, HERE, LIB, PREFIX, VERSION, PackageCase

PRINTED = f"Waxwing {VERSION}\n"
CPP_PRINTED = PRINTED + "cube(3) = 27, heard 27\nunreachable\n"
C_PRINTED = PRINTED + "double(21) = 42\n"


class FindPackage(PackageCase):
    def use(self, project, *options, prefix=PREFIX):
        """Builds and runs the project; whether it is linked with the shared library."""
        self.configure(self.copy_project(project), f"-DCMAKE_PREFIX_PATH={prefix}", *options)
        return self.is_built_with_shared_library(project)

    def is_built_with_shared_library(self, project):
        self.build()
        expected = CPP_PRINTED if project == "cpp_project" else C_PRINTED
        plugin = os.path.join(HERE, "cpp_project", "plugin.wat")
        self.assertEqual(self.run_command(self.path("build", "host"), plugin), expected)
        return "libwaxwing.so.0.1" in self.needed(self.path("build", "host"))

    def test_a_project_in_cpp_gets_the_shared_library(self):
        self.assertTrue(self.use("cpp_project"))

    def test_a_project_without_shared_libraries_gets_the_static_one(self):
        self.assertFalse(self.use("cpp_project", "-DBUILD_SHARED_LIBS=OFF"))

    def test_a_project_in_c_gets_both(self):
        self.assertTrue(self.use("c_project"))
        shutil.rmtree(self.folder)
        os.mkdir(self.folder)
        self.assertFalse(self.use("c_project", "-DBUILD_SHARED_LIBS=OFF"))

    def test_another_compiler_without_exceptions_and_rtti_will_do(self):
        other = "g++" if "clang" in os.path.basename(CXX) else "clang++-19"
        self.assertTrue(self.use("cpp_project", f"-DCMAKE_CXX_COMPILER={other}",
                                 "-DCMAKE_CXX_FLAGS=-fno-exceptions -fno-rtti -Wall -Wextra -Wpedantic -Werror"))

    def test_the_tree_can_be_moved(self):
        moved = shutil.copytree(PREFIX, self.path("moved here"), symlinks=True)
        self.assertTrue(self.use("cpp_project", prefix=moved))

    def change_project(self, old, new):
        project = self.copy_project("cpp_project")
        with open(os.path.join(project, "CMakeLists.txt"), "r+") as file:
            text = file.read()
            self.assertIn(old, text)
            file.seek(0)
            file.write(text.replace(old, new))
            file.truncate()
        return project

    def test_a_component_chooses_the_library(self):
        project = self.change_project("CONFIG REQUIRED", "CONFIG REQUIRED COMPONENTS static")
        self.configure(project, f"-DCMAKE_PREFIX_PATH={PREFIX}")
        self.assertFalse(self.is_built_with_shared_library("cpp_project"))

    def test_a_component_that_is_not_there_is_an_error(self):
        project = self.change_project("CONFIG REQUIRED", "CONFIG REQUIRED COMPONENTS tracing")
        self.assertIn("tracing", self.configure(project, f"-DCMAKE_PREFIX_PATH={PREFIX}", code=1))

    def test_another_version_is_an_error(self):
        for wanted in ("0.0", "0.99", "1.0"):
            project = self.change_project("waxwing 0.1", f"waxwing {wanted}")
            self.assertIn(f'requested version "{wanted}"', self.configure(project, f"-DCMAKE_PREFIX_PATH={PREFIX}", code=1))
            shutil.rmtree(self.folder)
            os.mkdir(self.folder)


class PkgConfig(PackageCase):
    def pkg_config(self, *arguments, prefix_lib=LIB):
        return self.run_command("pkg-config", *arguments, "waxwing",
                                env={"PKG_CONFIG_PATH": os.path.join(prefix_lib, "pkgconfig")}).split()

    def compile(self, *flags):
        project = self.copy_project("c_project")
        strict = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror")
        self.run_command(CC, *strict, os.path.join(project, "main.c"), "-o", "host", *flags)

    def test_a_program_in_c_is_linked_with_the_shared_library(self):
        self.compile(*self.pkg_config("--cflags", "--libs"))
        self.assertEqual(self.run_command(self.path("host"), env={"LD_LIBRARY_PATH": LIB}), C_PRINTED)
        self.assertIn("libwaxwing.so.0.1", self.needed(self.path("host")))

    def test_a_program_in_c_is_linked_statically(self):
        self.compile("-static", *self.pkg_config("--static", "--cflags", "--libs"))
        self.assertEqual(self.run_command(self.path("host")), C_PRINTED)
        self.assertEqual(self.needed(self.path("host")), set())

    def test_the_version_is_told(self):
        self.assertEqual(self.pkg_config("--modversion"), [VERSION])

    def test_the_tree_can_be_moved(self):
        moved = shutil.copytree(PREFIX, self.path("moved"), symlinks=True)
        moved_lib = os.path.join(moved, os.path.relpath(LIB, PREFIX))
        for flag in self.pkg_config("--cflags", "--libs", prefix_lib=moved_lib):
            self.assertNotIn(PREFIX, flag)
        self.compile(*self.pkg_config("--cflags", "--libs", prefix_lib=moved_lib))


if __name__ == "__main__":
    unittest.main()
