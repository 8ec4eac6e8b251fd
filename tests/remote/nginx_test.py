"""The HTTP store against nginx, whose WebDAV is nothing but PUT and DELETE of files."""
import base64
import os
import shutil
import signal
import unittest

from remote_case import RemoteCase, free_port, key

NGINX = os.environ.get("WAXWING_NGINX") or shutil.which("nginx")

CONFIGURATION = """
daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 64; }}
http {{
  access_log {folder}/access.log;
  client_body_temp_path {folder}/temporary;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    root {folder}/files;
    client_max_body_size 64m;
    location /cache/ {{
      dav_methods PUT DELETE;
      create_full_put_path on;
    }}
    location /closed/ {{
      dav_methods PUT DELETE;
      create_full_put_path on;
      auth_basic cache;
      auth_basic_user_file {folder}/users;
    }}
    location /public/ {{
      dav_methods PUT DELETE;
      create_full_put_path on;
      limit_except GET {{
        auth_basic cache;
        auth_basic_user_file {folder}/users;
      }}
    }}
    location /read/ {{ }}
    location /small/ {{
      dav_methods PUT DELETE;
      client_max_body_size 1k;
    }}
  }}
}}
"""


@unittest.skipUnless(NGINX, "there is no nginx: `./dev test remote` fetches it")
class Nginx(RemoteCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        os.chmod(cls.folder, 0o755)  # its workers may be another user
        cls.port = free_port()
        for folder in ("files/cache", "files/closed", "files/public", "files/read", "files/small"):
            os.makedirs(cls.path(folder))
            os.chmod(cls.path(folder), 0o777)
        cls.write("users", b"me:{PLAIN}secret\n")
        configuration = CONFIGURATION.format(folder=cls.folder, port=cls.port)
        cls.write("nginx.conf", configuration.encode())
        cls.nginx = cls.start([NGINX, "-p", cls.folder, "-c", cls.path("nginx.conf")], cls.port)
        cls.entry = cls.write("entry", os.urandom(5_000_000))

    def url(self, location, credentials=""):
        return f"http://{credentials}127.0.0.1:{self.port}/{location}"

    def test_entries_are_files(self):
        miss, put, finish, get, remove, again, none = self.probe(
            self.url("cache"), "get:a", f"put:a:{self.entry}", "finish", "get:a", "remove:a", "get:a", "remove:a")
        self.assertEqual([miss.word, put.word, finish.word], ["miss", "ok", "1+0+0"])
        self.assertEqual([get.word, remove.word, again.word, none.word], ["ok", "ok", "miss", "ok"])
        self.assertEqual(self.read("got"), self.read("entry"))

    def test_an_entry_is_replaced(self):
        other = self.write("other", b"other")
        self.probe(self.url("cache"), f"put:b:{self.entry}", "finish")
        finish, get = self.probe(self.url("cache"), f"put:b:{other}", "finish", "get:b")[1:]
        self.assertEqual((finish.word, get.word), ("1+0+0", "ok"))
        self.assertEqual(self.read("got"), b"other")

    def test_folders_are_made_as_they_are_needed(self):
        finish = self.probe(self.url("cache/deep/below"), f"put:c:{self.entry}", "finish")[1]
        self.assertEqual(finish.word, "1+0+0")
        self.assertTrue(os.path.exists(self.path(f"files/cache/deep/below/{key('c')}")))

    def test_users_are_asked_for(self):
        for credentials, header in [("", []), ("me:wrong@", []), ("", ["Authorization: Basic nonsense"])]:
            get = self.probe(self.url("closed", credentials), "get:a", header=header)
            self.assertEqual(get.word, "refused")
        header = "Authorization: Basic " + base64.b64encode(b"me:secret").decode()
        for credentials, headers in [("me:secret@", []), ("", [header])]:
            finish, get = self.probe(self.url("closed", credentials), f"put:d:{self.entry}", "finish", "get:d",
                                     header=headers)[1:]
            self.assertEqual((finish.word, get.word), ("1+0+0", "ok"))
        finish = self.probe(self.url("closed"), f"put:e:{self.entry}", "finish")[1]
        self.assertIn("status 401", finish.text)

    def test_everybody_reads_and_a_user_writes(self):
        finish = self.probe(self.url("public", "me:secret@"), f"put:j:{self.entry}", "finish")[1]
        self.assertEqual(finish.word, "1+0+0")
        get, put, finish, remove, again = self.probe(
            self.url("public"), "get:j", f"put:j:{self.entry}", "finish", "remove:j", "get:j")
        self.assertEqual([get.word, put.word, finish.word, remove.word, again.word],
                         ["ok", "ok", "0+1+0", "ok", "ok"])

    def test_a_server_that_only_gives(self):
        shutil.copy(self.entry, self.path(f"files/read/{key('f')}"))
        os.chmod(self.path(f"files/read/{key('f')}"), 0o644)
        put, finish, remove, get = self.probe(
            self.url("read"), f"put:g:{self.entry}", "finish", "remove:f", "get:f")
        self.assertEqual([put.word, finish.word, remove.word, get.word], ["ok", "0+1+0", "ok", "ok"])
        put, finish, get = self.probe(self.url("read"), f"put:g:{self.entry}", "finish", "get:f", read_only="yes")
        self.assertEqual([put.word, finish.word, get.word], ["ok", "0+0+0", "ok"])

    def test_a_server_that_takes_only_little(self):
        finish = self.probe(self.url("small"), f"put:h:{self.entry}", "finish")[1]
        self.assertEqual(finish.word, "0+1+0")
        self.assertIn("status 413", finish.text)

    def test_a_server_that_stops(self):
        """As in a machine that hangs: connections are made, and that is all."""
        self.probe(self.url("cache"), f"put:i:{self.entry}", "finish")
        self.nginx.send_signal(signal.SIGSTOP)
        with open(self.path("nginx.pid")) as file:
            workers = self.children(int(file.read()))
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)
        try:
            get = self.probe(self.url("cache"), "get:i", timeout=500)
            self.assertEqual(get.word, "unavailable")
            self.assertLess(get.ms, 3000)
        finally:
            for worker in workers:
                os.kill(worker, signal.SIGCONT)
            self.nginx.send_signal(signal.SIGCONT)
        self.assertEqual(self.probe(self.url("cache"), "get:i").word, "ok")

    @staticmethod
    def children(process):
        with open(f"/proc/{process}/task/{process}/children") as file:
            return [int(each) for each in file.read().split()]


if __name__ == "__main__":
    unittest.main()
