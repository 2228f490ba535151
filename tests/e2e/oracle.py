"""An independent oracle: the planned triggers of each schedule, computed from instructions and the log of when they were
applied and when the agent started, alone. It shares no code with the schedule engine."""
import datetime

NS = 1_000_000_000


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
    triggers = []
    while first + k * interval < end_ns:
        triggers.append(first + k * interval)
        k += 1
    return triggers


def planned(instruction, agent_id, applied_ns, until_ns, starts_ns=()):
    """{schedule: [triggers]} of an instruction in force in [applied_ns, until_ns), with the agent's starts after that."""
    lmap = instruction["ietf-lmap-control:lmap"]
    events = {event["name"]: event for event in lmap["events"]["event"]}
    plan = {}
    for schedule in lmap["schedules"]["schedule"]:
        event = events[schedule["start"]]
        if "periodic" in event:
            plan[schedule["name"]] = periodic_triggers(event, agent_id, applied_ns, until_ns)
        elif "one-off" in event:
            plan[schedule["name"]] = [to_ns(event["one-off"]["time"])]
        elif "immediate" in event:
            plan[schedule["name"]] = [applied_ns]
        elif "startup" in event:
            plan[schedule["name"]] = [at for at in starts_ns if applied_ns <= at < until_ns]
    return plan


def planned_runs(instruction, agent_id, applied_ns, until_ns, starts_ns=()):
    """{schedule: triggers x actions}."""
    actions = {s["name"]: len(s["action"]) for s in instruction["ietf-lmap-control:lmap"]["schedules"]["schedule"]}
    return {name: len(triggers) * actions[name]
            for name, triggers in planned(instruction, agent_id, applied_ns, until_ns, starts_ns).items()}
