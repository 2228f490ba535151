"""A host that answers echo requests by a script: the ground truth for what ping makes of it.

It sits on a packet socket in the server's namespace, whose own kernel must not answer. The n-th request, counted from 0,
gets what script[n] says: a list of answers, each a function from the request to (delay in seconds, frame).
"""

import heapq
import select
import socket
import struct
import threading
import time

ETH_P_IP, ETH_P_IPV6 = 0x0800, 0x86DD


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Request:
    """An echo request as it came in."""

    def __init__(self, frame):
        self.ethernet, self.version = frame[:14], frame[14] >> 4
        if self.version == 4:
            length = (frame[14] & 15) * 4
            total = struct.unpack("!H", frame[16:18])[0]
            self.tos, self.ttl = frame[15], frame[22]
            self.source, self.destination = frame[26:30], frame[30:34]
            self.ip, self.icmp = frame[14:14 + total], frame[14 + length:14 + total]
        else:
            self.tos, self.ttl = (frame[14] & 15) << 4 | frame[15] >> 4, frame[21]
            self.source, self.destination = frame[22:38], frame[38:54]
            self.ip, self.icmp = frame[14:], frame[54:]

    def frame(self, icmp, source=None, sum_wrong=False, ttl=64):
        """A frame back to the asker with an ICMP message, whose checksum is made right unless it is to be wrong."""
        source = source or self.destination
        icmp = icmp[:2] + b"\0\0" + icmp[4:]
        pseudo = b"" if self.version == 4 else source + self.source + struct.pack("!II", len(icmp), 58)
        total = checksum(pseudo + icmp) ^ (1 if sum_wrong else 0)
        icmp = icmp[:2] + struct.pack("!H", total) + icmp[4:]
        if self.version == 4:
            head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(icmp), 0, 0, ttl, 1, 0, source, self.source)
            head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
        else:
            head = struct.pack("!IHBB16s16s", 6 << 28, len(icmp), 58, ttl, source, self.source)
        return self.ethernet[6:12] + self.ethernet[:6] + self.ethernet[12:14] + head + icmp

    def reply(self, payload=None):
        """The ICMP message that answers it."""
        payload = self.icmp[8:] if payload is None else payload
        return bytes([0 if self.version == 4 else 129, 0, 0, 0]) + self.icmp[4:8] + payload


def good(request):
    return 0, request.frame(request.reply())


def after(seconds):
    return lambda request: (seconds, request.frame(request.reply()))


def damaged(request):
    payload = bytearray(request.icmp[8:])
    payload[-3] ^= 0x40
    return 0, request.frame(request.reply(bytes(payload)))


def shortened(request):
    return 0, request.frame(request.reply(request.icmp[8:40]))


def wrong_sum(request):
    return 0, request.frame(request.reply(), sum_wrong=True)


def forged(request):
    """A reply of somebody who saw id and sequence number, but not the token."""
    return 0, request.frame(request.reply(request.icmp[8:16] + b"\x5a" * (len(request.icmp) - 16)))


def from_address(address):
    return lambda request: (0, request.frame(request.reply(), source=address))


def error(icmp_type, code, quoted_bytes, source):
    def answer(request):
        message = bytes([icmp_type, code, 0, 0, 0, 0, 0, 0]) + request.ip[:quoted_bytes]
        return 0, request.frame(message, source=source)
    return answer


class Responder:
    def __init__(self, lab, namespace_entered, family, script):
        """To be made inside the server's namespace; `namespace_entered` is there to say so at the call."""
        del namespace_entered
        self.script, self.seen, self.waiting, self.hurried = script, [], [], False
        protocol = ETH_P_IP if family == 4 else ETH_P_IPV6
        self.protocol_at, self.protocol, self.type_at = (23, 1, 34) if family == 4 else (20, 58, 54)
        self.request_type = 8 if family == 4 else 128
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(protocol))
        self.socket.bind(("s0", protocol))
        name = "net.ipv4.icmp_echo_ignore_all" if family == 4 else "net.ipv6.icmp.echo_ignore_all"
        lab.sysctl(lab.server, name, 1)
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()
        self.socket.close()

    def hurry(self):
        """All that waits for its time is sent now."""
        self.hurried = True

    def idle(self):
        """Whether no answer waits for its time."""
        return not self.waiting

    def _serve(self):
        waiting = self.waiting
        while not self.stopping.is_set():
            pause = 0.05 if not waiting else max(0, min(0.05, waiting[0][0] - self._due()))
            if select.select([self.socket], [], [], pause)[0]:
                frame, (_, _, packet_type, *_) = self.socket.recvfrom(70000)
                if packet_type != socket.PACKET_OUTGOING and len(frame) > self.type_at and \
                        frame[self.protocol_at] == self.protocol and frame[self.type_at] == self.request_type:
                    self._answer(Request(frame), waiting)
            while waiting and waiting[0][0] <= self._due():
                self.socket.send(heapq.heappop(waiting)[2])

    def _due(self):
        """What is to be sent by then is sent."""
        return float("inf") if self.hurried else time.monotonic()

    def _answer(self, request, waiting):
        number = len(self.seen)
        self.seen.append(request)
        for answer in self.script[number] if number < len(self.script) else []:
            delay, frame = answer(request)
            if delay == 0:
                self.socket.send(frame)
            else:
                heapq.heappush(waiting, (time.monotonic() + delay, number, frame))
