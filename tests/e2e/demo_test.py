"""The demo runs to its end, shows all four methods, answers the commands that it prints where it stays up, and leaves nothing
running."""
import ctypes
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

ROOT, BUILD = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
sys.path.insert(0, str(ROOT / "scripts"))

from privilege import why_no_raw_sockets  # noqa: E402


PR_SET_CHILD_SUBREAPER = 36


def left_behind():
    """Command lines of what the demo has started and not ended: it is this process' by now."""
    lines = []
    for child in pathlib.Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
        if not os.waitpid(int(child), os.WNOHANG)[0]:
            lines.append(pathlib.Path("/proc", child, "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return lines


def leaves_nothing_running():
    until = time.monotonic() + 10
    while (left := left_behind()) and time.monotonic() < until:
        time.sleep(0.05)
    assert not left, left


def runs_to_its_end():
    result = subprocess.run(DEMO, capture_output=True, text=True, timeout=180, stdin=subprocess.DEVNULL)
    print(result.stdout, result.stderr)
    assert result.returncode == 0, f"status {result.returncode}"
    for method in ("ping", "http-download", "dns", "passive-syn"):
        lines = [line for line in result.stdout.splitlines() if line.startswith(method)]
        assert len(lines) == 1, f"{method}: {lines}"
        if why_no_raw_sockets() and "skipped: " in lines[0]:
            print(f"skipped  the demo's {method}: {lines[0].split('skipped: ')[1]}")
        else:
            assert "completed" in lines[0], lines[0]
    assert "planned 12 = completed 12" in result.stdout or why_no_raw_sockets(), "not all runs were completed"
    assert "Try next:" in result.stdout


def stays_up_with_keep():
    with subprocess.Popen([*DEMO, "--keep"], stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL) as demo:
        watchdog = threading.Timer(180, demo.kill)
        watchdog.start()
        try:
            said = []
            for line in demo.stdout:
                said.append(line)
                if line == "Ctrl-C ends it.\n":
                    break
            commands = [line for line in said if line.startswith("  export ") or (line.startswith("  ") and "/sonde " in line)]
            assert len(commands) == 8, said
            answer = subprocess.run(["sh", "-e"], input="".join(commands), capture_output=True, text=True, timeout=60)
            print(*said, answer.stdout, answer.stderr)
            assert answer.returncode == 0 and "up_to_date" in answer.stdout, answer.returncode
        finally:
            demo.send_signal(signal.SIGINT)
            demo.communicate()
            watchdog.cancel()
    assert demo.returncode == 0, demo.returncode


DEMO = [sys.executable, ROOT / "scripts/demo.py", BUILD]
if not pathlib.Path("/usr/sbin/nsd").exists():
    print("nsd is not installed")
    sys.exit(77)
assert ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
runs_to_its_end()
leaves_nothing_running()
stays_up_with_keep()
leaves_nothing_running()
