"""What this machine lets us do, asked by doing it: root in a container may lack raw sockets, or users to run others as."""
import socket

SO_MARK = 36


def why_no_raw_sockets():
    """Why the sockets of ping and passive-syn cannot be opened here; empty if they can."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as raw:
            raw.setsockopt(socket.SOL_SOCKET, SO_MARK, 1)
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()
    except OSError as error:
        return f"needs raw and packet sockets, which are root's, and here: {error.strerror}"
    return ""
