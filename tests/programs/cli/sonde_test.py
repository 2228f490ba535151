"""The command `sonde` as a person or a script uses it: the real launcher, the real runner, plugins made for tests."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import unittest
import uuid

SONDE, FIXTURES = None, None


def sonde(*words, **popen):
    environment = {**os.environ, "SONDE_PLUGINS": FIXTURES}
    return subprocess.run([SONDE, *map(str, words)], capture_output=True, text=True, timeout=60, env=environment,
                          stdin=subprocess.DEVNULL, **popen)


def fixture(name):
    return f"{FIXTURES}/{name}.so"


class Run(unittest.TestCase):
    def test_rows_go_to_stdout_and_the_rest_to_stderr(self):
        done = sonde("run", fixture("rows"), "count=2")
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0].split(), ["number", "word", "elapsed"])
        self.assertEqual(lines[1].split(), ["0", "even", "0", "ns"])
        self.assertEqual(lines[2].split(), ["1", "odd", "1.0", "us"])
        self.assertIn("done: 2 rows in ", done.stderr)
        self.assertIn("200 B sent, 100 B received", done.stderr)
        self.assertIn("rows: 2 rows", done.stderr)
        self.assertNotIn("\x1b", done.stdout)

    def test_json_is_one_object_a_row(self):
        done = sonde("run", fixture("rows"), "count=3", "--json")
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(rows[1], {"table": "sample", "number": 1, "word": "odd", "elapsed_ns": 1000})
        self.assertEqual(len(rows), 3)

    def test_csv_has_a_header(self):
        done = sonde("run", fixture("rows"), "count=1", "--csv")
        self.assertEqual(done.stdout, "number,word,elapsed_ns\n0,even,0\n")

    def test_columns_and_tables_can_be_chosen(self):
        done = sonde("run", fixture("rows"), "count=1", "--json", "--columns", "word,number")
        self.assertEqual(json.loads(done.stdout), {"table": "sample", "word": "even", "number": 0})
        wrong = sonde("run", fixture("rows"), "--table", "sampel")
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("did you mean 'sample'?", wrong.stderr)

    def test_a_method_is_found_by_its_name(self):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            pathlib.Path(folder, "some.so").write_bytes(pathlib.Path(fixture("rows")).read_bytes())
            self.assertEqual(sonde("run", "rows", "--plugins", folder).returncode, 0)
            missing = sonde("run", "rosw", "--plugins", folder)
        self.assertEqual(missing.returncode, 2)
        self.assertIn("did you mean 'rows'?", missing.stderr)

    def test_an_option_that_does_not_exist_is_usage(self):
        wrong = sonde("run", fixture("rows"), "cuont=3")
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("error: rows has no option 'cuont'; did you mean 'count'?", wrong.stderr)
        self.assertEqual(wrong.stdout, "")

    def test_every_bad_option_is_named(self):
        wrong = sonde("run", fixture("rows"), "count=x", "interval=5", "family=7")
        self.assertEqual(wrong.returncode, 2)
        for name in ("count", "interval", "family"):
            self.assertIn(f"error: {name}: ", wrong.stderr)

    def test_a_failure_of_the_method_is_1_and_says_whose(self):
        failed = sonde("run", fixture("fails"), "once", "--json")
        self.assertEqual(failed.returncode, 1)
        self.assertIn("failed (7): no answer from there; the target's", failed.stderr)
        self.assertEqual(len(failed.stdout.splitlines()), 2)

    def test_a_crash_is_said_in_a_sentence(self):
        crashed = sonde("run", fixture("crash"))
        self.assertEqual(crashed.returncode, 1)
        self.assertIn("SIGSEGV (-11): crash was killed by SIGSEGV (Segmentation fault)", crashed.stderr)
        self.assertEqual(len(crashed.stdout.splitlines()), 2)

    def test_a_deadline_ends_it(self):
        late = sonde("run", fixture("rows"), "count=1000", "interval=20ms", "--deadline", "200ms", "--json")
        self.assertEqual(late.returncode, 1)
        self.assertIn("timeout (100)", late.stderr)
        self.assertGreaterEqual(len(late.stdout.splitlines()), 1)
        for wrong in ("5", "-1s", "0s"):
            self.assertEqual(sonde("run", fixture("rows"), "--deadline", wrong).returncode, 2)

    def test_interrupt_ends_it_in_order_with_what_there_is(self):
        process = subprocess.Popen([SONDE, "run", fixture("rows"), "count=100000", "interval=20ms", "--json"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, said = process.stdout.read(), process.stderr.read()  # communicate() would lose what readline() buffered
        process.wait(60)
        process.stdout.close()
        process.stderr.close()
        self.assertEqual(process.returncode, 0, said)
        self.assertIn("cancelled: ", said)
        rows = [json.loads(line) for line in [first, *rest.splitlines()]]
        self.assertIn(f"cancelled: {len(rows)} row", said)

    def test_a_reader_that_goes_away_ends_it(self):
        process = subprocess.Popen([SONDE, "run", fixture("flood"), "count=1000000000", "--json"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertTrue(process.stdout.readline())
        process.stdout.close()
        process.wait(60)
        process.stderr.close()

    def test_what_is_no_plugin_is_refused_with_the_reason(self):
        for name in ("abi2", "no_symbol", "wrong_magic"):
            refused = sonde("run", fixture(name))
            self.assertIn(refused.returncode, (2, 4), name)
            self.assertRegex(refused.stderr, "error: .*" + name)
        missing = sonde("run", "/nonexistent/x.so")
        self.assertEqual(missing.returncode, 2)
        self.assertIn("No such file", missing.stderr)

    def test_without_a_launcher_nothing_runs(self):
        nowhere = subprocess.run([SONDE, "run", fixture("rows")], capture_output=True, text=True,
                                 env={**os.environ, "SONDE_LIBEXEC": "/nonexistent"})
        self.assertEqual(nowhere.returncode, 4)
        self.assertIn("sonde-launcher is not found", nowhere.stderr)


class Describe(unittest.TestCase):
    def test_describe_shows_options_tables_and_statuses(self):
        shown = sonde("describe", fixture("rows"))
        self.assertEqual(shown.returncode, 0, shown.stderr)
        for words in ("rows 1.0", "at most count * 150 bytes", "urn:example:fixture", "interval", "rows of table sample",
                      "even|odd", "failed"):
            self.assertIn(words, shown.stdout)

    def test_describe_gives_json(self):
        shown = json.loads(sonde("describe", fixture("rows"), "--json").stdout)
        self.assertEqual(shown["method"], "rows")
        self.assertEqual([option["id"] for option in shown["options"]], ["count", "interval"])
        self.assertEqual(shown["options"][0]["default"], "3")
        self.assertEqual(shown["tables"][0]["columns"][1]["words"], ["even", "odd"])
        self.assertEqual(shown["statuses"][0], {"code": 7, "id": "failed", "blame": "target", "help": ""})
        self.assertTrue(re.fullmatch("[0-9a-f]{64}", shown["plugin"]["sha256"]))


class Validate(unittest.TestCase):
    def validate(self, text):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "instruction.json")
            path.write_text(text)
            return sonde("validate", path)

    def test_a_valid_instruction_is_counted(self):
        good = self.validate('{"ietf-lmap-control:lmap": {"events": {"event": [{"name": "now", "immediate": [null]}]}}}')
        self.assertEqual(good.returncode, 0, good.stderr)
        self.assertIn("1 events", good.stdout)

    def test_every_finding_is_printed_and_is_2(self):
        bad = self.validate('{"ietf-lmap-control:lmap": {"schedules": {"schedule": [{"name": "x", "start": "y"}]}}}')
        self.assertEqual(bad.returncode, 2)
        self.assertIn("schedule[name='x']/start", bad.stderr)
        self.assertEqual(self.validate("{").returncode, 2)
        self.assertEqual(sonde("validate", "/nonexistent").returncode, 2)


class Authority(unittest.TestCase):
    def test_an_authority_issues_identities(self):
        with tempfile.TemporaryDirectory() as folder:
            ca = f"{folder}/ca"
            self.assertEqual(sonde("ca", "init", ca).returncode, 0)
            self.assertEqual(sonde("ca", "init", ca).returncode, 2, "never overwrites one")
            wanted = str(uuid.uuid4())
            issued = sonde("ca", "issue", "agent", "--ca", ca, "--out", f"{folder}/a", "--id", wanted)
            self.assertEqual(issued.returncode, 0, issued.stderr)
            self.assertEqual(issued.stdout.strip(), wanted)
            self.assertEqual({path.name for path in pathlib.Path(folder, "a").iterdir()}, {"ca.pem", "cert.pem", "key.pem"})
            server = sonde("ca", "issue", "controller", "--ca", ca, "--out", f"{folder}/c", "--host", "localhost", "--host",
                           "127.0.0.1", "--days", "7")
            self.assertEqual(server.returncode, 0, server.stderr)
            for words in (("king", "--out", f"{folder}/k"), ("agent", "--out", f"{folder}/k", "--id", "7"),
                          ("agent", "--out", f"{folder}/k", "--days", "0")):
                self.assertEqual(sonde("ca", "issue", *words, "--ca", ca).returncode, 2)
            self.assertEqual(sonde("ca", "issue", "agent", "--ca", f"{folder}/none", "--out", f"{folder}/k").returncode, 2)


class Grammar(unittest.TestCase):
    def test_help_is_everywhere_and_has_examples(self):
        for words in ((), ("run",), ("describe",), ("validate",), ("ca", "init"), ("ca", "issue")):
            for asked in ((*words, "--help"), ("help", *words)):
                shown = sonde(*asked)
                self.assertEqual(shown.returncode, 0, asked)
                self.assertIn("Examples:", shown.stdout, asked)

    def test_the_version_is_shown(self):
        self.assertRegex(sonde("--version").stdout, r"^sonde \d+\.\d+\.\d+\n$")

    def test_what_is_not_understood_is_usage_on_stderr(self):
        for words in (("frobnicate",), ("run",), ("run", "x", "--nonsense"), ("ca",), ("ca", "issue"),
                      ("run", "x", "--json", "--csv")):
            wrong = sonde(*words)
            self.assertEqual(wrong.returncode, 2, words)
            self.assertEqual(wrong.stdout, "", words)
            self.assertIn("error: ", wrong.stderr, words)


if __name__ == "__main__":
    SONDE, FIXTURES = sys.argv[1:3]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
