"""The dns method over TCP, TLS and HTTPS: nsd, small servers of the test's own, and what no server should do."""
import os
import pathlib
import re
import socket
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import http2_server  # noqa: E402
from servers import NameServer, answer, good_answer, in_order, outcomes, with_opt  # noqa: E402
from streams import certificates, framed, free_port, read_query  # noqa: E402
from support import Listener, case, equal, listens_on, main, need_ipv6, reset, run, server_tls  # noqa: E402
from pace import paced  # noqa: E402

WWW = "www.example.test"


def always(make):
    """Answers each query of a connection."""
    def behave(connection, _):
        while True:
            connection.sendall(make(read_query(connection)))
    return behave


def ask(listener, transport="tcp", **options):
    return run(server=listener.socket.getsockname()[0], port=listener.port, transport=transport,
               **{"name": WWW, "edns_size": 0, **options})


class Https(Listener):
    """DNS over HTTPS by `make(query)`, or by `behave(connection, stream, query, fields)`."""

    def __init__(self, make=good_answer, behave=None, names=("IP:127.0.0.1",), alpn=("h2",), days=2):
        self.ca, certificate, key = certificates(*names, days=days)
        context = server_tls(certificate, key)
        context.set_alpn_protocols(list(alpn))
        self.requests = []

        def one(connection, stream, query, fields):
            self.requests.append((query, fields))
            if behave:
                return behave(connection, stream, query, fields)
            return connection.sendall(http2_server.response(stream, make(query)))
        super().__init__(lambda connection, _: http2_server.serve(connection, one), tls=context)

    def ask(self, **options):
        return ask(self, "doh", ca=self.ca, **options)


# -- each transport as it should be ------------------------------------------------------------------------------------

@case
def over_tcp_phases_are_told_and_a_connection_serves_again(folder):
    need_ipv6()
    with NameServer(folder, ("127.0.0.1", "::1")) as nsd:
        result = run(server=["127.0.0.1", "::1"], port=nsd.port, name=[WWW, "big.example.test"], type="TXT",
                     transport="tcp", connection=["cold", "reused"], count=2, interval="50ms")
    rows = in_order(result)
    equal([row["outcome"] for row in rows], ["answer"] * 16, result)
    for row in rows:
        equal((row["answers"], row["tc"]), (10 if row["name"].startswith("big") else 0, False), row)
        equal((row["source"], row["tls_ns"], row["stamps"]), (row["server"], None, "program"), row)
        equal(row["connect_ns"] is None, row["connection"] == "reused", row)
        assert 0 < row["response_time_ns"] < 5e9, row
    for server in ("127.0.0.1", "::1"):
        mine = [row for row in rows if row["server"] == server]
        kept = [row for row in mine if row["seq"] in {r["seq"] for r in mine if r["connection"] == "reused"}]
        equal((len(kept), len({row["source_port"] for row in kept})), (3, 1), result)
        equal([row["connection"] for row in mine].count("cold"), 5, result)
    equal([(row["server"], row["connection"], row["sent"]) for row in result.table("summary")],
          [("127.0.0.1", "cold", 5), ("127.0.0.1", "reused", 3), ("::1", "cold", 5), ("::1", "reused", 3)], result)


@case
def over_tls_cold_resumed_and_reused_are_told_apart(folder):
    port = free_port()
    ca, certificate, key = certificates("DNS:dns.example.test")
    more = f' tls-service-key: "{key}"\n tls-service-pem: "{certificate}"\n tls-port: {port}\n'
    wanted = ["cold", "resumed", "cold"] + ["cold", "resumed", "reused"] * 2

    def ways(result):
        return [row["connection"] for row in in_order(result)]
    with NameServer(folder, more=more, port=port):
        # Each has to be there before the next is asked.
        result = paced(lambda pace: run(server="127.0.0.1", port=port, name=WWW, transport="dot", ca=ca,
                                        tls_name="dns.example.test", connection=["cold", "resumed", "reused"], count=3,
                                        interval=f"{100 * pace}ms"), lambda result: ways(result) == wanted)
    rows = in_order(result)
    equal(outcomes(result), ["answer"] * 9, result)
    equal(ways(result), wanted, result)
    for row in rows:
        equal((row["answers"], row["tls_version"]), (2, "TLSv1.3"), row)
        phases = [row["connect_ns"], row["tls_ns"]]
        if row["connection"] == "reused":
            equal((phases, row["total_ns"]), ([None, None], row["response_time_ns"]), row)
        else:
            assert min(phases) > 0 and row["total_ns"] == sum(phases) + row["response_time_ns"], row
    equal({row["connection"]: (row["sent"], row["tls_median_ns"] is None) for row in result.table("summary")},
          {"cold": (4, False), "resumed": (3, False), "reused": (2, True)}, result)


