"""How far the response times of dns are from those of the packets themselves, as captured.

In two network namespaces of the benchmark's own, joined by a virtual cable, dns asks nsd over UDP. Each query and answer,
known by port and id, is captured where it comes out of the cable (see capture.py); the error is what dns says less the time
between the two. Usage: dns_accuracy_benchmark.py SOURCE_ROOT SONDE PLUGINS_DIRECTORY
"""
import math
import os
import pathlib
import struct
import sys
import tempfile

ROOT, SONDE, PLUGINS = (pathlib.Path(word).resolve() for word in sys.argv[1:4])
sys.argv[1:3] = [str(SONDE), str(PLUGINS / "dns" / "dns.so")]
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("", "net", "methods", "methods/dns")]

from capture import Capture, behind_ip  # noqa: E402
from cases import Skip  # noqa: E402
from figures import Figures  # noqa: E402
from laboratory import SERVER, SERVER6, Laboratory  # noqa: E402
from servers import NameServer  # noqa: E402

ROUNDS, QUERIES, INTERVAL = 5, 300, "5ms"


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
                seen = response_times(capture.end(), nsd.port)
                for row in run.table("query"):
                    captured = seen.get((row["source_port"], row["query_id"]))
                    if captured and row["outcome"] == "answer":
                        errors.append(abs(row["response_time_ns"] - (captured[1] - captured[0])) / 1000)
                        true_us.append((captured[1] - captured[0]) / 1000)
                        behind["transmit"].append(captured[0] - row["sent_ns"])
                        behind["receive"].append(captured[1] - row["received_ns"])
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
        print(f"  captured times are behind the {name} stamps by p50 {quantile(figures, 0.5) / 1000:.2f} us, p99 "
              f"{quantile(figures, 0.99) / 1000:.2f} us")


try:
    main()
except Skip as reason:
    print(reason)
    sys.exit(77)
