"""What a test's name spaces drop, refuse and count."""
import shutil
import subprocess

from cases import Skip


def nft(space, rules):
    if not shutil.which("nft"):
        raise Skip("there is no nft here")
    done = subprocess.run(["ip", "netns", "exec", space, "nft", "-f", "-"], input=rules, capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise Skip(f"no nftables here: {done.stderr.strip()}")


def port_of(url):
    return url.rsplit(":", 1)[1]


def drop(net, what, verdict="drop"):
    nft(net.server, f"""table inet trouble {{
        chain in {{ type filter hook input priority 0; {what} {verdict}; }}
    }}""")


def peace(net):
    nft(net.server, "flush ruleset")