@case
def over_https_get_and_post_carry_the_query():
    with Https(names=("DNS:dns.example.test",)) as server:
        wanted = ["cold", "resumed", "cold", "cold", "resumed", "reused"]

        def ways(result):
            return [row["connection"] for row in in_order(result)]
        for method in ("POST", "GET"):
            server.requests.clear()
            result = paced(lambda pace: server.ask(
                http_method=method, tls_name="dns.example.test", count=2, interval=f"{100 * pace}ms",
                connection=["cold", "resumed", "reused"], path="/ask"), lambda result: ways(result) == wanted)
            equal([(row["outcome"], row["http_status"], row["query_id"]) for row in in_order(result)],
                  [("answer", 200, 0)] * 6, result)
            equal(ways(result), wanted, result)
            query, fields = server.requests[0]
            equal((fields[":method"], fields[":scheme"], fields[":path"].split("?")[0], fields[":authority"],
                   fields["accept"]),
                  (method, "https", "/ask", f"dns.example.test:{server.port}", "application/dns-message"), fields)
            equal(query[:2] + query[12:], b"\0\0\3www\7example\4test\0\0\1\0\1", query)


@case
def many_queries_share_a_connection_and_find_their_answers():
    def late_first(connection, _):
        queries = [read_query(connection) for _ in range(3)]
        for query in reversed(queries):
            connection.sendall(framed(good_answer(query)))
        connection.recv(1)
    with Listener(late_first) as server:
        result = ask(server, connection="reused", count=3, interval="1ms")
        equal(server.connections, 1)
    equal(outcomes(result), ["answer"] * 3, result)
    equal(len({row["query_id"] for row in in_order(result)}), 3, result)


# -- certificates ------------------------------------------------------------------------------------------------------

@case
def a_certificate_of_somebody_else_is_refused():
    with Https() as server:
        wrong_name = server.ask(tls_name="other.example.test")
        unknown_ca = ask(server, "doh")
        overdue = Https(days=-1)
        with overdue:
            out_of_date = overdue.ask()
        ca, tls = tls_of()
        with Listener(always(lambda query: framed(good_answer(query))), tls=tls) as dot:
            over_tls = ask(dot, "dot", ca=ca, tls_name="other.example.test")
        for result in (wrong_name, unknown_ca, out_of_date, over_tls):
            row = result.one("query")
            equal((row["outcome"], result.status, row["tls_ns"]), ("certificate_rejected", "no_answer", None), result)
            assert row["connect_ns"] > 0, row
        for result, word in ((wrong_name, "mismatch"), (over_tls, "mismatch"), (out_of_date, "expired")):
            assert word in result.one("query")["reason"], result
        equal(server.ask().one("query")["outcome"], "answer")


@case
def a_file_of_cas_that_is_none_is_refused_before_anything_is_sent(folder):
    (pathlib.Path(folder) / "none.pem").write_text("nothing")
    os.chmod(f"{folder}/none.pem", 0o644)
    with Listener(always(lambda query: b"")) as server:
        for ca, is_relative in ((f"{folder}/none.pem", False), ("none.pem", True)):
            result = ask(server, "dot", ca=ca)
            equal((result.status, server.connections), ("bad_option", 0), result)
            equal("give an absolute path" in result.stderr, is_relative, result)


# -- what no server should do ------------------------------------------------------------------------------------------

@case
def a_closed_port_refuses_the_connection():
    need_ipv6()
    for address in ("127.0.0.1", "::1"):
        for transport in ("tcp", "dot", "doh"):
            with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as closed:
                closed.bind((address, 0))
                result = run(server=address, port=closed.getsockname()[1], name=WWW, transport=transport)
            row = result.one("query")
            equal((row["outcome"], row["connection"], row["connect_ns"]), ("connect_refused", None, None), result)
            equal(result.status, "no_answer")


