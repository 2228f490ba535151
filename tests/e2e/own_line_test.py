"""An agent without a controller: its instruction is a file or a folder of parts, its reports go to files or a collector."""
import json
import time

from support import (contains, equal, instruction, main, outcomes, periodic, prepare_alone, schedule, task, wait_for,
                     wait_for_outcomes)


def download(system, bytes_=1000):
    return task("get", "http-download", {"url": f"http://{system.listening['peer']}/bytes/{bytes_}", "bytes": str(bytes_)})


def an_instruction(system, tasks, schedules, collector, events=None):
    return instruction(system, [periodic("often", 1)] if events is None else events, tasks, schedules, agent={},
                       collector=collector)


def put(path, document):
    """As an editor does it: the new file takes the old one's place."""
    fresh = path.with_name("." + path.name)
    fresh.write_text(json.dumps(document, indent=1))
    fresh.rename(path)


def results_in(reports):
    return [result for file in sorted(reports.glob("*/[!.]*.json"))
            for result in json.loads(file.read_text())["ietf-lmap-report:input"].get("result", [])]


def measured(reports, schedule_name):
    return [result for result in results_in(reports) if result.get("schedule") == schedule_name and "table" in result]


def a_file_is_measured_by_and_followed_and_each_result_is_once_in_the_reports(system):
    reports = prepare_alone(system)
    path = system.folder / "mine.json"
    get = schedule("get", "often", "get")
    put(path, an_instruction(system, [download(system)], [get], "file:mine"))
    words = ["--instruction", path, "--reports", reports]
    agent = system.start_agent(instructed=words)
    wait_for("three results", lambda: len(measured(reports, "get")) >= 3, alive=[agent])
    agent_id = (system.folder / "state" / "agent-id").read_text().strip()
    contains(agent.log(), f"agent started id={agent_id}")

    put(path, an_instruction(system, [download(system)], [{**get, "name": "fetch"}], "file:mine"))
    wait_for("the changed file's results", lambda: measured(reports, "fetch"), alive=[agent])

    path.write_text('{"ietf-lmap-control:lmap": {"schedules": {"schedule": [{"name": "x", "start": "nowhere"}]}}}')
    agent.wait_for_log("instruction refused from=.*mine.json.* error=.*no event named 'nowhere'")
    before = len(measured(reports, "fetch"))
    wait_for("the instruction in force to go on", lambda: len(measured(reports, "fetch")) > before, alive=[agent])

    equal(agent.stop(), 0)
    wrong = system.start_agent(instructed=words)
    equal(wrong.process.wait(timeout=30), 2)
    contains(wrong.log(), "no event named 'nowhere'")
    put(path, an_instruction(system, [download(system)], [{**get, "name": "fetch"}], "file:mine"))
    agent = system.start_agent(instructed=words)
    before = len(measured(reports, "fetch"))
    wait_for("results after a restart", lambda: len(measured(reports, "fetch")) > before, alive=[agent])
    contains(agent.log(), f"agent started id={agent_id}")
    equal(agent.stop(), 0)
    identities = [(result["sonde-lmap:epoch"], result["sonde-lmap:sequence"]) for result in results_in(reports)]
    equal(len(identities), len(set(identities)))


def parts_in_a_folder_are_one_instruction_and_report_to_a_collector(system):
    prepare_alone(system)
    system.start_collector()
    parts = system.folder / "parts"
    parts.mkdir()
    whole = an_instruction(system, [download(system)], [schedule("get", "often", "get")], None)
    lmap = whole["ietf-lmap-control:lmap"]
    put(parts / "00-agent.json", {"ietf-lmap-control:lmap": {"agent": {"controller-timeout": 4}}})
    put(parts / "10-events.json", {"ietf-lmap-control:lmap": {"events": lmap["events"]}})
    put(parts / "20-tasks.json", {"ietf-lmap-control:lmap": {"tasks": lmap["tasks"]}})
    put(parts / "30-schedules.json", {"ietf-lmap-control:lmap": {"schedules": lmap["schedules"]}})
    agent = system.start_agent(instructed=["--instruction", parts, "--identity", system.folder / "agent"])
    wait_for_outcomes(system, "get", 2)
    contains(agent.log(), "controller-timeout ignored")
    put(parts / "40-twice.json", {"ietf-lmap-control:lmap": {"events": {"event": [periodic("often", 7)]}}})
    agent.wait_for_log("instruction refused .*40-twice.json: defines event 'often' a second time")
    (parts / "40-twice.json").unlink()
    before = sum(row["count"] for row in outcomes(system, "get"))
    wait_for_outcomes(system, "get", before + 2)
    equal(agent.stop(), 0)


