"""The names of the first routers on the way out, against a router in a namespace of its own."""
import re
import subprocess

from laboratory import SERVER, SERVER6, main, test

PING = {"count": 2, "interval": "20ms", "tmax": "300ms"}


def make_router(lab, passes_on):
    """The server becomes the client's way out; it passes datagrams on, or has no way on itself."""
    lab.at(lab.client, f"ip route add default via {SERVER}")
    lab.sysctl(lab.server, "net.ipv4.ip_forward", 1)
    if lab.also_ipv6():
        lab.at(lab.client, f"ip -6 route add default via {SERVER6}")
        lab.sysctl(lab.server, "net.ipv6.conf.all.forwarding", 1)
    if passes_on:
        lab.at(lab.server, "ip link add on type veth peer name off")
        lab.at(lab.server, "ip link set off up")
        lab.at(lab.server, "ip link set on up")
        lab.at(lab.server, "ip route add default dev on")
        lab.at(lab.server, "ip -6 route add default dev on", may_fail=True)


def addresses(run):
    assert run.status == 0, run
    return {row["address"] for row in run.table("packet")}


@test
def the_first_router_has_a_name(lab):
    make_router(lab, passes_on=True)
    for family, router, header in ((4, SERVER, 20), (6, SERVER6, 40))[:2 if lab.has_ipv6 else 1]:
        run = lab.run("ping", target="hop-1.path.invalid", family=family, **PING)
        assert addresses(run) == {router}, run
        # Two echoes each way, and what was sent to find the router, once unless the machine is slow.
        told = re.search(r"(\d+) B sent, (\d+) B received", run.err)
        sent, received = (int(said) - 2 * (header + 8 + 56) for said in told.groups())
        assert sent > 0 and sent % (header + 9) == 0 and received == header + 8 + header + 9, run


@test
def a_first_router_without_a_way_on_is_found_too(lab):
    make_router(lab, passes_on=False)
    found = addresses(lab.run("ping", target="hop-1.path.invalid", **PING))
    assert found == {SERVER}, found


@test
def a_router_that_is_not_there_is_no_address(lab):
    make_router(lab, passes_on=True)
    run = lab.run("ping", target="hop-2.path.invalid", **PING)
    assert run.status == 1 and "hop-2.path.invalid: no address" in run.err, run


def make_second_way(lab):
    """Another cable to the same router, which nobody takes unless told to."""
    lab.at(lab.client, "ip link add w0 type veth peer name w1 netns " + lab.server)
    for side, device, last in ((lab.client, "w0", 1), (lab.server, "w1", 2)):
        lab.at(side, f"ip address add 203.0.113.{last}/24 dev {device}")
        lab.at(side, f"ip link set {device} up")
        for name in ("all", device):
            lab.sysctl(side, f"net.ipv4.conf.{name}.rp_filter", 0)
        lab.at(side, f"ip address add 2001:db8:1::{last}/64 dev {device} nodad", may_fail=True)
    lab.at(lab.client, "ip route add default via 203.0.113.2 dev w0 metric 2000")
    lab.at(lab.client, "ip -6 route add default via 2001:db8:1::2 dev w0 metric 2000", may_fail=True)


@test
def the_first_router_is_that_of_the_chosen_interface_and_source(lab):
    make_router(lab, passes_on=True)
    make_second_way(lab)
    hop = {"target": "hop-1.path.invalid", "family": 4, **PING}
    for chosen, router in (({}, SERVER), ({"interface": "w0"}, "203.0.113.2"), ({"interface": "c0"}, SERVER),
                           # The router answers to that source: over the other cable.
                           ({"source": "203.0.113.1"}, "203.0.113.2")):
        found = addresses(lab.run("ping", **hop, **chosen))
        assert found == {router}, (chosen, found)
    run = lab.run("ping", interface="lo", **hop)
    assert run.status == 1 and "hop-1.path.invalid: no address" in run.err, run
    if lab.has_ipv6:
        found = addresses(lab.run("ping", interface="w0", **(hop | {"family": 6})))
        assert found == {"2001:db8:1::2"}, found


@test
def a_download_from_the_first_router_is_from_there(lab):
    make_router(lab, passes_on=True)
    routers = {4: SERVER, **({6: SERVER6} if lab.has_ipv6 else {})}
    peer = lab.plugins.parent / "framework/programs/peer/sonde-peer"
    listen = [f"--listen=[{address}]:80" if ":" in address else f"--listen={address}:80" for address in routers.values()]
    process = lab.start(lab.server, [peer, *listen], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for _ in routers:
        line = process.stdout.readline()
        assert "listening" in line, line
    for family, router in routers.items():
        run = lab.run("http-download", url="http://hop-1.path.invalid/bytes/1000000", bytes="1MB",
                      family=family)
        assert run.status == 0, run
        assert {row["address"] for row in run.table("stream")} == {router}, run


@test
def this_machine_is_no_router_though_it_says_that_the_router_is_gone(lab):
    nobody = "192.0.2.77"
    lab.at(lab.client, f"ip route add default via {nobody}")
    for setting, value in (("mcast_solicit", 1), ("retrans_time_ms", 100)):
        lab.sysctl(lab.client, f"net.ipv4.neigh.c0.{setting}", value)
    run = lab.run("ping", target="hop-1.path.invalid", family=4, **PING)
    assert run.status == 1 and "hop-1.path.invalid: no address" in run.err, run
    lab.rules(lab.client, "table ip t { chain c { type filter hook output priority 0; ip daddr 198.51.100.0/24 reject } }")
    run = lab.run("ping", target="hop-1.path.invalid", family=4, **PING)
    assert run.status == 1 and "hop-1.path.invalid: no address" in run.err, run


main()