@case
def a_connection_that_breaks_is_lost_in_whatever_phase():
    def after_query(connection, _):
        read_query(connection)
        reset(connection)

    def half_an_answer(connection, _):
        connection.sendall(framed(good_answer(read_query(connection)))[:20])
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)
    for transport, behave, outcome, words in (
            ("tcp", lambda c, _: reset(c), "connection_lost", ("reset", "broken")),
            ("tcp", after_query, "connection_lost", ("reset", "broken")),
            ("tcp", half_an_answer, "connection_lost", ("within its answer",)),
            ("dot", lambda c, _: reset(c), "tls_failed", ("reset", "broken")),
            ("doh", lambda c, _: c.close(), "tls_failed", ("ended", "reset", "broken")),
            ("dot", lambda c, _: c.sendall(b"220 hello\r\n" * 10), "tls_failed", ("",))):
        with Listener(behave) as server:
            result = ask(server, transport, timeout="50s")
        row = result.one("query")
        equal((row["outcome"], result.status), (outcome, "no_answer"), result)
        assert any(word in row["reason"].lower() for word in words), result
        assert result.took_s < 40, result


def tls_of():
    """(CA, what a Listener needs for TLS at 127.0.0.1)"""
    ca, certificate, key = certificates("IP:127.0.0.1")
    return ca, server_tls(certificate, key)


@case
def a_connection_that_breaks_behind_its_handshake_is_lost_too():
    ca, tls = tls_of()

    def in_the_handshake(connection, _):
        connection.recv(1)
        reset(connection)

    def after_query(connection, _):
        read_query(connection)
        reset(connection)

    def within_the_answer(connection, _):
        connection.sendall(framed(good_answer(read_query(connection)))[:20])
        connection.recv(1) if connection.pending() else None
        connection.unwrap()

    def half_closed(connection, _):
        read_query(connection)
        connection.shutdown(socket.SHUT_WR)
        time.sleep(60)
    for secured, behave, outcome in ((False, in_the_handshake, "tls_failed"), (True, lambda c, _: reset(c), "connection_lost"),
                                     (True, after_query, "connection_lost"), (True, within_the_answer, "connection_lost"),
                                     (True, half_closed, "connection_lost")):
        with Listener(behave, tls=tls if secured else None) as server:
            result = ask(server, "dot", ca=ca, timeout="50s")
        row = result.one("query")
        equal((row["outcome"], result.status), (outcome, "no_answer"), f"{behave.__name__}\n{result}")
        assert row["reason"] and result.took_s < 40, result
    with Listener(half_closed) as server:
        row = ask(server, timeout="50s").one("query")
    equal((row["outcome"], row["reason"]), ("connection_lost", "the server ended the connection"), row)


@case
def https_that_breaks_within_a_stream_is_lost():
    def before(connection, *_):
        reset(connection)

    def within(connection, stream, query, _):
        connection.sendall(http2_server.response(stream, good_answer(query))[:-5])
        reset(connection)
    for behave in (before, within):
        with Https(behave=behave) as server:
            result = server.ask(timeout="50s")
        row = result.one("query")
        equal((row["outcome"], result.status), ("connection_lost", "no_answer"), result)
        assert row["reason"] and result.took_s < 40, result


@case
def https_that_is_half_closed_is_lost():
    def half_closed(connection, *_):
        connection.shutdown(socket.SHUT_WR)
        listens_on(connection)
    with Https(behave=half_closed) as server:
        result = server.ask(timeout="50s")
    row = result.one("query")
    equal((row["outcome"], row["reason"]), ("connection_lost", "the server ended the connection"), result)
    assert result.took_s < 40, result


@case
def https_that_sends_headers_without_end_ends_its_query():
    def of_one_block(connection, stream, *_):
        connection.sendall(http2_server.frame(http2_server.HEADERS, 0, stream, http2_server.literal(":status", "200")))
        while True:
            connection.sendall(http2_server.frame(9, 0, stream, http2_server.literal("x", "y" * 100) * 100))

    def that_say_wait(connection, stream, *_):
        head = http2_server.frame(http2_server.HEADERS, http2_server.END_HEADERS, stream, http2_server.literal(":status", "103"))
        while True:
            connection.sendall(head * 100)
    for behave in (of_one_block, that_say_wait):
        with Https(behave=behave) as server:
            result = server.ask(timeout="50s")
        row = result.one("query")
        print(f"         {behave.__name__}: {row['outcome']}, {row['reason']}")
        assert row["outcome"] in ("http_failed", "connection_lost") and row["reason"] and result.took_s < 40, result


