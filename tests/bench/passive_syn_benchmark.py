"""How much passive-syn counts without losing a packet, what that costs beside tcpdump, and where its intervals end.

In two network namespaces of the benchmark's own, joined by a virtual cable, one processor sends frames (see frame_flood.cpp)
and takes them in at the other end, the other one has the tool. passive-syn and tcpdump, with the same filter, buffer and length
of what is copied, watch the same load in turn; what a tool costs is the time of its own processes from the load's begin to its
end. tcpdump prints a line a packet, as one counts with it, and in a third turn only writes to a file, the least that it can do;
either way to /dev/null. In a fourth turn passive-syn has the kernel count. tshark, as one counts with it, watches once: it
dissects what it has captured for many seconds more, which are its cost as well. All SYNs are first ones, so that beyond 131,072
passive-syn counts packets alone, as in any flood. More than one processor sends comes from two, the one of the tool among
them. Then both watch a steady rate together: an interval's count says between
which two packets its end lay, and tcpdump's stamps in ns say when these were.
Usage: passive_syn_benchmark.py SOURCE_ROOT SONDE PLUGINS_DIRECTORY FRAME_FLOOD
"""

import os
import pathlib
import re
import resource
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time

sys.path[:0] = [str(pathlib.Path(sys.argv[1]) / "tests" / folder) for folder in ("", "net")]

from cases import Skip  # noqa: E402
from figures import Figures  # noqa: E402
from laboratory import Laboratory, need  # noqa: E402
from processes import descendants  # noqa: E402
from set_ups import captures  # noqa: E402

FLOOD = sys.argv[4]
FAST_RATE, FAST_COUNT = 1_050_000, 4_000_000
ROUNDS, SYN_COUNT, MIXED_COUNT, MIXED_RATE = 5, 2_000_000, 2_000_000, 520_000
STEADY_RATE, STEADY_INTERVAL_MS, STEADY_INTERVALS = 20_000, 200, 10
FILTER = ("(ip and tcp[tcpflags] & (tcp-syn|tcp-rst) != 0) or (ip6 and ip6[6] = 6 and ip6[53] & 6 != 0)")
# What each packet of ten in the mixed load is to the counter: (family, column) -> packets.
SHARES = {"syn": {(4, "syn"): 1.0}, "mixed": {(4, "syn"): 0.1, (6, "syn"): 0.1, (4, "syn_ack"): 0.1, (4, "rst"): 0.1}}


def on_processor_s(process):
    """Seconds of CPU that a process and all below it have had."""
    total = 0
    for pid in [process.pid, *descendants(process.pid)]:
        try:
            total += int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0])
        except (FileNotFoundError, ProcessLookupError):
            continue  # gone meanwhile
    return total / 1e9


