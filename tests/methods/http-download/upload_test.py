"""The http-upload method against sonde-peer, and against what no good web server should do.

Called with the path of sonde-peer behind those of the command and the plugin.
"""
import pathlib
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from sonde_peer import sonde_peer  # noqa: E402
from support import (Listener, case, equal, listens_on, main, make_certificate, need_ipv6, read_request, reset,  # noqa: E402
                     run, server_tls)

PEER = sys.argv[3]


def read_chunks(connection, at_most=None):
    """The payload of a chunked body, read to its end; None if the client ended before that."""
    data = b""

    def need(size):
        nonlocal data
        while len(data) < size:
            more = connection.recv(65536)
            if not more:
                return False
            data += more
        return True
    payload = 0
    while at_most is None or payload < at_most:
        while b"\r\n" not in data:
            if not need(len(data) + 1):
                return None
        line, data = data.split(b"\r\n", 1)
        size = int(line, 16)
        if not need(size + 2):
            return None
        assert data[size:size + 2] == b"\r\n", data[size:size + 2]
        data, payload = data[size + 2:], payload + size
        if size == 0:
            break
    return payload


def sink(answer=lambda payload: f"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSonde-Received-Bytes: {payload}\r\n\r\n"):
    def behave(connection, _):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1)
        payload = read_chunks(connection)
        if payload is not None:
            connection.sendall(answer(payload).encode())
    return behave


def fails_with(status, behave, tls=None, **options):
    with Listener(behave, tls=tls) as server:
        result = run(url=server.url, **options)
    equal((result.exit, result.status), (1, status), result)
    row = result.one("stream")
    equal(row["outcome"], status, result)
    assert row["reason"] and result.took_s < 30, result
    return result, row


@case
def a_run_by_bytes_sends_them_to_the_byte_over_both_families():
    need_ipv6()
    with sonde_peer(PEER, "127.0.0.1", "::1") as urls:
        for url, address in zip(urls, ("127.0.0.1", "::1")):
            # On a machine that stands still, all may be acknowledged when it is first looked at: no time, and no window.
            for _ in range(5):
                result = run(url=f"{url}/upload", bytes=10_000_001, streams=3)
                equal(result.exit, 0, result)
                summary = result.one("summary")
                if any(row["bytes"] for row in result.table("window")):
                    break
            equal((summary["bytes"], summary["confirmed_bytes"], summary["ended_by"], summary["address"]),
                  (10_000_001, 10_000_001, "bytes", address), result)
            equal(sum(row["bytes"] for row in result.table("window")), 10_000_001, result)
            for row in result.table("stream"):
                equal((row["outcome"], row["http_status"], row["bytes"]), ("completed", 200, row["confirmed_bytes"]), row)
                assert row["handshake_rtt_ns"] > 0 and row["local_port"] > 0 and row["send_buffer"] > 0, row
            assert 90 < summary["tcp_efficiency"] <= 100, summary


@case
def a_run_by_time_counts_what_was_acknowledged_by_its_end():
    with sonde_peer(PEER, "127.0.0.1") as (url,):
        result = run(url=f"{url}/upload", duration="1500ms", warm_up="500ms", streams=2, limit="1000GB")
    equal(result.exit, 0, result)
    summary, windows = result.one("summary"), result.table("window")
    equal((summary["ended_by"], summary["duration_ns"], summary["duration_after_warm_up_ns"]),
          ("duration", 1_500_000_000, 1_000_000_000), result)
    equal([row["offset_ns"] for row in windows], list(range(0, 1_500_000_000, 100_000_000)))
    equal(sum(row["bytes"] for row in windows), summary["bytes"])
    equal(sum(row["bytes"] for row in result.table("stream")), summary["bytes"])
    equal(sum(row["bytes"] for row in windows[5:]), summary["bytes_after_warm_up"])
    # What was under way then came too, and is no part of the rate.
    assert summary["bytes"] <= summary["confirmed_bytes"], summary
    assert summary["limited_by"] and summary["ip_rate"] > summary["goodput_after_warm_up"] * 0.9, summary


@case
def over_tls_the_bytes_are_those_of_the_payload(folder):
    mine = make_certificate(folder, "mine", "IP:127.0.0.1")
    with Listener(sink(), tls=server_tls(*mine)) as server:
        result = run(url=server.url, bytes=1_000_003, ca=mine[0])
    equal(result.exit, 0, result)
    row = result.one("stream")
    equal((row["bytes"], row["confirmed_bytes"], row["tls_version"]), (1_000_003, 1_000_003, "TLSv1.3"), row)
    fails_with("certificate_rejected", sink(), tls=server_tls(*mine))


