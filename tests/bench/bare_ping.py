"""A loop of echo requests that uses the kernel's stamps and does nothing else: as exact as a program can be here."""
import os
import select
import socket
import struct
import time

from responder import checksum

SO_TIMESTAMPING, SCM_TIMESTAMPING = 37, 37
TX_SOFTWARE, RX_SOFTWARE, SOFTWARE, OPT_TSONLY = 1 << 1, 1 << 3, 1 << 4, 1 << 11
STAMPS = TX_SOFTWARE | RX_SOFTWARE | SOFTWARE | OPT_TSONLY
MSG_ERRQUEUE = 0x2000
PAYLOAD = bytes(56)
PATIENCE_S = 0.5


def stamp_ns(messages):
    for _, kind, data in messages:
        if kind == SCM_TIMESTAMPING:
            seconds, nanoseconds = struct.unpack_from("@qq", data)
            return seconds * 1_000_000_000 + nanoseconds
    return None


class Echoes:
    """Of one raw socket, made in the caller's network namespace."""

    def __init__(self, address):
        self.six = ":" in address
        family, protocol = (socket.AF_INET6, socket.IPPROTO_ICMPV6) if self.six else (socket.AF_INET, socket.IPPROTO_ICMP)
        self.socket = socket.socket(family, socket.SOCK_RAW, protocol)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING, STAMPS)
        self.socket.connect((address, 0))
        self.id = os.getpid() & 0xFFFF

    def round_trip(self, seq):
        """(round trip, transmit stamp, receive stamp) in ns, Nones where no reply came."""
        kind = 128 if self.six else 8
        message = struct.pack("!BBHHH", kind, 0, 0, self.id, seq) + PAYLOAD
        if not self.six:  # whose checksum the kernel does not make
            message = struct.pack("!BBHHH", kind, 0, checksum(message), self.id, seq) + PAYLOAD
        self.socket.send(message)
        sent = received = None
        until = time.monotonic() + PATIENCE_S
        while (sent is None or received is None) and (left := until - time.monotonic()) > 0:
            if not select.select([self.socket], [], [], left)[0]:
                break
            try:
                sent = stamp_ns(self.socket.recvmsg(0, 512, MSG_ERRQUEUE | socket.MSG_DONTWAIT)[1]) or sent
            except BlockingIOError:
                pass
            try:
                data, messages, _, _ = self.socket.recvmsg(2048, 512, socket.MSG_DONTWAIT)
            except BlockingIOError:
                continue
            reply = struct.unpack_from("!BBHHH", data, 0 if self.six else (data[0] & 15) * 4)
            if (reply[0], *reply[3:]) == (129 if self.six else 0, self.id, seq):
                received = stamp_ns(messages)
        return (received - sent if None not in (sent, received) else None), sent, received
