"""From an instruction to results in the collector: the real programs, each method."""
import socket
import time

import oracle
from capture import Capture
from support import (address_of, also_ipv6, apply, contains, equal, immediate, instruction, main, need_raw_sockets, outcomes,
                     periodic, schedule, start_all, task, wait_for, wait_for_outcomes)


def one_run(system, method, values, **start):
    """Runs a method once, as soon as the instruction is in force; returns its outcome."""
    start_all(system, method, **start)
    apply(system, instruction(system, [immediate("now")], [task(method, method, resolved(system, values))],
                              [schedule("once", "now", method)]))
    rows = wait_for_outcomes(system, "once", 1)
    equal(len(rows), 1)
    return rows[0]


def resolved(system, values):
    return {name: value(system) if callable(value) else value for name, value in values.items()}


def completed(outcome, rows):
    equal((outcome["outcome"], outcome["status"], outcome["message"]), ("completed", 0, ""))
    mine = [row for row in rows if row["run"] == outcome["run"]]
    equal(len(mine), outcome["rows"])
    return mine


def ping_over_ipv4_and_ipv6(system):
    need_raw_sockets(system)
    targets = ["127.0.0.1", *(["::1"] if also_ipv6() else [])]
    outcome = one_run(system, "ping", {"target": targets, "count": 3, "interval": "50ms", "tmax": "1s"})
    rows = completed(outcome, system.rows("results", "ping", "--table", "all"))
    packets = [row for row in rows if row["table"] == "packet"]
    equal(sorted({row["address"] for row in packets}), targets)
    equal([row["outcome"] for row in packets], ["reply"] * 3 * len(targets))
    for row in packets:
        assert row["rtt_ns"] > 0 and row["local_queue_ns"] >= 0, row
    assert outcome["sent"] > 0 and outcome["received"] > 0, outcome


def http_download_over_http(system):
    outcome = one_run(system, "http-download", {
        "url": lambda s: f"http://{s.listening['peer']}/bytes/20000000", "bytes": "20MB", "streams": 2}, peer=True)
    rows = completed(outcome, system.rows("results", "http-download", "--table", "all"))
    summary = [row for row in rows if row["table"] == "summary"]
    equal(len(summary), 1)
    assert summary[0]["bytes"] >= 20_000_000 and summary[0]["goodput"] > 1e6, summary
    assert [row for row in rows if row["table"] == "window"], "no windows"


def http_download_over_https(system):
    outcome = one_run(system, "http-download", {
        "url": lambda s: f"https://{s.listening['peer-tls']}/bytes/20000000", "bytes": "20MB",
        "ca": lambda s: s.folder / "peer" / "ca.pem"}, peer=True)
    rows = completed(outcome, system.rows("results", "http-download", "--table", "all"))
    equal([row["http_status"] for row in rows if row["table"] == "stream"], [200])
    contains(str([row["tls_version"] for row in rows if row["table"] == "stream"]), "1.3")


def http_upload_over_http(system):
    outcome = one_run(system, "http-upload", {
        "url": lambda s: f"http://{s.listening['peer']}/upload", "bytes": "20MB", "streams": 2}, peer=True)
    rows = completed(outcome, system.rows("results", "http-upload", "--table", "all"))
    summary = [row for row in rows if row["table"] == "summary"]
    equal([(row["bytes"], row["confirmed_bytes"]) for row in summary], [(20_000_000, 20_000_000)])
    equal((outcome["sent"], outcome["received"]), (summary[0]["ip_sent_bytes"], summary[0]["ip_received_bytes"]))
    assert outcome["sent"] > 20_000_000 and summary[0]["goodput"] > 1e6, (outcome, summary)
    assert [row for row in rows if row["table"] == "window"], "no windows"


