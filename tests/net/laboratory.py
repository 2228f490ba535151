"""Two machines in network namespaces of their own, joined by a virtual cable, and the real `sonde` at one of them.

    client (c0: 192.0.2.1, 2001:db8::1) ---- (s0: 192.0.2.2, 2001:db8::2) server

Everything is gone when the laboratory closes.
"""

import ctypes
import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

TESTS_FOLDER = pathlib.Path(__file__).resolve().parent.parent
sys.path += [str(TESTS_FOLDER), str(TESTS_FOLDER / "support")]

from cases import Skip, run_cases, skipped_in_part  # noqa: E402

CLIENT, SERVER = "192.0.2.1", "192.0.2.2"
CLIENT6, SERVER6 = "2001:db8::1", "2001:db8::2"
RUN_TIMEOUT_S = 60
# Of methods that are not named as their plugin.
OTHER_FILES = {"passive-handshake": "passive-syn"}


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Skip(f"there is no {program} here")


def nanoseconds(text):
    """Of an RFC 3339 time in UTC with nine decimals; None for anything else."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{9})Z", str(text))
    if not found:
        return None
    second = datetime.datetime.fromisoformat(found[1] + "+00:00").timestamp()
    return int(second) * 1_000_000_000 + int(found[2])


class Run:
    """What one `sonde run` said. A row's times have a second form, in ns."""

    def __init__(self, status, out, err):
        self.status, self.err = status, err
        self.rows = [json.loads(line) for line in out.splitlines()]
        for row in self.rows:
            times = {f"{name}_ns": nanoseconds(value) for name, value in row.items()}
            row.update({name: value for name, value in times.items() if value is not None})

    def table(self, name):
        return [row for row in self.rows if row["table"] == name]

    def outcomes(self):
        """{seq: outcome} of the packets' own outcomes, when there is one target."""
        return {row["seq"]: row["outcome"] for row in self.table("packet") if row["outcome"] != "duplicate"}

    def counted(self):
        """Bytes that it told the host of, where it ran with --trace: (sent, received)."""
        calls = re.findall(r"count\((\d+), (\d+)\)", self.err)
        return tuple(sum(int(call[way]) for call in calls) for way in (0, 1))

    def __repr__(self):
        rows = [json.dumps({name: value for name, value in row.items() if value is not None}) for row in self.rows]
        rows = rows if len(rows) <= 40 else rows[:20] + ["..."] + rows[-20:]
        return "\n".join([f"status {self.status}", self.err, *rows])


class Laboratory:
    def __init__(self, sonde, plugins):
        self.sonde, self.plugins = pathlib.Path(sonde), pathlib.Path(plugins)
        self.client, self.server = (f"sonde-test-{os.getpid()}-{side}" for side in "cs")
        self.processes = []

    def __enter__(self):
        if os.geteuid() != 0:
            raise Skip("network namespaces need root")
        need("ip")
        for name in (self.client, self.server):
            made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True)
            if made.returncode != 0:
                self.__exit__()
                raise Skip(f"no network namespaces here: {made.stderr.strip()}")
        self.at(self.client, "ip link add c0 type veth peer name s0 netns " + self.server)
        for name, device, address, address6 in (
                (self.client, "c0", CLIENT, CLIENT6), (self.server, "s0", SERVER, SERVER6)):
            self.at(name, "ip link set lo up")
            self.at(name, f"ip address add {address}/24 dev {device}")
            self.at(name, f"ip link set {device} up")
            # Not what this machine prefers: figures and timing are to be the same anywhere.
            self.at(name, ["sh", "-c", "echo cubic > /proc/sys/net/ipv4/tcp_congestion_control"], may_fail=True)
            # No duplicate address detection: the address is to be there at once.
            self.at(name, f"ip address add {address6}/64 dev {device} nodad", may_fail=True)
        self.has_ipv6 = self.at(self.client, f"ip -6 address show to {CLIENT6}", may_fail=True) != ""
        return self

    def also_ipv6(self):
        """Whether a case can do its part of IPv6; if not, that part is a skip of its own."""
        if not self.has_ipv6:
            skipped_in_part("no IPv6 here")
        return self.has_ipv6

    def __exit__(self, *_):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        for name in (self.client, self.server):
            subprocess.run(["ip", "netns", "delete", name], capture_output=True)

    def at(self, namespace, command, may_fail=False, text=None):
        """Runs a command in a namespace and returns its output."""
        command = command.split() if isinstance(command, str) else command
        done = subprocess.run(["ip", "netns", "exec", namespace, *command], capture_output=True, text=True, input=text)
        if done.returncode != 0 and not may_fail:
            raise RuntimeError(f"{command}: {done.stderr}")
        return done.stdout

    def sysctl(self, namespace, name, value):
        self.at(namespace, ["sh", "-c", f"echo {value} > /proc/sys/{name.replace('.', '/')}"])

    def rules(self, namespace, text):
        """Loads nftables rules in place of those before."""
        need("nft")
        self.at(namespace, ["nft", "-f", "-"], text="flush ruleset\n" + text.replace("}", "\n}\n"))

    def start(self, namespace, command, **kwargs):
        process = subprocess.Popen(["ip", "netns", "exec", namespace, *map(str, command)], **kwargs)
        self.processes.append(process)
        return process

    def start_sonde(self, method, *words, **options):
        """`words` are further ones of the command, such as "--trace"."""
        file = OTHER_FILES.get(method, method)
        plugin = f"{self.plugins / file / file}.so:{method}"
        words = [*[f"{name}={value}" for name, value in options.items()], *words]
        return self.start(self.client, [self.sonde, "run", plugin, *words, "--json"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)

    def finish_sonde(self, process):
        out, err = process.communicate(timeout=RUN_TIMEOUT_S)
        return Run(process.returncode, out, err)

    def run(self, method, *words, **options):
        return self.finish_sonde(self.start_sonde(method, *words, **options))


class Namespace:
    """This process itself in a namespace, for sockets of the test's own."""

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        self.back = os.open("/proc/self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
        self._enter(there)
        os.close(there)

    def __exit__(self, *_):
        self._enter(self.back)
        os.close(self.back)

    @staticmethod
    def _enter(descriptor):
        if ctypes.CDLL(None, use_errno=True).setns(descriptor, 0x40000000) != 0:
            raise OSError(ctypes.get_errno(), "setns")


TESTS = []


def test(function):
    """Marks a test: a function of a laboratory, whose name is the sentence that it shows."""
    TESTS.append(function)
    return function


def ipv6_test(function):
    function.needs_ipv6 = True
    return test(function)


def main():
    """Runs each test in a laboratory of its own; usage: TEST.py SONDE PLUGINS_DIRECTORY [NAME...]"""
    sonde, plugins, *wanted = sys.argv[1:]

    def in_a_laboratory(function):
        with Laboratory(sonde, plugins) as lab:
            if hasattr(function, "needs_ipv6") and not lab.has_ipv6:
                raise Skip("no IPv6 here")
            function(lab)

    run_cases([(function.__name__.replace("_", " "), lambda function=function: in_a_laboratory(function))
               for function in TESTS if not wanted or function.__name__ in wanted])
