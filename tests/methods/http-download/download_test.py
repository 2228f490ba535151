"""The http-download method against what no good web server should do, and what it should say then."""
import pathlib
import socket
import ssl
import sys
import time
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from support import (Listener, NameSpaces, case, equal, listens_on, main, make_certificate, need_root,  # noqa: E402
                     read_request, reset, run, says, server_tls)
from pace import paced, until  # noqa: E402

PIECE = b"x" * 65536


def failing(result, status):
    """The run's only stream row; it and the run say the same."""
    equal((result.exit, result.status), (1, status), result)
    row = result.one("stream")
    equal(row["outcome"], status, result)
    assert row["reason"], row
    return row


def fails_with(status, behave, tls=None, path="", **options):
    with Listener(behave, tls=tls) as server:
        result = run(url=server.url + path, **options)
    row = failing(result, status)
    assert result.took_s < 30, result
    return result, row


def bodies(length, close=False):
    """A server of sized bodies, one after the other on a connection, or one a connection."""
    def behave(connection, _):
        while read_request(connection):
            ends = "Connection: close\r\n" if close else ""
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n{ends}\r\n"
            connection.sendall(head.encode() + b"x" * length)
            if close:
                return
    return behave


def endless(connection):
    while True:
        connection.sendall(PIECE)


OK_HEAD = b"HTTP/1.1 200 OK\r\n\r\n"
CHUNKED_HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


# -- answers that are none ---------------------------------------------------------------------------------------------

