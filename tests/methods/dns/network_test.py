"""The dns method on bad networks, under load, and its account of bytes, in name spaces of the test's own."""
import contextlib
import pathlib
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "net"))

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "support"))

import http2_server  # noqa: E402
from firewall import nft  # noqa: E402
from laboratory import Namespace  # noqa: E402
from line_bytes import count_chatter, know_neighbours, regular_account, told_bytes  # noqa: E402
from link_emulator import Path  # noqa: E402
from servers import NameServer, answer, good_answer, in_order, outcomes  # noqa: E402
from streams import certificates, framed, free_port, read_query  # noqa: E402
from support import (Listener, NameSpaces, Skip, case, emulated, equal, listens_on, main, reset, run,  # noqa: E402
                     server_tls)
from pace import until  # noqa: E402

WWW = "www.example.test"


def rule(space, hook, what):
    nft(space, f"table inet trouble {{\n chain c {{ type filter hook {hook} priority 0; {what}; }}\n}}")


def ip(space, *words):
    subprocess.run(["ip", "-n", space, *words], check=True, capture_output=True)


@contextlib.contextmanager
def lab(folder, more="", port=None):
    """Name spaces with nsd, and neighbours that need not be looked for: nothing but what the method does is on the line."""
    with NameSpaces() as net, NameServer(folder, net.server_addresses, net.server, more=more, port=port) as nsd:
        know_neighbours(net)
        yield net, nsd


class Responder:
    """A UDP socket in the server's name space that does with each query what `behave(socket, query, client)` says."""

    def __init__(self, net, behave, address=None):
        with Namespace(net.server):
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address or net.server_addresses[0], 0))
        self.port = self.socket.getsockname()[1]
        self.behave, self.seen = behave, 0
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                query, client = self.socket.recvfrom(65536)
                self.seen += 1
                self.behave(self.socket, query, client)


# -- bytes -------------------------------------------------------------------------------------------------------------

@case
def the_bytes_told_are_those_of_the_interface_over_udp_and_tcp(folder):
    with lab(folder) as (net, nsd):
        count_chatter(net)
        for what, options in (
                ("udp", {"name": [WWW, "big.example.test"], "type": "TXT", "follow": "false", "count": 5}),
                ("udp in fragments", {"name": "big.example.test", "type": "TXT", "edns_size": 4096, "count": 3}),
                ("udp, then tcp", {"name": "big.example.test", "type": "TXT", "count": 3}),
                ("tcp", {"name": WWW, "transport": "tcp", "connection": ["cold", "reused"], "count": 2}),
                ("nobody at the port", {"name": WWW, "port": 9, "transport": ["udp", "tcp"]}),
                ("under load", {"name": [WWW, "mail.example.test"], "outstanding": 20, "count": 500})):
            for server in net.server_addresses:
                options = {"port": nsd.port, "interval": "20ms", "linger": "50ms", **options}
                result, told, line, _ = regular_account(net, server=server, **options)
                equal(told, line, f"{what} to {server}: (received, sent) told, and at the interface")


@case
def the_bytes_told_are_those_of_the_interface_over_tls(folder):
    port = free_port()
    ca, certificate, key = certificates("DNS:dns.example.test")
    more = f' tls-service-key: "{key}"\n tls-service-pem: "{certificate}"\n tls-port: {port}\n'
    with lab(folder, more, port) as (net, _):
        count_chatter(net)
        for server in net.server_addresses:
            result, told, line, _ = regular_account(net, server=server, port=port, name=WWW, transport="dot", ca=ca,
                                         tls_name="dns.example.test", connection=["cold", "resumed", "reused"], count=2,
                                         interval="100ms")
            equal(outcomes(result), ["answer"] * 6, result)
            equal(told, line, f"{server}: (received, sent) told, and at the interface")


