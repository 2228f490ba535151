"""The example in Rust: its declarations are the header's, it builds with rustc alone, and it asks real NTP servers.

A server that answers wrongly on purpose is a few lines here: no real one does.
"""
import contextlib
import functools
import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import threading

from support import ROOT, Example, Program, Run, Skip, addresses, case, free_udp_tcp_port, main, wait_for

EXAMPLE = Example("rust")
# The system's, which the example promises to be enough, before a newer one that somebody has for himself.
RUSTC = shutil.which("rustc", path="/usr/bin") or shutil.which("rustc")
PLUGIN = EXAMPLE.build("ntp.so", "make", f"RUSTC={RUSTC}", "RUSTFLAGS=-C opt-level=1 -D warnings") if RUSTC else None


def ask(*words):
    return Run(EXAMPLE, PLUGIN, *words)


def measures(function):
    """A case that runs the plugin."""
    @functools.wraps(function)
    def checked():
        if PLUGIN is None:
            raise Skip("no rustc")
        function()

    return case(checked)


@contextlib.contextmanager
def ntp_responder(*answers):
    """A server that no honest one is: what `answers` make of the first request, of the second, and so on. Yields its port
    and the requests."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        requests = []

        def serve():
            while True:
                data, sender = server.recvfrom(512)
                if not data:
                    return
                requests.append(data)
                for answer in answers[min(len(requests), len(answers)) - 1](requests):
                    server.sendto(answer, sender)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield str(server.getsockname()[1]), requests
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
                end.sendto(b"", server.getsockname())
            thread.join()


def ntp_packet(origin, first=0x24, stratum=2, reference=b"\x7f\0\0\1", seconds=3_900_000_000):
    stamp = struct.pack(">II", seconds, 0)
    return bytes([first, stratum, 6, 0xe9]) + bytes(8) + reference + stamp + origin + stamp + stamp


@contextlib.contextmanager
def chronyd(*settings):
    """The real server, on a port of its own, that sets no clock."""
    # A machine keeps one time daemon, so scripts/test unpacks this one where another is installed.
    unpacked = ROOT / "build" / "unpacked" / "chrony" / "usr" / "sbin"
    program = shutil.which("chronyd", path=f"{os.environ['PATH']}:/usr/sbin:{unpacked}")
    if not program:
        raise Skip("no chronyd, neither installed nor unpacked")
    port = free_udp_tcp_port()
    folder = pathlib.Path(tempfile.mkdtemp(dir=EXAMPLE.folder))
    lines = [f"port {port}", "cmdport 0", "bindcmdaddress /", f"pidfile {folder}/pid", *settings]
    lines += [f"{word} {address}" for address in addresses() for word in ("bindaddress", "allow")]
    (folder / "chrony.conf").write_text("\n".join(lines) + "\n")
    user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    server = Program("chronyd", [program, "-x", "-U", "-d", "-u", user, "-f", folder / "chrony.conf"], folder / "log")

    def answers():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(0.2)
            client.connect(("127.0.0.1", port))
            try:
                client.send(b"\x23" + bytes(47))
                return client.recv(48)
            except OSError:
                return None

    try:
        wait_for("chronyd answers", answers, alive=[server])
        yield str(port)
    finally:
        server.stop()


@case
def its_declarations_assert_what_the_header_asserts():
    header = (ROOT / "sdk" / "include" / "sonde" / "plugin.h").read_text()
    declared = (ROOT / "examples" / "plugins" / "rust" / "src" / "abi.rs").read_text().replace("r#", "")
    places = re.findall(r"^SONDE_(AT|ENDS)\((.*)\);$", header, re.M)
    assert len(places) > 100
    assert [(kind.upper(), text) for kind, text in re.findall(r"^(at|ends)!\((.*)\);$", declared, re.M)] == places
    # Constants that stand in both are the same.
    numbers = dict(re.findall(r"^ +(SONDE_\w+) = (1u << \w+|\w+)", header, re.M))
    ours = re.findall(r"^pub const (SONDE_\w+): \w+ = (.*);$", declared, re.M)
    same = [name for name, value in ours if name in numbers]
    assert len(same) == len(numbers), set(numbers) - set(same)
    for name, value in ours:
        assert name not in numbers or numbers[name].replace("u", "") == value, f"{name}: {numbers[name]}, {value}"


@measures
def its_own_unit_tests_pass():
    EXAMPLE.build("ntp.so", "make", f"RUSTC={RUSTC}", "test")


@measures
def it_conforms():
    EXAMPLE.check(PLUGIN, "count=2", "interval=100ms")


@measures
def an_ntp_server_on_this_machine_has_our_time():
    with chronyd("local stratum 8") as port:
        for address in addresses():
            run = ask(address, f"port={port}", "count=2", "interval=100ms").expect(0)
            rows, (summary,) = run.table("sample"), run.table("summary")
            assert run.outcomes("sample") == ["reply"] * 2, run
            for row in rows:
                assert row["address"] == address and row["stratum"] == 8 and row["leap"] == "none", run
                assert row["origin"] <= row["receive"] <= row["transmit"] <= row["destination"], run
                # It is the same clock: all that is measured is how the two ways differ.
                assert abs(row["offset_ns"]) <= row["delay_ns"] / 2, run
                assert row["stamp"] == "kernel" and row["reference_id"] == "7F7F0101" and row["ignored"] == 0, run
            best = min(rows, key=lambda row: row["delay_ns"])
            assert summary["offset_ns"] == best["offset_ns"] and summary["delay_min_ns"] == best["delay_ns"], run
            assert run.bytes() == 4 * (48 + (28 if address == "127.0.0.1" else 48)), run


@measures
def an_ntp_server_without_time_says_so():
    with chronyd() as port:
        run = ask("127.0.0.1", f"port={port}", "count=1").expect(1, "no_time")
        (row,) = run.table("sample")
        assert row["outcome"] == "unsynchronized" and row["leap"] == "unsynchronized" and row["stratum"] == 0, run
        assert row["offset_ns"] is None and row["receive"] is None, run


@measures
def a_kiss_of_death_ends_the_run():
    kiss = lambda requests: [ntp_packet(requests[-1][40:], 0xe4, 0, b"RATE")]  # noqa: E731
    with ntp_responder(kiss) as (port, requests):
        run = ask("127.0.0.1", f"port={port}", "count=5", "interval=100ms").expect(1, "kissed")
        assert run.outcomes("sample") == ["kiss"] and run.table("sample")[0]["kiss"] == "RATE" and len(requests) == 1, run


@measures
def forged_and_broken_answers_are_not_believed():
    forged = lambda requests: [ntp_packet(bytes(8), 0xe4, 0, b"DENY"), b"short", ntp_packet(bytes(8))]  # noqa: E731
    with ntp_responder(forged) as (port, _):
        run = ask("127.0.0.1", f"port={port}", "count=1", "timeout=2s").expect(1, "no_answer")
        assert run.outcomes("sample") == ["mismatch"] and run.table("sample")[0]["ignored"] == 3, run
    late = lambda requests: [ntp_packet(requests[0][40:]), ntp_packet(requests[-1][40:])]  # noqa: E731
    with ntp_responder(lambda requests: [], late) as (port, requests):
        run = ask("127.0.0.1", f"port={port}", "count=2", "interval=100ms", "timeout=2s").expect(0)
        assert run.outcomes("sample") == ["timeout", "reply"] and run.table("sample")[1]["ignored"] == 0, run
        assert requests[0][:40] == b"\x23" + bytes(39) and requests[0][40:] != requests[1][40:], requests
    wrong = lambda requests: [ntp_packet(requests[-1][40:], first=0x23)]  # noqa: E731
    with ntp_responder(wrong) as (port, _):
        run = ask("127.0.0.1", f"port={port}", "count=1").expect(1, "no_answer")
        assert run.outcomes("sample") == ["malformed"], run
    # A time in 1958 or 2094 is one, and no row of it breaks a rule.
    for seconds in (1_842_000_000, 1_840_000_000):
        with ntp_responder(lambda requests: [ntp_packet(requests[-1][40:], seconds=seconds)]) as (port, _):
            assert ask("127.0.0.1", f"port={port}", "count=1").expect(0).outcomes("sample") == ["reply"]
    run = ask("127.0.0.1", f"port={port}", "count=2", "interval=100ms").expect(1, "no_answer")
    assert run.outcomes("sample") == ["refused"] * 2, run


@measures
def a_cancelled_request_is_undecided():
    with ntp_responder(lambda requests: []) as (port, _):
        run = ask("127.0.0.1", f"port={port}", "timeout=60s", "--deadline", "2s").expect(1, "timeout")
        assert run.outcomes("sample") == ["cancelled"], run


main()
