"""How late an agent's runs begin, from the planned time to run() entered, on the real agent, launcher and runner, and how
often an idle agent wakes.

A hundred schedules, each on its own tenth of a second, for some minutes; then two hundred in the same second, in rounds.
Beside them what lmapd 0.3 showed on a machine of two processors: its calendar's phase, and the last of 200 `date`
actions due at once. The control is a bare loop that sleeps until each of the same times.
A run's lateness is what its process says of itself where it enters run(), before the agent has heard of it.
Usage: lateness_benchmark.py SOURCE_ROOT BUILD_DIR [quick]: less of everything, to see whether it works.
"""
import json
import math
import pathlib
import shutil
import sys
import tempfile
import time

ROOT, BUILD = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
QUICK = sys.argv[3:] == ["quick"]
sys.argv[3:] = []
sys.path[1:1] = [str(ROOT / "scripts"), str(ROOT / "tests" / "e2e")]

from figures import quantile, steal_ticks  # noqa: E402
from sonde_system import System, wait_for  # noqa: E402
from support import apply, instruction, once, options, periodic, schedule  # noqa: E402

SCHEDULES, PERIOD_S, SECONDS = (20, 10, 20) if QUICK else (100, 10, 60)
AT_ONCE, ROUNDS = (50, 1) if QUICK else (200, 5)
IDLE_S = 61 if QUICK else 180
NOTHING = {"name": "nothing", "program": "rows", "option": options({"count": 1})}


def bare_lateness_ms(begin, count, step_s):
    """Of a loop that only sleeps."""
    late = []
    for number in range(count):
        due = begin + number * step_s
        time.sleep(max(due - time.time(), 0))
        late.append((time.time() - due) * 1000)
    return late


def completed(system, prefix, count, agent):
    def enough():
        rows = [row for row in system.rows("outcomes", "--limit", "100000") if row["schedule"].startswith(prefix)]
        return rows if sum(row["count"] for row in rows) >= count else None
    rows = wait_for(f"{count} outcomes", enough, 60, [agent])
    words = {row["outcome"] for row in rows}
    late = [row["lateness_ns"] / 1e6 for row in rows if row["outcome"] == "completed"]
    if words != {"completed"}:
        print(f"  not all were completed: {[(row['outcome'], row['message']) for row in rows if row['outcome'] != 'completed'][:3]}")
    return late


def tell(system, document):
    path = system.folder / "instruction.json"
    path.write_text(json.dumps(document))
    system.sonde("instruct", system.agent_id, path)


def spread_out(system, agent):
    begin = math.ceil(time.time()) + 5
    events = [periodic(f"e{number}", PERIOD_S, begin + number * PERIOD_S / SCHEDULES, begin + SECONDS + PERIOD_S)
              for number in range(SCHEDULES)]
    schedules = [schedule(f"spread{number}", f"e{number}", "nothing") for number in range(SCHEDULES)]
    tell(system, instruction(system, events, [NOTHING], schedules, report_every_s=3600))
    # The first round is the runner's cold one.
    bare = bare_lateness_ms(begin + PERIOD_S, SECONDS * SCHEDULES // PERIOD_S, PERIOD_S / SCHEDULES)
    time.sleep(3)
    tell(system, instruction(system, [], [], [], report_every_s=1))
    late = completed(system, "spread", SCHEDULES * (SECONDS // PERIOD_S + 1), agent)
    print(f"lateness of {len(late)} runs of {SCHEDULES} schedules: p50 {quantile(late, .5):.2f} ms, p99 "
          f"{quantile(late, .99):.2f} ms, most {max(late):.2f} ms (wanted: 0.5 and 1.5)")
    print(f"  a bare loop that sleeps until the same times: p50 {quantile(bare, .5):.2f} ms, p99 {quantile(bare, .99):.2f} ms")
    print("  lmapd's calendar, measured apart: p50 930 ms of phase, sliding 4 ms a second")


def at_once(system, agent):
    lasts, medians = [], []
    for number in range(ROUNDS):
        at = math.ceil(time.time()) + 6
        schedules = [schedule(f"round{number}x{i}", "now", "nothing") for i in range(AT_ONCE)]
        tell(system, instruction(system, [once("now", at)], [NOTHING], schedules,
                                 report_every_s=3600))
        time.sleep(at + 3 - time.time())
        tell(system, instruction(system, [], [], [], report_every_s=1))
        late = completed(system, f"round{number}x", AT_ONCE, agent)
        lasts.append(max(late))
        medians.append(quantile(late, .5))
    print(f"{AT_ONCE} schedules in the same second: the last one entered after {quantile(lasts, .5):.0f} ms (median of {ROUNDS} "
          f"rounds; least {min(lasts):.0f}, most {max(lasts):.0f}), the median one after {quantile(medians, .5):.0f} ms (wanted: 100)")
    print("  lmapd's last of 200 `date` actions, measured apart: 540 ms")


def switches(pid):
    """Of all threads: each waits, and is woken."""
    return sum(int(line.split()[1]) for status in pathlib.Path(f"/proc/{pid}/task").glob("*/status")
               for line in status.read_text().splitlines() if line.startswith("voluntary"))


def woken_a_minute(system, agent):
    """How often an agent and its launcher are, while there is nothing to do."""
    time.sleep(15)  # runners and connections that nobody needs are gone by then
    pids = {"agent": agent.process.pid, "launcher": system.programs["launcher"].process.pid}
    before = {name: switches(pid) for name, pid in pids.items()}
    time.sleep(IDLE_S)
    woken = {name: (switches(pid) - before[name]) * 60 / IDLE_S for name, pid in pids.items()}
    return f"{woken['agent']:.1f} times a minute, its launcher {woken['launcher']:.1f}"


def idle(system, agent):
    apply(system, {"ietf-lmap-control:lmap": {"agent": {"agent-id": system.agent_id}}})
    print(f"an idle agent that waits for its controller's news is woken {woken_a_minute(system, agent)} (wanted: 1, beside what a "
          "poll takes each 60 s)")
    agent.stop()
    path = system.folder / "mine.json"
    path.write_text(json.dumps({"ietf-lmap-control:lmap": {"agent": {}}}))
    shutil.rmtree(system.folder / "state")
    agent = system.start_agent(instructed=["--instruction", path], log="info")
    agent.wait_for_log("agent started")
    print(f"an idle agent that follows a file is woken {woken_a_minute(system, agent)} (wanted: 1)")


def main():
    # The agent watches each folder on the way to its plugins, and in /tmp there is always something new.
    folder = tempfile.mkdtemp(prefix="sonde-late-", dir="/var/tmp")
    system = System(BUILD, folder)
    stolen = steal_ticks()
    try:
        system.policy.update({"concurrency": 1000, "plugins": {"allow": ["*"], "untargeted": ["*"]}})
        system.make_identities()
        plugins = system.folder / "plugins"
        plugins.mkdir()
        (plugins / "rows.so").write_bytes((BUILD / "tests" / "plugins" / "rows.so").read_bytes())
        system.start_controller()
        system.start_collector()
        system.start_launcher()
        agent = system.start_agent(log="info")
        wait_for("the plugin is described", lambda: "plugin ready" in agent.log(), 60, [agent])
        wait_for("the controller knows the agent", lambda: system.rows("agents"), 60, [agent])
        spread_out(system, agent)
        at_once(system, agent)
        idle(system, agent)
    finally:
        system.stop()
        shutil.rmtree(folder, ignore_errors=True)
    now = steal_ticks()
    print(f"steal time {100 * (now[0] - stolen[0]) / max(now[1] - stolen[1], 1):.2f} % of all processors")


main()
