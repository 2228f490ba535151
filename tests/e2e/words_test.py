"""What an agent and its servers say of schedules and runs: sonde status, why, trace, and who is silent."""
import json
import re
import time

from support import (contains, equal, immediate, instruction, main, outcomes, periodic, schedule, task, wait_for,
                     wait_for_outcomes)


def begin(system, *more, **instructed):
    """A whole system whose agent downloads and polls every second: (the agent, words that ask it)."""
    system.gather_plugins("http-download")
    for start in (system.start_peer, system.start_launcher, system.start_collector, system.start_controller):
        start()
    agent = system.start_agent()
    url = f"http://{system.listening['peer']}/bytes/1000"
    document = instruction(system, [periodic("often", 1), *more], [task("get", "http-download", {"url": url, "bytes": 1000}),
                                                             task("odd", "http-download", {"url": url, "byts": 1000})],
                           [schedule("get", "often", "get"), *instructed.get("schedules", [])],
                           agent={"agent-id": system.agent_id, "controller-timeout": 4,
                                  "sonde-lmap:channel": {"longest-poll": 1, "report-retry-max": 1}})
    document["ietf-lmap-control:lmap"].update(instructed.get("also", {}))
    path = system.folder / "instruction.json"
    path.write_text(json.dumps(document))
    system.sonde("instruct", system.agent_id, path)
    wait_for_outcomes(system, "get", 2)
    return agent, ("--agent", system.folder / "state" / "agent.sock")


def said(system, *words):
    return json.loads(system.sonde(*words, "--json").stdout)


def status_shows_what_runs_what_is_next_and_what_was_counted(system):
    agent, here = begin(system, immediate("now"), schedules=[schedule("quiet", "now", "get"), schedule("odd", "now", "odd")],
                        also={"suppressions": {"suppression": [{"name": "hush", "match": ["none"]}]}})
    wait_for_outcomes(system, "quiet", 1)
    wait_for("an answer of the controller", lambda: said(system, "status", *here)["source"]["reached"])
    status = said(system, "status", *here)
    equal(status["agent"], system.agent_id)
    equal(status["source"]["name"].rstrip("/"), system.url("controller"))
    (known,) = system.rows("agents")
    equal(status["instruction"]["etag"], known["instruction"])
    equal(status["suppressions"], [{"suppression": "hush", "active": True}])
    assert 0 < status["today"]["used_bytes"] <= status["today"]["allowed_bytes"] == system.policy["bytes-per-day"], status
    assert {row["schedule"] for row in status["next"]} <= {"get", "report"}, status["next"]
    counts = {row["schedule"]: row for row in status["schedules"]}
    assert counts["get"]["invocations"] >= 2 and counts["get"]["failures"] == 0, counts
    equal(counts["quiet"]["invocations"], 1)
    equal(counts["quiet"]["actions"][0]["last_status"], 0)
    accounts = {row["schedule"]: row for row in status["outcomes"]}
    equal(accounts["quiet"], {"schedule": "quiet", "planned": 1, "completed": 1})

    # What it asks of a method in vain is known before it is due, here and at the controller; the run says it as well.
    (finding,) = status["findings"]
    equal((finding["path"], finding["wrong"], finding["right"]),
          ("/ietf-lmap-control:lmap/schedules/schedule[name='odd']/action[name='odd']",
           "http-download has no option 'byts'", "did you mean 'bytes'?"))
    told = wait_for("Failure Information", lambda: system.rows("agents", "--failures"))
    equal((told[0]["kind"], told[0]["path"]), ("instruction", finding["path"]))
    contains(told[0]["message"], "http-download has no option 'byts' (did you mean 'bytes'?)")
    contains(wait_for_outcomes(system, "odd", 1)[0]["message"], "http-download has no option 'byts'")

    state = json.loads(system.sonde("status", *here, "--state").stdout)["ietf-lmap-control:lmap"]
    equal(state["agent"]["agent-id"], system.agent_id)
    quiet = [row for row in state["schedules"]["schedule"] if row["name"] == "quiet"][0]
    equal((quiet["state"], quiet["invocations"], quiet["action"][0]["sonde-lmap:outcomes"]),
          ("enabled", 1, {"completed": "1"}))
    equal(state["suppressions"]["suppression"][0]["state"], "active")

    shown = system.sonde("status", *here).stdout
    for part in (f"agent {system.agent_id}, started ", f"controller {status['source']['name']}, reached; last answer ",
                 f"instruction {known['instruction']} since ", "today (UTC) ", "\nnext\n", "schedules, since the agent"):
        contains(shown, part)

    system.programs["controller"].stop()
    system.programs["collector"].stop()
    wait_for("the controller to be lost", lambda: said(system, "status", *here)["source"]["lost"])
    wait_for("outcomes that wait", lambda: any(row["outcomes"] + row["results"] > 0 for row in said(system, "status", *here)["waiting"]))
    contains(system.sonde("status", *here).stdout, ", lost; last answer ")
    equal(agent.stop(), 0)
    gone = system.sonde("status", *here, check=False)
    equal(gone.returncode, 4)
    contains(gone.stderr, "the agent is not reached")


