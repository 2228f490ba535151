"""The http methods on a link that loses, delays, reorders and doubles packets: their figures against the link's own log.

Called with the paths of sonde-peer and of http-upload behind those of the command and http-download.
"""
import pathlib
import struct
import sys
import time

TESTS_FOLDER = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(TESTS_FOLDER / "methods"), str(TESTS_FOLDER / "support")]

from link_emulator import EmulatedLink, Path  # noqa: E402
from sonde_peer import sonde_peer  # noqa: E402
from support import NameSpaces, case, emulated, equal, main, method, need_ipv6, run  # noqa: E402

DOWNLOAD, PEER, UPLOAD = sys.argv[2:5]
THERE, BACK = EmulatedLink.THERE, EmulatedLink.BACK


def segment_of(packet, length):
    """(sequence number, bytes of payload) of a TCP packet of which the beginning is there; (0, 0) of any other."""
    if packet[0] >> 4 == 4:
        header, protocol = (packet[0] & 15) * 4, packet[9]
    else:
        header, protocol = 40, packet[6]
    if protocol != 6:
        return 0, 0
    return struct.unpack_from("!I", packet, header + 4)[0], length - header - (packet[header + 12] >> 4) * 4


def is_data(packet):
    return segment_of(packet, len(packet))[1] > 0


def out_of_order(log):
    """How many segments arrived before an earlier one, by what the link delivered, and when."""
    begin, _ = segment_of(log[0].head, log[0].length)
    arrived = []
    for seen in log:
        sequence, size = segment_of(seen.head, seen.length)
        arrived += [(when, (sequence - begin) % 2**32, size) for when in seen.delivered_ns]
    following, waiting, count = 0, [], 0
    for _, sequence, size in sorted(arrived):
        waiting.append((sequence, sequence + size))
        count += sequence > following
        for start, end in sorted(waiting):
            if start <= following < end:
                following = end
        waiting = [one for one in waiting if one[1] > following]
    return count


def sent_again(log):
    """(bytes of payload sent, those of them that had been sent before)"""
    seen, all_bytes, again = set(), 0, 0
    for one in log:
        sequence, size = segment_of(one.head, one.length)
        all_bytes += size
        again += size if sequence in seen else 0
        seen.add(sequence)
    return all_bytes, again


def settled_log(link, direction):
    """Once the link has taken in all that waited for it."""
    size = None
    while size != (size := len(link.log(direction))):
        time.sleep(0.1)
    return link.log(direction)


def with_one_lost():
    """A download of which the link loses packet 400: the run, its windows, and how many segments came out of order."""
    lost = []

    def decide(number, packet):
        if number == 400:
            lost.append(segment_of(packet, len(packet))[0])
            return {"loss"}
        return set()
    with NameSpaces() as net, emulated(net, Path(delay_s=0.02),
                                       Path(delay_s=0.02, rate_bit_s=10e6, match=is_data, decide=decide)) as link:
        with sonde_peer(PEER, link.ADDRESSES[4][1], space=net.server) as (url,):
            result = run(url=f"{url}/bytes/1500kB", bytes="1500kB", warm_up="0s", space=net.client)
        log = settled_log(link, BACK)
    equal((result.exit, len(lost)), (0, 1), result)
    windows, expected = result.table("window"), out_of_order(log)
    equal(sum(row["bytes"] for row in windows), 1_500_000, result)
    equal(sum(row["out_of_order"] for row in windows), expected, result)
    assert expected > 5, "the link held back too little"
    return result, windows, expected


def first_out_of_order(windows):
    return next(place for place, row in enumerate(windows) if row["out_of_order"])


@case
def windows_that_may_count_what_a_lost_packet_held_back_are_flagged_and_those_before_it_are_not():
    for _ in range(4):  # where the method stands still, several windows are looked at as one
        result, windows, expected = with_one_lost()
        first = first_out_of_order(windows)
        if 1 < first <= len(windows) - 3:
            break
    assert first > 1, windows
    equal({row["inflated"] for row in windows[:first]}, {False}, windows)
    # What was held back counts as soon as the packet has come again: after a round trip of 40 ms, or a timer's 200.
    equal([row["inflated"] for row in windows[first:first + 3]], [True] * 3, windows)
    segment = result.one("stream")["segment"]
    equal(sum(row["out_of_order_bytes"] for row in windows), expected * segment, result)


def bad(**more):
    return Path(loss=0.01, reorder=0.01, reorder_by_s=0.015, duplicate=0.01, delay_s=0.005, match=is_data, **more)


@case
def what_came_out_of_order_or_was_sent_again_is_what_the_link_made_of_it():
    need_ipv6()
    for family in (4, 6):
        with NameSpaces() as net, emulated(net, bad(), bad(), seed=family) as link:
            with sonde_peer(PEER, link.ADDRESSES[family][1], space=net.server) as (url,):
                down = run(url=f"{url}/bytes/1MB", bytes="1MB", space=net.client)
                log = settled_log(link, BACK)
                before = len(settled_log(link, THERE))
                with method(UPLOAD):
                    up = run(url=f"{url}/upload", bytes="1MB", space=net.client)
                requests = settled_log(link, THERE)[before:]
        for result in (down, up):
            equal((result.exit, result.one("summary")["bytes"]), (0, 1_000_000), result)
        equal(down.one("summary")["out_of_order"], out_of_order(log), down)
        summary, (sent, again) = up.one("summary"), sent_again(requests)
        equal(summary["repeated_bytes"], again, up)
        assert abs(summary["tcp_efficiency"] - 100 * (sent - again) / sent) < 0.1, (sent, again, summary)
        print(f"         IPv{family}: {down.one('summary')['out_of_order']} out of order, {again} of {sent} bytes sent again")


@case
def a_window_that_is_full_is_named_as_what_limits_the_rate():
    slow = Path(delay_s=0.05)
    with NameSpaces() as net, emulated(net, slow, slow) as link:
        net.sysctl(net.client, "ipv4/tcp_rmem", "4096 65536 65536")
        with sonde_peer(PEER, link.ADDRESSES[4][1], space=net.server) as (url,):
            for last in (False, False, False, True):  # a machine that stands still makes a slow path of the link
                result = run(url=f"{url}/bytes/100MB", duration="2s", warm_up="600ms", space=net.client)
                if last or result.one("summary")["limited_by"] == "receive_window":
                    break
    equal((result.exit, result.one("summary")["limited_by"]), (0, "receive_window"), result)


@case
def the_servers_window_or_the_path_is_named_as_what_limits_an_upload():
    far = Path(delay_s=0.05)
    for word, set_up in (("receive_window", lambda net: net.sysctl(net.server, "ipv4/tcp_rmem", "4096 65536 65536")),
                         ("path", lambda net: None)):
        there = Path(delay_s=0.05, rate_bit_s=5e6, queue_bytes=60_000) if word == "path" else far
        with NameSpaces() as net, emulated(net, there, far) as link, method(UPLOAD):
            set_up(net)
            with sonde_peer(PEER, link.ADDRESSES[4][1], space=net.server) as (url,):
                for last in (False, False, False, True):  # a machine that stands still makes a slow path of the link
                    result = run(url=f"{url}/upload", duration="2s", warm_up="600ms", space=net.client)
                    if last or result.one("summary")["limited_by"] == word:
                        break
        equal((result.exit, result.one("summary")["limited_by"]), (0, word), result)


if __name__ == "__main__":
    main()
