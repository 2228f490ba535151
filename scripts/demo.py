"""The demo: a whole Sonde on loopback, four methods on a schedule, and what the collector received on the screen."""
import datetime
import json
import os
import shutil
import signal
import socket
import statistics
import sys
import tempfile
import time

from sonde_system import Gone, System, wait_for

RUNS_EACH = 3
EVERY_S = 4
STEPS = 6


def step(number, what):
    print(f"[{number}/{STEPS}] {what} ", end="", flush=True)


def rfc3339(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def methods(system):
    """(method, options by name) of what this machine can do, and [(method, why not)] for the rest."""
    name_server = system.listening["nsd"].rsplit(":", 1)
    run = [
        ("ping", {"target": "127.0.0.1", "count": "5", "interval": "200ms", "tmax": "500ms"}),
        ("http-download", {"url": f"http://{system.listening['peer']}/time/10s", "duration": "1500ms",
                           "warm_up": "500ms", "limit": "20GB"}),
        ("dns", {"server": name_server[0], "port": name_server[1], "name": "www.example.test", "count": "20",
                 "interval": "20ms"}),
        ("passive-syn", {"interface": "lo", "interval": "1s", "intervals": "3", "alignment": "start"}),
    ]
    cannot = []
    if system.no_raw_sockets:
        cannot = [("ping", system.no_raw_sockets), ("passive-syn", system.no_raw_sockets)]
    refused = dict(cannot)
    return [entry for entry in run if entry[0] not in refused], cannot


def options(values):
    return [{"id": str(number), "name": name, "value": value} for number, (name, value) in enumerate(values.items())]


def instruction(system, wanted):
    """Each method RUNS_EACH times, EVERY_S apart, and a report every second. The passive one begins a second early, so
    that it sees the others' connections."""
    begin = int(time.time()) + 3
    lasting = EVERY_S * RUNS_EACH  # an event stops at its end: that is no trigger any more
    events = [{"name": "report-often", "periodic": {"interval": 1}}]
    tasks = [{"name": "report", "function": [{"uri": "urn:sonde:method:report"}], "program": "report",
              "option": options({"collector": system.url("collector")})}]
    schedules = [{"name": "report", "start": "report-often", "execution-mode": "sequential",
                  "action": [{"name": "report", "task": "report"}]}]
    for method, values in wanted:
        start = begin - (1 if method == "passive-syn" else 0)
        events.append({"name": f"{method}-times", "periodic": {
            "interval": EVERY_S, "start": rfc3339(start), "end": rfc3339(start + lasting)}})
        tasks.append({"name": method, "function": [{"uri": f"urn:sonde:method:{method}"}], "program": method,
                      "option": options(values)})
        schedules.append({"name": method, "start": f"{method}-times", "execution-mode": "sequential",
                          "action": [{"name": method, "task": method, "destination": ["report"]}]})
    return {"ietf-lmap-control:lmap": {
        "agent": {"agent-id": system.agent_id, "report-agent-id": True},
        "tasks": {"task": tasks}, "schedules": {"schedule": schedules}, "events": {"event": events}}}


def human_time(ns):
    for unit, size in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if ns >= size:
            return f"{ns / size:.3g} {unit}"
    return f"{ns:.0f} ns"


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def describe_ping(rows):
    rtt = [row["rtt_ns"] for row in rows if row["outcome"] == "reply" and row["rtt_ns"] is not None]
    lost = sum(row["outcome"] == "lost" for row in rows)
    if not rtt:
        return f"no reply to {len(rows)} packets"
    return (f"rtt {human_time(statistics.median(rtt))} (p99 {human_time(percentile(rtt, 0.99))}), "
            f"loss {100 * lost / len(rows):.0f} %")


def describe_download(rows):
    rates = [row["goodput_after_warm_up"] for row in rows if row["goodput_after_warm_up"] is not None]
    if not rates:
        return "no download finished"
    return f"{statistics.median(rates) / 1e9:.3g} Gb/s after warm-up, limited by {rows[-1]['limited_by']}"


def describe_dns(rows):
    times = [row["response_time_ns"] for row in rows if row["outcome"] == "answer"]
    if not times:
        return f"no answer to {len(rows)} queries"
    return f"{human_time(statistics.median(times))} (p99 {human_time(percentile(times, 0.99))}), {rows[0]['rcode']}"


def describe_syn(rows):
    rows = [row for row in rows if row["table"] == "interval"]
    exact = "exact" if all(row["exact"] for row in rows) else "not exact"
    intervals = len({row["start"] for row in rows})
    return (f"{sum(row['syn'] for row in rows)} SYN, {sum(row['syn_ack'] for row in rows)} SYN/ACK in {intervals} "
            f"intervals, {exact}")


DESCRIBE = {"ping": describe_ping, "http-download": describe_download, "dns": describe_dns,
            "passive-syn": describe_syn}


def show(system, wanted, cannot):
    outcomes = [row for row in system.rows("outcomes", system.agent_id) if row["schedule"] in dict(wanted)]
    rows_total = 0
    print(f"\n{'method':14} {'target':32} {'result':58} runs  outcome")
    for method, values in wanted:
        rows = system.rows("results", method, system.agent_id)
        rows_total += len(rows)
        mine = [row for row in outcomes if row["schedule"] == method]
        target = values.get("target") or values.get("url") or values.get("interface")
        if method == "dns":
            target = f"{values['name']} @{values['server']}"
        words = sorted({row["outcome"] for row in mine})
        said = DESCRIBE[method](rows) if rows else "; ".join(sorted({row["message"] for row in mine}))
        print(f"{method:14} {target:32} {said:58} {sum(row['count'] for row in mine):4}  {', '.join(words)}")
    for row in outcomes:
        if row["outcome"] != "completed":
            print(f"  {row['schedule']} {row['first_event']}: {row['outcome']}, {row['message']} ({row['blame']})")
    for method, why in cannot:
        print(f"{method:14} {'-':32} skipped: {why}")
    counts = {}
    for row in outcomes:
        counts[row["outcome"]] = counts.get(row["outcome"], 0) + row["count"]
    planned = RUNS_EACH * len(wanted)
    total = " + ".join(f"{word} {counts.get(word, 0)}" for word in ("completed", "failed", "missed"))
    others = "".join(f" + {word} {count}" for word, count in sorted(counts.items())
                     if word not in ("completed", "failed", "missed"))
    lacking = planned - sum(counts.values())
    others += f" + not yet accounted for {lacking}" if lacking else ""
    print(f"\nplanned {planned} = {total}{others}; {sum(counts.values())} outcomes and {rows_total} rows in the collector.")
    return counts.get("completed", 0) == planned


def start(system):
    step(3, "certificates ........")
    system.make_identities()
    print("a throw-away CA, 5 identities")
    step(4, "controller, collector, peer, agent ...")
    system.gather_plugins()
    for begin in (system.start_controller, system.start_collector, system.start_peer, system.start_name_server,
                  system.start_launcher, system.start_agent):
        begin()
    print("up")


def measure(system):
    step(5, "instruction .........")
    wanted, cannot = methods(system)
    path = system.folder / "instruction.json"
    path.write_text(json.dumps(instruction(system, wanted), indent=2))
    wait_for("the agent's first contact", lambda: system.rows("agents"), alive=list(system.programs.values()))
    system.sonde("instruct", system.agent_id, path)
    system.programs["agent"].wait_for_log("instruction applied")
    print(f"accepted by agent {system.agent_id[:8]}..., {len(wanted) + 1} schedules")
    planned, done = RUNS_EACH * len(wanted), -1
    deadline = time.monotonic() + EVERY_S * RUNS_EACH + 20
    while done < planned and time.monotonic() < deadline:
        for program in system.programs.values():
            program.must_live()
        now = sum(row["count"] for row in system.rows("outcomes", system.agent_id)
                  if row["schedule"] in dict(wanted))
        if now != done:
            done = now
            if sys.stdout.isatty():
                print("\r", end="")
                step(6, f"measuring ........... {done} of {planned} runs")
        time.sleep(0.2)
    if not sys.stdout.isatty():
        step(6, f"measuring ........... {done} of {planned} runs")
    print()
    return show(system, wanted, cannot)


def keep_up(system):
    (method, _), *_ = methods(system)[0]
    print(f"\nStaying up in {system.folder}. In another terminal:\n")
    for name in ("SONDE_IDENTITY", "SONDE_CONTROLLER", "SONDE_COLLECTOR"):
        print(f"  export {name}={system.environment()[name]}")
    sonde = os.path.join(".", os.path.relpath(system.build / "sonde"))
    print(f"  {sonde} agents\n  {sonde} outcomes {system.agent_id}\n  {sonde} results {method} {system.agent_id} --last 10m\n"
          f"  {sonde} status --agent {system.folder}/state/agent.sock\n"
          f"  {sonde} instruct {system.agent_id} {system.folder}/instruction.json\n\nCtrl-C ends it.", flush=True)
    signal.pause()


def main():
    folder = tempfile.mkdtemp(prefix="sonde-demo-")
    system = System(sys.argv[1], folder)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs begin with it ignored
    status = 1
    try:
        start(system)
        status = 0 if measure(system) else 1
        if "--keep" in sys.argv:
            keep_up(system)
        else:
            print("\nTry next:  build/sonde run ping 127.0.0.1 count=5\n           scripts/demo --keep\n"
                  "           build/sonde plan examples/four-methods.json --agents 1000")
    except KeyboardInterrupt:
        print()
    except (Gone, socket.error) as error:
        print(f"\nerror: {error}", file=sys.stderr)
    finally:
        try:
            system.stop()
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return status


sys.exit(main())
