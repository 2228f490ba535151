"""yanglint accepts what really goes over the wire: the instruction that is given, the capabilities and the reports that
are sent. SONDE_YANG_DIR names the folder of the RFC 8194 modules."""
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess

from support import ROOT, Skip, apply, immediate, instruction, main, schedule, start_all, task, wait_for, wait_for_outcomes

YANG = pathlib.Path(os.environ.get("SONDE_YANG_DIR", ROOT / ".." / "shared" / "yang"))
MODULES = ROOT / "framework" / "model" / "yang"


def yanglint(system, kind, document, *modules):
    path = system.folder / "document.json"
    path.write_text(json.dumps(document))
    result = subprocess.run(["yanglint", "-p", YANG, "-p", MODULES, "-t", kind, *modules, path], capture_output=True,
                            text=True)
    assert result.returncode == 0, f"{kind} {result.stderr}\n{json.dumps(document)[:2000]}"


def modules(*names):
    found = [path for name in names for folder in (YANG, MODULES) for path in sorted(folder.glob(f"{name}@*.yang"))]
    if len(found) != len(names):
        raise Skip(f"no RFC 8194 modules in {YANG}; SONDE_YANG_DIR names another folder")
    return found


def documents_off_the_wire_are_valid(system):
    if not shutil.which("yanglint"):
        raise Skip("yanglint is not installed")
    control = modules("ietf-lmap-control", "sonde-lmap")
    report = modules("ietf-lmap-report", "sonde-lmap")
    start_all(system, "http-download", "ping", peer=True)
    (system.folder / "plugins" / "broken.so").write_text("no plugin")
    tasks = [task("get", "http-download", {"url": f"http://{system.listening['peer']}/bytes/100000", "bytes": "100kB"})]
    given = instruction(system, [immediate("now")], tasks, [schedule("get", "now", "get")], report_every_s=3600)
    yanglint(system, "config", given, *control)
    apply(system, given)
    system.programs["agent"].wait_for_log("action ended schedule=get")

    def capabilities():
        with sqlite3.connect(system.folder / "controller.db") as database:
            return [json.loads(row[0]) for row in database.execute("SELECT capabilities FROM agent") if row[0]]

    sent = wait_for("capabilities", capabilities)[0]
    yanglint(system, "rpc", {"sonde-lmap:capabilities": sent["sonde-lmap:input"]}, *control)

    # What the spool holds is what a report carries.
    with sqlite3.connect(f"file:{system.folder}/state/spool.db?mode=ro", uri=True) as database:
        results = [json.loads(row[0]) for row in database.execute("SELECT body FROM result ORDER BY sequence")]
    assert results, "nothing was spooled"
    yanglint(system, "rpc", {"ietf-lmap-report:report": {"date": "2026-11-24T04:05:00Z", "agent-id": system.agent_id,
                                                         "result": results}}, *report)
    given["ietf-lmap-control:lmap"]["events"]["event"][-1]["periodic"]["interval"] = 1
    apply(system, given)
    wait_for_outcomes(system, "get", 1)


main(documents_off_the_wire_are_valid)
