"""An independent oracle: the planned triggers of each schedule, computed from the instructions and from the agent's log
of what it applied and when it started, alone. It shares no code with the schedule engine and reads nothing else.

The rules, each exact to the nanosecond, so that a trigger beside a kill or a new instruction is decided by the log:

- An instruction is in force from its application on, and no longer at its replacement: [applied, replaced).
- A schedule whose configuration (itself, the events that start and end it, the tasks of its actions and of the results that
  its constraints compare) is the same in the next instruction goes
  on untouched. One that differs ends there, and another begins. Restarts change nothing of that.
- periodic: each start + k * interval in [begin, end) of the configuration and before the event's own `end`. Without
  `start` it is anchored at the epoch + FNV-1a-64("AGENT-ID/EVENT-NAME") mod interval, in milliseconds. Whether the
  agent was running then does not matter.
- calendar: each second of [begin, end) whose local date and time is in all six sets, from its `start` on and before its
  `end`; local in its timezone-offset, else in the agent's zone.
- one-off: its time, unless the configuration ends at or before it. A time in the past is planned too (and missed).
- immediate: once, at the configuration's begin.
- startup: at each start of the agent with the configuration in force.
- controller-lost and controller-connected: at each loss and return of the Controller that the log tells, with the
  configuration in force.
- What ends a run, its schedule's end event or duration, changes nothing of what is planned. Nor does a suppression: the
  triggers that one holds back are planned, and suppressed. Nor do constraints: those that are not met are planned, too.
- A start counts when it is durable, and so does an application. A kill between that and the line leaves the line out;
  the next start's line then names the instruction in force with its time, and its number tells of the starts before it.
  Such a start had the same instruction in force as the next one: nothing is applied before a start's line is written.
"""
import dataclasses
import datetime
import re
import zoneinfo

NS = 1_000_000_000
APPLIED = re.compile(r" instruction applied etag=(?P<etag>\S+) at=(?P<at>\S+)")
STARTED = re.compile(r" agent started .*at=(?P<at>\S+) start=(?P<number>\d+) etag=(?P<etag>\S+) "
                     r"applied=(?P<applied>\S+)")


REACH = re.compile(r" controller (?P<what>lost|connected) at=(?P<at>\S+)")
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
          "december")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclasses.dataclass
class History:
    applied: list = dataclasses.field(default_factory=list)  # (ns, etag), in order
    # (ns, which of `applied` was in force; -1: none), in order; ns is None for a start that left no line
    starts: list = dataclasses.field(default_factory=list)
    reach: list = dataclasses.field(default_factory=list)  # (ns, "lost" or "connected", which was in force), in order


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
        elif found := REACH.search(line):
            history.reach.append((to_ns(found["at"]), found["what"], len(history.applied) - 1))
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


