"""What tcpdump sees of SYNs: the truth beside a method's count."""
import re
import shutil

from support import Skip, wait_for


class Capture:
    """SYNs at an interface: (ns, IP version, with ACK) each. On loopback it shows each packet once."""

    LINE = re.compile(r"^(\d+)\.(\d{9}) IP(6?) .*Flags \[([A-Z.]+)\]", re.M)
    FILTER = "(tcp[tcpflags] & tcp-syn != 0) or (ip6[6] == 6 and ip6[53] & 2 != 0)"

    def __init__(self, system, interface):
        if not shutil.which("tcpdump"):
            raise Skip("tcpdump is not installed")
        # In immediate mode tcpdump keeps a slot of this length a packet; slots for whole ones are few dozens.
        self.program = system.start("tcpdump", "-i", interface, "-nn", "-tt", "-l", "--immediate-mode", "-Z", "root", "-s", "128",
                                    "--time-stamp-precision=nano", self.FILTER, binary=shutil.which("tcpdump"))
        self.program.wait_for_log(f"listening on {interface}")

    def until(self, end_ns):
        """Waits until it has seen what came after that time: then all before has been seen."""
        wait_for("a SYN after the interval", lambda: any(at > end_ns for at, _, _ in self.seen()), alive=[self.program])
        return self.seen()

    def between(self, start_ns, end_ns, version, with_ack):
        """(at least, at most) so many in that time: each capture stamps by itself what TCP sends over a virtual cable, so what
        is near an edge may be on either side of it."""
        near_ns = 10_000_000
        stamps = [at for at, family, ack in self.seen() if (family, ack) == (version, with_ack)]
        return (sum(start_ns + near_ns <= at < end_ns - near_ns for at in stamps),
                sum(start_ns - near_ns <= at < end_ns + near_ns for at in stamps))

    def seen(self):
        return [(int(seconds) * 10**9 + int(ns), int(version or 4), "." in flags)
                for seconds, ns, version, flags in self.LINE.findall(self.program.log())]
