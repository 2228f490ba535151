"""ping on links that lose, delay, double, reorder and spoil packets: its outcomes against the link emulator's log."""

import ipaddress
import json
import os
import re
import signal

from laboratory import SERVER, SERVER6, ipv6_test, main, test
from link_emulator import EmulatedLink, Path, echo_sequence, is_echo
from pace import until
from processes import descendants

THERE, BACK = EmulatedLink.THERE, EmulatedLink.BACK


def equal(what, expected, run):
    assert what == expected, f"{what} is not {expected}\n{run}"


def only_summary(run):
    equal(len(run.table("summary")), 1, run)
    return run.table("summary")[0]


def is_echo_or_fragment(packet):
    if packet[0] >> 4 == 4:
        return packet[9] == 1
    return packet[6] == 44 or is_echo(packet)


class Truth:
    """What the link's log says of a run to one target."""

    def __init__(self, link, held_is_late=False):
        requests = link.log(THERE)
        self.order = {echo_sequence(seen.head): place for place, seen in enumerate(requests)}
        self.outcomes = {place + 1: "lost" for place in range(len(requests))}
        self.duplicates, self.reordered = 0, set()
        answered, highest = set(), -1
        deliveries = [(when, seen) for seen in link.log(BACK) for when in seen.delivered_ns]
        for _, seen in sorted(deliveries, key=lambda delivery: delivery[0]):
            place = self.order[echo_sequence(seen.head)]
            done = requests[place].done + seen.done
            spoilt = "corrupt" in done or done.count("garble") == 1  # who changes places twice is back at home
            if spoilt and place not in answered:
                self.outcomes[place + 1] = "corrupted"
            elif not spoilt and place in answered:
                self.duplicates += 1
            elif not spoilt:
                late = held_is_late and "reorder" in seen.done
                self.outcomes[place + 1] = "late" if late else "reply"
                answered.add(place)
                if place < highest:
                    self.reordered.add(place + 1)
                highest = max(highest, place)


def runs_of_loss(outcomes):
    """(how many, the longest)"""
    runs = re.findall("x+", "".join("." if outcomes[seq] == "reply" else "x" for seq in sorted(outcomes)))
    return len(runs), max(map(len, runs), default=0)


def check_against(link, run, held_is_late=False):
    truth = Truth(link, held_is_late)
    equal(run.status, 0, run)
    wrong = {seq: (run.outcomes().get(seq), told) for seq, told in truth.outcomes.items()
             if run.outcomes().get(seq) != told}
    assert not wrong, f"said and true: {wrong}\n{run}"
    equal(len(run.outcomes()), len(truth.outcomes), run)
    summary = only_summary(run)
    counts = {outcome: list(truth.outcomes.values()).count(outcome) for outcome in set(truth.outcomes.values())}
    for outcome, column in (("reply", "replies"), ("late", "late"), ("lost", "lost"), ("corrupted", "corrupted")):
        equal((column, summary[column]), (column, counts.get(outcome, 0)), run)
    equal(("duplicates", summary["duplicates"]), ("duplicates", truth.duplicates), run)
    said = {row["seq"] for row in run.table("packet") if row["reordered"]}
    equal(said, truth.reordered, run)
    equal(summary["reordered"], len(truth.reordered), run)
    equal((summary["loss_runs"], summary["loss_run_max"]), runs_of_loss(truth.outcomes), run)
    pairs = sum(truth.outcomes[seq] == truth.outcomes.get(seq + 1) == "reply" for seq in truth.outcomes)
    equal(summary["ipdv_pairs"], pairs, run)
    return truth, counts


