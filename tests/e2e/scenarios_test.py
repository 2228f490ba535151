"""The acceptance scenarios of examples/scenarios on the real programs, with their times shortened and nothing else changed.

    this machine: eth0, 192.0.2.2 ------ 192.0.2.1 the router, 40 Mb/s downwards: its name server, its test server;
                                         behind it 198.51.100.7, who is www.example.org and speedtest.example

All of it lies in namespaces of the test's own, in which the hosts that the scenarios name are there under their names. What
is changed of the documents is in `shortened`, and that the tasks, schedules and events of each have names of their own, since
an agent has one instruction: `apart`.
"""
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time

import oracle
from accounting import account
from capture import Capture
from line import CLONE_NEWNET, CLONE_NEWNS, MS_BIND, MS_PRIVATE, MS_REC, User, enter, lay, mount
from support import (ROOT, Skip, apply, contains, equal, main, need_raw_sockets, outcomes, start_all, wait_for,
                     wait_for_outcomes)
from sonde_system import LISTENING

EVERY_S = {"hourly": 3, "nightly": 3}
ROUTER, FAR, HERE = "192.0.2.1", "198.51.100.7", "192.0.2.2"
# An option of a task that is a time: in the document, if it says it, and here.
TIMES = {"s1-syn-count": {"count-syn": {"interval": ("1m", "1s")}},
         "s2-delayed-report": {"ping": {"interval": (None, "50ms")}},
         "s4-download-when-idle": {"download": {"duration": ("10s", "1s")}},
         "s5-now": {"ping": {"interval": (None, "50ms")}},
         "s6-ping": {"ping": {"interval": (None, "50ms")}}}


def shortened(name):
    """A scenario's members. What is once an hour or once a day is every few seconds, spread over one; minutes between retries
    and the seconds for which the line is watched are one; so are the runs."""
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
            constraint["line-idle"]["window"] = 1
    for task in document["tasks"]["task"]:
        for option, (before, now) in TIMES.get(name, {}).get(task["name"], {}).items():
            said = [one for one in task["option"] if one["name"] == option]
            equal([one["value"] for one in said], [before] if before else [])
            task["option"] = [one for one in task["option"] if one not in said] + [{"id": option, "name": option, "value": now}]
    return document


def apart(prefix, document):
    """The same under names of its own."""
    def own(name):
        return f"{prefix}-{name}"
    for one in document["tasks"]["task"] + document["events"]["event"]:
        one["name"] = own(one["name"])
    for schedule in document["schedules"]["schedule"]:
        schedule |= {"name": own(schedule["name"]), "start": own(schedule["start"])}
        for action in schedule["action"]:
            action["task"] = own(action["task"])
            if "destination" in action:
                action["destination"] = [own(name) for name in action["destination"]]
    return document


def scenario(name):
    return apart(name.split("-")[0], shortened(name))


def together(*documents):
    """One instruction of several."""
    whole = {container: {kind: [one for document in documents for one in document[container][kind]]}
             for container, kind in (("tasks", "task"), ("schedules", "schedule"), ("events", "event"))}
    return {"ietf-lmap-control:lmap": whole}


