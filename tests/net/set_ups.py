"""TCP connection set-ups for the tests of what observes them: real ones, and frames made by hand."""

import socket
import struct
import time

from laboratory import CLIENT, CLIENT6, SERVER, SERVER6, Namespace
from pace import until

SYN, RST, ACK, ECE, CWR = 0x02, 0x04, 0x10, 0x40, 0x80
# What the launcher gives the sockets of measurements.
MEASUREMENT_MARK = 0x536f6e64


def equal(what, expected, run):
    assert what == expected, f"{what} is not {expected}\n{run}"


def captures(lab, interface):
    """How many sockets capture everything on an interface."""
    index = lab.at(lab.client, f"cat /sys/class/net/{interface}/ifindex").strip()
    lines = [line.split() for line in lab.at(lab.client, "cat /proc/net/packet").splitlines()[1:]]
    return sum((line[3], line[4]) == ("0003", index) for line in lines)


def start(lab, method="passive-syn", deadline=None, **options):
    """Starts a run and waits until it sees."""
    words = ["--deadline", deadline] if deadline else []
    options = {"interface": "c0", **options}
    before = captures(lab, options["interface"])
    process = lab.start_sonde(method, *words, **options)
    until(lambda: process.poll() is not None or captures(lab, options["interface"]) != before, "a capture")
    assert process.poll() is None, lab.finish_sonde(process)
    return process


def watch(lab, work, method="passive-syn", seconds=2, **options):
    """A run of an interval of so many seconds that sees all that work() does. A machine that does not get it done within it
    does it again within a longer one."""
    for times in (1, 5, 15):
        begun = time.monotonic()
        process = start(lab, method, interval=f"{seconds * times}s", **options)
        work()
        in_time = time.monotonic() - begun < seconds * times
        run = lab.finish_sonde(process)
        if in_time:
            break
    assert in_time, "this machine is too slow"
    return run


def client_socket(lab, family, mark):
    with Namespace(lab.client):
        made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, mark)
    made.settimeout(5)
    return made


def connect(lab, family, address, times, mark=0):
    with Namespace(lab.server):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.bind((address, 0))
        listener.listen(1000)
    for _ in range(times):
        connection = client_socket(lab, family, mark)
        connection.connect(listener.getsockname()[:2])
        connection.close()
        listener.accept()[0].close()
    listener.close()


def refused(lab, family, address, times, mark=0):
    for _ in range(times):
        one = client_socket(lab, family, mark)
        try:
            one.connect((address, 9))
            raise AssertionError(f"somebody listens at port 9 of {address}")
        except ConnectionRefusedError:
            one.close()


def tcp(flags, length=20):
    return struct.pack("!HHIIBBHHH", 1234, 80, 0, 0, 0x50, flags, 1000, 0, 0)[:length]


def ip4(payload, length=None, source=SERVER, target=CLIENT):
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, length or 20 + len(payload), 1, 0, 64, 6, 0,
                       socket.inet_aton(source), socket.inet_aton(target)) + payload


def ip6(payload, next_header=6):
    return struct.pack("!IHBB16s16s", 6 << 28, len(payload), next_header, 64,
                       socket.inet_pton(socket.AF_INET6, SERVER6), socket.inet_pton(socket.AF_INET6, CLIENT6)) + payload


def ethernet(kind, payload):
    return b"\2\0\0\0\0\1\2\0\0\0\0\2" + struct.pack("!H", kind) + payload


def ip4_syn(sequence, source_port=1234):
    return ethernet(0x0800, ip4(struct.pack("!HHIIBBHHH", source_port, 80, sequence, 0, 0x50, SYN, 1000, 0, 0)))


def inject(lab, frames, namespace=None, interface="s0", claim=0):
    """Sends frames into the cable, from the server's side unless told otherwise. The kernel notes the protocol that the
    sender claims, or if that is 0 the frame's own."""
    with Namespace(namespace or lab.server):
        sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sender.bind((interface, claim))
    for frame in frames:
        sender.send(frame)
    sender.close()


def segment(flags, sequence=0, acknowledgement=0, ports=(1234, 80)):
    return struct.pack("!HHIIBBHHH", *ports, sequence, acknowledgement, 0x50, flags, 1000, 0, 0)


def arriving(payload):
    return ethernet(0x0800, ip4(payload))
