"""How far ping's round trips are from those of the packets themselves, as captured; its peers' beside them.

In two network namespaces of the benchmark's own, joined by a virtual cable, `sonde run ping`, `fping`, the `ping` of iputils
and a bare loop that takes the kernel's stamps send the same number of packets in turn, over IPv4 and IPv6. Each is captured
where it comes out of the cable (see capture.py), the request at the target and the reply at the sender; the error is what
the tool says less the time between the two. Usage: ping_accuracy_benchmark.py SOURCE_ROOT SONDE PLUGINS_DIRECTORY
"""

import math
import os
import pathlib
import re
import statistics
import struct
import subprocess
import sys
import time

sys.path[:0] = [str(pathlib.Path(sys.argv[1]) / "tests" / folder) for folder in ("", "net")]

from bare_ping import Echoes  # noqa: E402
from capture import Capture, behind_ip  # noqa: E402
from cases import Skip  # noqa: E402
from figures import Figures, quantile  # noqa: E402
from laboratory import SERVER, SERVER6, Laboratory, Namespace, need  # noqa: E402

ROUNDS, PACKETS, INTERVAL_MS = 5, 300, 10
# (protocol, type) in the IP header and in that of ICMP or ICMPv6.
REQUESTS, REPLIES = {(1, 8), (58, 128)}, {(1, 0), (58, 129)}


def round_trips(frames):
    """(request, reply) in the order of sending: when they came in, in ns; None where a reply is missing."""
    requests, replies = {}, {}  # the first of each, by time
    for when, frame in frames:
        protocol, at = behind_ip(frame)
        if protocol not in (1, 58):
            continue
        kind, _, _, *echo = struct.unpack_from("!BBHHH", frame, at)
        for kinds, found in ((REQUESTS, requests), (REPLIES, replies)):
            if (protocol, kind) in kinds:
                found.setdefault((protocol, *echo), when)
    return [(when, replies.get(echo)) for echo, when in sorted(requests.items(), key=lambda item: item[1])]


def ping(lab, address):
    """What ping says: (round trip, transmit stamp, receive stamp) in ns by their order of sending, None for what it
    does not know."""
    run = lab.run("ping", target=address, count=PACKETS, interval=f"{INTERVAL_MS}ms", tmax="500ms")
    rows = sorted((row for row in run.table("packet") if row["outcome"] != "duplicate"), key=lambda row: row["seq"])
    return [(row["rtt_ns"], row.get("tx_software_ns"), row.get("rx_ns")) for row in rows]


