"""yanglint accepts what the real programs say to each other, byte for byte as it went over the wire: the instruction as
it was served, capabilities, failures, reports and outcomes, and the agent's state. SONDE_YANG_DIR names the folder of the RFC 8194 modules."""
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess

from support import (ROOT, Skip, apply, immediate, instruction, main, schedule, skipped_in_part, task, wait_for,
                     wait_for_outcomes)
from wiretap import Wiretap

YANG = pathlib.Path(os.environ.get("SONDE_YANG_DIR", ROOT / ".." / "shared" / "yang"))
MODULES = ROOT / "framework" / "model" / "yang"
INSTRUCTION = "/restconf/data/ietf-lmap-control:lmap"
CAPABILITIES = "/restconf/operations/sonde-lmap:capabilities"
FAILURE = "/restconf/operations/sonde-lmap:failure"
REPORT = "/restconf/operations/ietf-lmap-report:report"


def modules(*names):
    found = [path for name in names for folder in (YANG, MODULES) for path in sorted(folder.glob(f"{name}@*.yang"))]
    if len(found) != len(names):
        raise Skip(f"no RFC 8194 modules in {YANG}; SONDE_YANG_DIR names another folder")
    return found


def yanglint(system, kind, document, paths):
    path = system.folder / "document.json"
    path.write_bytes(document)
    result = subprocess.run(["yanglint", "-p", YANG, "-p", MODULES, "-t", kind, *paths, path], capture_output=True,
                            text=True)
    assert result.returncode == 0, f"{kind} {result.stderr}\n{document[:2000].decode()}"


def as_rpc(body, module, rpc):
    """RFC 8040 calls an operation's root `input`, yanglint calls it by the operation."""
    root = f'"{module}:input"'.encode()
    assert body.lstrip().startswith((b"{" + root, b"{ " + root)), body[:200]
    return body.replace(root, f'"{module}:{rpc}"'.encode(), 1)


def taken(wiretap, method, path, status):
    """The documents of the exchanges that ended with this status: the answers to GET, else what was sent."""
    return [exchange.answer if method == "GET" else exchange.body for exchange in wiretap.exchanges()
            if (exchange.method, exchange.path, exchange.status) == (method, path, status)]


def workload(system, collector):
    """Each method once, one of them without success, and a trigger that is missed."""
    calls = {"http-download": {"url": f"http://{system.listening['peer']}/bytes/100000", "bytes": "100kB"},
             "dns": {"server": "127.0.0.1", "port": 9, "name": "example.test", "timeout": "200ms"}}
    if not system.no_raw_sockets:
        calls |= {"ping": {"target": "127.0.0.1", "count": 2, "interval": "10ms", "tmax": "1s"},
                  "passive-syn": {"interface": "lo", "interval": "1s", "alignment": "start"}}
    else:
        skipped_in_part(f"ping and passive-syn: {system.no_raw_sockets}")
    tasks = [task(method, method, values) for method, values in calls.items()]
    events = [immediate("now"), {"name": "past", "one-off": {"time": "2026-01-01T00:00:00Z"}}]
    schedules = [*[schedule(method, "now", method) for method in calls], schedule("late", "past", "dns")]
    return instruction(system, events, tasks, schedules, collector=f"https://{collector.address}"), [*calls, "late"]


def refused_instruction(system, document):
    """One that only the agent looks at, as if a controller of another version had let it pass."""
    broken = json.loads(json.dumps(document))
    broken["ietf-lmap-control:lmap"]["schedules"]["schedule"][0]["start"] = "nwo"
    system.programs["controller"].stop()
    with sqlite3.connect(system.folder / "controller.db") as database:
        database.execute("UPDATE instruction SET text = ?, etag = 'other-version'", (json.dumps(broken),))
    system.start_controller()


def check_state(state, instruction, names):
    """It has all of the instruction, and each planned run in one counter."""
    assert state["tasks"] == instruction["tasks"] and state["events"] == instruction["events"], state
    assert {"report", "dns"} <= {known["name"] for known in state["capabilities"]["tasks"]["task"]}, state["capabilities"]
    for one in state["schedules"]["schedule"]:
        if one["name"] in names:
            (action,) = one["action"]
            missed = one["name"] == "late"
            counted = action["sonde-lmap:outcomes"]
            assert sum(map(int, counted.values())) == 1 and ("missed" in counted) == missed, one
            assert one["invocations"] == action["invocations"] == (0 if missed else 1), one


def what_goes_over_the_wire_is_valid(system):
    if not shutil.which("yanglint"):
        raise Skip("yanglint is not installed")
    control_modules = modules("ietf-lmap-control", "sonde-lmap")
    report_modules = modules("ietf-lmap-report", "sonde-lmap")
    system.start_controller()
    system.start_collector()
    agent = system.folder / "agent"
    with Wiretap(system.listening["controller"], system.folder / "controller", agent) as control, \
            Wiretap(system.listening["collector"], system.folder / "collector", agent) as collect:
        (system.gather_plugins() / "broken.so").write_text("no plugin")
        system.start_peer()
        system.start_launcher()
        system.start_agent(controller=f"https://{control.address}")
        document, schedules = workload(system, collect)
        apply(system, document)
        for name in schedules:
            wait_for_outcomes(system, name, 1)
        # It is valid as well: only a reference in it leads nowhere.
        refused_instruction(system, document)
        failures = wait_for("a failure", lambda: taken(control, "POST", FAILURE, 204))
        served = taken(control, "GET", INSTRUCTION, 200)
        capabilities = taken(control, "POST", CAPABILITIES, 204)
        reports = taken(collect, "POST", REPORT, 204)
        state = system.sonde("status", "--state", "--agent", system.folder / "state" / "agent.sock").stdout

    assert len(served) == 2 and capabilities, (served, capabilities)
    yanglint(system, "config", served[0], control_modules)
    assert json.loads(served[0]) == document, served[0]
    for body in capabilities:
        yanglint(system, "rpc", as_rpc(body, "sonde-lmap", "capabilities"), control_modules)
    assert b"broken.so" in capabilities[-1], capabilities[-1]
    for body in failures:
        yanglint(system, "rpc", as_rpc(body, "sonde-lmap", "failure"), control_modules)
    assert b"nwo" in b"".join(failures), failures
    yanglint(system, "data", state.encode(), control_modules)
    check_state(json.loads(state)["ietf-lmap-control:lmap"], document["ietf-lmap-control:lmap"], schedules)
    for body in reports:
        yanglint(system, "rpc", as_rpc(body, "ietf-lmap-report", "report"), report_modules)
    results = [result for body in reports for result in json.loads(body)["ietf-lmap-report:input"]["result"]]
    carried = {result["sonde-lmap:method"] for result in results}
    assert carried == {name for name in schedules if name != "late"} | {"outcomes"}, carried
    print(f"         {len(reports)} reports with {len(results)} results of {', '.join(sorted(carried))}")


main(what_goes_over_the_wire_is_valid)
