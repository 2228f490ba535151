"""What tests of dns over connections share."""
import functools
import os
import pathlib
import socket
import struct
import subprocess
import tempfile

from http2_server import exactly
from support import make_certificate


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def read_query(connection):
    size, = struct.unpack("!H", exactly(connection, 2))
    return exactly(connection, size)


def framed(message):
    return struct.pack("!H", len(message)) + message


_MADE = tempfile.TemporaryDirectory(prefix="sonde-certificates-")
os.chmod(_MADE.name, 0o755)


@functools.lru_cache
def certificates(*names, days=2):
    """A throw-away CA and a certificate of it for the names, good for so many days; their paths: CA, certificate, key. The same
    ones each time."""
    folder = tempfile.mkdtemp(dir=_MADE.name)
    os.chmod(folder, 0o755)

    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)
    ca, key = make_certificate(folder, "ca", "DNS:ca.test")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "server.key", "-out",
            "server.csr", "-subj", "/CN=server")
    (pathlib.Path(folder) / "names").write_text("subjectAltName=" + ",".join(names))
    openssl("x509", "-req", "-in", "server.csr", "-CA", ca, "-CAkey", key, "-CAcreateserial", "-days", str(days), "-extfile",
            "names", "-out", "server.pem")
    return ca, f"{folder}/server.pem", f"{folder}/server.key"
