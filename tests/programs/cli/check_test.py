"""`sonde check`: what keeps the rules passes, and each plugin that breaks one rule fails by exactly that one.

usage: check_test.py SONDE FIXTURES_DIRECTORY PAGE PLUGIN.so ...
"""
import concurrent.futures
import functools
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree

SONDE, FIXTURES, PAGE, *GOOD = (os.path.abspath(path) for path in sys.argv[1:])
BAD = f"{FIXTURES}/bad"
CHECKER = f"{os.path.dirname(os.path.realpath(SONDE))}/../checker/sonde-checker"


AT_ONCE = 4  # rules wait more than they work

# What can be told from the file and from loading it, and what a run shows.
STATIC = ("file-*", "symbol-*", "load*", "description*")
DYNAMIC = ("run", "run-[!c]*", "run-cold", "extensions-*", "input-*", "option-*", "cancel-*", "deadline-*", "network-*",
           "traffic-*", "privileges-*", "siblings-*", "peer-*", "leak-*")
PEERS = ("run", "cancel-obeyed", "peer-*")
# Plugins whose rule is not the only thing to look at, or too slow to be asked everything.
ONLY = {"load_fast": ("load", "load-fast", "load-silent"), "memory_clean": ("run", "memory-clean"), "run_parallel": ("run", "run-*"),
        "cancel_early": ("run", "cancel-*", "deadline-*"), "deadline_past": ("run", "cancel-*", "deadline-*"),
        "peer_silent": PEERS, "peer_closing": PEERS, "peer_flooding": PEERS, "run_confined": ("run", "run-confined", "privileges-*"),
        "cancel_rows": ("run", "cancel-obeyed"), "leak_mmapped": ("run", "leak-*"), "leak_until_crash": ("run", "leak-*"),
        "load_joined": ("load*",), "load_network": ("load*",), "peer_text": ("run*", "peer-garbage"),
        "peer_truncated": ("run", "run-rows", "peer-truncated"), "privileges_used": ("run", "privileges-*"),
        "siblings_id": ("run", "siblings-random"), "siblings_port": ("run", "siblings-random"),
        "traffic_bound_echo": ("run", "traffic-*"), "traffic_bound_silent": ("run", "traffic-*"),
        "traffic_counted": ("run", "traffic-*"), "traffic_targets_6": ("run", "traffic-*")}
RULES_OF = {"against_columns_nullable": "against-columns", "against_functions_first": "against-functions",
            "against_functions_fixed": "against-functions", "against_versions_bound": "against-versions",
            "against_versions_flags": "against-versions", "against_versions_functions": "against-versions",
            "against_versions_parameters": "against-versions",
            "file_sanitizer": "file-libraries", "run_rows_clock": "run-rows", "cancel_connect": "cancel-obeyed", "cancel_rows": "cancel-obeyed",
            "deadline_connect": "deadline-obeyed", "leak_mmapped": "leak-memory",
            "leak_until_crash": "leak-descriptors", "load_joined": "load-threads", "load_network": "load-descriptors",
            "peer_text": "peer-garbage", "privileges_taken": "privileges-enough", "privileges_taken_packet": "privileges-enough",
            **{f"run_probe_{what}": "run-probe" for what in ("mute", "prints", "processes", "status", "thread")},
            "siblings_id": "siblings-random", "siblings_port": "siblings-random", "traffic_bound_echo": "traffic-bound",
            "traffic_bound_silent": "traffic-bound", "traffic_targets_6": "traffic-targets"}
WARNS = ("description_activity", "description_constant", "description_help", "leak_memory", "leak_mmapped", "load_joined",
         "load_threads", "privileges_used", "siblings_id", "symbol_processes", "symbol_random", "traffic_counted")
# Judged by all rules, at least one of each family: what breaks one rule and no other, broken here and there. The rest, whose
# whole reports would take minutes, are judged by the rules of their half.
WHOLE = ("file_stack", "file_code", "symbol_none_of_ours", "load_environment", "description_units",
         "description_targets", "extensions_null", "run_messages", "run_probe", "run_processes", "run_rows_clock", "run_silent",
         "run_statuses", "run_threads", "input_kept", "option_values", "cancel_obeyed", "deadline_obeyed", "network_none",
         "traffic_targets", "privileges_declared", "siblings_random", "peer_garbage", "leak_descriptors", "against_options")
