"""usage: go_tests.py WAXWING PACKAGE: runs the tests of a package of Go's standard library, which `./dev test real` builds for
wasip1, as Go's own lib/wasm/go_wasip1_wasm_exec does: in the package's folder, with the host's root directory. Tests that are
in go_expected_failures.txt as "PACKAGE TEST: REASON" must fail, all others must not. Without the binaries, which are in
WAXWING_GO_TESTS, the exit code is 77. `--build FOLDER` builds them, and fails where the machine has no Go that knows wasip1."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

from ways import OPTIONS

PACKAGES = ["archive/tar", "bufio", "bytes", "compress/gzip", "encoding/json", "io", "io/fs", "math/big", "os", "path/filepath",
            "regexp", "sort", "strconv", "testing/fstest", "text/template", "time"]
EXPECTED = pathlib.Path(__file__).with_name("go_expected_failures.txt")
OLDEST = (1, 21)
SKIPPED = 77
SECONDS_EACH = 600


def go(*words, **options):
    environment = os.environ | {"GOOS": "wasip1", "GOARCH": "wasm", "GOTOOLCHAIN": "local", "GOFLAGS": ""}
    return subprocess.run(["go", *words], env=environment, check=True, text=True, stdout=subprocess.PIPE, **options).stdout.strip()


def binary(folder, package):
    return pathlib.Path(folder) / (package.replace("/", "_") + ".wasm")


def build(folder):
    """Builds what is not there, or was built by another Go."""
    try:
        version, root = go("env", "GOVERSION"), go("env", "GOROOT")
    except FileNotFoundError:
        print("there is no go")
        return 1
    known = re.match(r"go(\d+)\.(\d+)", version)
    if known and tuple(map(int, known.groups())) < OLDEST:
        print(f"{version} does not know wasip1")
        return 1
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    built_by = folder / "go"
    is_current = built_by.exists() and built_by.read_text() == f"{version}\n{root}\n"
    for package in PACKAGES:
        if not is_current or not binary(folder, package).exists():
            go("test", "-c", "-ldflags=-s -w", "-o", str(binary(folder.resolve(), package)), package)
    built_by.write_text(f"{version}\n{root}\n")
    return 0


def run(waxwing, module, source, folder):
    environment = {"PWD": str(source), "PATH": os.environ.get("PATH", ""), "TMPDIR": folder}
    variables = [word for name, value in environment.items() for word in ("--env", f"{name}={value}")]
    command = [waxwing, "run", *OPTIONS, "--dir", "/::/:dev", *variables, str(module), "-test.short", "-test.v",
               f"-test.timeout={SECONDS_EACH}s"]
    return subprocess.run(command, cwd=source, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                          timeout=SECONDS_EACH + 10)


def expected_failures(package):
    lines = (line for line in EXPECTED.read_text().splitlines() if line and not line.startswith("#"))
    return {line.split(":")[0].split()[1]: line.split(":", 1)[1].strip() for line in lines if line.split()[0] == package}


def check(package, done):
    """The number of failures."""
    results = {name: word for word, name in re.findall(r"^--- (\w+): (\S+)", done.stdout, re.M)}
    expected = expected_failures(package)
    failed = {name for name, word in results.items() if word == "FAIL"}
    wrong = failed ^ set(expected)
    for name in sorted(wrong):
        print(f"{name}: {'fails' if name in failed else 'passes now: remove it from ' + EXPECTED.name}")
    for name in sorted(failed & set(expected)):
        print(f"fails as expected: {name} ({expected[name]})")
    passed = sum(word == "PASS" for word in results.values())
    is_whole = done.returncode == (1 if failed else 0) and re.search(r"^(PASS|FAIL)$", done.stdout, re.M) is not None
    if wrong or not is_whole or passed == 0:
        print(f"exit code {done.returncode}\n{done.stdout[-6000:]}{done.stderr[-3000:]}")
    print(f"{package}: {passed} passed, {len(failed)} failed, {sum(word == 'SKIP' for word in results.values())} skipped by Go")
    return len(wrong) + (not is_whole) + (passed == 0)


def main():
    if sys.argv[1] == "--build":
        return build(sys.argv[2])
    waxwing, package = str(pathlib.Path(sys.argv[1]).resolve()), sys.argv[2]
    folder = os.environ.get("WAXWING_GO_TESTS")
    if not folder or not binary(folder, package).exists():
        print("skipped: Go's tests are not there; './dev test real' builds them where there is a Go of 1.21 or newer")
        return SKIPPED
    source = pathlib.Path((pathlib.Path(folder) / "go").read_text().splitlines()[1]) / "src" / package
    with tempfile.TemporaryDirectory() as temporary:
        return 1 if check(package, run(waxwing, binary(folder, package), source, temporary)) else 0


sys.exit(main())
