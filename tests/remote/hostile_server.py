"""A server whose first folder says how it behaves: /drop/KEY, /drip/KEY... `behaviours` has them all."""
import os
import socket
import struct
import threading
import time

CHUNK = b"x" * 65536


def answer(status, body=b"", *headers, length=None):
    lines = [f"HTTP/1.1 {status} Of Course", f"Content-Length: {len(body) if length is None else length}",
             "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Exchange:
    """A request, as far as it was read, and the connection."""

    def __init__(self, connection, server):
        self.connection = connection
        self.server = server
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                raise ConnectionError
            data += more
        head, self.body = data.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.path, _ = lines[0].split(" ", 2)
        self.headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
        local = self.path.split("://")[-1]  # a proxy gets whole addresses
        self.behaviour = local.split("/")[1]
        self.name = self.path.rsplit("/", 1)[1]

    def send(self, data):
        self.connection.sendall(data)

    def read_body(self):
        size = int(self.headers.get("content-length", 0))
        if self.headers.get("expect") == "100-continue":
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        while len(self.body) < size:
            more = self.connection.recv(65536)
            if not more:
                raise ConnectionError
            self.body += more
        return self.body

    def forever(self, data, pause=0.0):
        while not self.server.is_closing:
            self.send(data)
            time.sleep(pause)


def store(exchange):
    entries = exchange.server.entries
    if exchange.method == "PUT":
        entries[exchange.name] = exchange.read_body()
        exchange.send(answer(201))
    elif exchange.name not in entries:
        exchange.send(answer(404, b"nothing"))
    elif exchange.method == "DELETE":
        del entries[exchange.name]
        exchange.send(answer(204))
    else:
        exchange.send(answer(200, entries[exchange.name]))


def silence(exchange):
    exchange.server.closing.wait(60)


def reset(exchange):
    exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def endless(exchange):
    exchange.send(b"HTTP/1.1 200 OK\r\n\r\n")
    exchange.forever(CHUNK)


def endless_head(exchange):
    exchange.send(b"HTTP/1.1 200 OK\r\n")
    exchange.forever(b"X-Y: " + b"z" * 1000 + b"\r\n")


def endless_informing(exchange):
    exchange.forever(b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n")


def endless_error(exchange):
    exchange.send(b"HTTP/1.1 500 No\r\n\r\n")
    exchange.forever(CHUNK)


def drip(exchange):
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    exchange.forever(b"x", 0.05)


def drip_head(exchange):
    exchange.forever(b"H", 0.05)


def half_a_head(exchange):
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Le")
    silence(exchange)


def head_alone(exchange):
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
    silence(exchange)


def bad_chunks(exchange):
    exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nZZ\r\nhello")


def cut_chunks(exchange):
    exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")


def unread(exchange):
    """An upload that is never read, and never answered."""
    exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    silence(exchange)


def moved(exchange):
    exchange.send(answer(307, b"elsewhere" * 100, f"Location: /store/{exchange.name}"))


def moved_thrice(exchange):
    depth = exchange.path.count("/deeper")
    target = f"/store/{exchange.name}" if depth == 2 else f"/moved_thrice{'/deeper' * (depth + 1)}/{exchange.name}"
    exchange.send(answer(302, b"", f"Location: {target}"))


def to(location):
    def behave(exchange):
        exchange.send(answer(302, b"", "Location: " + location.replace("PORT", str(exchange.server.other_port))))
    return behave


def sending(data):
    return lambda exchange: exchange.send(data)


behaviours = {
    "store": store, "silence": silence, "drop": lambda _: None, "reset": reset, "endless": endless,
    "endless_head": endless_head, "endless_informing": endless_informing, "endless_error": endless_error,
    "drip": drip, "drip_head": drip_head, "half_a_head": half_a_head, "head_alone": head_alone,
    "bad_chunks": bad_chunks, "cut_chunks": cut_chunks, "unread": unread, "moved": moved,
    "moved_thrice": moved_thrice, "loop": lambda e: e.send(answer(302, b"", f"Location: {e.path}")),
    "to_other_port": to("http://127.0.0.1:PORT/store/x"), "to_file": to("file:///etc/passwd"),
    "to_nonsense": to("http://[::/"), "nowhere": sending(answer(302)),
    "long_lie": sending(answer(200, b"short", length=1000)), "short_lie": sending(answer(200, b"hello" * 100, length=5)),
    "negative": sending(answer(200, b"hello", length=-5)), "vast": sending(answer(200, b"hello", length=1 << 62)),
    "garbage": lambda e: e.send(os.urandom(3000)), "not_http": sending(b"SSH-2.0-hello\r\n\r\n"),
    "empty": sending(answer(200)), "part": sending(answer(206, b"hello")), "no_content": sending(answer(204)),
    "escape": sending(b"HTTP/1.1 400 \x1b[2J\x07\r\nContent-Length: 0\r\n\r\n"),
}


def behave(exchange):
    name = exchange.behaviour
    if name.isdigit():
        exchange.send(answer(int(name), b"an error page"))
    else:
        behaviours[name](exchange)


class HostileServer:
    """Serves in threads until `close`. `requests` are the exchanges so far."""

    def __init__(self, tls=None):
        self.entries = {}
        self.requests = []
        self.closing = threading.Event()
        self.other_port = 0
        self.tls = tls
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.accepting = threading.Thread(target=self.accept, daemon=True)
        self.accepting.start()

    @property
    def is_closing(self):
        return self.closing.is_set()

    def accept(self):
        while not self.is_closing:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            with self.tls.wrap_socket(connection, server_side=True) if self.tls else connection as stream:
                exchange = Exchange(stream, self)
                self.requests.append(exchange)
                behave(exchange)
                if exchange.behaviour != "reset":
                    stream.shutdown(socket.SHUT_WR)
                    stream.settimeout(1)
                    while stream.recv(65536):  # else what was not read turns the end into a reset
                        pass
        except (OSError, ValueError):
            pass

    def close(self):
        """Nobody accepts afterwards, so that the descriptor can be another server's."""
        self.closing.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.accepting.join()
        self.listener.close()