@case
def a_server_that_does_not_say_what_it_got_confirms_nothing():
    with Listener(sink(lambda _: "HTTP/1.1 204 No Content\r\nVia: 1.1 cache.example\r\n\r\n")) as server:
        result = run(url=server.url, bytes=300_000)
    equal(result.exit, 0, result)
    equal((result.one("summary")["confirmed_bytes"], result.one("stream")["intermediary"]),
          (None, "Via: 1.1 cache.example"), result)


@case
def a_server_that_got_another_number_is_a_bad_response():
    fails_with("bad_response", sink(lambda payload: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"
                                    f"Sonde-Received-Bytes: {payload - 1}\r\n\r\n"), bytes=300_000)


@case
def refusals_redirects_and_garbage_are_named():
    def early(text):
        def behave(connection, _):
            if read_request(connection):
                connection.sendall(text)
                while connection.recv(65536):
                    pass
        return behave
    for status in (404, 405, 413, 500):
        row = fails_with("http_error", early(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode()))[1]
        equal(row["http_status"], status)
    fails_with("redirect", early(b"HTTP/1.1 307 There\r\nLocation: http://192.0.2.9/\r\n\r\n"))
    fails_with("bad_response", early(b"SSH-2.0-OpenSSH_9.2\r\n"))


@case
def a_server_that_says_yes_at_once_and_reads_on_is_measured():
    def behave(connection, _):
        if read_request(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            while connection.recv(65536):
                pass
    with Listener(behave) as server:
        result = run(url=server.url, bytes=2_000_000)
    equal((result.exit, result.one("summary")["bytes"], result.one("summary")["confirmed_bytes"]),
          (0, 2_000_000, None), result)


@case
def a_connection_that_breaks_in_a_body_is_lost_and_what_was_acknowledged_is_told():
    def behave(connection, _):
        read_request(connection)
        for _ in range(50):
            connection.recv(65536)
        reset(connection)
    result, row = fails_with("connection_lost", behave, limit="100GB")
    assert row["bytes"] == result.one("summary")["bytes"], result
    equal(result.one("summary")["ended_by"], "failed")


@case
def a_server_that_takes_nothing_or_does_not_answer_times_out():
    def takes_nothing(connection, _):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        read_request(connection)
        time.sleep(60)
    fails_with("timeout", takes_nothing, timeout="500ms")

    def does_not_answer(connection, _):
        while connection.recv(65536):
            pass
    # So few that the server's kernel takes them, however slowly the server reads.
    row = fails_with("timeout", does_not_answer, timeout="500ms", bytes=30_000)[1]
    equal((row["bytes"], row["http_status"]), (30_000, None), row)


@case
def the_byte_limit_ends_the_run_and_is_named():
    for limit, streams in ((1_000_000, 1), (20_000_000, 4)):
        with Listener(sink()) as server:
            result = run(url=server.url, limit=limit, streams=streams, duration="60s", timeout="20s")
        summary = result.one("summary")
        equal((summary["ended_by"], summary["limited_by"]), ("budget", "budget"), result)
        spent = summary["ip_received_bytes"] + summary["ip_sent_bytes"]
        assert spent <= limit + 2_000_000 * streams, result


@case
def a_deadline_ends_the_run_with_what_there_is():
    with Listener(sink()) as server:
        result = run(url=server.url, duration="60s", warm_up="100ms", limit="1000GB", deadline="2s")
    assert result.took_s < 30, result
    equal(result.one("summary")["ended_by"], "cancelled", result)
    assert result.one("summary")["bytes"] > 0, result


@case
def a_cancelled_run_says_what_there_is():
    taken = []

    def steadily(connection, _):
        while data := connection.recv(65536):
            taken.append(len(data))
    with Listener(steadily) as server:
        result = run(url=server.url, streams=2, duration="60s", limit="1000GB", cancel_when=lambda: len(taken) > 100)
    summary = result.one("summary")
    equal((result.exit, summary["ended_by"]), (0, "cancelled"), result)
    equal([row["outcome"] for row in result.table("stream")], ["completed"] * 2, result)
    assert summary["bytes"] > 0, result


@case
def a_stream_of_a_run_that_was_ended_before_it_sent_anything_is_not_completed():
    with Listener(sink()) as server:
        for deadline in ("1ms", "2ms", "5ms"):
            result = run(url=server.url, deadline=deadline)
            for row in result.table("stream"):
                equal(row["outcome"], "not_begun" if row["transfer_ns"] is None else "completed", result)


@case
def the_answer_is_wanted_as_it_is():
    heads = []

    def behave(connection, _):
        if head := read_request(connection):
            heads.append(head)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            listens_on(connection)
    with Listener(behave) as server:
        run(url=server.url, duration="1s", limit="1000GB", responsiveness="true")
    equal({head.split()[0] for head in heads}, {b"POST", b"HEAD"}, heads)
    equal([head for head in heads if head.count(b"\r\nAccept-Encoding: identity\r\n") != 1], [], "other requests")


if __name__ == "__main__":
    main()
