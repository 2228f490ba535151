"""How far the response times of dns are from those of the packets themselves, as captured.

In two network namespaces of the benchmark's own, joined by a virtual cable, dns asks nsd over UDP. Each query and answer,
known by port and id, is captured where it comes out of the cable (see capture.py); the error is what dns says less the time
between the two. dnsperf, dig and kdig ask the same in turn, dnsperf as fast, the others as fast as they can, and say of
each answer how long it took.
Usage: dns_accuracy_benchmark.py SOURCE_ROOT SONDE PLUGINS_DIRECTORY
"""
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

ROOT, SONDE, PLUGINS = (pathlib.Path(word).resolve() for word in sys.argv[1:4])
sys.argv[1:3] = [str(SONDE), str(PLUGINS / "dns" / "dns.so")]
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("", "net", "methods", "methods/dns")]

from capture import Capture, behind_ip  # noqa: E402
from cases import Skip  # noqa: E402
from figures import Figures, quantile  # noqa: E402
from laboratory import SERVER, SERVER6, Laboratory, need  # noqa: E402
from servers import NameServer  # noqa: E402

ROUNDS, QUERIES, INTERVAL, RATE = 5, 300, "5ms", "200"
NAME = "www.example.test"


def response_times(frames, port):
    """{(client's port, DNS id): (query, answer)}: when they came in, in ns."""
    queries, answers = {}, {}
    for when, frame in frames:
        protocol, at = behind_ip(frame)
        if protocol != 17:
            continue
        source, destination = struct.unpack_from("!HH", frame, at)
        number, = struct.unpack_from("!H", frame, at + 8)
        if destination == port:
            queries.setdefault((source, number), when)
        elif source == port:
            answers.setdefault((destination, number), when)
    return {key: (when, answers[key]) for key, when in queries.items() if key in answers}


def dns(lab, servers, port):
    """The errors of a round in us, with the captured response times, and how far captured times are behind the stamps."""
    capture = Capture(lab)
    run = lab.run("dns", server=",".join(servers), port=port, name=NAME, count=QUERIES, interval=INTERVAL,
                  linger="0s")
    seen = response_times(capture.end(), port)
    both = [(row, seen[row["source_port"], row["query_id"]]) for row in run.table("query") if row["outcome"] == "answer" and
            (row["source_port"], row["query_id"]) in seen]
    return [(abs(row["response_time_ns"] - (answer - query)) / 1000, (answer - query) / 1000, (query - row["sent_ns"]) / 1000,
             (answer - row["received_ns"]) / 1000) for row, (query, answer) in both]


def peer(lab, server, port, command, pattern, unit_us):
    """The first two of what dns() says, of a tool that asks one after the other and stamps by itself. `pattern` finds the
    time of each answer in what it prints, in `unit_us`."""
    capture = Capture(lab)
    out = subprocess.run(["ip", "netns", "exec", lab.client, *command], capture_output=True, text=True, check=True).stdout
    seen = list(response_times(capture.end(), port).values())
    said = [float(time) * unit_us for time in re.findall(pattern, out, re.MULTILINE)]
    if len(said) != len(seen):
        raise RuntimeError(f"{command[0]} tells of {len(said)} answers, {len(seen)} were captured")
    return [(abs(time_us - (answer - query) / 1000), (answer - query) / 1000)
            for time_us, (query, answer) in zip(said, seen)]


def dnsperf(lab, server, port, file):
    return peer(lab, server, port, ["dnsperf", "-s", server, "-p", str(port), "-d", file, "-n", "1", "-q", "1", "-c", "1",
                                    "-T", "1", "-Q", RATE, "-v"], r"^> NOERROR .* ([\d.]+)$", 1e6)


def dig(lab, server, port, file):
    return peer(lab, server, port, ["dig", f"@{server}", "-p", str(port), "-u", "-f", file], r"^;; Query time: (\d+) usec", 1)


def kdig(lab, server, port, _):
    # It reads no file; the server and its port are set for all names at once.
    return peer(lab, server, port, ["kdig", f"@{server}", "-p", str(port), *[NAME] * QUERIES],
                r"^;; From .* in ([\d.]+) ms", 1000)


PEERS = [dnsperf, dig, kdig]


def main():
    need(*(tool.__name__ for tool in PEERS))
    processors = sorted(os.sched_getaffinity(0))[:2]
    os.sched_setaffinity(0, processors)
    ours, theirs = [], {tool: [] for tool in PEERS}
    with Laboratory(SONDE, PLUGINS) as lab, tempfile.TemporaryDirectory() as folder, \
            tempfile.NamedTemporaryFile("w") as file, Figures("dns") as results:
        file.write(f"{NAME} A\n" * QUERIES)
        file.flush()
        servers = [SERVER, SERVER6] if lab.has_ipv6 else [SERVER]
        with NameServer(folder, servers, lab.server) as nsd:
            for _ in range(ROUNDS):
                ours += dns(lab, servers, nsd.port)
                for tool, found in theirs.items():
                    for server in servers:
                        found += tool(lab, server, nsd.port, file.name)
        tell(results, processors, servers, ours, {tool.__name__: found for tool, found in theirs.items()})


def tell(results, processors, servers, ours, theirs):
    errors = {name: [one[0] for one in found] for name, found in {"dns": ours, **theirs}.items()}
    for share, aim in ((0.5, None), (0.99, ("at most", 5))):
        results.add(f"|error| of a response time over UDP against a capture, p{100 * share:.0f}",
                    quantile(errors["dns"], share), "us",
                    ", ".join(f"{name} {quantile(errors[name], share):.1f} us" for name in theirs), aim)
    results.add("response times compared", len(ours), "queries",
                ", ".join(f"{name} {len(found):,}" for name, found in theirs.items()))
    results.plot("|error| of a response time against a capture of it", "us", errors)
    print(f"error of a response time against a capture of its packets, pinned to CPU {','.join(map(str, processors))}; "
          f"{ROUNDS} rounds in turn of {QUERIES} queries to each of {' and '.join(servers)}")
    for name, found in {"dns": ours, **theirs}.items():
        wrong, true = ([one[column] for one in found] for column in (0, 1))
        print(f"  {name:7} |error| p50 {quantile(wrong, 0.5):7.2f} us   p99 {quantile(wrong, 0.99):8.2f} us   most {max(wrong):8.2f} "
              f"us   of {len(wrong)}; captured response time p50 {quantile(true, 0.5):.1f} us, p99 {quantile(true, 0.99):.1f} us")
    for name, column in (("transmit", 2), ("receive", 3)):
        behind = [one[column] for one in ours]
        print(f"  captured times are behind the {name} stamps by p50 {quantile(behind, 0.5):.2f} us, p99 "
              f"{quantile(behind, 0.99):.2f} us")


try:
    main()
except Skip as reason:
    print(reason)
    sys.exit(77)