@case
def a_set_up_that_two_queries_wait_for_is_told_of_once():
    def never(connection, _):
        connection.recv(65536)
        time.sleep(60)
    with Listener(never) as server:
        result = ask(server, "dot", connection="reused", count=2, interval="1ms", timeout="500ms")
        equal(server.connections, 1, result)
    first, second = in_order(result)
    equal([(row["outcome"], row["connection"], row["tls_ns"]) for row in (first, second)],
          [("timeout", "cold", None)] * 2, result)
    assert first["connect_ns"] > 0 and second["connect_ns"] is None, result


@case
def silence_is_a_timeout_that_names_the_phase():
    def silent(connection, _):
        connection.recv(65536)
        time.sleep(60)

    def slowly(connection, _):
        message = framed(good_answer(read_query(connection)))
        for byte in message[:-1]:
            connection.sendall(bytes([byte]))
            time.sleep(0.2)
        time.sleep(60)

    def named(result, word):
        return all((row["reason"] is None) if word is None else word in (row["reason"] or "") for row in in_order(result))
    ca, tls = tls_of()
    for transport, behave, secured, word in (
            ("tcp", silent, None, None), ("dot", silent, None, "TLS was not set up"),
            ("tcp", slowly, None, "bytes of the answer"), ("dot", slowly, tls, "bytes of the answer")):
        with Listener(behave, tls=secured) as server:
            # The phases before have to be over by then, and where bytes come, one of them there.
            result = paced(lambda pace: ask(server, transport, timeout=f"{500 * pace}ms", tries=2,
                                            **({"ca": ca} if secured else {})),
                           lambda result: named(result, word))
        equal(outcomes(result), ["timeout"] * 2, result)
        assert named(result, word), result
        assert 0.9 < result.took_s < 40, result

    def stream_slowly(connection, stream, query, _):
        for byte in http2_server.response(stream, good_answer(query)):
            connection.sendall(bytes([byte]))
            time.sleep(0.2)
    for behave in (lambda *_: None, stream_slowly):
        with Https(behave=behave) as server:
            equal(server.ask(timeout="500ms").one("query")["outcome"], "timeout")


@case
def answers_to_other_questions_are_mismatches():
    def forger(connection, _):
        query = read_query(connection)
        for wrong in (bytes([query[0] ^ 1]) + query[1:], query[:13] + b"x" + query[14:]):
            connection.sendall(framed(good_answer(wrong)))
        connection.sendall(framed(good_answer(query)))
        connection.recv(1)
    with Listener(forger) as server:
        result = ask(server)
    equal(outcomes(result), ["mismatch", "mismatch", "answer"], result)


@case
def a_server_that_sends_without_end_ends_its_query_and_no_more():
    def flood(connection, _):
        forged = framed(good_answer(b"\0\0" + read_query(connection)[2:])) * 500
        while True:
            connection.sendall(forged)
    with Listener(flood) as server:
        result = ask(server, count=2, interval="10ms", timeout="50s")
    said = outcomes(result)
    equal((said.count("mismatch"), said.count("malformed"), len(said)), (16, 2, 18), result)
    assert result.took_s < 40, result


@case
def a_server_that_sends_without_end_while_nobody_waits_is_left():
    def behave(connection, _):
        query = read_query(connection)
        forged = framed(good_answer(b"\0\0" + query[2:])) * 500
        connection.sendall(framed(good_answer(query)))
        while True:
            connection.sendall(forged)
    with Listener(behave) as server:
        # The first connection has to be left before the second query.
        result = paced(lambda pace: run("--trace", server="127.0.0.1", port=server.port, name=WWW, transport="tcp", edns_size=0,
                                        connection="reused", count=2, interval=f"{500 * pace}ms"),
                       lambda result: outcomes(result) == ["answer"] * 2)
    equal([(row["outcome"], row["connection"]) for row in in_order(result)], [("answer", "cold")] * 2, result)
    received = sum(int(received) for received in re.findall(r" count\(\d+, (\d+)\)", result.stderr))
    assert 256 * 1024 < received < 30_000_000, received  # and what was in the kernel's buffers


@case
def an_answer_with_somebody_elses_cookie_is_none_over_a_connection_either():
    def behave(connection, _):
        query = read_query(connection)
        connection.sendall(framed(with_opt(query, (10, b"x" * 24))))
        connection.recv(1)
    with Listener(behave) as server:
        result = ask(server, edns_size=1232, cookies="true")
    equal([(row["outcome"], row["reason"]) for row in in_order(result)],
          [("mismatch", "another cookie"), ("malformed", "it has another cookie")], result)


