"""The acceptance scenarios of examples/scenarios on the real programs. Only the times are shortened, and the hosts are those
that are here: what is once an hour or once a day is every few seconds, 180 s are 1 s."""
import json
import time

import oracle
from accounting import account
from support import (ROOT, apply, contains, main, need_raw_sockets, outcomes, start_all, wait_for, wait_for_outcomes)

EVERY_S = {"hourly": 4, "nightly": 5}


def scenario(name, tasks=None):
    """A scenario's members, its times shortened, and options of its tasks replaced by {task: {option: value}}."""
    document = json.loads((ROOT / "examples" / "scenarios" / f"{name}.json").read_text())["ietf-lmap-control:lmap"]
    for event in document["events"]["event"]:
        if "calendar" in event:
            event["calendar"] |= {"hour": ["*"], "minute": ["*"], "second": list(range(0, 60, EVERY_S[event["name"]]))}
        if "random-spread" in event:
            event["random-spread"] = 1
    for schedule in document["schedules"]["schedule"]:
        if "sonde-lmap:retries" in schedule:
            schedule["sonde-lmap:retries"]["delay"] = 1
        for constraint in schedule.get("sonde-lmap:constraint", []):
            # Here the way to everybody is the loopback, where the agent's reports count as a user.
            constraint["line-idle"] = {"interface": "lo", "bytes-per-second-max": "100000000", "window": 1}
    for task in document["tasks"]["task"]:
        values = (tasks or {}).get(task["name"], {})
        if "interface" in values:
            task.pop("sonde-lmap:interface", None)  # which says the same
        kept = [option for option in task.get("option", []) if option["name"] not in values]
        task["option"] = kept + [{"id": key, "name": key, "value": value} for key, value in values.items()]
    return document


def together(*documents):
    """One instruction of several that agree where they name the same."""
    whole = {}
    for document in documents:
        for container, lists in document.items():
            for name, entries in (lists.items() if container != "agent" else ()):
                mine = whole.setdefault(container, {}).setdefault(name, [])
                named = {entry["name"]: entry for entry in mine}
                for entry in entries:
                    if entry["name"] not in named:
                        mine.append(entry)
    return {"ietf-lmap-control:lmap": whole}


def tasks(system):
    name_server, port = system.listening["nsd"].rsplit(":", 1)
    return {"report": {"collector": system.url("collector")}, "count-syn": {"interface": "lo", "interval": "1s"},
            "ping": {"target": "127.0.0.1", "count": "2", "interval": "50ms"},
            "dns": {"server": name_server, "port": port, "name": "www.example.test"},
            "download": {"url": f"http://{system.listening['peer']}/bytes/100000", "bytes": "100000"},
            "download-80-mbit": {"url": f"http://{system.listening['peer']}/time/10s"}}


def every_scenario_is_carried_out(system):
    need_raw_sockets(system)
    agent = start_all(system, "ping", "http-download", "dns", "passive-syn", peer=True, name_server=True)
    ours = tasks(system)
    # S2 comes first: its report is everybody's.
    wanted = ("s2-delayed-report", "s1-syn-count", "s3-udp-latency", "s4-download-when-idle", "s5-now", "s6-ping", "s7-dns")
    document = together(*(scenario(name, ours) for name in wanted))
    instructions = {apply(system, document): document}
    for name in ("ping", "count-syn", "download", "dns", "now"):
        wait_for(f"a completed run of {name}", lambda name=name: [
            row for row in outcomes(system, name) if row["outcome"] == "completed"], 60, [agent])

    last = together(scenario("s8-slow-line", ours))
    last["ietf-lmap-control:lmap"]["agent"] = scenario("s8-slow-line")["agent"]
    last["ietf-lmap-control:lmap"]["schedules"]["schedule"][0]["name"] = "download-80-mbit"  # another is called download
    instructions[apply(system, last)] = last
    refused = wait_for_outcomes(system, "download-80-mbit", 1)[0]
    assert refused["outcome"] == "refused", refused
    contains(refused["message"], "more than the data budget has at once")

    end = {"ietf-lmap-control:lmap": {name: last["ietf-lmap-control:lmap"][name] for name in ("tasks", "events")}}
    end["ietf-lmap-control:lmap"]["schedules"] = {"schedule": last["ietf-lmap-control:lmap"]["schedules"]["schedule"][1:]}
    instructions[apply(system, end)] = end
    history = oracle.read_log(agent.log_path.read_text())
    plan = oracle.planned(history, instructions, system.agent_id, time.time_ns())
    plan.pop(("now", "report"))  # what reports is not reported itself
    sums = account(system, plan, ["ping", "http-download", "dns", "passive-syn"])
    for name, words in sorted(sums.items()):
        print(f"         {name}: planned {sum(words.values())} = " + " + ".join(f"{w} {n}" for w, n in words.items()))
    assert set(sums["udp-latency"]) == {"failed"}, sums["udp-latency"]
    assert set(sums["download-80-mbit"]) == {"refused"}, sums["download-80-mbit"]


main(every_scenario_is_carried_out)
