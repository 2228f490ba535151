"""How fast http-download reads and what that costs, beside a bare loop and curl; and how near its rates are to a shaper's.

In two name spaces of the network of the benchmark's own, joined by a veth pair, sonde-peer serves and each reader in turn
downloads: five rounds, the median of the ratios within a round. Each counts from the first byte that it reads for as long,
and what its own start costs is taken off its processor time. Then a shaper bounds the peer, and the rate at the IP layer
that the method tells is compared with the shaper's, which counts Ethernet's header. Congestion control is
reno, behind the shaper bbr.
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
    words = at(net.client, "curl", "-s", "-o", "/dev/null", "--cacert", ca, "-w",
               "%{size_download} %{time_total} %{time_starttransfer}", "--max-time", SECONDS)
    _, idle = processor_of([*words, f"{url}/bytes/1000"])
    out, spent = processor_of([*words, f"{url}/bytes/900GB"], right=(0, 28))  # 28: its time was over
    count, took, first = map(float, out.split())
    return count * 8 / (took - first), max(spent - idle, 0) / count * 1e9


def ours(net, url, ca):
    """With the start of launcher and runner taken off: what a run that moves next to nothing costs."""
    options = {"ca": ca} if url.startswith("https") else {}
    _, idle = sonde(net, DOWNLOAD, url=f"{url}/bytes/1000", bytes=1000, **options)
    row, spent = sonde(net, DOWNLOAD, url=f"{url}/bytes/900GB", duration=f"{SECONDS}s", warm_up="0s", limit="1000GB",
                       **options)
    word = f"{row['limited_by']} (busy {row['busy']:.2f})"
    return row["goodput"], max(spent - idle, 0) / row["bytes"] * 1e9, word


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
        figures.add(f"{name}: goodput", middle[0] / 1e9, "Gb/s", f"{middle[2]:.3f} of curl's")
        figures.add(f"{name}: goodput as a part of a bare reader's", middle[1], "x", f"worst round {worst:.3f}",
                    aim=("at least", 0.95))
        figures.add(f"{name}: processor time a GB", spent[0], "s", f"{spent[1]:.2f} of a bare reader's")
        figures.add(f"{name}: processor time a GB as a part of curl's", spent[2], "x",
                    aim=("at most", 1 if tls else 0.5))
        figures.plot(f"goodput of a round as a part of a bare reader's, {name}", "x",
                     {"http-download": [row[1] for row in rates]})


def shaped_run(net, peer, direction, megabits, seconds, family):
    """The rate at the IP layer behind a shaper."""
    url = peer.plain if family == "IPv4" else peer.plain6
    space, plugin, path = {"down": (net.server, DOWNLOAD, "/time/30s"), "up": (net.client, UPLOAD, "/upload")}[direction]
    net.shape(f"{megabits}mbit", latency="200ms", space=space)
    row, _ = sonde(net, plugin, url=url + path, duration=f"{seconds + 1}s", warm_up="1s", streams=2, limit="100GB",
                   timeout="20s")
    net.unshape(space=space)
    return row


def shaper(net, peer, figures_of):
    off = {"down": [], "up": []}
    for megabits, seconds, rounds in ((2, 10, 1), (40, 5, 3), (80, 5, 3), (500, 5, 3)):
        shaped = megabits * 1e6 * 1500 / 1514
        for direction in ("down", "up"):
            rows = [{family: shaped_run(net, peer, direction, megabits, seconds, family) for family in ("IPv4", "IPv6")}
                    for _ in range(rounds)]
            name = f"{direction} {megabits} Mb/s over {seconds} s"
            for family in ("IPv4", "IPv6"):
                percent = statistics.median(100 * (row[family]["ip_rate"] / shaped - 1) for row in rows)
                limits = ", ".join(sorted({row[family]["limited_by"] for row in rows}))
                figures_of[direction].add(f"{name}, {family}: off the shaped rate", percent, "%", f"limited by {limits}",
                                          aim=("within", 2 if megabits < 40 else 0.5))
                off[direction] += [abs(100 * (row[family]["ip_rate"] / shaped - 1)) for row in rows]
                print(f"{name}, {family}: {percent:+.2f} % off the shaper's at the IP layer, median of {rounds}; limited by "
                      f"{limits}")
            apart = statistics.median(100 * (row["IPv6"]["ip_rate"] / row["IPv4"]["ip_rate"] - 1) for row in rows)
            figures_of[direction].add(f"{name}: IPv6 against IPv4", apart, "%",
                                      aim=None if megabits < 40 else ("within", 0.5))
            print(f"{name}: IPv6 {apart:+.2f} % against IPv4")
    for direction, figures in figures_of.items():
        figures.plot("off the shaped rate", "%", {{"down": "http-download", "up": "http-upload"}[direction]: off[direction]})


def main():
    part = WORDS.get("part", "speed")
    control = "reno" if part == "speed" else "bbr"
    with tempfile.TemporaryDirectory(prefix="sonde-bench-") as folder, NameSpaces(control) as net:
        os.chmod(folder, 0o755)
        peer = Peer(net, folder)
        try:
            if part == "speed":
                for space in (net.server, net.client):
                    subprocess.run(["ip", "-n", space, "link", "set", "line", "gso_max_segs", "65535"], check=True)
                with Figures("http-download", "http_speed") as figures:
                    speed(net, peer, figures)
            else:
                with Figures("http-download", "http_shaper") as down, Figures("http-upload", "http_shaper_up") as up:
                    shaper(net, peer, {"down": down, "up": up})
        finally:
            peer.end()


if __name__ == "__main__":
    try:
        main()
    except Skip as reason:
        print(f"skipped: {reason}")
        sys.exit(77)
