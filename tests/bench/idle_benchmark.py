"""Memory of an idle agent: its own dirty pages (Pss_Dirty) with those of the launcher and of the runners that remain.

Each round starts a fresh system whose agent has all bundled plugins, waits until they are described and their runners are
stopped, and reads the memory while the long poll is open. Agent and launcher have the environment that their systemd
units give them. Beside it, in the same round, one curl that holds the same
poll as another agent: the least that a client of the controller can be. Memory does not depend on processors, so
nothing is pinned. Usage: idle_benchmark.py SOURCE_ROOT BUILD_DIR
"""

import pathlib
import re
import shutil
import statistics
import sys
import tempfile
import time
import uuid

ROOT, BUILD = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "scripts")]

from process_memory import field_mb  # noqa: E402
from processes import descendants  # noqa: E402
from sonde_system import System, wait_for  # noqa: E402
from verdict import demand  # noqa: E402

ROUNDS = 5
METHODS = sorted(file.stem for file in BUILD.glob("plugins/*/*.so")) # all that are bundled
IDLE_STOP_S = 10  # after which the agent stops a runner without work


def memory_mb(pid):
    """(Pss_Dirty, Pss) in MB."""
    return tuple(field_mb(pid, "smaps_rollup", name) for name in ("Pss_Dirty", "Pss"))


def under_environment_of(unit):
    """The words that start a program with the environment that its unit gives it."""
    text = (ROOT / "examples" / "systemd" / f"{unit}.service.in").read_text()
    return ["env", *re.findall(r"^Environment=(.*)$", text, re.M)]


def start_curl(system):
    """A second agent's long poll, by curl."""
    system.issue("agent", "curl", "--id", str(uuid.uuid4()))
    identity = system.folder / "curl"
    program = system.start("curl", "-sS", "--cacert", identity / "ca.pem", "--cert", identity / "cert.pem", "--key",
                           identity / "key.pem", "-H", "Prefer: wait=60",
                           system.url("controller") + "/restconf/data/ietf-lmap-control:lmap", binary="/usr/bin/curl")
    time.sleep(1)
    program.must_live()
    return program


def measure(folder):
    """One round: {name: (Pss_Dirty, Pss)}."""
    system = System(BUILD, folder)
    try:
        system.make_identities()
        system.gather_plugins(*METHODS)
        system.start_controller()
        system.start_collector()
        launcher = system.start_launcher(under=under_environment_of("sonde-launcher"))
        agent = system.start_agent(under=under_environment_of("sonde-agent"))
        wait_for("all plugins are described", lambda: agent.log().count("plugin ready") == len(METHODS), 60, [agent, launcher])
        wait_for("the controller knows the agent", lambda: system.rows("agents"), 60, [agent])
        curl = start_curl(system)
        time.sleep(2 * IDLE_STOP_S)  # idle means: runners and connections that nobody needs are closed by then
        for program in (agent, launcher, curl):
            program.must_live()
        found = {"agent": memory_mb(agent.process.pid), "launcher": memory_mb(launcher.process.pid)}
        for pid in descendants(launcher.process.pid):
            name = pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
            found[f"{name} {len(found)}"] = memory_mb(pid)
        return found, memory_mb(curl.process.pid)
    finally:
        system.stop()


def main():
    if not pathlib.Path("/usr/bin/curl").exists():
        print("skipped: there is no /usr/bin/curl here")
        sys.exit(77)
    ours, peers, ratios, remaining = [], [], [], []
    for number in range(ROUNDS):
        folder = tempfile.mkdtemp(prefix="sonde-idle-")
        try:
            found, curl = measure(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        ours.append(sum(dirty for dirty, _ in found.values()))
        peers.append(curl[0])
        ratios.append(ours[-1] / curl[0])
        # Besides agent, launcher and the launcher's process that serves the agent.
        remaining.append(sum(1 for name in found if not name.startswith(("agent", "launcher", "sonde-front"))))
        parts = ", ".join(f"{name} {dirty:.1f} (Pss {pss:.1f})" for name, (dirty, pss) in found.items())
        print(f"  round {number + 1}: {ours[-1]:.1f} MB = {parts}; curl {curl[0]:.1f} (Pss {curl[1]:.1f})", flush=True)
    print(f"idle agent with its long poll open, {len(METHODS)} plugins described; Pss_Dirty, median of {ROUNDS} rounds")
    print(f"  ours {statistics.median(ours):.1f} MB (most {max(ours):.1f})   one curl that holds the same poll "
          f"{statistics.median(peers):.1f} MB   ours is {statistics.median(ratios):.2f} of it")
    demand("memory", statistics.median(ours), "at most", 2.5, " MB")
    demand("processes of idle plugins", max(remaining), "at most", 0, "")


main()
