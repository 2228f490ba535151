"""`sonde plan` as an operator uses it: the real engine on instructions whose runs can be counted by hand."""
import csv
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

SONDE, PLUGINS = None, None
FROM = "2026-11-23T00:00:00Z"
ALL = ["*"]
HOURLY = {"month": ALL, "day-of-month": ALL, "day-of-week": ALL, "hour": ALL, "minute": [0], "second": [0]}


def task(name, program, **options):
    return {"name": name, "program": program,
            "option": [{"id": key, "name": key, "value": value} for key, value in options.items()]}


def schedule(name, start, *tasks, **more):
    return {"name": name, "start": start, "execution-mode": "sequential", **more,
            "action": [{"name": each, "task": each, **({} if each == "report" else {"destination": ["reports"]})}
                       for each in tasks]}


def instruction(schedules, **more):
    return {"ietf-lmap-control:lmap": {
        "tasks": {"task": [task("rows", "rows", count="10"), task("probe", "probe", target="192.0.2.1"),
                           task("alone", "alone"), task("echo", "echo", target="192.0.2.1"),
                           task("report", "report", collector="https://collector.example:8443")]},
        "events": {"event": [
            {"name": "five", "periodic": {"interval": 300, "start": FROM}},
            {"name": "spread", "random-spread": 300, "periodic": {"interval": 300, "start": FROM}},
            {"name": "hourly", "calendar": {**HOURLY, "timezone-offset": "Z"}},
            {"name": "never", "one-off": {"time": "2040-01-01T00:00:00Z"}},
            {"name": "lost", "controller-lost": [None]},
            {"name": "second-day", "one-off": {"time": "2026-11-24T00:00:00Z"}}]},
        "schedules": {"schedule": [*schedules, schedule("reports", "hourly", "report")]}, **more}}


def plan(document, *words):
    environment = {**os.environ, "SONDE_PLUGINS": PLUGINS}
    text = document if isinstance(document, str) else json.dumps(document)
    return subprocess.run([SONDE, "plan", "-", "--from", FROM, *words], input=text, capture_output=True, text=True,
                          timeout=170, env=environment)


def rows(done):
    """The JSON rows: ({schedule: first action's row}, the others)."""
    every = [json.loads(line) for line in done.stdout.splitlines()]
    return ({row["schedule"]: row for row in every if "schedule" in row},
            [row for row in every if "schedule" not in row])


