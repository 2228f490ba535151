"""Name servers for the tests of dns: nsd, and scripted ones for what no good server does."""
import contextlib
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent.parent))

from processes import descendants  # noqa: E402
from support import Skip, run  # noqa: E402

ZONE = """$ORIGIN example.test.
$TTL 300
@ SOA ns admin 1 3600 600 86400 60
@ NS ns
ns A 127.0.0.1
www A 192.0.2.2
www A 192.0.2.3
www AAAA 2001:db8::2
alias 60 CNAME www
mail MX 10 www
""" + "\n".join(f'big TXT "{number:03d} {"x" * 200}"' for number in range(10)) + "\n"


class NameServer:
    """nsd with the zone example.test, on 127.0.0.1 or where it is told."""

    def __init__(self, folder, addresses=("127.0.0.1",), space=None, more="", zone=ZONE, port=None):
        """`more`: lines of nsd.conf's server clause."""
        self.folder, self.addresses, self.more, self.zone = pathlib.Path(folder), addresses, more, zone
        self.command = ["ip", "netns", "exec", space] if space else []
        self.port = port or self.free_port()

    def free_port(self):
        # A wildcard of IPv6 that takes IPv4 too, where there is one: the port is free for both.
        family, wildcard = (socket.AF_INET6, "::") if "::1" in self.addresses else (socket.AF_INET, "0.0.0.0")
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            probe.bind((wildcard, 0))
            return probe.getsockname()[1]

    def __enter__(self):
        f = self.folder
        (f / "zone").write_text(self.zone)
        (f / "nsd.conf").write_text(
            'server:\n' + "".join(f' ip-address: {address}@{self.port}\n' for address in self.addresses) +
            f' server-count: 1\n username: ""\n'
            f' chroot: ""\n zonesdir: "{f}"\n database: ""\n pidfile: "{f}/pid"\n xfrdfile: "{f}/xfrd"\n'
            f' xfrdir: "{f}"\n zonelistfile: "{f}/zones"\n cookie-secret-file: "{f}/cookie"\n'
            f' rrl-ratelimit: 0\n minimal-responses: yes\n answer-cookie: yes\n'
            f' nsid: "ascii_tester"\n identity: "tester one"\n{self.more}'
            f' ipv4-edns-size: 4096\n ipv6-edns-size: 4096\n'
            f'remote-control:\n control-enable: no\nzone:\n name: example.test\n zonefile: zone\n')
        try:
            with open(f / "log", "wb") as log:
                self.process = subprocess.Popen([*self.command, "/usr/sbin/nsd", "-d", "-c", f / "nsd.conf"],
                                                stdout=log, stderr=log)
        except FileNotFoundError:
            raise Skip("nsd is not installed") from None
        deadline = time.monotonic() + 20
        while "nsd started" not in (f / "log").read_text():
            # Between the look for a free port and nsd's own, others may have taken it.
            if "Address already in use" in (f / "log").read_text() and self.process.wait(20) is not None:
                self.port = self.free_port()
                return self.__enter__()
            assert self.process.poll() is None and time.monotonic() < deadline, (f / "log").read_text()
            time.sleep(0.01)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)


class Responder:
    """A UDP socket that answers each query with what `behave(responder, query, client, number)` does; for what no good
    server does."""

    def __init__(self, behave, address="127.0.0.1"):
        self.socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.address, self.port = address, self.socket.getsockname()[1]
        self.queries = []
        self.behave = behave
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _serve(self):
        try:
            while True:
                query, client = self.socket.recvfrom(65536)
                self.queries.append((query, client))
                self.behave(self, query, client, len(self.queries) - 1)
        except OSError:
            pass

    def run(self, name="www.example.test", edns_size=0, **options):
        return run(server=self.address, port=self.port, name=name, edns_size=edns_size, **options)


@contextlib.contextmanager
def halted():
    """The method's processes stand still meanwhile, as on a machine that has no time for them."""
    def read(pid, name):
        with contextlib.suppress(OSError):  # ended meanwhile
            return pathlib.Path(f"/proc/{pid}/{name}").read_text()
        return ""
    pids = [pid for pid in descendants(os.getpid()) if read(pid, "comm").startswith("sonde-runner")]
    assert pids, "no runner is there"
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        deadline = time.monotonic() + 20
        while any(read(pid, "stat").rpartition(") ")[2][:1] not in "Tt" for pid in pids):
            assert time.monotonic() < deadline, "the runner goes on"
            time.sleep(0.001)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def answer(query, flags=0x8180, records=b"", count=0):
    """The header with other flags, the question as it was asked (queries come without EDNS), and records."""
    return query[:2] + struct.pack("!HHHHH", flags, 1, count, 0, 0) + query[12:] + records


def good_answer(query):
    return answer(query, records=b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1", count=1)


def in_order(result):
    """Rows come as things are decided; here they are by transmission, and as they came within one."""
    return sorted(result.table("query"), key=lambda row: row["seq"])


def outcomes(result):
    return [row["outcome"] for row in in_order(result)]


def opt(*options):
    """An OPT record with options, (code, data) each."""
    data = b"".join(struct.pack("!HH", code, len(value)) + value for code, value in options)
    return struct.pack("!BHHIH", 0, 41, 1232, 0, len(data)) + data


def with_opt(query, *options, flags=0x8180, rcode_high=0):
    """An answer to a query that came with EDNS, with options of its own."""
    end = query.index(b"\0", 12) + 5
    record = bytearray(opt(*options))
    record[5] = rcode_high
    return query[:2] + struct.pack("!HHHHH", flags, 1, 0, 0, 1) + query[12:end] + bytes(record)
