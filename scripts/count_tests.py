#!/usr/bin/env python3
"""Prints what was skipped and why, what failed, and the line `N passed, N failed, N skipped` over meson's test logs."""
import json
import pathlib
import sys


def main(paths):
    passed, failed, skipped = 0, [], []
    for path in map(pathlib.Path, paths):
        build = path.parent.parent.name
        for line in path.read_text().splitlines():
            test = json.loads(line)
            name = f"{build}: {test['name']}"
            if test["result"] in ("OK", "EXPECTEDFAIL"):
                passed += 1
            elif test["result"] == "SKIP":
                said = (test.get("stdout") or test.get("stderr") or "").strip().splitlines()
                skipped.append(f"{name}: {said[-1] if said else 'no reason given'}")
            else:
                failed.append(f"{name}: {test['result'].lower()}")
    for line in skipped:
        print(f"skipped  {line}")
    for line in failed:
        print(f"FAILED   {line}")
    print(f"{passed} passed, {len(failed)} failed, {len(skipped)} skipped")
    return 1 if failed or not passed else 0


sys.exit(main(sys.argv[1:]))
