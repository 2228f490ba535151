"""How far the response times of dns are from those of the packets themselves, as captured.

In two network namespaces of the benchmark's own, joined by a virtual cable, dns asks nsd over UDP. A packet socket on the
client's interface captures each query and answer with the kernel's stamps in nanoseconds; the error is what dns says less
what the capture says of the same query, known by its port and id. Nobody waits at that socket while dns runs: the kernel
would wake its reader for each packet, between the capture's own stamp and the driver's, and the capture would measure itself.
Usage: dns_accuracy_benchmark.py SOURCE_ROOT SONDE PLUGINS_DIRECTORY
"""
import math
import os
import pathlib
import socket
import struct
import sys
import tempfile
import time

ROOT, SONDE, PLUGINS = (pathlib.Path(word).resolve() for word in sys.argv[1:4])
sys.argv[1:3] = [str(SONDE), str(PLUGINS / "dns" / "dns.so")]
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("", "net", "methods", "methods/dns")]

from cases import Skip  # noqa: E402
from figures import Figures  # noqa: E402
from laboratory import SERVER, SERVER6, Laboratory, Namespace  # noqa: E402
from servers import NameServer  # noqa: E402

ROUNDS, QUERIES, INTERVAL = 5, 300, "5ms"
ETH_P_ALL, SO_TIMESTAMPNS, SO_RCVBUFFORCE = 3, 35, 33


class Capture:
    """All that the client's interface carries while something runs."""

    def __init__(self, lab):
        with Namespace(lab.client):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.bind(("c0", ETH_P_ALL))
        self.socket.setblocking(False)
        time.sleep(0.05)  # the kernel switches stamps on asynchronously

    def _records(self):
        while True:
            try:
                frame, control, _, _ = self.socket.recvmsg(256, 64)
            except BlockingIOError:
                return
            stamp = next(struct.unpack("qq", data) for _, kind, data in control if kind == SO_TIMESTAMPNS)
            yield stamp[0] * 1_000_000_000 + stamp[1], frame

    def end(self, port):
        """{(client's port, DNS id): (sent, received)} in ns."""
        sent, received = {}, {}
        for when, frame in self._records():
            header = {b"\x08\x00": 34, b"\x86\xdd": 54}.get(frame[12:14])
            if not header or frame[23 if header == 34 else 20] != 17:
                continue
            source, destination = struct.unpack_from("!HH", frame, header)
            number, = struct.unpack_from("!H", frame, header + 8)
            if destination == port:
                sent.setdefault((source, number), when)
            elif source == port:
                received.setdefault((destination, number), when)
        self.socket.close()
        return {key: (when, received[key]) for key, when in sent.items() if key in received}


def quantile(figures, q):
    return sorted(figures)[max(1, math.ceil(q * len(figures))) - 1]


def main():
    processors = sorted(os.sched_getaffinity(0))[:2]
    os.sched_setaffinity(0, processors)
    errors, true_us, behind = [], [], {"transmit": [], "receive": []}
    with Laboratory(SONDE, PLUGINS) as lab, tempfile.TemporaryDirectory() as folder, Figures("dns") as results:
        servers = [SERVER, SERVER6] if lab.has_ipv6 else [SERVER]
        with NameServer(folder, servers, lab.server) as nsd:
            for _ in range(ROUNDS):
                capture = Capture(lab)
                run = lab.run("dns", server=",".join(servers), port=nsd.port, name="www.example.test", count=QUERIES,
                              interval=INTERVAL, linger="0s")
                seen = capture.end(nsd.port)
                for row in run.table("query"):
                    captured = seen.get((row["source_port"], row["query_id"]))
                    if captured and row["outcome"] == "answer":
                        errors.append(abs(row["response_time_ns"] - (captured[1] - captured[0])) / 1000)
                        true_us.append((captured[1] - captured[0]) / 1000)
                        behind["transmit"].append(row["sent_ns"] - captured[0])
                        behind["receive"].append(row["received_ns"] - captured[1])
        for share in (0.5, 0.99):
            results.add(f"|error| of a response time over UDP against a capture, p{100 * share:.0f}", quantile(errors, share),
                        "us")
        results.add("response times compared", len(errors), "queries")
        results.plot("|error| of a response time against a capture of it", "us", {"dns": errors})
    print(f"error of a response time against a capture of its packets, pinned to CPU {','.join(map(str, processors))}; "
          f"{ROUNDS} rounds of {QUERIES} queries to each of {' and '.join(servers)}")
    print(f"  |error| p50 {quantile(errors, 0.5):.2f} us   p99 {quantile(errors, 0.99):.2f} us   most {max(errors):.2f} us   "
          f"of {len(errors)}; captured response time p50 {quantile(true_us, 0.5):.1f} us, p99 "
          f"{quantile(true_us, 0.99):.1f} us")
    for name, figures in behind.items():
        print(f"  {name} stamps are behind the captured ones by p50 {quantile(figures, 0.5) / 1000:.2f} us, p99 "
              f"{quantile(figures, 0.99) / 1000:.2f} us")


try:
    main()
except Skip as reason:
    print(reason)
    sys.exit(77)