@case
def the_bytes_told_are_those_of_the_interface_over_https(folder):
    def one(connection, stream, query, _):
        connection.sendall(http2_server.response(stream, good_answer(query)))

    def to_the_end(connection, _):
        http2_server.serve(connection, one)
        while connection.recv(4096):
            pass

    def with_a_reset(connection, _):
        with contextlib.suppress(OSError):
            http2_server.serve(connection, one)
        reset(connection)
    ca, certificate, key = certificates("DNS:dns.example.test")
    context = server_tls(certificate, key)
    context.set_alpn_protocols(["h2"])
    with lab(folder) as (net, _):
        count_chatter(net)
        for server in net.server_addresses:
            for behave in (to_the_end, with_a_reset):
                with Namespace(net.server):
                    listener = Listener(behave, address=server, tls=context)
                with listener:
                    for method in ("POST", "GET"):
                        result, told, line, _ = regular_account(net, server=server, port=listener.port, name=WWW, transport="doh",
                                                     ca=ca, tls_name="dns.example.test", http_method=method, count=2,
                                                     connection=["cold", "resumed", "reused"], interval="100ms")
                        equal(outcomes(result), ["answer"] * 6, result)
                        equal(told, line, f"{server}, {behave.__name__}, {method}: told, and at the interface")


@case
def the_bytes_told_are_those_of_the_interface_where_a_reset_ends_a_connection(folder):
    def at_once(connection, _):
        read_query(connection)
        reset(connection)

    def behind_the_answer(connection, _):
        answered(connection)
        time.sleep(0.2)
        reset(connection)

    def behind_our_own_end(connection, _):
        answered(connection)
        connection.recv(1)
        reset(connection)

    def behind_its_own_end(connection, _):
        answered(connection)
        connection.shutdown(socket.SHUT_WR)
        time.sleep(0.2)
        reset(connection)

    def answered(connection):
        connection.sendall(framed(good_answer(read_query(connection))))
    with lab(folder) as (net, _):
        count_chatter(net)
        for server in net.server_addresses:
            for behave in (at_once, behind_the_answer, behind_our_own_end, behind_its_own_end):
                with Namespace(net.server):
                    listener = Listener(behave, address=server)
                with listener:
                    for connection in ("cold", "reused"):
                        _, told, line, _ = regular_account(net, server=server, port=listener.port, name=WWW, transport="tcp",
                                                edns_size=0, connection=connection, count=2, interval="500ms")
                        equal(told, line, f"{server}, {behave.__name__}, {connection}: told, and at the interface")


# -- under load --------------------------------------------------------------------------------------------------------

def loaded(net, port, **options):
    result = run(server=net.server_addresses[0], port=port, space=net.client, **{"name": WWW, "linger": "0s", **options})
    return result, result.one("summary")


@case
def under_load_every_query_is_accounted_for_and_stamped(folder):
    with lab(folder) as (net, nsd):
        for outstanding in (1, 64):
            result, summary = loaded(net, nsd.port, name=[WWW, "mail.example.test"], outstanding=outstanding, count=2000,
                                     unique="true", mixed_case="true")
            equal((summary["sent"], summary["answered"], summary["loss"]), (4000, 4000, 0), result)
            assert 0 < summary["response_time_min_ns"] <= summary["response_time_median_ns"] <= \
                summary["response_time_p99_ns"] <= summary["response_time_max_ns"], summary
            load = result.one("load")
            equal((load["sent"], load["answered"], load["sockets"]), (4000, 4000, min(outstanding, 4)), load)
            assert load["answer_rate"] > 0 and not result.table("query"), result


@case
def under_load_what_is_late_twice_forged_or_missing_is_told_apart(folder):
    kept = []

    def behave(sock, query, client):
        number = behave.number = behave.number + 1
        good = good_answer(query)
        if number % 10 == 1:
            return  # silence
        if number % 10 == 2:
            kept.append((good, client))
            return
        if number % 10 == 3:
            sock.sendto(good[:13] + b"x" + good[14:], client)
        sock.sendto(good if number % 10 != 4 else answer(query, flags=0x8380), client)
        if number % 10 == 5:
            sock.sendto(good, client)
    behave.number = 0
    with NameSpaces() as net, Responder(net, behave) as server:
        def send_late():
            while server.seen < 200:
                time.sleep(0.02)
            time.sleep(3.2)
            for good, client in kept:
                server.socket.sendto(good, client)
        sender = threading.Thread(target=send_late)
        sender.start()
        result, summary = loaded(net, server.port, outstanding=200, count=200, timeout="3s", edns_size=0, linger="5s")
        sender.join()
    equal({name: summary[name] for name in ("sent", "answered", "truncated", "timeouts", "late", "second_answers",
                                            "mismatches", "dropped_here", "unsent")},
          {"sent": 200, "answered": 160, "truncated": 20, "timeouts": 20, "late": 20, "second_answers": 20,
           "mismatches": 20, "dropped_here": 0, "unsent": 0}, result)


