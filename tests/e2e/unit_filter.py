"""What a unit of systemd leaves its program: capabilities and system calls."""
import functools
import re
import subprocess

# Words that refuse calls of their own accord. What they refuse by a call's arguments (clone, socket, mmap, personality) is
# not among these.
OF_WORDS = {"PrivateDevices": ["@raw-io"], "ProtectClock": ["@clock"], "ProtectHostname": ["sethostname", "setdomainname"],
            "ProtectKernelModules": ["@module"], "ProtectKernelLogs": ["syslog"], "RestrictSUIDSGID": ["openat2"],
            "RestrictNamespaces": ["setns", "unshare"]}


def bounded_as(unit):
    """The words that start a program with the capabilities that a unit's text leaves it; none where that holds all back, as
    from an ordinary user."""
    held = re.search(r"^CapabilityBoundingSet=(.*)$", unit, re.M)[1].lower().replace("cap_", "+").split()
    return ["setpriv", "--bounding-set", ",".join(["-all", *held])] if held else []


@functools.cache
def calls_of(name):
    """Those of a name: a call itself, or a group of systemd's."""
    if not name.startswith("@"):
        return {name}
    said = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True).stdout
    return set().union(*map(calls_of, re.findall(r"^    (@?[\w-]+)$", said, re.M)))


def calls_of_all(names):
    return set().union(*map(calls_of, names))


def refused_calls(unit):
    """By a unit's text, as systemd.exec(5) has it: the first word says whether its filter names what is allowed or what
    is not, and later ones add to that or take from it."""
    filters = [(bool(no), names.split()) for no, names in re.findall(r"^SystemCallFilter=(~?)(.+)$", unit, re.M)]
    refused = set()
    if filters and not filters[0][0]:
        refused = calls_of("@known") - calls_of("@default")
    for no, names in filters:
        refused = refused | calls_of_all(names) if no else refused - calls_of_all(names)
    for word, names in OF_WORDS.items():
        if re.search(f"^{word}=yes$", unit, re.M):
            refused |= calls_of_all(names)
    return refused
