"""Bad input gets a clear error, and nothing is lost: each line of what can go wrong, on the real programs."""
import contextlib
import json
import os
import re
import socket
import sqlite3
import threading
import time
import uuid

import oracle
from support import (address_of, apply, ask, contains, equal, immediate, instruct, instruction, main, outcomes, periodic,
                     schedule, skipped_in_part, start_all, task, tls, wait_for, wait_for_outcomes)

REPORT = "/restconf/operations/ietf-lmap-report:report"
CAPABILITIES = "/restconf/operations/sonde-lmap:capabilities"
FAILURE = "/restconf/operations/sonde-lmap:failure"
INSTRUCTION = "/restconf/data/ietf-lmap-control:lmap"
NOTHING_LISTENS = {"url": "http://127.0.0.1:1/", "bytes": "1MB"}


def report_of(agent_id=None):
    header = {"date": "2026-11-24T04:05:00Z", **({"agent-id": agent_id} if agent_id else {})}
    return json.dumps({"ietf-lmap-report:input": header})


def capabilities():
    return json.dumps({"sonde-lmap:input": {"version": "1"}})


def warnings(program):
    return [line for line in program.log().splitlines() if " warning " in line]


def one_warning(program, before, *parts):
    lines = wait_for("a warning", lambda: warnings(program)[before:], alive=[program])
    equal(len(lines), 1)
    for part in parts:
        contains(lines[0], part)


def instruction_path(agent_id):
    return f"/operator/agents/{agent_id}/instruction"


def nothing_is_stored(system, program):
    tables = {"collector": ("_agent", "_result", "_row", "_outcome"), "controller": ("instruction", "agent", "failure")}
    with contextlib.closing(sqlite3.connect(f"file:{system.folder}/{program}.db?mode=ro", uri=True)) as database:
        for table in tables[program]:
            equal((table, *database.execute(f"SELECT count(*) FROM {table}").fetchone()), (table, 0))


