"""The processes below another one, as /proc shows them; what is gone meanwhile is not there."""
import contextlib
import os
import pathlib


def children(pid):
    found = []
    with contextlib.suppress(OSError):
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            found += [int(child) for child in (task / "children").read_text().split()]
    return found


def descendants(pid):
    found = children(pid)
    for each in found:
        found += children(each)
    return found


def without_front(pids, launcher):
    """Of a launcher's descendants those that are not the process that serves the agent, which is the same program."""
    def program(pid):
        with contextlib.suppress(OSError):
            return os.readlink(f"/proc/{pid}/exe")
        return None
    none_of = (None, program(launcher))
    return [pid for pid in pids if program(pid) not in none_of]