@case
def under_load_a_slow_server_is_waited_for(folder):
    def behave(sock, query, client):
        time.sleep(0.08)
        sock.sendto(good_answer(query), client)
    with NameSpaces() as net, Responder(net, behave) as server:
        result, summary = loaded(net, server.port, outstanding=1, count=5, timeout="150ms", edns_size=0, linger="1s")
        equal(summary["sent"], 5, result)
        # On a busy machine one may be late, but none is given up before its time.
        equal(summary["answered"] + summary["late"], 5, result)
        assert result.one("load")["duration_ns"] >= 5 * 80e6, result
        result, summary = loaded(net, server.port, outstanding=1, count=4, timeout="5s", edns_size=0)
        equal((summary["answered"], summary["late"]), (4, 0), result)


@case
def under_load_stamps_that_wait_in_our_own_queue_cost_no_answer(folder):
    with lab(folder) as (net, nsd):
        net.shape("2mbit", "1s", space=net.client)
        result, summary = loaded(net, nsd.port, outstanding=100, count=600, timeout="10s")
    equal((summary["answered"], summary["mismatches"], summary["second_answers"]), (600, 0, 0), result)
    assert summary["response_time_median_ns"] < 1e9, summary


@case
def under_load_what_leaves_our_own_queue_after_its_timeout_is_judged_by_its_stamps(folder):
    with lab(folder) as (net, nsd):
        queue(net, "rate", "400kbit", "burst", "2000", "limit", "10mb")
        result, summary = loaded(net, nsd.port, outstanding=100, count=300, timeout="100ms", linger="2s")
    equal((summary["answered"] + summary["late"], summary["unsent"], summary["timeouts"], summary["mismatches"]),
          (300, 0, 0, 0), result)
    assert summary["local_queue_max_ns"] > 10e6, summary


@case
def under_load_errors_of_the_network_have_their_own_count(folder):
    with lab(folder) as (net, _):
        result, summary = loaded(net, 9, outstanding=8, count=5, timeout="1s")
        equal((result.status, summary["sent"]), ("no_answer", 5), result)
        assert summary["icmp_errors"] >= 1 and summary["icmp_errors"] + summary["timeouts"] == 5, summary
        result = run(server="192.0.2.1", name=WWW, outstanding=8, count=50, space=net.client)
        equal((result.status, result.one("summary")["unsent"]), ("not_sent", 50), result)


@case
def stamps_stay_with_their_queries_when_some_never_leave(folder):
    # The kernel's own counter of stamps advances when a firewall drops, and not when a route is missing.
    def behave(sock, query, client):
        time.sleep(0.002)
        sock.sendto(good_answer(query), client)
    with NameSpaces() as net, Responder(net, behave) as server:
        longer = 8 + 12 + len(WWW) + 3 + 4
        rule(net.client, "output", f"udp dport {server.port} udp length {longer} drop")
        result, summary = loaded(net, server.port, name=["x" + WWW, WWW], edns_size=0, outstanding=3, count=100,
                                 timeout="2s")
        equal((summary["unsent"], summary["answered"]), (100, 100), result)
        # A stamp of the query before would make it longer, one of that behind shorter or undefined.
        assert summary["response_time_min_ns"] >= 2_000_000, summary
        ip(net.client, "route", "add", "unreachable", net.server_addresses[0] + "/32")
        result, summary = loaded(net, server.port, outstanding=3, count=50)
        equal((result.status, summary["unsent"]), ("not_sent", 50), result)