def damaged_plugins_are_named_and_the_rest_runs(system):
    folder = system.gather_plugins("http-download")
    good = (folder / "http-download.so").read_bytes()
    (folder / "cut.so").write_bytes(good[: len(good) // 3])
    (folder / "text.so").write_text("this is no plugin\n")
    other = system.build / "tests" / "plugins" / "abi2.so"
    (folder / "other-abi.so").write_bytes(other.read_bytes())
    start_all(system, "http-download")
    agents = wait_for("capabilities", lambda: [a for a in system.rows("agents") if a["methods"]])
    refused = "\n".join(agents[0]["refused_plugins"])
    for name in ("cut.so", "text.so", "other-abi.so"):
        contains(refused, name)
        contains(system.programs["agent"].log(), name)
    contains(refused, "ABI")
    apply(system, instruction(system, [immediate("now")], [task("get", "http-download", NOTHING_LISTENS)],
                              [schedule("get", "now", "get")]))
    outcome = wait_for_outcomes(system, "get", 1)[0]
    equal((outcome["outcome"], outcome["status"], outcome["blame"]), ("failed", 2, "target"))


def an_invalid_instruction_is_refused_whole_and_the_old_one_stays(system):
    start_all(system, "http-download")
    document = instruction(system, [periodic("often", 1)], [task("get", "http-download", NOTHING_LISTENS)],
                           [schedule("get", "often", "get")])
    etag = apply(system, document)

    # The operator's command finds it before a server sees it.
    broken = json.loads(json.dumps(document))
    broken["ietf-lmap-control:lmap"]["schedules"]["schedule"][0]["start"] = "oftne"
    result = instruct(system, broken, check=False)
    equal(result.returncode, 2)
    contains(result.stderr, "/ietf-lmap-control:lmap/schedules/schedule[name='get']/start")
    contains(result.stderr, "no event named 'oftne'")
    contains(result.stderr, "nothing was changed")
    # So does the controller, for whoever has another command.
    status, body = ask(system, "controller", system.folder / "operator", "PUT", instruction_path(system.agent_id),
                       json.dumps(broken))
    equal(status, 400)
    contains(body, "no event named 'oftne'")

    # One that only the agent looks at, as if a controller of another version had let it pass: the agent refuses it,
    # keeps the old one, and tells the controller where and why.
    system.programs["controller"].stop()
    with sqlite3.connect(system.folder / "controller.db") as database:
        database.execute("UPDATE instruction SET text = ?, etag = 'other-version'", (json.dumps(broken),))
    system.start_controller()
    failures = wait_for("Failure Information", lambda: system.rows("agents", "--failures"))
    equal((failures[0]["agent"], failures[0]["kind"]), (system.agent_id, "instruction"))
    equal(failures[0]["path"], "/ietf-lmap-control:lmap/schedules/schedule[name='get']/start")
    contains(failures[0]["message"], "no event named 'oftne'")
    before = sum(row["count"] for row in outcomes(system, "get"))
    wait_for_outcomes(system, "get", before + 2)
    equal(system.programs["agent"].log().count("instruction applied"), 1)
    # It survives a restart as well.
    system.programs["agent"].stop()
    agent = system.start_agent()
    agent.wait_for_log(f"agent started .*etag={etag}")


def certificates_that_do_not_fit_are_refused(system):
    system.start_controller()
    system.start_collector()
    stranger_ca = system.folder / "other-ca"
    system.sonde("ca", "init", stranger_ca)
    system.sonde("ca", "issue", "agent", "--ca", stranger_ca, "--out", system.folder / "stranger")
    expired = system.issue("agent", "expired", "--until", "2026-01-01T00:00:00Z")
    for program, path, body in (("collector", REPORT, report_of()), ("controller", CAPABILITIES, capabilities())):
        for identity, words in ((None, "certificate"), (system.folder / "stranger", "certificate"),
                                (expired, "expired")):
            before = len(warnings(system.programs[program]))
            status, text = ask(system, program, identity, "POST", path, body)
            equal((program, status), (program, None))
            assert text, "no TLS alert"
            one_warning(system.programs[program], before, words)

    for program, identity, method, path in (
            ("collector", "operator", "POST", REPORT),
            ("collector", "controller", "POST", REPORT),
            ("collector", "agent", "GET", "/operator/results"),
            ("controller", "agent", "GET", "/operator/agents"),
            ("controller", "agent", "GET", "/operator/failures"),
            ("controller", "agent", "PUT", instruction_path(uuid.uuid4())),
            ("controller", "collector", "PUT", instruction_path(uuid.uuid4())),
            ("controller", "operator", "POST", CAPABILITIES),
            ("controller", "collector", "POST", FAILURE),
            ("controller", "operator", "GET", INSTRUCTION)):
        before = len(warnings(system.programs[program]))
        status, body = ask(system, program, system.folder / identity, method, path, "{}" if method != "GET" else None)
        equal((program, path, status), (program, path, 403))
        contains(body, "role")
        one_warning(system.programs[program], before, "403")
    nothing_is_stored(system, "collector")
    nothing_is_stored(system, "controller")


def a_program_with_another_ones_identity_does_not_start(system):
    for program, wrong, status in (("controller", "collector", 4), ("collector", "agent", 4), ("agent", "operator", 3)):
        words = (("--listen", "127.0.0.1:0", "--database", system.folder / f"{program}.db") if program != "agent" else
                 ("--controller", "https://127.0.0.1:1", "--state", system.folder, "--policy", system.folder / "policy.json",
                  "--plugins", system.folder, "--launcher", system.folder / "launcher.sock"))
        started = system.start(program, "--identity", system.folder / wrong, *words)
        equal((program, started.process.wait(timeout=30)), (program, status))
        contains(started.log(), f"cert.pem: its role is {wrong}, and {program} is wanted (make one with 'sonde ca issue {program} ")


def an_instruction_is_for_the_agent_that_it_names(system):
    controller = system.start_controller()
    other = str(uuid.uuid4())
    document = json.dumps({"ietf-lmap-control:lmap": {"agent": {"agent-id": other}}})
    operator = system.folder / "operator"
    status, body = ask(system, "controller", operator, "PUT", instruction_path(system.agent_id), document)
    equal(status, 400)
    for part in (other, system.agent_id, "/ietf-lmap-control:lmap/agent/agent-id"):
        contains(body, part)
    one_warning(controller, 0, "400", other)
    nothing_is_stored(system, "controller")
    equal(ask(system, "controller", operator, "PUT", instruction_path(other), document)[0], 204)


def an_agent_reports_only_as_itself(system):
    collector = system.start_collector()
    status, body = ask(system, "collector", system.folder / "agent", "POST", REPORT, report_of(str(uuid.uuid4())))
    equal(status, 403)
    contains(body, system.agent_id)
    one_warning(collector, 0, "403")
    nothing_is_stored(system, "collector")
    equal(ask(system, "collector", system.folder / "agent", "POST", REPORT, report_of(system.agent_id))[0], 204)


def bodies_that_are_too_much_are_refused(system):
    system.start_collector()
    system.start_controller()
    header = '"date":"2026-11-24T04:05:00Z"'
    for program, identity, method, path, limit_mib, root, unknown in (
            ("collector", "agent", "POST", REPORT, 16, "ietf-lmap-report:input", f'{{{header},"frobnicate":1}}'),
            ("controller", "agent", "POST", CAPABILITIES, 1, "sonde-lmap:input", '{"version":"1","frobnicate":1}'),
            ("controller", "agent", "POST", FAILURE, 1, "sonde-lmap:input", '{"frobnicate":1}'),
            ("controller", "operator", "PUT", instruction_path(system.agent_id), 1, "ietf-lmap-control:lmap",
             '{"frobnicate":1}')):
        server = system.programs[program]
        too_much = limit_mib * 1024 * 1024 + 1
        before = len(warnings(server))
        announced = {"Content-Type": "application/yang-data+json", "Content-Length": str(too_much)}
        equal((path, ask(system, program, system.folder / identity, method, path, None, announced)[0]), (path, 413))
        one_warning(server, before, "413")
        before = len(warnings(server))
        status, _ = ask(system, program, system.folder / identity, method, path, b"x" * too_much)
        assert status in (413, None), (path, status)  # None: the connection was closed while we still sent
        one_warning(server, before, "413")
        for body, words in (("[" * 100_000, "deep"), (f'{{"{root}":' + '{"a":' * 40, "deep"), ("{", "not JSON"),
                            ("\x00", ""), (f'{{"{root}":{unknown}}}', "frobnicate")):
            before = len(warnings(server))
            status, answer = ask(system, program, system.folder / identity, method, path, body)
            equal((path, body[:40], status), (path, body[:40], 400))
            contains(answer, words)
            one_warning(server, before, "400")
    status, answer = ask(system, "collector", system.folder / "agent", "POST", REPORT,
                         '{"ietf-lmap-report:input":{"date":"yesterday"}}')
    equal(status, 400)
    contains(answer, "date")
    nothing_is_stored(system, "collector")
    nothing_is_stored(system, "controller")


def half_a_request_is_one_log_line_and_nothing_stored(system):
    system.start_collector()
    system.start_controller()
    for program, identity, first in (("collector", "agent", f"POST {REPORT}"),
                                     ("controller", "agent", f"POST {CAPABILITIES}"),
                                     ("controller", "operator", f"PUT {instruction_path(system.agent_id)}")):
        server = system.programs[program]
        half = (f"{first} HTTP/1.1\r\nHost: x\r\nContent-Type: application/yang-data+json\r\n"
                "Content-Length: 100\r\n\r\n{")
        for text in (half, first[:10], "GET / HTTP/1.1\r\nno colon\r\n\r\n"):
            before = len(warnings(server))
            with socket.create_connection(address_of(system, program)) as plain:
                with tls(system, system.folder / identity).wrap_socket(plain, server_hostname="127.0.0.1") as secure:
                    secure.sendall(text.encode())
                    secure.settimeout(0.2)
                    try:
                        secure.recv(1)
                    except OSError:
                        pass
            one_warning(server, before)
        nothing_is_stored(system, program)


def the_agent_measures_on_while_the_collector_is_down(system):
    start_all(system, "http-download")
    apply(system, instruction(system, [periodic("often", 1)], [task("get", "http-download", NOTHING_LISTENS)],
                              [schedule("get", "often", "get")]))
    wait_for_outcomes(system, "get", 1)
    system.programs["collector"].stop()
    agent = system.programs["agent"]
    agent.wait_for_log("report failed collector=")
    ended = agent.log().count("action ended schedule=get")
    wait_for("it measures on", lambda: agent.log().count("action ended schedule=get") >= ended + 3, alive=[agent])
    during = agent.log().count("action ended schedule=get")
    system.start_collector()
    wait_for_outcomes(system, "get", during)


def retries_wait_up_to_twice_as_long_each_time_and_not_all_alike(system):
    # Many report schedules are many senders with a backoff each: what one may show by chance, all do not.
    start_all(system, "http-download")
    system.programs["collector"].stop()
    senders = [f"report-{number}" for number in range(24)]
    runs = [schedule("get", "now", "get"), schedule("again", "now", "get")]
    for number, run in enumerate(runs):
        run["action"][0]["destination"] = senders[number::len(runs)]
    reports = [schedule(name, "report-often", "report", destination=None) for name in senders]
    apply(system, instruction(system, [immediate("now")], [task("get", "http-download", NOTHING_LISTENS)],
                              [*runs, *reports], report_every_s=2))
    agent = system.programs["agent"]
    tries = 4

    def waits():
        """{sender: [(time of the failure, the wait that it is followed by)]}, in ms."""
        lines = re.findall(r"^(\S+) warning .*report failed .*schedule=(\S+) retry_in_ms=(\d+)", agent.log(), re.M)
        found = {name: [] for name in senders}
        for at, name, wait in lines:
            if name in found:
                found[name].append((oracle.to_ns(at) // 10**6, int(wait)))
        return found if all(len(each) >= tries for each in found.values()) else None

    found = wait_for("tries of every sender", waits, timeout_s=120, alive=[agent])
    for name, each in found.items():
        for (at, wait), (next_at, _) in zip(each, each[1:]):
            assert next_at - at >= wait - 100, (name, each)  # the clock may be slewed; a retry is never early
    for number in range(tries):
        drawn = [each[number][1] for each in found.values()]
        longest = 1000 * 2**number
        # Uniform from 0 to a limit that doubles. That none of all is beyond the limit before, or none below it, happens
        # once in a million times.
        assert max(drawn) <= longest, drawn
        assert number == 0 or max(drawn) > longest / 2, (number, drawn)
        assert min(drawn) < longest / 2 and len(set(drawn)) > 5, (number, drawn)
    system.start_collector()
    for run in runs:
        wait_for_outcomes(system, run["name"], 1, timeout_s=60)


def a_report_refused_for_good_is_set_aside_and_visible(system):
    start_all(system, "http-download")
    document = instruction(system, [immediate("now")], [task("get", "http-download", NOTHING_LISTENS)],
                           [schedule("get", "now", "get")], report_every_s=3600)
    apply(system, document)
    system.programs["agent"].wait_for_log("action ended schedule=get")
    system.programs["agent"].stop()
    # What no agent of ours writes: as if its disk had damaged it.
    with sqlite3.connect(system.folder / "state" / "spool.db") as database:
        changed = database.execute("UPDATE result SET body = replace(body, '\"status\"', '\"sttaus\"')").rowcount
    assert changed >= 1, changed
    if system.root:
        system.give_to_agent(system.folder / "state")
    agent = system.start_agent()
    document["ietf-lmap-control:lmap"]["events"]["event"][-1]["periodic"]["interval"] = 1
    instruct(system, document)
    agent.wait_for_log("report refused collector=.*400")
    failures = wait_for("Failure Information", lambda: [f for f in system.rows("agents", "--failures")
                                                        if f["kind"] == "report"])
    contains(failures[0]["message"], "sttaus")
    # Never retried for ever.
    time.sleep(2.5)
    equal(agent.log().count("report refused collector="), changed)


class Capture:
    """Counts the packets on the loopback that go to a TCP port, as they pass the interface."""

    def __init__(self, port):
        self.port, self.packets = port, 0
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0003))
        self.socket.bind(("lo", 0))
        threading.Thread(target=self.count, daemon=True).start()

    def count(self):
        while True:
            packet, place = self.socket.recvfrom(65536)
            if len(packet) < 24 or packet[9 if packet[0] >> 4 == 4 else 6] != socket.IPPROTO_TCP:
                continue
            tcp = 4 * (packet[0] & 15) if packet[0] >> 4 == 4 else 40
            if place[2] == socket.PACKET_OUTGOING and int.from_bytes(packet[tcp + 2:tcp + 4], "big") == self.port:
                self.packets += 1


def capture_to(system, program):
    try:
        return Capture(address_of(system, program)[1])
    except OSError:
        skipped_in_part("a capture of the packets needs root")
        return None


def without_a_policy_nothing_is_measured(system):
    system.write_policy()
    policy = system.folder / "policy.json"
    system.gather_plugins("http-download")
    for start in (system.start_controller, system.start_collector, system.start_peer, system.start_launcher):
        start()
    capture = capture_to(system, "peer")
    (system.folder / "state").mkdir()
    policy.write_text("")
    system.start_agent()
    for name, text in (("missing", None), ("unreadable", None), ("empty", ""), ("cut", "{"), ("lacking", '{"bytes-per-day": 1}')):
        if policy.is_dir():
            policy.rmdir()
        policy.unlink(missing_ok=True)
        if name == "unreadable":
            policy.mkdir()  # root could read any file
        elif text is not None:
            policy.write_text(text)
        apply(system, instruction(system, [immediate(name)], [task("get", "http-download", {
            "url": f"http://{system.listening['peer']}/bytes/1000", "bytes": "1000"})], [schedule(name, name, "get")]))
        row = wait_for_outcomes(system, name, 1)[0]
        equal((row["outcome"], row["blame"], row["sent"], row["received"]), ("refused", "policy", 0, 0))
        contains(row["message"], "policy.json")
    agent = system.programs["agent"]
    contains(agent.log(), "the local policy refuses everything")
    assert "plugin ready" not in agent.log(), agent.tail()
    system.write_policy({**system.policy, "targets": {"allow": ["192.0.2.0/24"]}})
    agent.wait_for_log("plugin ready")
    apply(system, instruction(system, [immediate("elsewhere")], [task("get", "http-download", {
        "url": f"http://{system.listening['peer']}/bytes/1000", "bytes": "1000"})],
        [schedule("elsewhere", "elsewhere", "get")]))
    row = wait_for_outcomes(system, "elsewhere", 1)[0]
    equal(row["outcome"], "refused")
    contains(row["message"], "outside the allowed targets (/targets/allow of the local policy)")
    if capture:
        equal(capture.packets, 0)
        system.write_policy()
        apply(system, instruction(system, [immediate("allowed")], [task("get", "http-download", {
            "url": f"http://{system.listening['peer']}/bytes/1000", "bytes": "1000"})],
            [schedule("allowed", "allowed", "get")]))
        equal(wait_for_outcomes(system, "allowed", 1)[0]["outcome"], "completed")
        wait_for("packets in the capture", lambda: capture.packets)
    assert "192.0.2.0" not in row["message"], row  # what the owner wrote there


def with_strict_isolation_nothing_runs_where_a_layer_is_missing(system):
    # The launcher is not told of a control group.
    system.write_policy({**system.policy, "isolation": "strict"})
    start_all(system, "http-download", peer=True)
    agent = system.programs["agent"]

    def outcome(name):
        apply(system, instruction(system, [immediate(name)], [task("get", "http-download", {
            "url": f"http://{system.listening['peer']}/bytes/1000", "bytes": "1000"})], [schedule(name, name, "get")]))
        return wait_for_outcomes(system, name, 1)[0]

    row = outcome("strict")
    equal((row["outcome"], row["blame"], row["sent"], row["received"]), ("refused", "policy", 0, 0))
    contains(row["message"], "the local policy wants strict isolation, and this system lacks ")
    contains(row["message"], "cgroup (--cgroup is not given)")
    assert "plugin ready" not in agent.log(), agent.tail()
    assert "runner started" not in system.programs["launcher"].log()
    # Whoever wants less writes it down, and it holds at once.
    system.write_policy({**system.policy, "isolation": "best"})
    agent.wait_for_log("plugin ready")
    equal(outcome("best")["outcome"], "completed")


def exit_statuses_tell_apart(system):
    equal(system.sonde("nonsense", check=False).returncode, 2)
    equal(system.sonde("agents", check=False).returncode, 4)  # no controller runs
    equal(system.sonde("agents", "--identity", system.folder / "nowhere", check=False).returncode, 2)
    system.start_controller()
    refused = system.sonde("agents", "--identity", system.folder / "agent", check=False)
    equal(refused.returncode, 3)
    contains(refused.stderr, "role")
    unknown = system.sonde("instruct", "abc", os.devnull, check=False)
    equal(unknown.returncode, 2)


main(damaged_plugins_are_named_and_the_rest_runs, an_invalid_instruction_is_refused_whole_and_the_old_one_stays,
     certificates_that_do_not_fit_are_refused, an_agent_reports_only_as_itself,
     a_program_with_another_ones_identity_does_not_start,
     an_instruction_is_for_the_agent_that_it_names, bodies_that_are_too_much_are_refused,
     half_a_request_is_one_log_line_and_nothing_stored, the_agent_measures_on_while_the_collector_is_down,
     retries_wait_up_to_twice_as_long_each_time_and_not_all_alike,
     a_report_refused_for_good_is_set_aside_and_visible, without_a_policy_nothing_is_measured,
     with_strict_isolation_nothing_runs_where_a_layer_is_missing,
     exit_statuses_tell_apart)