# What else such a plugin breaks by breaking its rule: an agent fails such a run as well.
FOLLOWS = {"run_statuses": ("run-confined",), "run_threads": ("run-confined",)}
# What other tests have, and the rule that finds it.
FIXTURES_BY_RULE = {"no_symbol": "symbol-own", "borrowed": "symbol-own", "abi2": "symbol-own", "wrong_magic": "file-abi",
                    "load_undefined": "file-symbols", "bad_pointer": "description", "no_size": "description"}
# So that a run is short.
WORDS = {"ping": ("count=2", "interval=50ms"), "dns": ("server=127.0.0.1", "linger=20ms"), "http-download": ("warm_up=0s", "duration=300ms"),
         "http-upload": ("warm_up=0s", "bytes=100kB"),
         "passive-syn": ("interval=200ms",)}
# What bundled plugins cannot be judged by: ping asks no port, passive-syn sends nothing.
PEER_ASKED = {"peer-garbage", "peer-truncated", "peer-closing", "peer-flooding"}
UNJUDGED = {"ping": PEER_ASKED, "passive-syn": {"run-cold", "siblings-random", "peer-silent", *PEER_ASKED}}
# Without a network of its own a run cannot be told apart from the rest of the machine.
ISOLATED = ("network-none", "traffic-bound", "traffic-counted", "traffic-targets", "siblings-random", "privileges-enough")
# A container may have no settings that can be written.
ECHOES_SILENCED = os.geteuid() == 0 and os.access("/proc/sys/net/ipv4/icmp_echo_ignore_all", os.W_OK)


def check(*words, timeout=500):
    return subprocess.run([SONDE, "check", *map(str, words)], capture_output=True, text=True, timeout=timeout,
                          stdin=subprocess.DEVNULL)


def plugin(name):
    return f"{BAD}/bad-{name}.so"


def judge(path, *words, jobs=1):
    """The judgements by rule, and the object behind them."""
    done = check(path, "--json", "--jobs", jobs, "--timeout", "300s", *words)
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    assert objects, f"{path}: exit {done.returncode}, {done.stderr}"
    *rules, summary = objects
    nothing = summary["skipped"] == summary["rules"]
    assert done.returncode == (0 if summary["conformant"] else 4 if nothing else 1), done.stderr
    return {rule["rule"]: rule for rule in rules}, summary


def rules(*patterns):
    return [word for pattern in patterns for word in ("--rule", pattern)]


def processes_of(path):
    """What still judges that plugin."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:  # it has ended
            continue
        if words[0].endswith("sonde-checker") and path in words:
            found.append(words)
    return found


@functools.cache
def isolated():
    user = () if os.geteuid() == 0 else ("--user",)
    return subprocess.run(["unshare", *user, "--net", "true"], capture_output=True).returncode == 0


def lacking():
    """The rules that nothing is judged by on this machine."""
    return {*(() if ECHOES_SILENCED else ("peer-silent",)), *(() if shutil.which("valgrind") else ("memory-clean",)),
            *(() if isolated() else ISOLATED)}


def bad_names():
    left_out = ("former", "grown", "endless", *(() if ECHOES_SILENCED else ("traffic_bound_echo",)))
    names = sorted(path.stem.removeprefix("bad-") for path in pathlib.Path(BAD).glob("bad-*.so"))
    # What takes longest goes first.
    return sorted((name for name in names if name not in left_out), key=lambda name: name not in WHOLE)


def rule_of(name):
    return RULES_OF.get(name, name.replace("_", "-"))


def verdict_on_bad(name):
    """Why a bad plugin's report is not as it should be; empty if it is."""
    rule = rule_of(name)
    against = name.startswith("against_")
    words = ["--against", plugin("former")] if against else []
    if name not in WHOLE:
        static = name.startswith(("file_", "symbol_", "load", "description_"))
        words += rules(*ONLY.get(name, ("against-*",) if against else STATIC if static else DYNAMIC))
    found, summary = judge(plugin(name), *words, jobs=2)
    broken = {each["rule"] for each in found.values() if each["status"] in ("fail", "crash")}
    follows = {other for other in FOLLOWS.get(name, ()) if found.get(other, {"status": "skipped"})["status"] != "skipped"}
    no_valgrind = rule == "memory-clean" and not shutil.which("valgrind")
    unable = rule in ISOLATED and not isolated() or no_valgrind or found[rule]["text"].startswith("only root ")
    if found[rule]["status"] == "skipped" and unable:
        right = True
    elif name in WARNS:
        right = not broken and found[rule]["status"] == "warning" and summary["conformant"]
    else:
        right = broken == {rule} | follows and not summary["conformant"]
    return "" if right else f"{name}: {[found.get(r, {'rule': r}) for r in broken | {rule} | follows]}"