@case
def over_https_an_answer_to_another_question_is_none():
    with Https(make=lambda q: good_answer(q[:13] + b"x" + q[14:])) as server:
        result = server.ask()
    equal((outcomes(result), result.status), (["mismatch", "malformed"], None), result)


@case
def over_https_any_success_will_do_and_the_type_may_have_parameters():
    def behave(connection, stream, query, _):
        connection.sendall(http2_server.response(stream, good_answer(query), "203", "Application/DNS-Message; x=1"))
    with Https(behave=behave) as server:
        row = server.ask().one("query")
    equal((row["outcome"], row["http_status"]), ("answer", 203), row)


@case
def what_is_no_dns_message_is_malformed_and_what_is_too_large_not_taken():
    for make, reason in ((lambda q: framed(answer(q, count=3, records=b"\xc0")), "cannot be parsed"),
                         (lambda q: framed(good_answer(q) + bytes(1000)), "more than answer_size")):
        with Listener(always(make)) as server:
            row = ask(server, answer_size=600).one("query")
        equal(row["outcome"], "malformed", row)
        assert reason in row["reason"], row
    with Https(make=lambda q: good_answer(q) + bytes(1000)) as server:
        equal(server.ask(answer_size=600).one("query")["outcome"], "http_failed")


@case
def https_that_is_none_fails_with_its_reason():
    def answering(status, kind):
        return lambda c, stream, query, _: c.sendall(http2_server.response(stream, good_answer(query), status, kind))

    def redirecting(connection, stream, *_):
        head = http2_server.literal(":status", "302") + http2_server.literal("location", server.url)
        connection.sendall(http2_server.frame(http2_server.HEADERS, http2_server.END_HEADERS | http2_server.END_STREAM,
                                              stream, head))

    def broken_off(connection, stream, *_):
        connection.sendall(http2_server.frame(http2_server.RESET, 0, stream, struct.pack("!I", 2)))

    def gone(connection, *_):
        connection.sendall(http2_server.frame(http2_server.GOAWAY, 0, 0, struct.pack("!II", 0, 0)))

    def garbage(connection, *_):
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 3)
    for behave, reason, status in (
            (answering("404", "application/dns-message"), "status 404", 404),
            (redirecting, "status 302", 302), (answering("200", "text/html"), "Content-Type", 200),
            (broken_off, "broken off", None), (gone, "", None), (garbage, "HTTP/2", None)):
        with Https(behave=behave) as server:
            result = server.ask(timeout="30s")
        row = result.one("query")
        equal((row["outcome"], row["http_status"]), ("http_failed", status), result)
        assert reason in row["reason"], result
        equal((server.connections, len(server.requests)), (1, 1), "nothing is followed and nothing asked again")
    with Https(alpn=("http/1.1",)) as server:
        row = server.ask().one("query")
        equal((row["outcome"], row["reason"]), ("http_failed", "the server does not offer HTTP/2"), row)


@case
def a_kept_connection_that_died_is_made_anew():
    def once(connection, _):
        query = read_query(connection)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)  # its end comes with the answer
        connection.sendall(framed(good_answer(query)))
    with Listener(once) as server:
        result = ask(server, connection="reused", count=3, interval="200ms")
    equal([(row["outcome"], row["connection"]) for row in in_order(result)], [("answer", "cold")] * 3, result)


@case
def a_deadline_ends_a_run_over_connections():
    def silent(connection, _):
        time.sleep(60)
    with Listener(silent) as server:
        result = ask(server, timeout="50s", deadline="1s")
    equal(outcomes(result), ["cancelled"], result)
    assert result.took_s < 40, result


@case
def a_cancelled_run_over_connections_says_what_there_is():
    asked = []

    def over_tcp(connection, _):
        asked.append(read_query(connection))
        listens_on(connection)

    def over_https(connection, stream, query, _):
        asked.append(query)
        listens_on(connection)
    for server, way in ((Listener(over_tcp), "tcp"), (Https(behave=over_https), "doh")):
        asked.clear()
        with server:
            more = {"ca": server.ca} if way == "doh" else {}
            result = ask(server, way, timeout="50s", cancel_when=lambda: asked, **more)
        equal(outcomes(result), ["cancelled"], result)
        equal((result.exit, result.one("summary")["cancelled"], result.one("summary")["loss"]), (0, 1, None), result)


@case
def resuming_without_tls_is_refused():
    with Listener(always(lambda query: framed(good_answer(query)))) as server:
        equal(ask(server, connection="resumed").status, "bad_option")


if __name__ == "__main__":
    main()
