"""Every kind of event, what ends runs, and suppressions, in one instruction: each planned run ends as exactly one outcome,
and what was suppressed is what the oracle says."""
import datetime
import os
import time
import zoneinfo

import oracle
from accounting import account
from support import (apply, contains, immediate, instruction, main, once, outcomes, periodic, schedule, start_all, task,
                     wait_for, wait_for_outcomes)

HERE = "Asia/Kolkata"  # where the agent is: half an hour beside the hour


def calendar(name, zone, seconds, **more):
    """In these seconds of every minute of this hour and the next one, as it is there."""
    hour = datetime.datetime.now(zone).hour
    return {"name": name, "calendar": {
        "month": ["*"], "day-of-month": ["*"], "day-of-week": ["*"], "hour": [hour, (hour + 1) % 24], "minute": ["*"],
        "second": list(seconds), **more}}


def workload(system, begin):
    name_server, port = system.listening["nsd"].rsplit(":", 1)
    west = datetime.timezone(-datetime.timedelta(hours=3, minutes=30))
    events = [calendar("local", zoneinfo.ZoneInfo(HERE), range(0, 60, 2)),
              calendar("west", west, range(1, 60, 5), **{"timezone-offset": "-03:30"}),
              periodic("often", 1, begin), periodic("rarely", 5, begin), periodic("cut", 5, begin + 2),
              # When no other long one runs: they wait for one another.
              periodic("later", 5, begin + 3), immediate("now"),
              once("from", begin + 4), once("to", begin + 10),
              {"name": "lost", "controller-lost": [None]}, {"name": "back", "controller-connected": [None]}]
    tasks = [task("get", "http-download", {"url": f"http://{system.listening['peer']}/bytes/1000", "bytes": "1000"}),
             # Longer than anything here lets it.
             task("long", "dns", {"server": name_server, "port": port, "name": "www.example.test", "count": 3000,
                                  "interval": "20ms"})]
    tasks += [{**tasks[0], "name": "again"}]
    in_parallel = {**schedule("together", "rarely", "get", "again"), "execution-mode": "parallel"}
    half_quiet = schedule("half", "rarely", "get", "again")
    half_quiet["action"][1]["suppression-tag"] = ["load-up"]
    schedules = [schedule("here", "local", "get"), schedule("there", "west", "get"), in_parallel, half_quiet,
                 {**schedule("quiet", "often", "get"), "suppression-tag": ["other", "load-down"]},
                 {**schedule("lasting", "later", "long"), "duration": 1},
                 {**schedule("ended", "rarely", "long"), "end": "cut"},
                 {**schedule("stopped", "now", "long"), "suppression-tag": ["load-"]},
                 schedule("lost", "lost", "get"), schedule("back", "back", "get")]
    document = instruction(system, events, tasks, schedules, agent={"agent-id": system.agent_id, "controller-timeout": 4})
    document["ietf-lmap-control:lmap"]["suppressions"] = {"suppression": [
        {"name": "busy", "start": "from", "end": "to", "match": ["load-*"], "stop-running": True}]}
    return document


def every_event_and_every_end_is_accounted_for(system):
    os.environ["TZ"] = HERE
    agent = start_all(system, "http-download", "dns", peer=True, name_server=True)
    begin = int(time.time()) + 3
    document = workload(system, begin)
    instructions = {apply(system, document): document}
    contains(agent.log(), f"local time zone={HERE}")
    system.programs["controller"].stop()
    agent.wait_for_log("controller lost")
    system.start_controller()
    agent.wait_for_log("controller connected")
    wait_for("the end of the suppression", lambda: time.time() > begin + 13, alive=[agent])
    for name in ("stopped", "lost", "back", "report"):
        wait_for_outcomes(system, name, 1)

    last = instruction(system, [], [], [])
    instructions[apply(system, last)] = last
    history = oracle.read_log(agent.log_path.read_text())
    plan = oracle.planned(history, instructions, system.agent_id, time.time_ns(), HERE)
    sums = account(system, plan, ["http-download"])
    for name, words in sorted(sums.items()):
        print(f"         {name}: planned {sum(words.values())} = " + " + ".join(f"{w} {n}" for w, n in words.items()))
    for name in ("here", "there", "together", "half", "quiet", "lost", "back"):
        assert sums[name]["completed"], f"{name} was never completed"
    check_ends(outcomes(system))
    held_back = oracle.suppressed(document, plan, system.agent_id, history.applied[0][0], history.applied[1][0], HERE)
    check_suppressed(outcomes(system), held_back)


def check_ends(rows):
    for name, why in (("lasting", "its duration of 1 s was over"), ("ended", "its end event 'cut' came"),
                      ("stopped", "the suppression 'busy' began")):
        found = [row for row in rows if (row["schedule"], row["outcome"], row["message"]) == (name, "interrupted", why)]
        assert found, f"{name}: {[row for row in rows if row['schedule'] == name]}"
        assert sum(row["rows"] for row in found), f"{name}: the rows of what was ended are lost"


def check_suppressed(rows, held_back):
    """Exactly what the oracle says, but for what a busy machine missed."""
    assert held_back["quiet", "get"], "nothing was to be suppressed"
    for (name, action), triggers in held_back.items():
        mine = [row for row in rows if (row["schedule"], row["action"]) == (name, action)]
        found = {oracle.to_ns(row["first_event"]) for row in mine if row["outcome"] == "suppressed"}
        if name == "half":  # its turn comes when the action before it has ended
            assert action == "get" and not found or action == "again" and found, f"{name} {action}: {mine}"
            continue
        assert found <= set(triggers), f"{name} {action}: not to be suppressed: {found - set(triggers)}"
        for at in set(triggers) - found:
            assert any(row["outcome"] == "missed" and oracle.to_ns(row["first_event"]) <= at <=
                       oracle.to_ns(row["last_event"]) for row in mine), f"{name} {action}: not suppressed: {at}"


main(every_event_and_every_end_is_accounted_for)
