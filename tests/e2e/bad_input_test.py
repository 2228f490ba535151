"""Bad input gets a clear error, and nothing is lost: each line of what can go wrong, on the real programs."""
import http.client
import json
import os
import re
import socket
import sqlite3
import ssl
import time
import uuid

import oracle
from support import (apply, contains, equal, immediate, instruct, instruction, main, outcomes, periodic,
                     schedule, start_all, task, wait_for, wait_for_outcomes)

REPORT = "/restconf/operations/ietf-lmap-report:report"
NOTHING_LISTENS = {"url": "http://127.0.0.1:1/", "bytes": "1MB"}


def address_of(system, program):
    host, port = system.listening[program].rsplit(":", 1)
    return host, int(port)


def tls(system, identity):
    """A client's context with an identity's certificate, or none."""
    context = ssl.create_default_context(cafile=system.folder / "ca" / "ca.pem")
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    if identity is not None:
        context.load_cert_chain(identity / "cert.pem", identity / "key.pem")
    return context


def ask(system, program, identity, method, path, body=None, headers=None):
    """(status, body) of one request, or the TLS error's text."""
    host, port = address_of(system, program)
    connection = http.client.HTTPSConnection(host, port, context=tls(system, identity), timeout=20)
    try:
        connection.request(method, path, body, headers or {"Content-Type": "application/yang-data+json"})
        response = connection.getresponse()
        return response.status, response.read().decode()
    except (ssl.SSLError, ConnectionError, http.client.HTTPException) as error:
        return None, str(error)
    finally:
        connection.close()


def report_of(agent_id=None):
    header = {"date": "2026-11-24T04:05:00Z", **({"agent-id": agent_id} if agent_id else {})}
    return json.dumps({"ietf-lmap-report:input": header})


def warnings(program):
    return [line for line in program.log().splitlines() if " warning " in line]


def one_warning(program, before, *parts):
    lines = wait_for("a warning", lambda: warnings(program)[before:], alive=[program])
    equal(len(lines), 1)
    for part in parts:
        contains(lines[0], part)


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
    equal(wait_for_outcomes(system, "get", 1)[0]["outcome"], "failed")


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
    status, body = ask(system, "controller", system.folder / "operator", "PUT",
                       f"/operator/agents/{system.agent_id}/instruction", json.dumps(broken))
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
    collector = system.start_collector()
    stranger_ca = system.folder / "other-ca"
    system.sonde("ca", "init", stranger_ca)
    system.sonde("ca", "issue", "agent", "--ca", stranger_ca, "--out", system.folder / "stranger")
    expired = system.issue("agent", "expired", "--until", "2026-01-01T00:00:00Z")
    for identity, words in ((None, "certificate"), (system.folder / "stranger", "certificate"),
                            (expired, "expired")):
        before = len(warnings(collector))
        status, text = ask(system, "collector", identity, "POST", REPORT, report_of())
        equal(status, None)
        assert text, "no TLS alert"
        one_warning(collector, before, words)

    for program, identity, method, path in (
            ("collector", "operator", "POST", REPORT),
            ("collector", "controller", "POST", REPORT),
            ("collector", "agent", "GET", "/operator/results"),
            ("controller", "agent", "GET", "/operator/agents"),
            ("controller", "agent", "PUT", f"/operator/agents/{uuid.uuid4()}/instruction"),
            ("controller", "operator", "GET", "/restconf/data/ietf-lmap-control:lmap")):
        before = len(warnings(system.programs[program]))
        status, body = ask(system, program, system.folder / identity, method, path, "{}" if method != "GET" else None)
        equal((program, path, status), (program, path, 403))
        contains(body, "role")
        one_warning(system.programs[program], before, "403")
    equal(system.rows("outcomes"), [])


def an_agent_reports_only_as_itself(system):
    collector = system.start_collector()
    status, body = ask(system, "collector", system.folder / "agent", "POST", REPORT, report_of(str(uuid.uuid4())))
    equal(status, 403)
    contains(body, system.agent_id)
    one_warning(collector, 0, "403")
    equal(ask(system, "collector", system.folder / "agent", "POST", REPORT, report_of(system.agent_id))[0], 204)


