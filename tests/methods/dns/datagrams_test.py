"""The dns method over UDP, against a real name server and against what no name server should do."""
import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from servers import ZONE, NameServer, Responder, answer, good_answer, halted, in_order, outcomes, with_opt  # noqa: E402
from support import NameSpaces, Skip, case, equal, main, need_ipv6, need_root, run  # noqa: E402
from pace import paced, until  # noqa: E402

# -- a real name server ------------------------------------------------------------------------------------------------

@case
def each_server_and_name_is_asked_and_its_answer_told(folder):
    need_ipv6()
    with NameServer(folder, ("127.0.0.1", "::1")) as nsd:
        result = run(server=["127.0.0.1", "::1"], port=nsd.port, name=["www.example.test", "nowhere.example.test"],
                     count=2, interval="10ms")
    equal(result.exit, 0, result)
    rows = in_order(result)
    round_of = [(server, name) for name in ("www.example.test", "nowhere.example.test")
                for server in ("127.0.0.1", "::1")]
    equal([(row["server"], row["name"]) for row in rows], round_of * 2)
    equal([row["first_packet"] for row in rows], [True, True] + [False] * 6, result)
    for row in rows:
        equal(row["outcome"], "answer", result)
        equal((row["rcode"], row["answers"], row["min_ttl"]),
              ("NOERROR", 2, 300) if row["name"] == "www.example.test" else ("NXDOMAIN", 0, None), row)
        equal((row["aa"], row["tc"], row["rd"], row["ra"], row["ad"], row["cd"]),
              (True, False, True, False, False, False), row)
        equal((row["source"], row["stamps"], row["connection"]), (row["server"], "kernel", None), row)
        equal(row["from"], row["server"], row)
        assert 0 < row["response_time_ns"] < 1e9 and row["local_queue_ns"] >= 0, row
    assert len({row["source_port"] for row in rows}) >= 7, "ports are not fresh"
    assert len({row["query_id"] for row in rows}) >= 7, "ids are not fresh"
    for row in result.table("summary"):
        equal((row["sent"], row["answered"], row["timeouts"], row["loss"]), (4, 4, 0, 0), row)
        times = sorted(r["response_time_ns"] for r in rows if r["server"] == row["server"])
        equal((row["response_time_min_ns"], row["response_time_max_ns"]), (times[0], times[3]), row)
        equal(row["response_time_median_ns"], times[1] + (times[2] - times[1]) // 2, row)


@case
def record_types_ttls_and_counts_are_those_of_the_zone(folder):
    with NameServer(folder) as nsd:
        for kind, name, count, ttl in (("AAAA", "www", 1, 300), ("MX", "mail", 1, 300), ("CNAME", "alias", 1, 60),
                                       ("A", "alias", 3, 60), ("TXT", "www", 0, None)):
            result = run(server="127.0.0.1", port=nsd.port, name=f"{name}.example.test", type=kind, linger="0s")
            row = result.one("query")
            equal((row["type"], row["outcome"], row["rcode"], row["answers"], row["min_ttl"]),
                  (kind, "answer", "NOERROR", count, ttl), row)


@case
def a_truncated_answer_is_followed_over_tcp_unless_edns_makes_room(folder):
    with NameServer(folder) as nsd:
        ask = {"server": "127.0.0.1", "port": nsd.port, "name": "big.example.test", "type": "TXT"}
        for size in (0, 1232):
            result = run(edns_size=size, **ask)
            first, second = in_order(result)
            equal((result.exit, first["transport"], first["outcome"], first["tc"], first["follows"]),
                  (0, "udp", "truncated", True, None), result)
            equal((second["transport"], second["outcome"], second["tc"], second["follows"], second["answers"]),
                  ("tcp", "answer", False, first["seq"], 10), result)
            equal((second["connection"], second["stamps"]), ("cold", "program"), second)
            assert 0 < second["connect_ns"] and second["connect_ns"] + second["response_time_ns"] == second["total_ns"]
            udp, tcp = result.table("summary")
            equal((udp["truncated"], tcp["connection"], tcp["answered"]), (1, "cold", 1), result)
        equal(outcomes(run(edns_size=0, follow="false", **ask)), ["truncated"])
        row = run(edns_size=4096, **ask).one("query")
        equal((row["outcome"], row["answers"]), ("answer", 10), row)
        assert row["received_size"] > 2000, row


@case
def a_hundred_queries_keep_their_pace_and_their_stamps(folder):
    with NameServer(folder) as nsd:
        result = run(server="127.0.0.1", port=nsd.port, name="www.example.test", count=100, interval="5ms")
    rows = result.table("query")
    equal(outcomes(result), ["answer"] * 100, result)
    assert all(row["response_time_ns"] is not None for row in rows), result
    assert 0.45 < result.took_s < 30, result.took_s
    equal(sorted(row["seq"] for row in rows), list(range(1, 101)))


@case
def queries_at_random_times_are_as_many(folder):
    with NameServer(folder) as nsd:
        result = run(server="127.0.0.1", port=nsd.port, name="www.example.test", count=50, interval="4ms",
                     sampling="poisson", linger="0s")
    equal(outcomes(result), ["answer"] * 50, result)


@case
def a_cookie_is_sent_learned_and_sent_back(folder):
    def sizes(result):
        return [row["sent_size"] for row in in_order(result)]
    with NameServer(folder) as nsd:
        # Each has to be answered before the next is sent.
        result = paced(lambda pace: run(server="127.0.0.1", port=nsd.port, name="www.example.test", cookies="true", count=3,
                                        interval=f"{50 * pace}ms"), lambda result: sizes(result)[1] > sizes(result)[0])
    equal([(row["outcome"], row["cookie"]) for row in in_order(result)], [("answer", "server")] * 3, result)
    first, *others = sizes(result)
    equal(others, [first + 16] * 2, result)


@case
def servers_say_who_they_are(folder):
    with NameServer(folder) as nsd:
        result = run(server="127.0.0.1", port=nsd.port, name="www.example.test", identify="true")
    who, what = in_order(result)
    equal((who["name"], who["class"], who["type"], who["outcome"]), ("id.server", "CH", "TXT", "answer"), result)
    equal((what["outcome"], what["nsid"]), ("answer", "tester"), result)
    row = result.one("summary")
    equal((row["nsid"], row["id_server"]), ("tester", "tester one"), row)


@case
def a_unique_label_before_a_name_is_new_each_time(folder):
    with NameServer(folder) as nsd:
        result = run(server="127.0.0.1", port=nsd.port, name="www.example.test", unique="true", mixed_case="true",
                     count=5, interval="10ms")
    equal([(row["name"], row["outcome"], row["rcode"]) for row in in_order(result)],
          [("www.example.test", "answer", "NXDOMAIN")] * 5, result)
    equal(len({row["label"].lower() for row in in_order(result)}), 5, result)


@case
def servers_that_say_different_things_are_set_apart(folder):
    with NameServer(folder) as nsd, tempfile.TemporaryDirectory() as other, \
            NameServer(other, ("127.0.0.2", "127.0.0.3"), zone=ZONE.replace("192.0.2.3", "203.0.113.9"),
                       port=nsd.port):
        result = run(server=["127.0.0.1", "127.0.0.2", "127.0.0.3"], port=nsd.port,
                     name=["www.example.test", "mail.example.test"], interval="10ms")
    rows = result.table("comparison")
    equal([(row["name"], row["server"], row["answer_group"], row["agreeing"], row["answering"], row["differs"])
           for row in rows],
          [("www.example.test", "127.0.0.1", 2, 1, 3, True), ("www.example.test", "127.0.0.2", 1, 2, 3, True),
           ("www.example.test", "127.0.0.3", 1, 2, 3, True)] +
          [("mail.example.test", f"127.0.0.{n}", 1, 3, 3, False) for n in (1, 2, 3)], result)
    equal(rows[0]["answer"], "NOERROR; A 192.0.2.2; A 192.0.2.3")
    assert "203.0.113.9" in rows[1]["answer"], rows[1]


def with_resolv_conf(folder, text, *words, files=(), **options):
    """A run that finds this in place of the system's own settings."""
    need_root()
    (pathlib.Path(folder) / "resolv.conf").write_text(text)
    os.chmod(f"{folder}/resolv.conf", 0o644)
    return run(*words, files=[(f"{folder}/resolv.conf", "/etc/resolv.conf"), *files], **options)


@case
def the_systems_resolvers_are_asked_where_none_is_named(folder):
    with NameServer(folder, ("127.0.0.53", "127.0.0.1")) as nsd:
        result = with_resolv_conf(folder, "nameserver 127.0.0.53\nnameserver 127.0.0.1\n", port=nsd.port,
                                  name="www.example.test")
    equal(outcomes(result), ["answer"] * 2, result)
    equal([(row["server"], row["discovered"], row["stub"]) for row in result.table("summary")],
          [("127.0.0.53", True, "systemd-resolved"), ("127.0.0.1", True, "local resolver")], result)
    result = with_resolv_conf(folder, "nameserver 127.0.0.53\n", name="www.example.test", family="6")
    equal(result.status, "no_resolver", result)


@case
def whom_systemd_resolved_asks_is_told(folder):
    if not os.path.isdir("/run/systemd"):
        raise Skip("there is no systemd here")
    resolved = pathlib.Path(folder) / "systemd" / "resolve"
    resolved.mkdir(parents=True)
    (resolved / "resolv.conf").write_text("# of the line\nnameserver 192.0.2.1\nnameserver 2001:db8::1\nsearch test\n")
    with NameServer(folder, ("127.0.0.53", "127.0.0.1")) as nsd:
        result = with_resolv_conf(folder, "nameserver 127.0.0.53\nnameserver 127.0.0.1\n", port=nsd.port,
                                  name="www.example.test", files=[(str(resolved.parent), "/run/systemd")])
    equal([(row["server"], row["upstreams"]) for row in result.table("summary")],
          [("127.0.0.53", "192.0.2.1 2001:db8::1"), ("127.0.0.1", None)], result)


# -- what no name server should do -------------------------------------------------------------------------------------

@case
def silence_is_a_timeout_for_each_try(folder):
    with Responder(lambda *_: None) as silent:
        result = silent.run(timeout="100ms", tries=3, linger="50ms")
        until(lambda: len(silent.queries) == 3, "three queries at the server")
    equal((result.exit, result.status), (1, "no_answer"), result)
    rows = in_order(result)
    equal([(row["try"], row["outcome"], row["response_time_ns"], row["rcode"]) for row in rows],
          [(number, "timeout", None, None) for number in (1, 2, 3)], result)
    equal(len({query[:2] for query, _ in silent.queries}), 3, "ids")
    equal(len({client[1] for _, client in silent.queries}), 3, "ports")
    row = result.one("summary")
    equal((row["sent"], row["timeouts"], row["loss"], row["response_time_median_ns"]), (3, 3, 1, None), row)


@case
def a_second_try_answers_what_the_first_did_not(folder):
    def behave(server, query, client, number):
        if number >= 1:
            server.socket.sendto(good_answer(query), client)
    with Responder(behave) as server:
        result = server.run(timeout="400ms", tries=8, linger="50ms")
    equal(result.exit, 0, result)
    said = outcomes(result)
    assert said[0] == "timeout" and "answer" in said, result


@case
def an_answer_after_the_timeout_is_late_and_no_answer(folder):
    def behave(server, query, client, number):
        time.sleep(0.2)
        server.socket.sendto(good_answer(query), client)
    with Responder(behave) as server:
        result = server.run(timeout="100ms", linger="2s")
    row = result.one("query")
    equal((row["outcome"], row["rcode"]), ("late", "NOERROR"), result)
    assert 200e6 <= row["response_time_ns"] < 2.1e9, row
    summary = result.one("summary")
    equal((summary["late"], summary["answered"], summary["loss"], summary["response_time_max_ns"]), (1, 0, 1, None),
          summary)


@case
def forged_answers_are_told_and_the_right_one_still_counts(folder):
    def behave(server, query, client, number):
        wrong_id = bytes([query[0] ^ 1]) + query[1:]
        other_name = query[:13] + b"x" + query[14:]
        other_type = query[:-4] + b"\0\x1c" + query[-2:]
        for forged in (good_answer(wrong_id), good_answer(other_name), good_answer(other_type), query, b"", b"\0" * 11):
            server.socket.sendto(forged, client)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other_port:
            other_port.sendto(good_answer(query), client)
        server.socket.sendto(good_answer(query), client)
    with Responder(behave) as server:
        result = server.run()
    equal(result.exit, 0, result)
    equal(sorted(outcomes(result)), ["answer"] + ["mismatch"] * 7, result)
    equal({row["response_time_ns"] for row in result.table("query") if row["outcome"] == "mismatch"}, {None}, result)
    summary = result.one("summary")
    equal((summary["sent"], summary["answered"], summary["mismatches"]), (1, 1, 7), summary)


@case
def a_flood_of_forged_answers_costs_eight_rows(folder):
    def behave(server, query, client, number):
        for _ in range(2000):
            server.socket.sendto(b"\0\0" + query[2:], client)
        server.socket.sendto(good_answer(query), client)
    with Responder(behave) as server:
        result = server.run(timeout="2s", linger="0s")
    assert outcomes(result).count("mismatch") == 8, result
    assert outcomes(result)[-1] in ("answer", "timeout", "dropped_here"), result


@case
def two_who_answer_are_seen_and_whether_they_say_the_same(folder):
    def behave(server, query, client, number):
        server.socket.sendto(good_answer(query), client)
        server.socket.sendto(good_answer(query), client)
        server.socket.sendto(answer(query, flags=0x8183), client)
    with Responder(behave) as server:
        result = server.run()
    equal([(row["outcome"], row["rcode"]) for row in in_order(result)],
          [("answer", "NOERROR"), ("second_answer", "NOERROR"), ("differing_answer", "NXDOMAIN")], result)
    row = result.one("summary")
    equal((row["answered"], row["second_answers"], row["differing_answers"]), (1, 1, 1), row)


@case
def an_extended_error_is_told(folder):
    def behave(server, query, client, number):
        server.socket.sendto(with_opt(query, (15, b"\0\x11blocked by law"), flags=0x8183), client)
    with Responder(behave) as server:
        row = server.run(edns_size=1232).one("query")
    equal((row["rcode"], row["extended_error"], row["extended_error_text"]), ("NXDOMAIN", 17, "blocked by law"), row)


@case
def an_answer_with_somebody_elses_cookie_is_a_mismatch(folder):
    def behave(server, query, client, number):
        server.socket.sendto(with_opt(query, (10, b"x" * 24)), client)
        server.socket.sendto(with_opt(query, (10, query[-8:])), client)
    with Responder(behave) as server:
        result = server.run(edns_size=1232, cookies="true")
    equal([(row["outcome"], row["reason"], row["cookie"]) for row in in_order(result)],
          [("mismatch", "another cookie", None), ("answer", None, "client")], result)


@case
def a_cookie_of_no_lawful_size_is_not_learned(folder):
    def behave(server, query, client, number):
        server.socket.sendto(with_opt(query, (10, query[-8:] + b"S" * 200)), client)
        server.socket.sendto(with_opt(query, (10, query[-8:])), client)
    with Responder(behave) as server:
        result = server.run(edns_size=1232, cookies="true", count=2, interval="200ms")
    equal(outcomes(result), ["mismatch", "answer"] * 2, result)
    equal(len(server.queries[0][0]), len(server.queries[1][0]))


@case
def what_needs_edns_is_refused_without(folder):
    for option in ("cookies", "dnssec", "identify"):
        with Responder(lambda *_: None) as server:
            equal((server.run(**{option: "true"}).status, server.queries), ("bad_option", []))


@case
def an_answer_behind_one_that_could_not_be_read_differs_from_nothing(folder):
    def behave(server, query, client, number):
        server.socket.sendto(answer(query, count=3, records=b"\xc0"), client)
        server.socket.sendto(good_answer(query), client)
    with Responder(behave) as server:
        equal(outcomes(server.run()), ["malformed", "second_answer"])


@case
def a_refused_cookie_is_asked_again_with_the_servers(folder):
    def behave(server, query, client, number):
        if number == 0:
            server.socket.sendto(with_opt(query, (10, query[-8:] + b"S" * 16), flags=0x8187, rcode_high=1), client)
        else:
            server.socket.sendto(with_opt(query, (10, query[-24:])), client)
    with Responder(behave) as server:
        result = server.run(edns_size=1232, cookies="true")
    equal([(row["rcode"], row["follows"], row["cookie"]) for row in in_order(result)],
          [("BADCOOKIE", None, "server"), ("NOERROR", 1, "server")], result)
    equal(server.queries[1][0][-16:], b"S" * 16)


@case
def an_answer_that_does_not_repeat_the_drawn_case_is_a_mismatch(folder):
    def behave(server, query, client, number):
        changed = bytes(c ^ 0x20 if chr(c).isalpha() else c for c in query[12:-4])
        server.socket.sendto(good_answer(query[:12] + changed + query[-4:]), client)
        server.socket.sendto(good_answer(query), client)
    with Responder(behave) as server:
        result = server.run(mixed_case="true", count=3, interval="20ms")
    equal(outcomes(result), ["mismatch", "answer"] * 3, result)
    assert len({query[12:] for query, _ in server.queries}) > 1, "the case was not drawn"


@case
def the_question_may_come_back_in_another_case_or_be_left_out_of_an_error(folder):
    def behave(server, query, client, number):
        if number == 0:
            server.socket.sendto(good_answer(query.replace(b"www", b"WwW")), client)
        else:
            server.socket.sendto(query[:2] + struct.pack("!HHHHH", 0x8182, 0, 0, 0, 0), client)
    with Responder(behave) as server:
        result = server.run(count=2, interval="20ms")
    equal([(row["outcome"], row["rcode"]) for row in in_order(result)],
          [("answer", "NOERROR"), ("answer", "SERVFAIL")], result)


@case
def records_that_cannot_be_parsed_are_malformed(folder):
    with Responder(lambda s, q, c, n: s.socket.sendto(answer(q, count=3, records=b"\xc0"), c)) as server:
        row = server.run().one("query")
    equal((row["outcome"], row["rcode"], row["answers"]), ("malformed", None, None), row)


@case
def a_closed_port_is_an_icmp_error_with_type_and_code(folder):
    need_ipv6()
    for address, wanted in (("127.0.0.1", (3, 3)), ("::1", (1, 4))):
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as closed:
            closed.bind((address, 0))
            port = closed.getsockname()[1]
        result = run(server=address, port=port, name="www.example.test", linger="0s")
        row = result.one("query")
        equal((result.exit, result.status), (1, "no_answer"), result)
        equal((row["outcome"], row["icmp_type"], row["icmp_code"], row["from"]), ("icmp_error", *wanted, address), row)


@case
def what_is_no_name_or_not_of_the_family_is_refused_before_anything_is_sent(folder):
    with Responder(lambda *_: None) as server:
        for name in ("a..b", "192.0.2.53", ["www.example.test", "[2001:db8::53]:53"]):
            for options in WAYS:
                result = server.run(name=name, **options)
                equal(result.status, "bad_option", result)
                equal(result.rows, [])
        assert "is an address" in result.stderr and "server" in result.stderr, result
        equal(server.queries, [])


@case
def what_is_of_connections_is_refused_over_datagrams_alone(folder):
    with Responder(lambda *_: None) as server:
        for options in ({"connection": ["cold", "reused"]}, {"connection": "resumed", "outstanding": 2},
                        {"tls_name": "dns.example.test"}, {"ca": "/ca.pem", "transport": ["udp", "tcp"]}):
            result = server.run(**options)
            equal((result.status, result.rows, server.queries), ("bad_option", [], []), result)


@case
def a_deadline_ends_the_run_with_what_there_is(folder):
    with Responder(lambda s, q, c, n: s.socket.sendto(good_answer(q), c) if n == 0 else None) as server:
        result = server.run(count=2, interval="10ms", timeout="30s", deadline="3s", linger="0s")
    assert result.took_s < 25, result
    equal(outcomes(result), ["answer", "cancelled"], result)
    summary = result.one("summary")
    equal((summary["sent"], summary["answered"], summary["cancelled"], summary["loss"]), (2, 1, 1, 0), summary)


@case
def a_cancelled_run_says_what_there_is():
    def answers_the_first(server, query, client, number):
        if number == 0:
            server.socket.sendto(good_answer(query), client)
    for load in (False, True):
        with Responder(answers_the_first) as server:
            result = server.run(timeout="50s", linger="0s", count=2, **({"outstanding": 1} if load else {"interval": "10ms"}),
                                cancel_when=lambda server=server: len(server.queries) == 2)
        summary = result.one("summary")
        equal((result.exit, summary["sent"], summary["timeouts"], summary["answered"] + summary["cancelled"]), (0, 2, 0, 2),
              result)
        if load or summary["answered"]:  # under load the second waits for the answer to the first
            equal((summary["answered"], summary["cancelled"], summary["loss"]), (1, 1, 0), result)


# -- a host without time or room ---------------------------------------------------------------------------------------

# One query by itself, and under load: what is asked of the run, and its counts.
WAYS = ({}, {"outstanding": 1})


def halting(work):
    """A server that does `work` with a query while the method stands still."""
    def behave(server, query, client, number):
        with halted():
            work(server, query, client)
            server.was_halted = True
    return Responder(behave)


@case
def an_answer_that_lay_there_in_time_is_one_whenever_it_is_read(folder):
    def answer_and_wait(server, query, client):
        for _ in range(100):  # more than one look brings in
            server.socket.sendto(b"\0\0" + query[2:], client)
        server.socket.sendto(good_answer(query), client)
        time.sleep(2)
    for options in WAYS:
        with halting(answer_and_wait) as server:
            result = server.run(timeout="2s", linger="0s", **options)
        summary = result.one("summary")
        equal((server.was_halted, summary["answered"], summary["late"], summary["timeouts"]), (True, 1, 0, 0), result)
        assert summary["response_time_max_ns"] < 2e9, result


@case
def an_answer_that_found_no_room_here_is_no_loss(folder):
    def flood(server, query, client):
        for number in range(3100):  # large ones, and small ones into what room is left
            server.socket.sendto(b"\0\0" + query[2:] + bytes(4000 if number < 3000 else 0), client)
        server.socket.sendto(good_answer(query), client)
    for options in WAYS:
        with halting(flood) as server:
            result = server.run(timeout="1s", linger="0s", **options)
        summary = result.one("summary")
        equal((server.was_halted, summary["dropped_here"], summary["timeouts"], summary["loss"]), (True, 1, 0, None), result)


# -- in name spaces ----------------------------------------------------------------------------------------------------

@case
def a_server_without_a_route_is_unsent_not_lost(folder):
    with NameSpaces() as net:
        result = run(server=["192.0.2.1", "2001:db8::1"], name="www.example.test", transport=["udp", "tcp"],
                     timeout="2s", linger="0s", space=net.client)
    equal(result.status, "not_sent", result)
    equal(outcomes(result), ["unsent"] * 4, result)
    for row in result.table("summary"):
        equal((row["sent"], row["unsent"], row["loss"]), (0, 1, None), row)


class Capture:
    """What tcpdump sees of UDP on the client's interface: times in ns by (source, destination, DNS id)."""

    def __init__(self, net, folder, port):
        self.file, self.port = pathlib.Path(folder) / "capture", port
        try:
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", net.client, "tcpdump", "-i", "line", "--time-stamp-precision=nano", "-U", "-Z",
                 "root", "-w", self.file, f"udp port {port}"], stderr=subprocess.PIPE, text=True)
        except FileNotFoundError:
            raise Skip("tcpdump is not installed") from None
        line = self.process.stderr.readline()
        while "listening on" not in line:
            if not line:
                raise Skip("tcpdump captures nothing here")
            line = self.process.stderr.readline()

    def response_times(self, wanted):
        """By (source port, DNS id), once `wanted` answers were seen."""
        deadline = time.monotonic() + 20
        while len(times := self._pairs()) < wanted and time.monotonic() < deadline:
            time.sleep(0.05)
        self.process.terminate()
        self.said = self.process.communicate()[1]
        return times

    def _pairs(self):
        data, at, sent, times = self.file.read_bytes(), 24, {}, {}
        while at + 16 <= len(data):
            seconds, ns, size, _ = struct.unpack_from("<IIII", data, at)
            frame, at = data[at + 16:at + 16 + size], at + 16 + size
            if len(frame) < size:
                break
            udp = 14 + (20 if frame[12:14] == b"\x08\x00" else 40)
            source, destination = struct.unpack_from("!HH", frame, udp)
            number, = struct.unpack_from("!H", frame, udp + 8)
            if destination == self.port:
                sent[source, number] = seconds * 10**9 + ns
            else:
                times[destination, number] = seconds * 10**9 + ns - sent[destination, number]
        return times


@case
def response_times_are_those_of_a_capture(folder):
    with NameSpaces() as net, NameServer(folder, net.server_addresses, net.server) as nsd:
        for _ in range(3):  # a capture may miss a packet on a busy machine
            capture = Capture(net, folder, nsd.port)
            result = run(server=list(net.server_addresses), port=nsd.port, name="www.example.test", count=100,
                         interval="3ms", space=net.client)
            captured = capture.response_times(200)
            if len(captured) == 200:
                break
    equal(outcomes(result), ["answer"] * 200, result)
    equal(len(captured), 200, capture.said)
    off = sorted(abs(row["response_time_ns"] - captured[row["source_port"], row["query_id"]])
                 for row in result.table("query"))
    print(f"         off a capture: median {off[100] / 1e3:.1f} us, p99 {off[197] / 1e3:.1f} us, of "
          f"{result.table('summary')[0]['response_time_median_ns'] / 1e3:.0f} us")
    assert off[100] < 20_000, off


if __name__ == "__main__":
    main()
