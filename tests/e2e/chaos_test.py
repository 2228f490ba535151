"""kill -9 of any program at any moment: nothing acknowledged is lost, nothing is stored twice, every planned run ends
as exactly one outcome, and everything comes back on restart.

Programs, the peer of the downloads too, are killed at random (the seed is printed) while four methods run on events of many kinds, some suppressed
now and then, and instructions replace each other. Afterwards the planned triggers, which the oracle computes from the instructions and the agent's log
of starts and applications alone, must equal the outcomes at the agent and at the collector, and each completed run's
rows must be there once, less those that its outcome says were dropped.
"""
import collections
import os
import random
import time

import oracle
from accounting import account
from support import (apply, equal, immediate, instruct, instruction, main, once, periodic, schedule, skipped_in_part,
                     start_all, startup, task, wait_for)
from processes import children, without_front

KILLS = 50 if os.environ.get("SONDE_LONG") else 10
EACH = 5 if os.environ.get("SONDE_LONG") else 1
PAUSE_S = 1.5  # between two kills, on average


def method_options(system):
    name_server, port = system.listening["nsd"].rsplit(":", 1)
    methods = {
        "dns": {"server": name_server, "port": port, "name": "www.example.test", "count": 5, "interval": "20ms"},
        "http-download": {"url": f"http://{system.listening['peer']}/bytes/3000000", "bytes": "3MB"},
    }
    if not system.no_raw_sockets:
        methods["ping"] = {"target": "127.0.0.1", "count": 5, "interval": "50ms", "tmax": "300ms"}
        methods["passive-syn"] = {"interface": "lo", "interval": "1s", "alignment": "start"}
    else:
        skipped_in_part(f"ping and passive-syn: {system.no_raw_sockets}")
    return methods


def workload(system, methods, begin, without=()):
    """Each method on each kind of event: a schedule METHOD-KIND with an event of the same name."""
    every_s = {"dns": 1, "http-download": 2, "ping": 1, "passive-syn": 3}
    events = []
    for number, method in enumerate(methods):
        spread = {"random-spread": 1} if method == "dns" else {}
        events += [periodic(f"{method}-every", every_s[method], begin, begin + KILLS * PAUSE_S, **spread),
                   periodic(f"{method}-anywhen", 4 + number), calendar(f"{method}-calendar", range(number, 60, 5)),
                   once(f"{method}-once", begin + 3 + 4 * number),
                   immediate(f"{method}-now"), startup(f"{method}-start")]
    events = [event for event in events if event["name"] not in without]
    method_of = {event["name"]: event["name"].rsplit("-", 1)[0] for event in events}
    schedules = [{**schedule(name, name, method), "suppression-tag": [name]} for name, method in method_of.items()]
    quiet = {"name": "quiet", "start": "quiet-from", "end": "quiet-to", "match": ["*-every"], "stop-running": True}
    events += [periodic("quiet-from", 8, begin), periodic("quiet-to", 8, begin + 3)]
    document = instruction(system, events, [task(method, method, values) for method, values in methods.items()],
                           schedules)
    document["ietf-lmap-control:lmap"]["suppressions"] = {"suppression": [quiet]}
    return document


def calendar(name, seconds):
    return {"name": name, "calendar": {
        **{leaf: ["*"] for leaf in ("month", "day-of-month", "day-of-week", "hour", "minute")}, "second": list(seconds),
        "timezone-offset": "+00:00"}}


def replacements(system, methods, begin):
    """What is instructed during the killing, one after the other."""
    other = {name: dict(values) for name, values in methods.items()}
    other["dns"]["count"] = 4  # changes every schedule of dns; the others go on
    changed = workload(system, other, begin, without=("http-download-every", "http-download-now"))
    same = workload(system, methods, begin)
    same["ietf-lmap-control:lmap"]["tasks"]["task"].append(task("unused", "ping", {"target": "127.0.0.1"}))
    return [changed, workload(system, methods, begin), same]


def kill_and_restart(system, name, dice):
    """Kills one program and brings it back a moment later. A runner is brought back by whoever needs it."""
    if name == "runner":
        launcher = system.programs["launcher"]
        pids = wait_for("a runner", lambda: without_front(children(launcher.process.pid), launcher.process.pid),
                        alive=[launcher])
        os.kill(dice.choice(pids), 9)
        return
    system.programs[name].kill()
    time.sleep(dice.uniform(0, 0.5))
    {"agent": system.start_agent, "controller": system.start_controller, "collector": system.start_collector,
     "launcher": system.start_launcher, "peer": system.start_peer}[name]()


def kill_at_random(system, dice, documents, instructions):
    """Kills and restarts, and gives the documents in between; of an agent soon afterwards, if it is its turn."""
    names = ["agent", "controller", "collector", "launcher", "runner", "peer"]
    victims = names * EACH + dice.choices(names, weights=(3, 1, 1, 1, 1, 1), k=KILLS - len(names) * EACH)
    dice.shuffle(victims)
    at = {(number + 1) * KILLS // (len(documents) + 1): document for number, document in enumerate(documents)}
    killed = collections.Counter()
    for number in range(KILLS):
        if number in at:
            etag = instruct(system, at[number]).stdout.split()[1].strip('"')
            instructions[etag] = at[number]
            time.sleep(dice.uniform(0, 0.1))
            if "agent" in victims:
                victims.remove("agent")
                victims.append("agent")
        else:
            time.sleep(dice.uniform(0, 2 * PAUSE_S))
        name = victims.pop()
        kill_and_restart(system, name, dice)
        killed[name] += 1
    print(f"  killed {dict(killed)}", flush=True)
    equal(sum(killed.values()), KILLS)
    wait_for(f"{etag} in force", lambda: system.rows("agents")[0]["applied"] == etag, timeout_s=60)


def killed_at_random(system):
    seed = int(os.environ.get("SONDE_SEED", time.time_ns() % 1_000_000))
    dice = random.Random(seed)
    print(f"  SONDE_SEED={seed}, {KILLS} kills", flush=True)
    start_all(system, peer=True, name_server=True)
    methods = method_options(system)
    begin = int(time.time()) + 2
    first = workload(system, methods, begin)
    instructions = {apply(system, first): first}
    kill_at_random(system, dice, replacements(system, methods, begin), instructions)

    # Nothing but reports: from its application on nothing is planned.
    last = instruction(system, [], [], [])
    instructions[apply(system, last)] = last
    history = oracle.read_log(system.programs["agent"].log_path.read_text())
    print(f"  {len(history.starts)} starts, {len(history.applied)} applications", flush=True)
    assert len(history.applied) >= 3, history.applied
    sums = account(system, oracle.planned(history, instructions, system.agent_id, time.time_ns()), methods)
    for kind in ("every", "anywhen", "calendar", "once", "now", "start"):
        words = sum((words for name, words in sums.items() if name.endswith(f"-{kind}")), collections.Counter())
        print(f"  {kind}: planned {sum(words.values())} = " + " + ".join(f"{w} {n}" for w, n in sorted(words.items())))


main(killed_at_random)
