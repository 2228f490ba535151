"""`sonde plan`: how long a year of 20 schedules and a week of a fleet take, and the memory. Five rounds, the median.

Usage: plan_benchmark.py SONDE
"""

import json
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

SONDE = sys.argv[1]
ROUNDS = 5


def instruction(seconds, schedules=20):
    tasks = [{"name": "ping", "program": "ping", "option": [{"id": "t", "name": "target", "value": "192.0.2.1"}]},
             {"name": "report", "program": "report",
              "option": [{"id": "c", "name": "collector", "value": "https://collector.example:8443"}]}]
    every = [{"name": f"s{i}", "start": "e", "execution-mode": "sequential",
              "action": [{"name": "ping", "task": "ping", "destination": ["reports"]}]} for i in range(schedules - 1)]
    every.append({"name": "reports", "start": "e", "action": [{"name": "report", "task": "report"}]})
    event = {"name": "e", "random-spread": seconds // 2, "periodic": {"interval": seconds}}
    return {"ietf-lmap-control:lmap": {"tasks": {"task": tasks}, "events": {"event": [event]},
                                       "schedules": {"schedule": every}}}


def measure(document, *words):
    """(seconds, runs of a line)."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "instruction.json")
        file.write_text(json.dumps(document))
        begin = time.monotonic()
        done = subprocess.run([SONDE, "plan", file, "--json", *words], check=True, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)
        took = time.monotonic() - begin
    return took, json.loads(done.stdout.splitlines()[-1])["runs"]


for name, document, words in (
        ("a year of 20 hourly schedules", instruction(3600), ("--days", "365")),
        ("a year of 20 five-minute schedules", instruction(300), ("--days", "365")),
        ("a week of 100,000 agents, 20 hourly schedules", instruction(3600), ("--agents", "100000")),
        ("a week of 100,000 agents, one five-minute schedule", instruction(300, 2), ("--agents", "100000"))):
    times, runs = zip(*(measure(document, *words) for _ in range(ROUNDS)))
    print(f"{name}: {statistics.median(times):.2f} s (a line has {runs[0]} runs)", flush=True)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e6
print(f"at most {peak:.0f} MB resident")
