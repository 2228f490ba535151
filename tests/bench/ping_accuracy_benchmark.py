"""How far ping's round trips are from those of the packets themselves, as captured; fping's beside it.

In two network namespaces of the benchmark's own, joined by a virtual cable, `sonde run ping` and `fping` send the same
number of packets in turn. A packet socket on the sender's interface captures each with the kernel's stamps in
nanoseconds; the error is what the tool says less what the capture says of the same packet. Nobody waits at that socket
while the tool runs: the kernel would wake its reader for each packet, between the capture's own stamp and the driver's,
and the capture would measure itself (with tcpdump in immediate mode that is 13 to 16 us a packet). Both namespaces have
the same clock. Usage: ping_accuracy_benchmark.py SOURCE_ROOT SONDE PLUGINS_DIRECTORY
"""

import math
import os
import pathlib
import socket
import statistics
import struct
import subprocess
import sys
import time

sys.path[:0] = [str(pathlib.Path(sys.argv[1]) / "tests" / folder) for folder in ("", "net")]

from cases import Skip  # noqa: E402
from figures import Figures  # noqa: E402
from laboratory import SERVER, Laboratory, Namespace, need  # noqa: E402

ROUNDS, PACKETS, INTERVAL_MS = 5, 300, 10
ECHO_REPLY, ECHO_REQUEST = 0, 8
ETH_P_ALL, SO_TIMESTAMPNS, SO_RCVBUFFORCE = 3, 35, 33


class Capture:
    """All that the sender's interface carries while something runs."""

    def __init__(self, lab):
        with Namespace(lab.client):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.bind(("c0", ETH_P_ALL))
        self.socket.setblocking(False)
        time.sleep(0.05)  # the kernel switches stamps on asynchronously

    def records(self):
        while True:
            try:
                frame, control, _, _ = self.socket.recvmsg(128, 64)
            except BlockingIOError:
                return
            stamps = [struct.unpack("qq", data) for _, kind, data in control if kind == SO_TIMESTAMPNS]
            yield stamps[0][0] * 1_000_000_000 + stamps[0][1], frame

    def end(self):
        """(request, reply) in the order of sending: when they were captured, in ns; None where a reply is missing."""
        found = {}  # the first of each kind, by time
        for when, frame in self.records():
            if frame[12:14] != b"\x08\x00" or frame[23] != 1:
                continue
            kind, _, _, ident, seq = struct.unpack_from("!BBHHH", frame, 14 + (frame[14] & 15) * 4)
            found.setdefault((kind, ident, seq), when)
        self.socket.close()
        sent = sorted((when, ident, seq) for (kind, ident, seq), when in found.items() if kind == ECHO_REQUEST)
        return [(when, found.get((ECHO_REPLY, ident, seq))) for when, ident, seq in sent]


def ping(lab):
    """What ping says: (round trip, transmit stamp, receive stamp) in ns by their order of sending, None for what it
    does not know."""
    run = lab.run("ping", target=SERVER, count=PACKETS, interval=f"{INTERVAL_MS}ms", tmax="500ms")
    rows = sorted((row for row in run.table("packet") if row["outcome"] != "duplicate"), key=lambda row: row["seq"])
    return [(row["rtt_ns"], row.get("tx_software_ns"), row.get("rx_ns")) for row in rows]


def fping(lab):
    process = lab.start(lab.client, ["fping", "-q", "-C", PACKETS, "-p", INTERVAL_MS, "-t", 500, SERVER],
                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    out = process.communicate(timeout=60)[0]
    words = out.splitlines()[-1].rsplit(":", 1)[1].split()
    return [(None if word == "-" else round(float(word) * 1_000_000), None, None) for word in words]


def errors_us(lab, tool, stamps):
    """One round in microseconds: the absolute errors, and the captured round trips. Adds to `stamps` by how many ns the
    tool's transmit and receive stamps are behind the captured ones."""
    capture = Capture(lab)
    said = tool(lab)
    seen = capture.end()
    if len(said) != len(seen):
        raise RuntimeError(f"{tool.__name__} tells of {len(said)} packets, {len(seen)} were captured")
    both = [(mine, request, reply) for mine, (request, reply) in zip(said, seen) if None not in (mine[0], reply)]
    stamps.extend((tx - request, rx - reply) for (_, tx, rx), request, reply in both if None not in (tx, rx))
    return [abs(mine[0] - (reply - request)) / 1000 for mine, request, reply in both], \
        [(reply - request) / 1000 for _, request, reply in both]


def quantile(figures, q):
    return sorted(figures)[max(1, math.ceil(q * len(figures))) - 1]


def main():
    need("fping")
    processors = sorted(os.sched_getaffinity(0))[:2]
    os.sched_setaffinity(0, processors)
    tools, stamps = {ping: [], fping: []}, []
    true_us = {ping: [], fping: []}
    ratios = []
    with Figures("ping") as figures:
        with Laboratory(*sys.argv[2:4]) as lab:
            measure(lab, tools, stamps, true_us, ratios)
        tell(figures, processors, tools, stamps, true_us, ratios)


def measure(lab, tools, stamps, true_us, ratios):
    for _ in range(ROUNDS):
        for tool in tools:
            errors, seen = errors_us(lab, tool, stamps)
            tools[tool].append(errors)
            true_us[tool] += seen
        ours, theirs = (statistics.median(tools[tool][-1]) for tool in (ping, fping))
        ratios.append(ours / theirs if theirs > 0 else math.nan)


def tell(figures, processors, tools, stamps, true_us, ratios):
    print(f"error of a round trip against a capture of its packets, pinned to CPU {','.join(map(str, processors))}; "
          f"{ROUNDS} rounds in turn of {PACKETS} packets")
    every = {tool: [error for errors in rounds for error in errors] for tool, rounds in tools.items()}
    for tool, errors in every.items():
        print(f"  {tool.__name__:6} |error| p50 {quantile(errors, 0.5):7.2f} us   p99 {quantile(errors, 0.99):8.2f} us   "
              f"most {max(errors):8.2f} us   of {len(errors)}; captured round trip p50 "
              f"{quantile(true_us[tool], 0.5):.1f} us, p99 {quantile(true_us[tool], 0.99):.1f} us")
    for name, behind in zip(("transmit", "receive"), zip(*stamps)):
        print(f"  ping's {name} stamps are behind the captured ones by p50 {quantile(behind, 0.5) / 1000:.2f} us, "
              f"p99 {quantile(behind, 0.99) / 1000:.2f} us")
    print(f"  ping's median error is {statistics.median(ratios):.3f} of fping's, median of the rounds' ratios")
    for share in (0.5, 0.99):
        figures.add(f"|error| of a round trip against a capture, p{100 * share:.0f}", quantile(every[ping], share), "us",
                    f"fping {quantile(every[fping], share):.2f} us")
    figures.add("round trips compared", len(every[ping]), "packets", f"fping {len(every[fping])}")
    figures.add("ping's median error as a part of fping's", statistics.median(ratios), "x")
    figures.plot("|error| of a round trip against a capture of it", "us",
                 {tool.__name__: errors for tool, errors in every.items()})


try:
    main()
except Skip as reason:
    print(reason)
    sys.exit(77)
