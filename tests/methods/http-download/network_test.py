"""The http methods on bad networks, in name spaces of the test's own.

Called with the paths of sonde-peer and of http-upload behind those of the command and http-download.
"""
import contextlib
import functools
import http.server
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time

TESTS_FOLDER = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(TESTS_FOLDER / "methods"), str(TESTS_FOLDER / "net")]

from laboratory import Namespace  # noqa: E402
from firewall import drop, nft, peace, port_of  # noqa: E402
from sonde_peer import make_identity, sonde_peer  # noqa: E402
from support import (Listener, NameSpaces, Skip, case, equal, main, make_certificate, method,  # noqa: E402
                     read_request, reset, run, server_tls)

DOWNLOAD, PEER, UPLOAD = sys.argv[2:5]


@contextlib.contextmanager
def under_way(net, act):
    """`act` happens half a second after a run has begun to transfer, which on a busy machine may be late."""
    before, over = sum(net.ip_bytes()), threading.Event()

    def watch():
        while sum(net.ip_bytes()) < before + 100_000:
            if over.wait(0.02):
                return
        over.wait(0.5)
        act()
    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()


@case
def an_unreachable_server_is_told_at_once():
    with NameSpaces() as net, sonde_peer(PEER, *net.server_addresses, space=net.server) as urls:
        for url, verdict in ((urls[0], "icmp type host-unreachable"), (urls[0], "icmp type admin-prohibited"),
                             (urls[1], "icmpv6 type addr-unreachable"), (urls[1], "icmpv6 type admin-prohibited")):
            drop(net, f"tcp dport {port_of(url)}", f"reject with {verdict}")
            with method(UPLOAD if "admin" in verdict else DOWNLOAD):
                result = run(url=f"{url}/upload", timeout="50s", space=net.client)
            equal((result.status, result.one("stream")["outcome"]), ("connect_failed", "connect_failed"), result)
            assert result.took_s < 40, result
            peace(net)


@case
def a_server_that_nobody_hears_of_is_a_timeout():
    with NameSpaces() as net, sonde_peer(PEER, *net.server_addresses, space=net.server) as urls:
        drop(net, "tcp dport != 0")
        for url in urls:
            for plugin, path in ((DOWNLOAD, "/bytes/1MB"), (UPLOAD, "/upload")):
                with method(plugin):
                    result = run(url=url + path, timeout="700ms", space=net.client)
                row = result.one("stream")
                equal((result.status, row["outcome"], row["connect_ns"], result.table("summary")),
                      ("timeout", "timeout", None, []), result)
                assert "no connection" in row["reason"] and result.took_s < 40, result


@case
def connecting_and_tls_have_the_timeout_each(folder):
    class Late:
        """Begins TLS when the timeout is nearly over, and would be if connecting counted."""

        def wrap_socket(self, connection, **how):
            time.sleep(1.8)
            return tls.wrap_socket(connection, **how)

    def behave(connection, _):
        read_request(connection)
        reset(connection)
    with NameSpaces() as net:
        mine = make_certificate(folder, "mine", f"IP:{net.server_addresses[0]}")
        tls = server_tls(*mine)
        with Namespace(net.server):
            listener = Listener(behave, address=net.server_addresses[0], tls=Late())
        with listener:
            for plugin in (DOWNLOAD, UPLOAD):
                drop(net, "tcp flags syn numgen inc mod 2 0")  # the next one comes after a second
                with method(plugin):
                    result = run(url=listener.url, ca=mine[0], timeout="2500ms", space=net.client)
                peace(net)
                row = result.one("stream")
                equal((result.status, row["outcome"]), ("connection_lost", "connection_lost"), result)
                assert row["connect_ns"] + row["tls_ns"] > 2_500_000_000, result


