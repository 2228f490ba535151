"""Methods that do whatever harm they can, as tasks of one instruction beside one that measures: each is one failed action
that says what happened, keeps the rows from before, and leaves nothing behind."""
import contextlib
import os
import pathlib
import shutil
import sqlite3
import threading

from support import (SANITIZED, apply, equal, immediate, instruction, main, options, outcomes, periodic, schedule,
                     skipped_in_part, task, wait_for, wait_for_outcomes)
from privilege import why_no_raw_sockets
from processes import descendants, without_front

LONGEST_RUN_S = 6
TIMEOUT, BROKE_RULES, RUNNER_DIED, NO_RESULT, NOT_STARTED, FIXTURE_FAILED = 100, 103, 106, 108, 109, 7
KILLED_LATE = "its deadline passed; it did not stop when asked and was killed"


class Harm:
    """What a method does, and what comes of it: the outcome's status, blame, a part of its message, and its rows."""

    def __init__(self, method, values, status, blame, message, rows):
        self.method, self.values, self.rows = method, values, rows
        self.status, self.blame, self.message = status, blame, message


def hostile(deed, *expected, whom="0"):
    return Harm("hostile", {"deed": deed, "whom": whom}, *expected)


def forger(how, *expected):
    return Harm("forger", {"how": how}, *expected)


# Each in a schedule of its own, all at once; None: any number of rows but none.
AT_ONCE = {
    "hang": Harm("hang", {}, TIMEOUT, "unknown", KILLED_LATE, 1),
    "crash": Harm("crash", {}, -11, "agent", "crash was killed by SIGSEGV", 1),
    "abort": hostile("abort", -6, "agent", "hostile was killed by SIGABRT", 1),
    "endless-rows": hostile("rows", TIMEOUT, "unknown", KILLED_LATE, None, whom="1000"),
    "huge-row": Harm("huge", {}, BROKE_RULES, "agent", "a row of 60032 bytes", 1),
    "closed": hostile("close", NO_RESULT, "agent", "hostile ended with status 0 and without a result", 0),
    "garbage": Harm("garbage", {}, BROKE_RULES, "agent", "garbage sent run to agent: bad frame", 1),
    "stopped": hostile("stop", TIMEOUT, "unknown", KILLED_LATE, 1),
    "left": Harm("leave", {}, NO_RESULT, "agent", "leave ended with status 0 and without a result", 1),
}
# What only a build without sanitizers withstands: they need what is refused here.
CONFINED = {
    "stack": hostile("stack", -11, "agent", "hostile was killed by SIGSEGV", 0),
    "memory": hostile("memory", -6, "agent", "hostile was killed by SIGABRT", None),
    "fork-bomb": hostile("fork-bomb", FIXTURE_FAILED, "target", "fork-bomb: Operation not permitted", 0),
    "daemon": hostile("daemon", FIXTURE_FAILED, "target", "daemon: Operation not permitted", 0),
}
# What belongs to the agent that runs it, whose files no other user reads: {folder} and {agent} are its folder and process.
DENIED = {
    "key": hostile("read", FIXTURE_FAILED, "target", "read: Permission denied", 0, whom="{folder}/agent/key.pem"),
    "spool": hostile("read", FIXTURE_FAILED, "target", "read: Permission denied", 0, whom="{folder}/state/spool.db"),
    "environment": hostile("read", FIXTURE_FAILED, "target", "read: ", 0, whom="/proc/{agent}/environ"),
    "owners-socket": hostile("connect", FIXTURE_FAILED, "target", "connect: Operation not permitted", 0,
                             whom="{folder}/state/agent.sock"),
    "launchers-socket": hostile("connect", FIXTURE_FAILED, "target", "connect: Operation not permitted", 0,
                                whom="{folder}/launcher.sock"),
    "signal": hostile("signal", FIXTURE_FAILED, "target", "signal: Operation not permitted", 0, whom="{agent}"),
    "trace": hostile("ptrace", -31, "agent", "hostile was killed by SIGSYS", 0, whom="{agent}"),
    "forks-at-load": Harm("load-forks", {}, NOT_STARTED, "agent", "fork: Resource temporarily unavailable", 0),
    "memory-of-others": hostile("foreign-memory", -31, "agent", "hostile was killed by SIGSYS", 0, whom="{agent}"),
    "raw-socket": hostile("raw-socket", FIXTURE_FAILED, "target", "raw-socket: Operation not permitted", 0),
    "packet-socket": hostile("packet-socket", FIXTURE_FAILED, "target", "packet-socket: Operation not permitted", 0),
    "foreign-source": hostile("foreign-source", FIXTURE_FAILED, "target", "foreign-source: Operation not permitted", 0),
    "write": hostile("write", FIXTURE_FAILED, "target", "write: ", 0, whom="{folder}/state/left-behind"),
}
# Of what a privilege is for, all but that.
GRANTED = {
    "own-header": hostile("own-header", FIXTURE_FAILED, "target", "own-header: Operation not permitted", 0),
    **({"own-header-6": hostile("own-header-6", FIXTURE_FAILED, "target", "own-header-6: Operation not permitted", 0)}
       if pathlib.Path("/proc/net/if_inet6").exists() else {}),
    "sending-captor": Harm("capturing", {}, FIXTURE_FAILED, "target", "all refused", 0),
}
# One after the other, since the last ends the runner of them all.
FORGED = {
    "other-conversation": forger("foreign", BROKE_RULES, "agent", "it belongs to another conversation", 1),
    "other-table": forger("other-table", BROKE_RULES, "agent", "sent rows of a table that it does not declare", 1),
    "undeclared-status": forger("status", BROKE_RULES, "agent", "returned 77, which is none of its statuses", 1),
    "ends-of-others": forger("ends", RUNNER_DIED, "agent", "it spoke of a run's end that nobody waits for", 1),
}
HARMS = {**AT_ONCE, **({} if SANITIZED else CONFINED), **({} if SANITIZED or os.geteuid() != 0 else DENIED),
         **({} if SANITIZED or why_no_raw_sockets() else GRANTED), **FORGED}


