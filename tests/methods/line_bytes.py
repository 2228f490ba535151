"""What a run of a method told the host of its bytes, and what the interface of the name space counted."""
import json
import re
import subprocess
import time

from firewall import nft
from support import run

# What the kernel itself says to its neighbours over IPv6.
CHATTER = "icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert, mld-listener-query, " \
          "mld-listener-report, mld2-listener-report }"


def know_neighbours(net):
    """Nobody asks for a neighbour: nothing but what the method does is on the line."""
    def ip(space, *words):
        return subprocess.run(["ip", "-n", space, *words], check=True, capture_output=True, text=True).stdout

    for space, other, addresses in ((net.client, net.server, net.server_addresses),
                                    (net.server, net.client, net.client_addresses)):
        link = json.loads(ip(other, "-j", "link", "show", "line"))[0]["address"]
        for address in addresses:
            ip(space, "neigh", "replace", address, "lladdr", link, "nud", "permanent", "dev", "line")


def count_chatter(net):
    """What is to be taken off the interface's counters is counted from here on."""
    nft(net.client, f"""table inet chatter {{
        counter received {{ }}
        counter sent {{ }}
        chain in {{ type filter hook prerouting priority -300; {CHATTER} counter name received; }}
        chain out {{ type filter hook postrouting priority 300; {CHATTER} counter name sent; }}
    }}""")


def bytes_now(net):
    """(received, sent) of the client's interface at the IP layer, without the kernel's own words to its neighbours."""
    listed = json.loads(subprocess.run(["ip", "netns", "exec", net.client, "nft", "-j", "list", "counters"], check=True,
                                       capture_output=True).stdout)["nftables"]
    chatter = {entry["counter"]["name"]: entry["counter"]["bytes"] for entry in listed if "counter" in entry}
    return tuple(counted - chatter[way] for counted, way in zip(net.ip_bytes(), ("received", "sent")))


def settled_bytes(net):
    """Once nothing changes any more."""
    before = None
    while (now := bytes_now(net)) != before:
        before = now
        time.sleep(0.1)
    return now


def told_bytes(result):
    """The bytes (received, sent) that the method told the host, from the trace of its calls."""
    counts = re.findall(r" count\((\d+), (\d+)\)", result.stderr)
    return sum(int(received) for _, received in counts), sum(int(sent) for sent, _ in counts)


def account(net, *words, **options):
    """A run, the bytes (received, sent) that it told the host, and those that the interface counted."""
    before = settled_bytes(net)
    result = run("--trace", *words, space=net.client, **options)
    return result, told_bytes(result), tuple(now - then for now, then in zip(settled_bytes(net), before))


def irregular_segments(net):
    """Those that either side has sent again, or got before their turn, which its acknowledgements say in an option."""
    def of(space, table, counter):
        names, values = [line.split() for line in subprocess.run(
            ["ip", "netns", "exec", space, "cat", "/proc/net/snmp", "/proc/net/netstat"], check=True, capture_output=True,
            text=True).stdout.splitlines() if line.startswith(f"{table}:")]
        return int(values[names.index(counter)])
    return sum(of(space, *counter) for space in (net.server, net.client)
               for counter in (("Tcp", "RetransSegs"), ("TcpExt", "TCPOFOQueue")))


def regular_account(net, *words, **options):
    """As account(), and whether no segment was irregular, for which a run is tried again.

    On a machine that stands still now and then, segments are repeated, or change places, of which a kernel does not tell
    all.
    """
    for _ in range(5):
        irregular = irregular_segments(net)
        accounted = account(net, *words, **options)
        if irregular_segments(net) == irregular:
            return *accounted, True
    return *accounted, False
