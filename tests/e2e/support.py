"""What the end-to-end tests share: a system in a folder of its own, and instructions.

Each test file runs as `NAME_test.py SOURCE_ROOT BUILD_DIR` and calls main() with its test functions; every one gets a
fresh System with its identities made.
"""
import datetime
import http.client
import inspect
import json
import os
import pathlib
import shutil
import socket
import ssl
import sys
import tempfile

ROOT, BUILD = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
SANITIZED = b"__asan_init" in (BUILD / "framework" / "programs" / "runner" / "sonde-runner").read_bytes()
sys.path[1:1] = [str(ROOT / "tests"), str(ROOT / "scripts")]

from cases import Skip, run_cases, skipped_in_part  # noqa: E402,F401
from sonde_system import AGENT_UID, Gone, Program, System, free_udp_tcp_port, wait_for  # noqa: E402,F401


def main(*tests):
    """Runs the tests in order, or those named."""
    wanted = sys.argv[3:]
    run_cases([(test.__name__, lambda test=test: in_a_system(test))
               for test in tests if not wanted or test.__name__ in wanted])


def in_a_system(test):
    folder = tempfile.mkdtemp(prefix=f"sonde-{test.__name__[:40]}-")  # a socket's path in it has 107 bytes at most
    system = System(BUILD, folder)
    try:
        system.make_identities()
        test(system)
    except Skip:
        raise
    except Exception:
        for log in sorted(system.folder.glob("*.log")):
            print(f"---- {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-40:]))
        raise
    finally:
        try:
            system.stop()
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def need_raw_sockets(system):
    if system.no_raw_sockets:
        raise Skip(system.no_raw_sockets)


def also_ipv6():
    """Whether a test can do its part of IPv6; if not, that part is a skip of its own."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError as error:
        skipped_in_part(f"no IPv6 here: {error}")
        return False


def rfc3339(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat(timespec="microseconds").replace(
        "+00:00", "Z")


def options(values):
    """Options of a task from {name: value}; a list of values gives several options of that name."""
    flat = [(name, item) for name, value in values.items() for item in (value if isinstance(value, list) else [value])]
    return [{"id": str(number), "name": name, "value": str(item)} for number, (name, item) in enumerate(flat)]


def task(name, method, values=None):
    return {"name": name, "function": [{"uri": f"urn:sonde:method:{method}"}], "program": method,
            "option": options(values or {})}


def schedule(name, event, *tasks, destination="report"):
    actions = [{"name": t, "task": t, **({"destination": [destination]} if destination else {})} for t in tasks]
    return {"name": name, "start": event, "execution-mode": "sequential", "action": actions}


def instruction(system, events, tasks, schedules, report_every_s=1, agent=None, collector=None):
    """An instruction of these, with a report every so often to the system's collector, or to another URL."""
    return {"ietf-lmap-control:lmap": {
        "agent": agent if agent is not None else {"agent-id": system.agent_id, "report-agent-id": True},
        "tasks": {"task": [*tasks, task("report", "report", {"collector": collector or system.url("collector")})]},
        "schedules": {"schedule": [*schedules, schedule("report", "report-often", "report", destination=None)]},
        "events": {"event": [*events, {"name": "report-often", "periodic": {"interval": report_every_s}}]}}}


def periodic(name, interval_s, start=None, end=None, **more):
    timing = {"interval": interval_s}
    if start is not None:
        timing["start"] = rfc3339(start)
    if end is not None:
        timing["end"] = rfc3339(end)
    return {"name": name, "periodic": timing, **more}


def immediate(name):
    return {"name": name, "immediate": [None]}


def startup(name):
    return {"name": name, "startup": [None]}


def once(name, at):
    return {"name": name, "one-off": {"time": rfc3339(at)}}


def instruct(system, document, check=True):
    path = system.folder / "instruction.json"
    path.write_text(json.dumps(document, indent=1))
    return system.sonde("instruct", system.agent_id, path, check=check)


def apply(system, document):
    """Instructs and waits until the agent has applied it; returns the etag."""
    etag = instruct(system, document).stdout.split()[1].strip('"')
    system.programs["agent"].wait_for_log(f"instruction applied etag={etag}")
    return etag


def start_all(system, *methods, peer=False, name_server=False, agent_words=()):
    """Servers, launcher and agent with these methods' plugins."""
    system.gather_plugins(*methods)
    system.start_controller()
    system.start_collector()
    if peer:
        system.start_peer()
    if name_server:
        if not pathlib.Path("/usr/sbin/nsd").exists():
            raise Skip("nsd is not installed")
        system.start_name_server()
    system.start_launcher()
    return system.start_agent(*agent_words)


def prepare_alone(system):
    """For an agent without a controller: launcher, plugins, a server to download from and a folder for reports."""
    system.gather_plugins("http-download")
    system.start_peer()
    system.start_launcher()
    reports = system.folder / "reports"
    reports.mkdir()
    if system.root:
        os.chown(reports, AGENT_UID, AGENT_UID)
    return reports


def outcomes(system, schedule_name=None):
    return [row for row in system.rows("outcomes") if schedule_name in (None, row["schedule"])]


def wait_for_outcomes(system, schedule_name, count, timeout_s=60.0):
    """Waits until so many planned runs of a schedule are accounted for at the collector; returns the rows."""
    def enough():
        rows = outcomes(system, schedule_name)
        return rows if sum(row["count"] for row in rows) >= count else None
    return wait_for(f"{count} outcomes of {schedule_name}", enough, timeout_s, list(system.programs.values()))


def address_of(system, program):
    host, port = system.listening[program].rsplit(":", 1)
    return host, int(port)


def tls(system, identity):
    """A client's context with an identity's certificate, or none."""
    context = ssl.create_default_context(cafile=system.folder / "ca" / "ca.pem")
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    if identity is not None:
        context.load_cert_chain(identity / "cert.pem", identity / "key.pem")
    return context


def ask(system, program, identity, method, path, body=None, headers=None):
    """(status, body) of one request, or the TLS error's text."""
    host, port = address_of(system, program)
    connection = http.client.HTTPSConnection(host, port, context=tls(system, identity), timeout=20)
    try:
        connection.request(method, path, body, headers or {"Content-Type": "application/yang-data+json"})
        response = connection.getresponse()
        return response.status, response.read().decode()
    except (ssl.SSLError, ConnectionError, http.client.HTTPException) as error:
        return None, str(error)
    finally:
        connection.close()


def caller():
    return inspect.stack()[2].function


def equal(actual, expected):
    assert actual == expected, f"{caller()}: {actual!r} is not {expected!r}"


def contains(text, part):
    assert part in text, f"{caller()}: {part!r} is not in {text!r}"
