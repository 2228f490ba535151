"""Whether every planned run is accounted for: planned = outcomes at the agent = outcomes at the collector, one by one,
and the rows of each completed run are at the collector once. How a report ended may still be at the agent: it goes along
with what another one brings."""
import collections
import datetime
import sqlite3

import oracle
from support import Gone, equal, outcomes, wait_for

# As the spool numbers them.
WORDS = ("completed", "failed", "suppressed", "overlapped", "not_met", "refused", "interrupted", "missed")


def account(system, plan, methods, in_part=()):
    """Waits until all of a plan of the oracle's is at the collector and nothing waits at the agent, and compares.
    Returns {schedule: {outcome word: planned runs}}. Reports, which have that word in their name, go on meanwhile and are
    compared up to the plan's end. `in_part`: the schedules that report some of their tables."""
    reports = {which: triggers for which, triggers in plan.items() if any(name.endswith("report") for name in which)}
    plan = {which: triggers for which, triggers in plan.items() if which not in reports}

    reported = {}

    def lacking():
        there = collections.Counter()
        rows = with_those_that_go_along(system)
        for row in rows:
            there[row["schedule"], row["action"]] += row["count"]
        for which, triggers in reports.items():
            reported[which] = up_to_the_end(rows, which, triggers)
            there[which] = sum(row["count"] for some in reported[which] for row in some)
        return {which: f"{there[which]} of {len(triggers)}" for which, triggers in (plan | reports).items()
                if there[which] < len(triggers)}

    alive = list(system.programs.values())
    try:
        wait_for("every planned run at the collector", lambda: not lacking(), timeout_s=60, alive=alive)
    except Gone as gone:
        raise Gone(f"{gone}\nlacking: {lacking()}") from None
    wait_for("an empty spool", lambda: nothing_waits(system), timeout_s=60, alive=alive)

    everything = outcomes(system)
    at_agent = tallies(system)
    results = {method: system.rows("results", method, "--table", "all") for method in methods}
    by_method = {method: collections.Counter(row["run"] for row in rows) for method, rows in results.items()}
    stored = sum(by_method.values(), collections.Counter())
    sums = {}
    for (name, action), triggers in plan.items():
        mine = [row for row in everything if (row["schedule"], row["action"]) == (name, action)]
        words = collections.Counter()
        for row in mine:
            words[row["outcome"]] += row["count"]
        equal((name, sum(words.values())), (name, len(triggers)))
        equal((name, dict(at_agent[name, action])), (name, dict(words)))
        equal((name, len({row["run"] for row in mine})), (name, len(mine)))
        check_triggers(name, triggers, mine)
        for row in mine:
            if row["outcome"] == "completed" and name not in in_part:
                equal((name, row["run"], stored[row["run"]]), (name, row["run"], row["rows"] - row["rows_dropped"]))
        sums[name] = sums.get(name, collections.Counter()) + words
    equal({(row["schedule"], row["action"]) for row in everything} - set(plan) - set(reports), set())
    for (name, action), triggers in reports.items():
        whole, across = reported[name, action]
        if not across:
            equal((name, sum(row["count"] for row in whole)), (name, len(triggers)))
        check_triggers(name, triggers, whole)
    completed = {row["run"] for row in everything if row["outcome"] == "completed"}
    for rows in results.values():
        for row in rows:
            assert row["result_status"] != 0 or row["run"] in completed, f"as if it were good: {row}"
    for method, rows in by_method.items():
        assert completed & set(rows), f"no run of {method} was completed"
    return sums


def check_triggers(name, triggers, rows):
    """Each planned trigger has one outcome, and each outcome is of planned triggers."""
    unknown = triggers.count(None)  # of starts that left no line in the log
    known = collections.Counter(at for at in triggers if at is not None)
    for row in rows:
        first, last = oracle.to_ns(row["first_event"]), oracle.to_ns(row["last_event"])
        if first == last and first not in known and unknown:
            unknown -= 1
            continue
        assert first in known and last in known, f"{name}: not planned: {row}"
        within = sum(count for at, count in known.items() if first <= at <= last)
        assert row["count"] <= within, f"{name}: {within} planned in the range: {row}"
        if first == last:
            known[first] -= 1
            assert known[first] >= 0, f"{name}: accounted for twice: {row}"


def tallies(system):
    """{(schedule, action): {outcome word: planned runs}} as the agent itself has counted."""
    with sqlite3.connect(f"file:{system.folder}/state/spool.db?mode=ro", uri=True) as database:
        counted = collections.defaultdict(collections.Counter)
        for name, action, word, count in database.execute("SELECT schedule, action, word, count FROM tally"):
            counted[name, action][WORDS[word]] += count
        return counted


def up_to_the_end(rows, which, triggers):
    """Those of one schedule and action until the last of these triggers, and any that go beyond it."""
    last = max((at for at in triggers if at is not None), default=0)
    mine = [row for row in rows if (row["schedule"], row["action"]) == which and oracle.to_ns(row["first_event"]) <= last]
    across = [row for row in mine if oracle.to_ns(row["last_event"]) > last]
    return [row for row in mine if row not in across], across


def with_those_that_go_along(system):
    """What the collector has, and how reports ended that it has not: each run and action once."""
    with sqlite3.connect(f"file:{system.folder}/state/spool.db?mode=ro", uri=True) as database:
        database.row_factory = sqlite3.Row
        waiting = [dict(row) for row in database.execute(
            "SELECT run, schedule, action, count, first_event, last_event FROM outcome WHERE id IN "
            "(SELECT outcome FROM outcome_delivery WHERE waiting = 2)")]
    there = outcomes(system)
    known = {(row["run"], row["action"]) for row in there}
    for row in waiting:
        for time in ("first_event", "last_event"):
            row[time] = f"{datetime.datetime.fromtimestamp(row[time] // oracle.NS, datetime.timezone.utc):%FT%T}." \
                        f"{row[time] % oracle.NS:09}Z"
    return there + [row for row in waiting if (row["run"], row["action"]) not in known]


def nothing_waits(system):
    with sqlite3.connect(f"file:{system.folder}/state/spool.db?mode=ro", uri=True) as database:
        return database.execute("SELECT (SELECT count(*) FROM delivery) + "
                                "(SELECT count(*) FROM outcome_delivery WHERE waiting = 1)").fetchone()[0] == 0
