"""passive-syn against ground truth: real connections and made frames on a virtual cable, real `sonde run`."""

import ctypes
import itertools
import os
import random
import select
import signal
import socket
import struct
import time

from laboratory import SERVER, SERVER6, Namespace, Skip, main, need, skipped_in_part, test
from link_emulator import EmulatedLink, Path
from pace import until
from set_ups import (ACK, CWR, ECE, MEASUREMENT_MARK, RST, SYN, connect, equal, ethernet, inject, ip4, ip4_syn, ip6, refused,
                     start, tcp, watch)


def by(run, interval=0):
    """{(family, direction): row} of the n-th interval."""
    starts = sorted({row["start_ns"] for row in run.table("interval")})
    return {(row["family"], row["direction"]): row
            for row in run.table("interval") if row["start_ns"] == starts[interval]}


def counts(row):
    return row["syn"], row["syn_ack"], row["rst"], row["unparsed"], row["exact"]


@test
def real_connections_are_counted_exactly_by_family_and_direction(lab):
    has_ipv6 = lab.also_ipv6()

    def set_up():
        connect(lab, socket.AF_INET, SERVER, 100)
        refused(lab, socket.AF_INET, SERVER, 7)
        if has_ipv6:
            connect(lab, socket.AF_INET6, SERVER6, 50)
            refused(lab, socket.AF_INET6, SERVER6, 3)
    run = watch(lab, set_up)
    equal(run.status, 0, run)
    rows = by(run)
    equal(counts(rows[4, "out"]), (107, 0, 0, 0, True), run)
    equal(counts(rows[4, "in"]), (0, 100, 7, 0, True), run)
    equal(counts(rows[6, "out"]), (53, 0, 0, 0, True) if has_ipv6 else (0, 0, 0, 0, True), run)
    equal(counts(rows[6, "in"]), (0, 50, 3, 0, True) if has_ipv6 else (0, 0, 0, 0, True), run)
    equal({row["covered_ns"] % 2_000_000_000 for row in rows.values()}, {0}, run)
    assert not any("192.0.2" in str(value) for row in run.rows for value in row.values()), "an address left the box"


@test
def one_direction_can_be_chosen(lab):
    for direction, expected in (("in", (0, 5, 0, 0, True)), ("out", (5, 0, 0, 0, True))):
        run = watch(lab, lambda: connect(lab, socket.AF_INET, SERVER, 5), direction=direction, seconds=1)
        equal(set(by(run)), {(4, direction), (6, direction)}, run)
        equal(counts(by(run)[4, direction]), expected, run)


@test
def on_loopback_each_packet_is_seen_leaving_and_arriving(lab):
    def set_up():
        with Namespace(lab.client):
            listener = socket.create_server(("127.0.0.1", 0))
            for _ in range(10):
                socket.create_connection(listener.getsockname()).close()
            listener.close()
    run = watch(lab, set_up, interface="lo")
    for direction in ("in", "out"):
        equal(by(run)[4, direction]["syn"], 10, run)
        equal(by(run)[4, direction]["syn_ack"], 10, run)


@test
def a_SYN_is_found_behind_tags_and_extension_headers_and_with_ECN(lab):
    run = watch(lab, lambda: inject(lab, [
        ethernet(0x8100, struct.pack("!HH", 7, 0x0800) + ip4(tcp(SYN | ECE | CWR))),
        ethernet(0x88A8, struct.pack("!HHHH", 7, 0x8100, 8, 0x86DD) + ip6(tcp(SYN))),
        ethernet(0x8864, struct.pack("!BBHHH", 0x11, 0, 1, 42, 0x0021) + ip4(tcp(SYN | ACK))),
        ethernet(0x86DD, ip6(bytes([43, 0, 1, 4, 0, 0, 0, 0, 6, 0, 1, 4, 0, 0, 0, 0]) + tcp(SYN), 0)),
    ]), direction="in")
    equal(counts(by(run)[4, "in"]), (1, 1, 0, 0, True), run)
    equal(counts(by(run)[6, "in"]), (2, 0, 0, 0, True), run)