@case
def a_family_that_is_broken_costs_a_moment_whichever_it_is_and_however(folder):
    hosts = pathlib.Path(folder) / "hosts"
    with NameSpaces() as net, sonde_peer(PEER, *net.server_addresses, space=net.server) as urls:
        hosts.write_text("".join(f"{address} dual.example.test\n" for address in net.server_addresses))
        for broken, good in ((4, 1), (6, 0)):
            port = port_of(urls[good])
            unreachable = {4: "icmp type host-unreachable", 6: "icmpv6 type addr-unreachable"}[broken]
            for verdict, plugin, path in (("drop", DOWNLOAD, "/bytes/100kB"), ("drop", UPLOAD, "/upload"),
                                          ("reject with tcp reset", DOWNLOAD, "/bytes/100kB"),
                                          (f"reject with {unreachable}", UPLOAD, "/upload")):
                drop(net, f"meta nfproto ipv{broken} tcp dport {port}", verdict)
                with method(plugin):
                    result = run(url=f"http://dual.example.test:{port}{path}", bytes="100kB", timeout="50s",
                                 hosts=str(hosts), space=net.client)
                equal((result.exit, result.one("stream")["address"]), (0, net.server_addresses[good]), result)
                assert result.took_s < 40, result
                peace(net)


def partial(net, url, act, **options):
    """A run during which something happens; it ends by its timeout and tells what there was."""
    with under_way(net, act):
        result = run(url=url, duration="60s", warm_up="200ms", timeout="1500ms", space=net.client, **options)
    equal((result.exit, result.status), (1, "timeout"), result)
    summary = result.one("summary")
    assert summary["bytes"] > 0 and summary["ended_by"] == "failed", result
    assert summary["limited_by"] is not None and len(result.table("window")) >= 3, result
    assert result.took_s < 45, result
    return result


@case
def a_line_that_goes_dead_within_a_run_ends_it_with_what_there_was():
    with NameSpaces() as net, sonde_peer(PEER, *net.server_addresses, space=net.server) as urls:
        net.shape("50mbit")
        for plugin, path in ((DOWNLOAD, "/time/60s"), (UPLOAD, "/upload")):
            with method(plugin):
                partial(net, urls[0] + path, lambda: drop(net, "tcp dport != 0"))
                peace(net)
                partial(net, urls[1] + path, lambda: subprocess.run(
                    ["ip", "-n", net.client, "link", "set", "line", "down"], check=True))
            subprocess.run(["ip", "-n", net.client, "link", "set", "line", "up"], check=True)
            subprocess.run(["ip", "-n", net.client, "address", "replace", net.client_addresses[1] + "/64", "dev", "line",
                            "nodad"], check=True)


@case
def a_reset_from_the_network_is_a_lost_connection():
    with NameSpaces() as net, sonde_peer(PEER, net.server_addresses[0], space=net.server) as (url,):
        net.shape("50mbit")
        for plugin, path in ((DOWNLOAD, "/time/60s"), (UPLOAD, "/upload")):
            with method(plugin), under_way(net, lambda: drop(net, "tcp dport != 0", "reject with tcp reset")):
                result = run(url=url + path, duration="60s", space=net.client)
            peace(net)
            equal((result.status, result.one("summary")["ended_by"]), ("connection_lost", "failed"), result)


@case
def our_own_queue_that_takes_nothing_more_ends_a_run_with_what_there_was():
    with NameSpaces() as net, sonde_peer(PEER, net.server_addresses[0], space=net.server) as (url,):
        for plugin, path in ((DOWNLOAD, "/time/60s"), (UPLOAD, "/upload")):
            net.shape("20mbit")
            net.shape("20mbit", space=net.client)
            with method(plugin):
                partial(net, url + path, lambda: net.shape("8bit", space=net.client))
            net.unshape(space=net.client)


