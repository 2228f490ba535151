"""How many queries a second dns and dnsperf get answered on one processor, by the same nsd.

In two network namespaces of the benchmark's own, joined by a virtual cable: the client on one processor, nsd on another.
Both tools have the same number of queries outstanding, ask the same names as often, and go as fast as they are answered,
in turn. dns stamps each query twice and each answer once by the kernel, and checks every answer's question.
Usage: dns_rate_benchmark.py SOURCE_ROOT SONDE PLUGINS_DIRECTORY
"""
import json
import os
import pathlib
import re
import resource
import statistics
import subprocess
import sys
import tempfile

ROOT, SONDE, PLUGINS = (pathlib.Path(word).resolve() for word in sys.argv[1:4])
sys.argv[1:3] = [str(SONDE), str(PLUGINS / "dns" / "dns.so")]
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("", "net", "methods", "methods/dns")]

from cases import Skip  # noqa: E402
from figures import Figures  # noqa: E402
from laboratory import SERVER, Laboratory, need  # noqa: E402
from servers import NameServer  # noqa: E402

ROUNDS, NAMES, COUNT, OUTSTANDING = 5, 100, 2000, 256


def names():
    return [f"n{number}.example.test" for number in range(NAMES)]


def timed(lab, command):
    """(seconds of CPU, stdout) of a command at the client."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = lab.start(lab.client, command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out, err = process.communicate(timeout=300)
    if process.returncode != 0:
        raise RuntimeError(err)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, out


def dns(lab, port, _):
    """(answers a second, seconds of CPU, queries without an answer)"""
    cpu, out = timed(lab, [lab.sonde, "run", lab.plugins / "dns" / "dns.so", f"server={SERVER}", f"port={port}",
                           f"name={','.join(names())}", f"count={COUNT}", f"outstanding={OUTSTANDING}", "linger=0s",
                           "timeout=2s", "--json"])
    rows = {row["table"]: row for row in map(json.loads, out.splitlines())}
    return rows["load"]["answer_rate"], cpu, rows["summary"]["sent"] - rows["summary"]["answered"]


def dnsperf(lab, port, file):
    cpu, out = timed(lab, ["dnsperf", "-s", SERVER, "-p", port, "-d", file, "-n", COUNT, "-q", OUTSTANDING, "-t", "2"])
    rate = float(re.search(r"Queries per second:\s+([\d.]+)", out)[1])
    return rate, cpu, int(re.search(r"Queries lost:\s+(\d+)", out)[1])


def main():
    need("dnsperf")
    processors = sorted(os.sched_getaffinity(0))
    if len(processors) < 2:
        raise Skip("needs two processors")
    figures = {dns: [], dnsperf: []}
    with Laboratory(SONDE, PLUGINS) as lab, tempfile.TemporaryDirectory() as folder, \
            tempfile.NamedTemporaryFile("w") as file, Figures("dns") as results:
        os.sched_setaffinity(0, processors[1:2])
        with NameServer(folder, (SERVER,), lab.server) as nsd:
            file.write("".join(f"{name} A\n" for name in names()))
            file.flush()
            os.sched_setaffinity(0, processors[:1])
            for _ in range(ROUNDS):
                for tool, rounds in figures.items():
                    rounds.append(tool(lab, nsd.port, file.name))
        tell(results, processors, figures)


def tell(results, processors, figures):
    queries = NAMES * COUNT
    print(f"client on CPU {processors[0]}, nsd on CPU {processors[1]}; {queries} queries a round, {OUTSTANDING} "
          f"outstanding, {ROUNDS} rounds in turn")
    for tool, rounds in figures.items():
        print(f"  {tool.__name__:8} {statistics.median(one[0] for one in rounds):9.0f} queries/s   CPU "
              f"{1e6 * statistics.median(one[1] for one in rounds) / queries:5.2f} us a query   not answered "
              f"{sum(one[2] for one in rounds)} of {ROUNDS * queries}")
    for name, column in (("queries/s", 0), ("CPU a query", 1)):
        ratio = statistics.median(mine[column] / theirs[column] for mine, theirs in zip(figures[dns], figures[dnsperf]))
        print(f"  dns's {name} are {ratio:.2f} of dnsperf's, median of the rounds' ratios")
        results.add(f"{name} as a part of dnsperf's", ratio, "x", aim=("at least", 1.1) if column == 0 else None)
    rates = {tool: [one[0] for one in rounds] for tool, rounds in figures.items()}
    results.add("queries a second on one processor", statistics.median(rates[dns]), "queries/s",
                f"dnsperf {statistics.median(rates[dnsperf]):,.0f} queries/s")
    results.add("not answered", sum(one[2] for one in figures[dns]), f"of {ROUNDS * queries}",
                f"dnsperf {sum(one[2] for one in figures[dnsperf])}", aim=("at most", 0))
    results.plot("queries a second on one processor", "queries/s", {tool.__name__: values for tool, values in rates.items()})


try:
    main()
except Skip as reason:
    print(reason)
    sys.exit(77)
