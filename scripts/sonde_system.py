"""A whole Sonde on one machine in a folder of its own: what scripts/demo shows and the end-to-end tests run.

Everything listens on loopback, on ports that the kernel chose. Programs are started from a build tree and ended by the
process ids that were started here, in the reverse order. As root the launcher keeps its privilege and the agent runs
under a user id of its own; otherwise everything runs as the caller, and methods that need raw sockets are refused.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time
import uuid

from privilege import why_no_raw_sockets

AGENT_UID = 64990  # an ordinary user that nobody else is
LISTENING = re.compile(r"listening on=(\S+) tls=(yes|no)")


class Gone(Exception):
    """A program ended, or something did not happen in time; the message says which and shows its log's end."""


def wait_for(what, condition, timeout_s=60.0, alive=()):
    """Polls condition() until it gives something true, and returns that."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        for program in alive:
            program.must_live()
        if time.monotonic() > deadline:
            raise Gone(f"{what}: not within {timeout_s:g} s" + "".join(f"\n{p.name}: {p.tail()}" for p in alive))
        time.sleep(0.02)


class Program:
    """One running program with its log in a file."""

    def __init__(self, name, command, log, **popen):
        self.name, self.log_path = name, pathlib.Path(log)
        self._log = open(log, "ab")
        self.begin = self.log_path.stat().st_size
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=self._log,
                                        stderr=self._log, **popen)

    def log(self):
        """What this process (not an earlier one with the same log) has written."""
        with open(self.log_path, "rb") as file:
            file.seek(self.begin)
            return file.read().decode(errors="replace")

    def tail(self):
        return "\n".join(self.log().splitlines()[-12:])

    def must_live(self):
        if self.process.poll() is not None:
            raise Gone(f"{self.name} ended with status {self.process.returncode}:\n{self.tail()}")

    def wait_for_log(self, pattern, timeout_s=60.0):
        return wait_for(f"{self.name}: log line '{pattern}'", lambda: re.search(pattern, self.log()), timeout_s, [self])

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self, timeout_s=20.0):
        """SIGTERM; returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Gone(f"{self.name} did not end within {timeout_s:g} s of SIGTERM:\n{self.tail()}") from None
        finally:
            self._log.close()


