"""The agent while its wall clock is set: forward, back, past what was planned.

The clock is the agent's own (shifted_clock.c); the kernel's word that it was set is real, and comes of setting the machine's
clock to what it says already, after which that counts as not synchronised until its time service comes by. Nobody else may
measure at that time and not everybody wants that, so this test runs alone, and only with SONDE_LONG in the environment.
"""
import json
import os
import sqlite3
import struct
import time

from accounting import WORDS
from support import BUILD, Skip, equal, instruction, main, periodic, prepare_alone, schedule, task, wait_for

NS, HOUR = 10**9, 3600


class Clock:
    """An agent's; the machine's until it is set."""

    def __init__(self, path):
        self._path = path
        path.write_bytes(bytes(8))

    def set(self, to_s):
        try:
            with open(self._path, "r+b", buffering=0) as file:
                file.write(struct.pack("q", to_s * NS - time.time_ns()))
            time.clock_settime_ns(time.CLOCK_REALTIME, time.clock_gettime_ns(time.CLOCK_REALTIME))
        except PermissionError:
            raise Skip("nobody may set the clock here") from None


def start_agent(system, clock_path, *words):
    shifted = {"LD_PRELOAD": str(system.within_reach(BUILD / "tests" / "e2e" / "shifted_clock.so")),
               "SHIFTED_CLOCK": str(clock_path)}
    os.environ.update(shifted)
    try:
        return system.start_agent(instructed=words)
    finally:
        for name in shifted:
            del os.environ[name]


def past(system, name):
    """[(outcome, first trigger, last trigger, how many)] of a schedule, as the agent has accounted for them."""
    with sqlite3.connect(f"file:{system.folder}/state/spool.db?mode=ro", uri=True) as database:
        rows = database.execute("SELECT word, first_event, last_event, count FROM past WHERE schedule = ? ORDER BY id", (name,))
        return [(WORDS[word], first // NS, last // NS, count) for word, first, last, count in rows]


def a_clock_that_is_set_is_noticed_and_no_trigger_is_fired_twice_or_forgotten(system):
    if not os.environ.get("SONDE_LONG"):
        raise Skip("the machine's clock is set only by the long tests")
    reports = prepare_alone(system)
    first = int(time.time()) + HOUR // 2
    get = task("get", "http-download", {"url": f"http://{system.listening['peer']}/bytes/1000", "bytes": "1000"})
    # Reports would wake the agent.
    document = instruction(system, [periodic("hourly", HOUR, first - 1000 * HOUR)], [get], [schedule("get", "hourly", "get")],
                           report_every_s=1000 * HOUR, agent={}, collector="file:mine")
    (system.folder / "mine.json").write_text(json.dumps(document))
    clock_path = system.folder / "clock"
    clock = Clock(clock_path)
    agent = start_agent(system, clock_path, "--instruction", system.folder / "mine.json", "--reports", reports)
    agent.wait_for_log("agent started")
    told = []

    def tells(*outcome):
        told.append(outcome)
        wait_for(f"{outcome}", lambda: len(past(system, "get")) >= len(told), 20, [agent])
        equal(past(system, "get"), told)

    def fires(at):
        tells("completed", at, at, 1)

    clock.set(first - 2)
    fires(first)
    clock.set(first + 3 * HOUR + 600)
    tells("missed", first + HOUR, first + 3 * HOUR, 3)
    clock.set(first + HOUR - 2)  # what follows has been accounted for
    time.sleep(4)
    equal(past(system, "get"), told)
    clock.set(first + 4 * HOUR - 2)
    fires(first + 4 * HOUR)
    clock.set(first - 47 * HOUR - 2)  # more than a day back: it was wrong before
    fires(first - 47 * HOUR)
    equal(agent.stop(), 0)


main(a_clock_that_is_set_is_noticed_and_no_trigger_is_fired_twice_or_forgotten)
