"""passive-handshake against a capture of the same packets, real `sonde run` on a virtual cable."""

import signal
import socket
import struct
import time

from laboratory import CLIENT, SERVER, SERVER6, Namespace, main, test
from set_ups import (ACK, MEASUREMENT_MARK, SYN, arriving, connect, equal, ethernet, inject, ip4, refused, segment, start,
                     watch)

ETH_P_ALL, SO_RCVBUFFORCE, SO_TIMESTAMPNS = 3, 33, 35


def by(run):
    return {(row["family"], row["direction"]): row for row in run.table("interval")}


def ended(row):
    return row["begun"], row["answered"], row["repeated"], row["refused"], row["unanswered"], row["exact"]


class Capture:
    """The kernel's own stamps of all that passes an interface of the client."""

    def __init__(self, lab, interface):
        with Namespace(lab.client):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.bind((interface, ETH_P_ALL))
        self.socket.setblocking(False)

    def round_trips(self, family):
        """In ns, from each SYN to the SYN/ACK for its port, in the order of the answers."""
        kind, tcp_at = (b"\x08\x00", 34) if family == 4 else (b"\x86\xdd", 54)
        syns, found = {}, []
        while True:
            try:
                frame, control, _, _ = self.socket.recvmsg(200, 64)
            except BlockingIOError:
                return found
            if frame[12:14] != kind or len(frame) < tcp_at + 20:
                continue
            seconds, ns = next(struct.unpack("qq", data) for _, name, data in control if name == SO_TIMESTAMPNS)
            source, target = struct.unpack_from("!HH", frame, tcp_at)
            flags = frame[tcp_at + 13] & (SYN | ACK)
            if flags == SYN:
                syns[source] = seconds * 10**9 + ns
            elif flags == SYN | ACK:
                found.append(seconds * 10**9 + ns - syns[target])


