"""`sonde validate` and `sonde convert`, on documents in JSON and in XML."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SONDE, FIXTURES, SAMPLE, SCENARIOS, PLUGINS = None, None, None, None, []

LMAP = "urn:ietf:params:xml:ns:yang:ietf-lmap-control"


def sonde(*words, stdin=None):
    return subprocess.run([SONDE, *map(str, words)], input=stdin, capture_output=True, text=True, timeout=60,
                          env={**os.environ, "ASAN_OPTIONS": "handle_segv=0"})


def instruction(task, action="", constraint=""):
    """A good one, but for what these members say of the task, of an action and of the schedule."""
    return f"""{{"ietf-lmap-control:lmap": {{
        "tasks": {{"task": [{{"name": "t", {task}}}, {{"name": "r", "program": "report", "option": [
            {{"id": "c", "name": "collector", "value": "https://c:1"}}]}}]}},
        "events": {{"event": [{{"name": "e", "startup": [null]}}]}},
        "schedules": {{"schedule": [{{"name": "s", "start": "e", "execution-mode": "sequential", {constraint} "action": [
            {{"name": "a", "task": "t", "destination": ["r"] {action}}}]}},
            {{"name": "r", "start": "e", "action": [{{"name": "r", "task": "r"}}]}}]}}}}}}"""


class Validate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.plugins = pathlib.Path(cls.folder.name, "plugins")
        cls.plugins.mkdir()
        for plugin in ("probe.so", "input.so"):
            shutil.copy(pathlib.Path(FIXTURES, plugin), cls.plugins)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def errors(self, text):
        file = pathlib.Path(self.folder.name, "i.json")
        file.write_text(text)
        alone = sonde("validate", file)
        self.assertEqual((alone.returncode, alone.stderr), (0, ""))
        done = sonde("validate", file, "--plugins", self.plugins)
        self.assertEqual(done.returncode, 2 if "error: " in done.stderr else 0)
        prefix = f"{file}: /ietf-lmap-control:lmap/"
        return [line.replace(prefix, "") for line in done.stderr.splitlines()]

    def test_xml_is_validated_with_lines(self):
        good = sonde("validate", SAMPLE)
        self.assertEqual(good.returncode, 0, good.stderr)
        self.assertEqual(good.stderr.splitlines(), [f"warning: {SAMPLE}: /ietf-lmap-control:lmap/events/event[name='at-random']: "
                                                    "triggers no more: its last time is past"])
        self.assertIn("valid, 2 tasks, 2 schedules, 4 events", good.stdout)
        text = pathlib.Path(SAMPLE).read_text().replace("<start>at-random<", "<start>at-rando<")
        bad = sonde("validate", "-", stdin=text)
        self.assertEqual(bad.returncode, 2)
        self.assertIn("error: -: line 17: /ietf-lmap-control:lmap/schedules/schedule[name='hourly']/start: no event named "
                      "'at-rando'", bad.stderr)

    def test_options_are_held_against_what_the_plugin_declares(self):
        task = '"program": "probe", "option": [{"id": "t", "name": "target", "value": "a.example"}%s]'
        good = task % ', {"id": "c", "name": "count", "value": "3"}] , "sonde-lmap:interface": "wan7" , "tag": ["x"'
        self.assertEqual(self.errors(instruction(good, ', "sonde-lmap:report-table": ["summary"]')), [])
        self.assertEqual(self.errors(instruction(task % ', {"id": "c", "name": "coun", "value": "3"}',
                                                 ', "sonde-lmap:report-table": ["sumary"]')),
                         ["error: schedules/schedule[name='s']/action[name='a']: probe has no option 'coun'; did you mean "
                          "'count'?",
                          "error: schedules/schedule[name='s']/action[name='a']/sonde-lmap:report-table: probe has no table "
                          "'sumary'; did you mean 'summary'? tables here: packet, summary"])
        count = self.errors(instruction(task % "", ', "option": [{"id": "c", "name": "count", "value": "0"}]'))
        self.assertEqual(len(count), 1, count)
        self.assertTrue(count[0].startswith("error: schedules/schedule[name='s']/action[name='a']: option count: "), count)
        missing = self.errors(instruction('"program": "probe"'))
        self.assertIn("probe needs 'target'", missing[0])

    def test_a_task_that_names_a_function_has_no_other_options_than_that_fixes(self):
        task = ('"function": [{"uri": "urn:example:fixture:size-56"}], "option": [{"id": "t", "name": "target", "value": '
                '"a.example"}%s]')
        size = ', "option": [{"id": "s", "name": "size", "value": "%s"}]'
        self.assertEqual(self.errors(instruction(task % "")), [])
        self.assertEqual(self.errors(instruction(task % "", size % "56")), [])
        self.assertEqual(self.errors(instruction(task % "", size % "57")),
                         ["error: schedules/schedule[name='s']/action[name='a']: option size: is 57, and "
                          "urn:example:fixture:size-56 fixes it at 56; leave it out, or name urn:example:fixture, which "
                          "fits any options"])

    def test_a_task_that_names_an_entry_of_RFC_8912_is_sampled_as_that_fixes_it(self):
        task = ('"function": [{"uri": "https://www.iana.org/assignments/performance-metrics/RTDelay_Active_IP-ICMP-SendOnRcv_'
                'RFC8912sec9_Seconds_Mean"}], "option": [{"id": "t", "name": "target", "value": "192.0.2.1"}]')
        file = pathlib.Path(self.folder.name, "r.json")
        for sampling, status in (("send-on-receive", 0), ("poisson", 2)):
            file.write_text(instruction(task, ', "option": [{"id": "s", "name": "sampling", "value": "%s"}]' % sampling))
            done = sonde("validate", file, *PLUGINS)
            self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn("option sampling: is poisson, and https://www.iana.org/", done.stderr)

    def test_a_constraint_is_held_against_the_table_that_it_compares(self):
        def result(table, column, comparison, value):
            task = '"program": "probe", "option": [{"id": "t", "name": "target", "value": "a.example"}]'
            constraint = f'''"sonde-lmap:constraint": [{{"name": "c", "method-result": {{"task": "t", "table": "{table}",
                "column": "{column}", "comparison": "{comparison}", "value": "{value}"}}}}],'''
            path = "error: schedules/schedule[name='s']/sonde-lmap:constraint[name='c']/method-result/"
            return [line.replace(path, "") for line in self.errors(instruction(task, constraint=constraint))]
        self.assertEqual(result("summary", "loss_ratio", "less", "0.1"), [])
        self.assertEqual(result("summary", "loss_ratio", "less", "1"), [])
        self.assertEqual(result("packet", "outcome", "equal", "reply"), [])
        self.assertEqual(result("packets", "outcome", "equal", "reply"),
                         ["table: probe has no table 'packets'; did you mean 'packet'? tables here: packet, summary"])
        self.assertEqual(result("summary", "loss", "less", "0.1"),
                         ["column: table summary has no column 'loss'; columns here: target, sent, loss_ratio, rtt_min, "
                          "rtt_max"])
        self.assertEqual(result("packet", "outcome", "less", "7"),
                         ["comparison: a string is neither less nor greater than others; equal or not-equal"])
        self.assertEqual(result("packet", "outcome", "equal", "lots"),
                         ["value: column outcome never has 'lots'; did you mean 'lost'? words here: reply, lost"])
        self.assertEqual(result("summary", "sent", "equal", "many"), ["value: 'many' is no int; as column sent is"])

    def test_the_scenarios_are_good_and_ask_methods_for_what_they_have(self):
        for file in sorted(pathlib.Path(SCENARIOS).iterdir()):
            done = sonde("validate", file, *PLUGINS)
            self.assertEqual(done.returncode, 0, f"{file.name}: {done.stderr}")
            # No method here measures it.
            self.assertEqual(done.stderr != "", file.name == "s3-udp-latency.json", f"{file.name}: {done.stderr}")

    def test_what_a_pipeline_loses_is_said(self):
        task = '"program": "probe", "option": [{"id": "t", "name": "target", "value": "a.example"}]'
        text = instruction(task).replace('"execution-mode": "sequential"', '"execution-mode": "pipelined"')
        text = text.replace('"action": [\n            {"name": "a"', '"action": [{"name": "first", "task": "t"}, {"name": "a"')
        file = pathlib.Path(self.folder.name, "p.json")
        file.write_text(text)
        said = sonde("validate", file, "--plugins", self.plugins)
        self.assertEqual(said.returncode, 0, said.stderr)
        self.assertIn("action[name='first']: passes its results to action 'a' alone", said.stderr)
        self.assertIn("action[name='first']: loses its results: probe, the method of action 'a', takes no input", said.stderr)

    def test_results_are_passed_to_a_method_that_takes_input(self):
        probe = '"program": "probe", "option": [{"id": "t", "name": "target", "value": "a.example"}]'
        for taker, status in (('"program": "input"', 0), (probe, 2)):
            text = instruction(probe).replace('"destination": ["r"]', '"destination": ["p"]')
            text = text.replace('{"task": [', '{"task": [{"name": "u", %s}, ' % taker)
            text = text.replace('{"name": "r", "start"', '{"name": "p", "start": "e", "action": [{"name": "b", "task": "u", '
                                                         '"destination": ["r"]}]}, {"name": "r", "start"')
            file = pathlib.Path(self.folder.name, "d.json")
            file.write_text(text)
            said = sonde("validate", file, "--plugins", self.plugins)
            self.assertEqual(said.returncode, status, said.stderr)
            self.assertIn("passes its results to action 'b' of schedule 'p', which does not report them", said.stderr)
            self.assertEqual("error: " in said.stderr and "schedule[name='s']/action[name='a']/destination: probe, the method of "
                             "action 'b' of schedule 'p', takes no input" in said.stderr, status == 2, said.stderr)

    def test_a_method_that_is_not_there_is_a_warning(self):
        said = self.errors(instruction('"program": "prob"'))
        self.assertEqual(len(said), 1)
        self.assertTrue(said[0].startswith("warning: tasks/task[name='t']: is not checked: "), said)


class Convert(unittest.TestCase):
    def test_there_and_back_is_the_same(self):
        with tempfile.TemporaryDirectory() as folder:
            as_json = pathlib.Path(folder, "a.json")
            done = sonde("convert", SAMPLE, "-o", as_json)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
            document = json.loads(as_json.read_text())
            self.assertEqual(document["ietf-lmap-control:lmap"]["agent"]["controller-timeout"], 7200)
            again = sonde("convert", as_json)
            self.assertEqual(again.returncode, 0, again.stderr)
            self.assertIn(f'<lmap xmlns="{LMAP}">', again.stdout)
            back = sonde("convert", "-", "--to", "json", stdin=again.stdout)
            self.assertEqual(back.stdout, as_json.read_text())
            same = sonde("convert", as_json, "--to", "json")
            self.assertEqual(same.stdout, as_json.read_text())

    def test_what_is_no_document_is_2(self):
        for text, said in (("<x/>", "error: -: line 1: <x> without a namespace was not expected; it begins with <lmap "),
                           ("{", "error: -: line 1, column 2: not JSON: "),
                           (f'<lmap xmlns="{LMAP}">\n<agent><colour/></agent></lmap>',
                            "error: -: line 2: /ietf-lmap-control:lmap/agent/colour: no node named 'colour'")):
            done = sonde("convert", "-", stdin=text)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(said, done.stderr)
        self.assertEqual(sonde("convert", SAMPLE, "-o", "/nonexistent/x").returncode, 2)


if __name__ == "__main__":
    SONDE, FIXTURES, SAMPLE, SCENARIOS = sys.argv[1:5]
    for plugin in sys.argv[5:]:
        PLUGINS += ["--plugins", pathlib.Path(plugin).parent]
    unittest.main(argv=sys.argv[:1], verbosity=2)
