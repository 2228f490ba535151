"""The command `sonde` as a person or a script uses it: the real launcher, the real runner, plugins made for tests."""
import base64
import csv
import fcntl
import hashlib
import itertools
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import unittest
import uuid

SONDE, FIXTURES = None, None


def sonde(*words, **popen):
    # A sanitizer must not take over the signal that a crash is judged by.
    environment = {**os.environ, "SONDE_PLUGINS": FIXTURES, "ASAN_OPTIONS": "handle_segv=0"}
    return subprocess.run([SONDE, *map(str, words)], capture_output=True, text=True, timeout=60, env=environment,
                          stdin=subprocess.DEVNULL, **popen)


def at_terminal(*words, columns=80, interrupt_after=None, **environment):
    """Runs it with a terminal of that width as stdout and stderr: (what stood on it, exit status)."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen([SONDE, *map(str, words)], stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs,
                               env={**os.environ, "SONDE_PLUGINS": FIXTURES, "TERM": "xterm", **environment})
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the last writer is gone
            break
        if not part:
            break
        shown += part
        if interrupt_after and interrupt_after.encode() in shown:
            process.send_signal(signal.SIGINT)
            interrupt_after = None
    os.close(ours)
    return shown.decode().replace("\r\n", "\n"), process.wait(60)


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

    def test_a_plugin_of_a_later_abi_runs_with_what_is_known_of_it(self):
        done = sonde("run", fixture("future"), "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout), {"table": "sample", "number": 5, "word": "odd", "elapsed_ns": 5000})

    def test_csv_has_a_header(self):
        done = sonde("run", fixture("rows"), "count=1", "--csv")
        self.assertEqual(done.stdout, "number,word,elapsed_ns\n0,even,0\n")

    def test_csv_has_a_header_without_any_row_too(self):
        for more, header in (((), "target,"), (("--repeat", "2"), "round,target,")):
            refused = sonde("run", fixture("probe"), "forbidden", "--csv", *more)
            self.assertEqual(refused.returncode, 3, refused.stderr)
            self.assertTrue(refused.stdout.startswith(header), refused.stdout)
            self.assertEqual(refused.stdout.count("\n"), 1, refused.stdout)

    def test_a_number_that_is_none_is_refused_as_that(self):
        for word in ("x", "0", "-1", "1x", "99999999999999999999"):
            wrong = sonde("run", fixture("rows"), f"--repeat={word}")
            self.assertEqual(wrong.returncode, 2)
            self.assertIn(f"--repeat: '{word}' is no whole number from 1 to 1000000", wrong.stderr)

    def test_any_two_output_options_work_or_are_refused_with_a_word(self):
        options = (("--json",), ("--csv",), ("--table", "summary"), ("--columns", "seq,outcome"), ("--repeat", "2"), ("--trace",),
                   ("--verbose",), ("--deadline", "30s"), ("--in-process",), ("--under", "env"))
        for one, other in itertools.combinations(options, 2):
            both = (*one, *other)
            done = sonde("run", fixture("probe"), "host", *both)
            if done.returncode == 2:
                self.assertRegex(done.stderr, "^error: .*--", both)
                self.assertEqual(done.stdout, "", both)
                continue
            self.assertEqual(done.returncode, 0, (both, done.stderr))
            if "--json" in both:
                self.assertTrue(all(isinstance(json.loads(line), dict) for line in done.stdout.splitlines()), both)
            elif "--csv" in both:
                self.assertEqual(len({len(row) for row in csv.reader(done.stdout.splitlines())}), 1, (both, done.stdout))

    def test_csv_is_one_table_and_says_what_it_leaves_out(self):
        done = sonde("run", fixture("probe"), "host", "--csv", "--columns", "seq,outcome")
        self.assertEqual(done.stdout, "seq,outcome\n1,reply\n2,lost\n")
        self.assertNotIn("not shown", done.stderr)
        done = sonde("run", fixture("probe"), "host", "--csv")
        self.assertIn("1 row of summary not shown, a file of CSV is one table; --table summary shows them", done.stderr)
        done = sonde("run", fixture("probe"), "host", "--csv", "--columns", "loss_ratio,sent")
        self.assertEqual((done.stdout, done.returncode), ("loss_ratio,sent\n0.5,2\n", 0))
        done = sonde("run", fixture("probe"), "host", "--csv", "--table", "summary")
        self.assertEqual(done.stdout, "target,sent,loss_ratio,rtt_min_ns,rtt_max_ns\nhost,2,0.5,11187000,11204301\n")
        self.assertNotIn("not shown", done.stderr)

    def test_a_run_begins_with_what_is_in_force_and_ends_with_a_sentence(self):
        done = sonde("run", fixture("probe"), "host", "size=2kB", "interval=1ms")
        self.assertEqual(done.stderr.splitlines()[:2],
                         ["probe host, count 2 packets, size 2.0 kB, interval 1 ms, clock CLOCK_REALTIME",
                          "  asks nobody, and says what it heard"])
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0].split(), ["target", "seq", "outcome", "rtt", "cold", "at", "ttl", "error"])
        self.assertRegex(lines[1], r"^host +1  reply +11\.204 ms  true ")
        self.assertEqual(lines[3], "host: 2 sent, loss 50 %; rtt min 11.187 max 11.204 ms")
        self.assertEqual(len(lines), 4)
        table = sonde("run", fixture("probe"), "host", "--table", "summary").stdout.splitlines()
        self.assertEqual(table[1].split(), ["host", "2", "50", "%", "11.187", "ms", "11.204", "ms"])
        self.assertNotIn("asks nobody", sonde("run", fixture("probe"), "host", "--json").stderr)

    def test_a_narrow_terminal_drops_columns_with_a_word_and_folds_flags_and_remarks(self):
        shown, status = at_terminal("run", fixture("probe"), "host", columns=44)
        self.assertEqual(status, 0, shown)
        self.assertIn("no room here for at of packet; --columns\n", shown)
        plain = re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines()
        self.assertIn("seq  outcome         rtt  ttl", plain)
        self.assertIn("  1  reply     11.204 ms   57  cold", plain)
        self.assertIn("  2  lost              -    -  error: nothing came", plain)
        # A remark is as long as it is; a terminal wraps it.
        self.assertTrue(all(len(line) <= 44 for line in plain if "nothing came" not in line), shown)
        wide, _ = at_terminal("run", fixture("probe"), "host", columns=200)
        self.assertNotIn("no room", wide)
        chosen, _ = at_terminal("run", fixture("probe"), "host", "--columns", "seq,at,error", columns=20)
        self.assertNotIn("no room", chosen)

    def test_colour_is_for_terminals_that_want_it(self):
        self.assertIn("\x1b[1m", at_terminal("run", fixture("rows"))[0])
        self.assertNotIn("\x1b[1m", at_terminal("run", fixture("rows"), NO_COLOR="1")[0])
        self.assertNotIn("\x1b", at_terminal("run", fixture("rows"), TERM="dumb")[0])

    def test_a_long_run_shows_its_progress_at_a_terminal_only(self):
        slow = ("run", fixture("probe"), "host", "count=16", "interval=100ms", "--json")
        shown, _ = at_terminal(*slow)
        self.assertRegex(shown, r"probe: \d+ of 16, \d+ %, \d\.\d+ s\r\x1b\[K")
        self.assertNotIn(" of 16", sonde(*slow).stderr)
        self.assertNotIn(" of 16", at_terminal(*slow, TERM="dumb")[0])

    def test_a_socket_that_is_not_permitted_is_3(self):
        refused = sonde("run", fixture("probe"), "forbidden")
        self.assertEqual(refused.returncode, 3)
        self.assertIn("denied (1): no raw socket", refused.stderr)
        self.assertIn("not permitted", refused.stderr)

    @unittest.skipUnless(os.geteuid() == 0, "all of these tests are an ordinary user's here")
    def test_an_ordinary_user_runs_what_asks_for_no_privilege(self):
        try:
            done = sonde("run", fixture("rows"), "count=1", "--csv", user=65534, group=65534, extra_groups=[])
        except PermissionError:
            self.skipTest("another user may not run what was built here")
        self.assertEqual((done.stdout, done.returncode), ("number,word,elapsed_ns\n0,even,0\n", 0), done.stderr)
        refused = sonde("run", fixture("hostile"), "deed=own-header", user=65534, group=65534, extra_groups=[])
        self.assertEqual(refused.returncode, 3, refused.stderr)
        self.assertIn("no socket: Operation not permitted", refused.stderr)

    def test_columns_and_tables_can_be_chosen(self):
        done = sonde("run", fixture("rows"), "count=1", "--json", "--columns", "word,number")
        self.assertEqual(json.loads(done.stdout), {"table": "sample", "word": "even", "number": 0})
        done = sonde("run", fixture("probe"), "host", "--csv", "--columns", "seq,rtt_ns")
        self.assertEqual(done.stdout, sonde("run", fixture("probe"), "host", "--csv", "--columns", "seq,rtt").stdout)
        self.assertTrue(done.stdout.startswith("seq,rtt_ns\n1,"), done.stderr)
        wrong = sonde("run", fixture("probe"), "host", "--columns", "seq,outcom")
        self.assertEqual((wrong.returncode, wrong.stdout), (2, ""))
        self.assertIn("--columns: probe has no column 'outcom'; did you mean 'outcome'?", wrong.stderr)
        wrong = sonde("run", fixture("probe"), "host", "--columns", "seq,loss_ratio")
        self.assertIn("--columns: no table of probe has them all", wrong.stderr)
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
        said = process.stderr.read()
        process.wait(60)
        process.stderr.close()
        self.assertEqual(process.returncode, 0, said)
        self.assertNotIn("error", said)

    def test_what_is_no_plugin_is_refused_with_the_reason(self):
        for name in ("abi2", "no_symbol", "wrong_magic"):
            refused = sonde("run", fixture(name))
            self.assertIn(refused.returncode, (2, 4), name)
            self.assertRegex(refused.stderr, "error: .*" + name)
        missing = sonde("run", "/nonexistent/x.so")
        self.assertEqual(missing.returncode, 2)
        self.assertIn("No such file", missing.stderr)

    def test_a_method_that_cannot_be_begun_is_refused_with_the_reason(self):
        with tempfile.TemporaryDirectory() as folder:
            taken = pathlib.Path(folder, "taken")
            taken.mkdir()
            for words, said in ((("Not_A_Name",), "'Not_A_Name'"), (("fine", "--folder", taken), str(taken)),
                                *((("fine", "--folder", pathlib.Path(folder, "new"), "--licence", licence), "Apache-2.0 OR MIT")
                                  for licence in ("", "not a licence", "MIT OR", "(MIT", "MIT)", "AND", "..", "a/b")),
                                (("fine", "--folder", pathlib.Path(folder, "new"), "--lang", "ada"), "ada")):
                refused = sonde("new", *words)
                self.assertEqual(refused.returncode, 2, (words, refused.stderr))
                self.assertRegex(refused.stderr, "^error: ")
                self.assertIn(said, refused.stderr, words)
            self.assertEqual([name.name for name in pathlib.Path(folder).rglob("*")], ["taken"])
            whole = "(GPL-2.0+ WITH Classpath-exception-2.0 OR MIT) AND LicenseRef-Ours"
            begun = sonde("new", "fine", "--folder", pathlib.Path(folder, "new"), "--licence", whole)
            self.assertEqual(begun.returncode, 0, begun.stderr)

    def test_without_a_launcher_nothing_runs(self):
        nowhere = subprocess.run([SONDE, "run", fixture("rows")], capture_output=True, text=True,
                                 env={**os.environ, "SONDE_LIBEXEC": "/nonexistent"})
        self.assertEqual(nowhere.returncode, 4)
        self.assertIn("sonde-launcher is not found", nowhere.stderr)
        with tempfile.TemporaryDirectory() as folder:
            launcher = pathlib.Path(folder, "sonde-launcher")
            launcher.write_text("#!/bin/sh\nexit 1\n")
            launcher.chmod(0o755)
            for words in (("run", fixture("rows")), ("run", "rows"), ("describe", fixture("rows"))):
                lost = subprocess.run([SONDE, *words], capture_output=True, text=True,
                                      env={**os.environ, "SONDE_LIBEXEC": folder, "SONDE_PLUGINS": FIXTURES})
                self.assertEqual(lost.returncode, 4, lost.stderr)
                self.assertIn("launcher", lost.stderr)


def is_there(tool):
    if shutil.which(tool) is None:
        print(f"skipped  a run under {tool}: it is not installed", flush=True)
        return False
    return True


class Lists(unittest.TestCase):
    """Of each type that an option may have: what is given, and its items as (integer, real, text)."""
    DEFAULTS = {"bools": [(1, 0, "true"), (0, 0, "false")],
                "ints": [(-1, 0, "-1"), (2**63 - 1, 0, "9223372036854775807")],
                "doubles": [(0, 0.5, "0.5"), (0, -2, "-2")],
                "strings": [(0, 0, "one"), (0, 0, "t w o")],
                "enums": [(2, 0, "blue"), (0, 0, "red")],
                "durations": [(10_000_000, 0, "10ms"), (2_000_000_000, 0, "2s")],
                "addresses": [(0, 0, "192.0.2.1"), (0, 0, "2001:db8::1")],
                "hosts": [(0, 0, "a.example"), (0, 0, "192.0.2.2")],
                "urls": [(0, 0, "http://a.example/x"), (0, 0, "https://b.example:1/")],
                "ports": [(1, 0, "1"), (65535, 0, "65535")]}
    GIVEN = {"bools": [(0, 0, "false")] * 2 + [(1, 0, "true")],
             "ints": [(-2**63, 0, "-9223372036854775808"), (0, 0, "0"), (7, 0, "7")],
             "doubles": [(0, 1e-9, "1e-9"), (0, 3, "3"), (0, 0, "0")],
             "strings": [(0, 0, "\u00fc"), (0, 0, "="), (0, 0, "x")],
             "enums": [(1, 0, "green"), (1, 0, "green"), (2, 0, "blue")],
             "durations": [(1, 0, "1ns"), (0, 0, "0s"), (60_000_000_000, 0, "1m")],
             "addresses": [(0, 0, "::1"), (0, 0, "127.0.0.1"), (0, 0, "::")],
             "hosts": [(0, 0, "b"), (0, 0, "::1"), (0, 0, "c.example")],
             "urls": [(0, 0, "http://[::1]:8/"), (0, 0, "https://x.example/?a=b"), (0, 0, "http://y.example/")],
             "ports": [(80, 0, "80"), (8080, 0, "8080"), (443, 0, "443")]}

    def seen(self, *words):
        done = sonde("run", fixture("lists"), *words, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        found = {}
        for row in map(json.loads, done.stdout.splitlines()):
            found.setdefault(row["option"], []).append((row["integer"], row["real"], row["text"]))
        return found

    def test_a_list_of_any_type_arrives_as_it_is_by_default(self):
        self.assertEqual(self.seen(), self.DEFAULTS)

    def test_a_list_of_any_type_arrives_as_it_was_given_by_commas_and_repeated(self):
        texts = {option: [text for _, _, text in items] for option, items in self.GIVEN.items()}
        self.assertEqual(self.seen(*(f"{option}={','.join(items)}" for option, items in texts.items())), self.GIVEN)
        self.assertEqual(self.seen(*(f"{option}={item}" for option, items in texts.items() for item in items)), self.GIVEN)

    def test_one_bad_item_of_a_list_is_refused(self):
        for option in self.DEFAULTS.keys() - {"strings"}:
            refused = sonde("run", fixture("lists"), f"{option}={self.DEFAULTS[option][0][2]},not a value")
            self.assertEqual(refused.returncode, 2, (option, refused.stderr))
            self.assertIn(option, refused.stderr)


class Vendor(unittest.TestCase):
    """What somebody who writes a method wants of a run."""

    def test_a_run_can_be_repeated(self):
        rows = sonde("run", fixture("probe"), "host", "count=1", "--repeat", "3", "--json", "--table", "packet").stdout
        self.assertEqual([json.loads(row)["round"] for row in rows.splitlines()], [1, 2, 3])
        done = sonde("run", fixture("rows"), "count=1", "--repeat", "2", "--csv")
        self.assertEqual(done.stdout, "round,number,word,elapsed_ns\n1,0,even,0\n2,0,even,0\n")
        self.assertEqual(done.stderr.count("done: 1 row in "), 2)
        failed = sonde("run", fixture("fails"), "once", "--repeat", "2", "--json")
        self.assertEqual(failed.returncode, 1)
        self.assertIn("2 of 2 runs failed", failed.stderr)

    def test_a_trace_says_every_call_with_its_time(self):
        for more in ((), ("--in-process",)):
            done = sonde("run", fixture("probe"), "host", "count=1", "--trace", "--json", *more)
            self.assertEqual(done.returncode, 0, done.stderr)
            calls = [line.split("  ")[1] for line in done.stderr.splitlines() if line.startswith("+")]
            self.assertEqual(calls[0], "run() entered")
            self.assertRegex(calls[1], r"^now\(MONOTONIC\) = \d+$")
            self.assertRegex(calls[3], r'^row\(packet: "host", 1, "reply", 11204301 ns, 1, \d+ ns, 57, null\) = 0$')
            self.assertEqual(calls[4], "progress(1, 1)")
            self.assertRegex(calls[5], r"^sleep_until\(\d+\) = 0$")
            self.assertEqual(calls[-1], "run() returned 0")
            self.assertEqual(len(calls), 8)
            self.assertRegex(done.stderr, r"(?m)^\+0\.\d{6} s  progress\(1, 1\)  \(\d+\.\d us\)$")
        self.assertNotIn("now(", sonde("run", fixture("probe"), "host").stderr)

    def test_a_plugin_that_prints_too_much_is_cut_and_that_is_said(self):
        done = sonde("run", fixture("hostile"), "deed=shout", "--json")
        self.assertEqual(done.returncode, 0, done.stderr[-1000:])
        lines = json.loads(done.stdout.splitlines()[0])["number"]
        printed = "".join(f"line {line} of a flood\n" for line in range(lines))
        shown = printed[:1024 * 1024]
        self.assertTrue(done.stderr.startswith(shown))
        cut = re.search(r"(?m)^the plugin printed [\d.]+ [kM]?B more, which are left out$", done.stderr[len(shown):])
        self.assertEqual(cut is not None, len(printed) > len(shown))

    def test_a_trace_says_what_a_call_has_brought(self):
        for words, said in ((("sockets", "1"), r"socket\(UDP, family 4, 1\) = 0: descriptor \d+  \("),
                            (("sockets", "2", "count=3"), r"socket\(TCP, family 4, 3\) = 0: descriptors \d+, \d+, \d+  \("),
                            (("sockets", "9"), r"socket\(9, family 4, 1\) = 22: EINVAL  \("),
                            (("echo", "127.0.0.1"), r'resolve\("127.0.0.1"\) = 0: 127\.0\.0\.1  \('),
                            (("echo", "::1"), r'resolve\("no-such-name\.invalid"\) = -\d+: [A-Z][a-z ]+  \(')):
            self.assertRegex(sonde("run", fixture(words[0]), *words[1:], "--trace", "--json").stderr, said)
        listens = sonde("run", fixture("listen") + ":listen", "--trace", "--json")
        self.assertRegex(listens.stderr, r"listen\(TCP, family 4, port 0\) = 0: descriptor \d+  \(")

    def test_a_run_in_one_process_is_as_any_other(self):
        forked, single = (sonde("run", fixture("rows"), "count=2", "--json", *more) for more in ((), ("--in-process",)))
        self.assertEqual((single.returncode, single.stdout), (0, forked.stdout), single.stderr)
        repeated = sonde("run", fixture("rows"), "count=1", "--json", "--in-process", "--repeat", "3")
        self.assertEqual(len(repeated.stdout.splitlines()), 3, repeated.stderr)
        failed = sonde("run", fixture("fails"), "once", "--in-process")
        self.assertEqual(failed.returncode, 1)
        self.assertIn("failed (7): no answer from there; the target's", failed.stderr)
        for fixed in ("crash", "abort", "leave"):
            forked, single = (sonde("run", fixture(fixed), "--json", *more) for more in ((), ("--in-process",)))
            said = [re.findall(r"(?m)^error: .*", each.stderr) for each in (forked, single)]
            self.assertEqual((single.returncode, single.stdout, said[1]), (forked.returncode, forked.stdout, said[0]), fixed)
            self.assertEqual((single.returncode, len(said[0])), (1, 1), single.stderr)
        self.assertIn("SIGSEGV (-11): crash was killed by SIGSEGV (Segmentation fault)",
                      sonde("run", fixture("crash"), "--in-process").stderr)
        late = sonde("run", fixture("rows"), "count=1000", "interval=20ms", "--deadline", "200ms", "--in-process", "--json")
        self.assertEqual(late.returncode, 1)
        self.assertIn("timeout (100)", late.stderr)
        for stuck in ("hang", "stubborn"):
            killed = sonde("run", fixture(stuck), "--deadline", "200ms", "--in-process")
            self.assertEqual(killed.returncode, 1)
            self.assertIn("timeout (100): its deadline passed; it did not stop when asked and was killed", killed.stderr)
        sockets = sonde("run", fixture("sockets"), "--in-process")
        self.assertEqual(sockets.returncode, sonde("run", fixture("sockets")).returncode, sockets.stderr)

    def test_a_run_goes_under_a_tool(self):
        done = sonde("run", fixture("rows"), "count=2", "--json", "--under", "env -u HOME")
        self.assertEqual((done.returncode, len(done.stdout.splitlines())), (0, 2), done.stderr)
        for tool, said in (("no-such-tool", "no program 'no-such-tool'"), ("a | b", "is no command line"),
                           ("  ", "no program"), ("", "no program")):
            wrong = sonde("run", fixture("rows"), "--under", tool)
            self.assertEqual(wrong.returncode, 2, wrong.stderr)
            self.assertRegex(wrong.stderr, f"^error: --under: .*{re.escape(said)}")
        nothing = sonde("run", fixture("rows"), "--under", "false", "--repeat", "3")
        self.assertEqual(nothing.returncode, 4)
        self.assertEqual(nothing.stderr.count("false ended before it ran the method"), 1, nothing.stderr)
        launcher = pathlib.Path(SONDE).resolve().parent.parent / "launcher/sonde-launcher"
        for words in (("--socket", "/nonexistent/x", "--agent-user", "root", "--attended"), ("--socket-fd", "0", "--tool", "x")):
            self.assertEqual(subprocess.run([launcher, *words], capture_output=True).returncode, 2, "a daemon never does that")
        self.assertEqual(sonde("run", fixture("rows"), "--under", "env", "--in-process").returncode, 2)

    def test_gdb_stops_in_the_method_and_has_one_run(self):
        if not is_there("gdb"):
            return
        words = "break run\nrun\ninfo symbol $pc\ncontinue\nrun\nquit\n"
        seen = subprocess.run([SONDE, "run", fixture("rows"), "count=1", "--json", "--under", "gdb -q -nx"], input=words,
                              capture_output=True, text=True, timeout=120)
        self.assertEqual((seen.returncode, len(seen.stdout.splitlines())), (0, 1), seen.stderr)
        self.assertRegex(seen.stderr, r"(?m)run .*in section \.text of .*/rows\.so$")
        self.assertEqual(seen.stderr.count("Breakpoint 1,"), 1, seen.stderr)
        self.assertIn("the one run is over", seen.stderr)
        killed = subprocess.run([SONDE, "run", fixture("rows"), "--under", "gdb -q -nx"], input="break run\nrun\nkill\nquit\n",
                                capture_output=True, text=True, timeout=120)
        self.assertEqual(killed.returncode, 1, killed.stderr)
        self.assertIn("rows ended with status 0 and without a result", killed.stderr)
        unused = subprocess.run([SONDE, "run", fixture("rows"), "--under", "gdb -q -nx"], input="quit\n",
                                capture_output=True, text=True, timeout=120)
        self.assertEqual(unused.returncode, 4, unused.stderr)
        self.assertIn("gdb ended before it ran the method; say `run` in it", unused.stderr)

    def test_the_usual_tools_see_the_method(self):
        for tool, said in (("gdb -batch -ex run -ex backtrace", "SIGSEGV"), ("strace", "SIGSEGV"), ("valgrind", "Invalid")):
            if not is_there(tool.split()[0]):
                continue
            runner = pathlib.Path(SONDE).resolve().parent.parent / "runner/sonde-runner"
            if tool == "valgrind" and b"__asan_init" in runner.read_bytes():
                print("skipped  a run under valgrind: it cannot run what has the address sanitizer in it", flush=True)
                continue
            seen = sonde("run", fixture("crash"), "--json", "--under", tool)
            self.assertIn(said, seen.stderr, tool)
            self.assertEqual((seen.returncode, len(seen.stdout.splitlines())), (1, 1), tool + seen.stderr)


class Several(unittest.TestCase):
    def test_each_method_of_a_file_is_named_behind_a_colon(self):
        which = sonde("run", fixture("several"))
        self.assertEqual(which.returncode, 2)
        self.assertIn("it has several-one, several-two", which.stderr)
        two = sonde("run", fixture("several") + ":several-two", "--json")
        self.assertEqual(json.loads(two.stdout)["number"], 2, two.stderr)
        self.assertEqual(sonde("run", "several-one", "--json").returncode, 0)

    def test_the_rows_of_one_run_are_the_input_of_another(self):
        done = sonde("run", fixture("input"), "--json", "--input", fixture("rows") + " count=2", "--input", "several-two")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([row["place"] for row in rows[0::3]],
                         ["rows/sample/number", "rows/sample/number", "several-two/sample/number"])
        self.assertEqual([row["value"] for row in rows[1::3]], ["even", "odd", "even"])
        self.assertEqual(sonde("run", fixture("rows"), "--input", "several-two").returncode, 2)
        failed = sonde("run", fixture("input"), "--input", fixture("fails") + " how=once")
        self.assertEqual(failed.returncode, 1)
        self.assertIn("no answer from there", failed.stderr)
        self.assertEqual(failed.stdout, "")

    def test_a_method_is_told_what_it_asks_for_and_the_person_gives(self):
        told = sonde("run", fixture("echo"), "127.0.0.1", "--json", "--parameter", "contract=100 Mb/s")
        self.assertIn({"table": "seen", "name": "contract", "value": "100 Mb/s"},
                      [json.loads(line) for line in told.stdout.splitlines()])
        for word in ("contract", "No=1", "=1"):
            self.assertEqual(sonde("run", fixture("echo"), "127.0.0.1", "--parameter", word).returncode, 2, word)
        wrong = sonde("run", fixture("echo"), "127.0.0.1", "--parameter", "address=1")
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("does not ask for 'address'; it asks for contract, technology", wrong.stderr)


class Describe(unittest.TestCase):
    def test_describe_asks_the_probe_and_shows_needs_parameters_and_the_manual(self):
        echo = sonde("describe", fixture("echo")).stdout
        self.assertRegex(echo, r"runs here +no: not on this machine")
        self.assertRegex(echo, r"asks for +contract, technology")
        several = sonde("describe", "several-one").stdout
        self.assertRegex(several, r"runs here +yes")
        self.assertRegex(several, r"requires +sonde.listen/1 of the host")
        self.assertTrue(several.endswith("\n# Several\n\nCounts methods.\n"), several)
        known = json.loads(sonde("describe", "several-one", "--json").stdout)
        self.assertEqual((known["runs_here"], known["plugin"]["requires"]), (True, ["sonde.listen/1"]))
        self.assertNotIn("runs_here", json.loads(sonde("describe", fixture("rows"), "--json").stdout))

    def test_describe_shows_options_tables_and_statuses(self):
        shown = sonde("describe", fixture("rows"))
        self.assertEqual(shown.returncode, 0, shown.stderr)
        for words in ("rows 1.0", "at most count * 150 bytes", "urn:example:fixture", "interval", "rows of table sample",
                      "even|odd", "failed"):
            self.assertIn(words, shown.stdout)

    def test_describe_puts_a_help_that_has_no_room_below(self):
        shown, _ = at_terminal("describe", fixture("probe"), columns=60)
        facts = shown[shown.index("  option "):]
        self.assertRegex(facts, r"(?m)^  interface .*\n {8}the network interface to use$")
        self.assertRegex(at_terminal("describe", fixture("probe"), columns=200)[0], r"(?m)^  interface .* the network interface to use$")

    def test_describe_shows_what_a_function_fixes(self):
        self.assertRegex(sonde("describe", fixture("probe")).stdout,
                         r"function +urn:example:fixture\n +function +urn:example:fixture:size-56\n +fixes size=56\n")
        self.assertEqual(json.loads(sonde("describe", fixture("probe"), "--json").stdout)["functions"],
                         [{"uri": "urn:example:fixture", "roles": [], "fixed_options": []},
                          {"uri": "urn:example:fixture:size-56", "roles": [], "fixed_options": ["size=56"]}])

    def test_describe_gives_json(self):
        shown = json.loads(sonde("describe", fixture("rows"), "--json").stdout)
        self.assertEqual(shown["method"], "rows")
        self.assertEqual([option["id"] for option in shown["options"]], ["count", "interval"])
        self.assertEqual(shown["options"][0]["default"], "3")
        self.assertEqual(shown["tables"][0]["columns"][1]["words"], ["even", "odd"])
        self.assertEqual(shown["statuses"][0], {"code": 7, "id": "failed", "blame": "target", "help": "it failed"})
        self.assertTrue(re.fullmatch("[0-9a-f]{64}", shown["plugin"]["sha256"]))


class Plugins(unittest.TestCase):
    def test_plugins_are_listed_with_their_state_and_the_reason(self):
        with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
            os.chmod(first, 0o755), os.chmod(second, 0o755)
            shutil.copy(fixture("rows"), f"{first}/rows.so")
            shutil.copy(fixture("rows"), f"{second}/other.so")
            shutil.copy(fixture("abi2"), second)
            shutil.copy(fixture("echo"), second)
            listed = sonde("plugins", "--plugins", first, "--plugins", second, "--json")
            self.assertEqual(listed.returncode, 0, listed.stderr)
            rows, abi2, echo, other = (json.loads(line) for line in listed.stdout.splitlines())
            self.assertEqual((rows["state"], rows["methods"], rows["file"]), ("ready", ["rows"], f"{first}/rows.so"))
            with open(rows["file"], "rb") as file:
                self.assertEqual(rows["sha256"], hashlib.sha256(file.read()).hexdigest())
            self.assertEqual((abi2["plugin"], abi2["state"], abi2["version"]), ("abi2", "refused", None))
            self.assertIn("ABI", abi2["reason"])
            self.assertEqual((echo["state"], echo["reason"]), ("unfit", "echo cannot run here: not on this machine"))
            self.assertEqual(other["state"], "shadowed")
            self.assertIn(rows["file"], other["reason"])
            table = sonde("plugins", "--plugins", second, "--columns", "plugin,state")
            self.assertRegex(table.stdout, r"(?m)^abi2 +refused$")

    def test_no_plugin_is_4(self):
        with tempfile.TemporaryDirectory() as empty:
            nothing = sonde("plugins", "--plugins", empty)
            self.assertEqual((nothing.returncode, nothing.stdout), (4, ""))
            self.assertIn(empty, nothing.stderr)
            for words in (("plugins",), ("run", "rows"), ("describe", "rows")):
                wrong = sonde(*words, "--plugins", f"{empty}/gone")
                self.assertEqual(wrong.returncode, 2, words)
                self.assertEqual(wrong.stderr, f"error: --plugins: {empty}/gone: No such file or directory\n")

    def test_what_is_for_the_list_is_refused_where_a_plugin_is_released(self):
        for words in (("--plugins", FIXTURES), ("--json",), ("--csv",), ("--columns", "plugin")):
            wrong = sonde("plugins", *words, "release", "ping")
            self.assertEqual((wrong.returncode, wrong.stdout), (2, ""), words)
            self.assertIn("are for the list", wrong.stderr, words)


class Sign(unittest.TestCase):
    def test_a_signature_is_one_that_openssl_knows(self):
        with tempfile.TemporaryDirectory() as folder:
            key, plugin = f"{folder}/key.pem", f"{folder}/rows.so"
            subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True)
            shutil.copy(fixture("rows"), plugin)
            signed = sonde("sign", plugin, "--key", key)
            self.assertEqual(signed.returncode, 0, signed.stderr)
            self.assertEqual(len(base64.b64decode(signed.stdout)), 32)
            public = subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"], check=True,
                                    capture_output=True).stdout
            self.assertEqual(public[-32:], base64.b64decode(signed.stdout))
            pathlib.Path(folder, "message").write_text(
                f"sonde-plugin sha256 {hashlib.sha256(pathlib.Path(plugin).read_bytes()).hexdigest()}\n")
            pathlib.Path(folder, "raw").write_bytes(base64.b64decode(pathlib.Path(f"{plugin}.sig").read_text()))
            verified = subprocess.run(["openssl", "pkeyutl", "-verify", "-inkey", key, "-rawin", "-in", f"{folder}/message",
                                       "-sigfile", f"{folder}/raw"], capture_output=True, text=True)
            self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)

    def test_what_cannot_sign_or_be_signed_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            missing = sonde("sign", fixture("rows"), "--key", f"{folder}/key.pem")
            self.assertEqual(missing.returncode, 2)
            self.assertRegex(missing.stderr, "error: .*key.pem: No such file.*openssl genpkey")
            nothing = sonde("sign", f"{folder}/none.so", "--key", f"{folder}/key.pem")
            self.assertEqual(nothing.returncode, 2)
            self.assertIn("none.so", nothing.stderr)
            for text, said in ((b"", "is empty"), (b"a text\n", "not a shared object"), (b"\x7fELF", "no plugin")):
                pathlib.Path(folder, "other.so").write_bytes(text)
                refused = sonde("sign", f"{folder}/other.so", "--key", f"{folder}/key.pem")
                self.assertEqual(refused.returncode, 2, refused.stderr)
                self.assertRegex(refused.stderr, f"error: .*other.so: {said}")
                self.assertFalse(os.path.exists(f"{folder}/other.so.sig"))


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

    def test_every_example_is_good_and_installed(self):
        folder = pathlib.Path(__file__).resolve().parents[3] / "examples"
        installed = (folder / "meson.build").read_text()
        names = sorted(path.name for path in folder.iterdir() if path.is_file() and path.name != "meson.build")
        self.assertIn("ping.json", names)
        for name in names:
            self.assertIn(f"'{name}'", installed)
            self.assertTrue(name.endswith(".json"), name)
            if name.startswith("policy"):
                continue  # which the test of policies reads
            good = sonde("validate", folder / name)
            self.assertEqual((good.returncode, good.stderr), (0, ""), name)

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
            for role in ("controller", "collector", "peer"):
                nameless = sonde("ca", "issue", role, "--ca", ca, "--out", f"{folder}/n")
                self.assertEqual(nameless.returncode, 2, role)
                self.assertIn(f"clients accept a {role} only by a name or address in its certificate", nameless.stderr)
                self.assertFalse(pathlib.Path(folder, "n").exists())
            for words in (("king", "--out", f"{folder}/k"), ("agent", "--out", f"{folder}/k", "--id", "7"),
                          ("agent", "--out", f"{folder}/k", "--days", "0")):
                self.assertEqual(sonde("ca", "issue", *words, "--ca", ca).returncode, 2)
            self.assertEqual(sonde("ca", "issue", "agent", "--ca", f"{folder}/none", "--out", f"{folder}/k").returncode, 2)


class Grammar(unittest.TestCase):
    def test_help_is_everywhere_and_has_examples(self):
        verbs = re.findall(r"^  (\w+) ", sonde("--help").stdout.split("Subcommands:")[1].split("\n\n")[0], re.M)
        self.assertIn("trace", verbs)
        for words in ((), *((verb,) for verb in verbs), ("ca", "init"), ("ca", "issue"), ("plugins", "release")):
            for asked in ((*words, "--help"), ("help", *words)):
                shown = sonde(*asked)
                self.assertEqual(shown.returncode, 0, asked)
                self.assertIn("Examples:", shown.stdout, asked)

    def test_the_version_is_shown(self):
        self.assertRegex(sonde("--version").stdout, r"^sonde \d+\.\d+\.\d+\n$")

    def test_a_mistyped_word_is_met_with_the_right_one(self):
        for words, said in ((("rnu", "ping"), "`sonde` has no verb 'rnu'; did you mean 'run'?"),
                            (("ca", "isue"), "`sonde ca` has no verb 'isue'; did you mean 'issue'?"),
                            (("run", "x", "--tabel=y"), "`sonde run` has no option '--tabel'; did you mean '--table'?"),
                            (("run", "ping", "--count", "3"), "a method's own options are written count=VALUE"),
                            (("describe", "x", "--csv"), "`sonde describe` has no option '--csv'"),
                            (("outcomes", "--outcome", "faild"), "no run ends as 'faild'; did you mean 'failed'?"),
                            (("validate", "a", "b"), "`sonde validate` does not know what 'b' is")):
            wrong = sonde(*words)
            self.assertEqual(wrong.returncode, 2, words)
            self.assertIn(said, wrong.stderr, words)

    def test_times_are_checked_by_every_verb_that_takes_them(self):
        for words, said in ((("--last", "2"), "--last: "), (("--last", "-1h"), "--last: "),
                            (("--at", "yesterday"), "--at: 'yesterday' is no time"),
                            (("--from", "2026-11-24T04:05"), "--from: '2026-11-24T04:05' is in which time zone?"),
                            (("--from", "2026-11-25", "--to", "2026-11-24"), "--to: '2026-11-24' is not after --from"),
                            (("--last", "2h", "--at", "04:05"), "excludes")):
            for verb in (("results", "ping"), ("outcomes",)):
                wrong = sonde(*verb, *words)
                self.assertEqual(wrong.returncode, 2, words)
                self.assertIn(said, wrong.stderr, words)

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