def harmful_task(name, system, agent):
    harm = HARMS[name]
    values = {option: value.format(folder=system.folder, agent=agent.process.pid) for option, value in harm.values.items()}
    return {"name": name, "function": [{"uri": "urn:example:fixture"}], "program": harm.method, "option": options(values)}


def memory_group():
    """A control group for the launcher's runners; None where none may be made."""
    for controller in ("/sys/fs/cgroup/memory", "/sys/fs/cgroup"):
        path = pathlib.Path(controller, f"sonde-survival-{os.getpid()}")
        try:
            path.mkdir()
        except OSError:
            continue
        with contextlib.suppress(OSError):
            (path / "cgroup.subtree_control").write_text("+memory")
        if any((path / limit).exists() for limit in ("memory.limit_in_bytes", "memory.max")):
            return path
        path.rmdir()
    skipped_in_part("no control group for memory may be made here")
    return None


def start_of(pid):
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    return None  # gone


def made_by(launcher):
    """All processes below a launcher, as (pid, time of its start), but the one that serves the agent."""
    return {(pid, start_of(pid)) for pid in without_front(descendants(launcher), launcher)}


def is_there(pid, start):
    return start is not None and start_of(pid) == start


def local_sockets(pid):
    """How many Unix sockets a process has open."""
    local = {line.split()[6] for line in pathlib.Path("/proc/net/unix").read_text().splitlines()[1:]}
    count = 0
    for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            target = os.readlink(entry)
            count += target.startswith("socket:[") and target[8:-1] in local
    return count


class Watcher:
    """Notes every process that a launcher makes."""

    def __init__(self, pid):
        self.seen, self._end = set(), threading.Event()
        self._thread = threading.Thread(target=self._watch, args=(pid,))
        self._thread.start()

    def _watch(self, pid):
        while not self._end.wait(0.02):
            self.seen |= made_by(pid)

    def end(self):
        self._end.set()
        self._thread.join()


def stored(system, run, status):
    """(rows, parts, whether the last part alone says that it is the last and every row has this status) of a run at the
    collector."""
    with contextlib.closing(sqlite3.connect(system.folder / "collector.db")) as connection:
        results = connection.execute("SELECT id, part, last FROM _result WHERE run = ? ORDER BY part", (run,)).fetchall()
        rows = connection.execute("SELECT coalesce(sum(last_row - first_row + 1), 0) FROM _part JOIN _result ON "
                                  "_result.id = _part.result WHERE run = ?", (run,)).fetchone()[0]
        views = connection.execute("SELECT DISTINCT _view.name FROM _view JOIN _result ON _result.method = _view.method "
                                   "WHERE run = ?", (run,)).fetchall()
        others = [view for view, in views if connection.execute(
            f'SELECT EXISTS (SELECT 1 FROM "{view}" WHERE run = ? AND result_status IS NOT ?)', (run, status)).fetchone()[0]]
    in_order = [(part, bool(last)) for _, part, last in results] == [
        (part, part == len(results) - 1) for part in range(len(results))]
    return rows, len(results), in_order and not others