def dns_over_udp(system):
    outcome = one_run(system, "dns", {
        "server": "127.0.0.1", "port": lambda s: s.listening["nsd"].rsplit(":", 1)[1],
        "name": ["www.example.test", "nowhere.example.test"], "timeout": "1s", "interval": "10ms"}, name_server=True)
    rows = completed(outcome, system.rows("results", "dns", "--table", "all"))
    queries = {row["name"].rstrip("."): row for row in rows if row["table"] == "query"}
    equal({name: (row["outcome"], row["rcode"]) for name, row in queries.items()},
          {"www.example.test": ("answer", "NOERROR"), "nowhere.example.test": ("answer", "NXDOMAIN")})
    for row in queries.values():
        assert row["response_time_ns"] > 0, row


def watched(system, name, ahead_s):
    """The rows of a run of passive-syn and of a download that begins a second after it, so far ahead; none if this machine
    was too late for that, or the download for the interval."""
    begin = int(time.time()) + ahead_s
    watch, load = f"watch-{name}", f"load-{name}"
    apply(system, instruction(
        system,
        [periodic(watch, 3600, begin, begin + 1), periodic(load, 3600, begin + 1, begin + 2)],
        [task("watch", "passive-syn", {"interface": "lo", "interval": "4s", "alignment": "start"}),
         task("load", "http-download", {"url": f"http://{system.listening['peer']}/bytes/1000000", "bytes": "1MB",
                                        "streams": 5})],
        [schedule(watch, watch, "watch"), schedule(load, load, "load")]))
    loaded, watching = (wait_for_outcomes(system, one, 1)[0] for one in (load, watch))
    if "missed" in (loaded["outcome"], watching["outcome"]) or oracle.to_ns(loaded["end"]) > oracle.to_ns(watching["end"]):
        return []
    return [row for row in system.rows("results", "passive-syn", "--table", "all") if row["run"] == watching["run"]]


def passive_syn_counts_what_tcpdump_sees(system):
    need_raw_sockets(system)
    start_all(system, "passive-syn", "http-download", peer=True)
    capture = Capture(system, "lo")
    every = watched(system, "soon", 2) or watched(system, "later", 15)
    rows = [row for row in every if row["table"] == "interval"]
    equal([(row["interface"], row["kind"]) for row in every if row["table"] == "point"], [("lo", "loopback")])
    assert len(rows) == 4 and all(row["exact"] for row in rows), rows
    start = oracle.to_ns(rows[0]["start"])
    end = start + 4 * 10**9
    seen = capture.until(end)
    for row in rows:
        there = [with_ack for at, version, with_ack in seen if version == row["family"] and start <= at < end]
        equal((row["syn"], row["syn_ack"]), (there.count(False), there.count(True)))
    # Among them the download's five connections; the others on loopback are the reports', our queries', anybody's.
    assert all(row["syn"] >= row["syn_own"] >= 5 for row in rows if row["family"] == 4), rows


def passive_handshake_times_what_tcpdump_sees(system):
    need_raw_sockets(system)
    start_all(system, "passive-syn")
    capture = Capture(system, "lo")
    watch = task("watch", "passive-handshake", {"interface": "lo", "interval": "3s"})
    apply(system, instruction(system, [immediate("now")], [watch], [schedule("once", "now", "watch")]))

    def over():
        socket.create_connection(address_of(system, "collector")).close()
        return outcomes(system, "once")
    outcome = wait_for("the outcome of a run that sees handshakes", over)[0]
    every = completed(outcome, system.rows("results", "passive-handshake", "--table", "all"))
    equal([(row["interface"], row["kind"]) for row in every if row["table"] == "point"], [("lo", "loopback")])
    rows = {(row["family"], row["direction"]): row for row in every if row["table"] == "interval"}
    equal(set(rows), {(family, direction) for family in (4, 6) for direction in ("in", "out")})
    start = oracle.to_ns(rows[4, "out"]["start"])
    end = start + rows[4, "out"]["covered_ns"]
    socket.create_connection(address_of(system, "collector")).close()
    capture.until(end)
    for (family, _), row in rows.items():
        for count, with_ack in ((row["begun"], False), (row["answered"] + row["unmatched"], True)):
            least, most = capture.between(start, end, family, with_ack)
            # Agents of other tests are on this loopback too; nobody says how their own attempts ended.
            assert row["exact"] and least <= count + row["own"] and count <= most, (least, most, row)
    row = rows[4, "out"]
    assert row["answered"] > 0 and 0 < row["rtt_min_ns"] <= row["rtt_median_ns"] <= row["rtt_max_ns"], row