def calendar_triggers(event, begin_ns, end_ns, zone):
    """The triggers t of a calendar event with begin_ns <= t < end_ns: second by second."""
    timing = event["calendar"]
    if "timezone-offset" in timing:
        offset = timing["timezone-offset"].replace("Z", "+00:00")
        sign, hours, minutes = re.fullmatch(r"([+-])(\d\d):(\d\d)", offset).groups()
        shift = datetime.timedelta(hours=int(hours), minutes=int(minutes))
        zone = datetime.timezone(-shift if sign == "-" else shift)

    def values(leaf, words=()):
        if "*" in timing[leaf]:
            return range(64)
        return {words.index(value) + 1 if value in words else int(value) for value in timing[leaf]}

    months, days, weekdays = values("month", MONTHS), values("day-of-month"), values("day-of-week", WEEKDAYS)
    hours, minutes, seconds = values("hour"), values("minute"), values("second")
    if "start" in timing:
        begin_ns = max(begin_ns, to_ns(timing["start"]))
    if "end" in timing:
        end_ns = min(end_ns, to_ns(timing["end"]))
    found = []
    for second in range(-(-begin_ns // NS), -(-end_ns // NS)):
        t = datetime.datetime.fromtimestamp(second, zone)
        if (t.second in seconds and t.minute in minutes and t.hour in hours and t.isoweekday() in weekdays and
                t.day in days and t.month in months):
            found.append(second * NS)
    return found


def configurations(instruction):
    """{schedule: (itself, its event, its actions' and constraints' tasks, the event that ends it)}."""
    lmap = instruction["ietf-lmap-control:lmap"]
    events = {event["name"]: event for event in lmap["events"]["event"]}
    tasks = {task["name"]: task for task in lmap["tasks"]["task"]}
    return {schedule["name"]: (schedule, events[schedule["start"]],
                               [tasks[name] for name in tasks_of(schedule)],
                               events.get(schedule.get("end")))
            for schedule in lmap["schedules"]["schedule"]}


def tasks_of(schedule):
    results = [constraint["method-result"] for constraint in schedule.get("sonde-lmap:constraint", [])
               if "method-result" in constraint]
    return [user["task"] for user in schedule.get("action", []) + results]


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


def triggers(event, agent_id, begin_ns, end_ns, happened, zone):
    """Of an event in [begin_ns, end_ns), with what happened in it: {"startup": times, "controller-lost": times, ...}."""
    if "periodic" in event:
        return periodic_triggers(event, agent_id, begin_ns, end_ns)
    if "calendar" in event:
        return calendar_triggers(event, begin_ns, end_ns, zone)
    if "one-off" in event:
        time = to_ns(event["one-off"]["time"])
        return [time] if time < end_ns else []
    if "immediate" in event:
        return [begin_ns]
    for kind, times in happened.items():
        if kind in event:
            return times
    raise ValueError(f"no rule for {event}")


def planned(history, instructions, agent_id, until_ns, zone=datetime.timezone.utc):
    """{(schedule, action): [triggers]} of the instructions, which are given by their etags, up to a time after all that
    the log tells, of an agent whose local time is that of `zone`. The trigger of a start that left no line is None."""
    plan = {}
    if isinstance(zone, str):
        zone = zoneinfo.ZoneInfo(zone)
    for (schedule, event, *_), first, beyond in periods(history, instructions):
        begin = history.applied[first][0]
        end = history.applied[beyond][0] if beyond < len(history.applied) else until_ns
        happened = {"startup": [at for at, in_force in history.starts if first <= in_force < beyond]}
        for what in ("lost", "connected"):
            happened[f"controller-{what}"] = [at for at, told, in_force in history.reach
                                              if told == what and first <= in_force < beyond]
        found = triggers(event, agent_id, begin, end, happened, zone)
        for action in schedule.get("action", []):
            plan.setdefault((schedule["name"], action["name"]), []).extend(found)
    return plan


def spans(suppression, events, agent_id, begin_ns, end_ns, zone=datetime.timezone.utc):
    """[(from, to)] in which a suppression is active that is in force in [begin_ns, end_ns), if its events are times of the
    clock without a spread. Start and end at the same instant: the end holds. A one-off event before begin_ns counts."""
    if isinstance(zone, str):
        zone = zoneinfo.ZoneInfo(zone)

    def of(leaf):
        event = events.get(suppression.get(leaf))
        return triggers(event, agent_id, begin_ns, end_ns, {}, zone) if event else []

    starts = of("start") if "start" in suppression else [begin_ns - 1]
    switches = sorted([(at, 1, "on") for at in starts] + [(at, 2, "off") for at in of("end")])
    found, since = [], None
    for at, _, switch in switches:
        if switch == "on" and since is None:
            since = at
        elif switch == "off" and since is not None:
            found.append((since, at))
            since = None
    return found + ([(since, end_ns)] if since is not None else [])


def glob_matches(pattern, text):
    """`*`, `?`, `[seq]`, `[!seq]`, and a backslash before what stands for itself, also within brackets. A bracket that is
    never closed stands for itself."""
    regex, at = "", 0
    while at < len(pattern):
        character, at = pattern[at], at + 1
        if character == "\\":
            if at == len(pattern):
                return False
            character, at = pattern[at], at + 1
            regex += re.escape(character)
        elif character == "[" and (found := re.match(r"(!|(?!!))((?:\\.|[^\\])(?:\\.|[^\\\]])*)\]", pattern[at:], re.S)):
            inside = re.sub(r"\\(.)|([\[\]^&~|\\])", lambda m: re.escape(m[1]) if m[1] else "\\" + m[2], found[2],
                            flags=re.S)
            regex, at = regex + "[" + ("^" if found[1] else "") + inside + "]", at + found.end()
        else:
            regex += {"*": ".*", "?": "."}.get(character) or re.escape(character)
    return re.fullmatch(regex, text, re.S) is not None


def suppressed(instruction, plan, agent_id, begin_ns, end_ns, zone=datetime.timezone.utc):
    """{(schedule, action): [triggers]} of those of a plan of one instruction, in force in [begin_ns, end_ns), that a
    suppression holds back by a tag of the schedule or of the action, as far as actions start when they are triggered."""
    lmap = instruction["ietf-lmap-control:lmap"]
    events = {event["name"]: event for event in lmap["events"]["event"]}
    active = [(suppression.get("match", []), spans(suppression, events, agent_id, begin_ns, end_ns, zone))
              for suppression in lmap.get("suppressions", {}).get("suppression", [])]
    held_back = {}
    for schedule in lmap["schedules"]["schedule"]:
        for action in schedule.get("action", []):
            tags = schedule.get("suppression-tag", []) + action.get("suppression-tag", [])
            times = [span for patterns, its_spans in active for span in its_spans
                     if any(glob_matches(pattern, tag) for tag in tags for pattern in patterns)]
            which = schedule["name"], action["name"]
            held_back[which] = [at for at in plan.get(which, []) if any(since <= at < to for since, to in times)]
    return held_back
