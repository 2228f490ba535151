"""The example in C: it builds against the installed SDK alone, by make and by meson, and measures real TCP servers."""
import contextlib
import pathlib
import re
import socket
import threading
import time

from support import ALONE, Example, Run, Skip, addresses, case, main

EXAMPLE = Example("tcp-connect")
PLUGIN = EXAMPLE.build("tcp-connect.so", "make", "CFLAGS=-O2 -Wall -Wextra -Werror")


def measure(*words):
    return Run(EXAMPLE, PLUGIN, *words)


@contextlib.contextmanager
def closing_server(address):
    """A TCP server that closes when its client does. Yields its port."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, 0), family=family) as listener:

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    with listener.accept()[0] as client:
                        client.recv(1)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield str(listener.getsockname()[1])
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@contextlib.contextmanager
def full_server():
    """A TCP server whose queue is full: the kernel drops every SYN."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, contextlib.ExitStack() as waiting:
        for _ in range(3):
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        yield str(listener.getsockname()[1])


@case
def it_builds_with_meson_as_well():
    EXAMPLE.build("build/tcp-connect.so", "sh", "-c", "meson setup build -Dwerror=true && ninja -C build")


@case
def it_conforms():
    EXAMPLE.check(PLUGIN, "count=2", "interval=50ms")


@case
def a_connection_has_its_phases_and_its_address():
    for address in addresses():
        with closing_server(address) as port:
            run = measure(address, f"port={port}", "count=3", "interval=20ms").expect(0)
        rows, (summary,) = run.table("attempt"), run.table("summary")
        assert run.outcomes("attempt") == ["connected"] * 3 and [row["seq"] for row in rows] == [1, 2, 3], run
        for row in rows:
            assert row["address"] == address and row["resolve_ns"] is None and row["retransmitted"] == 0, run
            assert 0 < row["handshake_ns"] <= row["connect_ns"], run
        times = sorted(row["connect_ns"] for row in rows)
        assert [summary[f"connect_{which}_ns"] for which in ("min", "median", "max")] == times, run
        assert summary["connected"] == 3 and summary["failure_ratio"] == 0, run
    with closing_server("127.0.0.1") as port:
        (row,) = measure("localhost", f"port={port}", "count=1", "family=4").expect(0).table("attempt")
    assert row["target"] == "localhost" and row["address"] == "127.0.0.1" and row["resolve_ns"] > 0, row


@case
def the_bytes_of_a_connection_are_those_on_the_line():
    if not ALONE:
        raise Skip("no network namespace of our own, and others use the loopback interface too")

    def carried():
        """IP bytes that came over loopback."""
        return int(re.search(r"^ *lo: *(\d+)", pathlib.Path("/proc/net/dev").read_text(), re.M)[1])

    for address in addresses():
        with closing_server(address) as port:
            # The server's ACK of our FIN may travel in its own FIN; on a machine that stands still, something is sent again.
            ack = 52 if address == "127.0.0.1" else 72
            for _ in range(5):
                before = carried()
                counted = measure(address, f"port={port}", "count=1").expect(0).bytes()
                deadline = time.monotonic() + 5
                while carried() - before not in (counted, counted - ack) and time.monotonic() < deadline:
                    time.sleep(0.01)
                seen = carried() - before
                if seen in (counted, counted - ack):
                    break
            assert seen in (counted, counted - ack), (seen, counted)
        before = carried()
        refused = measure(address, f"port={port}", "count=2", "interval=10ms").expect(1, "no_connection")
        assert refused.outcomes("attempt") == ["refused"] * 2 and carried() - before == refused.bytes(), refused


@case
def what_does_not_connect_says_why():
    with full_server() as port:
        run = measure("127.0.0.1", f"port={port}", "count=2", "interval=10ms", "timeout=100ms").expect(1, "no_connection")
    assert run.outcomes("attempt") == ["timeout"] * 2 and run.table("summary")[0]["timeouts"] == 2, run
    assert all(row["connect_ns"] is None for row in run.table("attempt")), run
    run = measure("no-such-host.invalid", "count=1").expect(1, "no_such_host")
    assert run.outcomes("attempt") == ["no_address"] and run.table("attempt")[0]["reason"], run
    if ALONE:  # elsewhere there may be a route
        run = measure("192.0.2.1", "count=1").expect(1, "nothing_sent")
        assert run.outcomes("attempt") == ["unsent"] and run.table("summary")[0]["failure_ratio"] is None, run


@case
def what_is_cancelled_is_neither_success_nor_failure():
    with full_server() as port:
        run = measure("127.0.0.1", f"port={port}", "timeout=60s", "--deadline", "1s").expect(1, "timeout")
    assert run.outcomes("attempt") == ["cancelled"] and run.table("summary")[0]["attempts"] == 0, run


main()
