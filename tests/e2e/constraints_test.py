"""Triggers that wait for their constraints, on a line of their own: a virtual cable in a network namespace, which somebody
uses or does not. S2 and S4 of the acceptance scenarios with their intervals shortened."""
import datetime
import os
import re
import subprocess
import time

import oracle
from accounting import account
from line import CLONE_NEWNET, User, enter, lay
from support import (apply, contains, equal, immediate, instruction, main, need_raw_sockets, outcomes, periodic, schedule,
                     start_all, task, wait_for, wait_for_outcomes)

WINDOW = datetime.timedelta(seconds=1)  # that line-idle looks at


def lay_a_line():
    """The namespace of this process and all that it starts: wan0 is the interface of the default route. Nobody answers at
    the other end, and nobody has to."""
    enter(CLONE_NEWNET)
    lay("ip link set lo up", "ip link add wan0 type veth peer name isp0", "ip address add 192.0.2.1/24 dev wan0",
        "ip link set wan0 up", "ip link set isp0 up", "ip route add default via 192.0.2.2",
        "ip neighbour add 192.0.2.2 lladdr 02:00:00:00:00:02 dev wan0")


def put_somebody_at_the_other_end():
    """Who answers a ping. The namespace is there as long as its process."""
    other = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo && exec sleep infinity"], stdout=subprocess.PIPE)
    other.stdout.readline()
    there = ["nsenter", f"--net=/proc/{other.pid}/ns/net"]
    lay(f"ip link set isp0 netns {other.pid}", [*there, "ip", "address", "add", "192.0.2.2/24", "dev", "isp0"],
        [*there, "ip", "link", "set", "isp0", "address", "02:00:00:00:00:02", "up"])
    return other


def idle(retries, window=1):
    """Nobody uses more than 0.5 Mb/s of the line."""
    return {"sonde-lmap:constraint": [{"name": "line-idle", "line-idle": {"bytes-per-second-max": "62500",
                                                                          "window": window}}],
            "sonde-lmap:retries": {"max": retries, "delay": 1}}


def ended(system, name, word):
    return [row for row in outcomes(system, name) if row["outcome"] == word]


def rates_of_others(system):
    """In Mb/s, as the looks say that found too much."""
    found = (re.fullmatch(r"line-idle ([\d.]+) Mb/s > 0.5 Mb/s", row["message"]) for row in ended(system, "look", "not_met"))
    return [float(one[1]) for one in found if one]


def instant(text):
    return datetime.datetime.fromisoformat(text[:26] + "+00:00")


def download(system):
    return task("get", "http-download", {"url": f"http://{system.listening['peer']}/bytes/1000", "bytes": "1000"})


def the_plan(system, agent, instructions):
    return oracle.planned(oracle.read_log(agent.log_path.read_text()), instructions, system.agent_id, time.time_ns())


def an_active_user_delays_the_test_and_the_report(system):
    """S4: "if the end user is active then delay the test and re-try 1 minute later, with up to 3 re-tries"; S2: "if the end
    user is active then delay the report 5 minutes"."""
    lay_a_line()
    agent = start_all(system, "http-download", peer=True)
    user = User("192.0.2.2")
    try:
        begin = int(time.time()) + 2
        document = instruction(system, [periodic("often", 10, begin)], [download(system)],
                               [{**schedule("test", "often", "get"), **idle(3)}], report_every_s=3)
        report = document["ietf-lmap-control:lmap"]["schedules"]["schedule"][-1]
        report.update(idle(0))
        instructions = {apply(system, document): document}
        agent.wait_for_log("accounted schedule=test action=get outcome=not_met", timeout_s=60)
        equal(outcomes(system), [])  # the reports wait, too
    finally:
        user.leaves()
    wait_for("a download on the idle line", lambda: "outcome=completed" in agent.log(), 60, [agent])
    wait_for_outcomes(system, "test", 2)
    last = instruction(system, [], [], [])
    instructions[apply(system, last)] = last
    sums = account(system, the_plan(system, agent, instructions), ["http-download"])
    print(f"         test: planned {sum(sums['test'].values())} = {dict(sums['test'])}")
    not_met = [row for row in outcomes(system, "test") if row["outcome"] == "not_met"]
    for row in not_met:
        assert re.fullmatch(r"line-idle [\d.]+ Mb/s > 0.5 Mb/s, 3 retries, each 1 s after a look", row["message"]), row
    assert sums["test"]["completed"], sums