@case
def under_load_a_deadline_ends_the_run_with_what_there_is(folder):
    with NameSpaces() as net, Responder(net, lambda *_: None) as server:
        result, summary = loaded(net, server.port, outstanding=20, count=100, timeout="40s", deadline="1500ms")
    equal((summary["answered"], summary["cancelled"], summary["loss"]), (0, 20, None), result)
    assert result.took_s < 30, result


def queue(net, *words):
    """A token bucket on the client's own interface, for IPv4 alone: what the kernel says to neighbours over IPv6 would take a
    share of it."""
    subprocess.run(["ip", "netns", "exec", net.client, "sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/line/disable_ipv6"],
                   capture_output=True, check=False)
    done = subprocess.run(["ip", "netns", "exec", net.client, "tc", "qdisc", "replace", "dev", "line", "root", "tbf", *words],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Skip(f"no TBF here: {done.stderr.strip()}")


@case
def under_load_what_the_kernel_never_took_is_unsent(folder):
    with NameSpaces() as net, Responder(net, lambda *_: None) as server:
        queue(net, "rate", "8bit", "burst", "2000", "limit", "10mb")  # the sockets' own buffers are full before it is
        result, summary = loaded(net, server.port, outstanding=4096, count=3000, timeout="300ms", edns_size=0)
        equal((result.status, summary["answered"], summary["sent"] + summary["unsent"]), ("no_answer", 0, 3000), result)
        until(lambda: server.seen >= summary["timeouts"], "what left, at the server")
        equal((summary["timeouts"], result.one("load")["sent"]), (server.seen, summary["sent"]), result)
        assert 0 < summary["timeouts"] < 100, result


@case
def what_stays_in_our_own_queue_is_unsent_and_no_loss(folder):
    with lab(folder) as (net, nsd):
        for options in ({"interval": "2ms"}, {"outstanding": 60}):
            # As many leave as the burst lets; the others wait for hours.
            queue(net, "rate", "8bit", "burst", "2040", "limit", "10mb")
            result = run("--trace", server=net.server_addresses[0], port=nsd.port, name=WWW, count=60, timeout="2s",
                         linger="0s", space=net.client, **options)
            summary = result.one("summary")
            assert summary["answered"] > 10 and summary["unsent"] > 10, result
            equal((summary["answered"] + summary["unsent"], summary["timeouts"], summary["loss"]), (60, 0, 0), result)
            if "outstanding" not in options:  # there the first batch is counted before any stamp has come
                sizes = {row["sent_size"] for row in result.table("query")}
                equal(told_bytes(result)[1], summary["sent"] * (sizes.pop() + 28), result)
                equal({row["reason"] for row in result.table("query") if row["outcome"] == "unsent"},
                      {"it did not leave the local queue"}, result)
            subprocess.run(["ip", "netns", "exec", net.client, "tc", "qdisc", "del", "dev", "line", "root"], check=True)


@case
def what_our_own_full_queue_refuses_is_unsent(folder):
    with lab(folder) as (net, nsd):
        queue(net, "rate", "20kbit", "burst", "200", "limit", "200")
        result = run(server=net.server_addresses[0], port=nsd.port, name=WWW, count=30, interval="1ms", timeout="5s",
                     linger="0s", space=net.client)
    summary = result.one("summary")
    assert summary["answered"] > 0 and summary["unsent"] > 0, result
    equal((summary["answered"] + summary["unsent"], summary["loss"]), (30, 0), result)


@case
def over_a_connection_what_our_own_queue_keeps_is_a_timeout(folder):
    with lab(folder) as (net, nsd):
        queue(net, "rate", "8bit", "burst", "2000", "limit", "2000")
        result = run(server=net.server_addresses[0], port=nsd.port, name=WWW, transport="tcp", connection="reused", count=40,
                     interval="10ms", timeout="3s", space=net.client)
    said = outcomes(result)
    equal((result.exit, len(said), said[0], said[-1]), (0, 40, "answer", "timeout"), result)
    assert set(said) <= {"answer", "late", "timeout"} and result.took_s < 40, result


@case
def what_load_cannot_do_is_refused(folder):
    for options in ({"transport": "tcp"}, {"cookies": "true"}, {"identify": "true"}, {"sampling": "poisson"}, {"tries": 3}):
        equal(run(server="127.0.0.1", name=WWW, outstanding=2, **options).status, "bad_option")


# -- bad networks ------------------------------------------------------------------------------------------------------

@case
def what_comes_with_a_wrong_checksum_is_loss_and_not_want_of_room(folder):
    with NameSpaces() as net:  # where nobody else's buffer overflows meanwhile
        with Namespace(net.server):
            raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)

        def spoil(sock, query, client):
            good = good_answer(query)
            raw.sendto(struct.pack("!HHHH", server.port, client[1], 8 + len(good), 0xbad) + good, client)
        for options in ({}, {"outstanding": 1}):
            with Responder(net, spoil) as server:
                result, summary = loaded(net, server.port, count=1, timeout="500ms", edns_size=0, **options)
            equal((summary["timeouts"], summary["dropped_here"], summary["loss"]), (1, 0, 1), result)
        raw.close()


