#!/usr/bin/env python3
"""Checks what CMake cannot of the architecture and the conventions; the layers are those of src/CMakeLists.txt.

usage: check_layers.py [ROOT] | --self-test
Prints one line for each fault, `path:line: what is wrong and how to mend it`, and then exits with 1.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

MAX_LINES = 650  # of a file under src/; tables (.def) are exempt
CODE = {".h", ".cpp"}
TEXT = CODE | {".c", ".cc", ".cmake", ".def", ".json", ".md", ".mjs", ".py", ".sh", ".txt", ".yml", ""}
TWINS = ("x64", "arm64")  # folders of a layer that must hold the same file names, once it has both

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')
LAYER = re.compile(r"^waxwing_layer\(([^)]+)\)", re.M)
NAMESPACE = re.compile(r"\s*namespace\s+waxwing\b(::\w+)?")
FORWARD = re.compile(r"(?:class|struct) \w+;")
ARCHITECTURE = re.compile(r"\s*#\s*(?:el)?if.*\b(?:__x86_64__|__aarch64__|__i386__|__arm__)\b")
UNFINISHED = re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X]|HAC[K])\b")  # brackets, so that it does not find itself
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|root|Users)/|/home/(?!user\b)\w+")

# Headers outside src/ that a layer may include with <>: C++'s own everywhere, and what follows.
OS_WRAPPERS = {"csignal", "ctime", "filesystem", "fstream"}  # C++'s own, but they are the operating system
EVERYWHERE = {"immintrin.h", "nmmintrin.h", "arm_neon.h"}  # instructions of the processor, not of the system
LIBRARIES = {"cli": ("CLI/", "nlohmann/")}

# The layers that implement the headers in include/, and the namespaces of the public API that they write besides their own.
PUBLIC_LAYERS = {"api", "c_api"}
PUBLIC_NAMESPACES = {None, "::detail"}
C_HEADERS = {"stdbool.h", "stddef.h", "stdint.h", "string.h", "assert.h"}  # what a public header of C may include
LIBRARY_PARTS = {"bits/chrono.h", "bits/std_function.h"}  # where __has_include says that the standard library has them


def read_layers(root):
    """The layers in order, each with the set of layers that it names."""
    lines = LAYER.findall((root / "src/CMakeLists.txt").read_text())
    return {words[0]: set(words[1:]) for words in (line.split() for line in lines)}


def tracked_files(root):
    """Paths below `root` that git has or would add; every file where there is no git."""
    try:
        listing = subprocess.run(
            ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            capture_output=True, check=True, text=True).stdout.split("\0")
        paths = [Path(name) for name in listing if name]
    except (subprocess.CalledProcessError, FileNotFoundError):
        paths = [path.relative_to(root) for path in root.rglob("*")]
    return [path for path in sorted(set(paths)) if (root / path).is_file()]


def check_system_include(layer, name):
    """The fault of `#include <name>` in `layer`, or None."""
    if layer == "platform" or name in EVERYWHERE or name.startswith(LIBRARIES.get(layer, ())):
        return None
    if "." not in name and "/" not in name and name not in OS_WRAPPERS:
        return None
    return f"<{name}> belongs to the operating system or a library; only src/platform may include it"


def check_local_include(root, layers, layer, name):
    """The fault of `#include "name"` in `layer`, or None."""
    target = name.split("/")[0]
    if layer in PUBLIC_LAYERS and (root / "include" / name).is_file():
        return None
    if ".." in name.split("/") or target not in layers or not (root / "src" / name).is_file():
        return f'"{name}" is no file of a layer; write "layer/file.h", from src/'
    if target != layer and target not in layers[layer]:
        return f'layer {layer} may not use {target}: "{name}" (src/CMakeLists.txt says who may use whom)'
    return None


def check_includes(root, layers, layer, path, lines):
    own = path.relative_to("src").with_suffix(".h").as_posix() if path.parts[0] == "src" else None
    first = True
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        bracket, name = match.groups()
        if bracket == '"' and not own and (root / path.parent / name).is_file():
            fault = None  # a test's own helper
        elif bracket == '"':
            fault = check_local_include(root, layers, layer, name)
        else:
            fault = check_system_include(layer, name) if own else None
        if fault:
            yield number, fault
        if first and own and path.suffix == ".cpp" and (root / "src" / own).is_file() and name != own:
            yield number, f'its own header "{own}" must come first, to show that it compiles alone'
        first = False


def check_source(layer, path, lines):
    if path.suffix == ".h":
        directives = (line.strip() for line in lines if line.lstrip().startswith("#"))
        if next(directives, "") != "#pragma once":
            yield 1, "a header opens with #pragma once"
    if len(lines) > MAX_LINES:
        yield MAX_LINES, f"{len(lines)} lines; divide what grows over {MAX_LINES} into rooms"
    for number, line in enumerate(lines, 1):
        match = NAMESPACE.match(line)
        foreign = match and match.group(1) != f"::{layer}"
        if layer in PUBLIC_LAYERS and match and match.group(1) in PUBLIC_NAMESPACES:
            foreign = False
        if foreign and not FORWARD.match("".join(lines[number:number + 1])):
            yield number, f"code of src/{layer} lives in namespace waxwing::{layer}"
        if layer != "platform" and ARCHITECTURE.match(line):
            yield number, "only src/platform may ask for the processor's architecture"


def check_public_header(root, path, lines):
    """Public headers need nothing but C++'s and C's own headers, and each other; those of C have classic guards."""
    directives = (line.strip() for line in lines if line.lstrip().startswith("#"))
    if not next(directives, "").startswith(("#pragma once", "#ifndef ")):
        yield 1, "a header opens with #pragma once"
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        bracket, name = match.groups()
        if bracket == '"' and not (root / "include" / name).is_file():
            yield number, f'"{name}" is no public header; a program that includes this one has nothing else'
        elif bracket == "<" and "." in name and name not in C_HEADERS | LIBRARY_PARTS:
            yield number, f"<{name}> is not the language's own; public headers need nothing else"


def check_twins(root, layers):
    for layer in layers:
        folders = [root / "src" / layer / twin for twin in TWINS]
        if not all(folder.is_dir() for folder in folders):
            continue
        names = [{file.name for file in folder.glob("*")} for folder in folders]
        for mine, other, has, lacks in ((names[0], names[1], *TWINS), (names[1], names[0], *TWINS[::-1])):
            for name in sorted(mine - other):
                yield Path("src") / layer / has / name, 1, f"src/{layer}/{lacks} has no file of this name"


def check_text(lines):
    for number, line in enumerate(lines, 1):
        if UNFINISHED.search(line):
            yield number, "do it now or open an issue; no notes to self in the files"
        if MACHINE_PATH.search(line):
            yield number, "a path of one machine; take it from the environment or the checkout"


def check_tree(root):
    """Yields (path, line, fault) for the whole repository."""
    layers = read_layers(root)
    for path in tracked_files(root):
        if path.suffix not in TEXT:
            continue
        lines = (root / path).read_text(errors="replace").splitlines()
        found = list(check_text(lines)) if path.name != "LICENSE" else []
        if path.parts[0] == "src" and path.suffix in CODE | {".def"} and len(path.parts) > 2:
            layer = path.parts[1]
            if layer not in layers:
                found.append((1, f"src/CMakeLists.txt has no waxwing_layer({layer})"))
            elif path.suffix in CODE:
                found += check_includes(root, layers, layer, path, lines)
                found += check_source(layer, path, lines) if path.name != "main.cpp" else ()
        elif path.parts[0] == "include" and path.suffix == ".h":
            found += check_public_header(root, path, lines)
        elif path.parts[:2] == ("tests", "unit") and path.suffix in CODE and path.parts[2] in layers:
            found += check_includes(root, layers, path.parts[2], path, lines)
        yield from ((path, number, fault) for number, fault in found)
    yield from check_twins(root, layers)


def self_test():
    """Each fault, in a small tree of its own, must be reported; the faultless tree must not be."""
    sound = {
        "src/CMakeLists.txt": "waxwing_layer(base)\nwaxwing_layer(platform base)\nwaxwing_layer(syntax   base)\n"
                              "waxwing_layer(api base)\n",
        "include/waxwing/p.h": '#pragma once\n#include <stdint.h>\n#include "waxwing/q.h"\nnamespace waxwing {}\n',
        "include/waxwing/q.h": "#pragma once\n#include <vector>\n",
        "src/api/p.cpp": '#include "waxwing/p.h"\nnamespace waxwing {}\nnamespace waxwing::api {}\n',
        "src/base/a.h": "// A.\n#pragma once\nnamespace waxwing::base {}\n",
        "src/base/a.cpp": '#include "base/a.h"\n#include <vector>\nnamespace waxwing::base {}\n',
        "src/platform/os.cpp": "#include <unistd.h>\n#ifdef __x86_64__\n#endif\n",
        "src/syntax/b.cpp": '#include "base/a.h"\nnamespace waxwing::syntax {}\n',
        "src/syntax/c.h": "#pragma once\nnamespace waxwing::base {\nclass A;\n}\nnamespace waxwing::syntax {}\n",
        "tests/unit/syntax/b_test.cpp": '#include <gtest/gtest.h>\n#include "base/a.h"\n#include "helper.h"\n',
        "tests/unit/syntax/helper.h": "#pragma once\n#include <unistd.h>\n",
        "src/syntax/x64/twin.cpp": "\n",
        "src/syntax/arm64/twin.cpp": "\n",
        "src/base/x64/alone.cpp": "\n",
    }
    note = "TO" + "DO"
    machine = "/" + "work/main"
    faulty = [  # a file, its text, and words of the fault
        ("src/base/up.cpp", '#include "syntax/s.h"\n', "may not use syntax"),
        ("src/syntax/u.cpp", '#include "../base/a.h"\n', "is no file of a layer"),
        ("src/syntax/u.cpp", '#include "base/none.h"\n', "is no file of a layer"),
        ("src/syntax/u.cpp", "#include <sys/mman.h>\n", "only src/platform may include"),
        ("src/syntax/u.cpp", "#include <fcntl.h>\n", "only src/platform may include"),
        ("src/syntax/u.cpp", "#include <csignal>\n", "only src/platform may include"),
        ("src/syntax/s.cpp", '#include <vector>\n#include "syntax/s.h"\n', "must come first"),
        ("src/syntax/t.h", "#include <vector>\n#pragma once\n", "opens with #pragma once"),
        ("src/syntax/t.h", "#pragma once\nnamespace waxwing::base {}\n", "waxwing::syntax"),
        ("src/syntax/t.h", "#pragma once\nnamespace waxwing {}\n", "waxwing::syntax"),
        ("src/syntax/t.h", "#pragma once\n#if defined(__aarch64__)\n#endif\n", "architecture"),
        ("src/syntax/long.cpp", "\n" * (MAX_LINES + 1), "divide what grows"),
        ("src/attic/old.cpp", "\n", "has no waxwing_layer(attic)"),
        ("src/syntax/x64/emit.cpp", "\n", "arm64 has no file of this name"),
        ("src/syntax/arm64/emit.cpp", "\n", "x64 has no file of this name"),
        ("tests/unit/base/a_test.cpp", '#include "syntax/s.h"\n', "may not use syntax"),
        ("include/waxwing/r.h", '#pragma once\n#include "base/a.h"\n', "no public header"),
        ("include/waxwing/r.h", "#pragma once\n#include <unistd.h>\n", "not the language's own"),
        ("include/waxwing/r.h", "#include <vector>\n", "opens with #pragma once"),
        ("src/syntax/u.cpp", '#include "waxwing/p.h"\n', "is no file of a layer"),
        ("src/api/u.cpp", "namespace waxwing::base {}\n", "waxwing::api"),
        ("docs/plan.md", f"{note}: write\n", "no notes to self"),
        ("dev", f"cd {machine}\n", "a path of one machine"),
    ]
    failures = 0
    for name, text, words in [(None, None, None)] + faulty:
        with tempfile.TemporaryDirectory() as folder:
            files = sound | {"src/syntax/s.h": "#pragma once\n"} | ({name: text} if name else {})
            for path, content in files.items():
                (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
                (Path(folder) / path).write_text(content)
            faults = [(str(path), fault) for path, _, fault in check_tree(Path(folder))]
        expected = [name] if name else []
        if [path for path, _ in faults] != expected or (words and words not in faults[0][1]):
            failures += 1
            print(f"self-test: {name or 'the sound tree'}: expected {words}, reported {faults}")
    print(f"check_layers: self-test of {len(faulty)} faults: {failures} missed")
    return 1 if failures else 0


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    root = Path(arguments[0]) if arguments else Path(__file__).resolve().parent.parent
    faults = list(check_tree(root))
    for path, number, fault in faults:
        print(f"{path}:{number}: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
