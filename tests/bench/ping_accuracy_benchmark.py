"""How far ping's round trips are from those of the packets themselves, as captured; fping's beside it.

In two network namespaces of the benchmark's own, joined by a virtual cable, `sonde run ping` and `fping` send the same
number of packets in turn. tcpdump on the sender's interface captures each with the kernel's stamps in nanoseconds; the
error is what the tool says less what the capture says of the same packet. Both namespaces have the same clock.
Usage: ping_accuracy_benchmark.py SOURCE_ROOT SONDE PLUGINS_DIRECTORY
"""

import math
import os
import pathlib
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time

sys.path[:0] = [str(pathlib.Path(sys.argv[1]) / "tests" / folder) for folder in ("", "net")]

from cases import Skip  # noqa: E402
from laboratory import SERVER, Laboratory, need  # noqa: E402

ROUNDS, PACKETS, INTERVAL_MS = 5, 300, 10
ECHO_REPLY, ECHO_REQUEST = 0, 8
RECORD_HEADER = struct.Struct("<IIII")


def records(data):
    """(time in ns, frame) of a pcap file with nanoseconds, written on a little-endian machine; what is whole of it."""
    if len(data) < 24:
        return
    magic, = struct.unpack_from("<I", data)
    if magic != 0xA1B23C4D:
        raise ValueError(f"not a pcap file with nanoseconds: magic {magic:#x}")
    at = 24
    while at + RECORD_HEADER.size <= len(data):
        seconds, nanoseconds, size, _ = RECORD_HEADER.unpack_from(data, at)
        at += RECORD_HEADER.size
        if at + size > len(data):
            return
        yield seconds * 1_000_000_000 + nanoseconds, data[at:at + size]
        at += size


def echoes(path):
    """{(type, id, seq): time in ns} of the first ICMP echo of each kind, by time."""
    found = {}
    for when, frame in records(path.read_bytes()):
        if frame[12:14] != b"\x08\x00" or frame[23] != 1:
            continue
        icmp = 14 + (frame[14] & 15) * 4
        kind, _, _, ident, seq = struct.unpack_from("!BBHHH", frame, icmp)
        if kind in (ECHO_REPLY, ECHO_REQUEST):
            found.setdefault((kind, ident, seq), when)
    return found


class Capture:
    """tcpdump at the sender's interface while something runs."""

    def __init__(self, lab, path):
        self.path = path
        self.tcpdump = lab.start(lab.client, ["tcpdump", "-i", "c0", "-Z", "root", "-n", "-U", "--immediate-mode", "-s",
                                              "128", "--time-stamp-precision=nano", "-w", path, "icmp"],
                                 stderr=subprocess.PIPE, text=True)
        for line in self.tcpdump.stderr:
            if "listening on" in line:
                return
        raise RuntimeError("tcpdump does not listen")

    def end(self):
        """Waits for all packets; the captured round trips in the order of sending, in ns, None where one is missing."""
        deadline = time.monotonic() + 10
        while len(echoes(self.path)) < 2 * PACKETS and time.monotonic() < deadline:
            time.sleep(0.05)
        self.tcpdump.send_signal(signal.SIGINT)
        self.tcpdump.communicate(timeout=10)
        found = echoes(self.path)
        sent = sorted((when, ident, seq) for (kind, ident, seq), when in found.items() if kind == ECHO_REQUEST)
        replies = [found.get((ECHO_REPLY, ident, seq)) for _, ident, seq in sent]
        return [reply - when if reply else None for (when, _, _), reply in zip(sent, replies)]


def ping(lab):
    """What ping says: round trips in ns by their order of sending, None for a packet without one."""
    run = lab.run("ping", target=SERVER, count=PACKETS, interval=f"{INTERVAL_MS}ms", tmax="500ms")
    rows = sorted((row for row in run.table("packet") if row["outcome"] != "duplicate"), key=lambda row: row["seq"])
    return [row["rtt_ns"] for row in rows]


def fping(lab):
    process = lab.start(lab.client, ["fping", "-q", "-C", PACKETS, "-p", INTERVAL_MS, "-t", 500, SERVER],
                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    out = process.communicate(timeout=60)[0]
    words = out.splitlines()[-1].rsplit(":", 1)[1].split()
    return [None if word == "-" else round(float(word) * 1_000_000) for word in words]


def errors_us(lab, tool, path):
    """One round in microseconds: the absolute errors, and the captured round trips."""
    capture = Capture(lab, path)
    said = tool(lab)
    seen = capture.end()
    if len(said) != len(seen):
        raise RuntimeError(f"{tool.__name__} tells of {len(said)} packets, {len(seen)} were captured")
    both = [(mine, true) for mine, true in zip(said, seen) if mine is not None and true is not None]
    return [abs(mine - true) / 1000 for mine, true in both], [true / 1000 for _, true in both]


def quantile(figures, q):
    return sorted(figures)[max(1, math.ceil(q * len(figures))) - 1]


def steal_ticks():
    ticks = [int(word) for word in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return ticks[7], sum(ticks)


def main():
    need("tcpdump", "fping")
    processors = sorted(os.sched_getaffinity(0))[:2]
    os.sched_setaffinity(0, processors)
    steal, whole = steal_ticks()
    tools = {ping: [], fping: []}
    true_us = {ping: [], fping: []}
    ratios = []
    with Laboratory(*sys.argv[2:4]) as lab, tempfile.TemporaryDirectory() as folder:
        for number in range(ROUNDS):
            for tool in tools:
                errors, seen = errors_us(lab, tool, pathlib.Path(folder) / f"{tool.__name__}-{number}.pcap")
                tools[tool].append(errors)
                true_us[tool] += seen
            ours, theirs = (statistics.median(tools[tool][-1]) for tool in (ping, fping))
            ratios.append(ours / theirs if theirs > 0 else math.nan)
    print(f"error of a round trip against a capture of its packets, pinned to CPU {','.join(map(str, processors))}; "
          f"{ROUNDS} rounds in turn of {PACKETS} packets")
    for tool, rounds in tools.items():
        every = [error for errors in rounds for error in errors]
        print(f"  {tool.__name__:6} |error| p50 {quantile(every, 0.5):7.2f} us   p99 {quantile(every, 0.99):8.2f} us   "
              f"most {max(every):8.2f} us   of {len(every)}; captured round trip p50 "
              f"{quantile(true_us[tool], 0.5):.1f} us, p99 {quantile(true_us[tool], 0.99):.1f} us")
    print(f"  ping's median error is {statistics.median(ratios):.3f} of fping's, median of the rounds' ratios")
    steal_end, whole_end = steal_ticks()
    print(f"steal time {100 * (steal_end - steal) / max(1, whole_end - whole):.2f} % of all processors")


try:
    main()
except Skip as reason:
    print(reason)
    sys.exit(77)