def fping(lab, address):
    process = lab.start(lab.client, ["fping", "-q", "-C", PACKETS, "-p", INTERVAL_MS, "-t", 500, address],
                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    out = process.communicate(timeout=60)[0]
    words = out.splitlines()[-1].rsplit(":", 1)[1].split()
    return [(None if word == "-" else round(float(word) * 1_000_000), None, None) for word in words]


def iputils(lab, address):
    process = lab.start(lab.client, ["ping", "-n", "-c", PACKETS, "-i", INTERVAL_MS / 1000, "-W", 1, address],
                        stdout=subprocess.PIPE, text=True)
    out = process.communicate(timeout=60)[0]
    said = {int(seq): round(float(ms) * 1_000_000) for seq, ms in re.findall(r"icmp_seq=(\d+) .*time=([\d.]+) ms", out)}
    return [(said.get(seq), None, None) for seq in range(1, PACKETS + 1)]


def bare(lab, address):
    with Namespace(lab.client):
        echoes = Echoes(address)
    said, begin = [], time.monotonic()
    for seq in range(PACKETS):
        time.sleep(max(0, begin + seq * INTERVAL_MS / 1000 - time.monotonic()))
        said.append(echoes.round_trip(seq))
    return said


def errors_us(lab, tool, address, stamps):
    """One round in microseconds: the absolute errors, and the captured round trips. Adds to `stamps` by how many ns the
    captured times are behind the tool's transmit and receive stamps."""
    capture = Capture(lab)
    said = tool(lab, address)
    seen = round_trips(capture.end())
    if not len(said) == len(seen) == PACKETS:
        raise RuntimeError(f"{tool.__name__} tells of {len(said)} packets, {len(seen)} were captured")
    both = [(mine, request, reply) for mine, (request, reply) in zip(said, seen) if None not in (mine[0], reply)]
    stamps.extend((request - tx, reply - rx) for (_, tx, rx), request, reply in both if None not in (tx, rx))
    return [abs(mine[0] - (reply - request)) / 1000 for mine, request, reply in both], \
        [(reply - request) / 1000 for _, request, reply in both]


TOOLS = {ping: "ping", fping: "fping", iputils: "ping of iputils", bare: "a bare socket"}
PEERS = list(TOOLS.items())[1:]


class Measured:
    """Of one family: what the rounds of each tool came to."""

    def __init__(self):
        self.errors, self.true_us = ({tool: [] for tool in TOOLS} for _ in range(2))
        self.stamps, self.ratios = {tool: [] for tool in TOOLS}, []

    def add_round(self, lab, address):
        for tool, rounds in self.errors.items():
            errors, seen = errors_us(lab, tool, address, self.stamps[tool])
            rounds.append(errors)
            self.true_us[tool] += seen
        ours, theirs = (statistics.median(self.errors[tool][-1]) for tool in (ping, fping))
        self.ratios.append(ours / theirs if theirs > 0 else math.nan)

    def tell(self, figures, family):
        every = {tool: [error for errors in rounds for error in errors] for tool, rounds in self.errors.items()}
        print(f"over {family}:")
        for tool, errors in every.items():
            print(f"  {TOOLS[tool]:15} |error| p50 {quantile(errors, 0.5):7.2f} us   p99 {quantile(errors, 0.99):8.2f} us"
                  f"   most {max(errors):8.2f} us   of {len(errors)}; captured round trip p50 "
                  f"{quantile(self.true_us[tool], 0.5):.1f} us, p99 {quantile(self.true_us[tool], 0.99):.1f} us")
        for name, behind in zip(("transmit", "receive"), zip(*self.stamps[ping])):
            print(f"  captured times are behind ping's {name} stamps by p50 {quantile(behind, 0.5) / 1000:.2f} us, "
                  f"p99 {quantile(behind, 0.99) / 1000:.2f} us")
        print(f"  ping's median error is {statistics.median(self.ratios):.3f} of fping's, median of the rounds' ratios")
        for share, aim in ((0.5, None), (0.99, ("at most", 3))):
            beside = ", ".join(f"{name} {quantile(every[tool], share):.2f} us" for tool, name in PEERS)
            figures.add(f"|error| of a round trip over {family} against a capture, p{100 * share:.0f}",
                        quantile(every[ping], share), "us", beside, aim)
        figures.add(f"round trips over {family} compared", len(every[ping]), "packets",
                    f"fping {len(every[fping])}, a bare socket {len(every[bare])}")
        figures.add(f"ping's median error over {family} as a part of fping's", statistics.median(self.ratios), "x")
        return every


def main():
    need("fping", "ping")
    processors = sorted(os.sched_getaffinity(0))[:2]
    os.sched_setaffinity(0, processors)
    with Laboratory(*sys.argv[2:4]) as lab, Figures("ping") as figures:
        families = {"IPv4": SERVER, **({"IPv6": SERVER6} if lab.has_ipv6 else {})}
        measured = {family: Measured() for family in families}
        for _ in range(ROUNDS):
            for family, address in families.items():
                measured[family].add_round(lab, address)
        print(f"error of a round trip against a capture of its packets, pinned to CPU {','.join(map(str, processors))}; "
              f"{ROUNDS} rounds in turn of {PACKETS} packets")
        series = {}
        for family, one in measured.items():
            for tool, errors in one.tell(figures, family).items():
                series[f"{TOOLS[tool]}, {family}"] = errors
        figures.plot("|error| of a round trip against a capture of it", "us", series)


try:
    main()
except Skip as reason:
    print(reason)
    sys.exit(77)
