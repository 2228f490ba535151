"""Plugins that were compiled with an earlier header load and run in today's host, and say what they said then.

usage: kept_test.py SONDE KEPT_DIRECTORY
"""
import json
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

SONDE, KEPT = None, None


def sonde(*words):
    return subprocess.run([SONDE, *map(str, words)], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)


def rows(*words):
    done = sonde("run", *words, "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def traced(*words):
    """The names of the calls that a run makes."""
    return {*re.findall(r"(?m)^\+[\d.]+ s  (\w+)\(", sonde("run", *words, "--trace").stderr)}


class Everything(unittest.TestCase):
    def test_it_describes_itself(self):
        known = json.loads(sonde("describe", f"{KEPT}/everything.so:everything", "--json").stdout)
        self.assertEqual(known["flags"], ["active", "takes input"])
        self.assertEqual(known["privileges"], ["listen"])
        self.assertEqual(known["traffic_bound"], "max(number, 100) * (ports + 1)")
        self.assertEqual(known["parameters"], ["contract"])
        self.assertEqual(known["functions"], [
            {"uri": "urn:example:everything", "roles": ["client"], "fixed_options": []},
            {"uri": "urn:example:entry", "roles": ["client"], "fixed_options": ["ratio=0.25", "text=words"]}])
        self.assertEqual([option["type"] for option in known["options"]],
                         ["host", "bool", "int", "double", "string", "duration", "address", "enum", "url", "port", "port",
                          "address", "int"])
        self.assertEqual([column["type"] for column in known["tables"][1]["columns"]],
                         ["bool", "int", "double", "string", "bytes", "timestamp", "timestamp", "duration", "address"])
        self.assertEqual((known["plugin"]["requires"], known["plugin"]["manual"]), (["sonde.listen/1"], "All there is.\n"))

    def test_it_runs_with_what_it_is_given(self):
        found, said = rows(f"{KEPT}/everything.so:everything", "127.0.0.1", "number=1kB", "addresses=192.0.2.1,::1",
                           "family=4", "--parameter", "contract=100 Mb/s", "--input",
                           f"{KEPT}/typed.so target=host.example")
        seen = [(row["what"], row["value"]) for row in found if row["table"] == "seen"]
        self.assertEqual(seen, [
            ("values", "13"), ("target", "127.0.0.1"), ("flag", "true"), ("number", "1kB"), ("ratio", "0.25"),
            ("text", "words"), ("time", "1.5s"), ("address", "2001:db8::1"), ("mode", "fancy"),
            ("url", "https://host.example/"), ("port", "443"), ("ports", "80"), ("ports", "443"),
            ("addresses", "192.0.2.1"), ("addresses", "::1"), ("absent", None), ("numbers", "1500001470"),
            ("resolve", "1"), ("socket", "1"), ("no such socket", "1"), ("listen", "1"),
            ("counter not granted", "1"), ("no such extension", "1"),
            ("now", "1"), ("random", "1"), ("sleep_until", "0"), ("cancelled", "0"), ("any thread", "1"),
            ("contract", "100 Mb/s"),
            ("input", "typed"), ("target", "1"), ("no deadline", "1"), ("family", "4"), ("interface", None),
            ("no source", "1")])
        self.assertEqual([row for row in found if row["table"] == "types"], [
            {"table": "types", "bool": True, "int": -7, "double": 0.5, "string": "plain", "bytes": "AQI=",
             "wall": "1970-01-01T00:00:01.000000000Z", "monotonic_ns": 5, "duration_ns": -3, "address": "192.0.2.1"},
            {"table": "types", "bool": None, "int": None, "double": None, "string": None, "bytes": None, "wall": None,
             "monotonic_ns": None, "duration_ns": None, "address": None}])
        self.assertIn("9 services", said)
        self.assertIn("100 B sent, 200 B received", said)

    def test_it_is_told_of_an_interface_a_source_and_a_deadline(self):
        found, _ = rows(f"{KEPT}/everything.so:everything", "127.0.0.1", "interface=lo", "source=127.0.0.1",
                        "--deadline", "20s")
        seen = {row["what"]: row["value"] for row in found if row["table"] == "seen"}
        self.assertEqual((seen["interface"], seen["no source"], seen["no deadline"]), ("lo", "0", "0"))

    def test_a_trace_has_every_call_of_the_abi(self):
        self.assertEqual(traced(f"{KEPT}/everything.so:everything", "127.0.0.1"),
                         {"run", "row", "log", "socket", "resolve", "now", "random", "progress", "count", "cancelled",
                          "sleep_until", "extension", "listen", "counter"})
        self.assertEqual(traced(f"{KEPT}/everything.so:everything-fails"), {"run", "fail"})

    def test_it_fails_and_declines_as_it_did(self):
        failed = sonde("run", f"{KEPT}/everything.so:everything-fails")
        self.assertEqual(failed.returncode, 1)
        self.assertIn("failed (7): as declared", failed.stderr)
        self.assertIn("no: not here", sonde("describe", f"{KEPT}/everything.so:everything-fails").stdout)


class Typed(unittest.TestCase):
    def test_its_options_and_rows_are_structs(self):
        found, _ = rows(f"{KEPT}/typed.so", "host.example", "ports=1,2,3", "interval=2s")
        self.assertEqual(found, [{"table": "row", "target": "host.example", "interval_ns": 2000000000, "ratio": None,
                                  "ports": 3, "mode": "fancy", "first": "192.0.2.1"}])

    def test_its_exception_is_a_status(self):
        failed = sonde("run", f"{KEPT}/typed.so", "host.example", "fail=true")
        self.assertEqual(failed.returncode, 1)
        self.assertIn("unexpected (1): thrown and caught", failed.stderr)


class Anew(unittest.TestCase):
    def test_todays_header_makes_the_same_of_their_sources(self):
        sdk = KEPT.parents[2] / "sdk"
        flags = ("-shared", "-fPIC", "-fvisibility=hidden", f"-I{sdk}/include", f"-Wl,--version-script={sdk}/sonde.map")
        for method, source, compiler, target in (("everything", "everything.c", ("cc", "-std=c99"), "127.0.0.1"),
                                                 ("typed", "typed.cpp", ("c++", "-std=c++20"), "host.example")):
            if not shutil.which(compiler[0]):
                self.skipTest(f"{compiler[0]} is not installed")
            with tempfile.TemporaryDirectory() as folder:
                made = f"{folder}/{method}.so"
                subprocess.run([*compiler, *flags, "-o", made, KEPT / source], check=True)
                of_made, of_kept = (rows(f"{file}:{method}", target)[0] for file in (made, f"{KEPT}/{method}.so"))
                self.assertEqual(of_made, of_kept)


if __name__ == "__main__":
    SONDE, KEPT = sys.argv[1], pathlib.Path(sys.argv[2])
    if platform.machine() != "x86_64":
        print("skip: they were made for x86-64")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1], verbosity=2)
