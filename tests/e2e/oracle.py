"""An independent oracle: the planned triggers of each schedule, computed from the instructions and from the agent's log
of what it applied and when it started, alone. It shares no code with the schedule engine and reads nothing else.

The rules, each exact to the nanosecond, so that a trigger beside a kill or a new instruction is decided by the log:

- An instruction is in force from its application on, and no longer at its replacement: [applied, replaced).
- A schedule whose configuration (itself, its event, the tasks of its actions) is the same in the next instruction goes
  on untouched. One that differs ends there, and another begins. Restarts change nothing of that.
- periodic: each start + k * interval in [begin, end) of the configuration and before the event's own `end`. Without
  `start` it is anchored at the epoch + FNV-1a-64("AGENT-ID/EVENT-NAME") mod interval, in milliseconds. Whether the
  agent was running then does not matter.
- one-off: its time, unless the configuration ends at or before it. A time in the past is planned too (and missed).
- immediate: once, at the configuration's begin.
- startup: at each start of the agent with the configuration in force.
- A start counts when it is durable, and so does an application. A kill between that and the line leaves the line out;
  the next start's line then names the instruction in force with its time, and its number tells of the starts before it.
  Such a start had the same instruction in force as the next one: nothing is applied before a start's line is written.
"""
import dataclasses
import datetime
import re

NS = 1_000_000_000
APPLIED = re.compile(r" instruction applied etag=(?P<etag>\S+) at=(?P<at>\S+)")
STARTED = re.compile(r" agent started .*at=(?P<at>\S+) start=(?P<number>\d+) etag=(?P<etag>\S+) "
                     r"applied=(?P<applied>\S+)")


@dataclasses.dataclass
class History:
    applied: list = dataclasses.field(default_factory=list)  # (ns, etag), in order
    # (ns, which of `applied` was in force; -1: none), in order; ns is None for a start that left no line
    starts: list = dataclasses.field(default_factory=list)


def read_log(text):
    """The History that an agent's log tells, from the first start of all on."""
    history, last_number = History(), 0

    def apply(at, etag):
        if history.applied and history.applied[-1] == (at, etag):
            return
        assert not history.applied or history.applied[-1][0] < at, f"applied out of order: {etag} at {at}"
        history.applied.append((at, etag))

    for line in text.splitlines():
        if found := APPLIED.search(line):
            apply(to_ns(found["at"]), found["etag"])
        elif found := STARTED.search(line):
            if found["applied"] != "never":
                apply(to_ns(found["applied"]), found["etag"])
            number, in_force = int(found["number"]), len(history.applied) - 1
            assert number > last_number, f"start {number} after start {last_number}"
            history.starts += [(None, in_force)] * (number - last_number - 1) + [(to_ns(found["at"]), in_force)]
            last_number = number
    return history


def fnv1a(text):
    value = 0xcbf29ce484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001b3) % 2**64
    return value


def to_ns(text):
    """Nanoseconds since the epoch of an RFC 3339 time in UTC."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    seconds = datetime.datetime.fromisoformat(whole).replace(tzinfo=datetime.timezone.utc).timestamp()
    return int(seconds) * NS + int((fraction + "000000000")[:9] or 0)


def periodic_triggers(event, agent_id, begin_ns, end_ns):
    """The triggers t of a periodic event with begin_ns <= t < end_ns."""
    timing = event["periodic"]
    interval = timing["interval"] * NS
    if "start" in timing:
        first = to_ns(timing["start"])
        begin_ns = max(begin_ns, first)
    else:
        phase_ms = fnv1a(f"{agent_id}/{event['name']}") % (timing["interval"] * 1000)
        first = phase_ms * 1_000_000
    if "end" in timing:
        end_ns = min(end_ns, to_ns(timing["end"]))
    k = -(-(begin_ns - first) // interval)
    return list(range(first + k * interval, end_ns, interval))


def configurations(instruction):
    """{schedule: (itself, its event, its actions' tasks)}."""
    lmap = instruction["ietf-lmap-control:lmap"]
    events = {event["name"]: event for event in lmap["events"]["event"]}
    tasks = {task["name"]: task for task in lmap["tasks"]["task"]}
    return {schedule["name"]: (schedule, events[schedule["start"]],
                               [tasks[action["task"]] for action in schedule["action"]])
            for schedule in lmap["schedules"]["schedule"]}


def periods(history, instructions):
    """(configuration, first, beyond): it was in force from history.applied[first] until history.applied[beyond], or
    still is if `beyond` is their number."""
    in_force = {}
    for index, (_, etag) in enumerate(history.applied):
        asked = configurations(instructions[etag])
        for name in [name for name, (configuration, _) in in_force.items() if asked.get(name) != configuration]:
            configuration, first = in_force.pop(name)
            yield configuration, first, index
        for name, configuration in asked.items():
            in_force.setdefault(name, (configuration, index))
    for configuration, first in in_force.values():
        yield configuration, first, len(history.applied)


def triggers(event, agent_id, begin_ns, end_ns, starts):
    """Of an event in [begin_ns, end_ns), with these starts of the agent in it."""
    if "periodic" in event:
        return periodic_triggers(event, agent_id, begin_ns, end_ns)
    if "one-off" in event:
        time = to_ns(event["one-off"]["time"])
        return [time] if time < end_ns else []
    if "immediate" in event:
        return [begin_ns]
    if "startup" in event:
        return starts
    raise ValueError(f"no rule for {event}")


def planned(history, instructions, agent_id, until_ns):
    """{(schedule, action): [triggers]} of the instructions, which are given by their etags, up to a time after all that
    the log tells. The trigger of a start that left no line is None."""
    plan = {}
    for (schedule, event, _), first, beyond in periods(history, instructions):
        begin = history.applied[first][0]
        end = history.applied[beyond][0] if beyond < len(history.applied) else until_ns
        starts = [at for at, in_force in history.starts if first <= in_force < beyond]
        found = triggers(event, agent_id, begin, end, starts)
        for action in schedule["action"]:
            plan.setdefault((schedule["name"], action["name"]), []).extend(found)
    return plan
