"""How fast http-download reads and what that costs, beside a bare loop and curl; and how near its rates are to a shaper's.

In two name spaces of the network of the benchmark's own, joined by a veth pair, sonde-peer serves and each reader in turn
downloads: five rounds, the median of the ratios within a round. Then a shaper bounds the peer, and the rate at the IP
layer that the method tells is compared with the shaper's, which counts Ethernet's header.
Usage: http_benchmark.py SONDE HTTP_DOWNLOAD.so SONDE_PEER BARE_READER HTTP_UPLOAD.so [part=speed|shaper] [rounds=5]
"""
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent / folder) for folder in ("methods", "")]
sys.path.append(str(pathlib.Path(__file__).resolve().parent))
WORDS = dict(word.split("=", 1) for word in sys.argv[6:])
SONDE, DOWNLOAD, PEER, BARE, UPLOAD = (os.path.abspath(path) for path in sys.argv[1:6])

from cases import Skip  # noqa: E402
from figures import Figures  # noqa: E402
from support import NameSpaces  # noqa: E402

ROUNDS = int(WORDS.get("rounds", 5))
SECONDS = 2.0


def steal():
    return int(pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[8])


def at(space, *words):
    return ["ip", "netns", "exec", space, *map(str, words)]


class Peer:
    def __init__(self, net, folder):
        address = net.server_addresses[0]
        subprocess.run([SONDE, "ca", "init", f"{folder}/ca"], check=True, capture_output=True)
        subprocess.run([SONDE, "ca", "issue", "peer", "--ca", f"{folder}/ca", "--out", f"{folder}/peer", "--host", address],
                       check=True, capture_output=True)
        self.ca = f"{folder}/peer/ca.pem"
        six = net.server_addresses[1]
        self.process = subprocess.Popen(
            at(net.server, PEER, "--listen", f"{address}:0", "--listen", f"[{six}]:0", "--listen-tls", f"{address}:0",
               "--identity", f"{folder}/peer", "--max-bytes", "1TB"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True)
        found = []
        while len(found) < 3:
            line = self.process.stdout.readline()
            assert line, "sonde-peer ended"
            found += re.findall(r"listening on=(\S+) tls", line)
        self.plain, self.plain6, self.tls = f"http://{found[0]}", f"http://{found[1]}", f"https://{found[2]}"

    def end(self):
        self.process.terminate()
        self.process.wait(timeout=20)


def processor_of(words, right=(0,)):
    """Output of a command, and the seconds of processor time of it and all its children, in a cage of its own."""
    before = os.times()
    done = subprocess.run(words, capture_output=True, text=True)
    after = os.times()
    assert done.returncode in right, (words, done.stdout[-500:], done.stderr)
    return done.stdout, (after.children_user - before.children_user) + (after.children_system - before.children_system)


def sonde(net, plugin, **options):
    words = [f"{name}={value}" for name, value in options.items()]
    out, spent = processor_of(at(net.client, SONDE, "run", plugin, "--json", "--table", "summary", *words))
    return json.loads(out.splitlines()[-1]), spent


def bare(net, url, tls):
    host, port = re.fullmatch(r"https?://\[?(.*?)\]?:(\d+)", url).groups()
    out, _ = processor_of(at(net.client, BARE, host, port, "/bytes/900GB", SECONDS, *(["tls"] if tls else [])))
    count, took, spent = map(float, out.split())
    return count * 8 / took, spent / count * 1e9


def curl(net, url, ca):
    words = at(net.client, "curl", "-s", "-o", "/dev/null", "--cacert", ca, "-w", "%{size_download} %{time_total}",
               "--max-time", SECONDS, f"{url}/bytes/900GB")
    out, spent = processor_of(words, right=(0, 28))  # 28: its time was over
    count, took = map(float, out.split())
    return count * 8 / took, spent / count * 1e9


def ours(net, url, ca):
    """With the start of launcher and runner taken off: what a run that moves next to nothing costs."""
    options = {"ca": ca} if url.startswith("https") else {}
    _, idle = sonde(net, DOWNLOAD, url=f"{url}/bytes/1000", bytes=1000, **options)
    row, spent = sonde(net, DOWNLOAD, url=f"{url}/bytes/900GB", duration=f"{SECONDS}s", warm_up="0s", limit="1000GB", **options)
    return row["goodput"], max(spent - idle, 0) / row["bytes"] * 1e9, row["limited_by"]


def speed(net, peer, figures):
    for name, url, tls in (("plain", peer.plain, False), ("TLS", peer.tls, True)):
        rates, costs, limits, begun = [], [], set(), steal()
        for _ in range(ROUNDS):
            bare_rate, bare_cost = bare(net, url, tls)
            rate, cost, limit = ours(net, url, peer.ca)
            curl_rate, curl_cost = curl(net, url, peer.ca)
            limits.add(limit)
            rates.append((rate, rate / bare_rate, rate / curl_rate))
            costs.append((cost, cost / bare_cost, cost / curl_cost))
        middle = [statistics.median(column) for column in zip(*rates)]
        spent = [statistics.median(column) for column in zip(*costs)]
        worst = min(row[1] for row in rates)
        print(f"{name}: {middle[0] / 1e9:.2f} Gb/s, {middle[1]:.3f} of a bare reader's (worst round {worst:.3f}), "
              f"{middle[2]:.3f} of curl's; {spent[0]:.3f} s of processor a GB, {spent[1]:.2f} of a bare reader's, "
              f"{spent[2]:.2f} of curl's; limited by {', '.join(sorted(limits))}; steal {steal() - begun} ticks")
        figures.add(f"{name}: goodput", middle[0] / 1e9, "Gb/s",
                    f"{middle[1]:.3f} of a bare reader's, {middle[2]:.3f} of curl's")
        figures.add(f"{name}: processor time a GB", spent[0], "s",
                    f"{spent[1]:.2f} of a bare reader's, {spent[2]:.2f} of curl's")
        figures.plot(f"goodput of a round as a part of a bare reader's, {name}", "x",
                     {"http-download": [row[1] for row in rates]})


def shaper(net, peer, figures):
    off = {"down": [], "up": []}
    for megabits, seconds in ((2, 10), (40, 10), (80, 5), (500, 5)):
        shaped = megabits * 1e6 * 1500 / 1514
        seen = {}
        for name, url in (("IPv4", peer.plain), ("IPv6", peer.plain6)):
            net.shape(f"{megabits}mbit", latency="200ms")
            row, _ = sonde(net, DOWNLOAD, url=f"{url}/time/30s", duration=f"{seconds + 1}s", warm_up="1s", streams=2,
                           limit="100GB")
            seen[name] = row["ip_rate"]
            figures.add(f"down {megabits} Mb/s over {seconds} s, {name}: off the shaped rate",
                        100 * (row["ip_rate"] / shaped - 1), "%", f"limited by {row['limited_by']}")
            off["down"].append(abs(100 * (row["ip_rate"] / shaped - 1)))
            print(f"down {megabits:3} Mb/s over {seconds} s, {name}: {row['ip_rate'] / 1e6:.3f} Mb/s at the IP layer, "
                  f"{row['ip_rate'] / shaped - 1:+.2%} off the shaper's; limited by {row['limited_by']}")
        print(f"     IPv6 against IPv4: {seen['IPv6'] / seen['IPv4'] - 1:+.2%}")
        net.unshape()
        for name, url in (("IPv4", peer.plain), ("IPv6", peer.plain6)):
            net.shape(f"{megabits}mbit", latency="200ms", space=net.client)
            row, _ = sonde(net, UPLOAD, url=f"{url}/upload", duration=f"{seconds + 1}s", warm_up="1s", streams=2,
                           limit="100GB", timeout="20s")
            figures.add(f"up {megabits} Mb/s over {seconds} s, {name}: off the shaped rate",
                        100 * (row["ip_rate"] / shaped - 1), "%", f"limited by {row['limited_by']}")
            off["up"].append(abs(100 * (row["ip_rate"] / shaped - 1)))
            print(f"up   {megabits:3} Mb/s over {seconds} s, {name}: {row['ip_rate'] / 1e6:.3f} Mb/s at the IP layer, "
                  f"{row['ip_rate'] / shaped - 1:+.2%} off the shaper's; limited by {row['limited_by']}")
        net.unshape(space=net.client)
    figures.plot("off the shaped rate", "%", off)


def main():
    with tempfile.TemporaryDirectory(prefix="sonde-bench-") as folder, NameSpaces() as net, \
            Figures("http-download", f"http_{WORDS.get('part', 'speed')}") as figures:
        os.chmod(folder, 0o755)
        peer = Peer(net, folder)
        try:
            if WORDS.get("part", "speed") == "speed":
                for space in (net.server, net.client):
                    subprocess.run(["ip", "-n", space, "link", "set", "line", "gso_max_segs", "65535"], check=True)
                speed(net, peer, figures)
                for space in (net.server, net.client):
                    subprocess.run(["ip", "-n", space, "link", "set", "line", "gso_max_segs", "1"], check=True)
            if WORDS.get("part", "shaper") == "shaper":
                shaper(net, peer, figures)
        finally:
            peer.end()


if __name__ == "__main__":
    try:
        main()
    except Skip as reason:
        print(f"skipped: {reason}")
        sys.exit(77)
