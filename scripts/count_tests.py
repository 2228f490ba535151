#!/usr/bin/env python3
"""Prints what was skipped and why, what failed and where, and the line `N passed, N failed, N skipped` over meson's
test logs.

A test that meson knows counts once as passed or failed. Each of its cases that was skipped counts as skipped: the tests
say so by a line `skipped  CASE: REASON` (tests/cases.py, tests/support/skip.hpp).
"""
import json
import pathlib
import re
import sys

SKIPPED_CASE = re.compile(r"^skipped  (\S.*: .*)$", re.M)
# Catch2's word of a failed assertion, up to the next empty line, and a Python case's with its traceback.
FAILED_ASSERTION = re.compile(r"^\S*?([^/\s]+:\d+): FAILED:\n((?:.+\n)+)", re.M)
FAILED_CASE = re.compile(r"^FAILED   (.*)\nTraceback.*\n(?:[ \t].*\n|\n)*(.*)$", re.M)
TOLD_MAX = 3


def skips_of(test):
    """What a test says of its skipped cases; a test that was skipped as a whole says at least one thing."""
    said = (test.get("stdout") or "").strip()
    cases = SKIPPED_CASE.findall(said)
    if test["result"] == "SKIP" and not cases:
        lines = (said or (test.get("stderr") or "").strip()).splitlines()
        cases = [lines[-1].removeprefix("skipped: ") if lines else "no reason given"]
    return cases


def failures_of(test):
    """Where a test failed, ready to be put behind its name."""
    said = (test.get("stdout") or "") + "\n"
    told = [f"{where}: {' '.join(what.split())}" for where, what in FAILED_ASSERTION.findall(said)]
    told += [f"{case}: {what}" for case, what in FAILED_CASE.findall(said)]
    more = [f"and {len(told) - TOLD_MAX} more"] if len(told) > TOLD_MAX else []
    return "".join(f"; {line}" for line in told[:TOLD_MAX] + more)


def main(paths):
    passed, failed, skipped = 0, [], []
    for path in map(pathlib.Path, paths):
        build = path.parent.parent.name
        if not path.exists():
            failed.append(f"{build}: not built, no test ran")
            continue
        for line in path.read_text().splitlines():
            test = json.loads(line)
            name = f"{build}: {test['name']}"
            skipped += [f"{name}: {said}" for said in skips_of(test)]
            if test["result"] in ("OK", "EXPECTEDFAIL"):
                passed += 1
            elif test["result"] != "SKIP":
                failed.append(f"{name}: {test['result'].lower()}{failures_of(test)}")
    for line in skipped:
        print(f"skipped  {line}")
    for line in failed:
        print(f"FAILED   {line}")
    print(f"{passed} passed, {len(failed)} failed, {len(skipped)} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