def judge(system, name, outcome):
    harm = HARMS[name]
    said = f"{name}: {outcome}"
    assert (outcome["outcome"], outcome["status"], outcome["blame"]) == ("failed", harm.status, harm.blame), said
    assert harm.message in outcome["message"], said
    assert outcome["rows"] == harm.rows if harm.rows is not None else outcome["rows"] > 0, said
    rows, parts, in_order = stored(system, outcome["run"], harm.status)
    assert (rows, outcome["rows_dropped"]) == (outcome["rows"], 0) and in_order, f"{said}: {rows} rows in {parts} parts"
    return parts


def whatever_methods_do_is_their_failure_alone(system, group):
    healthy = task("healthy", "ping", {"target": "127.0.0.1", "count": 1})
    methods = {harm.method for harm in HARMS.values()}
    folder = system.gather_plugins("ping")
    if system.no_raw_sockets:
        skipped_in_part(f"ping: {system.no_raw_sockets}")
        healthy = {**task("healthy", "rows"), "function": [{"uri": "urn:example:fixture"}]}
        methods.add("rows")
    for method in methods:
        shutil.copy(system.build / "tests" / "plugins" / f"{method.replace('-', '_')}.so", folder)
    system.policy["plugins"] = {"allow": ["*"], "untargeted": sorted(methods)}
    system.policy["concurrency"] = 64
    system.start_controller()
    system.start_collector()
    launcher = system.start_launcher(*(["--cgroup", group] if group else []))
    agent = system.start_agent("--longest-run-s", str(LONGEST_RUN_S), "--spool-mib", "512")
    wait_for("all plugins are described", lambda: agent.log().count("plugin ready") == len(methods) + 1, 60, [agent, launcher])

    measuring = ([periodic("often", 1)], [healthy], [schedule("healthy", "often", "healthy")])
    apart = [name for name in HARMS if name not in FORGED]
    watcher = Watcher(launcher.process.pid)
    try:
        apply(system, instruction(system, *measuring))
        wait_for_outcomes(system, "healthy", 1)
        apply(system, instruction(
            system, [*measuring[0], immediate("now")], [healthy, *(harmful_task(name, system, agent) for name in HARMS)],
            [*measuring[2], *[schedule(name, "now", name) for name in apart], schedule("forged", "now", *FORGED)]))
        ended = {}
        for name in [*apart, "forged"]:
            rows = wait_for_outcomes(system, name, len(FORGED) if name == "forged" else 1, 60)
            ended |= {row["action"]: row for row in rows}
        equal(set(ended), set(HARMS))
        before = len(outcomes(system, "healthy"))
        healthy_runs = wait_for_outcomes(system, "healthy", before + 1, 60)  # one that is under way then is interrupted
        apply(system, instruction(system, [], [], []))
        wait_for("all runners have ended", lambda: not made_by(launcher.process.pid), 60, [agent, launcher])
    finally:
        watcher.end()
    parts = {name: judge(system, name, outcome) for name, outcome in ended.items()}
    ran = [row for row in healthy_runs if row["outcome"] != "overlapped"]  # as a slow machine's runs do at such a time
    assert ran, healthy_runs
    for row in ran:
        equal((row["outcome"], row["status"], row["message"]), ("completed", 0, ""))
    wait_for("no process is left", lambda: not any(is_there(pid, start) for pid, start in watcher.seen))
    equal(local_sockets(agent.process.pid), 2)  # to the launcher, and where the owner is answered
    if "missing=namespaces" in launcher.log():
        skipped_in_part("the end of control groups: without pid namespaces a runner's processes may outlive it by a moment")
    elif group:
        equal([path.name for path in group.iterdir() if path.is_dir()], [])
    print(f"         {len(HARMS)} harms, {len(healthy_runs)} healthy runs; {ended['endless-rows']['rows']} endless rows in "
          f"{parts['endless-rows']} parts; {len(watcher.seen)} processes came and went")


def survival(system):
    group = memory_group()
    try:
        whatever_methods_do_is_their_failure_alone(system, group)
    finally:
        system.stop()
        if group:
            for path in [*filter(pathlib.Path.is_dir, group.iterdir()), group]:
                path.rmdir()


main(survival)
