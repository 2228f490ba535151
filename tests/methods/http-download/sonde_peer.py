"""sonde-peer for a test."""
import contextlib
import re
import subprocess


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
