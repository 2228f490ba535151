"""sonde-peer for a test."""
import contextlib
import re
import subprocess


@contextlib.contextmanager
def sonde_peer(program, *addresses, space=None):
    """It on ports that the kernel chose; gives ["http://ADDRESS:PORT", ...] in the addresses' order."""
    command = ["ip", "netns", "exec", space] if space else []
    command += [program]
    for address in addresses:
        command += ["--listen", f"[{address}]:0" if ":" in address else f"{address}:0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        said, listening = [], []
        while len(listening) < len(addresses):
            line = process.stdout.readline()
            assert line, "sonde-peer ended: " + "".join(said)
            said.append(line)
            listening += [f"http://{found}" for found in re.findall(r"listening on=(\S+)", line)]
        yield listening
    finally:
        process.terminate()
        process.communicate(timeout=20)