def flood(lab, senders, kind, count, rate):
    """(frames, frames a second) of all senders, a processor each, at once."""
    commands = [["ip", "netns", "exec", lab.server, "taskset", "-c", str(processor), FLOOD, "s0", kind,
                 str(count // len(senders)), str(rate // len(senders)), str(i << 20)] for i, processor in enumerate(senders)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in commands]
    said = [process.communicate()[0] for process in running]
    if any(process.returncode != 0 for process in running):
        raise RuntimeError("a sender has failed")
    frames, took = zip(*(map(int, one.split()) for one in said))
    return sum(frames), sum(frames) / max(took) * 1e9


def watched(lab, command, senders, *load):
    """A tool beside a load: (its process, seconds of CPU, frames, frames a second)."""
    before = captures(lab, "c0")
    process = lab.start(lab.client, command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 20
    while captures(lab, "c0") == before:
        if time.monotonic() > deadline or process.poll() is not None:
            raise RuntimeError(process.communicate())
        time.sleep(0.01)
    time.sleep(0.2)
    cpu = on_processor_s(process)
    frames, rate = flood(lab, senders, *load)
    time.sleep(0.2)
    return process, on_processor_s(process) - cpu, frames, rate


def sonde(lab, *words):
    return [lab.sonde, "run", f"{lab.plugins}/passive-syn/passive-syn.so:passive-syn", "interface=c0", "--json", *words]


def passive_syn(lab, senders, kind, count, rate, *words):
    """(CPU s, frames/s, packets off, drops) of a round."""
    command = sonde(lab, "interval=60s", "direction=in", *words)
    process, cpu, frames, reached = watched(lab, command, senders, kind, count, rate)
    process.send_signal(signal.SIGINT)
    run = lab.finish_sonde(process)
    rows = {row["family"]: row for row in run.table("interval")}
    off = sum(abs(rows[family][column] - round(frames * share)) for (family, column), share in SHARES[kind].items())
    return cpu, reached, off, rows[4]["drops"]


def passive_syn_by_kernel(lab, senders, kind, count, rate):
    return passive_syn(lab, senders, kind, count, rate, "counter=kernel")


def tcpdump(lab, senders, kind, count, rate, *words):
    """The same; packets off by what its filter has counted, since it loses its last block when it is interrupted."""
    command = ["sh", "-c", 'exec "$0" "$@" > /dev/null', "tcpdump", "-i", "c0", "-n", "-Q", "in", "-s", "94", "-B", "4096",
               *words, FILTER]
    process, cpu, frames, reached = watched(lab, command, senders, kind, count, rate)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=20)[1]
    seen, drops = (int(re.search(rf"(\d+) packets {what}", said)[1]) for what in ("received by filter", "dropped by kernel"))
    return cpu, reached, abs(seen - round(frames * sum(SHARES[kind].values()))), drops


def tcpdump_writing(lab, senders, kind, count, rate):
    return tcpdump(lab, senders, kind, count, rate, "-w", "-")


def tshark(lab, senders, kind, count, rate):
    """The same, of its whole life; packets off by what it says it captured and dropped."""
    command = ["tshark", "-i", "c0", "-n", "-q", "-s", "94", "-B", "4", "-f", FILTER, "-z", "io,stat,60"]
    process, _, frames, reached = watched(lab, command, senders, kind, count, rate)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=200)[1]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seen, drops = (int(found[1]) if (found := re.search(rf"(\d+) packets {what}", said)) else 0
                   for what in ("captured", "dropped"))
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, reached, abs(seen + drops - round(frames * sum(SHARES[kind].values()))), drops


def rounds_of(tools, *load):
    """{tool: what it says of each round}, the rounds in turn."""
    rounds = {tool: [] for tool in tools}
    for _ in range(ROUNDS):
        for tool, found in rounds.items():
            found.append(tool(*load))
    return rounds


def tell(name, count, rounds):
    print(f"{name}: {count} frames a round, {ROUNDS} rounds in turn")
    for tool, found in rounds.items():
        cpu, reached, off, drops = zip(*found)
        print(f"  {tool.__name__:21} {statistics.median(reached):9.0f} frames/s   CPU "
              f"{1e9 * statistics.median(cpu) / count:6.1f} ns a frame   off {sum(off)}   drops {sum(drops)}   of "
              f"{ROUNDS * count}")


def without_loss(lab, figures, senders, name, kind, count, rate, wanted):
    rounds = rounds_of((passive_syn, passive_syn_by_kernel, tcpdump_writing), lab, senders, kind, count, rate)
    tell(name, count, rounds)
    _, _, off, drops = zip(*rounds[tcpdump_writing])
    beside = f"tcpdump that only writes: {sum(off):,} off, {sum(drops):,} dropped"
    for tool, how in ((passive_syn, "passive-syn"), (passive_syn_by_kernel, "counted by the kernel")):
        _, reached, off, drops = zip(*rounds[tool])
        figures.add(f"{name}, {how}: slowest round of {ROUNDS}, all that was sent", min(reached), "frames/s",
                    aim=("at least", wanted))
        figures.add(f"{name}, {how}: counted wrongly or dropped", sum(off) + sum(drops), f"of {ROUNDS * count:,}", beside,
                    aim=("at most", 0))


def load_in_turn(lab, figures, senders, name, kind, count, rate):
    rounds = rounds_of((passive_syn, passive_syn_by_kernel, tcpdump, tcpdump_writing), lab, senders, kind, count, rate)
    once = tshark(lab, senders, kind, count, rate)
    tell(name, count, rounds)
    cpu, reached, off, drops = once
    print(f"  tshark, once          {reached:9.0f} frames/s   CPU {1e9 * cpu / count:6.1f} ns a frame   off {off}   drops {drops}   "
          f"of {count}")
    figures.add(f"{name}: CPU beside tshark", statistics.median(mine[0] for mine in rounds[passive_syn]) / cpu, "x",
                f"one round of it, of which it dropped {drops:,} packets")
    for tool in (tcpdump, tcpdump_writing):
        ratio = statistics.median(mine[0] / theirs[0] for mine, theirs in zip(rounds[passive_syn], rounds[tool]))
        print(f"  passive-syn's CPU is {ratio:.2f} of {tool.__name__}'s, median of the rounds' ratios")
        figures.add(f"{name}: CPU beside {tool.__name__.replace('_', ' ')}", ratio, "x",
                    "prints a line a packet" if tool is tcpdump else "copies packets to a file, as little as it can do",
                    aim=("at most", 0.25))
    counted = rounds[passive_syn_by_kernel]
    ratio = statistics.median(mine[0] / theirs[0] for mine, theirs in zip(counted, rounds[tcpdump]))
    print(f"  counted by the kernel it is {ratio:.4f} of tcpdump's")
    figures.add(f"{name}: CPU beside tcpdump where the kernel counts", ratio, "x", "what the process itself costs",
                aim=("at most", 0.05))
    figures.add(f"{name}: counted wrongly by the kernel", sum(one[2] for one in counted), f"of {ROUNDS * count:,}",
                "nothing is copied", aim=("at most", 0))
    (_, reached, off, drops), (_, _, their_off, their_drops) = (list(zip(*rounds[t])) for t in (passive_syn, tcpdump))
    figures.add(f"{name}: median rate of {ROUNDS} rounds, all that was sent", statistics.median(reached), "frames/s",
                f"slowest round {min(reached):,.0f}")
    figures.add(f"{name}: counted wrongly", sum(off), f"of {ROUNDS * count:,}", f"tcpdump {sum(their_off):,}", aim=("at most", 0))
    figures.add(f"{name}: dropped", sum(drops), "packets", f"tcpdump {sum(their_drops):,}", aim=("at most", 0))
    figures.plot(f"{name}: CPU a frame", "ns", {
        tool.__name__.replace("_", " "): [1e9 * one[0] / count for one in found] for tool, found in rounds.items()})


def stamps_of(path):
    """Of a capture file with stamps in ns."""
    data, at, found = pathlib.Path(path).read_bytes(), 24, []
    while at + 16 <= len(data):
        seconds, ns, length = struct.unpack_from("III", data, at)
        found.append(seconds * 1_000_000_000 + ns)
        at += 16 + length
    return found


def boundaries(lab, figures, senders):
    with tempfile.TemporaryDirectory() as folder:
        count = STEADY_RATE * STEADY_INTERVAL_MS * (STEADY_INTERVALS + 3) // 1000
        capture = lab.start(lab.client, ["tcpdump", "-i", "c0", "-n", "-Q", "in", "-s", "94", "-B", "32768", "-U", "-Z", "root",
                                         "--time-stamp-precision=nano", "-w", f"{folder}/seen.pcap", FILTER],
                            stderr=subprocess.PIPE, text=True)
        capture.stderr.readline()  # it listens
        process, _, _, _ = watched(lab, sonde(lab, f"interval={STEADY_INTERVAL_MS}ms", f"intervals={STEADY_INTERVALS}",
                                              "alignment=epoch", "direction=in"), senders, "syn", count, STEADY_RATE)
        run = lab.finish_sonde(process)
        time.sleep(1.5)  # until its block has been handed over
        capture.send_signal(signal.SIGINT)
        capture.communicate(timeout=20)
        seen = stamps_of(f"{folder}/seen.pcap")
    rows = [row for row in run.table("interval") if row["family"] == 4]
    begin = rows[0]["start_ns"]
    counted = sum(stamp < begin for stamp in seen)  # the first begin is taken as it is; each end is held against it
    errors = []
    for row in rows:
        counted += row["syn"]
        end = row["start_ns"] + STEADY_INTERVAL_MS * 1_000_000
        if 0 < counted < len(seen):
            errors.append(max(0, seen[counted - 1] - end, end - seen[counted]))
    if not errors:
        raise RuntimeError(f"nothing was seen at any boundary\n{run}")
    gap = statistics.median(later - earlier for earlier, later in zip(seen, seen[1:]))
    print(f"{len(errors)} ends of intervals within a packet every {gap / 1000:.1f} us: off by at most "
          f"{max(errors) / 1000:.1f} us")
    figures.add("ends of intervals off by at most", max(errors) / 1000, "us", f"a packet every {gap / 1000:.0f} us",
                aim=("at most", 1000))


def main():
    need("tcpdump", "tshark", "taskset")
    processors = sorted(os.sched_getaffinity(0))
    if len(processors) < 2:
        raise Skip("needs two processors")
    with Laboratory(*sys.argv[2:4]) as lab, Figures("passive-syn") as figures:
        os.sched_setaffinity(0, processors[:1])
        tool, sender = processors[:2]
        print(f"the tool on CPU {tool}, sender and kernel on CPU {sender}; of two senders one beside the tool")
        without_loss(lab, figures, [tool, sender], f"SYNs at {FAST_RATE:,} a second from two processors", "syn", FAST_COUNT,
                     FAST_RATE, 1_000_000)
        without_loss(lab, figures, [tool, sender], f"mixed packets at {MIXED_RATE:,} a second from two processors", "mixed",
                     MIXED_COUNT, MIXED_RATE, 500_000)
        load_in_turn(lab, figures, [sender], "SYNs as fast as one processor sends them", "syn", SYN_COUNT, 0)
        load_in_turn(lab, figures, [sender], f"mixed packets at {MIXED_RATE:,} a second", "mixed", MIXED_COUNT, MIXED_RATE)
        boundaries(lab, figures, [sender])


try:
    main()
except Skip as reason:
    print(reason)
    sys.exit(77)
