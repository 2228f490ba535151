"""What processes have in memory, as /proc says it; a process that is gone has nothing."""
import pathlib
import re


def field_mb(pid, file, name):
    """A line 'NAME: 12 kB' of a file below /proc/PID, in MB."""
    try:
        found = re.search(rf"^{name}:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/{file}").read_text(), re.M)
    except OSError:
        return 0.0
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def peak_mb(pid):
    """The most that was ever resident of it."""
    return field_mb(pid, "status", "VmHWM")