def only_others_use_the_line_beside_a_measurement(system):
    """The measurement takes nine times what line-idle allows, and does not hide a user who takes as much."""
    need_raw_sockets(system)
    lay_a_line()
    system.policy["targets"]["allow"].append("192.0.2.2")
    other = put_somebody_at_the_other_end()
    try:
        agent = start_all(system, "ping")
        load = task("load", "ping", {"target": "192.0.2.2", "count": 24000, "interval": "5ms", "size": 1400, "packet_rows": "false"})
        look = task("look", "ping", {"target": "127.0.0.1", "count": 1})
        document = instruction(system, [immediate("now"), periodic("often", 3, int(time.time()) + 2)], [load, look],
                               [schedule("load", "now", "load"), {**schedule("look", "often", "look"), **idle(0)}])
        instructions = {apply(system, document): document}
        wait_for("a look beside the measurement", lambda: ended(system, "look", "completed"), 60, [agent])
        user = User("192.0.2.2")
        rates = wait_for("a look beside both", lambda: rates_of_others(system), 60, [agent])
        user.leaves()
        last = instruction(system, [], [], [])
        instructions[apply(system, last)] = last
        account(system, the_plan(system, agent, instructions), ["ping"])
    finally:
        other.kill()
        other.wait()
    measurement, = outcomes(system, "load")
    equal(measurement["outcome"], "interrupted")  # it went on until the last instruction
    begin, end = instant(measurement["start"]), instant(measurement["end"])
    rate = (measurement["sent"] + measurement["received"]) / (end - begin).total_seconds()
    assert rate > 4 * 62500, measurement
    beside = [row for row in ended(system, "look", "completed") if instant(row["start"]) > begin + WINDOW]
    assert beside, outcomes(system, "look")
    assert max(rates) < 1.5 * User.BYTES_PER_S * 8 / 1e6, rates


def what_else_must_hold_is_looked_at_on_the_real_machine(system):
    lay_a_line()
    os.environ["TZ"] = "UTC"  # the agent's local time
    agent = start_all(system, "http-download", peer=True)
    now = datetime.datetime.now(datetime.timezone.utc)

    def at(hours):
        return (now + datetime.timedelta(hours=hours)).strftime("%H:%M")

    def wants(name, *constraints):
        return {**schedule(name, "now", "get"),
                "sonde-lmap:constraint": [{"name": kind, kind: value} for kind, value in constraints]}

    def result(comparison, value):
        return {"task": "get", "table": "stream", "column": "bytes", "comparison": comparison, "value": value}
    schedules = [
        wants("all", ("interface-up", {"interface": "wan0"}), ("local-time-window", {"from": at(-2), "until": at(2)}),
              ("data-budget-left", "1000"), ("method-result", result("equal", "1000"))),
        wants("night", ("local-time-window", {"from": at(2), "until": at(4)})),
        wants("much", ("data-budget-left", str(10**15))),
        wants("other", ("method-result", result("greater", "1000"))),
        wants("none", ("interface-up", {"interface": "wan7"}))]
    document = instruction(system, [immediate("now")], [download(system)], schedules)
    instructions = {apply(system, document): document}
    for one in schedules:
        wait_for_outcomes(system, one["name"], 1)

    subprocess.run("ip link set isp0 down".split(), check=True)
    down = instruction(system, [immediate("now")], [download(system)], [wants("down", ("interface-up", {"interface": "wan0"}))])
    instructions[apply(system, down)] = down
    wait_for_outcomes(system, "down", 1)
    sums = account(system, the_plan(system, agent, instructions), ["http-download"])
    equal({name: dict(words) for name, words in sums.items()},
          {"all": {"completed": 1}, **{name: {"not_met": 1} for name in ("night", "much", "other", "none", "down")}})
    said = {row["schedule"]: row["message"] for row in outcomes(system)}
    contains(said["night"], "local-time-window it is ")
    contains(said["much"], f" bytes < {10**15} bytes")
    equal(said["other"], "method-result bytes 1000 <= 1000")
    contains(said["none"], "interface-up interface wan7: there is none of that name")
    equal(said["down"], "interface-up interface wan0 is down or has no carrier")


main(an_active_user_delays_the_test_and_the_report, only_others_use_the_line_beside_a_measurement,
     what_else_must_hold_is_looked_at_on_the_real_machine)
