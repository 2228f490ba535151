"""The http methods against a server that breaks off, or talks nonsense, in each phase: none hangs, each has its name.

Called with the path of http-upload behind those of the command and http-download.
"""
import pathlib
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from support import (Listener, case, equal, listens_on, main, make_certificate, make_expired, method,  # noqa: E402
                     read_request, reset, run, server_tls)

DOWNLOAD, UPLOAD = sys.argv[2:4]
HEAD = b"HTTP/1.1 200 OK\r\n"
BODY_HEAD = HEAD + b"Content-Length: 1000000\r\n\r\n"
PIECE = b"x" * 65536


def ends_with(plugin, status, behave, tls=None, https=False, **options):
    """A run against that server ends with `status`, long before its timeout: the run, its stream's row, and how many
    connections there were."""
    with Listener(behave, tls=tls) as server, method(plugin):
        url = server.url.replace("http:", "https:") if https else server.url
        result = run(url=url, **{"duration": "50s", "timeout": "50s", **options})
        connections = server.connections
    equal((result.exit, result.status), (1, status), result)
    row = result.one("stream")
    equal(row["outcome"], status, result)
    assert row["reason"] and result.took_s < 40, result
    return result, row, connections


def after_request(*words, then=reset):
    def behave(connection, _):
        read_request(connection)
        for word in words:
            connection.sendall(word)
        then(connection)
    return behave


@case
def a_reset_is_named_in_each_phase_and_what_came_before_it_is_told(folder):
    def reads_on_then_resets(connection):
        for _ in range(30):
            connection.recv(65536)
        reset(connection)
    mine = make_certificate(folder, "mine", "IP:127.0.0.1")
    for tls, options in ((None, {}), (server_tls(*mine), {"ca": mine[0]})):
        for plugin in (DOWNLOAD, UPLOAD):
            for behave in (after_request(), lambda connection, _: reset(connection), after_request(HEAD))[:1 if tls else 3]:
                result, row, _ = ends_with(plugin, "connection_lost", behave, tls, **options)
                equal(row["http_status"], None, result)
        result, row, _ = ends_with(DOWNLOAD, "connection_lost", after_request(BODY_HEAD, PIECE), tls, **options)
        equal((row["http_status"], result.one("summary")["bytes"]), (200, row["bytes"]), result)
        assert 0 < row["bytes"] <= len(PIECE), result
        # With TLS it is OpenSSL that writes to a socket that is gone: no signal may end the process.
        result, row, _ = ends_with(UPLOAD, "connection_lost", after_request(then=reads_on_then_resets), tls, **options)
        equal((result.one("summary")["ended_by"], result.one("summary")["bytes"]), ("failed", row["bytes"]), result)


@case
def what_breaks_or_spoils_the_TLS_handshake_is_a_failure_of_TLS(folder):
    mine = make_certificate(folder, "mine", "IP:127.0.0.1")

    def after_hello(*words, then=listens_on):
        def behave(connection, _):
            connection.recv(65536)
            for word in words:
                connection.sendall(word)
            then(connection)
        return behave
    record = b"\x16\x03\x03\x00\x40" + bytes(range(64))
    for plugin, kinds in ((DOWNLOAD, 6), (UPLOAD, 2)):
        for behave in (lambda connection, _: reset(connection), after_hello(then=reset), after_hello(record[:20], then=reset),
                       after_hello(record), after_hello(b"\0" * 4096), after_hello(b"SSH-2.0-OpenSSH_9.2\r\n"))[:kinds]:
            result, row, _ = ends_with(plugin, "tls_failed", behave, https=True, ca=mine[0])
            equal((row["tls_ns"], row["requests"], result.table("summary")), (None, 0, []), result)


@case
def a_server_that_closes_its_half_without_an_answer_is_not_waited_for():
    def closes_its_half(connection):
        connection.shutdown(socket.SHUT_WR)
        listens_on(connection)
    for plugin in (DOWNLOAD, UPLOAD):
        ends_with(plugin, "connection_lost", after_request(then=closes_its_half))
    result, row, _ = ends_with(DOWNLOAD, "connection_lost", after_request(BODY_HEAD, PIECE, then=closes_its_half))
    equal((row["bytes"], result.one("summary")["bytes"]), (len(PIECE), len(PIECE)), result)


@case
def a_redirect_to_itself_is_asked_for_once():
    def elsewhere(connection, _):
        port = connection.getsockname()[1]
        answer = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{port}/\r\nContent-Length: 0\r\n\r\n".encode()
        while read_request(connection):
            connection.sendall(answer)
    for plugin in (DOWNLOAD, UPLOAD):
        result, row, connections = ends_with(plugin, "redirect", elsewhere)
        equal((row["http_status"], row["requests"], connections), (302, 1, 1), result)


@case
def an_endless_head_ends_an_upload_too():
    def endless(connection):
        while True:
            connection.sendall(b"X-More: and more\r\n" * 100)
    ends_with(UPLOAD, "bad_response", after_request(HEAD, then=endless))


@case
def a_server_that_takes_a_byte_now_and_then_times_out_and_what_it_took_is_told():
    def sips(connection, _):
        read_request(connection)
        while connection.recv(1):
            time.sleep(0.25)
    with Listener(sips) as server, method(UPLOAD):
        server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        result = run(url=server.url, duration="1s", warm_up="0s", timeout="700ms")
    equal((result.exit, result.status), (1, "timeout"), result)
    assert result.one("summary")["bytes"] > 0 and result.took_s < 40, result


@case
def a_certificate_that_has_expired_is_rejected(folder):
    old = make_expired(folder, "old", "IP:127.0.0.1")
    for plugin in (DOWNLOAD, UPLOAD):
        row = ends_with(plugin, "certificate_rejected", after_request(HEAD), server_tls(*old), ca=old[0])[1]
        assert "expired" in row["reason"], row


if __name__ == "__main__":
    main()