@case
def a_network_that_swallows_everything_is_a_timeout_in_each_transport(folder):
    with lab(folder) as (net, nsd):
        rule(net.server, "input", "meta l4proto { tcp, udp } drop")
        result = run(server=list(net.server_addresses), port=nsd.port, name=WWW, transport=["udp", "tcp", "dot", "doh"],
                     timeout="500ms", linger="0s", interval="1ms", space=net.client)
    equal(result.status, "no_answer", result)
    equal(outcomes(result), ["timeout"] * 8, result)
    equal({row["transport"]: row["reason"] for row in in_order(result)},
          {"udp": None, **{way: "no connection within the timeout" for way in ("tcp", "dot", "doh")}}, result)
    assert result.took_s < 30, result


@case
def what_a_router_says_is_told(folder):
    with lab(folder) as (net, nsd):
        rule(net.server, "input", f"th dport {nsd.port} reject with icmpx admin-prohibited")
        result = run(server=list(net.server_addresses), port=nsd.port, name=WWW, transport=["udp", "tcp", "dot", "doh"],
                     linger="0s", space=net.client)
    rows = {(row["server"], row["transport"]): row for row in in_order(result)}
    for address, kind in zip(net.server_addresses, ((3, 13), (1, 1))):
        udp = rows[address, "udp"]
        equal((udp["outcome"], udp["icmp_type"], udp["icmp_code"], udp["from"]), ("icmp_error", *kind, address), result)
        equal([rows[address, way]["outcome"] for way in ("tcp", "dot", "doh")], ["connect_failed"] * 3, result)


def fates(link):
    """{(the client's port, DNS id): whole copies of its answer that were delivered} of all queries."""
    def key(seen, client_is):
        at = 20 if seen.head[0] >> 4 == 4 else 40
        ports = struct.unpack_from("!HH", seen.head, at)
        return ports[client_is], struct.unpack_from("!H", seen.head, at + 8)[0]
    copies = {key(seen, 0): 0 for seen in link.log(link.THERE)}
    for seen in link.log(link.BACK):
        copies[key(seen, 1)] += 0 if "corrupt" in seen.done else len(seen.delivered_ns)
    return copies


@case
def every_query_fares_as_the_link_has_done_with_it(folder):
    is_udp = (lambda packet: packet[9 if packet[0] >> 4 == 4 else 6] == 17)
    bad = {"loss": 0.1, "duplicate": 0.1, "corrupt": 0.1, "match": is_udp}
    for family in (4, 6):
        for options in ({"count": 150, "interval": "2ms"}, {"count": 400, "outstanding": 400}):
            with NameSpaces() as net, emulated(net, Path(loss=0.1, match=is_udp), Path(**bad), seed=family) as link:
                with NameServer(folder, (link.ADDRESSES[family][1],), net.server) as nsd:
                    result = run(server=link.ADDRESSES[family][1], port=nsd.port, name=WWW, timeout="2s", linger="1s",
                                 space=net.client, **options)
                seen = fates(link)
            summary = result.one("summary")
            answered = sum(copies > 0 for copies in seen.values())
            equal((len(seen), summary["sent"]), (options["count"],) * 2, result)
            equal({name: summary[name] for name in ("timeouts", "second_answers", "mismatches", "dropped_here")},
                  {"timeouts": len(seen) - answered, "mismatches": 0, "dropped_here": 0,
                   "second_answers": sum(seen.values()) - answered}, result)
            equal(summary["answered"] + summary["late"], answered, result)  # late only where the machine is slow
            assert 0 < answered < len(seen) and summary["second_answers"] > 0, result
            rows = [row for row in result.table("query") if row["outcome"] in ("answer", "late", "timeout")]
            equal({(row["source_port"], row["query_id"]): row["outcome"] != "timeout" for row in rows} or None,
                  {key: copies > 0 for key, copies in seen.items()} if rows else None, result)


