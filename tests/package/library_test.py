"""The shared library from outside: what it shows, what it needs, its size, and that it can be loaded by hand."""
import os
import re
import unittest

from package_case import BUILD_DIR, CC, HERE, LIB, PREFIX, SOURCE_DIR, VERSION, PackageCase

SHARED = os.path.join(LIB, "libwaxwing.so")
MAX_STRIPPED_BYTES = 3 << 20
C_LIBRARY = {"libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}
CPP_LIBRARY = {"libstdc++.so.6", "libgcc_s.so.1"}
VERSION_NODE = "WAXWING_0"


class Library(PackageCase):
    def test_it_has_a_name_for_each_version(self):
        real = os.path.join(LIB, "libwaxwing.so." + VERSION)
        self.assertTrue(os.path.isfile(real) and not os.path.islink(real))
        for name in ("libwaxwing.so", "libwaxwing.so.0.1"):
            self.assertEqual(os.path.realpath(os.path.join(LIB, name)), os.path.realpath(real))
        self.assertIn("Library soname: [libwaxwing.so.0.1]", self.run_command("readelf", "-dW", SHARED))

    def test_it_needs_the_languages_libraries_alone(self):
        self.assertLessEqual(self.needed(SHARED), C_LIBRARY | CPP_LIBRARY)

    def test_nothing_of_this_machine_and_no_text_relocation_is_in_it(self):
        dynamic = self.run_command("readelf", "-dW", SHARED)
        for word in ("RPATH", "RUNPATH", "TEXTREL"):
            self.assertNotIn(word, dynamic)
        for word in ("NODELETE", "NOW"):
            self.assertIn(word, dynamic)
        segments = self.run_command("readelf", "-lW", SHARED)
        self.assertRegex(segments, r"GNU_STACK +\S+ +\S+ +\S+ +\S+ +\S+ +RW ")
        self.assertNotRegex(segments, r"LOAD .* RWE ")

    def exported(self):
        """The names that it shows, as it writes them, without their version."""
        lines = self.run_command("nm", "-D", "--defined-only", "--with-symbol-versions", SHARED).splitlines()
        names = []
        for line in lines:
            _, kind, name = line.split(maxsplit=2)
            if kind == "A":
                continue  # the version itself
            self.assertTrue(name.endswith("@@" + VERSION_NODE), name)
            names.append(name.removesuffix("@@" + VERSION_NODE))
        return names

    def test_it_shows_the_public_names_alone(self):
        with open(os.path.join(SOURCE_DIR, "src", "CMakeLists.txt")) as file:
            layers = re.findall(r"^layer\((\w+)", file.read(), re.M)
        internal = "|".join(f"{len(layer)}{layer}" for layer in layers + ["detail"])
        names = self.exported()
        self.assertIn("waxwing_version", names)
        for name in names:
            self.assertRegex(name, r"^(wasm_|waxwing_|_ZNK?7waxwing|_ZT[VIS]N7waxwing)")
            layer = re.match(rf"_Z(?:T[VIS])?NK?7waxwing({internal})[^v]", name)
            self.assertFalse(layer and not layer[1].endswith("detail"), name)

    def test_all_of_the_c_api_is_in_it(self):
        names = set()
        for layer in ("api", "c_api"):
            archive = os.path.join(BUILD_DIR, "src", f"libwaxwing_{layer}.a")
            names.update(re.findall(r" T ((?:wasm|waxwing)_\w+)$", self.run_command("nm", archive), re.M))
        self.assertGreater(len(names), 300)
        self.assertLessEqual(names, set(self.exported()))

    def test_what_headers_declare_is_in_it(self):
        declared = set()
        for folder, _, files in os.walk(os.path.join(PREFIX, "include")):
            for name in files:
                if folder.endswith("waxwing") and name.endswith((".h")):
                    with open(os.path.join(folder, name)) as file:
                        declared.update(re.findall(r"^(?!#).*\b(waxwing_\w+)\(", file.read(), re.M))
        self.assertIn("waxwing_version", declared)
        self.assertLessEqual(declared, set(self.exported()))

    def test_nothing_runs_when_it_is_loaded(self):
        symbols = self.run_command("nm", SHARED)
        self.assertNotIn("_GLOBAL__sub_I", symbols)
        self.assertNotIn("__cxx_global_var_init", symbols)

    def test_its_size_is_bounded(self):
        self.run_command("strip", "-o", self.path("stripped.so"), SHARED)
        self.assertLessEqual(os.path.getsize(self.path("stripped.so")), MAX_STRIPPED_BYTES)

    def test_it_can_be_loaded_by_hand_and_let_go(self):
        self.run_command(CC, "-std=c99", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Werror",
                         "-I" + os.path.join(PREFIX, "include"), os.path.join(HERE, "dlopen.c"), "-o", "dlopen", "-ldl")
        self.assertEqual(self.run_command(self.path("dlopen"), SHARED), "fine\n")


if __name__ == "__main__":
    unittest.main()