@test
def what_cannot_be_read_makes_the_count_inexact(lab):
    frames = [ethernet(0x0800, ip4(tcp(SYN))), ethernet(0x0800, ip4(tcp(SYN, 12)) + bytes(30)),
              ethernet(0x86DD, ip6(tcp(SYN, 8)))]
    run = watch(lab, lambda: inject(lab, frames), direction="in")
    equal(counts(by(run)[4, "in"]), (1, 0, 0, 1, False), run)
    equal(counts(by(run)[6, "in"]), (0, 0, 0, 1, False), run)


@test
def a_SYN_that_comes_again_is_no_first_one(lab):
    frames = [ip4_syn(1), ip4_syn(1), ip4_syn(2), ip4_syn(1, 999), ip4_syn(2)]
    run = watch(lab, lambda: inject(lab, frames), direction="in")
    row = by(run)[4, "in"]
    equal((row["syn"], row["syn_first"], row["memory_ns"], row["exact"]), (5, 3, 0, True), run)


@test
def more_SYNs_than_can_be_remembered_are_only_packets(lab):
    frames = [ip4_syn(number) for number in range(11)]
    run = watch(lab, lambda: inject(lab, frames), direction="in", syn_memory=10)
    row = by(run)[4, "in"]
    equal((row["syn"], row.get("syn_first"), row["exact"]), (11, None, True), run)


@test
def a_connection_that_nobody_answers_is_one_first_SYN_and_its_retransmissions(lab):
    lab.at(lab.server, "ip route add blackhole 198.51.100.0/24")
    lab.at(lab.client, f"ip route add 198.51.100.0/24 via {SERVER}")
    def nobody_answers():
        with Namespace(lab.client):
            one = socket.socket()
        one.settimeout(1.5)  # the first retransmission comes after a second
        try:
            one.connect(("198.51.100.1", 80))
            raise AssertionError("somebody answers")
        except TimeoutError:
            one.close()
    run = watch(lab, nobody_answers, direction="out", seconds=3)
    row = by(run)[4, "out"]
    assert row["syn"] >= 2, run
    equal((row["syn_first"], row["syn_own"]), (1, 0), run)


@test
def own_measurements_and_what_answers_them_are_apart(lab):
    def set_up():
        connect(lab, socket.AF_INET, SERVER, 3)
        refused(lab, socket.AF_INET, SERVER, 2)
        connect(lab, socket.AF_INET, SERVER, 5, mark=MEASUREMENT_MARK)
        refused(lab, socket.AF_INET, SERVER, 4, mark=MEASUREMENT_MARK)
    run = watch(lab, set_up)
    out, arriving = by(run)[4, "out"], by(run)[4, "in"]
    equal((out["syn"], out["syn_first"], out["syn_own"]), (14, 14, 9), run)
    equal((arriving["syn_ack"], arriving["syn_ack_own"]), (8, 5), run)
    equal((arriving["rst"], arriving["rst_own"]), (6, 4), run)


@test
def what_the_sender_claims_of_a_packet_does_not_matter_on_the_way_out(lab):
    processes = [start_surely(lab, direction="out", interval="60s")]
    try:
        processes.append(start_kernel(lab, direction="out", interval="60s"))
    except Skip as skip:
        skipped_in_part(str(skip))
    inject(lab, [ip4_syn(1)], lab.client, "c0", claim=0x86DD)
    for process in processes:
        process.send_signal(signal.SIGINT)
        run = lab.finish_sonde(process)
        equal([by(run)[family, "out"]["syn"] for family in (4, 6)], [1, 0], run)


