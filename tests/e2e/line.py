"""A line of the test's own: a virtual cable in a network namespace, into which this process moves with all that it starts
from then on, and somebody who uses it."""
import ctypes
import os
import socket
import subprocess
import threading
import time

from support import Skip

CLONE_NEWNS, CLONE_NEWNET = 0x20000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000

_libc = ctypes.CDLL(None, use_errno=True)


def enter(namespaces):
    if _libc.unshare(namespaces) != 0:
        raise Skip(f"no namespaces here: {os.strerror(ctypes.get_errno())}")


def mount(source, target, flags):
    if _libc.mount(str(source).encode(), str(target).encode(), None, flags, None) != 0:
        raise Skip(f"nothing can be mounted here: {target}: {os.strerror(ctypes.get_errno())}")


def lay(*commands):
    """Commands that make the line; the machine may have no virtual cables."""
    for command in commands:
        words = command.split() if isinstance(command, str) else command
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode != 0:
            raise Skip(f"no line can be laid here: {command}: {done.stderr.strip()}")


class User:
    """Somebody who uses the line: 4 Mb/s to an address, made good for whenever this process did not get to it."""

    BYTES_PER_S, SIZE = 500_000, 1300

    def __init__(self, address):
        self._address, self._stop = address, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        begun, sent = time.monotonic(), 0
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            while not self._stop.wait(0.02):
                for _ in range(int((time.monotonic() - begun) * self.BYTES_PER_S - sent) // self.SIZE):
                    line.sendto(bytes(self.SIZE), (self._address, 9))
                    sent += self.SIZE

    def leaves(self):
        self._stop.set()
        self._thread.join()
