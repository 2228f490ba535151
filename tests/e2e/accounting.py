"""Whether every planned run is accounted for: planned = outcomes at the agent = outcomes at the collector, one by one,
and the rows of each completed run are at the collector once."""
import collections
import sqlite3

import oracle
from support import Gone, equal, outcomes, wait_for

# As the spool numbers them.
WORDS = ("completed", "failed", "suppressed", "overlapped", "not_met", "refused", "interrupted", "missed")


def account(system, plan, methods, in_part=()):
    """Waits until all of a plan of the oracle's is at the collector and nothing waits at the agent, and compares.
    Returns {schedule: {outcome word: planned runs}}. The report's own schedule is counted at the agent alone. `in_part`: the
    schedules that report some of their tables."""
    plan = {which: triggers for which, triggers in plan.items() if which[0] != "report"}

    def lacking():
        there = collections.Counter()
        for row in outcomes(system):
            there[row["schedule"], row["action"]] += row["count"]
        return {which: f"{there[which]} of {len(triggers)}" for which, triggers in plan.items()
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
    equal({(row["schedule"], row["action"]) for row in everything} - set(plan), set())
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


def nothing_waits(system):
    with sqlite3.connect(f"file:{system.folder}/state/spool.db?mode=ro", uri=True) as database:
        return database.execute("SELECT (SELECT count(*) FROM delivery) + "
                                "(SELECT count(*) FROM outcome_delivery WHERE waiting)").fetchone()[0] == 0