@test
def the_observation_point_is_named_and_what_becomes_of_it(lab):
    process = start(lab, direction="in", interval="60s")
    lab.at(lab.client, "ip link set c0 down")
    lab.at(lab.client, "ip link set c0 name wan0")
    lab.at(lab.client, "ip link set wan0 up")
    inject(lab, [ip4_syn(1)])
    lab.at(lab.client, "ip link add br0 type bridge", may_fail=True)
    has_bridge = "br0" in lab.at(lab.client, "ip -o link")
    if has_bridge:
        lab.at(lab.client, "ip link set wan0 master br0")
        inject(lab, [ip4_syn(2)])
    process.send_signal(signal.SIGINT)
    run = lab.finish_sonde(process)
    points = run.table("point")
    begin, last = points[0], points[-1]
    equal([begin.get(name) for name in ("event", "interface", "kind", "up", "also_seen_at", "may_miss")],
          ["begin", "c0", "veth", True, None, None], run)
    equal((last["event"], last["interface"], last["up"]), ("change", "wan0", True), run)
    assert any(not row["up"] for row in points), run
    row = by(run)[4, "in"]
    equal((row["syn"], row["exact"]), (2 if has_bridge else 1, False), run)
    if has_bridge:
        equal(last["also_seen_at"], "br0", run)
    else:
        skipped_in_part("no bridges here")


def bpf(command, attributes):
    """bpf(2); x86-64 and arm64 number it differently."""
    number = {"x86_64": 321, "aarch64": 280}.get(os.uname().machine)
    if number is None:
        raise Skip("the number of bpf(2) is not known here")
    text = ctypes.create_string_buffer(attributes, 128)
    descriptor = ctypes.CDLL(None, use_errno=True).syscall(number, command, text, len(text))
    if descriptor < 0:
        raise Skip(f"no XDP here: {os.strerror(ctypes.get_errno())}")
    return descriptor


def take_all_by_xdp(lab, interface):
    """Attaches a program that drops every packet before the kernel's stack sees it; lasts as long as the result."""
    program = ctypes.create_string_buffer(bytes.fromhex("b700000001000000" "9500000000000000"))  # r0 = XDP_DROP; exit
    licence = ctypes.create_string_buffer(b"GPL")
    with Namespace(lab.client):
        loaded = bpf(5, struct.pack("=IIQQ", 6, 2, ctypes.addressof(program), ctypes.addressof(licence)))
        link = bpf(28, struct.pack("=IIII", loaded, socket.if_nametoindex(interface), 37, 2))
    return loaded, link


@test
def what_a_program_takes_before_the_kernel_is_not_seen_and_the_point_says_so(lab):
    attached = take_all_by_xdp(lab, "c0")
    run = watch(lab, lambda: inject(lab, [ip4_syn(1), ip4_syn(2)]), direction="in")
    for descriptor in attached:
        os.close(descriptor)
    equal(run.table("point")[0].get("may_miss"), "xdp", run)
    equal((by(run)[4, "in"]["syn"], by(run)[4, "in"]["exact"]), (0, False), run)


@test
def both_ends_of_a_cable_within_one_machine_show_the_same_packets(lab):
    lab.at(lab.client, "ip link add b0 type veth peer name b1")
    run = lab.run("passive-syn", interface="b0", interval="200ms")
    point, = run.table("point")
    equal((point.get("also_seen_at"), point["up"]), ("b1", False), run)
    equal({(row["covered_ns"], row["exact"]) for row in run.table("interval")}, {(0, False)}, run)


@test
def a_flood_is_counted_to_the_last_packet(lab):
    process = start(lab, direction="in", interval="60s")  # however long it takes to send them
    frame = ethernet(0x0800, ip4(tcp(SYN)))
    inject(lab, itertools.repeat(frame, 50000))
    process.send_signal(signal.SIGINT)
    run = lab.finish_sonde(process)
    row = by(run)[4, "in"]
    # A cable drops what its receiver's backlog cannot take; that never reached the observation point. It may have been
    # something else than a SYN.
    dropped = int(lab.at(lab.server, "cat /sys/class/net/s0/statistics/tx_dropped"))
    assert 50000 - dropped <= row["syn"] <= 50000, f"{dropped} dropped\n{run}"
    equal((row["drops"], row["unparsed"]), (0, 0), run)


