"""How far passive-handshake's round trips are from those of the packets themselves, as captured; the kernel's own beside it.

In two network namespaces of the benchmark's own, joined by a virtual cable, connections are made one after the other, over
IPv4 and IPv6, while passive-handshake observes the interface that they leave by. The packets are captured where they come
out of the cable (see capture.py), the SYN at the server and the SYN/ACK at the client; the error is what is said less the
time between the two. Beside it stands what TCP itself makes of the same handshakes (the rtt of TCP_INFO, which `ss -i` shows).
Usage: passive_handshake_benchmark.py SOURCE_ROOT SONDE PLUGINS_DIRECTORY
"""

import os
import pathlib
import signal
import socket
import statistics
import struct
import sys

sys.path[:0] = [str(pathlib.Path(sys.argv[1]) / "tests" / folder) for folder in ("", "net")]

from capture import Capture, behind_ip  # noqa: E402
from cases import Skip  # noqa: E402
from figures import Figures, quantile  # noqa: E402
from laboratory import SERVER, SERVER6, Laboratory, Namespace  # noqa: E402
from set_ups import ACK, SYN, client_socket, start  # noqa: E402

ROUNDS, CONNECTIONS = 5, 200
RTT_AT = 68  # tcpi_rtt of struct tcp_info, in us


def round_trips(frames):
    """{the client's port: ns from the SYN's arrival at the server to the SYN/ACK's at the client}"""
    syns, found = {}, {}
    for when, frame in frames:
        protocol, at = behind_ip(frame)
        if protocol != socket.IPPROTO_TCP:
            continue
        source, target = struct.unpack_from("!HH", frame, at)
        flags = frame[at + 13] & (SYN | ACK)
        if flags == SYN:
            syns[source] = when
        elif flags == SYN | ACK:
            found[target] = when - syns[target]
    return found


def connect(lab, family, address):
    """Makes the connections: (the client's port, what TCP says of the round trip in ns) of each, in their order."""
    with Namespace(lab.server):
        listener = socket.create_server((address, 0), family=family, backlog=CONNECTIONS)
    said = []
    with listener:
        for _ in range(CONNECTIONS):
            with client_socket(lab, family, 0) as connection:
                connection.connect(listener.getsockname()[:2])
                info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
                said.append((connection.getsockname()[1], 1000 * struct.unpack_from("I", info, RTT_AT)[0]))
            listener.accept()[0].close()
    return said


def errors_us(lab, family, address):
    """A round's absolute errors in us: passive-handshake's, and TCP's own."""
    process = start(lab, "passive-handshake", interval="60s", direction="out", singletons="true")
    capture = Capture(lab)
    kernels = connect(lab, family, address)
    seen = round_trips(capture.end())
    process.send_signal(signal.SIGINT)
    run = lab.finish_sonde(process)
    said = [row["rtt_ns"] for row in run.table("handshake")]
    if not len(said) == len(seen) == CONNECTIONS:
        raise RuntimeError(f"{len(said)} handshakes are told of, {len(seen)} were captured\n{run}")
    ours = [abs(mine - seen[port]) / 1000 for mine, (port, _) in zip(said, kernels)]
    return ours, [abs(rtt - seen[port]) / 1000 for port, rtt in kernels]


def main():
    processors = sorted(os.sched_getaffinity(0))[:2]
    os.sched_setaffinity(0, processors)
    with Laboratory(*sys.argv[2:4]) as lab, Figures("passive-handshake") as figures:
        families = {"IPv4": (socket.AF_INET, SERVER), **({"IPv6": (socket.AF_INET6, SERVER6)} if lab.has_ipv6 else {})}
        rounds = {family: [errors_us(lab, *where) for _ in range(ROUNDS)] for family, where in families.items()}
        print(f"error of a handshake's round trip against a capture, pinned to CPU {','.join(map(str, processors))}; {ROUNDS} "
              f"rounds of {CONNECTIONS} connections")
        series = {}
        for family, found in rounds.items():
            ours, kernels = ([error for one in found for error in one[which]] for which in (0, 1))
            ratio = statistics.median(statistics.median(mine) / max(statistics.median(theirs), 0.001) for mine, theirs in found)
            for share in (0.5, 0.99):
                print(f"  {family} |error| p{100 * share:.0f}: {quantile(ours, share):.2f} us, TCP_INFO {quantile(kernels, share):.2f} us")
                figures.add(f"|error| of a handshake's round trip over {family} against a capture, p{100 * share:.0f}",
                            quantile(ours, share), "us", f"TCP_INFO {quantile(kernels, share):.2f} us")
            print(f"  {family}: the median error is {ratio:.3f} of TCP_INFO's, median of the rounds' ratios")
            figures.add(f"handshakes over {family} compared", len(ours), "connections")
            figures.add(f"median error over {family} as a part of TCP_INFO's", ratio, "x", "which is in whole us")
            series.update({f"passive-handshake, {family}": ours, f"TCP_INFO, {family}": kernels})
        figures.plot("|error| of a handshake's round trip against a capture of it", "us", series)


try:
    main()
except Skip as reason:
    print(reason)
    sys.exit(77)
