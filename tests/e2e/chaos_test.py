"""kill -9 of any program at any moment: nothing acknowledged is lost, nothing is stored twice, every planned run ends as
exactly one outcome, and everything comes back on restart.

Programs are killed at random (the seed is printed) while four methods run on schedules. Afterwards the planned runs,
which an oracle computes from the instruction and the log of its application alone, must equal the outcomes at the agent
and at the collector, and each completed run's rows must be there once, less those that its outcome says were dropped.
"""
import collections
import os
import pathlib
import random
import sqlite3
import time

import oracle
from support import (apply, equal, instruction, main, outcomes, periodic, schedule, start_all, task,
                     wait_for)

KILLS = 50 if os.environ.get("SONDE_LONG") else 10
EACH = 5 if os.environ.get("SONDE_LONG") else 1
# As the spool numbers them.
WORDS = ("completed", "failed", "suppressed", "overlapped", "not_met", "refused", "interrupted", "missed")
PAUSE_S = 1.5  # between two kills, on average


def workload(system, begin, end):
    name_server, port = system.listening["nsd"].rsplit(":", 1)
    methods = [
        ("dns", 1, {"server": name_server, "port": port, "name": "www.example.test", "count": 5, "interval": "20ms"}),
        ("http-download", 2, {"url": f"http://{system.listening['peer']}/bytes/3000000", "bytes": "3MB"}),
    ]
    if system.root:
        methods += [("ping", 1, {"target": "127.0.0.1", "count": 5, "interval": "50ms", "tmax": "300ms"}),
                    ("passive-syn", 3, {"interface": "lo", "interval": "1s", "alignment": "start"})]
    events = [periodic(f"{method}-times", every, begin, end, **({"random-spread": 1} if method == "dns" else {}))
              for method, every, _ in methods]
    tasks = [task(method, method, values) for method, _, values in methods]
    schedules = [schedule(method, f"{method}-times", method) for method, _, _ in methods]
    return instruction(system, events, tasks, schedules), [method for method, _, _ in methods]


def runner_pids(launcher_pid):
    """The launcher's children: one runner a plugin."""
    children = pathlib.Path(f"/proc/{launcher_pid}/task/{launcher_pid}/children")
    return [int(pid) for pid in children.read_text().split()] if children.exists() else []


def kill_and_restart(system, name, dice):
    """Kills one program and brings it back a moment later. A runner is brought back by whoever needs it."""
    if name == "runner":
        pids = runner_pids(system.programs["launcher"].process.pid)
        if not pids:
            return False
        os.kill(dice.choice(pids), 9)
        return True
    system.programs[name].kill()
    time.sleep(dice.uniform(0, 0.5))
    {"agent": system.start_agent, "controller": system.start_controller, "collector": system.start_collector,
     "launcher": system.start_launcher}[name]()
    return True


def spool_tallies(system):
    """{schedule: {outcome word: planned runs}} as the agent itself has counted."""
    with sqlite3.connect(f"file:{system.folder}/state/spool.db?mode=ro", uri=True) as database:
        tallies = collections.defaultdict(collections.Counter)
        for name, word, count in database.execute("SELECT schedule, word, count FROM tally"):
            tallies[name][WORDS[word]] += count
        return tallies


def check(system, plan, methods):
    everything = outcomes(system)
    spool = spool_tallies(system)
    for method in methods:
        mine = [row for row in everything if row["schedule"] == method]
        words = collections.Counter()
        for row in mine:
            words[row["outcome"]] += row["count"]
        print(f"  {method}: planned {plan[method]} = " + " + ".join(f"{w} {n}" for w, n in sorted(words.items())))
        equal(sum(words.values()), plan[method])
        equal(dict(spool[method]), dict(words))
        equal(len({row["run"] for row in mine}), len(mine))
        rows = collections.Counter(row["run"] for row in system.rows("results", method, "--table", "all"))
        for row in mine:
            if row["outcome"] == "completed":
                equal(rows[row["run"]], row["rows"] - row["rows_dropped"])
    assert any(row["outcome"] == "completed" for row in everything), "nothing was completed"


def killed_at_random(system):
    seed = int(os.environ.get("SONDE_SEED", time.time_ns() % 1_000_000))
    dice = random.Random(seed)
    print(f"  SONDE_SEED={seed}, {KILLS} kills", flush=True)
    start_all(system, peer=True, name_server=True)
    begin = int(time.time()) + 2
    end = begin + int(KILLS * (PAUSE_S + 0.5)) + 6
    document, methods = workload(system, begin, end)
    apply(system, document)
    applied = oracle.to_ns(system.programs["agent"].wait_for_log(r"instruction applied .*at=(\S+)")[1])

    names = ["agent", "controller", "collector", "launcher", "runner"]
    victims = names * EACH + dice.choices(names, k=KILLS - len(names) * EACH)
    dice.shuffle(victims)
    killed = collections.Counter()
    while victims and time.time() < end - 2:
        time.sleep(dice.uniform(0, 2 * PAUSE_S))
        name = victims.pop()
        if kill_and_restart(system, name, dice):
            killed[name] += 1
        else:
            victims.insert(0, name)  # no runner at this moment
    print(f"  killed {dict(killed)}", flush=True)
    equal(sum(killed.values()), KILLS)

    wait_for("the last trigger", lambda: time.time() > end, timeout_s=120)
    plan = oracle.planned_runs(document, system.agent_id, applied, time.time_ns())

    def all_there():
        there = collections.Counter()
        for row in outcomes(system):
            there[row["schedule"]] += row["count"]
        return all(there[method] >= plan[method] for method in methods)

    wait_for("every planned run at the collector", all_there, timeout_s=60, alive=list(system.programs.values()))
    wait_for("an empty spool", lambda: nothing_waits(system), timeout_s=60, alive=list(system.programs.values()))
    check(system, plan, methods)


def nothing_waits(system):
    with sqlite3.connect(f"file:{system.folder}/state/spool.db?mode=ro", uri=True) as database:
        return database.execute("SELECT (SELECT count(*) FROM delivery) + (SELECT count(*) FROM outcome_delivery WHERE waiting)").fetchone()[0] == 0


main(killed_at_random)