def runs_that_overlap_name_each_other_at_the_collector(system):
    """An exclusive method waits for its turn, as long as it may; what overlaps then is the results' `conflict`."""
    need_raw_sockets(system)
    agent = start_all(system, "ping", "http-download", peer=True, agent_words=("--longest-wait-s", "1"))
    tasks = [task("ten-seconds", "ping", {"target": "127.0.0.1", "count": 100, "interval": "100ms"}),
             task("get", "http-download", {"url": f"http://{system.listening['peer']}/bytes/1000000", "bytes": "1MB"}),
             task("one", "ping", {"target": "127.0.0.1", "count": 1})]
    events = [immediate(name) for name in ("first", "then", "last")]
    schedules = [schedule("pings", "first", "ten-seconds"), schedule("loads", "then", "get"), schedule("alone", "last", "one")]
    apply(system, instruction(system, events, tasks, schedules[:1]))
    apply(system, instruction(system, events, tasks, schedules[:2]))  # while it pings
    (ping,), (load,) = wait_for_outcomes(system, "pings", 1), wait_for_outcomes(system, "loads", 1)
    apply(system, instruction(system, events, tasks, schedules))
    alone, = wait_for_outcomes(system, "alone", 1)

    rows = [row for method in ("ping", "http-download") for row in system.rows("results", method, "--table", "all")]
    met = {name: [row["conflict"] for row in completed(outcome, rows)]
           for name, outcome in (("pings", ping), ("loads", load), ("alone", alone))}
    for name, others in (("pings", [{"schedule": "loads", "action": "get", "task": "get"}]),
                         ("loads", [{"schedule": "pings", "action": "ten-seconds", "task": "ten-seconds"}]),
                         ("alone", [])):
        equal((name, met[name]), (name, [others] * len(met[name])))
    assert load["lateness_ns"] >= 10**9, load
    contains(agent.log(), "turn not waited for any longer schedule=loads")


def a_run_that_fails_says_whose_fault_it_is(system):
    outcome = one_run(system, "http-download", {"url": "http://127.0.0.1:1/", "bytes": "1MB"})
    equal(outcome["outcome"], "failed")
    equal((outcome["status"], outcome["blame"]), (2, "target"))
    assert outcome["message"], outcome


def results_are_those_that_were_asked_for(system):
    start_all(system, "http-download", peer=True)
    tasks = [task(name, "http-download", {"url": f"http://{system.listening['peer']}/bytes/1000", "bytes": "1000"})
             for name in ("one", "other")]
    apply(system, instruction(system, [immediate("now")], tasks, [schedule("both", "now", "one", "other")]))
    runs = {row["task"]: row["run"] for row in wait_for_outcomes(system, "both", 2)}

    def runs_of(*words):
        return {row["run"] for row in system.rows("results", "http-download", "--table", "all", *words)}
    equal(runs_of(), set(runs.values()))
    equal(runs_of("--task", "one"), {runs["one"]})
    equal(runs_of("--task", "none"), set())
    equal(runs_of("--last", "1h"), set(runs.values()))
    equal(runs_of("--from", "2026-01-01", "--to", "2026-01-02"), set())


def options_are_checked_before_a_plugin_sees_them(system):
    outcome = one_run(system, "dns", {"server": "127.0.0.1", "name": "example.test", "timeuot": "1s"})
    equal((outcome["outcome"], outcome["status"]), ("failed", 104))
    contains(outcome["message"], "timeuot")
    contains(outcome["message"], "timeout")


main(ping_over_ipv4_and_ipv6, http_download_over_http, http_download_over_https, http_upload_over_http, dns_over_udp,
     passive_syn_counts_what_tcpdump_sees, passive_handshake_times_what_tcpdump_sees,
     runs_that_overlap_name_each_other_at_the_collector, a_run_that_fails_says_whose_fault_it_is,
     results_are_those_that_were_asked_for, options_are_checked_before_a_plugin_sees_them)
