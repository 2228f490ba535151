"""ping against ground truth: real packets between two network namespaces, real `sonde run`."""

import functools
import os
import re
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import responder
from laboratory import CLIENT, SERVER, SERVER6, Namespace, ipv6_test, main, test
from pace import paced, until
from processes import descendants

FAST = {"interval": "20ms", "tmax": "300ms"}


def equal(what, expected, run):
    assert what == expected, f"{what} is not {expected}\n{run}"


def only_summary(run):
    equal(len(run.table("summary")), 1, run)
    return run.table("summary")[0]


def check_replies(lab, address, own_ttl):
    run = lab.run("ping", target=address, count=20, **FAST)
    equal(run.status, 0, run)
    packets = run.table("packet")
    equal([row["seq"] for row in packets], list(range(1, 21)), run)
    for row in packets:
        equal((row["outcome"], row["address"], row["reply_from"], row["ttl"], row["cold"]),
              ("reply", address, address, own_ttl, row["seq"] == 1), run)
        assert row["tx_sched_ns"] <= row["tx_software_ns"] < row["rx_ns"], run
        equal(row["rtt_ns"], row["rx_ns"] - row["tx_software_ns"], run)
        equal(row["rtt_sched_ns"], row["rx_ns"] - row["tx_sched_ns"], run)
        equal(row["local_queue_ns"], row["tx_software_ns"] - row["tx_sched_ns"], run)
        equal(row["rtt_from"], "driver", run)
        assert row["scheduled_ns"] <= row["tx_sched_ns"], run
    summary = only_summary(run)
    rtts = sorted(row["rtt_ns"] for row in packets)
    equal((summary["sent"], summary["replies"], summary["lost"], summary["loss_ratio"]), (20, 20, 0, 0), run)
    equal((summary["rtt_min_ns"], summary["rtt_median_ns"], summary["rtt_max_ns"]),
          (rtts[0], (rtts[9] + rtts[10]) // 2, rtts[19]), run)
    equal(summary["stamped"], 20, run)
    waits = [row["rtt_sched_ns"] for row in packets]
    equal((summary["ipdv_sched_max_ns"], summary["pdv_sched_max_ns"]),
          (max(abs(later - wait) for wait, later in zip(waits, waits[1:])), max(waits) - min(waits)), run)
    assert summary["receive_buffer"] > 0 and summary["send_buffer"] > 0, run


@test
def every_packet_is_answered_over_IPv4(lab):
    check_replies(lab, SERVER, 64)


@ipv6_test
def every_packet_is_answered_over_IPv6(lab):
    check_replies(lab, SERVER6, 64)


@test
def many_targets_of_both_families_share_a_run(lab):
    for i in range(100):
        lab.at(lab.server, f"ip address add 192.0.2.{i + 100}/32 dev lo")
    targets = [f"192.0.2.{i + 100}" for i in range(100)] + ([SERVER6] if lab.also_ipv6() else [])
    run = lab.run("ping", target=",".join(targets), count=10, interval="50ms", tmax="500ms")
    equal(run.status, 0, run)
    equal({row["target"] for row in run.table("summary")}, set(targets), run)
    for row in run.table("summary"):
        equal((row["sent"], row["replies"]), (10, 10), row)


@test
def two_runs_at_once_do_not_take_each_others_replies(lab):
    runs = [lab.start_sonde("ping", "--trace", target=SERVER, count=100, interval="5ms", tmax="300ms") for _ in range(3)]
    with ThreadPoolExecutor() as pool:  # a run whose output nobody reads would wait
        finished = list(pool.map(lab.finish_sonde, runs))
    for run in finished:
        summary = only_summary(run)
        equal((summary["sent"], summary["replies"], summary["duplicates"]), (100, 100, 0), run)
        # Others' replies would be in here, even if none of them was taken for its own.
        equal(run.counted(), (100 * 84, 100 * 84), run)


@test
def loss_is_exactly_what_the_firewall_dropped(lab):
    lab.rules(lab.server, """table inet t { chain c { type filter hook input priority 0;
        icmp type echo-request numgen inc mod 7 == 3 counter drop
        icmpv6 type echo-request numgen inc mod 7 == 3 counter drop } }""")
    run = lab.run("ping", target=SERVER, count=100, interval="5ms", tmax="300ms")
    dropped = int(re.search(r"counter packets (\d+)", lab.at(lab.server, "nft list ruleset"))[1])
    summary = only_summary(run)
    equal((summary["lost"], summary["replies"], dropped), (14, 86, 14), run)
    equal([seq for seq, outcome in run.outcomes().items() if outcome == "lost"], list(range(4, 101, 7)), run)
    equal(summary["loss_ratio"], 0.14, run)


@test
def a_firewall_rule_by_the_runners_users_holds_the_sockets_that_the_launcher_opened(lab):
    lab.rules(lab.client, """table inet t { chain c { type filter hook output priority 0;
        meta skuid >= 59000 counter drop } }""")
    run = lab.run("ping", target=SERVER, count=3, **FAST)
    dropped = int(re.search(r"counter packets (\d+)", lab.at(lab.client, "nft list ruleset"))[1])
    equal((dropped >= 3, only_summary(run)["replies"]), (True, 0), run)


@test
def of_a_black_hole_nothing_is_known_but_the_loss(lab):
    lab.rules(lab.server, """table inet t { chain c { type filter hook input priority 0;
        icmp type echo-request drop
        icmpv6 type echo-request drop } }""")
    for address in (SERVER, SERVER6)[:2 if lab.also_ipv6() else 1]:
        run = lab.run("ping", target=address, count=5, **FAST)
        equal(run.status, 1, run)
        assert "none of 5 packets was answered" in run.err, run
        equal(set(run.outcomes().values()), {"lost"}, run)
        summary = only_summary(run)
        equal((summary["loss_ratio"], summary["rtt_min_ns"], summary["rtt_median_ns"]), (1, None, None), run)
        assert all(row["rx"] is None and row["rtt_ns"] is None for row in run.table("packet")), run


@test
def an_ICMP_error_is_told_with_type_code_and_sender(lab):
    lab.rules(lab.server, """table ip t { chain c { type filter hook input priority 0;
        icmp type echo-request reject with icmp type admin-prohibited } }
      table ip6 t { chain c { type filter hook input priority 0;
        icmpv6 type echo-request reject with icmpv6 type addr-unreachable } }""")
    for address, kind in ((SERVER, (3, 13)), (SERVER6, (1, 3)))[:2 if lab.also_ipv6() else 1]:
        run = lab.run("ping", target=address, count=3, **FAST)
        for row in run.table("packet"):
            equal((row["outcome"], row["icmp_type"], row["icmp_code"], row["reply_from"]),
                  ("icmp_error", *kind, address), run)
        summary = only_summary(run)
        equal((summary["icmp_errors"], summary["loss_ratio"], summary["rtt_min_ns"]), (3, 1, None), run)


@test
def a_TTL_that_runs_out_is_an_error_of_the_router(lab):
    lab.sysctl(lab.server, "net.ipv4.ip_forward", 1)
    lab.at(lab.client, f"ip route add 198.51.100.0/24 via {SERVER}")
    lab.at(lab.server, "ip route add 198.51.100.0/24 dev s0")
    run = lab.run("ping", target="198.51.100.9", count=2, ttl=1, **FAST)
    for row in run.table("packet"):
        equal((row["outcome"], row["icmp_type"], row["icmp_code"], row["reply_from"]), ("icmp_error", 11, 0, SERVER),
              run)


@test
def failed_neighbour_discovery_is_an_error_of_our_own(lab):
    lab.sysctl(lab.client, "net.ipv4.neigh.c0.mcast_solicit", 1)
    lab.sysctl(lab.client, "net.ipv4.neigh.c0.retrans_time_ms", 100)
    run = lab.run("ping", target="192.0.2.77", count=1, interval="20ms", tmax="2s")
    row = run.table("packet")[0]
    equal((row["outcome"], row["icmp_type"], row["icmp_code"], row["reply_from"]), ("icmp_error", 3, 1, CLIENT), run)


@test
def what_our_own_system_refuses_is_unsent_and_no_loss(lab):
    run = lab.run("ping", target="198.51.100.1", count=3, **FAST)
    equal(run.status, 1, run)
    assert "no packet could be sent" in run.err, run
    equal({(row["outcome"], row["error"]) for row in run.table("packet")}, {("unsent", "Network is unreachable")}, run)
    equal((only_summary(run)["sent"], only_summary(run)["loss_ratio"]), (0, None), run)

    lab.rules(lab.client, """table inet t { chain c { type filter hook output priority 0;
        icmp type echo-request numgen inc mod 2 == 0 drop } }""")
    run = lab.run("ping", target=SERVER, count=6, **FAST)
    equal(run.status, 0, run)
    equal(list(run.outcomes().values()), ["unsent", "reply"] * 3, run)
    equal(only_summary(run)["loss_ratio"], 0, run)


@test
def a_target_without_an_address_fails_alone(lab):
    run = lab.run("ping", target=f"{SERVER},no-such-host.invalid", count=2, **FAST)
    equal(run.status, 0, run)
    rows = {row["target"]: row for row in run.table("summary")}
    equal((rows[SERVER]["replies"], rows["no-such-host.invalid"]["unsent"]), (2, 2), run)
    run = lab.run("ping", target="no-such-host.invalid", count=2, **FAST)
    equal((run.status, run.rows), (1, []), run)
    assert "no-such-host.invalid" in run.err, run
    run = lab.run("ping", target="224.0.0.1,255.255.255.255", count=1, **FAST)
    equal(run.status, 1, run)


@test
def each_answer_of_a_scripted_host_is_judged(lab):
    script(lab, 4, SERVER, socket.inet_aton("192.0.2.99"))


@ipv6_test
def each_answer_of_a_scripted_host_is_judged_over_IPv6(lab):
    script(lab, 6, SERVER6, socket.inet_pton(socket.AF_INET6, "2001:db8::99"))


def judged_answers(family, other, late):
    """(outcome, answers) of a request each; one comes after so many seconds, which is late."""
    unreachable = 3 if family == 4 else 1
    headers = 20 if family == 4 else 40
    return [
        ("reply", [responder.good]),
        ("reply", [responder.good, responder.good, responder.after(0.05)]),
        ("corrupted", [responder.damaged]),
        ("corrupted", [responder.shortened]),
        ("corrupted", [responder.wrong_sum]),
        ("corrupted", [responder.forged]),
        ("reply", [responder.forged, responder.damaged, responder.after(0.02)]),
        ("other_source", [responder.from_address(other)]),
        ("reply", [responder.from_address(other), responder.after(0.02)]),
        ("late", [responder.after(late)]),
        ("icmp_error", [responder.error(unreachable, 0, 1000, other)]),
        ("icmp_error", [responder.error(unreachable, 0, headers + 8, other)]),
        ("reply", [responder.error(unreachable, 0, headers + 8, other), responder.after(0.02)]),
        ("lost", []),
        ("reply", [responder.good]),
    ]


def script(lab, family, address, other):
    def answered(pace):
        judged = judged_answers(family, other, 0.4 * pace)
        with Namespace(lab.server):
            host = responder.Responder(lab, True, family, [answers for _, answers in judged])
        with host:
            run = lab.run("ping", target=address, count=len(judged), interval="100ms", tmax=f"{300 * pace}ms", dscp=46, ttl=33)
        return run, host, judged, pace

    def as_judged(result):
        run, _, judged, _ = result
        return [run.outcomes().get(seq + 1) for seq in range(len(judged))] == [outcome for outcome, _ in judged]
    # The host is a script, and may be slow.
    run, host, judged, pace = paced(answered, as_judged, (1, 4, 10))
    equal(run.status, 0, run)
    equal([run.outcomes()[seq + 1] for seq in range(len(judged))], [outcome for outcome, _ in judged], run)
    equal([row["seq"] for row in run.table("packet") if row["outcome"] == "duplicate"], [2, 2, 9], run)
    late = next(row for row in run.table("packet") if row["outcome"] == "late")
    assert 400e6 * pace < late["rtt_ns"] < 600e6 * pace, late
    equal({(seen.tos, seen.ttl) for seen in host.seen}, {(46 << 2, 33)}, run)
    equal(len(host.seen), len(judged), run)


@test
def the_queue_of_our_own_interface_is_told_from_the_network(lab):
    lab.at(lab.client, "tc qdisc add dev c0 root tbf rate 2mbit burst 3000 latency 2s")
    with Namespace(lab.client):
        load = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    # A sender that waits for room keeps as much in the queue as its buffer allows: some 40 packets, at 6 ms each.
    load.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 50000)
    stop = threading.Event()

    def pump():
        while not stop.is_set():
            load.sendto(bytes(1372), (SERVER, 9))
    pumping = threading.Thread(target=pump)
    pumping.start()
    run = lab.run("ping", target=SERVER, count=10, interval="50ms", tmax="2s")
    stop.set()
    pumping.join()
    load.close()
    packets = [row for row in run.table("packet") if row["outcome"] == "reply"]
    equal(len(packets), 10, run)
    queues = sorted(row["local_queue_ns"] for row in packets)
    rtts = sorted(row["rtt_ns"] for row in packets)
    print(f"         local queue median {queues[5] / 1e6:.1f} ms, rtt median {rtts[5] / 1e3:.1f} us")
    assert queues[5] > 30e6, run
    assert rtts[5] < 10e6, run
    for row in packets:
        equal(row["rtt_sched_ns"], row["rx_ns"] - row["tx_sched_ns"], row)
    summary = only_summary(run)
    assert summary["rtt_sched_median_ns"] > 30e6 and summary["rtt_median_ns"] < 10e6, run


@test
def what_our_own_full_queue_drops_is_unsent_and_no_loss(lab):
    # Room for two packets, at the pace of one in 40 ms.
    lab.at(lab.client, "tc qdisc add dev c0 root tbf rate 20kbit burst 200 limit 200")
    run = lab.run("ping", target=SERVER, count=100, interval="5ms", tmax="1s")
    outcomes = list(run.outcomes().values())
    unsent = outcomes.count("unsent")
    equal(outcomes.count("reply") + unsent, 100, run)
    assert unsent > 20, run
    dropped = int(re.search(r"dropped (\d+)", lab.at(lab.client, "tc -s qdisc show dev c0"))[1])
    assert abs(dropped - unsent) <= 2, f"tc dropped {dropped}, {unsent} unsent\n{run}"
    equal({row["error"] for row in run.table("packet") if row["outcome"] == "unsent"}, {"did not leave the local queue"},
          run)


@test
def an_interface_that_takes_nothing_more_leaves_packets_unsent_and_hangs_nobody(lab):
    # Room for more than our own send buffer, and after a burst nothing leaves any more.
    lab.at(lab.client, "tc qdisc add dev c0 root tbf rate 8bit burst 2000 limit 10mb")
    run = lab.run("ping", target=SERVER, count=600, interval="1ms", tmax="300ms")
    outcomes = list(run.outcomes().values())
    equal(outcomes.count("reply") + outcomes.count("unsent"), 600, run)
    assert 0 < outcomes.count("reply") < 30, run
    equal({row["error"] for row in run.table("packet") if row["outcome"] == "unsent"},
          {"did not leave the local queue", "our own interface took nothing for as long as tmax"}, run)
    equal(only_summary(run)["loss_ratio"], 0, run)


@test
def a_cancelled_run_says_what_it_has(lab):
    process = lab.start_sonde("ping", target=SERVER, count=3000, interval="20ms", tmax="60s")
    first = process.stdout.readline()
    assert '"reply"' in first, first
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    run = lab.finish_sonde(process)
    assert time.monotonic() - begun < 30, run
    summary = only_summary(run)
    assert 1 <= summary["sent"] < 3000 and summary["lost"] == 0, run
    equal(summary["replies"] + summary["pending"], summary["sent"], run)


@test
def what_waited_while_our_own_buffer_overflowed_is_not_called_lost(lab):
    flood = [functools.lru_cache(responder.after(3600))] * 12000  # one frame, made once
    with Namespace(lab.server):
        host = responder.Responder(lab, True, 4, [[responder.good], [], flood])
    with host:
        process = lab.start_sonde("ping", target=SERVER, count=3, interval="200ms", tmax="3s")
        while len(host.seen) < 3:
            assert process.poll() is None, lab.finish_sonde(process)
            time.sleep(0.005)
        until(lambda: len(host.waiting) == 12000, "answers to be sent")
        stopped = [process.pid, *descendants(process.pid)]
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        host.hurry()
        until(host.idle, "all of the flood to be sent")
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
        run = lab.finish_sonde(process)
    equal(run.outcomes(), {1: "reply", 2: "dropped_here", 3: "reply"}, run)
    summary = only_summary(run)
    equal((summary["lost"], summary["dropped_here"], summary["loss_ratio"]), (0, 1, 0), run)
    assert summary["duplicates"] > 1000, run
    equal(len([row for row in run.table("packet") if row["outcome"] == "duplicate"]), 8, run)


@test
def packets_larger_than_the_MTU_come_back(lab):
    for address in (SERVER, SERVER6)[:2 if lab.also_ipv6() else 1]:
        run = lab.run("ping", target=address, count=3, size=20000, **FAST)
        equal(set(run.outcomes().values()), {"reply"}, run)
        assert all(row["rtt_from"] is not None for row in run.table("packet")), run
    run = lab.run("ping", target=SERVER, count=2, size=16, **FAST)
    equal(set(run.outcomes().values()), {"reply"}, run)


def payloads_arriving(lab, family, **options):
    """What lay behind the first 16 bytes, which are each packet's own, of each request of a run as it came to the server."""
    with Namespace(lab.server):
        arriving = socket.socket(family, socket.SOCK_RAW,
                                 socket.IPPROTO_ICMP if family == socket.AF_INET else socket.IPPROTO_ICMPV6)
    with arriving:
        run = lab.run("ping", target=SERVER if family == socket.AF_INET else SERVER6, count=3, interval="20ms", tmax="10s",
                      **options)
        arriving.setblocking(False)
        found = []
        while True:
            try:
                packet = arriving.recv(65536)[20 if family == socket.AF_INET else 0:]
            except BlockingIOError:
                break
            if packet[0] == (8 if family == socket.AF_INET else 128):
                found.append(packet[8 + 16:])
    equal((run.status, len(found), set(run.outcomes().values())), (0, 3, {"reply"}), run)
    return found


@test
def the_payload_is_of_the_chosen_pattern(lab):
    counting = bytes(number % 256 for number in range(16, 400))
    for family in (socket.AF_INET, socket.AF_INET6)[:2 if lab.also_ipv6() else 1]:
        for options, wanted in (({}, counting), ({"pattern": "counting"}, counting), ({"pattern": "zeros"}, bytes(384))):
            equal(payloads_arriving(lab, family, size=400, **options), [wanted] * 3, options)
        drawn = [payloads_arriving(lab, family, size=400, pattern="random") for _ in range(2)]
        # Of 384 random bytes some 298 values are different ones.
        assert all(len(payload) == 384 and len(set(payload)) > 150 for payloads in drawn for payload in payloads), drawn
        equal([len(set(payloads)) for payloads in drawn] + [drawn[0][0] == drawn[1][0]], [1, 1, False], drawn)


@test
def a_stamp_is_its_own_packets_where_a_firewall_drops_some_and_no_route_takes_others(lab):
    """A counter of packets (SOF_TIMESTAMPING_OPT_ID) goes on for the first and stands still for the second."""
    # Where nobody may have an ICMP datagram socket; of the raw one the first packet has all stamps already.
    lab.sysctl(lab.client, "net.ipv4.ping_group_range", '"1 0"')
    lab.rules(lab.client, """table inet t { chain c { type filter hook output priority 0;
        icmp type echo-request numgen inc mod 3 == 1 drop } }""")
    before = time.time_ns()
    run = lab.run("ping", target=f"{SERVER},198.51.100.1", count=30, interval="20ms", tmax="1s")
    after = time.time_ns()
    rows = [row for row in run.table("packet") if row["target"] == SERVER]
    equal([row["outcome"] for row in rows], [("unsent" if number % 3 == 1 else "reply") for number in range(30)], run)
    equal({row["error"] for row in run.table("packet") if row["target"] != SERVER}, {"Network is unreachable"}, run)
    for row in rows:
        if row["outcome"] == "reply":  # the stamps of the packet before or behind would be out of this order
            assert before < row["scheduled_ns"] <= row["tx_sched_ns"] <= row["tx_software_ns"] < row["rx_ns"] < after, row
    summary = next(row for row in run.table("summary") if row["target"] == SERVER)
    equal(summary["stamped"], 20, run)
    assert summary["receive_buffer"] >= 1 << 20, run


@test
def a_target_that_cannot_be_pinged_is_a_mistake_and_says_of_which_option(lab):
    for options, word in (({"target": SERVER, "family": 6}, "family=6"), ({"target": SERVER6, "family": 4}, "family=4"),
                          ({"target": SERVER, "source": "::1"}, "source=::1"), ({"target": "224.0.0.1"}, "group"),
                          ({"target": "ff02::1"}, "group")):
        run = lab.run("ping", count=1, **options)
        equal((run.status, run.rows), (1, []), run)
        assert "bad_option (" in run.err and options["target"] + ": " in run.err and word in run.err, run


@test
def a_source_that_this_machine_does_not_have_is_named(lab):
    run = lab.run("ping", target=SERVER, count=1, source="203.0.113.77")
    equal((run.status, run.rows), (1, []), run)
    assert "no_socket (" in run.err and "with that source" in run.err, run


@test
def ten_thousand_targets_fit_one_run(lab):
    lab.at(lab.server, "ip route add local 198.18.0.0/16 dev lo")
    lab.at(lab.client, f"ip route add 198.18.0.0/16 via {SERVER}")
    targets = [f"198.18.{i // 250}.{i % 250 + 1}" for i in range(10_000)]
    lists = [f"target={','.join(targets[i:i + 1000])}" for i in range(0, len(targets), 1000)]
    run = lab.run("ping", *lists, count=1, interval="3s", packet_rows="false")
    equal(run.status, 0, run)
    rows = run.table("summary")
    equal([row["target"] for row in rows], targets, run)
    equal({(row["sent"], row["replies"], row["stamped"]) for row in rows}, {(1, 1, 1)}, run)


main()
