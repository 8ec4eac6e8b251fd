"""Work on files: bench/wasi/files.c in every engine beside its native build, in a folder that is, where it can be, in memory,
so that it is system calls that are measured and no disk."""

import os
import tempfile
from pathlib import Path

from kernels import BENCH, RatioTable, WASM_FEATURES, build, measure_work
import peers

# Few listings: one of 10,000 names takes wasmtime 10 s and more.
WORK = {"read-4k": 4, "read-1m": 8, "write-4k": 2, "write-1m": 2, "readdir": 3, "open": 4, "stat": 4}
DATA_BYTES, FILES = 64 << 20, 10_000


def fill(folder):
    (folder / "data").write_bytes(b"0123456789abcdef" * (DATA_BYTES // 16))
    (folder / "many").mkdir()
    for i in range(FILES):
        (folder / "many" / f"file-{i:05}").write_bytes(b"x" * (i % 100))


def measure_files(engines, arguments):
    """Returns (what was measured, the number of errors)."""
    native, module = arguments.build_dir / "files", arguments.build_dir / "files.wasm"
    source, compiled = BENCH / "wasi" / "files.c", arguments.build_dir / "files.o"
    build(source, native, ["-O2"])
    build(source, compiled, ["--target=wasm32-wasi", "-O2", *WASM_FEATURES, "-c"])  # in two steps: see kernels.py
    build(compiled, module, ["--target=wasm32-wasi"])
    table = RatioTable("files / native", engines)
    in_memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=in_memory) as name:
        fill(Path(name))
        os.environ[peers.FOLDER_OF_GUESTS] = name
        commands = {"native": [str(native)]}
        for engine, what in engines.items():
            mount = ["--dir", name] if what.is_ours else []  # peers' programs read the variable
            commands[engine] = [*what.run, *mount, str(module)]
        for work, repetitions in WORK.items():
            idle, busy = ({engine: ([*command, work, name, str(count)], None) for engine, command in commands.items()}
                          for count in (0, repetitions))
            table.add(work, measure_work(idle, busy, arguments.rounds))
        del os.environ[peers.FOLDER_OF_GUESTS]
    return table.finish([("all", lambda _: True)]), table.errors([name for name, what in engines.items() if what.is_ours])