@case
def our_own_queue_of_two_packets_slows_a_run_down_and_fails_none():
    with NameSpaces() as net, sonde_peer(PEER, net.server_addresses[0], space=net.server) as (url,):
        net.shape("5mbit", space=net.client, latency="3ms")
        with method(UPLOAD):
            result = run(url=url + "/upload", bytes="500kB", streams=2, space=net.client)
        equal((result.exit, result.one("summary")["bytes"]), (0, 500_000), result)
        net.shape("64kbit", space=net.client, latency="3ms")  # acknowledgements of a download
        result = run(url=url + "/bytes/1MB", bytes="1MB", streams=4, space=net.client)
        equal((result.exit, result.one("summary")["bytes"]), (0, 1_000_000), result)


@case
def a_hole_in_the_path_mtu_times_out_and_names_the_step():
    with NameSpaces() as net, sonde_peer(PEER, *net.server_addresses, space=net.server) as urls:
        nft(net.server, """table inet hole {
            chain out { type filter hook output priority 0; meta length > 1000 drop; }
            chain in { type filter hook input priority 0; meta length > 1000 drop; }
        }""")
        for url in urls:
            result = run(url=f"{url}/bytes/1000000", timeout="700ms", space=net.client)
            equal((result.status, result.table("summary")), ("timeout", []), result)
            assert "no answer" in result.stderr or "no payload" in result.stderr, result
            with method(UPLOAD):
                result = run(url=f"{url}/upload", timeout="700ms", space=net.client)
            equal((result.status, result.table("summary")), ("timeout", []), result)


def ip(space, *words):
    subprocess.run(["ip", "-n", space, *words], check=True)


@case
def interface_and_source_are_those_that_were_chosen():
    with NameSpaces() as net, sonde_peer(PEER, *net.server_addresses, space=net.server) as urls:
        # All goes another way unless an interface is chosen, and nobody is there.
        ip(net.client, "link", "add", "other", "type", "veth", "peer", "name", "beyond")
        for device in ("other", "beyond"):
            ip(net.client, "link", "set", device, "up")
        for own, prefix, server, url in zip(("10.77.0.9", "2001:db8:77::9"), ("/24", "/64"), net.server_addresses,
                                            urls):
            ip(net.client, "address", "add", own + prefix, "dev", "line", *(["nodad"] if ":" in own else []))
            ip(net.client, "route", "add", server, "dev", "other")
            for plugin, path in ((DOWNLOAD, "/bytes/100kB"), (UPLOAD, "/upload")):
                with method(plugin):
                    result = run(url=url + path, bytes="100kB", interface="line", source=own, space=net.client)
                    astray = run(url=url + path, bytes="100kB", source=own, timeout="300ms", space=net.client)
                equal(result.exit, 0, result)
                equal((result.one("stream")["local_address"], result.one("summary")["interface"]), (own, "line"),
                      result)
                equal(result.one("stream")["path_mtu"], 1500, result)
                equal(astray.one("stream")["connect_ns"], None, astray)


@case
def the_interface_that_carries_a_run_is_told_whichever_has_its_address():
    with NameSpaces() as net, sonde_peer(PEER, *net.server_addresses, space=net.server) as urls:
        for own, client, server, url in zip(("10.77.9.1", "2001:db8:77:9::1"), net.client_addresses,
                                            net.server_addresses, urls):
            def told(**options):
                for plugin, path in ((DOWNLOAD, "/bytes/100kB"), (UPLOAD, "/upload")):
                    with method(plugin):
                        result = run(url=url + path, bytes="100kB", space=net.client, **options)
                    summary = result.one("summary")
                    equal((result.exit, summary["interface"]), (0, "line"), result)
                    assert summary["cross_received_bytes"] is not None, result
                    yield result.one("stream")["local_address"]
            equal(set(told()), {client})
            ip(net.client, "address", "add", own, "dev", "lo")
            ip(net.server, "route", "add", own, "via", client)
            equal(set(told(source=own)), {own})
            ip(net.client, "route", "add", server, "dev", "line", "src", own)
            equal(set(told()), {own})


