"""What comes out of the cable of a laboratory at either end, with the kernel's stamps, captured so that what is judged by
it is not disturbed.

Only arrivals are captured, and into a ring that nobody looks into before the end. A capture of what leaves stands between
its own stamp and the driver's (some 3 us with a socket that queues frames, 6 us with a ring), and a reader that has to be
woken (tcpdump in immediate mode) costs 15 us: they would measure themselves. Both ends have the same clock.
"""
import mmap
import socket
import struct

from laboratory import Namespace

ETH_P_ALL, ETH_P_IP, ETH_P_IPV6 = 0x0003, 0x0800, 0x86dd
SOL_PACKET, PACKET_RX_RING, PACKET_STATISTICS, PACKET_VERSION, PACKET_IGNORE_OUTGOING = 263, 5, 6, 10, 23
TPACKET_V2, TP_STATUS_USER = 1, 1
# Each slot has room for the headers of a frame and the first bytes of what they carry.
SLOT_BYTES, BLOCK_BYTES, BLOCKS = 256, 64 << 10, 128
SLOTS = BLOCKS * (BLOCK_BYTES // SLOT_BYTES)
SLOT_HEADER = struct.Struct("IIIHHII")  # status, length, captured bytes, where they begin, of these the network's, s, ns


class Ring:
    def __init__(self, namespace, interface):
        with Namespace(namespace):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.socket.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V2)
        self.socket.setsockopt(SOL_PACKET, PACKET_RX_RING, struct.pack("IIII", BLOCK_BYTES, BLOCKS, SLOT_BYTES, SLOTS))
        self.socket.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        self.memory = mmap.mmap(self.socket.fileno(), BLOCKS * BLOCK_BYTES)
        self.socket.bind((interface, ETH_P_ALL))

    def end(self):
        frames = []
        for at in range(0, len(self.memory), SLOT_BYTES):
            status, _, captured, begin, _, seconds, nanoseconds = SLOT_HEADER.unpack_from(self.memory, at)
            if not status & TP_STATUS_USER:
                break
            frames.append((seconds * 1_000_000_000 + nanoseconds, self.memory[at + begin:at + begin + captured]))
        dropped = struct.unpack("II", self.socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]
        self.memory.close()
        self.socket.close()
        if dropped:
            raise RuntimeError(f"the ring was too small for {dropped} frames")
        return frames


class Capture:
    """Captures from its making to end(), at most SLOTS frames in each direction."""

    def __init__(self, lab):
        self.rings = [Ring(lab.client, "c0"), Ring(lab.server, "s0")]

    def end(self):
        """[(CLOCK_REALTIME ns of its arrival, the frame's first bytes)] in that order."""
        return sorted((frame for ring in self.rings for frame in ring.end()), key=lambda frame: frame[0])


def behind_ip(frame):
    """(protocol, where its header begins in the frame); (None, None) of what is neither IPv4 nor IPv6."""
    kind, = struct.unpack_from("!H", frame, 12)
    if kind == ETH_P_IP:
        return frame[23], 14 + (frame[14] & 15) * 4
    return (frame[20], 54) if kind == ETH_P_IPV6 else (None, None)