@contextlib.contextmanager
def a_line(system):
    """Moves this process into its namespaces; gives the router's."""
    enter(CLONE_NEWNS | CLONE_NEWNET)
    mount("none", "/", MS_REC | MS_PRIVATE)
    for name, text in (("hosts", f"127.0.0.1 localhost collector.example\n{FAR} speedtest.example\n"),
                       ("resolv.conf", f"nameserver {ROUTER}\n")):
        (system.folder / name).write_text(text)
        mount(system.folder / name, f"/etc/{name}", MS_BIND)
    router = f"sonde-test-{os.getpid()}-router"
    lay(f"ip netns add {router}")
    try:
        lay("ip link set lo up", f"ip link add eth0 type veth peer name home netns {router}",
            f"ip address add {HERE}/24 dev eth0", "ip link set eth0 up", f"ip -n {router} address add {ROUTER}/24 dev home",
            f"ip -n {router} address add {FAR}/32 dev lo", f"ip -n {router} link set lo up", f"ip -n {router} link set home up",
            f"ip route add default via {ROUTER}",
            ["ip", "netns", "exec", router, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"],
            f"ip netns exec {router} tc qdisc add dev home root tbf rate 40mbit burst 32k latency 100ms")
        yield router
    finally:
        subprocess.run(["ip", "netns", "del", router], check=True)


def start_at(system, router, name, *command):
    return system.start(name, "netns", "exec", router, *command, binary=shutil.which("ip"))


def start_our_peer(system, router):
    start_at(system, router, "peer", system.binary("peer"), "--listen", f"{ROUTER}:80").wait_for_log(LISTENING.pattern)


def start_a_web_server_of_others(system, router):
    """Which has a file where our peer has a resource, and knows nothing of us."""
    folder = system.folder / "www"
    (folder / "time").mkdir(parents=True)
    with open(folder / "time" / "10s", "wb") as file:
        file.truncate(10**9)
    start_at(system, router, "web", sys.executable, "-u", "-m", "http.server", "--bind", ROUTER, "--directory", folder,
             "80").wait_for_log("Serving HTTP")


def start_the_name_server(system, router):
    if not os.path.exists("/usr/sbin/nsd"):
        raise Skip("nsd is not installed")
    folder = system.folder / "nsd"
    folder.mkdir()
    (folder / "zone").write_text(f"$ORIGIN example.org.\n$TTL 300\n@ SOA ns admin 1 3600 600 86400 60\n@ NS ns\n"
                                 f"ns A {ROUTER}\nwww A {FAR}\n")
    (folder / "nsd.conf").write_text(
        f'server:\n ip-address: {ROUTER}@53\n server-count: 1\n username: ""\n chroot: ""\n zonesdir: "{folder}"\n'
        f' database: ""\n pidfile: "{folder}/pid"\n xfrdfile: "{folder}/xfrd"\n xfrdir: "{folder}"\n'
        f' zonelistfile: "{folder}/zones"\n cookie-secret-file: "{folder}/cookie"\nremote-control:\n control-enable: no\n'
        f'zone:\n name: example.org\n zonefile: zone\n')
    start_at(system, router, "nsd", "/usr/sbin/nsd", "-d", "-c", folder / "nsd.conf").wait_for_log("nsd started")


def prepare(system, router, start_web_server):
    """The hosts of the scenarios, and the programs at this one."""
    start_the_name_server(system, router)
    start_web_server(system, router)
    shutil.rmtree(system.folder / "collector")
    system.issue("collector", "collector", "--host", "collector.example", "--host", "127.0.0.1")
    system.listening["collector"] = "127.0.0.1:8444"
    system.policy["targets"]["allow"] += ["*.example.org", "speedtest.example", "hop-1.path.invalid", "192.0.2.0/24",
                                          "198.51.100.0/24"]
    system.policy["plugins"] = {"allow": ["*"], "untargeted": ["dns"]}  # which asks the system's resolvers
    return start_all(system, "ping", "http-download", "dns", "passive-syn")


def looked_at(agent, schedule, met):
    """Whether a schedule's constraints were looked at and were, or were not, met."""
    return re.search(rf"constraints looked at schedule=\"?{schedule}\"? attempt=\d+ met={'true' if met else 'false'}", agent.log())


def rows_of(system, name, method, table):
    """Of the completed runs of a schedule."""
    runs = {row["run"] for row in outcomes(system, name) if row["outcome"] == "completed"}
    return [row for row in system.rows("results", method, "--table", "all") if row["run"] in runs and row["table"] == table]


def every_scenario_is_carried_out(system):
    need_raw_sockets(system)
    with a_line(system) as router:
        carry_out(system, prepare(system, router, start_our_peer))


def the_routers_web_server_may_be_anybodys(system):
    need_raw_sockets(system)
    with a_line(system) as router:
        agent = prepare(system, router, start_a_web_server_of_others)
        apply(system, together(scenario("s4-download-when-idle")))
        wait_for("rows of a download", lambda: rows_of(system, "s4-download", "http-download", "summary"), 60, [agent])
        equal({row["address"] for row in rows_of(system, "s4-download", "http-download", "stream")}, {ROUTER})
        for row in rows_of(system, "s4-download", "http-download", "summary"):
            assert 20e6 < row["goodput"] < 40e6, row  # of the router's 40 Mb/s
        the_look_for_the_router_is_accounted_for(system)


def the_look_for_the_router_is_accounted_for(system):
    """The datagrams of 29 bytes that look for it, and its answer of 57, are in the run's bytes, beside its own."""
    outcome_of = {row["run"]: row for row in outcomes(system, "s4-download")}
    for row in rows_of(system, "s4-download", "http-download", "summary"):
        outcome = outcome_of[row["run"]]
        looked = outcome["sent"] - row["ip_sent_bytes"]
        equal((looked > 0, looked % 29, outcome["received"] - row["ip_received_bytes"]), (True, 0, 57))


def until_a_SYN_is_counted(system, agent):
    """Somebody connects to the router again and again, as browsers do."""
    def counted():
        socket.create_connection((ROUTER, 80)).close()
        return [row for row in rows_of(system, "s1-count-syn", "passive-syn", "interval") if row["syn"] > 0]
    wait_for("a SYN in an interval of S1", counted, 60, [agent])


def the_SYNs_counted_are_those_that_tcpdump_sees(system, capture):
    rows = rows_of(system, "s1-count-syn", "passive-syn", "interval")
    times = [(oracle.to_ns(row["start"]), oracle.to_ns(row["start"]) + row["covered_ns"]) for row in rows]
    socket.create_connection((ROUTER, 80)).close()
    capture.until(max(end for _, end in times))
    for row, (start, end) in zip(rows, times):
        equal(row["covered_ns"], 10**9)
        # All that is here connects to others, and nobody to it.
        for count, with_ack, here in ((row["syn"], False, "out"), (row["syn_ack"], True, "in")):
            least, most = capture.between(start, end, row["family"], with_ack) if row["direction"] == here else (0, 0)
            assert row["exact"] and least <= count <= most, (least, most, row)
    print(f"         s1-count-syn: {sum(row['syn'] for row in rows)} SYNs in {len(rows) // 4} intervals")


def carry_out(system, agent):
    capture = Capture(system, "eth0")
    document = together(*map(scenario, ("s1-syn-count", "s2-delayed-report", "s3-udp-latency", "s4-download-when-idle", "s5-now",
                                        "s6-ping", "s7-dns")))
    user = User(FAR)
    try:
        instructions = {apply(system, document): document}
        # S2 and S4 have to wait for the user to leave, and look again.
        for name in ("s4-download", "s2-report"):
            wait_for(f"{name} to find the line in use", lambda name=name: looked_at(agent, name, False), 60, [agent])
        wait_for_outcomes(system, "s6-ping", 1, 60)
        equal(outcomes(system, "s2-ping"), [])
        assert not looked_at(agent, "s4-download", True) and not looked_at(agent, "s2-report", True), "the user is not seen"
    finally:
        user.leaves()
    for name in ("s1-count-syn", "s2-ping", "s4-download", "s5-now", "s6-ping", "s7-dns"):
        wait_for(f"a completed run of {name}", lambda name=name: [
            row for row in outcomes(system, name) if row["outcome"] == "completed"], 60, [agent])
    until_a_SYN_is_counted(system, agent)

    last = together(scenario("s8-slow-line"))
    last["ietf-lmap-control:lmap"]["agent"] = shortened("s8-slow-line")["agent"]
    # The others' reports go on: what they have not reported yet has no other way.
    others = [one for one in document["ietf-lmap-control:lmap"]["schedules"]["schedule"] if one["name"].endswith("-report")]
    for container, kind in (("tasks", "task"), ("events", "event")):
        last["ietf-lmap-control:lmap"][container][kind] += document["ietf-lmap-control:lmap"][container][kind]
    last["ietf-lmap-control:lmap"]["schedules"]["schedule"] += others
    instructions[apply(system, last)] = last
    refused = wait_for_outcomes(system, "s8-download", 1, 60)[0]
    equal(refused["outcome"], "refused")
    contains(refused["message"], "more than the data budget has at once")

    end = json.loads(json.dumps(last))
    end["ietf-lmap-control:lmap"]["schedules"]["schedule"] = [
        one for one in last["ietf-lmap-control:lmap"]["schedules"]["schedule"] if one["name"].endswith("-report")]
    instructions[apply(system, end)] = end
    history = oracle.read_log(agent.log_path.read_text())
    plan = oracle.planned(history, instructions, system.agent_id, time.time_ns())
    sums = account(system, plan, ["ping", "http-download", "dns", "passive-syn"], in_part=["s6-ping"])
    for name, words in sorted(sums.items()):
        print(f"         {name}: planned {sum(words.values())} = " + " + ".join(f"{w} {n}" for w, n in words.items()))
    # What was not due yet, or not over, when its instruction was replaced is missed or interrupted.
    equal(set(sums["s3-udp-latency"]) - {"missed", "interrupted"}, {"failed"})
    equal(set(sums["s8-download"]) - {"missed", "interrupted"}, {"refused"})
    equal({row["interface"] for row in rows_of(system, "s1-count-syn", "passive-syn", "point")}, {"eth0"})
    the_SYNs_counted_are_those_that_tcpdump_sees(system, capture)
    equal({row["address"] for row in rows_of(system, "s4-download", "http-download", "stream")}, {ROUTER})
    the_look_for_the_router_is_accounted_for(system)
    equal({row["address"] for row in rows_of(system, "s2-ping", "ping", "packet")}, {FAR})
    equal(rows_of(system, "s6-ping", "ping", "packet"), [])  # its summaries alone are wanted
    assert rows_of(system, "s6-ping", "ping", "summary"), "no summaries"
    equal({(row["server"], row["discovered"]) for row in rows_of(system, "s7-dns", "dns", "summary")}, {(ROUTER, True)})


main(every_scenario_is_carried_out, the_routers_web_server_may_be_anybodys)