@case
def buffers_and_congestion_control_are_those_of_the_sockets():
    with NameSpaces() as net, sonde_peer(PEER, net.server_addresses[0], space=net.server) as (url,):
        net.sysctl(net.client, "ipv4/tcp_wmem", "4096 150000 150000")
        net.sysctl(net.client, "ipv4/tcp_rmem", "4096 200000 200000")
        for control in net.congestion_controls():
            net.sysctl(net.client, "ipv4/tcp_congestion_control", control)
            for plugin, path, column, bytes_there in ((DOWNLOAD, "/bytes/1MB", "receive_buffer", 200_000),
                                                      (UPLOAD, "/upload", "send_buffer", 150_000)):
                with method(plugin):
                    result = run(url=url + path, bytes="1MB", streams=2, space=net.client)
                equal(result.one("summary")["congestion_control"], control, result)
                # What is over soon may be over before the second stream has begun.
                equal({row[column] for row in result.table("stream") if row["bytes"]}, {bytes_there}, result)


@contextlib.contextmanager
def priority(nice):
    """What is started here has it, whatever this machine has to do otherwise."""
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    try:
        os.setpriority(os.PRIO_PROCESS, 0, nice)
    except PermissionError:
        raise Skip("no priorities here") from None
    try:
        yield
    finally:
        os.setpriority(os.PRIO_PROCESS, 0, usual)


