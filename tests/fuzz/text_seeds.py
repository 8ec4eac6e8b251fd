#!/usr/bin/env python3
"""Writes seeds for fuzz_text and fuzz_script: whole .wat and .wast files, and every `(module ...)` of scripts.

usage: text_seeds.py OUTPUT FOLDER...
Folders that are absent are left out. Quoted and binary modules of scripts are seeds too: as they stand.
"""

import hashlib
import re
import sys
from pathlib import Path

LARGEST = 20_000  # bytes: larger seeds slow the fuzzer down more than they teach it
PIECE = re.compile(rb'\(;.*?;\)|;;[^\n]*|"(?:[^"\\]|\\.)*"|[()]', re.S)


def modules(script):
    """The texts of all `(module` groups of a script, innermost quotes and comments skipped."""
    depth, starts = 0, []
    for piece in PIECE.finditer(script):
        if piece[0] == b"(":
            depth += 1
            if re.match(rb"\(\s*module\b", script[piece.start():piece.start() + 40]):
                starts.append((depth, piece.start()))
        elif piece[0] == b")":
            if starts and starts[-1][0] == depth:
                yield script[starts.pop()[1]:piece.end()]
            depth -= 1


def main():
    output = Path(sys.argv[1])
    for folder in map(Path, sys.argv[2:]):
        for path in sorted(folder.rglob("*.wa[ts]*")):
            if path.suffix not in (".wat", ".wast"):
                continue
            text = path.read_bytes()
            for seed in [text, *modules(text)] if path.suffix == ".wast" else [text]:
                if len(seed) <= LARGEST:
                    (output / hashlib.sha1(seed).hexdigest()).write_bytes(seed)


main()
