"""Packets that leave a device in the order in which they came."""
import subprocess


def keep_order(space, device):
    """One processor takes what the device receives, as behind a wire.

    Otherwise each packet waits at the processor that sent it, and two that were sent on two processors change places. A
    kernel without the file is one for a single processor.
    """
    chosen = f"/sys/class/net/{device}/queues/rx-0/rps_cpus"
    subprocess.run(["ip", "netns", "exec", space, "sh", "-c", f"[ ! -e {chosen} ] || echo 1 > {chosen}"], check=True,
                   capture_output=True, text=True)
