"""`waxwing cache`: what there is, whether it is whole, and getting rid of it."""
import os
import time
import unittest

from cache_case import CacheCase


class Nothing(CacheCase):
    """There is no directory yet: no action but warm makes one."""

    def test_every_action(self):
        self.assertEqual(self.stats()["entries"], 0)
        self.assertEqual(self.json("ls"), {"path": self.cache, "entries": []})
        self.expect(["cache", "ls"], out="")
        self.assertEqual(self.json("verify"), {"path": self.cache, "whole": 0, "damaged": [], "of_other_versions": 0})
        for action in ["prune", "clear"]:
            self.assertEqual(self.json(action)["removed_entries"], 0)
        self.assertFalse(self.json("path")["exists"])
        self.assertFalse(os.path.exists(self.cache))

    def test_what_cannot_be_looked_into(self):
        os.symlink("loop", self.path("loop"))
        for action in ["path", "stats", "ls", "verify", "prune", "clear"]:
            self.expect(["cache", action, "--cache-dir", "loop/cache"], code=126, err="cannot be looked into: ")

    def test_usage(self):
        self.expect(["cache"], code=2, err=["needs to know what to do", "waxwing cache --help"])
        self.expect(["cache", "prun"], code=2, err="did you mean waxwing cache prune?")
        self.expect(["cache", "stats", "x"], code=2, err="unexpected argument 'x'")
        self.expect(["cache", "stats", "--repair"], code=2, err="unknown option '--repair'")
        self.expect(["cache", "warm"], code=2, err="no module to compile")
        self.expect(["cache", "prune", "--max-entries", "few"], code=2, err="'few' is no number")
        self.expect(["help", "cache", "prun"], code=2, err="did you mean waxwing cache prune?")

    def test_a_file_is_no_directory(self):
        self.write("file", b"")
        self.expect(["cache", "stats", "--cache-dir", "file"], code=2, err="file is not a directory")


class Stats(CacheCase):
    def test_what_is_counted(self):
        name = self.module(3)
        for _ in range(3):
            self.run_module(name, 3)
        self.run_module(name, 3, "--engine", "interp")
        stats = self.stats()
        size = sum(os.stat(entry).st_size for entry in self.entries())
        self.assertEqual((stats["path"], stats["entries"], stats["bytes"]), (self.cache, 2, size))
        self.assertEqual([(generation["is_current"], generation["entries"], generation["bytes"])
                          for generation in stats["generations"]], [(True, 2, size)])
        self.assertEqual((stats["hits"], stats["misses"], stats["compiled"], stats["stores"]), (2, 2, 2, 2))
        self.assertEqual(stats["misses_by_reason"]["absent"], 2)
        self.assertEqual(sum(stats["misses_by_reason"].values()), 2)
        self.assertEqual((stats["compiled_bytes"], stats["stored_bytes"]), (size, size))
        self.assertGreater(stats["compiled_ns"], 0)
        self.assertGreater(stats["hit_bytes"], 0)
        self.assertGreater(stats["since_ns"], (time.time() - 600) * 1e9)

    def test_keys_of_the_json(self):
        self.assertEqual(list(self.stats()), [
            "path", "entries", "bytes", "generations", "since_ns", "hits", "hit_bytes", "hit_ns", "memory_hits", "misses",
            "compiled", "compiled_bytes", "compiled_ns", "stores", "stored_bytes", "not_stored", "waits", "wait_ns",
            "evictions", "evicted_bytes", "misses_by_reason", "saved_ns"])

    def test_for_people(self):
        self.run_module(self.module(3), 3)
        text = self.expect(["cache", "stats"]).stdout.decode()
        self.assertRegex(text, r"(?m)^entries +1  ")
        self.assertRegex(text, r"(?m)^misses +1  1 absent$")
        self.assertRegex(text, r"(?m)^time saved +about ")


class Ls(CacheCase):
    def test_what_an_entry_is(self):
        self.run_module(self.module(3), 3, "--codegen", "explicit-bounds")
        self.run_module(self.module(4, name="b.wasm"), 4, "--engine", "interp")
        entries = {entry["compat"]["tier"]: entry for entry in self.json("ls")["entries"]}
        self.assertEqual(set(entries), {"machine-code", "interpreter"})
        native = entries["machine-code"]
        self.assertEqual(native["compat"]["bounds"], "explicit")
        self.assertEqual((native["functions"], native["is_signed"]), (1, False))
        self.assertIn(native["key"], [os.path.basename(entry) for entry in self.entries()])
        self.assertGreater(native["used_ns"], 0)
        text = self.expect(["cache", "ls"]).stdout.decode()
        self.assertEqual(len(text.splitlines()), 3)
        self.assertIn(native["key"][:12], text)

    def test_another_version_and_damage(self):
        self.run_module(self.module(3), 3)
        entry = self.entry()
        with open(entry, "r+b") as file:
            file.seek(70)
            file.write(b"\xff" * 8)
        self.assertIn("unread", self.json("ls")["entries"][0])
        generation = os.path.dirname(os.path.dirname(entry))
        os.rename(generation, os.path.join(self.cache, "waxwing-0.0.1-x86_64-linux"))
        self.assertEqual(self.json("ls")["entries"][0]["unread"], "is another version's")
        self.assertEqual(self.stats()["generations"][0]["generation"], "0.0.1-x86_64-linux")