@case
def a_family_that_is_broken_leaves_the_other_as_it_is(folder):
    with lab(folder) as (net, nsd):
        for broken, version in ((0, "ip"), (1, "ip6")):
            nft(net.server, f"table inet trouble\ndelete table inet trouble\ntable inet trouble {{ chain c {{ type filter "
                            f"hook input priority 0; {version} daddr {net.server_addresses[broken]} meta l4proto "
                            "{ tcp, udp } drop; }\n}")
            result = run(server=list(net.server_addresses), port=nsd.port, name=WWW, transport=["udp", "tcp"],
                         timeout="2s", linger="0s", interval="1ms", space=net.client)
            equal(result.exit, 0, result)
            equal({(row["server"], row["transport"]): row["outcome"] for row in result.table("query")},
                  {(server, transport): "timeout" if number == broken else "answer"
                   for number, server in enumerate(net.server_addresses) for transport in ("udp", "tcp")}, result)


@case
def an_MTU_hole_swallows_what_is_large_and_no_more(folder):
    with lab(folder) as (net, nsd):
        rule(net.client, "prerouting", "ip frag-off & 0x1fff != 0 drop; exthdr frag exists drop; meta length > 600 drop")
        for server in net.server_addresses:
            result = run(server=server, port=nsd.port, name=["big.example.test", WWW], type="TXT", edns_size=4096,
                         transport=["udp", "tcp"], timeout="2s", linger="0s", interval="1ms", space=net.client)
            equal(result.exit, 0, result)
            equal({(row["name"], row["transport"]): row["outcome"] for row in result.table("query")},
                  {("big.example.test", "udp"): "timeout", ("big.example.test", "tcp"): "timeout", (WWW, "udp"): "answer",
                   (WWW, "tcp"): "answer"}, result)


@case
def under_load_an_interface_that_goes_down_leaves_what_there_was(folder):
    def behave(sock, query, client):
        if server.seen == 100:
            ip(net.client, "link", "set", "line", "down")
        sock.sendto(good_answer(query), client)
    with NameSpaces() as net, Responder(net, behave) as server:
        result, summary = loaded(net, server.port, outstanding=10, count=300, timeout="2s", edns_size=0)
    equal(result.exit, 0, result)
    assert summary["answered"] >= 80 and summary["unsent"] >= 100 and result.took_s < 30, result
    equal(summary["sent"] + summary["unsent"], 300, result)


def received(device):
    """Bytes, at a device of the name space that this thread is in."""
    lines = pathlib.Path("/proc/thread-self/net/dev").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.split()[0] == device + ":")


@case
def an_interface_that_goes_down_within_a_run_leaves_what_there_was(folder):
    def go_down(net):
        with Namespace(net.client):  # of this thread alone
            enough = received("line") + 1000  # of answers
            until(lambda: received("line") >= enough, "answers")
        ip(net.client, "link", "set", "line", "down")
    with lab(folder) as (net, nsd):
        downer = threading.Thread(target=go_down, args=(net,))
        downer.start()
        result = run(server=net.server_addresses[0], port=nsd.port, name=WWW, transport=["udp", "tcp"],
                     connection="reused", count=40, interval="50ms", timeout="400ms", linger="0s", space=net.client)
        downer.join()
    equal(result.exit, 0, result)
    said = outcomes(result)
    equal(said[0], "answer", result)
    assert len(said) == 80 and said[-1] in ("unsent", "connect_failed") and result.took_s < 40, result