def check_every_fate(lab, family):
    bad = dict(loss=0.08, duplicate=0.08, reorder=0.1, reorder_by_s=0.03, garble=0.05, corrupt=0.05, delay_s=0.005,
               match=is_echo)
    with EmulatedLink(lab.client, lab.server, Path(**bad), Path(**bad), seed=family) as link:
        run = lab.run("ping", target=link.ADDRESSES[family][1], count=600, interval="3ms", tmax="2s", linger="700ms")
        truth, counts = check_against(link, run)
    for outcome in ("reply", "lost", "corrupted"):
        assert counts[outcome] > 20, counts
    assert truth.duplicates > 20 and len(truth.reordered) > 20, "the link did too little"
    print(f"         {counts}, {truth.duplicates} duplicates, {len(truth.reordered)} reordered")


@test
def loss_duplicates_reordering_and_damage_are_exactly_what_the_link_did(lab):
    check_every_fate(lab, 4)


@ipv6_test
def loss_duplicates_reordering_and_damage_are_exactly_what_the_link_did_over_IPv6(lab):
    check_every_fate(lab, 6)


@test
def what_the_link_held_back_beyond_tmax_is_late_with_its_delay(lab):
    held = Path(reorder=0.2, reorder_by_s=1.2, match=is_echo)
    for family in (4, 6)[:2 if lab.also_ipv6() else 1]:
        with EmulatedLink(lab.client, lab.server, Path(match=is_echo), held, seed=family) as link:
            run = lab.run("ping", target=link.ADDRESSES[family][1], count=100, interval="5ms", tmax="1s", linger="1s")
            _, counts = check_against(link, run, held_is_late=True)
        assert counts["late"] > 10, counts
        for row in run.table("packet"):
            equal(row["rtt_ns"] > 1.2e9, row["outcome"] == "late", row)


