"""The names of the first routers on the way out, against a router in a namespace of its own."""
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
    found = addresses(lab.run("ping", target="hop-1.path.invalid", **PING))
    assert found == {SERVER}, found
    if lab.has_ipv6:
        found = addresses(lab.run("ping", target="hop-1.path.invalid", family=6, **PING))
        assert found == {SERVER6}, found


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


main()
