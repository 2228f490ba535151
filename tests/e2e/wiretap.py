"""A TLS endpoint between an agent and a server that passes every byte on as it came and keeps it.

To the agent it is the server, with the server's own identity; to the server it is the agent, with the agent's. Both are
the real programs, so what was kept is what one has written and the other has taken. Either way can be held up.
"""
import dataclasses
import select
import socket
import ssl
import threading


@dataclasses.dataclass
class Exchange:
    method: str
    path: str
    body: bytes
    status: int
    answer: bytes


class Way:
    """One direction; what comes while it is closed waits until it is opened."""

    def __init__(self):
        self.holds = threading.Event()  # something waits
        self._open = threading.Event()
        self.open()

    def close(self):
        self.holds.clear()
        self._open.clear()

    def open(self):
        self._open.set()

    def pass_on(self):
        if not self._open.is_set():
            self.holds.set()
            self._open.wait()


class Wiretap:
    """Listens at `address`; passes on to `server`, HOST:PORT. Identities are folders of `sonde ca issue`."""

    def __init__(self, server, server_identity, agent_identity):
        host, port = server.rsplit(":", 1)
        self.server = host, int(port)
        self.as_server = context(ssl.PROTOCOL_TLS_SERVER, server_identity)
        self.as_agent = context(ssl.PROTOCOL_TLS_CLIENT, agent_identity)
        self.connections = []  # [what the agent sent, what the server sent]
        self.requests, self.answers = Way(), Way()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _accept(self):
        while True:
            try:
                plain, _ = self.socket.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._pass_on, args=(plain,), daemon=True).start()

    def _pass_on(self, plain):
        try:
            with self.as_server.wrap_socket(plain, server_side=True) as agent, \
                    socket.create_connection(self.server) as onward, \
                    self.as_agent.wrap_socket(onward, server_hostname=self.server[0]) as server:
                kept = [bytearray(), bytearray()]
                self.connections.append(kept)
                relay({agent: (server, kept[0], self.requests), server: (agent, kept[1], self.answers)})
        except OSError:
            pass  # one of the two went away, as in life

    def exchanges(self):
        """What was asked and answered so far, request by request, also what is held up."""
        found = []
        for sent, answered in list(self.connections):
            requests, answers = messages(bytes(sent)), messages(bytes(answered))
            for (line, body), (status_line, answer) in zip(requests, answers):
                method, path, _ = line.split(" ")
                found.append(Exchange(method, path, body, int(status_line.split(" ")[1]), answer))
        return found


def context(protocol, identity):
    made = ssl.SSLContext(protocol)
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.load_cert_chain(identity / "cert.pem", identity / "key.pem")
    made.load_verify_locations(identity / "ca.pem")
    made.verify_mode = ssl.CERT_REQUIRED
    if protocol == ssl.PROTOCOL_TLS_SERVER:
        made.num_tickets = 0  # so that whatever can be read is data
    return made


def relay(ends):
    """{source: (target, what to keep it in, its Way)}, until one of the sources ends. In one thread, because OpenSSL's
    connections are not for two."""
    while True:
        for source in [end for end in ends if end.pending()] or select.select(list(ends), [], [])[0]:
            data = source.recv(65536)
            if not data:
                return
            target, kept, way = ends[source]
            kept += data
            way.pass_on()
            target.sendall(data)


def messages(stream):
    """(first line, body) of each whole HTTP/1.1 message of a stream; their lengths are Content-Length."""
    found = []
    while b"\r\n\r\n" in stream:
        head, _, rest = stream.partition(b"\r\n\r\n")
        line, *fields = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        assert "transfer-encoding" not in headers, head
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            break
        found.append((line, rest[:length]))
        stream = rest[length:]
    return found
