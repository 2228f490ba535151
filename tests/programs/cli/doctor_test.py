"""`sonde doctor` on this machine, with the real launcher: started for the question, or as a daemon."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

SONDE, LAUNCHER = None, None
LAYERS = ("user of its own", "namespaces", "landlock", "seccomp", "memory limit", "cgroup")
POLICY = '{"bytes-per-day": 1, "concurrency": 1, "targets": {"allow": []}, "isolation": "strict"}'


class Doctor(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        os.chmod(self.folder, 0o755)
        (self.folder / "plugins").mkdir(mode=0o755)
        (self.folder / "state").mkdir(mode=0o700)
        (self.folder / "policy.json").write_text(POLICY)

    def doctor(self, *more):
        return subprocess.run([SONDE, "doctor", "--launcher", self.folder / "launcher.sock", "--state",
                               self.folder / "state", "--policy", self.folder / "policy.json", "--plugins",
                               self.folder / "plugins", *more], capture_output=True, text=True, timeout=60,
                              stdin=subprocess.DEVNULL)

    def rows(self):
        done = self.doctor("--json")
        rows = {row["check"]: row for row in map(json.loads, done.stdout.splitlines())}
        missing = [check for check, row in rows.items() if row["state"] in ("missing", "warning")]
        self.assertEqual(done.returncode, 1 if missing else 0, done.stderr)
        for check, row in rows.items():
            self.assertEqual(bool(row["means"]), check in missing, row)
        return rows

    def test_without_a_daemon_one_is_started_to_try_it(self):
        rows = self.rows()
        self.assertEqual(rows["launcher"]["state"], "missing")
        self.assertIn("No such file", rows["launcher"]["found"])
        for layer in LAYERS:
            self.assertIn(layer, rows)
        # Nobody has told it of a group.
        self.assertEqual((rows["cgroup"]["state"], rows["cgroup"]["found"]), ("missing", "--cgroup is not given"))
        self.assertIn("--cgroup", rows["cgroup"]["mend"])
        for name in ("icmp sockets", "packet capture", "ipv6", "kernel timestamps", "clock", "network namespace", "kernel"):
            self.assertIn(rows[name]["state"], ("ok", "missing"))
        self.assertEqual(rows["state"]["state"], "ok", rows["state"])
        # Whose launcher it would be nobody has said, so it is root's.
        if os.geteuid() == 0:
            self.assertEqual(rows["plugins"]["state"], "ok", rows["plugins"])
        else:
            self.assertIn(f"belongs to user {os.geteuid()}, and the launcher is root", rows["plugins"]["found"])
        self.assertEqual(rows["policy"]["found"], f"{self.folder}/policy.json, isolation is strict")

    def test_a_daemon_is_asked_while_an_agent_is_connected_or_not(self):
        socket = self.folder / "launcher.sock"
        daemon = subprocess.Popen([LAUNCHER, "--socket", socket, "--agent-user", str(os.geteuid()), "--log", "error"])
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.terminate)
        until = time.monotonic() + 60
        while not socket.exists() and time.monotonic() < until:
            time.sleep(0.05)
        rows = self.rows()
        self.assertEqual((rows["launcher"]["state"], rows["launcher"]["found"]), ("ok", f"{socket}, no agent is connected"))
        self.assertEqual(rows["cgroup"]["found"], "--cgroup is not given")
        if rows["seccomp"]["state"] == "ok":
            self.assertEqual(rows["seccomp"]["found"], "as the launcher says")

    @unittest.skipIf(os.geteuid() != 0, "only root has other users")
    def test_files_are_judged_for_the_users_of_launcher_and_agent(self):
        socket = self.folder / "launcher.sock"
        daemon = subprocess.Popen([LAUNCHER, "--socket", socket, "--agent-user", "65534", "--log", "error"])
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.terminate)
        until = time.monotonic() + 60
        while not socket.exists() and time.monotonic() < until:
            time.sleep(0.05)
        os.chown(self.folder / "plugins", 65534, -1)
        rows = self.rows()
        self.assertEqual(rows["launcher"]["state"], "ok", rows["launcher"])
        self.assertIn("it belongs to user 0, and the agent is user 65534", rows["state"]["found"])
        self.assertEqual(rows["plugins"]["found"],
                         f"{self.folder}/plugins belongs to user 65534, and the launcher is root")
        os.chown(self.folder / "plugins", 0, -1)
        os.chown(self.folder / "state", 65534, -1)
        rows = self.rows()
        self.assertEqual(rows["state"]["state"], "ok", rows["state"])
        self.assertEqual(rows["plugins"]["state"], "ok", rows["plugins"])

    @unittest.skipIf(os.geteuid() != 0, "only root may look everywhere")
    def test_what_this_user_may_not_look_at_is_unknown_and_not_missing(self):
        (self.folder / "closed").mkdir(mode=0o700)
        words = [SONDE, "doctor", "--json", "--launcher", self.folder / "closed/launcher.sock", "--state",
                 self.folder / "closed/state", "--policy", self.folder / "closed/policy.json", "--plugins",
                 self.folder / "closed/plugins"]
        try:
            done = subprocess.run(words, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, user=65534,
                                  group=65534, extra_groups=[], cwd="/")
        except PermissionError:
            self.skipTest("another user may not run what was built here")
        rows = {row["check"]: row for row in map(json.loads, done.stdout.splitlines())}
        for check in ("launcher", "state", "policy", "plugins"):
            self.assertEqual(rows[check]["state"], "unknown", rows[check])
            self.assertIn("this user may not look there", rows[check]["found"])
        self.assertEqual(done.returncode, 1)

    def test_what_is_wrong_with_the_agents_files_is_named(self):
        (self.folder / "policy.json").write_text('{"bytes-per-day": 1, "concurency": 1}')
        os.chmod(self.folder / "state", 0o755)
        os.chmod(self.folder / "plugins", 0o777)
        rows = self.rows()
        self.assertIn("/concurency: unknown key", rows["policy"]["found"])
        self.assertEqual((rows["state"]["state"], rows["state"]["found"], rows["state"]["mend"]),
                         ("warning", f"{self.folder}/state: everybody may enter it", f"chmod 700 {self.folder}/state"))
        if os.geteuid() == 0:
            self.assertEqual(rows["plugins"]["found"], f"{self.folder}/plugins may be written by everybody")

    def test_a_person_reads_what_it_costs_and_how_to_mend_it(self):
        told = self.doctor()
        self.assertEqual(told.returncode, 1, told.stderr)
        self.assertRegex(told.stdout, r"(?m)^cgroup +missing --cgroup is not given\n +means  .+\n +mend   .+--cgroup")
        self.assertRegex(told.stdout, r"(?m)^kernel +(ok|missing) +Linux ")


if __name__ == "__main__":
    SONDE, LAUNCHER = sys.argv[1:3]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