class Verify(CacheCase):
    def setUp(self):
        super().setUp()
        for i in range(3):
            self.run_module(self.module(i), i)

    def damage(self, entry, offset=-1):
        with open(entry, "r+b") as file:
            file.seek(offset, 2 if offset < 0 else 0)
            byte = file.read(1)
            file.seek(-1, 1)
            file.write(bytes([byte[0] ^ 0x10]))

    def test_all_is_well(self):
        self.expect(["cache", "verify"], out="3 whole, 0 damaged, 0 of other versions\n")

    def test_damage_is_found_and_repaired(self):
        entry = self.entries()[1]
        self.damage(entry)
        done = self.json("verify", code=1)
        self.assertEqual((done["whole"], [damaged["key"] for damaged in done["damaged"]]),
                         (2, [os.path.basename(entry)]))
        self.expect(["cache", "verify"], code=1)
        self.assertTrue(self.json("verify", "--repair")["damaged"][0]["is_removed"])
        self.assertNotIn(entry, self.entries())
        self.expect(["cache", "verify"], out="2 whole, 0 damaged, 0 of other versions\n")

    def test_an_entry_under_anothers_name(self):
        first, second, _ = self.entries()
        with open(first, "rb") as file:
            content = file.read()
        with open(second, "wb") as file:
            file.write(content)
        self.assertEqual(self.json("verify", code=1)["damaged"][0]["what"], "is another entry under this name")

    def test_what_is_not_sealed(self):
        self.write("secret", b"x" * 32)
        os.chmod(self.path("secret"), 0o600)
        self.assertEqual(len(self.json("verify", "--cache-secret-file", "secret", code=1)["damaged"]), 3)


class Removing(CacheCase):
    def setUp(self):
        super().setUp()
        for i in range(4):
            self.run_module(self.module(i, custom=3000), i)

    def age(self, entry, seconds):
        then = time.time() - seconds
        os.utime(entry, (then, then))

    def test_clear(self):
        report = self.json("clear")
        self.assertEqual((report["removed_entries"], report["kept_entries"], report["kept_bytes"]), (4, 0, 0))
        self.assertEqual(self.entries(), [])
        self.run_module(self.module(0), 0)

    def test_prune_by_count_takes_what_was_not_used_for_longest(self):
        entries = self.entries()
        for i, entry in enumerate(entries):
            self.age(entry, 7200 * (i + 1))
        report = self.json("prune", "--max-entries", "2")
        self.assertEqual((report["removed_entries"], report["kept_entries"]), (2, 2))
        self.assertEqual(self.entries(), entries[:2])

    def test_prune_by_size(self):
        size = os.stat(self.entries()[0]).st_size
        report = self.json("prune", "--max-bytes", str(2 * size + 100))
        self.assertEqual(report["kept_entries"], 2)
        self.assertLessEqual(report["kept_bytes"], 2 * size + 100)

    def test_prune_by_age(self):
        entries = self.entries()
        self.age(entries[0], 86400 * 31)
        self.assertEqual(self.json("prune", "--max-age", "30d")["removed_entries"], 1)
        self.assertEqual(self.entries(), entries[1:])

    def test_prune_without_options_keeps_the_budget(self):
        self.assertEqual(self.json("prune")["removed_entries"], 0)

    def test_other_versions_and_builds(self):
        old = os.path.join(self.cache, "waxwing-0.0.1-x86_64-linux", "ab")
        os.makedirs(old, 0o700)
        os.chmod(os.path.dirname(old), 0o700)
        with open(os.path.join(old, "ab" * 32), "wb") as file:
            file.write(b"x")
        self.assertEqual(self.stats()["entries"], 5)
        self.assertEqual(self.json("prune", "--other-builds")["removed_entries"], 1)
        self.assertEqual(len(self.entries()), 4)

    def test_for_people(self):
        self.assertRegex(self.expect(["cache", "clear"]).stdout.decode(),
                         r"^4 removed, [0-9.]+ KiB; 0 kept, 0 B\n$")


class Warm(CacheCase):
    def test_modules_are_there_then(self):
        one, two = self.module(1), self.module(2, name="b.wasm")
        done = self.json("warm", one, two)
        self.assertEqual([(entry["file"], entry["outcome"]) for entry in done], [(one, "compiled"), (two, "compiled")])
        self.assertEqual([entry["outcome"] for entry in self.json("warm", one, two)], ["hit", "hit"])
        self.run_module(one, 1, "--cache-require-hit")
        self.run_module(two, 2, "--cache-require-hit")

    def test_all_files_are_looked_at(self):
        self.write("bad.wasm", b"no module")
        self.expect(["cache", "warm", "none.wasm", "bad.wasm", self.module(1)], code=127, err=["none.wasm", "bad.wasm"])
        self.run_module("a.wasm", 1, "--cache-require-hit")


if __name__ == "__main__":
    unittest.main()
