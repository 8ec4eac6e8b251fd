"""The Debian packages: what is in them, what they say of themselves, and that what they bring works."""
import glob
import os
import shutil
import unittest

from package_case import BUILD_DIR, CC, HERE, VERSION, PackageCase

PACKAGES = {
    "libwaxwing0.1": ["usr/lib/libwaxwing.so.0.1", f"usr/lib/libwaxwing.so.{VERSION}", "usr/share/doc/libwaxwing0.1/copyright"],
    "libwaxwing-dev": ["usr/include/waxwing/waxwing.h", "usr/include/wasm.h", "usr/lib/libwaxwing.so", "usr/lib/libwaxwing.a",
                       "usr/lib/pkgconfig/waxwing.pc", "usr/lib/cmake/waxwing/waxwing-config.cmake",
                       "usr/share/doc/libwaxwing-dev/docs/cache.md"],
    "waxwing": ["usr/bin/waxwing", "usr/share/man/man1/waxwing.1", "usr/share/man/man1/waxwing-run.1",
                "usr/share/bash-completion/completions/waxwing", "usr/share/zsh/vendor-completions/_waxwing",
                "usr/share/fish/vendor_completions.d/waxwing.fish"],
}


@unittest.skipUnless(shutil.which("dpkg-deb"), "this is no Debian")
class Debian(PackageCase):
    def setUp(self):
        super().setUp()
        self.run_command("cpack", "-G", "DEB", "--config", os.path.join(BUILD_DIR, "CPackConfig.cmake"), "-B", self.folder)
        self.files = {os.path.basename(path).split("_")[0]: path for path in glob.glob(self.path("*.deb"))}

    def contents(self, name):
        lines = self.run_command("dpkg-deb", "--contents", self.files[name]).splitlines()
        return [line.split(maxsplit=5)[5].removeprefix("./").split(" -> ")[0] for line in lines]

    def field(self, name, field):
        return self.run_command("dpkg-deb", "-f", self.files[name], field).strip()

    def test_the_packages_bring_what_they_should(self):
        self.assertEqual(sorted(self.files), sorted(PACKAGES))
        every = []
        for name, expected in PACKAGES.items():
            files = [path for path in self.contents(name) if not path.endswith("/")]
            self.assertLessEqual(set(expected), set(files))
            every += files
            self.assertEqual(self.field(name, "Version"), VERSION)
            self.assertTrue(self.field(name, "Description"))
        self.assertEqual(len(every), len(set(every)), "a file is in two packages")
        self.assertIn(f"libwaxwing0.1 (= {VERSION})", self.field("libwaxwing-dev", "Depends"))
        if shutil.which("dpkg-shlibdeps"):
            self.assertRegex(self.field("libwaxwing0.1", "Depends"), r"libc6 .*libstdc\+\+6")
        for path in self.contents("waxwing"):
            self.assertNotRegex(path, r"include/|\.so|\.a$")

        root = self.path("root")
        for package in self.files.values():
            self.run_command("dpkg-deb", "-x", package, root)
        self.assertIn(f"waxwing {VERSION}\n", self.run_command(os.path.join(root, "usr/bin/waxwing"), "version"))
        self.assertIn("not stripped", self.run_command("file", os.path.join(BUILD_DIR, "waxwing")))
        self.assertNotIn("not stripped", self.run_command("file", os.path.join(root, "usr/bin/waxwing")))
        flags = self.run_command("pkg-config", "--cflags", "--libs", "waxwing", env={
            "PKG_CONFIG_PATH": os.path.join(root, "usr/lib/pkgconfig")}).split()
        self.run_command(CC, os.path.join(HERE, "c_project", "main.c"), "-o", "host", *flags)
        printed = self.run_command(self.path("host"), env={"LD_LIBRARY_PATH": os.path.join(root, "usr/lib")})
        self.assertEqual(printed, f"Waxwing {VERSION}\ndouble(21) = 42\n")


if __name__ == "__main__":
    unittest.main()
