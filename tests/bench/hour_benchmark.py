"""What all processes of an agent that measures by four methods have in memory together, at the most.

One agent with its launcher, its runners and their runs measures for a while, as the options of its methods say; every
50 ms the peaks (VmHWM) of all processes that there are are added. Pages that several have are counted in each, so the
memory that it takes (Pss) is less; that is said as well. Beside it, at the end, the same of the tools that would be
started for the same measurements, all at once. A minute, or an hour with SONDE_LONG in the environment, or so many
seconds as a third argument says. Usage: hour_benchmark.py SOURCE_ROOT BUILD_DIR [SECONDS]
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT, BUILD = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
SECONDS = int(sys.argv[3]) if len(sys.argv) > 3 else 3600 if os.environ.get("SONDE_LONG") else 60
sys.argv[3:] = []
sys.path[:0] = [str(ROOT / "tests" / "e2e"), str(ROOT / "tests"), str(ROOT / "scripts")]

from process_memory import field_mb, peak_mb  # noqa: E402
from processes import descendants  # noqa: E402
from sonde_system import System  # noqa: E402
from support import Skip, apply, instruction, periodic, need_raw_sockets, outcomes, schedule, start_all, task  # noqa: E402
from verdict import demand  # noqa: E402

SAMPLE_S = 0.05


def workload(system):
    """Four methods on four periods that meet every now and then."""
    server, port = system.listening["nsd"].rsplit(":", 1)
    methods = {
        "ping": (2, {"target": "127.0.0.1", "count": 10, "interval": "100ms", "tmax": "1s"}),
        "http-download": (5, {"url": f"https://{system.listening['peer-tls']}/bytes/20000000", "bytes": "20MB",
                              "ca": str(system.folder / "peer" / "ca.pem"), "streams": 4}),
        "dns": (3, {"server": server, "port": port, "name": ["www.example.test", "nowhere.example.test"], "count": 20,
                    "interval": "20ms"}),
        "passive-syn": (6, {"interface": "lo", "interval": "1s", "intervals": 4}),
    }
    events = [periodic(name, every) for name, (every, _) in methods.items()]
    return instruction(system, events, [task(name, name, values) for name, (_, values) in methods.items()],
                       [schedule(name, name, name) for name in methods], report_every_s=10)


def sampled(pids, seconds, done=lambda: False):
    """Over the time: (the largest sum of peaks, {name: peak} then, the largest sum of Pss)."""
    most, parts, most_pss = 0.0, {}, 0.0
    deadline = time.monotonic() + seconds
    turn = 0
    while time.monotonic() < deadline and not done():
        found = {pid: peak_mb(pid) for pid in pids()}
        if sum(found.values()) > most:
            most, parts = sum(found.values()), found
        if turn % 10 == 0:  # the kernel walks every page for it
            most_pss = max(most_pss, sum(field_mb(pid, "smaps_rollup", "Pss") for pid in found))
        turn += 1
        time.sleep(SAMPLE_S)
    return most, parts, most_pss


def tools(system):
    """The sum of the peaks of the tools for the same: (MB, their names)."""
    server, port = system.listening["nsd"].rsplit(":", 1)
    commands = [["fping", "-q", "-c", "10", "-p", "100", "127.0.0.1"],
                ["curl", "-sS", "--limit-rate", "20M", "--cacert", system.folder / "peer" / "ca.pem", "-o", "/dev/null",
                 f"https://{system.listening['peer-tls']}/bytes/20000000"],
                ["drill", "-p", port, "www.example.test", f"@{server}"],
                ["tcpdump", "-i", "lo", "-n", "-c", "1000000", "tcp[tcpflags] & tcp-syn != 0"]]
    commands = [command for command in commands if shutil.which(command[0])]
    running = [subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
               for command in commands]
    try:
        peaks = {}
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:
            for process, command in zip(running, commands):
                if process.poll() is None:
                    peaks[command[0]] = max(peaks.get(command[0], 0), peak_mb(process.pid))
    finally:
        for process in running:
            process.kill()
            process.wait()
    return sum(peaks.values()), ", ".join(peaks)


def measure(system):
    need_raw_sockets(system)
    agent = start_all(system, "ping", "http-download", "dns", "passive-syn", peer=True, name_server=True)
    launcher = system.programs["launcher"]
    apply(system, workload(system))

    def pids():
        agent.must_live()
        return [agent.process.pid, launcher.process.pid, *descendants(launcher.process.pid)]

    most, parts, pss = sampled(pids, SECONDS)
    rows = outcomes(system)
    other = [row for row in rows if row["outcome"] != "completed"]
    for message in sorted({f"{row['schedule']} {row['outcome']}: {row['message']}" for row in other}):
        print(f"  not completed: {message}")
    ran = sum(row["count"] for row in rows)
    of_tools, names = tools(system)
    print(f"four methods for {SECONDS} s, {ran} runs, {len(other)} of them not completed; every {SAMPLE_S * 1e3:.0f} ms")
    print(f"  ours: the peaks of all processes together {most:.1f} MB at the most, of {len(parts)} processes: agent "
          f"{parts[agent.process.pid]:.1f}, launcher {parts[launcher.process.pid]:.1f}, runners and runs "
          f"{most - parts[agent.process.pid] - parts[launcher.process.pid]:.1f}; Pss {pss:.1f} MB at the most")
    print(f"  {names} at once: {of_tools:.1f} MB of peaks; ours is {most / of_tools:.2f} of it")
    demand("all processes together", most, "at most", 64, " MB")


def main():
    folder = tempfile.mkdtemp(prefix="sonde-hour-")
    system = System(BUILD, folder)
    try:
        system.make_identities()
        measure(system)
    except Skip as reason:
        print(f"skipped: {reason}")
        sys.exit(77)
    finally:
        system.stop()
        shutil.rmtree(folder, ignore_errors=True)


main()
