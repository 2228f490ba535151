"""What the tests of the methods share: a run of the real command, bad servers, and name spaces of the network.

Each test file runs as `NAME_test.py SONDE PLUGIN ...`, marks its tests with @case (their names are sentences) and calls
main().
"""
import contextlib
import inspect
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

TESTS_FOLDER = pathlib.Path(__file__).resolve().parent.parent
sys.path += [str(TESTS_FOLDER), str(TESTS_FOLDER / "support")]

from cases import Skip, run_cases  # noqa: E402
from device_order import keep_order  # noqa: E402
from link_emulator import EmulatedLink  # noqa: E402
from pace import until  # noqa: E402

SONDE, PLUGIN = (os.path.abspath(path) for path in sys.argv[1:3])


class Run:
    """One run of a method by `sonde run`: its rows by table, and how it ended."""

    def __init__(self, result, took):
        self.exit, self.stderr, self.took_s = result.returncode, result.stderr, took
        self.rows = [json.loads(line) for line in result.stdout.splitlines()]
        said = re.search(r"([a-z_]+) \((\d+)\): ", result.stderr)
        self.status = said[1] if said and result.returncode != 0 else None

    def table(self, name):
        return [row for row in self.rows if row["table"] == name]

    def one(self, name):
        rows = self.table(name)
        assert len(rows) == 1, f"{len(rows)} rows of {name}\n{self}"
        return rows[0]

    def __str__(self):
        rows = "\n".join(json.dumps(row) for row in self.rows[:20])
        return f"exit {self.exit} after {self.took_s:.2f} s, stderr: {self.stderr}\n{rows}"


def run(*words, deadline=None, space=None, hosts=None, files=(), timeout_s=60, cancel_when=None, **options):
    """Runs the plugin with the given options, in a name space of the network or with a hosts file or other `files`
    [(its own, in whose place), ...] where that is asked; must end by itself within timeout_s, or is cancelled as soon
    as cancel_when() says so."""
    command = ["ip", "netns", "exec", space] if space else []
    for own, replaced in [(hosts, "/etc/hosts")] if hosts else files:
        command += ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" "$1" && shift && exec "$@"', own, replaced]
    command += [SONDE, "run", PLUGIN, "--json", *words]
    command += ["--deadline", deadline] if deadline else []
    for name, value in options.items():
        values = value if isinstance(value, list) else [value]
        command += [f"{name}={item}" for item in values]
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          stdin=subprocess.DEVNULL) as process:
        try:
            if cancel_when:
                until(lambda: process.poll() is not None or cancel_when(), "what the run is to be cancelled at")
                process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=timeout_s)
        except BaseException:
            process.kill()
            raise
    return Run(subprocess.CompletedProcess(command, process.returncode, out, err), time.monotonic() - began)


@contextlib.contextmanager
def method(plugin):
    """Another method than that which the test was called with."""
    global PLUGIN
    own, PLUGIN = PLUGIN, plugin
    try:
        yield
    finally:
        PLUGIN = own


def equal(actual, wanted, context=""):
    assert actual == wanted, f"{actual!r} is not {wanted!r}\n{context}"


def need_root():
    if os.geteuid() != 0:
        raise Skip("needs root, for name spaces")


def need_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError as error:
        raise Skip(f"no IPv6 here: {error}") from None


class Listener:
    """A TCP server that does with each connection what `behave(connection, number)` says; for what no good server
    does."""

    def __init__(self, behave, address="127.0.0.1", tls=None):
        self.behave, self.tls = behave, tls
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.create_server((address, 0), family=family, backlog=64)
        self.port = self.socket.getsockname()[1]
        host = f"[{address}]" if ":" in address else address
        self.url = f"{'https' if tls else 'http'}://{host}:{self.port}/"
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection, self.connections - 1), daemon=True).start()

    def _serve(self, connection, number):
        with contextlib.suppress(OSError), connection:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            self.behave(connection, number)


def read_request(connection):
    """A request's head; nothing if the client has gone."""
    head = b""
    while b"\r\n\r\n" not in head:
        data = connection.recv(65536)
        if not data:
            return b""
        head += data
    return head