def what_is_out_of_reach_is_refused_with_the_option_that_would_help(system):
    reports = prepare_alone(system)
    path = system.folder / "mine.json"
    put(path, an_instruction(system, [], [], "https://127.0.0.1:1"))
    for words, said in ((["--instruction", path], "this agent has no identity"),
                        (["--instruction", path, "--controller", "https://127.0.0.1:1", "--identity", system.folder / "agent"],
                         "excludes"),
                        ([], "--controller or --instruction is required"),
                        (["--controller", "https://127.0.0.1:1"], "requires --identity")):
        agent = system.start_agent(instructed=words)
        equal(agent.process.wait(timeout=30), 2)
        contains(agent.log(), said)
    put(path, an_instruction(system, [], [], "file:mine"))
    agent = system.start_agent(instructed=["--instruction", path])
    equal(agent.process.wait(timeout=30), 2)
    contains(agent.log(), "--reports FOLDER")
    # A folder that is full keeps the results in the spool until there is room.
    (reports / "old").write_bytes(bytes(1024 * 1024))
    put(path, an_instruction(system, [download(system)], [schedule("get", "often", "get")], "file:mine"))
    agent = system.start_agent("--reports-mib", "1", instructed=["--instruction", path, "--reports", reports])
    agent.wait_for_log("report failed collector=file:mine .*take reports away")
    equal(results_in(reports), [])
    (reports / "old").unlink()
    wait_for("the results that waited", lambda: measured(reports, "get"), alive=[agent])
    equal(agent.stop(), 0)


def what_waits_for_a_collector_goes_there_when_no_schedule_reports_to_it_any_more(system):
    reports = prepare_alone(system)
    path = system.folder / "mine.json"

    def never_reported(name, collector):
        document = an_instruction(system, [download(system)], [schedule(name, "often", "get")], collector)
        document["ietf-lmap-control:lmap"]["events"]["event"][-1] = periodic("report-often", 3600, time.time() + 1800)
        return document

    def waiting():
        status = system.sonde("status", "--agent", system.folder / "state" / "agent.sock", "--json", check=False).stdout
        return {row["collector"]: row["results"] for row in json.loads(status)["waiting"]} if status else {}

    put(path, never_reported("get", "file:mine"))
    agent = system.start_agent(instructed=["--instruction", path, "--reports", reports])
    wait_for("results that wait", lambda: waiting().get("file:mine", 0) >= 3, alive=[agent])
    equal(results_in(reports), [])
    put(path, never_reported("fetch", "file:other"))
    wait_for("the old collector's results", lambda: len(measured(reports, "get")) >= 3, alive=[agent])
    wait_for("the new one's results to wait", lambda: waiting().get("file:other", 0) >= 1, alive=[agent])
    wait_for("nothing to wait for the old one", lambda: "file:mine" not in waiting(), alive=[agent])
    equal(agent.stop(), 0)
    equal([folder.name for folder in reports.iterdir() if list(folder.glob("[!.]*.json"))], ["mine"])
    equal({result["schedule"] for result in results_in(reports) if "table" in result and result.get("schedule")}, {"get"})
    identities = [(result["sonde-lmap:epoch"], result["sonde-lmap:sequence"]) for result in results_in(reports)]
    equal(len(identities), len(set(identities)))


main(a_file_is_measured_by_and_followed_and_each_result_is_once_in_the_reports,
     parts_in_a_folder_are_one_instruction_and_report_to_a_collector,
     what_waits_for_a_collector_goes_there_when_no_schedule_reports_to_it_any_more,
     what_is_out_of_reach_is_refused_with_the_option_that_would_help)
