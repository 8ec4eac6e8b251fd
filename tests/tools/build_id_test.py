#!/usr/bin/env python3
"""What changes the id of a build, and what does not: cmake/build_id.cmake on small trees, and the lists of a real build.

usage: build_id_test.py CMAKE SOURCE_DIR BUILD_DIR
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CMAKE, SOURCE_DIR, BUILD_DIR = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
SCRIPT = SOURCE_DIR / "cmake/build_id.cmake"
TEMPLATE = SOURCE_DIR / "src/engine/build_id.cpp.in"
SOURCES = {"abi/a.h": "int a;\n", "baseline/b.cpp": "int b; // [x]; \"y\" \\z ${w}\n", "syntax/x y.h": "\n"}
CHECKED_LAYERS = ("base", "cache", "platform", "baseline", "engine")


def ids_of(text):
    """The build id and the hash of the ABI in a filled-in template."""
    return tuple(re.search(name + r'\(\) { return "([0-9a-f]{64})"; }', text)[1] for name in ("build_id", "abi_hash"))


def ids(sources, abi=("abi/a.h",), facts="compiler Clang 19\nflags -O3\n", reverse=False):
    """The ids of a tree made for this call, in a directory of another name each time."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for name, content in sources.items():
            (folder / "src" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "src" / name).write_text(content)
        (folder / "all").write_text("".join(name + "\n" for name in sorted(sources, reverse=reverse)))
        (folder / "abi").write_text("".join(name + "\n" for name in abi))
        (folder / "facts").write_text(facts)
        subprocess.run([CMAKE, f"-DROOT={folder}/src", f"-DALL={folder}/all", f"-DABI={folder}/abi",
                        f"-DFACTS={folder}/facts", f"-DTEMPLATE={TEMPLATE}", f"-DOUTPUT={folder}/out.cpp",
                        "-P", SCRIPT], check=True, cwd=folder)
        return ids_of((folder / "out.cpp").read_text())


class BuildId(unittest.TestCase):
    def setUp(self):
        self.build_id, self.abi_hash = ids(SOURCES)

    def test_the_same_sources_elsewhere_have_the_same_ids(self):
        self.assertEqual(ids(SOURCES), (self.build_id, self.abi_hash))
        self.assertEqual(ids(SOURCES, reverse=True), (self.build_id, self.abi_hash))

    def test_a_changed_source_changes_the_build_id_alone(self):
        build_id, abi_hash = ids(SOURCES | {"baseline/b.cpp": "int c;\n"})
        self.assertNotEqual(build_id, self.build_id)
        self.assertEqual(abi_hash, self.abi_hash)

    def test_a_changed_source_of_the_abi_changes_both(self):
        build_id, abi_hash = ids(SOURCES | {"abi/a.h": "int c;\n"})
        self.assertNotEqual(build_id, self.build_id)
        self.assertNotEqual(abi_hash, self.abi_hash)

    def test_new_renamed_and_exchanged_sources_change_the_build_id(self):
        renamed = {name.replace("b.cpp", "c.cpp"): content for name, content in SOURCES.items()}
        exchanged = SOURCES | {"abi/a.h": SOURCES["baseline/b.cpp"], "baseline/b.cpp": SOURCES["abi/a.h"]}
        for other in (SOURCES | {"abi/new.h": ""}, renamed, exchanged):
            self.assertNotEqual(ids(other)[0], self.build_id)

    def test_another_compiler_changes_the_build_id_alone(self):
        build_id, abi_hash = ids(SOURCES, facts="compiler GNU 12\nflags -O3\n")
        self.assertNotEqual(build_id, self.build_id)
        self.assertEqual(abi_hash, self.abi_hash)


class ThisBuild(unittest.TestCase):
    def lines(self, name):
        return (BUILD_DIR / "build_id" / name).read_text().splitlines()

    def test_every_source_of_the_engine_counts_and_none_of_the_command_line(self):
        listed = self.lines("all.txt")
        self.assertEqual(len(listed), len(set(listed)))
        for layer in CHECKED_LAYERS:
            if not any(path.startswith(layer + "/") for path in listed) and layer == "cache":
                continue  # the engine does not use it
            present = [path.relative_to(SOURCE_DIR / "src").as_posix()
                       for path in (SOURCE_DIR / "src" / layer).rglob("*") if path.suffix in (".cpp", ".h", ".def")]
            self.assertEqual(sorted(present), sorted(path for path in listed if path.startswith(layer + "/")))
        self.assertFalse([path for path in listed if path.startswith(("cli/", "wasi/", "text/"))])

    def test_what_the_abi_is_made_of_counts(self):
        listed = self.lines("abi.txt")
        for path in ("abi/vm_context.h", "abi/builtins.def", "codegen/stubs.h", "codegen/x64/stubs.cpp",
                     "syntax/traps.def", "runtime/heap_object.h"):
            self.assertIn(path, listed)
        self.assertLess(set(listed), set(self.lines("all.txt")))

    def test_no_path_of_this_machine_is_a_fact_of_the_build(self):
        facts = "\n".join(self.lines("facts.txt"))
        self.assertIn("compiler ", facts)
        self.assertNotRegex(facts, r"-W[^alp]|-W[alp][^,]")
        for folder in (SOURCE_DIR, BUILD_DIR, Path.home()):
            self.assertNotIn(os.fspath(folder) + "/", facts)

    def test_the_ids_of_this_build_are_those_of_its_lists(self):
        with tempfile.TemporaryDirectory() as folder:
            lists = BUILD_DIR / "build_id"
            output = Path(folder) / "again.cpp"
            subprocess.run([CMAKE, f"-DROOT={SOURCE_DIR}/src", f"-DALL={lists}/all.txt", f"-DABI={lists}/abi.txt",
                            f"-DFACTS={lists}/facts.txt", f"-DTEMPLATE={TEMPLATE}", f"-DOUTPUT={output}", "-P", SCRIPT],
                           check=True)
            self.assertEqual(output.read_text(), (lists / "build_id.cpp").read_text())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
