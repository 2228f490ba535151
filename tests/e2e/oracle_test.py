"""The oracle itself, on logs and instructions made by hand.

usage: oracle_test.py TESTS_DIRECTORY
"""
import ctypes
import json
import random
import re
import sys

sys.path.append(sys.argv[1])

import oracle  # noqa: E402
from cases import run_cases  # noqa: E402

AGENT = "6b1c0f8e-4a5d-4a53-9a11-0f2f6c8f1e77"
T = oracle.to_ns("2026-11-24T04:00:00Z")
CASES = []


def case(function):
    CASES.append((function.__name__, function))
    return function


def equal(actual, expected):
    assert actual == expected, f"{actual!r} is not {expected!r}"


def rfc3339(seconds):
    """T + seconds; nine decimals, as the agent's log has them."""
    ns = round(seconds * 10**9)
    return f"2026-11-24T04:{ns // 60 // 10**9:02}:{ns // 10**9 % 60:02}.{ns % 10**9:09}Z"


def ns(*seconds):
    return [T + round(at * 10**9) for at in seconds]


def applied(etag, at):
    return f"2026-11-24T04:00:00Z info agent: instruction applied etag={etag} at={rfc3339(at)} schedules=2\n"


def started(number, at, etag='""', applied_at=None):
    time = "never" if applied_at is None else rfc3339(applied_at)
    return f"... info agent: agent started id={AGENT} at={rfc3339(at)} start={number} etag={etag} applied={time}\n"


def instruction(*parts, tasks=("t",)):
    """Of (schedule, event, task) with actions as many as tasks are named."""
    return {"ietf-lmap-control:lmap": {
        "tasks": {"task": [{"name": name} for name in tasks]},
        "events": {"event": [event for _, event, _ in parts]},
        "schedules": {"schedule": [{"name": name, "start": event["name"],
                                    "action": [{"name": task, "task": task} for task in action_tasks]}
                                   for name, event, action_tasks in parts]}}}


def periodic(name="p", interval=10, **times):
    return {"name": name, "periodic": {"interval": interval, **{k: rfc3339(at) for k, at in times.items()}}}


def of(log, until, **instructions):
    """{schedule: triggers} of instructions whose schedules have one action each."""
    plan = oracle.planned(oracle.read_log(log), instructions, AGENT, *ns(until))
    return {schedule: found for (schedule, _), found in plan.items()}


@case
def the_hash_is_fnv1a_64():
    equal([oracle.fnv1a(text) for text in ("", "a", "foobar")],
          [0xcbf29ce484222325, 0xaf63dc4c8601ec8c, 0x85944171f73967e8])


@case
def a_periodic_event_triggers_from_its_start_to_before_its_end():
    one = instruction(("s", periodic(start=0, end=40), ["t"]))
    equal(of(applied("e", 5), 1000, e=one), {"s": ns(10, 20, 30)})
    equal(of(applied("e", 10), 1000, e=one), {"s": ns(10, 20, 30)})
    equal(of(applied("e", 10.000000001), 30, e=one), {"s": ns(20)})


@case
def without_a_start_it_is_anchored_by_the_agent_and_the_events_name():
    hourly = instruction(("s", periodic("hourly", 3600), ["t"]))
    (found,) = of(applied("e", 0), 3600, e=hourly)["s"]
    equal(found % (3600 * 10**9), 1322014 * 10**6)  # as tests/schedule/timing_test.cpp has it, from a third program


@case
def an_instruction_is_in_force_until_its_replacement_and_not_at_it():
    one, other = (instruction(("s", periodic(interval=n, start=0), ["t"])) for n in (10, 5))
    equal(of(applied("a", 1) + applied("b", 20), 26, a=one, b=other), {"s": ns(10, 20, 25)})
    equal(of(applied("a", 1) + applied("b", 20.000000001), 26, a=one, b=other), {"s": ns(10, 20, 25)})
    empty = instruction()
    equal(of(applied("a", 1) + applied("b", 20), 100, a=one, b=empty), {"s": ns(10)})


@case
def a_schedule_that_is_the_same_in_the_next_instruction_goes_on():
    kept = ("kept", {"name": "i", "immediate": [None]}, ["t"])
    changed = instruction(kept, ("new", periodic(start=0), ["t"]))
    equal(of(applied("a", 1) + applied("b", 5), 12, a=instruction(kept), b=changed), {"kept": ns(1), "new": ns(10)})


@case
def immediate_is_once_a_configuration():
    event = {"name": "i", "immediate": [None]}
    one = instruction(("s", event, ["t"]))
    other = instruction(("s", event, ["t"]))
    other["ietf-lmap-control:lmap"]["tasks"]["task"][0]["program"] = "other"
    log = applied("a", 1) + started(2, 2, "a", 1) + applied("b", 3) + applied("c", 4) + applied("d", 5)
    equal(of(log, 9, a=one, b=other, c=other, d=one), {"s": ns(1, 3, 5)})


