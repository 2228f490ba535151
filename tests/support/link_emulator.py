"""A link between two network namespaces that loses, delays, reorders, doubles and spoils packets in a known way.

It needs no netem, which test kernels lack: each namespace gets a TUN device, and a thread of this process carries every
packet from the one to the other, IPv4 and IPv6. What it does to the n-th packet of a direction depends on the seed and
on n alone, and all of it is in the log, which is the truth that a method's figures are held against.

    with EmulatedLink(client, server, there=Path(loss=0.1), back=Path(delay_s=0.02, duplicate=0.05), seed=7) as link:
        ...                                  # traffic between link.ADDRESSES[4] and [6], from client to server
        lost = [seen for seen in link.log(link.THERE) if not seen.delivered_ns]

Addresses are 203.0.113.1 and 2001:db8:e::1 at the first namespace, .2 and ::2 at the second; the devices are `e0`.
"""

import ctypes
import fcntl
import heapq
import itertools
import os
import random
import select
import struct
import subprocess
import threading
import time
from dataclasses import dataclass, field
from typing import Callable, Optional

from device_order import keep_order

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
CLONE_NEWNET = 0x40000000
KEPT_BYTES = 128  # of each packet, in the log


def is_echo(packet):
    """Whether a packet is an ICMP echo request or reply, of either family."""
    if packet[0] >> 4 == 4:
        return packet[9] == 1 and packet[(packet[0] & 15) * 4] in (0, 8)
    return packet[6] == 58 and packet[40] in (128, 129)


def echo_sequence(packet):
    """The sequence number of an ICMP echo request or reply."""
    icmp = (packet[0] & 15) * 4 if packet[0] >> 4 == 4 else 40
    return struct.unpack_from("!H", packet, icmp + 6)[0]


@dataclass
class Path:
    """What one direction does to its packets. Shares are probabilities for each packet, drawn independently."""

    loss: float = 0
    duplicate: float = 0  # a second copy right behind the first
    reorder: float = 0    # held back for reorder_by_s on top of the delay, so that later ones overtake
    reorder_by_s: float = 0.02
    corrupt: float = 0    # one bit of the last byte: checksums no longer fit
    garble: float = 0     # two of the last 16-bit words change places: checksums still fit
    delay_s: float = 0
    jitter_s: float = 0   # at most so much more delay, evenly drawn; reorders too
    rate_bit_s: Optional[float] = None
    queue_bytes: int = 1_000_000  # what waits for the rate at most; more is lost
    hole_above_bytes: Optional[int] = None  # longer packets vanish and nobody is told: an MTU hole
    decide: Optional[Callable] = None  # (n, packet) -> a set of {"loss", "duplicate", ...} in place of drawing
    match: Callable = staticmethod(lambda packet: True)  # others pass untouched, and are not in the log


@dataclass
class Seen:
    """What became of one packet."""

    number: int  # 0, 1, ... in its direction
    came_ns: int  # CLOCK_MONOTONIC
    length: int
    head: bytes  # the first KEPT_BYTES
    done: tuple  # of "loss", "duplicate", "reorder", "corrupt", "garble", "queue", "hole"
    delivered_ns: list = field(default_factory=list)  # one time a copy, in their order


class _Direction:
    def __init__(self, name, path, seed, source, sink):
        self.path, self.source, self.sink = path, source, sink
        self.random = random.Random(f"{seed}/{name}")
        self.log, self.free_ns = [], 0

    def _drawn(self, number, packet):
        path = self.path
        # Always the same number of draws, so that one share does not change what the others hit.
        draws = {name: self.random.random() < getattr(path, name)
                 for name in ("loss", "duplicate", "reorder", "corrupt", "garble")}
        jitter = self.random.random() * path.jitter_s
        done = path.decide(number, packet) if path.decide else {name for name, hit in draws.items() if hit}
        if path.hole_above_bytes is not None and len(packet) > path.hole_above_bytes:
            done = {"hole"}
        return set(done), jitter

    def take(self, packet, now):
        """(when, packet, seen) for each copy that is to be delivered."""
        path = self.path
        if not path.match(packet):
            return [(now, packet, None)]
        number = len(self.log)
        done, jitter = self._drawn(number, packet)
        when = now
        if path.rate_bit_s and not done & {"loss", "hole"}:
            waiting_bytes = max(0, self.free_ns - now) * path.rate_bit_s / 8e9
            if waiting_bytes > path.queue_bytes:
                done = {"queue"}
            else:
                self.free_ns = when = max(now, self.free_ns) + round(len(packet) * 8e9 / path.rate_bit_s)
        seen = Seen(number, now, len(packet), packet[:KEPT_BYTES], tuple(sorted(done)))
        self.log.append(seen)
        if done & {"loss", "queue", "hole"}:
            return []
        when += round((path.delay_s + jitter + ("reorder" in done) * path.reorder_by_s) * 1e9)
        changed = bytearray(packet)
        if "garble" in done:
            end = len(changed) & ~1
            changed[end - 4:end] = changed[end - 2:end] + changed[end - 4:end - 2]
        if "corrupt" in done:
            changed[-1] ^= 0x10
        return [(when, bytes(changed), seen)] * (2 if "duplicate" in done else 1)


