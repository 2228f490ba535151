"""sonde-peer for a test."""
import contextlib
import os
import re
import subprocess

from support import SONDE


def make_identity(folder):
    """Of a peer in NameSpaces; its folder has the authority's `ca.pem` too."""
    os.chmod(folder, 0o755)
    for words in (["init", f"{folder}/ca"],
                  ["issue", "peer", "--ca", f"{folder}/ca", "--out", f"{folder}/peer", "--host", "10.77.0.1", "--host",
                   "2001:db8:77::1"]):
        subprocess.run([SONDE, "ca", *words], check=True, capture_output=True)
    return f"{folder}/peer"


@contextlib.contextmanager
def sonde_peer(program, *addresses, space=None, identity=None):
    """It on ports that the kernel chose; gives ["http://ADDRESS:PORT", ...] in the addresses' order, and behind them the
    same with https if there is an identity."""
    command = ["ip", "netns", "exec", space] if space else []
    command += [program]
    ports = [("--listen", address) for address in addresses]
    if identity:
        ports += [("--listen-tls", address) for address in addresses]
        command += ["--identity", identity]
    for option, address in ports:
        command += [option, f"[{address}]:0" if ":" in address else f"{address}:0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        said, listening = [], []
        while len(listening) < len(ports):
            line = process.stdout.readline()
            assert line, "sonde-peer ended: " + "".join(said)
            said.append(line)
            listening += [f"{'https' if tls == 'yes' else 'http'}://{found}"
                          for found, tls in re.findall(r"listening on=(\S+) tls=(\S+)", line)]
        yield listening
    finally:
        process.terminate()
        process.communicate(timeout=20)