@case
def startup_is_once_a_start_with_the_instruction_in_force():
    event = {"name": "b", "startup": [None]}
    one = instruction(("s", event, ["t"]))
    log = started(1, 0) + applied("a", 1) + started(2, 2, "a", 1) + started(3, 3, "a", 1) + applied("b", 4) + \
        started(4, 5, "b", 4)
    equal(of(log, 9, a=one, b=instruction()), {"s": ns(2, 3)})
    equal(of(log, 9, a=instruction(), b=one), {"s": ns(5)})


@case
def a_one_off_is_planned_unless_its_instruction_ends_before_it():
    def at(seconds):
        return instruction(("s", {"name": "o", "one-off": {"time": rfc3339(seconds)}}, ["t"]))
    log = applied("a", 5) + applied("b", 10)
    equal(of(log, 20, a=at(7), b=instruction()), {"s": ns(7)})
    equal(of(log, 20, a=at(2), b=instruction()), {"s": ns(2)})  # past: planned, and missed
    equal(of(log, 20, a=at(10), b=instruction()), {"s": []})
    equal(of(log, 20, a=at(15), b=at(15)), {"s": ns(15)})
    equal(of(log, 20, a=at(7), b=at(8)), {"s": ns(7, 8)})


@case
def each_action_of_a_trigger_is_a_planned_run():
    two = instruction(("s", periodic(start=0, end=15), ["t", "u"]), tasks=("t", "u"))
    equal(oracle.planned(oracle.read_log(applied("a", 1)), {"a": two}, AGENT, *ns(99)),
          {("s", "t"): ns(10), ("s", "u"): ns(10)})


@case
def what_a_kill_kept_from_its_line_is_told_by_the_next_start():
    one, other = (instruction(("s", {"name": "b", "startup": [None]}, ["t"]), (name, periodic(start=0), ["t"]))
                  for name in ("p", "q"))
    # b was applied at 12 without a line, and starts 2 and 3 left none.
    log = started(1, 0) + applied("a", 1) + started(4, 14, "b", 12)
    history = oracle.read_log(log)
    equal(history.applied, [(ns(1)[0], "a"), (ns(12)[0], "b")])
    equal(history.starts, [(ns(0)[0], -1), (None, 1), (None, 1), (ns(14)[0], 1)])
    equal(of(log, 25, a=one, b=other), {"s": [None, None, *ns(14)], "p": ns(10), "q": ns(20)})


def calendar(**values):
    fields = {"month": ["*"], "day-of-month": ["*"], "day-of-week": ["*"], "hour": ["*"], "minute": ["*"], "second": ["*"]}
    return {"name": "c", "calendar": {**fields, **{leaf.replace("_", "-"): value for leaf, value in values.items()}}}


@case
def a_calendar_triggers_in_the_seconds_that_all_its_sets_hold():
    every = instruction(("s", calendar(second=[0, 20], minute=[0, 2]), ["t"]))
    equal(of(applied("e", 0), 3600, e=every), {"s": ns(0, 20, 120, 140)})
    tuesday = instruction(("s", calendar(day_of_week=["tuesday"], month=["november"], second=[5], minute=[0]), ["t"]))
    equal(of(applied("e", 1), 60, e=tuesday), {"s": ns(5)})
    monday = instruction(("s", calendar(day_of_week=["monday", "sunday"], second=[5]), ["t"]))
    equal(of(applied("e", 1), 60, e=monday), {"s": []})
    bounded = instruction(("s", calendar(second=[0, 20, 40], start=rfc3339(20), end=rfc3339(80)), ["t"]))
    equal(of(applied("e", 0), 3600, e=bounded), {"s": ns(20, 40, 60)})


@case
def a_calendar_is_read_in_its_offset_or_else_where_the_agent_is():
    at_five = {"hour": [5], "minute": [0], "second": [0]}
    here = instruction(("s", calendar(hour=[0], minute=[0], second=[1]), ["t"]))
    history = oracle.read_log(applied("e", 0))
    plan = oracle.planned(history, {"e": here}, AGENT, *ns(7200), zone="America/New_York")
    equal(plan, {("s", "t"): ns(3601)})  # 05:00:01 UTC
    fixed = instruction(("s", calendar(timezone_offset="+01:00", **at_five), ["t"]))
    equal(oracle.planned(history, {"e": fixed}, AGENT, *ns(7200), zone="America/New_York"), {("s", "t"): ns(0)})
    west = instruction(("s", calendar(timezone_offset="-00:30", hour=[3], minute=[30], second=[0]), ["t"]))
    equal(of(applied("e", 0), 7200, e=west), {"s": ns(0)})
    utc = instruction(("s", calendar(timezone_offset="Z", hour=[4], minute=[0], second=[7]), ["t"]))
    equal(oracle.planned(history, {"e": utc}, AGENT, *ns(7200), zone="America/New_York"), {("s", "t"): ns(7)})


