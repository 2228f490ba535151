"""An agent that is stopped while it reports, and one that is there before its launcher."""
import time

import oracle
from accounting import account
from support import (apply, equal, instruction, main, periodic, schedule, start_all, task, wait_for, wait_for_outcomes)
from wiretap import Wiretap


def a_stop_while_a_report_is_in_flight_loses_nothing_and_stores_nothing_twice(system):
    start_all(system, "http-download", peer=True)
    with Wiretap(system.listening["collector"], system.folder / "collector", system.folder / "agent") as collect:
        values = {"url": f"http://{system.listening['peer']}/bytes/1000", "bytes": "1000"}
        measuring = instruction(system, [periodic("often", 1)], [task("get", "http-download", values)],
                                [schedule("get", "often", "get")], collector=f"https://{collect.address}")
        instructions = {apply(system, measuring): measuring}
        wait_for_outcomes(system, "get", 1)
        # Once the report reaches the collector only after the stop, and once the collector's answer comes too late.
        for way in (collect.requests, collect.answers):
            agent = system.programs["agent"]
            way.close()
            wait_for("a report in flight", way.holds.is_set, alive=[agent])
            acknowledged = agent.log().count("report acknowledged")
            equal(agent.stop(), 0)
            equal(agent.log().count("report acknowledged"), acknowledged)
            way.open()
            system.start_agent()
        nothing = instruction(system, [], [], [], collector=f"https://{collect.address}")
        instructions[apply(system, nothing)] = nothing
        history = oracle.read_log(system.programs["agent"].log_path.read_text())
        plan = oracle.planned(history, instructions, system.agent_id, time.time_ns())
        sums = account(system, plan, ["http-download"])
        print(f"         {dict(sums['get'])}")


def an_agent_that_is_there_before_its_launcher_gets_to_its_plugins_as_soon_as_it_comes(system):
    system.gather_plugins("http-download", "dns")
    system.start_controller()
    agent = system.start_agent()
    agent.wait_for_log("agent started")

    def methods():
        return {method.split()[0] for known in system.rows("agents") for method in known["methods"]}

    wait_for("its capabilities", methods, alive=[agent])
    equal(methods(), {"report"})
    system.start_launcher()
    wait_for("its methods", lambda: methods() == {"report", "http-download", "dns"}, alive=[agent])


main(a_stop_while_a_report_is_in_flight_loses_nothing_and_stores_nothing_twice,
     an_agent_that_is_there_before_its_launcher_gets_to_its_plugins_as_soon_as_it_comes)
