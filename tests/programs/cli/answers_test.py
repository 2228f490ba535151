"""What `sonde` makes of a server's answers, good and bad: a server over TLS that answers as each test wants."""
import http.server
import json
import os
import pathlib
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

SONDE, FOLDER, SERVER = None, None, None
AGENTS = ["6b1c0f8e-0000-4000-8000-000000000001", "6b1c0f8f-0000-4000-8000-000000000002",
          "a0000000-0000-4000-8000-000000000003"]


def line(**members):
    return json.dumps(members) + "\n"


class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    texts, asked, held, done = {}, [], (), threading.Event()

    def do_GET(self):
        Answers.asked.append(self.path)
        path, _, _ = self.path.partition("?")
        body = Answers.texts.get(path, "").encode()
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for begin in range(0, len(body), 65536):
                part = body[begin:begin + 65536]
                self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            if path in Answers.held:
                Answers.done.wait(60)
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.close_connection = True  # the command had enough

    def do_PUT(self):
        Answers.asked.append(self.path)
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.send_header("ETag", '"17"')
        self.end_headers()

    def log_message(self, *_):
        pass


def start_server(role):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(FOLDER / role / "cert.pem", FOLDER / role / "key.pem")
    context.load_verify_locations(FOLDER / "ca/ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"https://127.0.0.1:{server.server_port}"


def environment():
    return {**os.environ, "SONDE_IDENTITY": str(FOLDER / "operator"), "SONDE_CONTROLLER": SERVER["controller"],
            "SONDE_COLLECTOR": SERVER["collector"], "XDG_STATE_HOME": str(FOLDER / "state")}


def sonde(*words, answers=None):
    Answers.asked.clear()
    Answers.texts = {"/operator/agents": "".join(line(agent=agent, group="west" if agent[0] == "6" else "east")
                                                 for agent in AGENTS), **(answers or {})}
    return subprocess.run([SONDE, *map(str, words)], capture_output=True, text=True, timeout=60, env=environment(),
                          stdin=subprocess.DEVNULL)


def results(*words, text=""):
    return sonde("results", "ping", *words, answers={"/operator/results": text})


class Lines(unittest.TestCase):
    def test_a_hostile_line_ends_it_with_a_clear_error(self):
        good = line(rtt_ns=1)
        for bad, said in (('{"a":' + "[" * 500000 + "]" * 500000 + "}\n", "nested more than 16 deep"),
                          ("x" * 5_000_000, "a line is longer than 4194304 bytes"),
                          ("[1]\n", "a line is no JSON object"), ("{\n", "a line is no JSON: "),
                          ('{"rtt_ns":', "ends in the middle of a line")):
            for form in ((), ("--json",), ("--csv",)):
                done = results(*form, text=good + bad)
                self.assertEqual(done.returncode, 4, (said, form, done.stderr))
                self.assertIn(said, done.stderr)
                self.assertIn("1", done.stdout)  # the good line

    def test_nothing_that_matches_is_4_and_says_what_was_meant(self):
        done = sonde("results", "ping", "--task", "pnig", answers={"/operator/outcomes": line(task="ping")})
        self.assertTrue(any(path.startswith("/operator/results?") and "task=pnig" in path for path in Answers.asked),
                        Answers.asked)
        self.assertEqual((done.returncode, done.stdout), (4, ""))
        self.assertEqual(done.stderr, "no results match; did you mean 'ping'?\n")
        done = sonde("outcomes", "--schedule", "houly",
                     answers={"/operator/outcome-sums": line(schedule="hourly") + line(schedule="daily")})
        self.assertEqual(done.stderr, "no outcomes match; did you mean 'hourly'?\n")
        self.assertEqual(sonde("agents", answers={"/operator/agents": ""}).returncode, 4)

    def test_rows_of_another_kind_do_not_go_under_the_wrong_header(self):
        text = line(a=1, b=2) + line(a=3, c=4)
        done = results("--csv", text=text)
        self.assertEqual((done.returncode, done.stdout), (2, "a,b\n1,2\n"))
        self.assertIn("--csv: row 2 is of another kind than those above: 'c' is not in both; --columns", done.stderr)
        done = results("--csv", "--columns", "c,a", text=text)
        self.assertEqual((done.returncode, done.stdout), (0, "c,a\n,1\n4,3\n"), done.stderr)
        done = results("--json", "--columns", "b", text=text)
        self.assertEqual(done.stdout, '{"b":2}\n{"b":null}\n')
        done = results(text=text)
        self.assertEqual([row.split() for row in done.stdout.splitlines()], [["a", "b"], ["1", "2"], ["a", "c"], ["3", "4"]])
        self.assertEqual(results("--csv", "--table", "all", text=text).returncode, 2)

    def test_a_column_goes_by_its_name_with_and_without_the_unit(self):
        text = line(seq=1) + line(seq=2, rtt_ns=7)
        for name in ("rtt", "rtt_ns"):
            self.assertEqual(results("--json", "--columns", name, text=text).stdout, '{"rtt_ns":null}\n{"rtt_ns":7}\n')
            self.assertEqual(results("--csv", "--columns", "seq," + name, text=text).stdout, "seq,rtt_ns\n1,\n2,7\n")
        self.assertEqual(results("--csv", "--columns", "rtt,rtt_ns", text=text).stdout, "rtt_ns\n\n7\n")

    def test_a_column_that_no_row_has_is_refused_before_any_is_shown(self):
        for form in ((), ("--json",), ("--csv",)):
            done = results("--columns", "seq,ttr", *form, text=line(seq=1, ttl=2) * 3)
            self.assertEqual((done.returncode, done.stdout), (2, ""), form)
            self.assertIn("--columns: no row has 'ttr'; did you mean 'ttl'?", done.stderr)

    def test_nobody_is_to_blame_for_what_completed(self):
        answers = {"/operator/outcomes": line(outcome="completed", blame="unknown") + line(outcome="failed", blame="unknown")}
        chosen = ("outcomes", "--columns", "outcome,blame")
        self.assertEqual([row.split() for row in sonde(*chosen, answers=answers).stdout.splitlines()],
                         [["outcome", "blame"], ["completed", "-"], ["failed", "unknown"]])
        for words in (("outcomes",), chosen):
            rows = [json.loads(row) for row in sonde(*words, "--json", answers=answers).stdout.splitlines()]
            self.assertEqual([row["blame"] for row in rows], [None, "unknown"], words)

    def test_rows_are_for_people_unless_asked_otherwise(self):
        row = {"agent": AGENTS[0], "run": "x", "event": "2026-11-24T04:05:00.123456789Z", "rtt_ns": 11204300,
               "loss_ratio": 0.5, "ip_bytes": 84000, "error": None}
        done = results(text=line(**row))
        self.assertEqual(done.stdout.splitlines()[0].split(), ["agent", "event", "rtt", "loss_ratio", "ip_bytes", "error"])
        self.assertIn("6b1c0f8e  2026-11-24 04:05:00.123  11.204 ms        50 %   84.0 kB  -", done.stdout)
        self.assertEqual(done.stderr, "not shown: run; --columns NAME,... chooses, --json has all\n")
        self.assertEqual(json.loads(results("--json", text=line(**row)).stdout), row)
        met = {"task": "t", "conflict": [{"schedule": "often", "action": "ping", "task": "t"},
                                         {"schedule": "watch", "action": "", "task": "u"}]}
        self.assertNotIn("conflict", results(text=line(**met)).stdout)
        self.assertIn("often/ping/t, watch//u", results("--columns", "conflict", text=line(**met)).stdout)

    def test_a_reader_that_has_enough_is_no_error(self):
        Answers.texts = {"/operator/results": line(a=1) * 200000}
        process = subprocess.Popen([SONDE, "results", "ping", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True, env=environment())
        self.assertEqual(process.stdout.readline(), line(a=1))
        process.stdout.close()
        said = process.stderr.read()
        process.stderr.close()
        self.assertEqual((process.wait(60), said), (0, ""))

    def test_interrupt_ends_a_query_with_what_there_is(self):
        # Enough for some to be printed while the rest is awaited.
        Answers.texts, Answers.held = {"/operator/results": line(a=1) * 10000}, ("/operator/results",)
        try:
            process = subprocess.Popen([SONDE, "results", "ping"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                       text=True, env=environment())
            first = process.stdout.readline()
            process.send_signal(signal.SIGINT)
            rest, said = process.stdout.read(), process.stderr.read()
            process.stdout.close()
            process.stderr.close()
            self.assertEqual((process.wait(60), first), (0, "a\n"), said)
            self.assertEqual(said, f"interrupted after {rest.count('1')} rows\n")
            self.assertGreater(rest.count("1"), 400)
        finally:
            Answers.held = ()
            Answers.done.set()


class Agents(unittest.TestCase):
    def test_every_verb_takes_the_same_sentences(self):
        self.assertEqual(results("all", text=line(a=1)).returncode, 0)
        self.assertEqual(len(Answers.asked), 1, "all needs no list of agents")
        results("a000", text=line(a=1))
        self.assertIn(f"agent={AGENTS[2]}", Answers.asked[-1])
        results("last", text=line(a=1))
        self.assertIn(f"agent={AGENTS[2]}", Answers.asked[-1])
        sonde("outcomes", "all", "limit", "2")
        self.assertEqual(Answers.asked[1].count("agent="), 2, Answers.asked)
        shown = sonde("agents", "group=west", "--json").stdout.splitlines()
        self.assertEqual([json.loads(each)["agent"] for each in shown], AGENTS[:2])

    def test_an_unknown_agent_is_4_and_an_unclear_one_2(self):
        for verb in (("results", "ping"), ("outcomes",), ("agents",)):
            wrong = sonde(*verb, "6b1c0f8d")
            self.assertEqual(wrong.returncode, 4, verb)
            self.assertIn("no agent's id begins with '6b1c0f8d'; did you mean '6b1c0f8e-0000-", wrong.stderr)
            wrong = sonde(*verb, "6b1c")
            self.assertEqual(wrong.returncode, 2, verb)
            self.assertIn("'6b1c' is the beginning of 2 agents' ids", wrong.stderr)

    def test_an_instruction_goes_to_the_agents_of_a_sentence(self):
        path = FOLDER / "empty.json"
        path.write_text('{"ietf-lmap-control:lmap": {}}')
        done = sonde("instruct", "group=west limit 1", path, "--json")
        self.assertEqual((done.returncode, done.stdout), (0, line(agent=AGENTS[0], instruction="17").replace(": ", ":").replace(
            ", ", ",")), done.stderr)
        done = sonde("instruct", "all", "limit", "2", path, "--csv")
        self.assertEqual(done.stdout, f"agent,instruction\n{AGENTS[0]},17\n{AGENTS[1]},17\n", done.stderr)
        done = sonde("instruct", "last", path)
        self.assertEqual(done.stdout, f'{AGENTS[0]} "17"\n{AGENTS[1]} "17"\n', done.stderr)
        known = {f"/operator/agents/{AGENTS[0]}/instruction": path.read_text()}
        done = sonde("instruct", AGENTS[0], path, answers=known)
        self.assertEqual(done.stderr, "the controller had this very instruction for 1 agent already: nothing runs anew\n"
                         "`sonde agents` shows what each has applied\n")
        done = sonde("instruct", "all", "limit", "2", path, answers=known)
        self.assertIn("had this very instruction for 1 agent already", done.stderr)
        self.assertIn("set for 1 agent; one that is connected takes it at once", done.stderr)
        self.assertEqual(sonde("instruct", path).returncode, 2)
        self.assertEqual(sonde("instruct", "all", FOLDER / "none.json").returncode, 2)


class Why(unittest.TestCase):
    INSTRUCTION = """{"ietf-lmap-control:lmap": {
        "tasks": {"task": [{"name": "t", "program": "ping"}, {"name": "r", "program": "report", "option": [
            {"id": "c", "name": "collector", "value": "https://c:1"}]}]},
        "events": {"event": [{"name": "daily", "random-spread": 60, "periodic": {"interval": 86400, "start": "2026-01-01T04:00:00Z"}},
            {"name": "boot", "startup": [null]}, {"name": "past", "one-off": {"time": "2020-01-01T00:00:00Z"}}]},
        "suppressions": {"suppression": [{"name": "hush", "start": "boot", "match": ["q*"]}]},
        "schedules": {"schedule": [
            {"name": "s", "start": "daily", "suppression-tag": ["quiet"], "action": [{"name": "a", "task": "t", "destination": ["r"]}]},
            {"name": "over", "start": "past", "action": [{"name": "a", "task": "t", "destination": ["r"]}]},
            {"name": "r", "start": "daily", "action": [{"name": "a", "task": "r"}]}]}}}"""

    def why(self, schedule, *words, instruction=INSTRUCTION, failures="", outcomes="", **agent):
        row = {"agent": AGENTS[0], "last_seen": "2026-11-26T16:00:00.000000000Z", "up_to_date": True, "silent": False, **agent}
        done = sonde("why", schedule, AGENTS[0], *words, answers={
            "/operator/agents": line(**row), f"/operator/agents/{AGENTS[0]}/instruction": instruction,
            "/operator/failures": failures, "/operator/outcomes": outcomes})
        self.assertEqual(done.returncode, 0 if outcomes else 4, done.stderr)
        return " ".join(done.stdout.replace(f"{AGENTS[0][:8]}  ", "\n").split())

    def test_what_no_outcome_tells_yet_the_controller_does(self):
        said = self.why("s")
        for part in ("its instruction is in force; the controller has heard of it 2026-11-26 16:00:00",
                     "next trigger 20", "04:00:00", "by 'daily': every 86400 s, spread over 60 s",
                     "may be suppressed by 'hush', from 'boot'", "its outcomes come with 'r', next 20"):
            self.assertIn(part, said)
        self.assertIn("triggers no more by 'past': once, at 2020-01-01", self.why("over"))
        self.assertIn("it reports: how that ended comes with a later report", self.why("r"))
        self.assertIn("there is no schedule 'S' in it; did you mean 's'?", self.why("S"))
        self.assertIn("does not trigger then by 'daily'", self.why("s", "--at", "2026-11-26T05:00Z"))
        self.assertIn("triggers 1 time then by 'daily'", self.why("s", "--at", "2026-11-26T04:00Z"))
        ended = line(agent=AGENTS[0], action="a", outcome="completed", first_event="2026-11-26T04:00:00.000000000Z")
        said = self.why("s", outcomes=ended)
        self.assertIn("a completed", said)
        self.assertIn("next trigger", said)

    def test_what_keeps_an_instruction_out_is_told(self):
        refused = line(agent=AGENTS[0], kind="instruction", path="/x", message="no event named 'y'")
        said = self.why("s", up_to_date=False, applied="16", failures=line(kind="plugin", message="other") + refused)
        self.assertIn("its instruction is not in force yet; an earlier one is there, 16", said)
        self.assertIn("it has said: /x: no event named 'y'", said)
        self.assertIn("no instruction is set for it", self.why("s", instruction=""))
        self.assertIn("it is silent", self.why("s", silent=True))

    def test_without_a_controller_the_collector_is_enough(self):
        done = sonde("why", "s", AGENTS[0], "--controller", "https://127.0.0.1:1", answers={"/operator/outcomes": line(
            agent=AGENTS[0], action="a", outcome="completed", first_event="2026-11-26T04:00:00.000000000Z")})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("the controller is not asked what is next: ", done.stderr)


class Refusals(unittest.TestCase):
    def test_a_certificate_of_the_wrong_role_or_authority_is_3(self):
        wrong = sonde("agents", "--controller", SERVER["collector"])
        self.assertEqual(wrong.returncode, 3, wrong.stderr)
        subprocess.run([SONDE, "ca", "init", FOLDER / "other"], check=True, capture_output=True)
        subprocess.run([SONDE, "ca", "issue", "operator", "--ca", FOLDER / "other", "--out", FOLDER / "stranger"],
                       check=True, capture_output=True)
        wrong = sonde("agents", "--identity", FOLDER / "stranger")
        self.assertEqual(wrong.returncode, 3, wrong.stderr)

    def test_an_identity_that_is_not_there_is_2_and_names_what_gave_it(self):
        wrong = sonde("agents", "--identity", FOLDER / "nobody")
        self.assertEqual(wrong.returncode, 2)
        self.assertEqual(wrong.stderr, f"error: --identity or $SONDE_IDENTITY: there is no folder '{FOLDER}/nobody'\n")

    def test_a_server_that_is_not_there_is_4(self):
        self.assertEqual(sonde("agents", "--controller", "https://127.0.0.1:1").returncode, 4)


if __name__ == "__main__":
    SONDE = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        FOLDER = pathlib.Path(name)
        subprocess.run([SONDE, "ca", "init", FOLDER / "ca"], check=True, capture_output=True)
        for role in ("controller", "collector", "operator"):
            hosts = ["--host", "127.0.0.1"] if role != "operator" else []
            subprocess.run([SONDE, "ca", "issue", role, "--ca", FOLDER / "ca", "--out", FOLDER / role, *hosts],
                           check=True, capture_output=True)
        SERVER = {role: start_server(role) for role in ("controller", "collector")}
        unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