@test
def packets_fall_into_the_interval_of_their_own_time(lab):
    process = start(lab, direction="out", interval="500ms", intervals=4, alignment="epoch")
    connect(lab, socket.AF_INET, SERVER, 30)
    run = lab.finish_sonde(process)
    starts = sorted({row["start_ns"] for row in run.table("interval")})
    equal([start % 500_000_000 for start in starts], [0, 0, 0, 0], run)
    equal([later - earlier for earlier, later in zip(starts, starts[1:])], [500_000_000] * 3, run)


@test
def an_interface_that_goes_down_covers_less(lab):
    def go_down_and_up():
        lab.at(lab.client, "ip link set c0 down")
        time.sleep(0.4)
        lab.at(lab.client, "ip link set c0 up")
        inject(lab, [ethernet(0x0800, ip4(tcp(SYN)))])
    run = watch(lab, go_down_and_up, direction="in", intervals=2)
    rows = [by(run, interval)[4, "in"] for interval in (0, 1)]
    equal((run.status, sum(row["syn"] for row in rows)), (0, 1), run)
    assert not all(row["exact"] for row in rows), run
    # How soon it is noticed is the machine's affair. Unless both words of it were read at once, that time is missing.
    if any(not point["up"] for point in run.table("point")):
        assert sum(row["covered_ns"] for row in rows) % 2_000_000_000 != 0, run
    equal(run.table("point")[-1]["up"], True, run)


@test
def an_interface_that_is_removed_ends_the_run_with_what_was_seen_before(lab):
    process = start(lab, direction="in", interval="60s")
    inject(lab, [ip4_syn(1), ip4_syn(2)])
    lab.at(lab.client, "ip link delete c0")
    run = lab.finish_sonde(process)
    equal(run.status, 1, run)
    assert "interface" in run.err, run
    row = by(run)[4, "in"]
    equal((row["syn"], row["exact"]), (2, False), run)
    assert row["covered_ns"] < 50_000_000_000, run


@test
def a_deadline_ends_a_run_of_either_method_with_what_was_seen(lab):
    for deadline in ("5s", "50s"):  # in which this machine should get five connections done
        processes = [start(lab, method, deadline, direction="out", interval="3600s")
                     for method in ("passive-syn", "passive-handshake")]
        connect(lab, socket.AF_INET, SERVER, 5)
        runs = [lab.finish_sonde(process) for process in processes]
        rows = [by(run)[4, "out"] for run in runs]
        if [row.get("syn", row.get("begun")) for row in rows] == [5, 5]:
            break
    for run, row, wanted in zip(runs, rows, ({"syn": 5, "syn_first": 5}, {"begun": 5, "answered": 5})):
        equal((run.status, "its deadline passed" in run.err), (1, True), run)
        equal({name: row[name] for name in wanted}, wanted, run)
        equal((row["exact"], 0 < row["covered_ns"] < 3600 * 10**9), (False, True), run)


@test
def observing_costs_the_line_nothing(lab):
    for method in ("passive-syn", "passive-handshake"):
        run = lab.run(method, "--trace", interface="c0", interval="200ms")
        equal((run.status, "now(" in run.err, "count(" in run.err), (0, True, False), run)


def start_kernel(lab, **options):
    """A run whose packets the kernel counts, once it counts."""
    tried = lab.run("passive-syn", interface="lo", interval="200ms", counter="kernel")
    if tried.status != 0 and "the kernel does not count here" in tried.err:
        raise Skip(tried.err.strip())
    return start_surely(lab, counter="kernel", **options)


def start_surely(lab, **options):
    """A run that counts already, also on a machine that stops it anywhere."""
    process = start(lab, **options)
    assert select.select([process.stdout], [], [], 20)[0], "it does not say where it observes"
    time.sleep(0.01)  # the kernel begins to count 1 ms after it was told to, which was before that
    return process


