"""How a test file in Python runs its cases: a line for each, and one exit status for all.

    ok       NAME (1.2 s)
    skipped  NAME: REASON
    FAILED   NAME

scripts/count_tests.py reads the lines of what was skipped: a file with nine cases that passed and a tenth that could
not run says so in the count. 0 also with some skipped; 77 if none ran; 1 if one failed, or there was none.
"""
import signal
import sys
import time
import traceback

_running = None


class Skip(Exception):
    """What this machine lacks; a skip is never a failure."""


def skipped_in_part(reason):
    """Says that the running case goes on without a part of it, which this machine cannot do."""
    print(f"skipped  {_running}: {reason}", flush=True)


def run_cases(cases):
    """Runs (name, function) pairs in their order and exits. What a case opens it closes, also when meson ends it."""
    global _running
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    ok, failed = 0, 0
    for name, function in cases:
        _running = name
        began = time.monotonic()
        try:
            function()
            ok += 1
            print(f"ok       {name} ({time.monotonic() - began:.1f} s)", flush=True)
        except Skip as reason:
            print(f"skipped  {name}: {reason}", flush=True)
        except Exception:  # noqa: BLE001 - the cases after it run all the same
            failed += 1
            print(f"FAILED   {name}\n{traceback.format_exc()}", flush=True)
    if failed or not cases:
        sys.exit(1)
    sys.exit(0 if ok else 77)