def why_explains_what_was_what_was_not_and_what_is_next(system):
    agent, here = begin(system)
    why = said(system, "why", "get", *here)
    equal((why["schedule"], why["event"], why["triggers_by"], why["in_force"]), ("get", "often", "every 1 s", True))
    assert 1 <= len(why["outcomes"]) <= 3, why
    last = why["outcomes"][-1]
    equal(last["outcome"], "completed")
    then = system.sonde("why", "get", "--at", last["first_event"], *here).stdout
    contains(then, "get completed")
    contains(then, "after its trigger")
    contains(then, "starts by 'often': every 1 s")

    equal(agent.stop(), 0)
    wait_for("a second in which it is down", lambda: not (system.folder / "state" / "agent.sock").exists())
    time.sleep(3)  # which is what is missed
    agent = system.start_agent()
    missed = wait_for("missed runs", lambda: [row for row in outcomes(system, "get") if row["outcome"] == "missed"])[0]
    shown = system.sonde("why", "get", "--at", missed["first_event"], *here).stdout
    contains(shown, "missed (agent)")
    contains(shown, missed["message"])
    at_collector = system.sonde("why", "get", system.agent_id, "--at", missed["first_event"]).stdout
    contains(at_collector, system.agent_id[:8])
    contains(at_collector, missed["message"])

    wait_for_outcomes(system, "report", 1)
    contains(system.sonde("why", "report", system.agent_id).stdout, "report completed")

    never = system.sonde("why", "get", "--at", "2020-01-01T00:00:00Z", *here).stdout
    contains(never, "before the instruction in force")
    ahead = system.sonde("why", "get", "--at", "2039-01-01T00:00:00Z", *here).stdout
    contains(ahead, "its event 'often' triggers 1 time then, which lies ahead")
    for words, status, part in ((("why", "gte", *here), 4, "did you mean 'get'?"),
                                (("why", "gte", system.agent_id), 4, "did you mean 'get'?"),
                                (("why", "get", "--at", "teatime", *here), 2, "--at: "),
                                (("why", "get", "--agent", system.folder / "none.sock"), 4, "with an AGENT the collector is asked")):
        wrong = system.sonde(*words, check=False)
        equal(wrong.returncode, status)
        contains(wrong.stderr, part)


def a_run_is_followed_from_its_trigger_to_the_database(system):
    _, here = begin(system)
    run = outcomes(system, "get")[0]["run"]

    def traced():
        (row,) = [json.loads(line) for line in system.sonde("trace", run, *here, "--json").stdout.splitlines()]
        return row if row["at_agent"]["acknowledged"] else None

    row = wait_for("its acknowledgement", traced)
    equal((row["run"], row["agent"], row["action"]), (run, system.agent_id, "get"))
    mine, stored = row["at_agent"], row["at_collector"]
    equal((mine["outcome"], stored["outcome"], stored["whole"]), ("completed", "completed", True))
    equal((mine["rows"], stored["rows"]), (stored["rows"], mine["rows"]))
    assert mine["first_event"] <= mine["start"] <= mine["end"] <= stored["outcome_stored"] <= mine["acknowledged"], row
    shown = system.sonde("trace", run[:13].upper(), *here).stdout
    for step in ("planned", "ran", "ended", "rows", "acknowledged"):
        assert any(line.split()[:1] == [step] and line.endswith("[agent]") for line in shown.splitlines()), (step, shown)
    equal(len([line for line in shown.splitlines() if line.split()[:1] == ["stored"] and line.endswith("[collector]")]), 2)

    # Each of the two is enough.
    system.programs["agent"].stop()
    shown = system.sonde("trace", run, *here)
    contains(shown.stdout, "[collector]")
    contains(shown.stderr, "not asked: ")
    for words, status, part in ((("00000000",), 4, "knows a run"), (("xyz",), 2, "is no run's UUID"), (("ab",), 2, "is no run's UUID")):
        wrong = system.sonde("trace", *words, *here, check=False)
        equal(wrong.returncode, status)
        contains(wrong.stderr, part)


def an_agent_whose_outcomes_do_not_arrive_is_silent_at_the_controller(system):
    agent, _ = begin(system)
    wait_for("an agent that tells its accounts", lambda: system.rows("agents")[0]["acknowledged"])
    equal(system.rows("agents", "silent=true"), [])
    system.programs["collector"].stop()
    silent = wait_for("a silent agent", lambda: system.rows("agents", "silent=true"))
    assert silent[0]["planned"] > silent[0]["acknowledged"], silent
    pauses = wait_for("reports that fail", lambda: re.findall(r"report failed .* retry_in_ms=(\d+)", agent.log()))
    assert max(map(int, pauses)) <= 1000, pauses  # as the instruction has it
    system.start_collector()
    wait_for("an agent that is heard again", lambda: system.rows("agents", "silent=false"), timeout_s=60)


main(status_shows_what_runs_what_is_next_and_what_was_counted,
     why_explains_what_was_what_was_not_and_what_is_next,
     a_run_is_followed_from_its_trigger_to_the_database,
     an_agent_whose_outcomes_do_not_arrive_is_silent_at_the_controller)