def odd_frames(count):
    """Frames as no stack makes them: each of some kinds, with bytes changed and the end cut."""
    def header(following, units=0):
        return bytes([following, units]) + bytes(6 + 8 * units)

    chance = random.Random(5)
    kinds = [(0x0800, ip4(tcp(SYN))), (0x0800, ip4(tcp(SYN | ACK))), (0x0800, ip4(tcp(RST | ACK))), (0x0800, ip4(tcp(ACK))),
             (0x86DD, ip6(tcp(SYN | ECE | CWR))), (0x86DD, ip6(tcp(RST | ACK))),
             (0x86DD, ip6(header(43) + header(60, 2) + header(6) + tcp(SYN), 0)),
             (0x86DD, ip6(header(6) + tcp(SYN | ACK), 44)),
             (0x86DD, ip6(header(60) * 16 + header(6) + tcp(SYN), 60))]
    for kind, packet in kinds:
        yield ethernet(kind, packet)
    for _ in range(count):
        kind, packet = chance.choice(kinds)
        packet = bytearray(packet + bytes(chance.choice((0, 40, 600))))
        for _ in range(chance.randrange(4)):
            packet[chance.randrange(min(len(packet), 70))] = chance.randrange(256)
        if chance.randrange(4) == 0:
            del packet[1 + chance.randrange(len(packet)):]
        if chance.randrange(4) == 0:
            kind, packet = 0x8864, struct.pack("!BBHHH", 0x11, 0, 1, len(packet) + 2, {0x0800: 0x21, 0x86DD: 0x57}[kind]) + packet
        for tag in (0x8100, 0x88A8, 0x8100)[:max(0, chance.randrange(6) - 2)]:
            kind, packet = tag, struct.pack("!HH", 7, kind) + packet
        yield ethernet(kind, bytes(packet))


def flags_of(packet):
    """Of a TCP packet; 0 of any other."""
    at, protocol = ((packet[0] & 15) * 4, packet[9]) if packet[0] >> 4 == 4 else (40, packet[6])
    return packet[at + 13] if protocol == 6 else 0


def fated(**fates):
    """A path that does so to the SYNs with these numbers."""
    return Path(match=lambda packet: flags_of(packet) & SYN != 0,
                decide=lambda number, packet: {fate for fate, numbers in fates.items() if number in numbers})


@test
def what_a_link_loses_and_doubles_is_counted_as_it_passes_the_interface(lab):
    families = [(4, socket.AF_INET)] + ([(6, socket.AF_INET6)] if lab.also_ipv6() else [])
    with EmulatedLink(lab.client, lab.server, fated(loss={3, 15}, duplicate={5, 18}),
                      fated(loss={7, 20}, duplicate={2, 9, 25})) as link:
        processes = {"ring": start_surely(lab, interface="e0", interval="60s"),
                     "handshake": start_surely(lab, method="passive-handshake", interface="e0", interval="60s", tmax="20s")}
        try:
            processes["kernel"] = start_kernel(lab, interface="e0", interval="60s")
        except Skip as skip:
            skipped_in_part(str(skip))
        for family, kind in families:
            connect(lab, kind, link.ADDRESSES[family][1], 10)
        until(lambda: all(seen.done or seen.delivered_ns for seen in link.log(link.BACK)), "the link has delivered all")
        for process in processes.values():
            process.send_signal(signal.SIGINT)
        runs = {name: lab.finish_sonde(process) for name, process in processes.items()}
        there, back = link.log(link.THERE), link.log(link.BACK)
    for family, _ in families:
        sent = [seen for seen in there if seen.head[0] >> 4 == family]
        came = sum(len(seen.delivered_ns) for seen in back if seen.head[0] >> 4 == family)
        assert len(sent) > 10 and came > 10, "the link did nothing"
        for name in set(runs) - {"handshake"}:
            rows = by(runs[name])
            equal((rows[family, "out"]["syn"], rows[family, "in"]["syn_ack"]), (len(sent), came), runs[name])
        equal(by(runs["ring"])[family, "out"]["syn_first"], 10, runs["ring"])
        row = by(runs["handshake"])[family, "out"]
        ports = [seen.head[20 if family == 4 else 40:][:2] for seen in sent]
        equal((row["begun"], row["answered"], row["unmatched"]), (10, 10, came - 10), runs["handshake"])
        equal(row["repeated"], sum(ports.count(port) > 1 for port in set(ports)), runs["handshake"])


