"""The HTTP store against a server that speaks S3 and lets everybody in: s3rver, of npm."""
import os
import shutil
import unittest

from remote_case import RemoteCase, free_port

S3RVER = os.environ.get("WAXWING_S3RVER")


@unittest.skipUnless(S3RVER and shutil.which("node"), "there is no s3rver: `./dev test remote` fetches it")
class S3(RemoteCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.port = free_port()
        cls.start(["node", S3RVER, "--directory", cls.path("buckets"), "--address", "127.0.0.1", "--port",
                   str(cls.port), "--configure-bucket", "cache"], cls.port)
        cls.url = f"http://127.0.0.1:{cls.port}/cache/waxwing/"
        cls.entry = cls.write("entry", os.urandom(5_000_000))

    def test_entries_are_objects_of_a_bucket(self):
        miss, put, finish, get, remove, again, none = self.probe(
            self.url, "get:a", f"put:a:{self.entry}", "finish", "get:a", "remove:a", "get:a", "remove:a")
        self.assertEqual([miss.word, put.word, finish.word], ["miss", "ok", "1+0+0"])
        self.assertEqual([get.word, remove.word, again.word, none.word], ["ok", "ok", "miss", "ok"])
        self.assertEqual(self.read("got"), self.read("entry"))

    def test_many_at_once(self):
        commands = [f"put:many{i}:{self.entry}" for i in range(8)]
        self.assertEqual(self.probe(self.url, *commands, "finish")[-1].word, "8+0+0")
        for each in self.probe(self.url, *(f"get:many{i}" for i in range(8))):
            self.assertEqual(each.word, "ok")
            self.assertEqual(self.read("got"), self.read("entry"))

    def test_a_bucket_that_is_not_there(self):
        url = self.url.replace("/cache/", "/other-bucket/")
        get, put, finish = self.probe(url, "get:a", f"put:a:{self.entry}", "finish")
        self.assertEqual((get.word, put.word, finish.word), ("miss", "ok", "0+1+0"))
        self.assertIn("status 404", finish.text)


if __name__ == "__main__":
    unittest.main()
