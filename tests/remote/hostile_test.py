"""Whatever a server does: no wrong bytes that it did not send as such, no delay beyond the bound, a reason."""
import base64
import os
import socket
import ssl
import subprocess
import threading
import unittest

from hostile_server import HostileServer
from remote_case import SLACK_MS, RemoteCase, key

BOUND_MS = 1000


class HostileCase(RemoteCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = HostileServer()
        cls.addClassCleanup(cls.server.close)
        cls.other = HostileServer()
        cls.addClassCleanup(cls.other.close)
        cls.server.other_port = cls.other.port
        cls.entry = cls.write("entry", bytes(range(256)) * 8000)  # 2 MB: curl asks before it sends them

    def setUp(self):
        self.server.requests.clear()
        self.other.requests.clear()

    def url(self, behaviour, credentials=""):
        return f"http://{credentials}127.0.0.1:{self.server.port}/{behaviour}/"


class Answers(HostileCase):
    def test_an_entry_comes_back_as_it_was_put(self):
        put, finish, get, remove, again = self.probe(
            self.url("store"), f"put:a:{self.entry}", "finish", "get:a", "remove:a", "get:a")
        self.assertEqual([put.word, finish.word, get.word, remove.word, again.word],
                         ["ok", "1+0+0", "ok", "ok", "miss"])
        self.assertEqual(self.read("got"), self.read("entry"))
        self.assertEqual({each.path for each in self.server.requests}, {f"/store/{key('a')}"})
        self.assertEqual([each.method for each in self.server.requests], ["PUT", "GET", "DELETE", "GET"])

    def test_statuses_of_get(self):
        for status, word in [(404, "miss"), (410, "miss"), (401, "refused"), (403, "refused"), (400, "refused"),
                             (405, "refused"), (204, "refused"), (206, "refused"), (304, "refused"),
                             (429, "unavailable"), (500, "unavailable"), (503, "unavailable")]:
            get = self.probe(self.url(str(status)), "get:a")
            self.assertEqual(get.word, word, status)
            if word != "miss":
                self.assertIn(f"GET with status {status}", get.text)

    def test_statuses_of_put(self):
        for status, word in [(200, "1+0+0"), (201, "1+0+0"), (204, "1+0+0"), (400, "0+1+0"), (404, "0+1+0"),
                             (403, "0+1+0"), (409, "0+1+0"), (413, "0+1+0"), (500, "0+1+0"), (507, "0+1+0")]:
            put, finish = self.probe(self.url(str(status)), f"put:a:{self.entry}", "finish")
            self.assertEqual((put.word, finish.word), ("ok", word), status)
            if word == "0+1+0":
                self.assertIn(f"PUT with status {status}", finish.text)

    def test_a_server_that_removes_nothing_is_no_failure(self):
        for status in (200, 202, 204, 404, 403, 405, 501):
            self.assertEqual(self.probe(self.url(str(status)), "remove:a").word, "ok", status)
        self.assertEqual(self.probe(self.url("500"), "remove:a").word, "unavailable")

    def test_many_uploads_all_arrive(self):
        commands = [f"put:many{i}:{self.entry}" for i in range(12)]
        self.assertEqual(self.probe(self.url("store"), *commands, "finish")[-1].word, "12+0+0")
        for i in range(12):
            self.assertEqual(self.server.entries.pop(key(f"many{i}")), self.read("entry"))


class Lies(HostileCase):
    def expect(self, behaviour, word, **options):
        get = self.probe(self.url(behaviour), "get:a", timeout=BOUND_MS, **options)
        self.assertEqual(get.word, word, f"{behaviour}: {get}")
        self.assertLess(get.ms, BOUND_MS + SLACK_MS, behaviour)
        self.assertTrue(get.text.isprintable(), get)

    def test_no_whole_answer_is_no_answer(self):
        for behaviour in ("drop", "reset", "long_lie", "bad_chunks", "cut_chunks", "garbage", "not_http", "negative"):
            self.expect(behaviour, "unavailable")

    def test_no_answer_in_time(self):
        for behaviour in ("silence", "half_a_head", "head_alone", "drip", "drip_head"):
            self.expect(behaviour, "unavailable")

    def test_answers_without_end(self):
        for behaviour in ("endless_head", "endless_informing"):
            self.expect(behaviour, "unavailable")
        self.expect("endless_error", "unavailable")
        self.expect("endless", "too_large", max_bytes=1 << 20)

    def test_a_length_is_a_promise_at_most(self):
        self.expect("vast", "too_large")
        self.expect("empty", "damaged")
        self.expect("short_lie", "ok")
        self.assertEqual(self.read("got"), b"hello")
        self.expect("part", "refused")
        self.expect("escape", "refused")

    def test_size_is_bounded_to_the_byte(self):
        self.server.entries[key("a")] = b"x" * 1000
        self.expect("store", "ok", max_bytes=1000)
        self.expect("store", "too_large", max_bytes=999)
        del self.server.entries[key("a")]

    def test_an_upload_that_nobody_reads_is_abandoned(self):
        self.write("large", bytes(40_000_000))
        for behaviour in ("unread", "silence"):
            put, finish = self.probe(self.url(behaviour), f"put:a:{self.path('large')}", "finish", timeout=BOUND_MS)
            self.assertEqual(put.word, "ok")
            self.assertEqual(finish.word, "0+0+1")
            self.assertLess(finish.ms, BOUND_MS + SLACK_MS)

    def test_an_upload_ends_after_its_own_time(self):
        _, finish = self.probe(self.url("silence"), f"put:a:{self.entry}", "finish", upload=300)
        self.assertEqual(finish.word, "0+1+0")
        self.assertLess(finish.ms, 300 + SLACK_MS)


class Redirects(HostileCase):
    def test_within_the_host_a_few(self):
        self.server.entries[key("a")] = b"moved here"
        for behaviour in ("moved", "moved_thrice"):
            self.assertEqual(self.probe(self.url(behaviour), "get:a").word, "ok", behaviour)
            self.assertEqual(self.read("got"), b"moved here")
        put, finish = self.probe(self.url("moved"), f"put:b:{self.entry}", "finish")
        self.assertEqual(finish.word, "1+0+0")
        self.assertEqual(self.server.entries.pop(key("b")), self.read("entry"))
        del self.server.entries[key("a")]

    def test_not_for_ever(self):
        self.assertEqual(self.probe(self.url("loop"), "get:a").word, "refused")
        self.assertEqual(len(self.server.requests), 4)

    def test_nowhere_else(self):
        self.other.entries["x"] = b"from elsewhere"
        get = self.probe(self.url("to_other_port", "me:secret@"), "get:a", header="X-Token: secret")
        self.assertEqual(get.word, "refused")
        self.assertIn("another host or port", get.text)
        self.assertEqual(self.other.requests, [])
        for behaviour in ("to_file", "to_nonsense", "nowhere"):
            self.assertEqual(self.probe(self.url(behaviour), "get:a").word, "refused", behaviour)

    def test_no_upload_becomes_a_download(self):
        finish = self.probe(self.url("302"), f"put:a:{self.entry}", "finish")[1]
        self.assertEqual(finish.word, "0+1+0")


class Credentials(HostileCase):
    def test_of_the_address_and_of_headers_are_sent_and_never_told(self):
        get = self.probe(self.url("403", "me%40home:se%63ret@"), "get:a", header=["X-Token: secret", "X-Other: b"])
        self.assertEqual(get.word, "refused")
        self.assertTrue(get.text.startswith(f"http://***@127.0.0.1:{self.server.port}/403/ "), get.text)
        headers = self.server.requests[0].headers
        self.assertEqual(headers["authorization"], "Basic " + base64.b64encode(b"me@home:secret").decode())
        self.assertEqual((headers["x-token"], headers["x-other"]), ("secret", "b"))

    def test_are_in_no_command_line(self):
        """Those of all processes of the probe, while the server keeps it waiting."""
        seen = []

        def look():
            while not self.server.requests:
                pass
            for process in filter(str.isdigit, os.listdir("/proc")):
                try:
                    with open(f"/proc/{process}/cmdline", "rb") as file:
                        words = file.read()
                except OSError:
                    continue
                if words.split(b"\0")[0].endswith(b"waxwing-http"):
                    seen.append(words)

        watcher = threading.Thread(target=look)
        watcher.start()
        self.probe(self.url("silence", "me:secret@"), "get:a", timeout=BOUND_MS, header="X-Token: secret")
        watcher.join()
        self.assertTrue(seen)
        for words in seen:
            self.assertNotIn(b"secret", words)

    def test_the_query_goes_with_each_request_and_is_not_told(self):
        get = self.probe(self.url("403")[:-1] + "?sig=secret", "get:a")
        self.assertIn("/403/?*** ", get.text)
        self.assertTrue(self.server.requests[0].path.endswith(f"/403/{key('a')}?sig=secret"))


class Ways(HostileCase):
    def test_nobody_listens(self):
        get, again = self.probe("http://127.0.0.1:1/", "get:a", "get:a", timeout=BOUND_MS)
        self.assertEqual((get.word, again.word), ("unavailable", "unavailable"))
        self.assertIn("not asked for 60 s", again.text)
        self.assertLess(again.ms, 50)

    def test_a_name_that_is_none(self):
        get = self.probe("http://waxwing.invalid/", "get:a", connect=300)
        self.assertEqual(get.word, "unavailable")
        self.assertLess(get.ms, 300 + SLACK_MS)

    def test_connections_are_not_taken(self):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            fillers = []
            for _ in range(4):
                fillers.append(socket.socket())
                fillers[-1].setblocking(False)
                fillers[-1].connect_ex(listener.getsockname())
            get = self.probe(f"http://127.0.0.1:{listener.getsockname()[1]}/", "get:a", connect=300)
            for filler in fillers:
                filler.close()
        self.assertEqual(get.word, "unavailable")
        self.assertLess(get.ms, 300 + SLACK_MS)

    def test_proxies_are_those_of_the_environment(self):
        self.server.entries[key("a")] = b"by proxy"
        proxy = {"http_proxy": f"http://127.0.0.1:{self.server.port}", "no_proxy": "", "NO_PROXY": ""}
        get = self.probe("http://cache.invalid/store/", "get:a", env=proxy)
        self.assertEqual(get.word, "ok")
        self.assertEqual(self.server.requests[0].path, f"http://cache.invalid/store/{key('a')}")
        del self.server.entries[key("a")]


class Tls(HostileCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        certificate, private = cls.path("cert.pem"), cls.path("key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                        "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                        "-keyout", private, "-out", certificate], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, private)
        cls.tls = HostileServer(context)
        cls.addClassCleanup(cls.tls.close)

    def test_a_certificate_that_is_trusted(self):
        url = f"https://localhost:{self.tls.port}/store/"
        put, finish, get = self.probe(url, f"put:a:{self.entry}", "finish", "get:a", ca_file=self.path("cert.pem"))
        self.assertEqual((finish.word, get.word), ("1+0+0", "ok"))
        self.assertEqual(self.read("got"), self.read("entry"))

    def test_certificates_that_are_not(self):
        self.tls.entries[key("b")] = b"b"
        self.tls.requests.clear()
        unknown = self.probe(f"https://localhost:{self.tls.port}/store/", "get:b")
        self.assertEqual(unknown.word, "unavailable")
        self.assertIn("certificate", unknown.text)
        for_another = self.probe(f"https://127.0.0.1:{self.tls.port}/store/", "get:b", ca_file=self.path("cert.pem"))
        self.assertEqual(for_another.word, "unavailable")
        missing = self.probe(f"https://localhost:{self.tls.port}/store/", "get:b", ca_file=self.path("none.pem"))
        self.assertEqual(missing.word, "unavailable")
        self.assertEqual(self.tls.requests, [])

    def test_a_server_without_it(self):
        get = self.probe(f"https://127.0.0.1:{self.server.port}/store/", "get:b", timeout=BOUND_MS)
        self.assertEqual(get.word, "unavailable")
        self.assertLess(get.ms, BOUND_MS + SLACK_MS)


if __name__ == "__main__":
    unittest.main()
