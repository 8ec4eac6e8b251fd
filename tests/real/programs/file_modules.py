"""What Python's modules for files do: os, shutil, tempfile, pathlib, glob, tarfile, zipfile. Prints what is the same everywhere."""

import errno
import filecmp
import glob
import hashlib
import io
import os
import pathlib
import shutil
import stat
import sys
import tarfile
import tempfile
import zipfile

root = pathlib.Path(sys.argv[1])
tempfile.tempdir = str(root)


def fails(operation, *arguments):
    try:
        operation(*arguments)
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"


def tree(folder):
    """Names, kinds and contents of all that is there."""
    lines = []
    for path, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files + folders):
            place = pathlib.Path(path, name)
            kind = "link " + os.readlink(place) if place.is_symlink() else "folder" if place.is_dir() else place.read_bytes().hex()
            lines.append(f"{place.relative_to(folder)} {kind}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16], len(lines)


def use_os():
    base = root / "os"
    os.makedirs(base / "a/b/c")
    os.makedirs(base / "a/b/c", exist_ok=True)
    print(fails(os.makedirs, base / "a/b"), fails(os.mkdir, base / "x/y"), fails(os.rmdir, base / "a"), fails(os.unlink, base / "a"))
    for i in range(300):
        (base / "a" / f"{i:03}").write_text("x" * i)
    with os.scandir(base / "a") as entries:
        print(sum(entry.stat().st_size for entry in entries if entry.is_file()), len(os.listdir(base / "a")))
    file = os.open(base / "file", os.O_RDWR | os.O_CREAT | os.O_EXCL)
    print(os.write(file, b"0123456789"), os.lseek(file, -3, os.SEEK_END), os.read(file, 10), os.fstat(file).st_size)
    os.ftruncate(file, 4)
    os.lseek(file, 0, os.SEEK_SET)
    print(os.read(file, 10), fails(os.lseek, file, -1, os.SEEK_SET), stat.S_ISREG(os.fstat(file).st_mode))
    os.close(file)
    print(fails(os.close, file), fails(os.open, base / "file", os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    os.utime(base / "file", ns=(10**18 + 5, 2 * 10**18 + 7))
    print(os.stat(base / "file").st_mtime_ns, os.stat(base / "file").st_atime_ns)
    os.link(base / "file", base / "second")
    os.symlink("file", base / "link")
    print(os.path.samefile(base / "file", base / "second"), os.stat(base / "file").st_nlink, os.readlink(base / "link"),
          os.lstat(base / "link").st_size, os.path.islink(base / "link"), os.path.exists(base / "link"))
    os.replace(base / "second", base / "file")
    os.rename(base / "a", base / "z")
    print(fails(os.rename, base / "a", base / "y"), fails(os.rename, base / "z", base / "z/b/c/d"), sorted(os.listdir(base)))
    os.removedirs(base / "z/b/c")
    print(tree(base))


def use_shutil():
    base = root / "os"
    shutil.copytree(base, root / "copy", symlinks=True)
    print(tree(root / "copy") == tree(base), filecmp.dircmp(base, root / "copy").diff_files)
    shutil.copy2(base / "file", root / "copy/again")
    print(os.stat(root / "copy/again").st_mtime_ns == os.stat(base / "file").st_mtime_ns)
    shutil.move(root / "copy", root / "moved")
    for kind in "tar", "zip":
        archive = shutil.make_archive(str(root / "archive"), kind, root / "moved")
        names = tarfile.open(archive).getnames() if kind == "tar" else zipfile.ZipFile(archive).namelist()
        print(kind, len(names))
        with tarfile.open(archive) if kind == "tar" else zipfile.ZipFile(archive) as packed:
            packed.extractall(root / kind)
        print(len(os.listdir(root / kind / "z")))
    shutil.rmtree(root / "moved")
    print((root / "moved").exists(), fails(shutil.rmtree, root / "moved"))


def use_tempfile():
    with tempfile.TemporaryFile() as file:
        file.write(b"text" * 5000)
        file.seek(19_998)
        print(file.read())
    with tempfile.NamedTemporaryFile("w+", delete=True) as file:
        print(file.write("one\ntwo\n"), file.flush(), pathlib.Path(file.name).read_text().split(), file.seek(4), file.readline())
        name = file.name
    print(os.path.exists(name))
    with tempfile.TemporaryDirectory() as folder:
        names = {tempfile.mkstemp(dir=folder)[1] for _ in range(20)}
        print(len(names), len(os.listdir(folder)))
    print(os.path.exists(folder))
    with tempfile.SpooledTemporaryFile(max_size=10) as file:
        print(file.write(b"x" * 100), file.seek(0), len(file.read()))


def use_pathlib():
    base = root / "path"
    for name in "one/a.txt", "one/two/b.txt", "one/two/c.py", "d.txt":
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_text(name)
    print(sorted(str(path.relative_to(base)) for path in base.rglob("*.txt")), sorted(glob.glob("**/*.py", root_dir=base, recursive=True)))
    (base / "up").symlink_to("one/two")
    print((base / "up/b.txt").read_text(), (base / "up").resolve() == (base / "one/two").resolve(), (base / "up/../a.txt").exists())
    (base / "d.txt").rename(base / "e.txt")
    (base / "e.txt").touch()
    (base / "e.txt").unlink()
    (base / "e.txt").unlink(missing_ok=True)
    with (base / "log").open("a+") as file:
        for i in range(3):
            file.write(f"line {i}\n")
    with io.open(base / "log", "r+b", buffering=0) as file:
        print(file.readinto(bytearray(4)), file.tell(), file.write(b"!"), file.truncate(), (base / "log").read_bytes())
    print([fails(operation) for operation in ((base / "log").mkdir, (base / "log/x").touch, (base / "none").read_text, base.rmdir)])
    print(tree(base))


for use in use_os, use_shutil, use_tempfile, use_pathlib:
    use()
print(sorted(os.listdir(root)))
