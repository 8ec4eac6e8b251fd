"""What the tests of the package share: where it is installed, and projects that use it."""
import os
import shutil
import subprocess
import tempfile
import unittest

PREFIX = os.environ["WAXWING_PREFIX"]
BUILD_DIR = os.environ["WAXWING_BUILD_DIR"]
SOURCE_DIR = os.environ["WAXWING_SOURCE_DIR"]
VERSION = os.environ["WAXWING_VERSION"]
LIB = os.path.join(PREFIX, os.environ["WAXWING_LIBDIR"])
CMAKE, CC, CXX = (os.environ[name] for name in ("CMAKE", "CC", "CXX"))
HERE = os.path.dirname(os.path.abspath(__file__))

# Nothing of the machine's own may stand in for what is tested.
FOREIGN = ("CMAKE_PREFIX_PATH", "PKG_CONFIG_PATH", "LD_LIBRARY_PATH", "CPATH", "LIBRARY_PATH", "CFLAGS", "CXXFLAGS",
           "LDFLAGS", "DESTDIR")


class PackageCase(unittest.TestCase):
    """Works in an empty folder of its own."""

    maxDiff = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="waxwing-package-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def run_command(self, *command, code=0, env=None, **options):
        """What `command` prints; it must exit with `code`."""
        clean = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              cwd=options.pop("cwd", self.folder), env=clean | (env or {}), **options)
        self.assertEqual(done.returncode, code, f"{' '.join(command)}\n{done.stdout}")
        return done.stdout

    def copy_project(self, name):
        """A copy of the project outside of this tree, which it must not need."""
        return shutil.copytree(os.path.join(HERE, name), self.path(name))

    def configure(self, project, *options, code=0, build="build"):
        return self.run_command(CMAKE, "-G", "Ninja", "-S", project, "-B", self.path(build), "-DCMAKE_BUILD_TYPE=Release",
                                *options, code=code, env={"CC": CC, "CXX": CXX})

    def build(self, *targets, build="build"):
        return self.run_command(CMAKE, "--build", self.path(build), *(["--target", *targets] if targets else []))

    def needed(self, binary):
        """The shared objects that a binary names."""
        lines = self.run_command("readelf", "-dW", binary).splitlines()
        return {line.split("[")[1].rstrip("]") for line in lines if "(NEEDED)" in line}