@test
def ipdv_is_undefined_where_loss_breaks_every_pair(lab):
    every_other = Path(decide=lambda number, packet: {"loss"} if number % 2 else set(), match=is_echo)
    with EmulatedLink(lab.client, lab.server, there=every_other) as link:
        run = lab.run("ping", target=link.ADDRESSES[4][1], count=10, interval="20ms", tmax="1s")
    summary = only_summary(run)
    equal((summary["replies"], summary["lost"], summary["ipdv_pairs"]), (5, 5, 0), run)
    equal([summary[name] for name in ("ipdv_median_ns", "ipdv_p95_ns", "ipdv_p99_ns", "ipdv_max_ns")], [None] * 4, run)
    rtts = sorted(row["rtt_ns"] for row in run.table("packet") if row["outcome"] == "reply")
    equal(summary["rtt_mean_ns"], sum(rtts) // 5, run)
    equal((summary["pdv_median_ns"], summary["pdv_max_ns"]), (rtts[2] - rtts[0], rtts[4] - rtts[0]), run)


def delivered_bytes(link, direction):
    return sum(seen.length * len(seen.delivered_ns) for seen in link.log(direction))


def interface_bytes(lab, name):
    return tuple(int(lab.at(lab.client, f"cat /sys/class/net/{name}/statistics/{way}_bytes")) for way in ("tx", "rx"))


@test
def bytes_are_exactly_those_of_the_interface_fragments_included(lab):
    back = Path(loss=0.1, duplicate=0.1, match=is_echo_or_fragment)
    for space in (lab.client, lab.server) if lab.has_ipv6 else ():  # nothing but the run's packets
        lab.rules(space, "table ip6 t { chain c { type filter hook output priority 0; icmpv6 type != { 128, 129 } drop } }")
    for family in (4, 6)[:2 if lab.also_ipv6() else 1]:
        for size in (56, 5000):
            # Of a packet in fragments all must come back: the kernel tells of no others.
            whole = Path(match=is_echo_or_fragment)
            with EmulatedLink(lab.client, lab.server, whole, back if size == 56 else whole, seed=9) as link:
                run = lab.run("ping", "--trace", target=link.ADDRESSES[family][1], count=30, size=size, interval="10ms",
                              tmax="500ms", linger="300ms")
                on_link = sum(seen.length for seen in link.log(THERE)), delivered_bytes(link, BACK)
                equal(interface_bytes(lab, "e0"), on_link, run)
            equal((family, size, run.counted()), (family, size, on_link), run)


def rows_until(process, wanted):
    """Reads rows of a running `sonde run --json` until one is wanted; those before it and it."""
    rows = []
    for line in process.stdout:
        rows.append(json.loads(line))
        if wanted(rows[-1]):
            return rows
    raise AssertionError(f"ended without it: {rows[-20:]} {process.stderr.read()}")


@test
def an_interface_that_goes_down_in_the_middle_is_unsent_and_later_packets_have_their_own_stamps(lab):
    with EmulatedLink(lab.client, lab.server) as link:
        process = lab.start_sonde("ping", target=link.ADDRESSES[4][1], count=100000, interval="10ms", tmax="1s")
        rows_until(process, lambda row: row["seq"] == 3)
        lab.at(lab.client, "ip link set e0 down")
        gone = rows_until(process, lambda row: row["outcome"] == "unsent")[-1]
        assert gone["error"] in ("Network is unreachable", "Network is down"), gone
        lab.at(lab.client, "ip link set e0 up")
        row = rows_until(process, lambda row: row["outcome"] == "reply" and row["seq"] > gone["seq"])[-1]
        row = rows_until(process, lambda later: later["seq"] > row["seq"] + 20)[-1]
        process.send_signal(signal.SIGINT)
        run = lab.finish_sonde(process)
    for row in run.table("packet"):
        if row["outcome"] == "reply":
            assert row["scheduled_ns"] <= row["tx_sched_ns"] <= row["tx_software_ns"] < row["rx_ns"], row
    summary = only_summary(run)
    assert summary["unsent"] > 0 and summary["replies"] > 20, run
    # On its way when the interface went: nothing else may be missing.
    assert all(seq < gone["seq"] for seq, outcome in run.outcomes().items() if outcome == "lost"), run


@test
def a_link_that_swallows_large_packets_loses_them_and_nothing_is_told(lab):
    hole = Path(hole_above_bytes=1000, match=is_echo)
    for family in (4, 6)[:2 if lab.also_ipv6() else 1]:
        with EmulatedLink(lab.client, lab.server, there=hole) as link:
            target = link.ADDRESSES[family][1]
            run = lab.run("ping", target=target, count=3, size=1300, dont_fragment="true", interval="20ms", tmax="300ms")
            equal((run.status, set(run.outcomes().values())), (1, {"lost"}), run)
            assert "no_answer" in run.err, run
            equal(only_summary(run)["path_mtu"], None, run)
            run = lab.run("ping", target=target, count=3, size=500, dont_fragment="true", interval="20ms", tmax="1s")
            equal(set(run.outcomes().values()), {"reply"}, run)


@test
def a_router_that_cannot_forward_a_large_packet_tells_the_MTU(lab):
    lab.at(lab.server, "ip link add m0 mtu 1400 type veth peer name m1")
    lab.at(lab.server, "ip link set m0 up")
    lab.at(lab.server, "ip link set m1 up")
    lab.sysctl(lab.server, "net.ipv4.ip_forward", 1)
    lab.at(lab.client, f"ip route add 198.51.100.0/24 via {SERVER}")
    lab.at(lab.server, "ip route add 198.51.100.0/24 dev m0")
    cases = [("198.51.100.9", (3, 4), SERVER)]
    if lab.also_ipv6():
        lab.sysctl(lab.server, "net.ipv6.conf.all.forwarding", 1)
        lab.at(lab.client, f"ip -6 route add 2001:db8:9::/64 via {SERVER6}")
        lab.at(lab.server, "ip -6 route add 2001:db8:9::/64 dev m0")
        cases.append(("2001:db8:9::9", (2, 0), SERVER6))
    for target, error, router in cases:
        run = lab.run("ping", target=target, count=3, size=1430, dont_fragment="true", interval="100ms", tmax="1s")
        for row in run.table("packet"):
            equal((row["outcome"], row["icmp_type"], row["icmp_code"], row["reply_from"], row["path_mtu"]),
                  ("icmp_error", *error, router, 1400), run)
        equal((only_summary(run)["path_mtu"], only_summary(run)["icmp_errors"]), (1400, 3), run)


@test
def what_is_too_large_for_our_own_interface_is_unsent_if_nobody_may_cut_it(lab):
    for address in (SERVER, SERVER6)[:2 if lab.also_ipv6() else 1]:
        run = lab.run("ping", target=address, count=2, size=3000, dont_fragment="true", interval="20ms", tmax="300ms")
        equal({(row["outcome"], row["error"]) for row in run.table("packet")}, {("unsent", "Message too long")}, run)
        assert "nothing_sent" in run.err, run


def source_of(packet):
    return str(ipaddress.ip_address(packet[12:16] if packet[0] >> 4 == 4 else packet[8:24]))


@test
def the_chosen_interface_and_source_are_used_and_told(lab):
    families = [(4, "203.0.113.9/32")] + ([(6, "2001:db8:f::9/128")] if lab.also_ipv6() else [])
    with EmulatedLink(lab.client, lab.server, there=Path(match=is_echo)) as link:
        for family, another in families:
            lab.at(lab.client, f"ip address add {another} dev lo")
            lab.at(lab.server, f"ip route add {another} dev e0")
            another = another.partition("/")[0]
            own, target = link.ADDRESSES[family]
            for options, source in (({}, own), ({"source": another}, another), ({"interface": "e0"}, own),
                                    ({"interface": "e0", "source": another}, another)):
                before = len(link.log(THERE))
                run = lab.run("ping", target=target, count=2, interval="20ms", tmax="5s", **options)
                equal([(row["outcome"], row["source"]) for row in run.table("packet")], [("reply", source)] * 2, run)
                equal(only_summary(run)["source"], source, run)
                equal([source_of(seen.head) for seen in link.log(THERE)[before:]], [source] * 2, run)
            run = lab.run("ping", target=target, count=1, interval="20ms", tmax="300ms", interface="c0")
            equal(len(link.log(THERE)), before + 2, "a packet went over another interface than the chosen one")


@test
def by_send_on_receive_each_packet_waits_for_the_answer_to_the_one_before(lab):
    back = Path(delay_s=0.02, decide=lambda number, packet: {"loss"} if number == 4 else set(), match=is_echo)
    with EmulatedLink(lab.client, lab.server, Path(match=is_echo), back) as link:
        run = lab.run("ping", target=link.ADDRESSES[4][1], count=10, sampling="send-on-receive", tmax="1s", interval="1ms")
        requests, replies = link.log(THERE), link.log(BACK)
    equal(list(run.outcomes().values()).count("reply"), 9, run)
    equal(run.outcomes()[5], "lost", run)
    equal((len(requests), len(replies)), (10, 10), run)
    for place, (reply, following) in enumerate(zip(replies, requests[1:])):
        if place == 4:
            assert following.came_ns - requests[4].came_ns > 0.95e9, run
        else:
            assert following.came_ns > reply.came_ns + 20e6, run


@test
def by_the_options_that_RFC_8912_fixes_packets_have_the_headers_that_it_fixes(lab):
    known = json.loads(lab.at(lab.client, f"{lab.sonde} describe {lab.plugins}/ping/ping.so --json"))
    fixed = dict(pair.split("=") for pair in known["functions"][1]["fixed_options"])
    with EmulatedLink(lab.client, lab.server, there=Path(match=is_echo)) as link:
        for family in (4, 6)[:2 if lab.also_ipv6() else 1]:
            before = len(link.log(THERE))
            run = lab.run("ping", target=link.ADDRESSES[family][1], count=3, interval="50ms", **fixed)
            requests = [seen.head for seen in link.log(THERE)[before:]]
            equal(len(requests), 3, run)
            for packet in requests:
                if family == 4:
                    equal((packet[0], packet[1], packet[8], packet[20]), (0x45, 0, 255, 8), run)
                else:
                    equal((packet[:4], packet[6:8], packet[40]), (bytes([0x60, 0, 0, 0]), bytes([58, 255]), 128), run)
                equal(len(packet) - (28 if family == 4 else 48), 32, run)


@test
def poisson_packets_leave_at_their_own_times(lab):
    run = lab.run("ping", target=SERVER, count=200, sampling="poisson", interval="5ms", tmax="1s")
    equal(set(run.outcomes().values()), {"reply"}, run)
    rows = sorted(run.table("packet"), key=lambda row: row["seq"])
    gaps = [later["scheduled_ns"] - row["scheduled_ns"] for row, later in zip(rows, rows[1:])]
    # Of exponential gaps 63 % are shorter than their mean; of 200, fewer than 90 or more than 160 never.
    assert 90 < sum(gap < 5e6 for gap in gaps) < 160, sorted(gaps)
    for row in rows:
        equal(row["lateness_ns"], row["tx_sched_ns"] - row["scheduled_ns"], row)
        assert row["lateness_ns"] >= 0, row


@test
def intervals_add_up_to_the_summary(lab):
    lost = Path(loss=0.2, duplicate=0.1, match=is_echo)
    with EmulatedLink(lab.client, lab.server, back=lost, seed=3) as link:
        run = lab.run("ping", target=link.ADDRESSES[4][1], count=105, interval="10ms", tmax="500ms",
                      summary_interval="250ms", packet_rows="false", linger="200ms")
    equal(run.table("packet"), [], run)
    rows, summary = run.table("interval"), only_summary(run)
    equal([row["sent"] for row in rows], [25, 25, 25, 25, 5], run)
    equal({row["length_ns"] for row in rows}, {250_000_000}, run)
    equal([later["start_ns"] - row["start_ns"] for row, later in zip(rows, rows[1:])], [250_000_000] * 4, run)
    for name in ("sent", "replies", "lost", "duplicates", "reordered"):
        equal((name, sum(row[name] for row in rows)), (name, summary[name]), run)
    equal(max(row["rtt_max_ns"] for row in rows), summary["rtt_max_ns"], run)
    assert summary["lost"] > 5 and summary["duplicates"] > 2, run


@test
def thousands_of_targets_at_once_overflow_nothing_of_ours(lab):
    lab.at(lab.server, "ip route add local 198.18.0.0/20 dev lo")
    lab.at(lab.client, f"ip route add 198.18.0.0/20 via {SERVER}")
    targets = [f"198.18.{i // 250}.{i % 250 + 1}" for i in range(2000)]
    # All are due at once, each millisecond anew: more than a machine can, so that it is always behind.
    run = lab.run("ping", target=",".join(targets), count=3, interval="1ms", tmax="5s", packet_rows="false")
    rows = run.table("summary")
    equal(len(rows), 2000, run.status)
    equal({(row["sent"], row["replies"], row["stamped"]) for row in rows}, {(3, 3, 3)}, run)


@test
def a_run_that_meets_its_deadline_ends_and_says_what_it_has(lab):
    run = lab.run("ping", "--deadline", "1s", target=SERVER, count=2500, interval="20ms", tmax="5s")
    summary = only_summary(run)
    assert 1 <= summary["sent"] < 2500 and summary["lost"] == 0, run
    equal(summary["replies"] + summary["pending"], summary["sent"], run)


@test
def a_cancelled_run_leaves_nothing_behind(lab):
    before = lab.at(lab.client, "cat /proc/net/raw")
    process = lab.start_sonde("ping", target=SERVER, count=1000, interval="10ms", tmax="1s")
    rows_until(process, lambda row: row["seq"] == 2)
    assert len(lab.at(lab.client, "cat /proc/net/raw").splitlines()) > len(before.splitlines()), "no raw socket seen"
    mine = [process.pid, *descendants(process.pid)]
    process.send_signal(signal.SIGINT)
    lab.finish_sonde(process)
    until(lambda: lab.at(lab.client, "cat /proc/net/raw") == before, "no socket left")
    until(lambda: not [pid for pid in mine if os.path.exists(f"/proc/{pid}")], "no process left")


main()