class Plan(unittest.TestCase):
    def planned(self, document, *words):
        done = plan(document, "--json", *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return (*rows(done), done.stderr)

    def test_every_trigger_in_the_time_is_a_run(self):
        of, _, _ = self.planned(instruction([schedule("a", "five", "rows"), schedule("b", "spread", "rows")]))
        self.assertEqual(of["a"]["runs"], 7 * 288)
        self.assertEqual(of["reports"]["runs"], 7 * 24)
        # What is drawn beyond the end of the time is not in it.
        self.assertIn(of["b"]["runs"] + of["b"]["overlapped"], (7 * 288 - 1, 7 * 288))
        self.assertEqual(of["a"]["first"], "2026-11-23T00:00:00.000000000Z")
        self.assertEqual(of["a"]["last"], "2026-11-29T23:55:00.000000000Z")
        of, _, _ = self.planned(instruction([schedule("a", "five", "rows")]), "--days", "2")
        self.assertEqual(of["a"]["runs"], 2 * 288)

    def test_bytes_a_day_are_the_methods_bound(self):
        of, others, said = self.planned(instruction([schedule("a", "five", "rows"), schedule("b", "hourly", "alone")]))
        (whole,) = [row for row in others if "simulated_agents" in row]
        self.assertEqual(of["a"]["daily_bytes"], 288 * 10 * 150)
        self.assertIsNone(of["b"]["daily_bytes"])
        self.assertEqual(whole["daily_bytes"], 288 * 10 * 150)
        self.assertIn("action 'b/alone': its method does not say how many bytes a run takes", said)

    def test_a_method_that_is_not_there_is_a_warning(self):
        document = instruction([schedule("a", "five", "rows")])
        document["ietf-lmap-control:lmap"]["tasks"]["task"][0]["program"] = "rosw"
        of, others, said = self.planned(document)
        self.assertEqual(of["a"]["runs"], 7 * 288)
        (warning,) = [row["warning"] for row in others if "warning" in row]
        self.assertIn(f"warning: {warning}", " ".join(said.split()))
        self.assertIn("warning: action 'a/rows': its bytes and targets are not known: ", said)
        self.assertIn("rosw", said)

    def test_a_method_that_a_constraint_runs_takes_its_bytes_too(self):
        constrained = schedule("a", "hourly", "alone", **{"sonde-lmap:constraint": [
            {"name": "there", "method-result": {"task": "rows", "table": "sample", "column": "number",
                                                "comparison": "less", "value": "5"}}]})
        of, _, said = self.planned(instruction([constrained]))
        self.assertIsNone(of["a"]["daily_bytes"])  # what the action itself takes nobody says
        self.assertIn("constraints count as met", " ".join(said.split()))
        constrained["action"][0]["task"] = "rows"
        of, _, _ = self.planned(instruction([constrained]))
        self.assertEqual(of["a"]["daily_bytes"], 2 * 24 * 10 * 150)

    def test_a_window_of_local_time_is_looked_at_when_a_run_is_due_and_at_each_retry(self):
        def within(name, begin, end, **more):
            window = {"from": begin, "until": end}
            return schedule(name, "hourly", "rows", **more, **{
                "sonde-lmap:constraint": [{"name": "night", "local-time-window": window}]})
        retried = within("b", "21:30", "06:00", **{"sonde-lmap:retries": {"max": 1, "delay": 1800}})
        of, _, said = self.planned(instruction([within("a", "22:00", "06:00"), retried]), "--days", "2", "--zone", "UTC")
        self.assertEqual((of["a"]["runs"], of["a"]["not_met"]), (2 * 8, 2 * 16))
        self.assertEqual(of["a"]["daily_bytes"], 8 * 10 * 150)
        self.assertEqual((of["b"]["runs"], of["b"]["not_met"]), (2 * 9, 2 * 15))
        self.assertIn("schedule 'a': 32 of its 48 planned runs are not met: ", " ".join(said.split()))
        self.assertNotIn("count as met", " ".join(said.split()))
        of, _, _ = self.planned(instruction([within("a", "01:00", "02:00")]), "--days", "1", "--zone", "Europe/Berlin")
        self.assertEqual((of["a"]["first"], of["a"]["runs"], of["a"]["not_met"]), ("2026-11-23T00:00:00.000000000Z", 1, 23))

    def test_many_targets_share_a_load(self):
        document = instruction([schedule(name, "hourly", "rows") for name in "abc"])
        lmap = document["ietf-lmap-control:lmap"]
        lmap["tasks"]["task"] += [task(f"p{i}", "echo", target=f"192.0.2.{i}") for i in range(240)]
        for which, each in enumerate(lmap["schedules"]["schedule"][:3]):
            each["action"] = [{"name": f"p{i}", "task": f"p{i}", "destination": ["reports"]}
                              for i in range(which * 80, which * 80 + 80)]
        _, others, _ = self.planned(document, "--agents", "2", "--days", "1", "--run-time", "1s")
        loads = {row["of"]: row["starts"] for row in others if row.get("load") == "target"}
        self.assertLess(len(loads), 205)
        self.assertEqual(sum(loads.values()), 2 * 24 * 240)

    def test_overlap_is_counted_and_said(self):
        of, _, said = self.planned(instruction([schedule("a", "five", "rows")]), "--run-time", "450s")
        self.assertEqual(of["a"]["runs"], 7 * 144)
        self.assertEqual(of["a"]["overlapped"], 7 * 144)
        self.assertRegex(said, r"schedule 'a': \d+ of its \d+ planned runs overlap the run before, if each takes 450 s")

    def test_what_is_suppressed_is_counted_and_said(self):
        document = instruction([schedule("a", "five", "rows", **{"suppression-tag": ["loud"]})],
                               suppressions={"suppression": [{"name": "s", "end": "second-day", "match": ["lou*"]}]})
        of, _, said = self.planned(document, "--days", "2")
        self.assertEqual((of["a"]["suppressed"], of["a"]["runs"]), (288, 288))
        self.assertIn("schedule 'a': 288 of its 576 planned runs are suppressed", said)
        document["ietf-lmap-control:lmap"]["suppressions"]["suppression"][0]["match"] = ["quiet"]
        self.assertIn("1 suppression, and nothing is suppressed in this time", self.planned(document)[2])

    def test_a_duration_keeps_later_actions_from_starting(self):
        of, _, said = self.planned(instruction([schedule("a", "hourly", "rows", "probe", duration=5)]), "--days", "1")
        self.assertEqual(of["a"]["interrupted"], 24)
        self.assertIn("24 of its 48 planned runs do not start before its end", said)

    def test_what_does_not_trigger_is_said(self):
        of, _, said = self.planned(instruction([schedule("a", "never", "rows"), schedule("b", "lost", "rows")],
                                               agent={"controller-timeout": 60}))
        self.assertEqual((of["a"]["runs"], of["b"]["runs"]), (0, 0))
        self.assertIsNone(of["a"]["first"])
        self.assertIn("schedule 'a' does not run in this time: its event 'never' does not trigger", said)
        self.assertIn("schedule 'b' runs when the controller is lost, which is not simulated", said)

    def test_an_exclusive_method_that_meets_others_is_a_conflict(self):
        _, others, said = self.planned(instruction([schedule("a", "five", "rows"), schedule("b", "hourly", "alone")]),
                                       "--days", "1")
        (conflict,) = [row for row in others if "conflict" in row]
        self.assertEqual((conflict["conflict"], conflict["with"], conflict["runs"]), ("a/rows", "b/alone", 24))
        self.assertIn("'a/rows' and 'b/alone' meet, and one of them must be alone", said)
        _, others, _ = self.planned(instruction([schedule("a", "five", "rows"), schedule("b", "hourly", "probe")]))
        self.assertEqual([row for row in others if "conflict" in row], [])

    def test_an_exclusive_method_waits_for_its_turn_five_minutes_at_most(self):
        both = instruction([schedule("a", "five", "alone"), schedule("b", "five", "alone"), schedule("c", "five", "rows")])
        of, others, said = self.planned(both, "--days", "1", "--run-time", "90s")
        self.assertEqual([of[name]["first"][11:19] for name in "abc"], ["00:00:00", "00:01:30", "00:03:00"])
        self.assertEqual([of[name]["runs"] for name in "abc"], [288, 288, 288])
        self.assertEqual({(row["conflict"], row["with"]): (row["runs"], row["overlapping"]) for row in others if "conflict" in row},
                         {("a/alone", "b/alone"): (288, 0), ("a/alone", "c/rows"): (288, 0), ("b/alone", "c/rows"): (288, 0)})
        self.assertNotIn("in vain", said)
        of, others, said = self.planned(both, "--days", "1", "--run-time", "400s")
        self.assertEqual([of[name]["first"][11:19] for name in "abc"], ["00:00:00", "00:05:00", "00:05:00"])
        self.assertGreater(of["b"]["overlapped"], 0)  # it has not ended when it is due again
        self.assertGreater(min(row["overlapping"] for row in others if "conflict" in row), 0)
        self.assertRegex(" ".join(said.split()), "[0-9]+ of [0-9]+ times in vain: after 300 s it begins all the same, and the results have it as")

    def test_what_waits_for_its_turn_when_its_schedule_ends_does_not_start(self):
        of, _, _ = self.planned(instruction([schedule("a", "hourly", "alone"), schedule("b", "hourly", "alone", duration=5)]),
                                "--days", "1")
        self.assertEqual((of["a"]["runs"], of["b"]["runs"], of["b"]["interrupted"]), (24, 0, 24))

    def test_a_run_that_its_schedule_ends_leaves_the_line_to_what_waits(self):
        of, others, said = self.planned(
            instruction([schedule("a", "hourly", "alone", duration=5), schedule("b", "hourly", "alone")]), "--days", "1")
        self.assertEqual([of[name]["first"][14:19] for name in "ab"], ["00:00", "00:05"])
        (conflict,) = [row for row in others if "conflict" in row]
        self.assertEqual((conflict["runs"], conflict["overlapping"]), (24, 0))
        self.assertNotIn("in vain", said)

    def test_what_overlaps_the_last_runs_is_accounted_for(self):
        two = instruction([schedule("a", "five", "rows", "probe")])
        done = plan(two, "--days", "1", "--run-time", "2900s", "--json")  # the last `rows` goes on when the day is over
        counts = {row["action"]: (row["runs"], row["overlapped"])
                  for row in map(json.loads, done.stdout.splitlines()) if row.get("schedule") == "a"}
        self.assertEqual(counts, {"rows": (15, 273), "probe": (14, 273)})

    def test_a_fleet_falls_on_its_targets(self):
        document = instruction([schedule("sharp", "five", "rows"), schedule("spread", "spread", "echo")])
        _, others, _ = self.planned(document, "--days", "1", "--agents", "50")
        loads = {row["of"]: row for row in others if "load" in row}
        collector = loads["https://collector.example:8443"]
        self.assertEqual((collector["load"], collector["starts"], collector["in_second"], collector["in_minute"]),
                         ("collector", 50 * 24, 50, 50))
        # Nobody says how many bytes a report or this method takes, which is not none.
        self.assertIsNone(collector["in_minute_bytes"])
        self.assertIsNone(loads["192.0.2.1"]["in_minute_bytes"])
        minutes = [json.loads(line)
                   for line in plan(document, "--days", "1", "--agents", "50", "--load", "--json").stdout.splitlines()]
        reports = [row for row in minutes if row["load"] == "collector"]
        self.assertEqual([row["starts"] for row in reports], [50] * 24)
        self.assertEqual({row["bytes"] for row in reports}, {None})
        self.assertEqual([row["minute"][11:16] for row in reports], [f"{hour:02}:00" for hour in range(24)])

    def test_a_large_fleet_is_sampled_and_says_so(self):
        document = instruction([schedule("a", "five", "rows")])
        _, others, said = self.planned(document, "--agents", "1000000")
        (whole,) = [row for row in others if "simulated_agents" in row]
        self.assertLess(whole["simulated_agents"], 100_000)
        self.assertEqual(whole["loads_until"], "2026-11-24T00:00:00.000000000Z")
        (collector,) = [row for row in others if row.get("load") == "collector"]
        self.assertEqual((collector["starts"], collector["in_minute"]), (24_000_000, 1_000_000))
        self.assertIn(f"of which {whole['simulated_agents']} were simulated", " ".join(said.split()))

    def test_people_get_tables_and_a_timeline(self):
        done = plan(instruction([schedule("a", "five", "rows")]), "--agents", "10")
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0].split()[:5], ["schedule", "action", "event", "runs", "daily_bytes"])
        self.assertIn("a                   |" + "#" * 78 + "|", lines)
        self.assertTrue(any(line.startswith("load") for line in lines), done.stdout)
        self.assertIn("of one line, from 2026-11-23T00:00:00Z for 7 days, at most 432.0 kB a day", done.stderr)
        self.assertTrue(all(len(line) <= 100 for line in lines if "|" in line))

    def test_csv_is_the_actions_or_the_minutes(self):
        document = instruction([schedule("a", "five", "rows")])
        table = list(csv.DictReader(io.StringIO(plan(document, "--csv").stdout)))
        self.assertEqual([(row["schedule"], row["runs"]) for row in table], [("a", "2016"), ("reports", "168")])
        minutes = list(csv.DictReader(io.StringIO(plan(document, "--csv", "--load", "--days", "1").stdout)))
        self.assertEqual(sum(int(row["starts"]) for row in minutes), 24)
        self.assertEqual(plan(document, "--columns", "schedule,runs", "--csv").stdout.splitlines()[1], "a,2016")

    def test_a_picture_has_a_line_for_each_schedule_and_load(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "week.svg")
            document = instruction([schedule("a <&> b", "five", "rows")])
            done = plan(document, "--agents", "3", "--svg", str(path))
            self.assertEqual(done.returncode, 0, done.stderr)
            picture = xml.etree.ElementTree.parse(path).getroot()
            texts = [each.text for each in picture.iter("{http://www.w3.org/2000/svg}text")]
            self.assertEqual([text.split("  ")[0] for text in texts[1:]],
                             ["a <&> b", "reports", "collector https://collector.example:8443"])
            wrong = plan(document, "--svg", f"{folder}/none/week.svg")
            self.assertEqual(wrong.returncode, 2)
            self.assertIn("No such file or directory", wrong.stderr)

    def test_bad_input_is_usage(self):
        good = instruction([schedule("a", "five", "rows")])
        for words, said in ((("--days", "0"), "--days"), (("--days", "400"), "--days"), (("--agents", "x"), "--agents: 'x' is no whole number from 1 to "),
                            (("--seed", "x"), "--seed: 'x' is no whole number from 0 to "), (("--days", "07"), "--days: '07' is no whole number from "),
                            (("--run-time", "5"), "--run-time: "), (("--run-time", "-1s"), "--run-time: "), (("--run-time", "9000h"), "--run-time: "),
                            (("--zone", "Mars/Base"), "--zone: "), (("--json", "--csv"), "excludes")):
            wrong = plan(good, *words)
            self.assertEqual(wrong.returncode, 2, (words, wrong.stderr))
            self.assertIn(said, wrong.stderr, words)
            self.assertEqual(wrong.stdout, "")
        wrong = plan(instruction([schedule("a", "fife", "rows")]))
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("did you mean 'five'?", wrong.stderr)
        empty = plan('{"ietf-lmap-control:lmap": {}}')
        self.assertEqual(empty.returncode, 4)
        self.assertIn("has no schedule", empty.stderr)

    def test_runs_that_a_budget_never_has_the_bytes_for_are_told(self):
        for budget, said in (({"bytes-per-second": "10", "burst-bytes": "1499"}, " at once"),
                             ({"bytes-per-day": "1000"}, " a day"),
                             ({"bytes-per-second": "1", "burst-bytes": "1500"}, None)):
            done = plan(instruction([schedule("a", "hourly", "rows")], agent={"sonde-lmap:data-budget": budget}))
            self.assertEqual(done.returncode, 0, done.stderr)
            refused = "action 'a/rows': each run is refused: it may need "
            self.assertIn(said or "", done.stderr)
            self.assertEqual(refused in done.stderr, said is not None, done.stderr)

    def test_the_same_seed_plans_the_same(self):
        document = instruction([schedule("b", "spread", "rows")])
        first, second = (plan(document, "--json", "--agents", "5").stdout for _ in range(2))
        self.assertEqual(first, second)
        self.assertNotEqual(first, plan(document, "--json", "--agents", "5", "--seed", "2").stdout)


if __name__ == "__main__":
    SONDE = sys.argv[1]
    with tempfile.TemporaryDirectory(prefix="sonde-plan-") as PLUGINS:
        os.chmod(PLUGINS, 0o755)
        for name in ("rows", "probe", "alone", "echo"):  # others take their time, or are no plugins at all
            shutil.copy(pathlib.Path(sys.argv[2], f"{name}.so"), PLUGINS)
        unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
