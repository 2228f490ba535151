"""Plugins that come, are replaced and go while the agent works: no restart, nothing half old and half new."""
import contextlib
import hashlib
import itertools
import json
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import time

from support import (SANITIZED, apply, contains, equal, immediate, instruction, main, outcomes, periodic, schedule,
                     skipped_in_part, start_all, task, wait_for, wait_for_outcomes)

NOTICED_WITHIN_S = 20
CHANGES_S = 12


def put(system, fixture, name, ending=b""):
    """Drops a plugin in one step, as `install` does, and returns its hash."""
    folder = system.folder / "plugins"
    coming = folder / f".{name}.coming"
    shutil.copy(system.build / "tests" / "plugins" / f"{fixture}.so", coming)
    with coming.open("ab") as file:
        file.write(ending)
    digest = hashlib.sha256(coming.read_bytes()).hexdigest()
    os.rename(coming, folder / name)
    return digest


def copy_slowly(source, target):
    """In place, with pauses in which an agent takes it for finished."""
    whole = source.read_bytes()
    with target.open("wb", buffering=0) as file:
        for part in range(4):
            file.write(whole[part * len(whole) // 4:(part + 1) * len(whole) // 4])
            time.sleep(0.3)


def methods(system):
    return {method.split()[0] for known in system.rows("agents") for method in known["methods"]}


def makers(system, task_name):
    """The plugins that the collector's results of a task were made by: hash and version."""
    with contextlib.closing(sqlite3.connect(system.folder / "collector.db")) as connection:
        return set(connection.execute("SELECT plugin_hash, plugin_version FROM results WHERE task = ?", (task_name,)))


def fixture_task(name, method, values=None):
    return {**task(name, method, values), "function": [{"uri": "urn:example:fixture"}]}


def a_plugin_comes_is_replaced_and_goes_while_the_agent_works(system):
    system.policy["plugins"] = {"allow": ["*"], "untargeted": ["rows"]}
    agent = start_all(system, "dns")
    agent.wait_for_log("agent started")
    first = put(system, "rows", "rows.so")
    # Within a second where nothing else runs; long before the scan that comes every two minutes.
    wait_for("the new method", lambda: "rows" in methods(system), NOTICED_WITHIN_S, alive=[agent])

    long = fixture_task("long", "rows", {"count": 40, "interval": "100ms"})
    short = fixture_task("short", "rows", {"count": 2})
    begun = ([immediate("at-once")], [long], [schedule("long", "at-once", "long")])
    apply(system, instruction(system, *begun))
    agent.wait_for_log('method says method=rows .*text="40 rows"')
    # Another file, which says the same of itself.
    second = put(system, "rows", "rows.so", ending=b"\0")
    agent.wait_for_log(f"plugin ready .*sha256={second}")
    apply(system, instruction(system, [*begun[0], periodic("often", 1)], [long, short],
                              [*begun[2], schedule("short", "often", "short")]))
    wait_for_outcomes(system, "short", 1)
    ended = wait_for_outcomes(system, "long", 1)[0]
    equal((ended["outcome"], ended["rows"]), ("completed", 40))
    equal((makers(system, "long"), makers(system, "short")), ({(first, "1.0.0")}, {(second, "1.0.0")}))

    (system.folder / "plugins" / "rows.so").unlink()
    wait_for("the method to be withdrawn", lambda: "rows" not in methods(system), alive=[agent])
    failed = wait_for("a run without its plugin",
                      lambda: [row for row in outcomes(system, "short") if row["outcome"] != "completed"], alive=[agent])
    equal(failed[0]["outcome"], "failed")
    contains(failed[0]["message"], "no method 'rows'")

    # Not a plugin at all, and then mended in place.
    (system.folder / "plugins" / "rows.so").write_text("no plugin\n")
    agent.wait_for_log("plugin refused .*rows.so")
    copy_slowly(system.build / "tests" / "plugins" / "rows.so", system.folder / "plugins" / "rows.so")
    wait_for("the method again", lambda: "rows" in methods(system), alive=[agent])
    # What is not yet all there is refused, or breaks who looks at it, as often as it is looked at.
    equal((agent.log().count("agent started"), agent.log().count("quarantined")), (1, 0))


def two_plugins_that_change_places_never_run_under_each_others_hash(system):
    system.policy["plugins"] = {"allow": ["*"], "untargeted": ["rows", "several-one"]}
    agent = start_all(system, "dns")
    agent.wait_for_log("agent started")
    hashes = {name: put(system, name, "guest.so") for name in ("several", "rows")}
    apply(system, instruction(system, [periodic("often", 1)],
                              [fixture_task("rows", "rows", {"count": 3}), fixture_task("several", "several-one")],
                              [schedule(name, "often", name) for name in hashes]))

    def completed(name):
        return [row for row in outcomes(system, name) if row["outcome"] == "completed"]

    draw = random.Random(7)
    ends = time.monotonic() + CHANGES_S
    for name in itertools.cycle(hashes):
        put(system, name, "guest.so")
        # Longer and shorter than a folder has to be quiet to be looked at, and than a plugin takes to be described.
        time.sleep(draw.choice((0.02, 0.15, 0.4, 1.5)))
        if time.monotonic() > ends and all(completed(each) for each in hashes):
            break
        if time.monotonic() > ends + 5 * CHANGES_S:
            raise RuntimeError(f"completed: { {each: len(completed(each)) for each in hashes} }")
    for name, digest in hashes.items():
        equal(makers(system, name), {(digest, "1.0.0")})
        equal({row["rows"] for row in completed(name)}, {3 if name == "rows" else 1})
    equal(agent.log().count("agent started"), 1)


def links_folders_and_editors_files_are_taken_for_what_they_are(system):
    system.policy["plugins"] = {"allow": ["*"], "untargeted": ["rows", "probe"]}
    agent = start_all(system, "dns")
    agent.wait_for_log("agent started")
    folder = system.folder / "plugins"
    built = system.build / "tests" / "plugins"

    def comes(method):
        wait_for(f"method {method}", lambda: method in methods(system), NOTICED_WITHIN_S, alive=[agent])

    def goes(method):
        wait_for(f"no method {method}", lambda: method not in methods(system), NOTICED_WITHIN_S, alive=[agent])

    # A link to a file, which goes with the link; what an editor or a copy leaves half done beside it is no plugin.
    aside = system.folder / "aside"
    aside.mkdir()
    shutil.copy(built / "rows.so", aside)
    for name in (".rows.so.swp", "rows.so~", "#rows.so#", "rows.so.part"):
        (folder / name).write_text("not yet\n")
    (folder / "rows.so").symlink_to(aside / "rows.so")
    comes("rows")
    # Another folder in the place of this one: what lay in it is gone, what lies in it now is there.
    coming = system.folder / "coming"
    shutil.copytree(folder, coming, ignore=shutil.ignore_patterns("*rows*"))
    shutil.copy(built / "probe.so", coming)
    folder.rename(system.folder / "former")
    coming.rename(folder)
    comes("probe")
    goes("rows")
    # And that folder is looked at from now on.
    put(system, "rows", "rows.so")
    comes("rows")
    (folder / "probe.so").unlink()
    goes("probe")
    equal((agent.log().count("agent started"), agent.log().count("plugin refused")), (1, 0))


def a_policy_that_asks_for_signatures_loads_nothing_else(system):
    key = system.folder / "vendor-key.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True)
    folder = system.gather_plugins("dns")
    trusted = system.sonde("sign", folder / "dns.so", "--key", key).stdout.strip()
    system.policy["plugins"] = {"allow": ["*"], "untargeted": ["rows"], "require-signature": True,
                                "trusted-keys": [trusted]}
    agent = start_all(system, "dns")
    wait_for("the signed method", lambda: "dns" in methods(system), alive=[agent])
    put(system, "rows", "rows.so")
    agent.wait_for_log("plugin refused .*rows.so reason=.*is not signed")
    # It would end its process if it were loaded.
    put(system, "load_crash", "load_crash.so")
    agent.wait_for_log("plugin refused .*load_crash.so reason=.*is not signed")

    signature = folder / "rows.so.sig"
    system.sonde("sign", folder / "rows.so", "--key", key)
    wait_for("the method once it is signed", lambda: "rows" in methods(system), alive=[agent])
    apply(system, instruction(system, [periodic("often", 1)], [fixture_task("short", "rows")],
                              [schedule("short", "often", "short")]))
    equal(wait_for_outcomes(system, "short", 1)[0]["outcome"], "completed")

    # Signed no more, by another key, and another file under the same signature.
    signature.rename(folder / "kept")
    wait_for("the method to be withdrawn", lambda: "rows" not in methods(system), alive=[agent])
    (folder / "kept").rename(signature)
    wait_for("the method again", lambda: "rows" in methods(system), alive=[agent])
    put(system, "rows", "rows.so", ending=b"\0")
    agent.wait_for_log("plugin refused .*rows.so reason=.*of another file, or by a key that is not trusted here")
    wait_for("the method to be withdrawn again", lambda: "rows" not in methods(system), alive=[agent])


def a_plugin_that_keeps_failing_to_load_is_quarantined_told_and_released(system):
    system.policy["plugins"] = {"allow": ["*"], "untargeted": ["*"]}
    agent = start_all(system, "dns")
    agent.wait_for_log("agent started")
    asked = ("plugins", "--agent", system.folder / "state" / "agent.sock")

    def state(file):
        return {pathlib.Path(row["file"]).name: row["state"] for row in system.rows(*asked)}.get(file)

    put(system, "load_crash", "bad.so")
    put(system, "load_hang", "hangs.so")
    if SANITIZED:
        skipped_in_part("a plugin that takes all memory while it is loaded: a sanitizer's runtime wants more than the limit")
    else:
        put(system, "load_memory", "takes.so")
    # What comes after one that hangs is not held up by it.
    put(system, "rows", "rows.so")
    wait_for("the method of a good plugin", lambda: "rows" in methods(system), alive=[agent])
    wait_for("the quarantine", lambda: state("bad.so") == "quarantined", 60, alive=[agent])
    row = next(row for row in system.rows(*asked) if row["file"].endswith("/bad.so"))
    contains(row["reason"], "quarantined after 3 failed loads in a row, the last: loading crashed: SIGABRT; tried again at ")
    equal((state("dns.so"), state("rows.so")), ("ready", "ready"))
    if not SANITIZED:
        wait_for("its quarantine, too", lambda: state("takes.so") == "quarantined", 60, alive=[agent])
    refused = wait_for("the capabilities", lambda: [
        plugin for known in system.rows("agents") for plugin in known["refused_plugins"]
        if "quarantined after 3" in json.dumps(plugin)], alive=[agent])
    contains(json.dumps(refused), "/bad.so")
    told = wait_for("a failure at the controller", lambda: [
        row for row in system.rows("agents", "--failures") if row["path"].endswith("/bad.so")], alive=[agent])
    equal((told[0]["kind"], told[0]["message"]), ("plugin", row["reason"]))

    apply(system, instruction(system, [periodic("often", 1)], [fixture_task("short", "bad")],
                              [schedule("short", "often", "short")]))
    failed = wait_for_outcomes(system, "short", 1)[0]
    equal((failed["outcome"], failed["status"], failed["blame"]), ("failed", 112, "platform"))
    equal(failed["message"], "plugin bad.so is " + row["reason"])

    equal(system.sonde("plugins", "release", "nothing", *asked[1:], check=False).returncode, 4)
    released = system.sonde("plugins", "release", "bad", *asked[1:])
    contains(released.stderr, "/bad.so")
    agent.wait_for_log("plugin released file=")
    wait_for("another try", lambda: agent.log().count("plugin quarantined file=") >= 2, 60, alive=[agent])
    put(system, "flood", "bad.so")
    wait_for("the method of the file in its place", lambda: "flood" in methods(system), alive=[agent])
    equal(state("bad.so"), "ready")


main(a_plugin_comes_is_replaced_and_goes_while_the_agent_works,
     two_plugins_that_change_places_never_run_under_each_others_hash,
     links_folders_and_editors_files_are_taken_for_what_they_are,
     a_policy_that_asks_for_signatures_loads_nothing_else,
     a_plugin_that_keeps_failing_to_load_is_quarantined_told_and_released)
