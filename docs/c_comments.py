#!/usr/bin/env python3
"""usage: c_comments.py HEADER: prints a header of C with its comments as Doxygen wants them; docs/Doxyfile calls it."""

import re
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    text = file.read()
text = re.sub(r"\A/\* ", "/** @file\n   ", text)  # what the file is
text = re.sub(r"^/\* --.*?\*/", "", text, flags=re.M)  # headings
text = re.sub(r"^( *)/\* ", r"\1/** ", text, flags=re.M)  # of what follows
text = re.sub(r"(?<=\S)( +)/\* (?=.*\*/)", r"\1/**< ", text)  # of what stands before it
print(text, end="")
