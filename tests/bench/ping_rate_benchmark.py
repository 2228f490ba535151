"""How many packets a second ping and fping send to thousands of targets in one invocation, and what a packet costs.

In two network namespaces of the benchmark's own, joined by a virtual cable, the client on one processor and the server's
kernel on another. Both tools go as fast as they can, in turn; the figures are of the whole command, its start included.
fping gives up at 65,535 packets in ten seconds, which bounds a round. Then ping alone keeps 50,000 packets a second for a
minute, which fping cannot. Usage: ping_rate_benchmark.py SOURCE_ROOT SONDE PLUGINS_DIRECTORY
"""

import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

sys.path[:0] = [str(pathlib.Path(sys.argv[1]) / "tests" / folder) for folder in ("", "net")]

from cases import Skip  # noqa: E402
from figures import Figures  # noqa: E402
from laboratory import SERVER, Laboratory, need  # noqa: E402

ROUNDS, TARGETS, COUNT = 5, 10000, 6
RATE, RATE_SECONDS = 50_000, 60


def timed(lab, command):
    """(seconds, seconds of CPU, stdout, stderr) of a command at the client."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    process = lab.start(lab.client, command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out, err = process.communicate(timeout=300)
    took, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, out, err


def summaries(out):
    return [row for row in map(json.loads, out.splitlines()) if row["table"] == "summary"]


def ping(lab, targets, _):
    lists = [f"target={','.join(targets[i:i + 1000])}" for i in range(0, len(targets), 1000)]
    took, cpu, out, err = timed(lab, [lab.sonde, "run", lab.plugins / "ping" / "ping.so", *lists, f"count={COUNT}",
                                      "interval=1ms", "tmax=500ms", "packet_rows=false", "--json"])
    rows = summaries(out)
    if len(rows) != len(targets):
        raise RuntimeError(err)
    if any(row["stamped"] != row["sent"] for row in rows):
        raise RuntimeError("a packet has not both of its stamps")
    return took, cpu, sum(row["sent"] - row["replies"] + row["unsent"] for row in rows)


def fping(lab, targets, file):
    took, cpu, _, err = timed(lab, ["fping", "-q", "-c", COUNT, "-p", "1", "-i", "0.001", "-t", "500", "-f", file])
    rows = [line.split("xmt/rcv/%loss = ")[1].split(",")[0].split("/") for line in err.splitlines() if "xmt" in line]
    if len(rows) != len(targets):
        raise RuntimeError(err)
    return took, cpu, sum(int(sent) - int(received) for sent, received, _ in rows)


def as_fast_as_they_can(lab, figures):
    targets = [f"198.18.{i // 250}.{i % 250 + 1}" for i in range(TARGETS)]
    packets = TARGETS * COUNT
    figures_of = {ping: [], fping: []}
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("\n".join(targets) + "\n")
        file.flush()
        for _ in range(ROUNDS):
            for tool, rounds in figures_of.items():
                rounds.append(tool(lab, targets, file.name))
    print(f"{TARGETS} targets, {packets} packets a round, {ROUNDS} rounds in turn")
    for tool, rounds in figures_of.items():
        print(f"  {tool.__name__:6} {packets / statistics.median(one[0] for one in rounds):9.0f} packets/s   CPU "
              f"{1e6 * statistics.median(one[1] for one in rounds) / packets:5.2f} us a packet   not answered "
              f"{sum(one[2] for one in rounds)} of {ROUNDS * packets}")
    for name, column, ours_first in (("packets/s", 0, False), ("CPU a packet", 1, True)):
        ratios = [mine[column] / theirs[column] for mine, theirs in zip(figures_of[ping], figures_of[fping])]
        ratio = statistics.median(ratios if ours_first else [1 / one for one in ratios])
        print(f"  ping's {name} are {ratio:.2f} of fping's, median of the rounds' ratios")
        figures.add(f"{TARGETS} targets in one invocation: {name} as a part of fping's", ratio, "x",
                    aim=("at most", 0.7) if ours_first else ("at least", 1.5))
    rates = {tool: [packets / one[0] for one in rounds] for tool, rounds in figures_of.items()}
    figures.add(f"{TARGETS} targets in one invocation", statistics.median(rates[ping]), "packets/s",
                f"fping {statistics.median(rates[fping]):,.0f} packets/s")
    figures.add(f"{TARGETS} targets in one invocation: not answered", sum(one[2] for one in figures_of[ping]),
                f"of {ROUNDS * packets}", f"fping {sum(one[2] for one in figures_of[fping])}", aim=("at most", 0))
    figures.plot(f"packets a second to {TARGETS} targets in one invocation", "packets/s",
                 {tool.__name__: values for tool, values in rates.items()})


def for_a_minute(lab, figures):
    packets = RATE * RATE_SECONDS
    took, cpu, out, _ = timed(lab, [lab.sonde, "run", lab.plugins / "ping" / "ping.so", f"target={SERVER}",
                                    f"count={packets}", f"interval={1_000_000 // RATE}us", "tmax=1s",
                                    "packet_rows=false", "--json"])
    row, = summaries(out)
    print(f"{RATE} packets/s to one target for {RATE_SECONDS} s: {row['sent']} sent in {took:.1f} s, not answered "
          f"{row['sent'] - row['replies']}, unsent {row['unsent']}, latest {row['lateness_max_ns'] / 1e6:.1f} ms, CPU "
          f"{1e6 * cpu / packets:.2f} us a packet")
    name = f"{RATE:,} packets/s to one target for {RATE_SECONDS} s"
    figures.add(f"{name}: not answered", row["sent"] - row["replies"], f"of {row['sent']}", aim=("at most", 0))
    figures.add(f"{name}: without both transmit stamps", row["sent"] - row["stamped"], f"of {row['sent']}", aim=("at most", 0))
    figures.add(f"{name}: latest packet", row["lateness_max_ns"] / 1e6, "ms")


def main():
    need("fping")
    processors = sorted(os.sched_getaffinity(0))
    if len(processors) < 2:
        raise Skip("needs two processors")
    with Laboratory(*sys.argv[2:4]) as lab, Figures("ping") as figures:
        lab.at(lab.server, "ip route add local 198.18.0.0/16 dev lo")
        lab.at(lab.client, f"ip route add 198.18.0.0/16 via {SERVER}")
        lab.at(lab.server, ["sh", "-c", f"echo {1 << processors[1]:x} > /sys/class/net/s0/queues/rx-0/rps_cpus"])
        os.sched_setaffinity(0, processors[:1])
        print(f"client on CPU {processors[0]}, the server's kernel on CPU {processors[1]}")
        as_fast_as_they_can(lab, figures)
        for_a_minute(lab, figures)


try:
    main()
except Skip as reason:
    print(reason)
    sys.exit(77)