def reset(connection):
    """Ends a connection by RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


def listens_on(connection):
    """Says nothing more and reads what comes."""
    while connection.recv(65536):
        pass


def says(*pieces, then=lambda connection: None):
    """What a Listener does that answers a request by `pieces`, whatever was asked."""
    def behave(connection, _):
        if read_request(connection):
            for piece in pieces:
                connection.sendall(piece)
            then(connection)
    return behave


def make_certificate(folder, name, alternative):
    """A self-signed certificate; returns the paths of certificate and key."""
    certificate, key = f"{folder}/{name}.pem", f"{folder}/{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", key, "-out", certificate, "-days", "2", "-subj", f"/CN={name}", "-addext",
                    f"subjectAltName={alternative}"], check=True, capture_output=True)
    os.chmod(certificate, 0o644)
    return certificate, key


def make_expired(folder, name, alternative):
    """The same, of a time that is over."""
    certificate, key, request = f"{folder}/{name}.pem", f"{folder}/{name}.key", f"{folder}/{name}.csr"
    subprocess.run(["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                    "-out", request, "-subj", f"/CN={name}", "-addext", f"subjectAltName={alternative}"], check=True,
                   capture_output=True)
    subprocess.run(["openssl", "x509", "-req", "-in", request, "-signkey", key, "-days", "-1", "-copy_extensions",
                    "copyall", "-out", certificate], check=True, capture_output=True)
    os.chmod(certificate, 0o644)
    return certificate, key


def server_tls(certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


class NameSpaces:
    """Two name spaces of the network, joined by a veth pair: a server's and a client's, IPv4 and IPv6, nothing else.

    What congestion control a machine has by itself, bbr for instance, is no ground to measure on. Every kernel has reno,
    which fills queues, as most servers' does.
    """

    def __init__(self, congestion_control="reno"):
        need_root()
        self.congestion_control = congestion_control
        unique = f"sonde{os.getpid()}x{id(self) % 9973}"
        self.server, self.client = f"{unique}s", f"{unique}c"
        self.server_addresses, self.client_addresses = ("10.77.0.1", "2001:db8:77::1"), ("10.77.0.2", "2001:db8:77::2")

    def __enter__(self):
        try:
            for space in (self.server, self.client):
                self._ip("netns", "add", space)
            self._ip("link", "add", "line", "netns", self.server, "type", "veth", "peer", "name", "line", "netns",
                     self.client)
            for space, addresses in ((self.server, self.server_addresses), (self.client, self.client_addresses)):
                self._ip("-n", space, "address", "add", addresses[0] + "/24", "dev", "line")
                self._ip("-n", space, "address", "add", addresses[1] + "/64", "dev", "line", "nodad")
                # Segments as on a real wire: one frame each, so that the interface counts what a line would carry.
                self._ip("-n", space, "link", "set", "line", "gso_max_segs", "1")
                self._ip("-n", space, "link", "set", "line", "up")
                keep_order(space, "line")
                self._ip("-n", space, "link", "set", "lo", "up")
                self._at(space, "sh", "-c", f"echo {self.congestion_control} > /proc/sys/net/ipv4/tcp_congestion_control")
        except subprocess.CalledProcessError as error:
            self._remove()
            raise Skip(f"no name spaces of the network here: {error.stderr.strip()}") from None
        return self

    def __exit__(self, kind=None, *_):
        try:
            if kind is None:  # whatever the network did to the runs, nothing of theirs may be left
                until(lambda: not self.left_over(), "no process and no socket left")
        finally:
            self._remove()

    def _remove(self):
        for space in (self.server, self.client):
            subprocess.run(["ip", "netns", "del", space], capture_output=True, check=False)

    @staticmethod
    def _ip(*words):
        subprocess.run(["ip", *words], check=True, capture_output=True, text=True)

    @staticmethod
    def _at(space, *words):
        subprocess.run(["ip", "netns", "exec", space, *words], check=True, capture_output=True, text=True)

    def sysctl(self, space, name, value=None):
        """Sets one of `net`, or gives what it is."""
        path = f"/proc/sys/net/{name}"
        words = ["cat", path] if value is None else ["sh", "-c", f"echo {value} > {path}"]
        return subprocess.run(["ip", "netns", "exec", space, *words], check=True, capture_output=True, text=True).stdout

    def congestion_controls(self):
        """Those of this machine that a name space may use."""
        return self.sysctl(self.client, "ipv4/tcp_allowed_congestion_control").split()

    def left_over(self):
        """Processes that are in the client's name space, and sockets that somebody holds."""
        pids = subprocess.run(["ip", "netns", "pids", self.client], check=True, capture_output=True, text=True).stdout
        shown = subprocess.run(["ip", "netns", "exec", self.client, "sh", "-c", "cat /proc/net/tcp* /proc/net/udp*"],
                               check=True, capture_output=True, text=True).stdout
        lines = [line.split() for line in shown.splitlines() if not line.lstrip().startswith("sl")]
        return pids.split() + [line for line in lines if line[9] != "0"]  # the inode: none of what the kernel ends by itself

    def shape(self, rate, latency="50ms", space=None):
        """Bounds the server's sending, or that of `space`; rate and longest wait as tc writes them."""
        done = subprocess.run(["ip", "netns", "exec", space or self.server, "tc", "qdisc", "replace", "dev", "line", "root",
                               "tbf", "rate", rate, "burst", "32k", "latency", latency], capture_output=True,
                              text=True, check=False)
        if done.returncode != 0:
            raise Skip(f"no TBF here: {done.stderr.strip()}")

    def unshape(self, space=None):
        subprocess.run(["ip", "netns", "exec", space or self.server, "tc", "qdisc", "del", "dev", "line", "root"],
                       check=True, capture_output=True)

    def ip_bytes(self):
        """(received, sent) of the client's interface at the IP layer: without Ethernet's 14 bytes a frame."""
        def counter(name):
            path = f"/sys/class/net/line/statistics/{name}"
            return int(subprocess.run(["ip", "netns", "exec", self.client, "cat", path], check=True,
                                      capture_output=True, text=True).stdout)
        return tuple(counter(f"{way}_bytes") - 14 * counter(f"{way}_packets") for way in ("rx", "tx"))


CASES = []


def emulated(net, there, back, **options):
    try:
        return EmulatedLink(net.client, net.server, there, back, **options)
    except OSError as error:
        raise Skip(f"no TUN here: {error}") from None


def case(test):
    """Marks a test; main runs them in the order in which they were marked."""
    CASES.append(test)
    return test


def main():
    """Runs the marked tests, or those named as `test=NAME`."""
    def in_a_folder(test):
        with tempfile.TemporaryDirectory(prefix="sonde-method-") as folder:
            os.chmod(folder, 0o755)
            test(*([folder] if inspect.signature(test).parameters else []))

    wanted = [word[5:] for word in sys.argv if word.startswith("test=")]
    run_cases([(test.__name__, lambda test=test: in_a_folder(test))
               for test in CASES if not wanted or test.__name__ in wanted])
