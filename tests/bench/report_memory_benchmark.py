"""How much the agent's memory grows while 100 MB of results, in cells alone, go through it: from a run's rows into the spool, and in
reports to the collector.

Each round starts a fresh system, lets a first small run pass, forgets the agent's peak so far, and then has one run make
the rows; the figure is the most that was resident in the agent until the collector has them all, less what was resident
before. Beside it, in the same round, the same of one curl that fetches as many bytes from sonde-peer over TLS.
Usage: report_memory_benchmark.py SOURCE_ROOT BUILD_DIR
"""

import contextlib
import pathlib
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

ROOT, BUILD = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
sys.path[:0] = [str(ROOT / "tests" / "e2e"), str(ROOT / "scripts")]

from process_memory import field_mb, peak_mb  # noqa: E402
from sonde_system import System, wait_for  # noqa: E402
from support import apply, immediate, instruction, schedule, task, wait_for_outcomes  # noqa: E402
from verdict import demand  # noqa: E402

ROUNDS = 3
FEW_MB = 8  # what the agent may take for results of any size
ROWS = 2_100_000  # of six cells, which have 48 bytes of text in a row


def rows_task(name, count):
    return {**task(name, "flood", {"count": count}), "function": [{"uri": "urn:example:fixture"}]}


def result_bytes(system):
    """Of the cells that the collector has."""
    with contextlib.closing(sqlite3.connect(system.folder / "collector.db")) as connection:
        return connection.execute("SELECT sum(length(cells)) FROM _row").fetchone()[0]


def curl_growth_mb(system, count):
    """How much curl grows from its first moment on while it fetches that many bytes."""
    curl = subprocess.Popen(["/usr/bin/curl", "-sS", "--cacert", system.folder / "peer" / "ca.pem", "-o", "/dev/null",
                             f"https://{system.listening['peer-tls']}/bytes/{count}"])
    most, least = 0.0, 0.0
    while curl.poll() is None:
        least = least or field_mb(curl.pid, "status", "VmRSS")
        most = max(most, peak_mb(curl.pid))
        time.sleep(0.002)
    if curl.returncode != 0:
        raise SystemExit(f"curl ended with status {curl.returncode}")
    return most - least


def measure(system):
    """One round: (bytes, the agent's growth, the agent's seconds, curl's growth)."""
    shutil.copy(BUILD / "tests" / "plugins" / "flood.so", system.gather_plugins("http-download"))
    system.policy["plugins"] = {"allow": ["*"], "untargeted": ["flood"]}
    system.start_peer()
    agent = start_all_with(system)
    first = ([immediate("first")], [rows_task("first", 1000)], [schedule("first", "first", "first")])
    apply(system, instruction(system, *first))
    wait_for_outcomes(system, "first", 1)
    pid = agent.process.pid
    pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")
    before, begun = field_mb(pid, "status", "VmRSS"), time.monotonic()
    apply(system, instruction(system, [*first[0], immediate("second")], [*first[1], rows_task("second", ROWS)],
                              [*first[2], schedule("second", "second", "second")]))
    (outcome,) = wait_for_outcomes(system, "second", 1, 300)
    if (outcome["status"], outcome["rows"], outcome["rows_dropped"]) != (0, ROWS, 0):
        raise SystemExit(f"the run did not keep its rows: {outcome}")
    growth, seconds = peak_mb(pid) - before, time.monotonic() - begun
    count = result_bytes(system)
    return count, growth, seconds, curl_growth_mb(system, count)


def start_all_with(system):
    """As start_all does, with a spool that holds all of it if the collector is slow."""
    system.start_controller()
    system.start_collector()
    system.start_launcher()
    agent = system.start_agent("--spool-mib", "1024")
    wait_for("both plugins are described", lambda: agent.log().count("plugin ready") == 2, 60, [agent])
    return agent


def main():
    if not pathlib.Path("/usr/bin/curl").exists():
        print("skipped: there is no /usr/bin/curl here")
        sys.exit(77)
    ours, peers = [], []
    for number in range(ROUNDS):
        folder = tempfile.mkdtemp(prefix="sonde-report-memory-")
        system = System(BUILD, folder)
        try:
            system.make_identities()
            count, growth, seconds, curl = measure(system)
        finally:
            system.stop()
            shutil.rmtree(folder, ignore_errors=True)
        ours.append(growth)
        peers.append(curl)
        print(f"  round {number + 1}: {count / 1e6:.0f} MB of cells in {seconds:.1f} s; the agent grew by {growth:.1f} MB, "
              f"curl by {curl:.1f} MB", flush=True)
    print(f"{ROWS} rows from a run through the agent's spool to the collector; growth of what was resident at the most, "
          f"median of {ROUNDS} rounds")
    print(f"  ours {statistics.median(ours):.1f} MB (most {max(ours):.1f})   one curl that fetches as many bytes "
          f"{statistics.median(peers):.1f} MB (most {max(peers):.1f})")
    demand("growth", max(ours), "at most", FEW_MB, " MB")


main()