@contextlib.contextmanager
def short_of_processors():
    """What is started here shares one processor with four others who each want all of it and get at least as much, by their
    priority or, where the kernel shares among sessions first, by sessions of their own."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        with priority(0):
            others = [subprocess.Popen([sys.executable, "-c", "while True: pass"], start_new_session=True) for _ in range(4)]
        try:
            with priority(5):
                yield
        finally:
            for other in others:
                other.kill()
                other.wait()
    finally:
        os.sched_setaffinity(0, allowed)


@case
def a_run_that_waits_for_the_processor_says_that_it_was_its_limit(folder):
    identity = make_identity(folder)
    with NameSpaces() as net, contextlib.ExitStack() as stack:
        with priority(-10):
            urls = stack.enter_context(sonde_peer(PEER, net.server_addresses[0], space=net.server, identity=identity))
        for plugin, path, word in ((DOWNLOAD, "/time/60s", "receiver_cpu"), (UPLOAD, "/upload", "sender_cpu")):
            with method(plugin), short_of_processors():
                result = run(url=urls[1] + path, duration="3s", warm_up="500ms", ca=f"{identity}/ca.pem", space=net.client)
            summary = result.one("summary")
            equal((result.exit, summary["limited_by"]), (0, word), result)
            print(f"         {word}: busy {summary['busy']:.2f}")


@case
def what_the_kernel_tells_in_milliseconds_is_no_figure_where_round_trips_are_shorter():
    with NameSpaces() as net, sonde_peer(PEER, net.server_addresses[0], space=net.server) as (url,):
        net.shape("10mbit", latency="3ms")
        summary = run(url=f"{url}/time/60s", duration="1s", warm_up="200ms", space=net.client).one("summary")
        loaded = summary["loaded_rtt_ns"]  # on a machine that stands still now and then it is long
        assert loaded is None or loaded >= 10_000_000, summary
        equal((summary["buffer_delay"] is None, summary["rpm"]), (loaded is None, None), summary)
        summary = run(url=f"{url}/time/60s", duration="1500ms", warm_up="200ms", responsiveness="true",
                      space=net.client).one("summary")
    # Those of separate connections, which the kernel tells in microseconds.
    assert summary["loaded_rtt_ns"] > 0 and summary["idle_rpm"] > 0, summary
    assert summary["rpm"] is None or summary["rpm"] <= 12_000, summary


@case
def other_traffic_on_the_interface_is_told_apart():
    with NameSpaces() as net, sonde_peer(PEER, net.server_addresses[0], space=net.server) as (url,):
        net.shape("20mbit")
        with Namespace(net.client):
            other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

        # 200 datagrams of 1000 bytes and 28 of headers, to nobody: each is answered by an ICMP message, up to a rate.
        def flood():
            for number in range(200):  # within a moment: the run lasts no longer than it does
                other.sendto(bytes(1000), (net.server_addresses[0], 9))
                time.sleep(0.002 if number % 20 == 0 else 0)
        quiet = run(url=f"{url}/time/60s", duration="1s", space=net.client).one("summary")
        with other, under_way(net, flood):
            loud = run(url=f"{url}/time/60s", duration="3s", space=net.client).one("summary")
    more = loud["cross_sent_bytes"] - quiet["cross_sent_bytes"]
    print(f"         cross traffic sent {loud['cross_sent_bytes']}, without any {quiet['cross_sent_bytes']}")
    assert 0.9 * 205_600 < more < 1.3 * 205_600, (quiet, loud)


@contextlib.contextmanager
def behind_a_router():
    """Name spaces of which the server's is the first router of the client's."""
    with NameSpaces() as net:
        for words, knob in ((("route",), "ipv4/ip_forward"), (("-6", "route"), "ipv6/conf/all/forwarding")):
            subprocess.run(["ip", "-n", net.client, *words, "add", "default", "via",
                            net.server_addresses["-6" in words]], check=True)
            subprocess.run(["ip", "netns", "exec", net.server, "sh", "-c", f"echo 1 > /proc/sys/net/{knob}"], check=True)
        yield net


@case
def the_test_server_at_the_first_router_is_found_by_its_name():
    with behind_a_router() as net, sonde_peer(PEER, *net.server_addresses, space=net.server) as urls:
        for family, url, address in zip((4, 6), urls, net.server_addresses):
            for plugin, path in ((DOWNLOAD, "/bytes/100kB"), (UPLOAD, "/upload")):
                with method(plugin):
                    result = run(url=f"http://hop-1.path.invalid:{port_of(url)}{path}", bytes="100kB", family=family,
                                 space=net.client)
                equal((result.exit, result.one("summary")["address"]), (0, address), result)


class OtherServer(http.server.ThreadingHTTPServer):
    """What Python has of a web server: not our own, and nothing that knows of measurements."""

    def __init__(self, address, version, folder):
        class Handler(http.server.SimpleHTTPRequestHandler):
            protocol_version = version

            def log_message(self, *_):
                pass
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        super().__init__((address, 0), functools.partial(Handler, directory=folder))
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        """The client has what it wants."""


@case
def any_web_server_at_the_first_router_will_do(folder):
    with open(f"{folder}/image", "wb") as image:
        image.truncate(5_000_000)
    with behind_a_router() as net:
        for family, address, version in ((4, net.server_addresses[0], "HTTP/1.0"), (6, net.server_addresses[1], "HTTP/1.1")):
            with Namespace(net.server):
                server = OtherServer(address, version, folder)
            with server:
                for options in ({"bytes": "12MB", "streams": 2}, {"duration": "1s", "warm_up": "200ms"}):
                    result = run(url=f"http://hop-1.path.invalid:{server.server_port}/image", family=family,
                                 space=net.client, timeout="50s", **options)
                    summary = result.one("summary")
                    equal((result.exit, summary["address"], summary["ended_by"]), (0, address, list(options)[0]), result)
                    equal({row["http_status"] for row in result.table("stream")}, {200}, result)
                    equal(summary["bytes"], 12_000_000 if "bytes" in options else summary["bytes"], result)
                server.shutdown()


def until_stable(url, net, **options):
    for _ in range(3):  # a machine that stands still and then catches up makes more streams bring more
        result = run(url=url, duration="6s", warm_up="0s", max_streams=8, responsiveness="true", space=net.client, **options)
        equal(result.exit, 0, result)
        if result.one("summary")["stable"]:
            break
    return result


@case
def streams_are_added_until_they_bring_no_more_and_the_round_trips_beside_them_are_told():
    with NameSpaces() as net, sonde_peer(PEER, net.server_addresses[0], space=net.server) as (url,):
        net.shape("40mbit", latency="100ms")
        result = until_stable(f"{url}/time/60s", net)
    summary = result.one("summary")
    assert summary["stable"] and 2 <= summary["streams_used"] <= 8, summary
    assert summary["duration_after_warm_up_ns"] < 4_000_000_000, summary
    trips = {(row["state"], row["kind"]): row for row in result.table("round_trip")}
    equal(trips["idle", "tcp"]["count"], 10, result)
    assert trips["loaded", "tcp"]["count"] >= 5 and trips["loaded", "http"]["count"] >= 5, trips
    # The queue before the shaper is what a loaded line is about.
    assert trips["loaded", "tcp"]["median_ns"] > 2 * trips["idle", "tcp"]["median_ns"], trips
    assert trips["loaded", "loaded_connection"]["median_ns"] > 3_000_000, trips
    assert 0 < summary["rpm"] < summary["idle_rpm"], summary
    assert summary["buffer_delay"] > 100 and summary["bdp"] > 0, summary
    # The kernel of a receiver estimates it by what it gets through the queue.
    for said in [summary, *(row for row in result.table("stream") if row["bytes"] > 1_000_000)]:
        assert said["receiver_rtt_ns"] > trips["idle", "tcp"]["minimum_ns"], result
    print(f"         stable with {summary['streams_used']} streams, {summary['goodput_after_warm_up'] / 1e6:.2f} Mb/s, "
          f"{summary['rpm']:.0f} round trips a minute, idle {summary['idle_rpm']:.0f}")


@case
def over_TLS_and_upwards_streams_are_added_and_the_round_trips_told_as_well(folder):
    identity = make_identity(folder)
    with NameSpaces() as net, sonde_peer(PEER, net.server_addresses[0], space=net.server, identity=identity) as (plain, secured):
        for space, plugin, url in ((net.server, DOWNLOAD, f"{secured}/time/60s"), (net.client, UPLOAD, f"{secured}/upload"),
                                   (net.client, UPLOAD, f"{plain}/upload")):
            net.shape("40mbit", latency="100ms", space=space)
            with method(plugin):
                result = until_stable(url, net, **({"ca": f"{identity}/ca.pem"} if url.startswith("https") else {}))
            net.unshape(space=space)
            summary = result.one("summary")
            assert summary["stable"] and 2 <= summary["streams_used"] <= 8, result
            kinds = ["tcp", "tls", "http"] if url.startswith("https") else ["tcp", "http"]
            trips = {(row["state"], row["kind"]): row for row in result.table("round_trip")}
            equal([trips["idle", kind]["count"] for kind in kinds], [10] * len(kinds), result)
            assert all(trips["loaded", kind]["count"] >= 5 for kind in kinds), result
            equal({kind for _, kind in trips}, {*kinds, "loaded_connection"}, result)
            assert trips["loaded", "tcp"]["median_ns"] > 2 * trips["idle", "tcp"]["median_ns"], result
            assert summary["idle_rpm"] > 0 and (summary["rpm"] is None or 0 < summary["rpm"] < summary["idle_rpm"]), result


@case
def a_run_that_ends_before_more_streams_bring_no_more_has_no_figure_after_the_warm_up():
    with NameSpaces() as net, sonde_peer(PEER, net.server_addresses[0], space=net.server) as (url,):
        net.shape("40mbit")
        summary = run(url=f"{url}/time/60s", duration="1500ms", max_streams=8, space=net.client).one("summary")
    equal((summary["stable"], summary["goodput_after_warm_up"], summary["limited_by"]), (False, None, "too_short"),
          summary)


if __name__ == "__main__":
    main()
