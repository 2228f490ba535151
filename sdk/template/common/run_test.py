"""Runs the method by `sonde run` against a listener of its own: run_test.py PLUGIN.so.

$SONDE names the command if it is not in PATH.
"""
import json
import os
import socket
import subprocess
import sys

SONDE, PLUGIN = os.environ.get("SONDE", "sonde"), os.path.abspath(sys.argv[1])


def run(*options):
    return subprocess.run([SONDE, "run", PLUGIN, "--json", "--deadline", "30s", *options], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)


def check(condition, what, result):
    if not condition:
        sys.exit(f"FAILED: {what}\nstatus {result.returncode}\n{result.stdout}{result.stderr}")
    print(f"ok: {what}")


with socket.create_server(("127.0.0.1", 0)) as listener:
    port = listener.getsockname()[1]
    done = run("127.0.0.1", f"port={port}")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    check(done.returncode == 0 and len(rows) == 1, "a connection to a listener is one row", done)
    check(rows[0]["address"] == "127.0.0.1" and rows[0]["connect_ns"] > 0, "with its address and its time", done)

refused = run("127.0.0.1", f"port={port}")  # nobody listens there any more
check(refused.returncode == 1 and not refused.stdout, "a port that refuses is a failure without a row", refused)
check("no_connection" in refused.stderr, "which says what happened", refused)

nobody = run("no-such-host.invalid")
check(nobody.returncode == 1 and "no_such_host" in nobody.stderr, "a name without an address is one as well", nobody)

wrong = run("127.0.0.1", "port=70000")
check(wrong.returncode == 2, "the host refuses options that the method does not take", wrong)