def free_udp_tcp_port(address="127.0.0.1"):
    """A port that is free for both protocols, for a name server that cannot be told to choose one."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for _ in range(100):
        with socket.socket(family, socket.SOCK_STREAM) as tcp, socket.socket(family, socket.SOCK_DGRAM) as udp:
            tcp.bind((address, 0))
            try:
                udp.bind((address, tcp.getsockname()[1]))
                return tcp.getsockname()[1]
            except OSError:
                continue
    raise Gone("no free port")


class System:
    def __init__(self, build, folder):
        self.build, self.folder = pathlib.Path(build).resolve(), pathlib.Path(folder).resolve()
        self.root = os.geteuid() == 0
        self.no_raw_sockets = why_no_raw_sockets()
        os.umask(0o022)  # the agent's user reads what is made here
        self.programs = {}
        self.listening = {}  # of a program, to come back on the same port after a restart
        self.folder.chmod(0o755)
        self.agent_id = None
        self.policy = {"bytes-per-day": 50_000_000_000, "concurrency": 16,
                       "targets": {"allow": ["127.0.0.0/8", "::1/128", "localhost"], "deny": []}}

    # -- the command -------------------------------------------------------------------------------------------------

    def environment(self):
        # The agents of its answers are no affair of the user's own `last`.
        return {**os.environ, "XDG_STATE_HOME": str(self.folder / "answers"), "SONDE_IDENTITY": str(self.folder / "operator"),
                "SONDE_CONTROLLER": self.url("controller"), "SONDE_COLLECTOR": self.url("collector")}

    def url(self, program):
        return f"https://{self.listening.get(program, '127.0.0.1:1')}"

    def sonde(self, *words, check=True, timeout_s=60.0):
        """Runs the command `sonde`; with check, a nonzero status is an error that shows what it said."""
        result = subprocess.run([str(self.build / "sonde"), *map(str, words)], capture_output=True, text=True,
                                timeout=timeout_s, env=self.environment(), stdin=subprocess.DEVNULL)
        if check and result.returncode != 0:
            raise Gone(f"sonde {' '.join(map(str, words))}: status {result.returncode}\n{result.stderr}")
        return result

    def rows(self, *words):
        """The rows that a verb prints with --json, one object each; none if nothing matched."""
        result = self.sonde(*words, "--json", check=False)
        if result.returncode not in (0, 4):
            raise Gone(f"sonde {' '.join(map(str, words))}: status {result.returncode}\n{result.stderr}")
        return [json.loads(line) for line in result.stdout.splitlines()]

    # -- identities --------------------------------------------------------------------------------------------------

    def make_identities(self):
        ca = self.folder / "ca"
        self.sonde("ca", "init", ca)
        for role in ("controller", "collector", "peer"):
            self.issue(role, role, "--host", "localhost", "--host", "127.0.0.1", "--host", "::1")
        self.issue("operator", "operator")
        self.agent_id = str(uuid.uuid4())
        self.issue("agent", "agent", "--id", self.agent_id)

    def issue(self, role, name, *more):
        """A certificate of the throw-away CA; returns its folder."""
        self.sonde("ca", "issue", role, "--ca", self.folder / "ca", "--out", self.folder / name, *more)
        if self.root and role == "agent":
            self.give_to_agent(self.folder / name)
        return self.folder / name

    def give_to_agent(self, path):
        for entry in [path, *path.rglob("*")]:
            os.chown(entry, AGENT_UID, AGENT_UID)

    # -- programs ----------------------------------------------------------------------------------------------------

    def binary(self, name):
        return self.build / "framework" / "programs" / name / f"sonde-{name}"

    def within_reach(self, binary):
        """A copy that the agent's user may run: a build tree may lie in a folder that only root enters."""
        copy = self.folder / binary.name
        if not copy.exists():
            shutil.copyfile(binary, copy)
            copy.chmod(0o755)
            with open(copy, "rb") as file:
                os.fsync(file.fileno())  # else its pages would count as memory that the agent has written
        return copy

    def start(self, name, *words, binary=None, under=(), **popen):
        """`under`: the words of a program that executes what follows them."""
        program = Program(name, [*under, binary or self.binary(name), *words], self.folder / f"{name}.log", **popen)
        self.programs[name] = program
        return program

    def start_server(self, name, *words):
        """A server of ours; after a restart it comes back on the port it had."""
        listen = self.listening.get(name, "127.0.0.1:0")
        program = self.start(name, "--identity", self.folder / name, "--listen", listen, "--database",
                             self.folder / f"{name}.db", *words)
        self.listening[name] = program.wait_for_log(LISTENING.pattern)[1]
        return program

    def start_controller(self):
        return self.start_server("controller")

    def start_collector(self):
        return self.start_server("collector")

    def start_peer(self):
        """Downloads by HTTP and HTTPS; self.listening has 'peer' and 'peer-tls', the same after a restart."""
        plain, encrypted = (self.listening.get(name, "127.0.0.1:0") for name in ("peer", "peer-tls"))
        program = self.start("peer", "--listen", plain, "--listen-tls", encrypted, "--identity", self.folder / "peer")
        wait_for("sonde-peer listens twice", lambda: len(LISTENING.findall(program.log())) >= 2, alive=[program])
        for address, tls in LISTENING.findall(program.log()):
            self.listening["peer-tls" if tls == "yes" else "peer"] = address
        return program

    def start_name_server(self):
        """nsd with the zone example.test; self.listening['nsd'] is ADDRESS:PORT."""
        folder = self.folder / "nsd"
        folder.mkdir(exist_ok=True)
        port = free_udp_tcp_port()
        (folder / "example.test.zone").write_text(
            "$ORIGIN example.test.\n$TTL 300\n@ SOA ns admin 1 3600 600 86400 60\n@ NS ns\n@ A 192.0.2.1\n"
            "@ AAAA 2001:db8::1\nns A 127.0.0.1\nwww A 192.0.2.2\n")
        (folder / "nsd.conf").write_text(
            f'server:\n ip-address: 127.0.0.1@{port}\n server-count: 1\n username: ""\n chroot: ""\n zonesdir: "{folder}"\n'
            f' database: ""\n pidfile: "{folder}/nsd.pid"\n xfrdfile: "{folder}/xfrd.state"\n'
            f' xfrdir: "{folder}"\n zonelistfile: "{folder}/zone.list"\n cookie-secret-file: "{folder}/cookie"\n'
            f'remote-control:\n control-enable: no\n'
            f'zone:\n name: example.test\n zonefile: example.test.zone\n')
        program = self.start("nsd", "-d", "-c", folder / "nsd.conf", binary="/usr/sbin/nsd")
        self.listening["nsd"] = f"127.0.0.1:{port}"
        program.wait_for_log("nsd started")
        return program

    def gather_plugins(self, *methods):
        """Copies built plugins into one directory, as an operator drops them in."""
        folder = self.folder / "plugins"
        folder.mkdir(exist_ok=True)
        for method in methods or ("ping", "http-download", "dns", "passive-syn"):
            (folder / f"{method}.so").write_bytes((self.build / "plugins" / method / f"{method}.so").read_bytes())
        return folder

    def start_launcher(self, *words, under=()):
        socket_path = self.folder / "launcher.sock"
        user = str(AGENT_UID if self.root else os.geteuid())
        # Instructions name the certificates of the peer's authority, which runs may read.
        program = self.start("launcher", "--socket", socket_path, "--agent-user", user, "--readable",
                             self.folder / "peer", "--log", "debug", *words, under=under)
        wait_for("the launcher's socket", socket_path.exists, alive=[program])
        return program

    def write_policy(self, policy=None):
        (self.folder / "policy.json").write_text(json.dumps(self.policy if policy is None else policy, indent=2))

    def start_agent(self, *words, controller=None, instructed=None, log="debug", under=()):
        """With more words on its command line. `controller`: another URL than the system's; `instructed`: the words that
        say where its instruction comes from and who it is, in place of its identity and a controller; `log`: its level."""
        state = self.folder / "state"
        state.mkdir(mode=0o700, exist_ok=True)
        as_agent = {}
        binary = self.binary("agent")
        if self.root:
            os.chown(state, AGENT_UID, AGENT_UID)
            as_agent = {"user": AGENT_UID, "group": AGENT_UID, "extra_groups": []}
            binary = self.within_reach(binary)
        if not (self.folder / "policy.json").exists():
            self.write_policy()
        if instructed is None:
            instructed = ["--identity", self.folder / "agent", "--controller", controller or self.url("controller")]
        return self.start("agent", *instructed, "--state", state, "--policy", self.folder / "policy.json", "--plugins", self.folder / "plugins", "--launcher", self.folder / "launcher.sock", "--log", log, *words,
                          binary=binary, under=under, **as_agent)

    def stop(self):
        """Ends everything that was started, newest first; returns {name: exit status}. Gone if one had to be killed."""
        statuses, gone = {}, []
        for name, program in reversed(list(self.programs.items())):
            try:
                statuses[name] = program.stop()
            except Gone as error:
                gone.append(str(error))
        self.programs.clear()
        if gone:
            raise Gone("\n".join(gone))
        return statuses