@case
def the_controllers_loss_and_return_are_planned_where_an_instruction_was_in_force():
    one = instruction(("l", {"name": "l", "controller-lost": [None]}, ["t"]),
                      ("c", {"name": "c", "controller-connected": [None]}, ["t"]))
    log = applied("a", 1) + f"... warn agent: controller lost at={rfc3339(7)}\n" \
        f"... warn agent: controller connected at={rfc3339(9)}\n" + applied("b", 10) + \
        f"... warn agent: controller lost at={rfc3339(12)}\n"
    equal(of(log, 20, a=one, b=instruction()), {"l": ns(7), "c": ns(9)})


@case
def a_change_of_the_event_that_ends_a_schedule_is_a_change_of_it():
    one = instruction(("s", {"name": "i", "immediate": [None]}, ["t"]), ("x", periodic("until"), ["t"]))
    one["ietf-lmap-control:lmap"]["schedules"]["schedule"][0]["end"] = "until"
    other = json.loads(json.dumps(one))
    other["ietf-lmap-control:lmap"]["events"]["event"][1]["periodic"]["interval"] = 7
    equal(of(applied("a", 1) + applied("b", 3), 4, a=one, b=other)["s"], ns(1, 3))


@case
def constraints_hold_nothing_of_the_plan_back_and_their_tasks_belong_to_the_schedule():
    one = instruction(("s", periodic(start=0), ["t"]), tasks=("t", "check"))
    one["ietf-lmap-control:lmap"]["schedules"]["schedule"][0]["sonde-lmap:constraint"] = [
        {"name": "c", "method-result": {"task": "check"}}, {"name": "d", "on-battery": True}]
    equal(of(applied("a", 1), 30, a=one), {"s": ns(10, 20)})
    other = json.loads(json.dumps(one))
    other["ietf-lmap-control:lmap"]["tasks"]["task"][1]["tag"] = ["x"]
    both = {"a": one, "b": other}
    equal(len(list(oracle.periods(oracle.read_log(applied("a", 1) + applied("b", 2)), both))), 2)


@case
def a_schedule_without_actions_plans_nothing():
    one = instruction(("s", periodic(start=0), ["t"]), ("none", periodic("q", start=0), []))
    del one["ietf-lmap-control:lmap"]["schedules"]["schedule"][1]["action"]
    equal(of(applied("a", 1), 30, a=one), {"s": ns(10, 20)})


@case
def a_glob_matches_what_fnmatch_matches():
    fnmatch = ctypes.CDLL(None).fnmatch
    random.seed(7)
    matched = 0
    for _ in range(20000):
        pattern = "".join(random.choices("ab*?[]!-\\", k=random.randrange(7)))
        text = "".join(random.choices("ab*?[]!-\\", k=random.randrange(5)))
        if odd(pattern):
            continue
        expected = fnmatch(pattern.encode(), text.encode(), 0) == 0
        matched += expected
        equal((pattern, text, oracle.glob_matches(pattern, text)), (pattern, text, expected))
    assert matched > 500, matched


def odd(pattern):
    """Ranges that run backwards, and brackets that are never closed, are each library's own."""
    return re.search(r"\[.*-", pattern) or pattern.count("[") > pattern.count("]")


@case
def a_suppression_holds_back_what_triggers_between_its_events():
    document = instruction(("s", periodic(start=0), ["t", "u"]), ("o", periodic("q", start=0), ["t"]), tasks=("t", "u"))
    lmap = document["ietf-lmap-control:lmap"]
    lmap["events"]["event"] += [{"name": "from", "one-off": {"time": rfc3339(20)}},
                                {"name": "to", "one-off": {"time": rfc3339(50)}}]
    lmap["suppressions"] = {"suppression": [{"name": "x", "start": "from", "end": "to", "match": ["load-*"]}]}
    lmap["schedules"]["schedule"][0]["action"][1]["suppression-tag"] = ["load-up"]
    plan = oracle.planned(oracle.read_log(applied("a", 1)), {"a": document}, AGENT, *ns(99))

    def found():
        return oracle.suppressed(document, plan, AGENT, *ns(1, 99))
    equal(found(), {("s", "t"): [], ("s", "u"): ns(20, 30, 40), ("o", "t"): []})
    lmap["schedules"]["schedule"][0]["suppression-tag"] = ["load-"]
    equal(found()["s", "t"], ns(20, 30, 40))
    del lmap["suppressions"]["suppression"][0]["end"]
    equal(found()["s", "t"], ns(20, 30, 40, 50, 60, 70, 80, 90))
    del lmap["suppressions"]["suppression"][0]["start"]
    lmap["suppressions"]["suppression"][0]["end"] = "from"
    equal(found()["s", "t"], ns(10))


@case
def a_log_that_contradicts_itself_is_no_evidence():
    for log in (started(2, 0) + started(2, 1), applied("a", 2) + applied("b", 1)):
        try:
            oracle.read_log(log)
        except AssertionError:
            continue
        raise RuntimeError(f"taken: {log}")


run_cases(CASES)