@test
def the_kernel_counts_what_the_ring_counts(lab):
    kernel = start_kernel(lab, interval="60s")
    ring = start_surely(lab, interval="60s")
    connect(lab, socket.AF_INET, SERVER, 20)
    connect(lab, socket.AF_INET, SERVER, 5, mark=MEASUREMENT_MARK)
    refused(lab, socket.AF_INET, SERVER, 7)
    inject(lab, odd_frames(4000))
    inject(lab, itertools.repeat(ip4_syn(1), 10000))
    time.sleep(0.2)  # what this machine answers has been sent
    found = []
    for process in (kernel, ring):
        process.send_signal(signal.SIGINT)
        run = lab.finish_sonde(process)
        equal(run.status, 0, run)
        found.append(run)
    by_kernel, by_ring = map(by, found)
    equal([run.table("point")[0]["counted_by"] for run in found], ["kernel", "ring"], found)
    equal(set(by_kernel), set(by_ring), found)
    for key, row in by_kernel.items():
        equal([row[name] for name in ("syn", "syn_own", "syn_ack", "rst", "unparsed", "drops")],
              [by_ring[key][name] for name in ("syn", "syn_own", "syn_ack", "rst", "unparsed", "drops")], (key, found))
        equal([row.get(name) for name in ("syn_first", "syn_ack_own", "rst_own")], [None] * 3, found)
    assert by_kernel[4, "in"]["syn"] > 10000 and by_kernel[6, "in"]["unparsed"] > 100, found
    equal(by_kernel[4, "out"]["syn_own"], 5, found)
    equal((found[0].table("point")[0].get("ring_size"), found[1].table("point")[0]["ring_size"] > 0), (None, True), found)


@test
def the_kernel_counts_each_packet_in_one_interval(lab):
    for times in (1, 5, 15):
        begun = time.monotonic()
        process = start_kernel(lab, interval=f"{200 * times}ms", intervals=20, direction="in")
        for number in range(60):
            inject(lab, [ip4_syn(number)] * 5)
            time.sleep(0.03 * times)  # more intervals than are kept apart at a time
        in_time = time.monotonic() - begun < 4 * times
        run = lab.finish_sonde(process)
        if in_time:
            break
    assert in_time, "this machine is too slow"
    rows = [row for row in run.table("interval") if row["family"] == 4]
    starts = [row["start_ns"] for row in rows]
    equal({later - earlier for earlier, later in zip(starts, starts[1:])}, {200_000_000 * times}, run)
    equal((run.status, len(rows)), (0, 20), run)
    assert sum(row["syn"] > 0 for row in rows) > 1, run
    # A process that the machine has stopped for seven intervals has lost some, and says so.
    if all(row["exact"] for row in rows):
        equal(sum(row["syn"] for row in rows), 300, run)


@test
def where_the_kernel_does_not_count_the_ring_does_or_the_run_says_so(lab):
    need("setpriv")
    found = {}
    for counter in ("auto", "kernel"):
        process = lab.start(lab.client, ["setpriv", "--bounding-set=-bpf", lab.sonde, "run",
                                         f"{lab.plugins}/passive-syn/passive-syn.so:passive-syn", "interface=lo",
                                         "interval=200ms", f"counter={counter}", "--json"],
                            stdout=-1, stderr=-1, text=True)
        found[counter] = lab.finish_sonde(process)
    equal((found["auto"].status, found["auto"].table("point")[0]["counted_by"]), (0, "ring"), found)
    equal((found["kernel"].status != 0, found["kernel"].rows), (True, []), found)
    assert "the kernel does not count here" in found["kernel"].err, found


@test
def what_arrives_alone_does_not_tell_whom_it_answers(lab):
    run = watch(lab, lambda: connect(lab, socket.AF_INET, SERVER, 2, mark=MEASUREMENT_MARK), direction="in")
    row = by(run)[4, "in"]
    equal((row["syn_ack"], row.get("syn_ack_own"), row.get("rst_own")), (2, None, None), run)


main()
