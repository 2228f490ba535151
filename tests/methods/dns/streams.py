"""What tests of dns over connections share."""
import pathlib
import socket
import subprocess

from support import make_certificate


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def certificates(folder, *names):
    """A throw-away CA and a certificate of it for the names; their paths: CA, certificate, key."""
    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)
    ca, key = make_certificate(folder, "ca", "DNS:ca.test")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "server.key", "-out",
            "server.csr", "-subj", "/CN=server")
    (pathlib.Path(folder) / "names").write_text("subjectAltName=" + ",".join(names))
    openssl("x509", "-req", "-in", "server.csr", "-CA", ca, "-CAkey", key, "-CAcreateserial", "-days", "2", "-extfile",
            "names", "-out", "server.pem")
    return ca, f"{folder}/server.pem", f"{folder}/server.key"
