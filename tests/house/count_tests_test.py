"""scripts/count_tests.py counts what the tests say: files that passed or failed, and each case that was skipped.

usage: count_tests_test.py SOURCE_ROOT
"""
import json
import pathlib
import subprocess
import sys
import tempfile

COUNT = pathlib.Path(sys.argv[1]) / "scripts" / "count_tests.py"
CASES = """
import sys
sys.path.insert(0, sys.argv[1])
from cases import Skip, run_cases, skipped_in_part
def nothing():
    pass
def lacking():
    raise Skip("no IPv6 here")
def in_part():
    skipped_in_part("half of it needs root")
def wrong():
    assert 1 == 2, "not two"
run_cases([(name, globals()[name]) for name in sys.argv[2:]])
"""


def case_file(*names):
    """(exit status, what it says) of a test file with these cases."""
    done = subprocess.run([sys.executable, "-c", CASES, COUNT.parent.parent / "tests", *names], capture_output=True,
                          text=True)
    return done.returncode, done.stdout


def counted(*tests):
    """(exit status, lines) for a log of (name, result, stdout)."""
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder) / "build" / "meson-logs" / "testlog.json"
        log.parent.mkdir(parents=True)
        log.write_text("".join(json.dumps(dict(zip(("name", "result", "stdout"), test))) + "\n" for test in tests))
        done = subprocess.run([sys.executable, COUNT, log], capture_output=True, text=True)
        return done.returncode, done.stdout.splitlines()


def equal(actual, expected):
    assert actual == expected, f"{actual!r} is not {expected!r}"


status, said = case_file("nothing", "lacking", "in_part")
equal(status, 0)
equal(counted(("some", "OK", said), ("unit", "OK", "All tests passed\nskipped things are no case\n")),
      (0, ["skipped  build: some: lacking: no IPv6 here", "skipped  build: some: in_part: half of it needs root",
           "2 passed, 0 failed, 2 skipped"]))

done = subprocess.run([sys.executable, COUNT, "/nowhere/build/meson-logs/testlog.json"], capture_output=True, text=True)
equal((done.returncode, done.stdout), (1, "FAILED   build: not built, no test ran\n0 passed, 1 failed, 0 skipped\n"))

status, said = case_file("lacking", "lacking")
equal(status, 77)
equal(counted(("none", "SKIP", said), ("silent", "SKIP", ""), ("whole", "SKIP", "some\nskipped: no yanglint\n")),
      (1, ["skipped  build: none: lacking: no IPv6 here"] * 2 + ["skipped  build: silent: no reason given",
                                                                 "skipped  build: whole: no yanglint",
                                                                 "0 passed, 0 failed, 4 skipped"]))

status, said = case_file("wrong", "lacking", "nothing")
equal(status, 1)
equal(counted(("bad", "FAIL", said), ("slow", "TIMEOUT", ""), ("good", "OK", "")),
      (1, ["skipped  build: bad: lacking: no IPv6 here", "FAILED   build: bad: fail; wrong: AssertionError: not two",
           "FAILED   build: slow: timeout", "1 passed, 2 failed, 1 skipped"]))
catch = """a case
{0}
/src/tests/some_test.cpp:{1}: FAILED:
  CHECK( result.status == kFine )
with expansion:
  106 == 105

{0}
"""
equal(counted(("unit", "FAIL", "".join(catch.format("." * 79, line) for line in range(1, 5))))[1][0],
      "FAILED   build: unit: fail" + "".join(f"; some_test.cpp:{line}: CHECK( result.status == kFine ) with expansion: "
                                             "106 == 105" for line in range(1, 4)) + "; and 1 more")
equal(case_file()[0], 1)
print("what was skipped is counted")