@test
def round_trips_are_those_that_a_capture_sees(lab):
    families = [(4, socket.AF_INET, SERVER)] + ([(6, socket.AF_INET6, SERVER6)] if lab.also_ipv6() else [])
    for family, kind, server in families:
        # Each capture stamps what TCP sends over a virtual cable by itself, the youngest first.
        younger = []

        def set_up():
            younger.append(Capture(lab, "c0"))
            connect(lab, kind, server, 40)
            refused(lab, kind, server, 3)
        older = Capture(lab, "c0")
        run = watch(lab, set_up, "passive-handshake", singletons="true")
        row = by(run)[family, "out"]
        equal(ended(row), (43, 40, 0, 3, 0, True), run)
        said = [one["rtt_ns"] for one in run.table("handshake")]
        bounds = list(zip(younger[-1].round_trips(family), said, older.round_trips(family)[-40:]))
        equal(len(bounds), 40, run)
        assert all(least <= ours <= most for least, ours, most in bounds), f"{bounds}\n{run}"
        said.sort()
        equal((row["rtt_min_ns"], row["rtt_max_ns"]), (said[0], said[-1]), run)
        equal((row["rtt_p95_ns"], row["rtt_median_ns"]), (said[37], sum(said[19:21]) // 2), run)
        equal(ended(by(run)[family, "in"]), (0, 0, 0, 0, 0, True), run)
        assert not any("192.0.2" in str(value) or "2001:db8" in str(value) for one in run.rows
                       for value in one.values()), "an address left the box"


@test
def an_answer_to_a_SYN_that_was_sent_again_has_no_round_trip(lab):
    def answer_twice():
        inject(lab, [arriving(segment(SYN, 5)), arriving(segment(SYN, 5)), arriving(segment(SYN, 6, ports=(999, 80)))])
        answer = ethernet(0x0800, ip4(segment(SYN | ACK, 9, 6, ports=(80, 1234)), source=CLIENT, target=SERVER))
        inject(lab, [answer, answer], lab.client, "c0")
    run = watch(lab, answer_twice, "passive-handshake", direction="in", singletons="true", tmax="60s")
    row = by(run)[4, "in"]
    equal(ended(row), (2, 1, 1, 0, 0, True), run)
    equal((row["unmatched"], row.get("rtt_mean_ns"), run.table("handshake")), (1, None, []), run)


@test
def what_nobody_answers_is_unanswered_after_tmax(lab):
    def ask_nobody():
        inject(lab, [arriving(segment(SYN, 5))])
        time.sleep(0.3)  # and wait for it to be over
    run = watch(lab, ask_nobody, "passive-handshake", direction="in", tmax="100ms")
    equal(ended(by(run)[4, "in"]), (1, 0, 0, 0, 1, True), run)


@test
def what_still_waits_when_the_run_ends_is_not_unanswered(lab):
    process = start(lab, "passive-handshake", direction="in", interval="60s", tmax="20s")
    inject(lab, [arriving(segment(SYN, 5))])
    process.send_signal(signal.SIGINT)
    run = lab.finish_sonde(process)
    row = by(run)[4, "in"]
    equal((row["unanswered"], row["exact"]), (0, False), run)


@test
def an_interface_that_goes_down_covers_less(lab):
    def go_down_and_up():
        connect(lab, socket.AF_INET, SERVER, 3)
        lab.at(lab.client, "ip link set c0 down")
        time.sleep(0.4)
        lab.at(lab.client, "ip link set c0 up")
        connect(lab, socket.AF_INET, SERVER, 2)
    run = watch(lab, go_down_and_up, "passive-handshake", direction="out")
    row = by(run)[4, "out"]
    equal((run.status, row["begun"], row["answered"], row["exact"]), (0, 5, 5, False), run)
    # How soon it is noticed is the machine's affair. Unless both words of it were read at once, that time is missing.
    if any(not point["up"] for point in run.table("point")):
        assert row["covered_ns"] % 2_000_000_000 != 0, run
    equal(run.table("point")[-1]["up"], True, run)


@test
def an_interface_that_is_removed_ends_the_run_with_what_was_seen_before(lab):
    process = start(lab, "passive-handshake", direction="out", interval="60s")
    connect(lab, socket.AF_INET, SERVER, 3)
    lab.at(lab.client, "ip link delete c0")
    run = lab.finish_sonde(process)
    equal(run.status, 1, run)
    assert "interface" in run.err, run
    row = by(run)[4, "out"]
    equal((row["begun"], row["answered"], row["exact"]), (3, 3, False), run)
    assert row["covered_ns"] < 60_000_000_000, run


@test
def more_attempts_than_may_wait_are_not_followed(lab):
    frames = [arriving(segment(SYN, number)) for number in range(5)]
    run = watch(lab, lambda: inject(lab, frames), "passive-handshake", direction="in", pending=2)
    row = by(run)[4, "in"]
    equal((row["begun"], row["untracked"], row["exact"]), (2, 3, False), run)


@test
def an_attempt_whose_SYN_carries_data_is_not_followed(lab):
    def open_fast():
        inject(lab, [arriving(segment(SYN, 5) + b"request")])
        answer = segment(SYN | ACK, 9, 5 + 1 + len("request"), ports=(80, 1234))
        inject(lab, [ethernet(0x0800, ip4(answer, source=CLIENT, target=SERVER))], lab.client, "c0")
    run = watch(lab, open_fast, "passive-handshake", direction="in", tmax="100ms")
    row = by(run)[4, "in"]
    equal(ended(row), (0, 0, 0, 0, 0, False), run)
    equal((row["untracked"], row["unmatched"]), (1, 1), run)


@test
def own_measurements_are_counted_apart(lab):
    def set_up():
        connect(lab, socket.AF_INET, SERVER, 3)
        connect(lab, socket.AF_INET, SERVER, 5, mark=MEASUREMENT_MARK)
    run = watch(lab, set_up, "passive-handshake", direction="out")
    row = by(run)[4, "out"]
    equal((row["begun"], row["answered"], row["own"]), (3, 3, 5), run)


main()
