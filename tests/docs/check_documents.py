"""usage: check_documents.py ROOT: what the documentation of the API shows must be there.

Every block of code in the documents below must be, line for line, a part of one of the files that the tests build and run; only its
indentation may differ. Every link to a file must lead to one. docs/api.md must have a row for each ErrorCode and TrapCode."""

import pathlib
import re
import sys
import textwrap

root = pathlib.Path(sys.argv[1])
# Of each document, the languages of the blocks that are checked, and where these are from.
DOCUMENTS = {"docs/guide.md": ("cpp", "c", "cmake", "text"), "docs/coming-from.md": ("cpp", "c"), "docs/api.md": ("cpp", "c"),
             "README.md": ("cpp", "c")}
GUESTS = ("// hello.c",)  # blocks that begin so are programs for readers to write, not of the API
SOURCES = ["examples/**/*.cpp", "examples/**/*.c", "examples/**/*.out", "examples/**/CMakeLists.txt"]


def blocks(text):
    """Language, number of the first line, and lines of each fenced block."""
    language, begin, lines = None, 0, []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("```"):
            lines.append(line)
        elif language is None:
            language, begin, lines = line[3:].strip(), number + 1, []
        else:
            yield language, begin, lines
            language = None


def dedented(lines):
    return [line.rstrip() for line in textwrap.dedent("\n".join(lines)).split("\n")]


def contains(source, wanted):
    starts = [i for i, line in enumerate(source) if line.strip() == wanted[0].strip()]
    return any(dedented(source[i:i + len(wanted)]) == wanted for i in starts)


def enumerators(header, name):
    body = re.search(rf"enum class {name} : uint8_t {{(.*?)}};", header, re.S).group(1)
    return re.findall(r"^\s*(\w+) =", body, re.M)


sources = [path.read_text(encoding="utf-8").splitlines() for pattern in SOURCES for path in sorted(root.glob(pattern))]
faults, checked = [], 0
for document, languages in DOCUMENTS.items():
    text = (root / document).read_text(encoding="utf-8")
    for language, line, lines in blocks(text):
        if language not in languages or lines[0] in GUESTS:
            continue
        checked += 1
        if not any(contains(source, dedented(lines)) for source in sources):
            faults.append(f"{document}:{line}: this block is in no file below examples/: change either")
    prose = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", prose):
        if "://" not in target and not (root / document).parent.joinpath(target).exists():
            faults.append(f"{document}: there is no {target}")

header = (root / "include/waxwing/error.h").read_text(encoding="utf-8")
rows = [line.split("|")[1] for line in (root / "docs/api.md").read_text(encoding="utf-8").splitlines() if line.startswith("|")]
named = set(re.findall(r"`(\w+)`", "".join(rows)))
for kind in ("ErrorCode", "TrapCode"):
    codes = enumerators(header, kind)
    checked += len(codes)
    faults += [f"docs/api.md: {kind}::{code} has no row: say what has happened and what to do" for code in codes if code not in named]

print("\n".join(faults) or f"{checked} blocks and codes are as the documents say")
sys.exit(1 if faults or checked < 60 else 0)
