"""The system calls and capabilities that the units of systemd leave launcher and agent are enough for a measurement, from
the instruction to its report."""
import os
import shutil
import subprocess

from support import BUILD, ROOT, Skip, apply, immediate, instruction, main, schedule, task, wait_for_outcomes
from unit_filter import bounded_as, refused_calls

SANITIZED = b"__asan_init" in (BUILD / "framework" / "programs" / "agent" / "sonde-agent").read_bytes()
PYTHON = shutil.which("python3", path="/usr/bin")  # which the agent's user may run


def under_unit(system, program, action):
    """The words that start a program with the capabilities and the system calls that its unit leaves it."""
    unit = (ROOT / "examples" / "systemd" / f"sonde-{program}.service.in").read_text()
    filtered = system.within_reach(ROOT / "tests" / "e2e" / "under_filter.py")
    return [*bounded_as(unit), PYTHON, filtered, action, ",".join(refused_calls(unit))]


def a_measurement_gets_along_with_what_the_units_leave_it(system):
    if SANITIZED:
        raise Skip("a sanitizer calls more than its program")
    if not shutil.which("systemd-analyze"):
        raise Skip("systemd-analyze is not installed")
    if not PYTHON:
        raise Skip("there is no python3 in /usr/bin")
    if os.geteuid() != 0 or subprocess.run(["setpriv", "--bounding-set", "-all,+sys_admin", "true"]).returncode != 0:
        raise Skip("the launcher's capabilities cannot be set here")
    system.gather_plugins("ping", "http-download", "dns", "passive-syn")
    system.start_controller()
    system.start_collector()
    # The launcher's filter is its runners' as well, and libraries try what they can do without.
    system.start_launcher(under=under_unit(system, "launcher", "refuse"))
    # A call that is refused would end the agent: what it asks for, the unit has to allow.
    agent = system.start_agent(under=under_unit(system, "agent", "kill"))
    apply(system, instruction(system, [immediate("now")],
                              [task("ping", "ping", {"target": "127.0.0.1", "count": 2, "interval": "100ms", "tmax": "1s"})],
                              [schedule("ping", "now", "ping")]))
    (outcome,) = wait_for_outcomes(system, "ping", 1)
    assert outcome["outcome"] == "completed" and outcome["rows"] > 0, outcome
    agent.must_live()
    statuses = system.stop()
    assert statuses["agent"] == 0 and statuses["launcher"] == 0, statuses


main(a_measurement_gets_along_with_what_the_units_leave_it)