class Check(unittest.TestCase):
    def test_the_bundled_plugins_conform(self):
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            judged = pool.map(lambda path: judge(path, *WORDS[pathlib.Path(path).stem], jobs=4), GOOD)
            for path, (found, summary) in zip(GOOD, judged):
                # An ordinary user has no raw sockets, so that a run fails where root's completes.
                good = ("pass", "skipped") if os.geteuid() == 0 else ("pass", "skipped", "warning")
                bad = [rule for rule in found.values() if rule["status"] not in good]
                self.assertTrue(summary["conformant"], (path, bad))
                self.assertEqual(bad, [], path)
                self.assertGreaterEqual(summary["rules"], 80)
                if os.geteuid() == 0:
                    skipped = {rule for rule in found if found[rule]["status"] == "skipped"}
                    self.assertLessEqual(skipped, UNJUDGED.get(pathlib.Path(path).stem, set()) | lacking(), path)

    def test_each_rule_says_why_and_how_to_mend_it(self):
        for rule in map(json.loads, check("--list", "--json").stdout.splitlines()):
            self.assertTrue(rule["why"] and rule["mend"], rule)

    def test_the_glibc_that_a_plugin_needs_is_named(self):
        found, _ = judge(f"{FIXTURES}/rows.so", *rules("file-glibc"))
        self.assertRegex(found["file-glibc"]["text"], r"^runs with glibc \d+\.\d+(\.\d+)? or newer")

    def test_each_bad_plugin_fails_by_its_own_rule(self):
        names = bad_names()
        self.assertGreaterEqual(len(names), 50)
        self.assertLessEqual({*WHOLE, *FOLLOWS}, {*names})
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            wrong = [text for text in pool.map(verdict_on_bad, names) if text]
        self.assertEqual(wrong, [])

    def test_each_rule_has_a_bad_plugin_of_its_own(self):
        rules_of_page = re.findall(r"^### (\S+)$", pathlib.Path(PAGE).read_text(), re.MULTILINE)
        self.assertEqual({*rules_of_page}, {rule_of(name) for name in bad_names()})

    def test_help_is_missed_where_there_is_none(self):
        found, _ = judge(plugin("description_help"), *rules("description-help"))
        self.assertIn("/bare has no help", found["description-help"]["text"])
        found, _ = judge(plugin("option_values"), *rules("description-help"))
        self.assertEqual(found["description-help"]["status"], "pass", found)

    def test_a_method_that_fails_for_want_of_an_extension_has_to_require_it(self):
        found, _ = judge(f"{FIXTURES}/listen.so", *rules("extensions-null"))
        self.assertEqual(found["extensions-null"]["status"], "fail", found)
        self.assertIn(" without sonde.listen/1, which it does not require", found["extensions-null"]["text"])

    def test_what_no_host_could_load_or_read_fails_by_its_rule(self):
        for name, rule in FIXTURES_BY_RULE.items():
            found, _ = judge(f"{FIXTURES}/{name}.so", *rules(*STATIC))
            broken = {each["rule"] for each in found.values() if each["status"] in ("fail", "crash")}
            self.assertIn(rule, broken, name)
            # Whatever says nothing without that rule is skipped, and so are runs.
            self.assertIn("skipped", {each["status"] for each in found.values()}, name)

    def test_the_same_seed_draws_the_same_and_another_one_others(self):
        def drawn(seed):
            found, _ = judge(f"{FIXTURES}/seeded.so", "--seed", seed, *rules("run", "option-values", "peer-garbage"))
            texts = [found[rule]["text"] for rule in ("option-values", "peer-garbage")]
            for text in texts:
                self.assertRegex(text, rf"returned \d+ with .*\(--seed {seed}\)", found)
            return [text.replace(f"--seed {seed}", "") for text in texts]

        first, other = drawn(7), drawn(8)
        self.assertEqual(first, drawn(7))
        self.assertNotEqual(first[0], other[0])
        self.assertNotEqual(first[1], other[1])

    def test_a_rule_that_has_seen_nothing_says_so_and_does_not_pass(self):
        blind = ("run-rows", "run-cold", "run-parallel", "input-future", "traffic-bound", "traffic-counted", "privileges-used")
        found, _ = judge(f"{FIXTURES}/fails.so", "how=twice", *rules("run", *blind))
        self.assertEqual(found["run"]["status"], "warning")
        self.assertEqual({rule for rule in blind if found[rule]["status"] == "pass"}, {"privileges-used"}, found)

    @unittest.skipUnless(isolated(), "others may ask somebody here meanwhile")
    def test_a_peer_that_was_asked_nothing_has_not_shown_anything(self):
        # One sends to no port, and has only the kernel to keep silent; the other sends to the peer's.
        # An ordinary user may have settings to write in a network of his own, or none.
        heard = {"pass"} if ECHOES_SILENCED else {"pass", "skipped"}
        for method, status, silent in (("ping", "skipped", heard), ("dns", "pass", {"pass"})):
            path = next(path for path in GOOD if pathlib.Path(path).stem == method)
            found, _ = judge(path, *WORDS[method], *rules("peer-*"), jobs=4)
            self.assertIn(found.pop("peer-silent")["status"], silent, found)
            self.assertEqual({rule["status"] for rule in found.values()}, {status}, found)

    def test_a_version_that_has_grown_keeps_what_was(self):
        found, _ = judge(plugin("grown"), "--against", plugin("former"), *rules("against-*"))
        self.assertEqual({rule["status"] for rule in found.values()}, {"pass"}, found)

    def test_a_former_version_that_cannot_be_read_is_named_and_nothing_is_checked(self):
        for former, said in ((PAGE, "not a shared object"), (f"{FIXTURES}/no_symbol.so", "exports no sonde_plugin_v1"),
                             ("/nonexistent/x.so", "No such file"), (BAD, "is a directory")):
            done = check(plugin("former"), "--against", former, *rules("against-*"))
            self.assertEqual((done.returncode, done.stdout), (4, ""), done.stderr)
            self.assertRegex(done.stderr, f"^error: --against {re.escape(former)}: .*{said}")

    def test_where_every_rule_is_skipped_nothing_was_checked(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "report.xml")
            done = check(plugin("former"), "--junit", file, *rules("against-*"))
            self.assertEqual(done.returncode, 4, done.stderr)
            self.assertRegex(done.stdout.splitlines()[-1], r"0 pass, \d+ skipped \(.*--against.*\)\. Nothing was checked\.$")
            suite = xml.etree.ElementTree.parse(file).getroot()
            self.assertEqual(suite.get("skipped"), suite.get("tests"))
        self.assertFalse(judge(plugin("former"), *rules("against-*"))[1]["conformant"])

    def test_what_the_abi_allows_is_not_held_against_a_plugin(self):
        found, _ = judge(f"{FIXTURES}/input.so", *rules("input-*"))  # reads the NUL behind a text
        self.assertEqual({rule["status"] for rule in found.values()}, {"pass"}, found)
        found, _ = judge(f"{FIXTURES}/future.so", *rules("description-reserved"))  # of a later ABI
        self.assertEqual(found["description-reserved"]["status"], "skipped")

    def test_a_plugin_that_starts_a_thread_when_it_is_loaded_is_judged_as_agents_run_it(self):
        found, summary = judge(f"{FIXTURES}/load_thread.so", *rules("load*", "run", "run-rows", "run-cold"))
        statuses = {rule: found[rule]["status"] for rule in ("load-threads", "run", "run-rows", "run-cold")}
        self.assertEqual(statuses, {"load-threads": "warning", "run": "pass", "run-rows": "pass", "run-cold": "skipped"}, found)
        self.assertTrue(summary["conformant"])

    def test_a_report_says_what_why_and_how_to_mend_it_and_ends_with_one_line(self):
        done = check(plugin("run_silent"), *rules("symbol-one", "run-silent"))
        self.assertEqual(done.returncode, 1)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0], "bad 1.0.0, ABI 1.0, 1 method")
        self.assertRegex(lines[1], r"^ pass     symbol-one +exports sonde_plugin_v1 and nothing else$")
        self.assertRegex(lines[2], r"^ FAIL     run-silent +writes 'number is 1\?' to stdout$")
        self.assertRegex(lines[3], r"^ +why  stdout is where ")
        self.assertRegex(lines[4], rf"^ +mend use host->log, see {re.escape(PAGE)}#run-silent$")
        self.assertEqual(lines[-1], "2 rules: 1 pass, 1 fail. Not conformant.")

    def test_rules_behind_one_that_is_not_met_are_skipped_with_its_reason(self):
        found, _ = judge(plugin("load"), *rules("load*", "run*"))
        self.assertEqual(found["load"]["status"], "crash")
        self.assertEqual({rule["text"] for rule in found.values() if rule["status"] == "skipped"}, {"does not load"})
        self.assertIn("skipped (does not load). Not conformant.", check(plugin("load")).stdout.splitlines()[-1])

    def test_a_rule_that_never_ends_is_ended_whatever_it_prints(self):
        began = time.monotonic()
        done = check(plugin("endless"), "--rule", "load-fast", "--timeout", "3s")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, "FAIL +load(-fast)? +not done within 3")
        self.assertLess(time.monotonic() - began, 30)
        self.assertEqual(processes_of(plugin("endless")), [])

    def test_an_interrupted_report_says_so_and_leaves_nothing_behind(self):
        process = subprocess.Popen([SONDE, "check", plugin("endless"), "--rule", "load"], stdout=subprocess.PIPE, text=True,
                                   stdin=subprocess.DEVNULL)
        until = time.monotonic() + 30
        while not processes_of(plugin("endless")) and time.monotonic() < until:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1)
        self.assertRegex(output.splitlines()[-1], "Interrupted before all was judged.$")
        self.assertEqual(processes_of(plugin("endless")), [])

    def test_what_a_plugin_leaves_behind_in_a_session_of_its_own_is_ended(self):
        for name, rule in (("load_daemon", "load-processes"), ("offspring", "run-processes")):
            path = f"{FIXTURES}/{name}.so"
            found, _ = judge(path, *rules(rule))
            self.assertEqual(found[rule]["status"], "fail", found)
            self.assertEqual(processes_of(path), [])

    def test_a_failure_with_an_exception_is_put_up_with(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "exceptions")
            file.write_text("# what we live with\nrun-silent: the banner goes in 2.0\nrun-rows: once it was so\n")
            report = check(plugin("run_silent"), "--exceptions", file, *rules("run-silent", "run-rows"))
            self.assertEqual(report.returncode, 0, report.stdout)
            self.assertIn("the banner goes in 2.0", report.stdout)
            self.assertEqual(report.stdout.splitlines()[-1], "2 rules: 1 pass, 1 excepted. Conformant.")
            self.assertIn("the exception for run-rows is not needed", report.stderr)
            for text, said in (("run-silent\n", ":1: an exception without a reason"),
                               ("# typed\nrun-slient: x\n", f"{file}:2: there is no rule 'run-slient'")):
                file.write_text(text)
                wrong = check(plugin("run_silent"), "--exceptions", file)
                self.assertEqual(wrong.returncode, 2)
                self.assertIn(said, wrong.stderr)

    def test_junit_has_a_case_for_each_rule(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "report.xml")
            check(plugin("run"), "--junit", file, *rules("symbol-*", "run", "run-rows", "cancel-obeyed"))
            suite = xml.etree.ElementTree.parse(file).getroot()
            self.assertEqual((suite.tag, suite.get("errors"), suite.get("failures")), ("testsuite", "1", "0"))
            cases = {case.get("name"): case for case in suite}
            self.assertEqual(len(cases), int(suite.get("tests")))
            self.assertIn("SIGABRT", cases["run"].find("error").get("message"))
            self.assertIn("mend: ", cases["run"].find("error").text)
            self.assertEqual(cases["run-rows"].find("skipped").get("message"), "does not run")
            self.assertEqual(int(suite.get("skipped")), len([c for c in suite if c.find("skipped") is not None]))

    def test_a_warning_fails_if_it_is_strict(self):
        self.assertEqual(check(plugin("leak_memory"), *rules("leak-memory")).returncode, 0)
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "report.xml")
            strict = check(plugin("leak_memory"), "--strict", "--junit", file, *rules("leak-memory"))
            self.assertEqual((strict.returncode, strict.stdout.splitlines()[-1]),
                             (1, "1 rule: 0 pass, 1 warning. Not conformant."))
            suite = xml.etree.ElementTree.parse(file).getroot()
            self.assertEqual(suite.get("failures"), "1")
            self.assertIn("bytes", suite.find("testcase/failure").get("message"))

    def test_an_exception_covers_a_warning_if_it_is_strict_and_is_idle_otherwise(self):
        with tempfile.TemporaryDirectory() as folder:
            file, report = pathlib.Path(folder, "exceptions"), pathlib.Path(folder, "report.xml")
            file.write_text("leak-memory: the cache goes in 2.0\n")
            words = (plugin("leak_memory"), "--exceptions", file, "--junit", report, *rules("leak-memory"))
            strict = check(*words, "--strict")
            self.assertEqual((strict.returncode, strict.stdout.splitlines()[-1]), (0, "1 rule: 0 pass, 1 excepted. Conformant."))
            self.assertNotIn("not needed", strict.stderr)
            suite = xml.etree.ElementTree.parse(report).getroot()
            self.assertEqual((suite.get("failures"), suite.get("skipped")), ("0", "1"))
            self.assertIn("the exception for leak-memory is not needed: warning", check(*words).stderr)

    def test_what_cannot_be_checked_is_no_verdict(self):
        for words, status, said in ((["/nonexistent/x.so"], 4, "No such file"), ([BAD], 4, "is a directory"),
                                    ([], 2, "which plugin?"), ([plugin("run"), "count"], 2, "name=value"),
                                    ([plugin("input_kept"), "nmae=x"], 2, "no method has an option 'nmae'"),
                                    ([plugin("run"), "--rule", "no-such"], 2, "there is no rule 'no-such'"),
                                    (["--list", "--rule", "run"], 2, "excludes"),
                                    (["--list", "--seed", "4"], 2, "excludes"),
                                    ([plugin("run"), "--junit", "/nonexistent/x.xml"], 2, "/nonexistent/x.xml: No such file"),
                                    ([plugin("run"), "--timeout", "5"], 2, "--timeout")):
            done = check(*words)
            self.assertEqual(done.returncode, status, f"{words}: {done.stderr}")
            self.assertIn(said, done.stderr)
            self.assertEqual(done.stdout, "")
        text = check(PAGE)
        self.assertEqual((text.returncode, text.stdout.splitlines()[-1][-15:]), (1, "Not conformant."))

    def test_the_page_says_what_the_command_says(self):
        script = pathlib.Path(PAGE).parent.parent / "scripts/check_page.py"
        written = subprocess.run([sys.executable, script, SONDE], check=True, capture_output=True, text=True).stdout
        self.assertEqual(pathlib.Path(PAGE).read_text(), written, "scripts/check_page.py SONDE > docs/check.md")
        self.assertGreaterEqual(written.count("\n### "), 80)


if __name__ == "__main__":
    if b"__asan_init" in pathlib.Path(CHECKER).read_bytes():
        print("a sanitizer in the plugins and in what loads them is what many rules would find")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1], verbosity=2)