class EmulatedLink:
    THERE, BACK = "there", "back"
    ADDRESSES = {4: ("203.0.113.1", "203.0.113.2"), 6: ("2001:db8:e::1", "2001:db8:e::2")}

    def __init__(self, first, second, there=None, back=None, seed=1, mtu=1500):
        """Between two namespaces by name. Paths may be replaced while packets flow: link.path(link.BACK, Path(...))."""
        self.spaces, self.mtu = (first, second), mtu
        self.ends = []
        try:
            self.ends = [self._device(space) for space in self.spaces]
            for at, space in enumerate(self.spaces):
                self._configure(space, at)
        except BaseException:
            self._close()
            raise
        self.directions = {self.THERE: _Direction(self.THERE, there or Path(), seed, self.ends[0], self.ends[1]),
                           self.BACK: _Direction(self.BACK, back or Path(), seed, self.ends[1], self.ends[0])}
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._carry, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()
        self._close()

    def path(self, direction, path):
        self.directions[direction].path = path

    def log(self, direction):
        """What became of each packet of a direction so far, in the order in which they came."""
        return list(self.directions[direction].log)

    @staticmethod
    def _device(space):
        libc = ctypes.CDLL(None, use_errno=True)
        back, there = os.open("/proc/self/ns/net", os.O_RDONLY), os.open(f"/run/netns/{space}", os.O_RDONLY)
        try:
            if libc.setns(there, CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
            device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", b"e0", IFF_TUN | IFF_NO_PI))
            return device
        finally:
            libc.setns(back, CLONE_NEWNET)
            os.close(back)
            os.close(there)

    def _configure(self, space, at):
        def ip(*words):
            subprocess.run(["ip", "-n", space, *words], check=True, capture_output=True)

        ip("address", "add", self.ADDRESSES[4][at] + "/24", "dev", "e0")
        ip("link", "set", "e0", "mtu", str(self.mtu), "txqueuelen", "10000", "up")
        subprocess.run(["ip", "-n", space, "address", "add", self.ADDRESSES[6][at] + "/64", "dev", "e0", "nodad"],
                       check=False, capture_output=True)
        keep_order(space, "e0")

    def _carry(self):
        waiting, order = [], itertools.count()
        by_source = {direction.source: direction for direction in self.directions.values()}
        while not self.stopping.is_set():
            pause = 0.05 if not waiting else max(0, min(0.05, (waiting[0][0] - time.monotonic_ns()) / 1e9))
            for source in select.select(self.ends, [], [], pause)[0]:
                direction = by_source[source]
                for _ in range(64):
                    try:
                        packet = os.read(source, 65536)
                    except OSError:
                        break
                    for when, copy, seen in direction.take(packet, time.monotonic_ns()):
                        heapq.heappush(waiting, (when, next(order), copy, seen, direction.sink))
            while waiting and waiting[0][0] <= time.monotonic_ns():
                _, _, packet, seen, sink = heapq.heappop(waiting)
                try:
                    os.write(sink, packet)
                except OSError:
                    continue  # the device at that end is down: what was on its way is gone
                if seen is not None:
                    seen.delivered_ns.append(time.monotonic_ns())

    def _close(self):
        for end in self.ends:
            os.close(end)
        self.ends = []
