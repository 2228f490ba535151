"""An agent that is stopped while it reports or while a run does not end, one that is there before its launcher, and a
collector that is stopped while it is asked."""
import contextlib
import json
import pathlib
import queue
import re
import shutil
import signal
import sqlite3
import threading
import time
import uuid

import oracle
from accounting import account
from support import (apply, ask, contains, equal, instruction, main, periodic, schedule, start_all, task, wait_for,
                     wait_for_outcomes)
from wiretap import Wiretap


def a_stop_while_a_report_is_in_flight_loses_nothing_and_stores_nothing_twice(system):
    start_all(system, "http-download", peer=True)
    with Wiretap(system.listening["collector"], system.folder / "collector", system.folder / "agent") as collect:
        values = {"url": f"http://{system.listening['peer']}/bytes/1000", "bytes": "1000"}
        measuring = instruction(system, [periodic("often", 1)], [task("get", "http-download", values)],
                                [schedule("get", "often", "get")], collector=f"https://{collect.address}")
        instructions = {apply(system, measuring): measuring}
        wait_for_outcomes(system, "get", 1)
        # Once the report reaches the collector only after the stop, and once the collector's answer comes too late.
        for way in (collect.requests, collect.answers):
            agent = system.programs["agent"]
            way.close()
            wait_for("a report in flight", way.holds.is_set, alive=[agent])
            acknowledged = agent.log().count("report acknowledged")
            equal(agent.stop(), 0)
            equal(agent.log().count("report acknowledged"), acknowledged)
            way.open()
            system.start_agent()
        nothing = instruction(system, [], [], [], collector=f"https://{collect.address}")
        instructions[apply(system, nothing)] = nothing
        history = oracle.read_log(system.programs["agent"].log_path.read_text())
        plan = oracle.planned(history, instructions, system.agent_id, time.time_ns())
        sums = account(system, plan, ["http-download"])
        print(f"         {dict(sums['get'])}")


def an_agent_that_is_there_before_its_launcher_gets_to_its_plugins_as_soon_as_it_comes(system):
    system.gather_plugins("http-download", "dns")
    system.start_controller()
    agent = system.start_agent()
    agent.wait_for_log("agent started")

    def methods():
        return {method.split()[0] for known in system.rows("agents") for method in known["methods"]}

    wait_for("its capabilities", methods, alive=[agent])
    equal(methods(), {"report"})
    system.start_launcher()
    wait_for("its methods", lambda: methods() == {"report", "http-download", "dns"}, alive=[agent])


def is_deaf(pid):
    """Whether a process ignores SIGTERM."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False
    return int(re.search(r"^SigIgn:\s*(\w+)", status, re.MULTILINE)[1], 16) >> (signal.SIGTERM - 1) & 1


def stays(launcher):
    """Whether a run of `stubborn` has come to the point from which only SIGKILL ends it."""
    runners = re.findall(r"runner started runner=\d+ pid=(\d+) .*/stubborn\.so", launcher.log())
    children = [pathlib.Path(f"/proc/{pid}/task/{pid}/children") for pid in runners]
    return any(is_deaf(pid) for path in children if path.exists() for pid in path.read_text().split())


def a_run_that_does_not_end_holds_up_no_stop_and_is_accounted_for_by_the_next_start(system):
    shutil.copy(system.build / "tests" / "plugins" / "stubborn.so", system.gather_plugins("http-download"))
    system.policy["plugins"] = {"allow": ["*"], "untargeted": ["stubborn"]}
    system.start_controller()
    system.start_collector()
    launcher = system.start_launcher()
    agent = system.start_agent("--longest-stop-s", "1")
    staying = {**task("stay", "stubborn"), "function": [{"uri": "urn:example:fixture"}]}
    apply(system, instruction(system, [periodic("often", 1)], [staying], [schedule("stay", "often", "stay")]))
    wait_for("a run under way", lambda: stays(launcher), alive=[agent])
    equal(agent.stop(), 0)
    contains(agent.log(), "stopped although something still ran")
    assert " agent agent stopped" not in agent.log(), agent.tail()
    agent = system.start_agent()
    equal(wait_for_outcomes(system, "stay", 1)[0]["outcome"], "interrupted")
    # The second signal waits for nothing at all.
    wait_for("another run under way", lambda: stays(launcher), alive=[agent])
    agent.process.send_signal(signal.SIGTERM)
    agent.wait_for_log("stopping signal")
    equal(agent.stop(), -signal.SIGTERM)


def a_collector_that_stops_waits_for_no_query_and_keeps_what_it_took(system):
    database = system.folder / "collector.db"
    epoch = str(uuid.uuid4())

    def report(sequence):
        at = "2026-11-24T04:05:00Z"
        result = {"sonde-lmap:epoch": epoch, "sonde-lmap:sequence": str(sequence), "sonde-lmap:run": str(uuid.uuid4()),
                  "sonde-lmap:method": "ping", "start": at, "status": 0}
        document = json.dumps({"ietf-lmap-report:input": {"date": at, "result": [result]}})
        return ask(system, "collector", system.folder / "agent", "POST",
                   "/restconf/operations/ietf-lmap-report:report", document)

    def altered(*statements):
        with contextlib.closing(sqlite3.connect(database)) as connection:
            for statement in ("PRAGMA legacy_alter_table = ON", *statements):
                connection.execute(statement)
            connection.commit()

    collector = system.start_collector()
    equal(report(1), (204, ""))
    equal(collector.stop(), 0)
    # A table that has no end makes a query that has none.
    altered("INSERT INTO _row VALUES(1, '[]')", "INSERT INTO _part VALUES(1, 1, 1, 1)",
            "ALTER TABLE _layout RENAME TO _kept",
            "CREATE VIEW _layout AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
            "SELECT i AS id, '' AS method, '' AS name, 0 AS position, '' AS columns, 0 AS agent FROM n WHERE i < 0")
    collector = system.start_collector()

    def processor_ticks():
        return sum(int(field) for field in
                   pathlib.Path(f"/proc/{collector.process.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13])

    before = processor_ticks()
    answers = queue.Queue()
    asking = threading.Thread(target=lambda: answers.put(
        ask(system, "collector", system.folder / "operator", "GET", "/operator/results")))
    asking.start()
    wait_for("a query at work", lambda: processor_ticks() > before + 20, alive=[collector])
    equal(report(2), (204, ""))
    equal(collector.stop(), 0)
    status, body = answers.get(timeout=20)
    asking.join()
    equal(status, 503)
    contains(body, "the collector is stopping")
    equal(collector.log().count(" error "), 0)
    altered("DROP VIEW _layout", "ALTER TABLE _kept RENAME TO _layout")
    with contextlib.closing(sqlite3.connect(database)) as connection:
        equal(connection.execute("SELECT sequence FROM _result ORDER BY sequence").fetchall(), [(1,), (2,)])


main(a_stop_while_a_report_is_in_flight_loses_nothing_and_stores_nothing_twice,
     a_run_that_does_not_end_holds_up_no_stop_and_is_accounted_for_by_the_next_start,
     an_agent_that_is_there_before_its_launcher_gets_to_its_plugins_as_soon_as_it_comes,
     a_collector_that_stops_waits_for_no_query_and_keeps_what_it_took)