@case
def garbage_is_a_bad_response():
    for garbage in (b"SSH-2.0-OpenSSH_9.2\r\n", b"\0\1\2\3\4\5\6\7", b"<html>", b"HTTP/2 200\r\n\r\n",
                    b"HTTP/1.1 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n",
                    b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", CHUNKED_HEAD + b"zz\r\n"):
        result, row = fails_with("bad_response", says(garbage, then=lambda c: time.sleep(2)))
        equal(row["bytes"], 0)
        equal(result.table("summary"), [])


@case
def endless_headers_end_after_32_kib():
    def behave(connection, _):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            connection.sendall(b"X-More: and more\r\n" * 100)
    fails_with("bad_response", behave)


@case
def a_server_that_ends_without_an_answer_has_lost_the_connection():
    row = fails_with("connection_lost", lambda c, n: None)[1]
    equal((row["http_status"], row["first_byte_ns"], row["transfer_ns"]), (None, None, None), row)
    fails_with("connection_lost", says(b""))
    fails_with("connection_lost", says(b"HTTP/1.1 200 OK\r\nContent-"))
    fails_with("connection_lost", says(then=reset))


@case
def a_body_cut_short_is_lost_and_what_came_is_told():
    for cut in (says(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + PIECE),
                says(CHUNKED_HEAD + b"10000\r\n" + PIECE + b"\r\n")):
        result, row = fails_with("connection_lost", cut)
        equal((row["bytes"], row["http_status"]), (65536, 200), row)
        summary = result.one("summary")
        equal((summary["bytes"], summary["ended_by"], summary["goodput_after_warm_up"]), (65536, "failed", None),
              result)
        equal(summary["limited_by"], "too_short")


@case
def errors_redirects_and_empty_bodies_are_named():
    for status in (400, 404, 500, 503):
        row = fails_with("http_error", says(f"HTTP/1.1 {status} No\r\nContent-Length: 3\r\n\r\nno!".encode()))[1]
        equal(row["http_status"], status)
    fails_with("http_error", says(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
    fails_with("http_error", says(b"HTTP/1.1 204 None\r\n\r\n"))
    result, row = fails_with("redirect", says(b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.9/\x7f\r\n\r\n"[:-5] +
                                              b"\r\n\r\n"))
    equal(row["http_status"], 302)
    assert "http://192.0.2.9/" in result.stderr, result


@case
def a_server_that_is_silent_or_drips_its_head_times_out():
    fails_with("timeout", lambda c, n: time.sleep(60), timeout="300ms")

    def drip(connection, _):
        read_request(connection)
        for octet in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 600:
            connection.sendall(bytes([octet]))
            time.sleep(0.1)
    row = paced(lambda pace: fails_with("timeout", drip, timeout=f"{500 * pace}ms")[1],
                lambda row: row["first_byte_ns"] is not None)
    assert row["first_byte_ns"] is not None, row


@case
def a_body_that_pauses_longer_than_the_timeout_ends_the_stream():
    pauses = says(OK_HEAD + PIECE, then=lambda c: time.sleep(60))
    row = paced(lambda pace: fails_with("timeout", pauses, timeout=f"{300 * pace}ms")[1], lambda row: row["bytes"] > 0)
    equal(row["bytes"], 65536, row)


# -- odd, but good -----------------------------------------------------------------------------------------------------

@case
def a_byte_now_and_then_is_a_rate_all_the_same():
    sent = []

    def drip(connection, _):
        read_request(connection)
        connection.sendall(OK_HEAD)
        while True:
            sent.append(b"x")
            connection.sendall(b"x")
            time.sleep(0.25)
    with Listener(drip) as server:
        result = run(url=server.url, duration="1s", warm_up="200ms")
    equal(result.exit, 0, result)
    summary = result.one("summary")
    assert 0 < summary["bytes"] <= len(sent), result
    equal((summary["ended_by"], summary["limited_by"], summary["duration_ns"]), ("duration", "sender_or_path", 10**9),
          result)
    windows = result.table("window")
    equal([row["duration_ns"] for row in windows], [10**8] * 10, result)
    equal(sum(row["bytes"] for row in windows), summary["bytes"])
    assert 0 in [row["goodput"] for row in windows], windows


@case
def interim_responses_chunks_and_trailers_are_understood():
    chunk = b"10000;a=b\r\n" + PIECE + b"\r\n"
    with Listener(says(b"HTTP/1.1 100 Continue\r\n\r\n", CHUNKED_HEAD, chunk, chunk + b"0\r\nT: x\r\n\r\n",
                       then=lambda c: time.sleep(1))) as server:
        result = run(url=server.url, bytes=2 * 65536)
    equal(result.exit, 0, result)
    equal(result.one("stream")["bytes"], 2 * 65536, result)


@case
def a_body_that_ends_early_is_asked_for_again():
    with Listener(bodies(50_000)) as server:
        result = run(url=server.url, bytes=175_000)
    row = result.one("stream")
    equal((result.exit, row["bytes"], row["requests"], row["connections"]), (0, 175_000, 4, 1), result)
    with Listener(bodies(50_000, close=True)) as server:
        result = run(url=server.url, bytes=175_000)
        equal(server.connections, 4)
    row = result.one("stream")
    equal((result.exit, row["bytes"], row["requests"], row["connections"]), (0, 175_000, 4, 4), result)


@case
def a_tiny_body_does_not_become_a_flood_of_requests():
    row = fails_with("too_many_requests", bodies(10), duration="60s")[1]
    equal(row["bytes"], 10_000, row)


@case
def each_request_wants_what_there_is_as_it_is():
    heads = []

    def behave(connection, _):
        if head := read_request(connection):
            heads.append(head)
            connection.sendall(OK_HEAD)
            if not head.startswith(b"HEAD"):
                endless(connection)
    with Listener(behave) as server:
        result = run(url=server.url, duration="1s", limit="1000GB", responsiveness="true")
    equal(result.exit, 0, result)
    equal({head.split()[0] for head in heads}, {b"GET", b"HEAD"}, heads)
    equal([head for head in heads if head.count(b"\r\nAccept-Encoding: identity\r\n") != 1], [], "other requests")


@case
def what_an_answer_says_of_caches_and_proxies_is_told():
    def intermediary(*fields):
        head = "".join(f"{field}\r\n" for field in fields)
        with Listener(says(f"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n{head}\r\n{'x' * 1000}".encode())) as server:
            result = run(url=server.url, bytes=1000)
        equal(result.exit, 0, result)
        return result.one("stream")["intermediary"]
    for field in ("Via: 1.1 proxy.example", "Age: 5", "X-Cache: HIT from edge", "Cache-Status: edge; hit",
                  "CF-Cache-Status: HIT", "age: 0"):
        equal(intermediary("Server: one", field), field)
    equal(intermediary("Via: 1.1 proxy.example", "Cache-Control: public", "Age: 5"), "Via: 1.1 proxy.example; Age: 5")
    equal(intermediary("Via: " + "v" * 500), "Via: " + "v" * 195)
    equal(intermediary("Server: one", "Viability: good", "Cache-Control: public"), None)


@case
def what_the_kernel_counts_of_a_connection_is_heads_and_bodies():
    head, length = b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n", 300_000
    with Listener(says(head + b"x" * length, then=listens_on)) as server:
        row = run(url=server.url, bytes=length).one("stream")
    equal((row["bytes"], row["tcp_received_bytes"]), (length, len(head) + length), row)


@case
def no_byte_more_than_asked_for_is_read_over_all_streams():
    with Listener(says(OK_HEAD, then=endless)) as server:
        result = run(url=server.url, streams=4, bytes=10_000_001)
    equal(result.exit, 0, result)
    summary = result.one("summary")
    equal((summary["bytes"], summary["ended_by"]), (10_000_001, "bytes"), result)
    equal(sum(row["bytes"] for row in result.table("stream")), 10_000_001)
    equal(sum(row["bytes"] for row in result.table("window")), 10_000_001)


@case
def the_byte_limit_ends_the_run_and_is_named():
    for limit, streams in ((1_000_000, 1), (20_000_000, 4), (300_000_000, 1)):
        with Listener(says(OK_HEAD, then=endless)) as server:
            result = run(url=server.url, limit=limit, streams=streams, duration="60s")
        equal(result.exit, 0, result)
        summary = result.one("summary")
        equal((summary["ended_by"], summary["limited_by"]), ("budget", "budget"), result)
        spent = summary["ip_received_bytes"] + summary["ip_sent_bytes"]
        assert limit * 0.1 < spent <= limit + 2_000_000 * streams, result


@case
def the_byte_limit_holds_over_TLS_and_with_the_round_trips_beside_it(folder):
    mine = make_certificate(folder, "mine", "IP:127.0.0.1")

    def behave(connection, _):
        head = read_request(connection)
        connection.sendall(OK_HEAD)
        if head.startswith(b"GET"):
            endless(connection)
    for tls in (None, server_tls(*mine)):
        with Listener(behave, tls=tls) as server:
            result = run(url=server.url, limit="30MB", streams=2, duration="60s", responsiveness="true",
                         **({"ca": mine[0]} if tls else {}))
        equal(result.exit, 0, result)
        summary = result.one("summary")
        equal((summary["ended_by"], summary["limited_by"]), ("budget", "budget"), result)
        spent = summary["ip_received_bytes"] + summary["ip_sent_bytes"]
        assert 3_000_000 < spent <= 34_000_000 and result.table("round_trip"), result


@case
def a_limit_that_is_used_up_before_any_payload_is_told_as_too_small():
    # Heads count as well, and these have no end yet.
    head = b"HTTP/1.1 200 OK\r\n" + b"X-More: and more\r\n" * 1500
    with Listener(says(head, then=listens_on)) as server:
        result = run(url=server.url, limit="100kB", streams=32, timeout="50s")
    equal((result.exit, result.status), (1, "limit_too_small"), result)


@case
def a_deadline_ends_the_run_with_what_there_is():
    with Listener(says(OK_HEAD, then=endless)) as server:
        result = run(url=server.url, duration="60s", warm_up="100ms", limit="1000GB", deadline="2s")
    assert result.took_s < 30, result
    equal(result.one("summary")["ended_by"], "cancelled", result)
    assert len(result.table("window")) >= 2, result
    assert result.one("summary")["goodput_after_warm_up"] > 0, result


@case
def a_cancelled_run_says_what_there_is():
    sent = []

    def steadily(connection):
        while True:
            connection.sendall(PIECE)
            sent.append(len(PIECE))
            time.sleep(0.02)
    with Listener(says(OK_HEAD, then=steadily)) as server:
        result = run(url=server.url, streams=2, duration="60s", limit="1000GB", cancel_when=lambda: len(sent) > 100)
    summary = result.one("summary")
    equal((result.exit, summary["ended_by"]), (0, "cancelled"), result)
    equal([row["outcome"] for row in result.table("stream")], ["completed"] * 2, result)
    assert summary["bytes"] > 0, result


@case
def a_stream_of_a_run_that_was_ended_before_it_brought_anything_is_not_completed():
    asked = []

    def silent(connection, _):
        asked.append(read_request(connection))
        listens_on(connection)
    with Listener(silent) as server:
        result = run(url=server.url, timeout="50s", cancel_when=lambda: asked)
        for deadline in ("1ms", "2ms", "5ms", "20ms"):
            early = run(url=server.url, timeout="50s", deadline=deadline)
            # Before the name is resolved there is no stream yet.
            assert {row["outcome"] for row in early.table("stream")} <= {"not_begun"}, early
    row = result.one("stream")
    equal((row["outcome"], row["bytes"], result.table("summary")), ("not_begun", 0, []), result)


# -- several streams ---------------------------------------------------------------------------------------------------

@case
def streams_that_fail_make_the_run_incomplete_and_the_rest_count():
    gone = []

    def behave(connection, number):
        read_request(connection)
        if number >= 2:
            reset(connection)
            return gone.append(number)
        until(lambda: len(gone) == 3, "three resets")
        connection.sendall(OK_HEAD)
        return endless(connection)
    with Listener(behave) as server:
        result = run(url=server.url, streams=5, duration="500ms", warm_up="100ms", limit="1000GB")
    equal((result.exit, result.status), (1, "incomplete"), result)
    equal(sorted(row["outcome"] for row in result.table("stream")), ["completed"] * 2 + ["connection_lost"] * 3, result)
    equal(result.one("summary")["streams_used"], 2)
    assert "3 of 5 streams" in result.stderr, result


@case
def thirty_two_streams_share_common_windows():
    def steadily(connection):
        while True:
            connection.sendall(PIECE)
            time.sleep(0.02)
    with Listener(says(OK_HEAD, then=steadily)) as server:
        result = run(url=server.url, streams=32, duration="500ms", warm_up="100ms", limit="1000GB")
    equal(result.exit, 0, result)
    rows = result.table("stream")
    equal([row["stream"] for row in rows], list(range(32)))
    equal(len(result.table("window")), 5)
    equal(sum(row["bytes"] for row in rows), sum(row["bytes"] for row in result.table("window")))


# -- connecting --------------------------------------------------------------------------------------------------------

@case
def a_closed_port_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    row = failing(run(url=f"http://127.0.0.1:{port}/"), "connect_refused")
    equal((row["address"], row["connect_ns"], row["connections"]), (None, None, 0), row)


@case
def the_second_address_serves_where_the_first_is_closed(folder):
    need_root()
    hosts = pathlib.Path(folder) / "hosts"
    addresses = ("127.0.0.2", "127.0.0.3")
    hosts.write_text("".join(f"{address} manifold.test\n" for address in addresses))
    for address in addresses:  # whichever comes first, the other is the second
        with Listener(bodies(1000), address=address) as server:
            row = run(url=f"http://manifold.test:{server.port}/", bytes=1000, hosts=hosts).one("stream")
        equal((row["outcome"], row["address"]), ("completed", address), row)


@case
def a_bad_url_or_ca_file_is_refused_before_anything_is_sent():
    for options in ({"url": "http://user@127.0.0.1/"}, {"url": "http://127.0.0.1:99999/"}, {"url": "ftp://127.0.0.1/"},
                    {"url": "https://127.0.0.1/", "ca": "/nowhere/ca.pem"},
                    {"url": "https://127.0.0.1/", "ca": "/dev/null"}):
        result = run(**options)
        assert result.exit in (1, 2), result
        assert result.status in ("bad_option", None), result
        equal(result.rows, [])
    result = run(url="https://127.0.0.1/", ca="/nowhere/ca.pem")
    assert "'/nowhere/ca.pem': No such file or directory" in result.stderr, result


@case
def options_that_contradict_one_another_are_refused_by_name():
    for url, options, *named in (("https://127.0.0.1/", {"ca": "relative.pem"}, "ca='relative.pem'", "absolute path"),
                                 ("http://127.0.0.1/", {"ca": "/etc/ssl/ca.pem"}, "ca is for an https URL"),
                                 ("http://127.0.0.1/", {"streams": 4, "max_streams": 2}, "streams=4", "max_streams=2"),
                                 ("http://127.0.0.1/", {"family": 6}, "127.0.0.1", "family=6"),
                                 ("http://[::1]/", {"family": 4}, "::1", "family=4"),
                                 ("http://127.0.0.1/", {"source": "::1"}, "127.0.0.1", "source=::1")):
        result = run(url=url, **options)
        equal((result.exit, result.status, result.rows), (1, "bad_option", []), result)
        assert all(word in result.stderr for word in named), result


# -- TLS ---------------------------------------------------------------------------------------------------------------

@case
def a_certificate_of_another_host_or_of_nobody_we_know_is_rejected(folder):
    mine = make_certificate(folder, "mine", "DNS:localhost,IP:127.0.0.1")
    other = make_certificate(folder, "other", "DNS:other.example,IP:192.0.2.1")
    fails_with("certificate_rejected", bodies(1000), tls=server_tls(*mine))
    fails_with("certificate_rejected", bodies(1000), tls=server_tls(*mine), ca=other[0])
    result, row = fails_with("certificate_rejected", bodies(1000), tls=server_tls(*other), ca=other[0])
    equal((row["tls_ns"], row["requests"]), (None, 0), row)
    with Listener(bodies(1000), tls=server_tls(*mine)) as server:
        for host in ("127.0.0.1", "localhost"):
            result = run(url=f"https://{host}:{server.port}/", bytes=2500, ca=mine[0])
            equal(result.exit, 0, result)
            row = result.one("stream")
            equal((row["tls_version"], row["bytes"], row["requests"]), ("TLSv1.3", 2500, 3), row)
            assert row["tls_ns"] > 0, row


@case
def a_server_that_speaks_no_tls_or_an_old_one_fails_tls(folder):
    mine = make_certificate(folder, "mine", "IP:127.0.0.1")
    with Listener(lambda c, n: c.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        failing(run(url=server.url.replace("http:", "https:"), ca=mine[0]), "tls_failed")
    with Listener(lambda c, n: None) as server:
        failing(run(url=server.url.replace("http:", "https:"), ca=mine[0]), "tls_failed")
    with Listener(lambda c, n: time.sleep(60)) as server:
        failing(run(url=server.url.replace("http:", "https:"), ca=mine[0], timeout="300ms"), "timeout")
    warnings.simplefilter("ignore", DeprecationWarning)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    old.load_cert_chain(*mine)
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    fails_with("tls_failed", bodies(1000), tls=old, ca=mine[0])


@case
def a_tls_connection_that_just_ends_ends_an_unsized_body_and_cuts_a_sized_one(folder):
    mine = make_certificate(folder, "mine", "IP:127.0.0.1")
    with Listener(says(OK_HEAD + PIECE), tls=server_tls(*mine)) as server:
        result = run(url=server.url, bytes=100_000, ca=mine[0])
    equal((result.exit, result.one("stream")["connections"]), (0, 2), result)
    fails_with("connection_lost", says(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + PIECE),
               tls=server_tls(*mine), ca=mine[0])


# -- in name spaces ----------------------------------------------------------------------------------------------------

@case
def no_name_server_no_route_and_a_black_hole_are_told_apart():
    with NameSpaces() as net:
        result = run(url="http://nowhere.example.test/", space=net.client)
        equal((result.exit, result.status), (1, "no_such_host"), result)
        failing(run(url="http://192.0.2.1/", space=net.client), "connect_failed")
        # Nobody has that address, so the SYN never leaves: it waits for an answer to ARP.
        failing(run(url="http://10.77.0.99/", timeout="500ms", space=net.client), "timeout")


if __name__ == "__main__":
    main()
