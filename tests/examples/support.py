"""What the tests of the example plugins share: an installed SDK, copies of the examples beside it, runs of the installed
`sonde`.

Each test file runs as `NAME_test.py SOURCE_ROOT BUILD_DIR`, marks its tests with @case and calls main(). It runs in a
network namespace of its own where that can be had, so that its loopback carries nothing but the test.
"""
import atexit
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile

ROOT, BUILD = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
sys.path[1:1] = [str(ROOT / "tests"), str(ROOT / "scripts")]

from cases import Skip, run_cases  # noqa: E402,F401
from sonde_system import Program, free_udp_tcp_port, wait_for  # noqa: E402,F401

ALONE = "SONDE_TEST_ALONE" in os.environ
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("SONDE_")}
CASES = []


def case(function):
    CASES.append((function.__name__, function))
    return function


def command(words, **more):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, **more)
    assert done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


class Example:
    """A copy of an example in an empty folder, beside an SDK that `meson install` put there."""

    def __init__(self, name):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"sonde-{name}-"))
        atexit.register(shutil.rmtree, self.folder)
        self.folder.chmod(0o755)
        root = self.folder / "root"
        command(["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet"], env={**CLEAN, "DESTDIR": root})
        (self.sonde,) = root.rglob("bin/sonde")
        (config,) = root.rglob("sonde-sdk.pc")
        self.environment = {**CLEAN, "PKG_CONFIG_PATH": str(config.parent), "PKG_CONFIG_SYSROOT_DIR": str(root)}
        self.source = self.folder / name
        shutil.copytree(ROOT / "examples" / "plugins" / name, self.source,
                        ignore=shutil.ignore_patterns("build", "*.so", "unit_tests"))

    def build(self, plugin, *words):
        """Runs a command in the copy and holds the plugin that it makes against the first rule of all."""
        command(words, cwd=self.source, env=self.environment)
        symbols = command(["nm", "-D", "--defined-only", self.source / plugin]).split()[2::3]
        assert symbols == ["sonde_plugin_v1"], symbols
        return self.source / plugin

    def check(self, plugin, *words):
        """Lets `sonde check` judge a plugin by all its rules. Many say nothing unless a run completes."""
        if b"__asan_init" in (BUILD / "framework" / "programs" / "runner" / "sonde-runner").read_bytes():
            raise Skip("it would judge what the sanitizer does")
        done = subprocess.run([self.sonde, "check", plugin, "--json", *words], env=CLEAN, capture_output=True,
                              text=True, stdin=subprocess.DEVNULL)
        *rules, summary = map(json.loads, done.stdout.splitlines())
        ran = [rule["status"] for rule in rules if rule["rule"] == "run"]
        assert done.returncode == 0 and summary["conformant"] and ran == ["pass"], done.stdout + done.stderr


class Run:
    """One `sonde run`: rows by table, how it ended, what it says of its bytes."""

    def __init__(self, example, plugin, *words):
        done = subprocess.run([example.sonde, "run", plugin, "--json", *words], env=CLEAN, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=120)
        self.exit, self.stderr = done.returncode, done.stderr
        self.rows = [json.loads(line) for line in done.stdout.splitlines()]

    def table(self, name):
        return [row for row in self.rows if row["table"] == name]

    def outcomes(self, table):
        return [row["outcome"] for row in self.table(table)]

    def bytes(self):
        """Sent and received, together."""
        return sum(map(int, re.search(r"(\d+) B sent, (\d+) B received", self.stderr).groups()))

    def expect(self, exit_status, status=None):
        assert self.exit == exit_status and (status is None or f" {status} (" in self.stderr), self
        return self

    def __str__(self):
        return f"exit {self.exit}\n{self.stderr}\n" + "\n".join(map(json.dumps, self.rows))


def addresses():
    """This machine's own, of each family that it has."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return ["127.0.0.1", "::1"]
    except OSError:
        return ["127.0.0.1"]


def main():
    run_cases(CASES)


if not ALONE and subprocess.run(["unshare", "--net", "true"], stderr=subprocess.DEVNULL).returncode == 0:
    os.environ["SONDE_TEST_ALONE"] = "1"
    os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv])
if ALONE:
    command(["ip", "link", "set", "lo", "up"])