def bodies_that_are_too_much_are_refused(system):
    collector = system.start_collector()
    agent = system.folder / "agent"
    status, _ = ask(system, "collector", agent, "POST", REPORT, b"x" * (17 * 1024 * 1024))
    assert status in (413, None), status  # None: the connection was closed while we still sent
    contains(wait_for("a warning", lambda: warnings(collector))[0], "413")
    for body, words in (("[" * 100_000, "deep"), ('{"ietf-lmap-report:input":' + '{"a":' * 40, "deep"),
                        ("{", "not JSON"), ("\x00", ""), ('{"ietf-lmap-report:input":{"date":"yesterday"}}', "date"),
                        ('{"ietf-lmap-report:input":{"date":"2026-11-24T04:05:00Z","x":1}}', "x")):
        before = len(warnings(collector))
        status, answer = ask(system, "collector", agent, "POST", REPORT, body)
        equal((body[:40], status), (body[:40], 400))
        contains(answer, words)
        one_warning(collector, before, "400")
    equal(system.rows("outcomes"), [])


def half_a_request_is_one_log_line_and_nothing_stored(system):
    collector = system.start_collector()
    half = f"POST {REPORT} HTTP/1.1\r\nHost: x\r\nContent-Type: application/yang-data+json\r\nContent-Length: 100\r\n\r\n{{"
    for text in (half, "POST /rest", "GET / HTTP/1.1\r\nno colon\r\n\r\n"):
        before = len(warnings(collector))
        with socket.create_connection(address_of(system, "collector")) as plain:
            with tls(system, system.folder / "agent").wrap_socket(plain, server_hostname="127.0.0.1") as secure:
                secure.sendall(text.encode())
                secure.settimeout(0.2)
                try:
                    secure.recv(1)
                except OSError:
                    pass
        lines = wait_for("a warning", lambda: warnings(collector)[before:], alive=[collector])
        equal(len(lines), 1)
    equal(system.rows("outcomes"), [])


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


def without_a_policy_nothing_is_measured(system):
    system.write_policy()
    policy = system.folder / "policy.json"
    for text in (None, "", "{", '{"bytes-per-day": 1}'):
        if text is None:
            policy.unlink()
        else:
            policy.write_text(text)
        if "agent" not in system.programs:
            system.gather_plugins("http-download")
            system.start_controller()
            system.start_collector()
            system.start_peer()
            system.start_launcher()
            state = system.folder / "state"
            state.mkdir()
            policy.touch()
            system.start_agent()
            if text is None:
                policy.unlink()
        name = f"get-{len(text or 'none')}"
        apply(system, instruction(system, [immediate(name)], [task("get", "http-download", {
            "url": f"http://{system.listening['peer']}/bytes/1000", "bytes": "1000"})], [schedule(name, name, "get")]))
        row = wait_for_outcomes(system, name, 1)[0]
        equal((row["outcome"], row["blame"], row["sent"], row["received"]), ("refused", "policy", 0, 0))
        contains(row["message"], "policy.json")
    system.write_policy({**system.policy, "targets": {"allow": ["192.0.2.0/24"]}})
    apply(system, instruction(system, [immediate("elsewhere")], [task("get", "http-download", {
        "url": f"http://{system.listening['peer']}/bytes/1000", "bytes": "1000"})],
        [schedule("elsewhere", "elsewhere", "get")]))
    row = wait_for_outcomes(system, "elsewhere", 1)[0]
    equal(row["outcome"], "refused")
    contains(row["message"], "outside the allowed targets (/targets/allow of the local policy)")
    assert "192.0.2.0" not in row["message"], row  # what the owner wrote there


def exit_statuses_tell_apart(system):
    equal(system.sonde("nonsense", check=False).returncode, 2)
    equal(system.sonde("agents", check=False).returncode, 4)  # no controller runs
    equal(system.sonde("agents", "--identity", system.folder / "nowhere", check=False).returncode, 3)
    system.start_controller()
    refused = system.sonde("agents", "--identity", system.folder / "agent", check=False)
    equal(refused.returncode, 3)
    contains(refused.stderr, "role")
    unknown = system.sonde("instruct", "abc", os.devnull, check=False)
    equal(unknown.returncode, 2)


main(damaged_plugins_are_named_and_the_rest_runs, an_invalid_instruction_is_refused_whole_and_the_old_one_stays,
     certificates_that_do_not_fit_are_refused, an_agent_reports_only_as_itself, bodies_that_are_too_much_are_refused,
     half_a_request_is_one_log_line_and_nothing_stored, the_agent_measures_on_while_the_collector_is_down,
     retries_wait_up_to_twice_as_long_each_time_and_not_all_alike,
     a_report_refused_for_good_is_set_aside_and_visible, without_a_policy_nothing_is_measured,
     exit_statuses_tell_apart)
