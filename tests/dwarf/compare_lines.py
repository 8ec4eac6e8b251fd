"""Asks waxwing_symbolize and llvm-symbolizer for the source lines of each instruction of a module: all must agree.

usage: compare_lines.py WAXWING_SYMBOLIZE LLVM_SYMBOLIZER MODULE
"""
import subprocess
import sys

MINIMUM = 5000  # instructions with lines, that the comparison is one


def blocks(text):
    return [block.split("\n") for block in text.strip().split("\n\n")]


def ask(command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, **options)
    return blocks(done.stdout.decode(errors="replace"))


def main():
    symbolize, llvm_symbolizer, module = sys.argv[1:]
    ours = ask([symbolize, "lines", module])
    addresses = "\n".join(block[0] for block in ours) + "\n"
    theirs = ask([llvm_symbolizer, "--functions=short", "--inlines", "--no-demangle", "--addresses", "--obj=" + module],
                 input=addresses.encode())
    if len(ours) != len(theirs):
        sys.exit(f"{len(ours)} answers here, {len(theirs)} there")
    differing = [pair for pair in zip(ours, theirs) if pair[0] != pair[1]]
    for here, there in differing[:5]:
        print("here: ", here, "\nthere:", there)
    known = sum(block[2] != "??:0:0" for block in ours)
    inlined = sum(len(block) > 3 for block in ours)
    print(f"{len(ours)} instructions, {known} with lines, {inlined} in inlined functions, {len(differing)} differ")
    sys.exit(bool(differing) or known < MINIMUM or inlined < 10)


if __name__ == "__main__":
    main()