@contextlib.contextmanager
def in_each_transport(folder):
    """Name spaces, servers there, and for each address and transport the options of a run."""
    def over_tls(connection, _):
        connection.sendall(framed(good_answer(read_query(connection))))
        listens_on(connection)

    def over_https(connection, _):
        http2_server.serve(connection, lambda c, stream, query, _: c.sendall(http2_server.response(stream, good_answer(query))))
    ca, certificate, key = certificates("DNS:dns.example.test")
    tls = server_tls(certificate, key)
    tls.set_alpn_protocols(["h2"])
    with lab(folder) as (net, nsd), contextlib.ExitStack() as stack:
        ways = []
        for address in net.server_addresses:
            ways += [(address, {"port": nsd.port, "transport": transport}) for transport in ("udp", "tcp")]
            ways += [(address, {"port": nsd.port, "transport": "udp", "outstanding": 1})]
            for transport, behave in (("dot", over_tls), ("doh", over_https)):
                with Namespace(net.server):
                    listener = Listener(behave, address=address, tls=tls)
                stack.enter_context(listener)
                ways += [(address, {"port": listener.port, "transport": transport, "ca": ca, "tls_name": "dns.example.test"})]
        yield net, [(address, {"server": address, "name": WWW, "linger": "0s", "timeout": "5s", "edns_size": 0, "space": net.client,
                               **options}) for address, options in ways]


@case
def the_interface_and_source_that_were_chosen_are_used(folder):
    with in_each_transport(folder) as (net, ways):
        # All goes another way unless an interface is chosen, and nobody is there.
        ip(net.client, "link", "add", "other", "type", "veth", "peer", "name", "beyond")
        for device in ("other", "beyond"):
            ip(net.client, "link", "set", device, "up")
        own = {address: source for address, source in zip(net.server_addresses, ("10.77.0.3", "2001:db8:77::3"))}
        for address, source in own.items():
            ip(net.client, "address", "add", source + ("/64" if ":" in source else "/24"), "dev", "line",
               *(["nodad"] if ":" in source else []))
            ip(net.client, "route", "add", address, "dev", "other")
        for address, options in ways:
            result = run(interface="line", source=own[address], **options)
            equal((result.exit, result.one("summary")["answered"]), (0, 1), result)
            if "outstanding" not in options:
                equal([(row["outcome"], row["source"]) for row in in_order(result)], [("answer", own[address])], result)
        for address, options in ways:
            result = run(source=own[address], **{**options, "timeout": "300ms"})
            equal(result.status in ("no_answer", "not_sent"), True, result)


@case
def a_source_that_changes_within_a_run_is_told(folder):
    sources = []

    def behave(sock, query, client):
        sources.append(client[0])
        sock.sendto(good_answer(query), client)
        ip(net.client, "route", "replace", net.server_addresses[0], "dev", "line", "src", "10.77.0.3")
    with NameSpaces() as net, Responder(net, behave) as server:
        ip(net.client, "address", "add", "10.77.0.3/24", "dev", "line")
        result = run(server=net.server_addresses[0], port=server.port, name=WWW, count=2, interval="1500ms", linger="0s",
                     space=net.client)
    equal([row["source"] for row in in_order(result)], sources, result)
    equal((len(set(sources)), sources[-1]), (2, "10.77.0.3"), result)


@case
def buffers_and_congestion_control_are_those_of_the_sockets(folder):
    with in_each_transport(folder) as (net, ways):
        with Namespace(net.client), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
            usual = datagram.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
        net.sysctl(net.client, "ipv4/tcp_wmem", "4096 150000 150000")
        net.sysctl(net.client, "ipv4/tcp_rmem", "4096 200000 200000")
        for control in net.congestion_controls():
            net.sysctl(net.client, "ipv4/tcp_congestion_control", control)
            for _, options in ways:
                result = run(**options)
                row = result.one("summary")
                if options["transport"] == "udp":  # stamps and answers wait there
                    equal((row["send_buffer"], row["congestion_control"]), (usual, None), result)
                    assert row["receive_buffer"] >= 1 << 20, result
                else:
                    equal((row["send_buffer"], row["receive_buffer"], row["congestion_control"]), (150_000, 200_000, control),
                          result)


if __name__ == "__main__":
    main()
