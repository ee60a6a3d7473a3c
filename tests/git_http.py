"""A git server on the loopback for tests: ``git http-backend`` behind HTTP that can also misbehave."""

import base64
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

Mode = Literal[
    "serve",
    "hang",
    "busy",
    "broken",
    "login-page",
    "redirect",
    "stall",
    "missing",
    "gone",
    "trickle",
    "truncate",
]


class GitServer(ThreadingHTTPServer):
    """Serves the bare repositories below ``root``; ``mode`` and ``login`` may be changed at any time.

    serve: as a forge does. hang: never answers. busy: 429. broken: 500. login-page: HTML with status 200.
    redirect: to ``target``. stall: advertises, then sends nothing when asked for objects. missing: 404. gone: 410.
    trickle: a byte of the objects every now and then. truncate: ends in the middle of the objects.
    Without ``second_protocol`` it knows the older one alone, by which git gives away nothing but what a reference names.
    ``retry_after`` goes with busy and broken. Where ``only`` is set, the mode is for paths that begin with it.
    """

    daemon_threads = True

    def __init__(self, root: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.root = root
        self.mode: Mode = "serve"
        self.login: tuple[str, str] | None = None
        self.target = ""
        self.retry_after = ""
        self.only = ""
        self.second_protocol = True
        self.requests: list[str] = []
        self.authorizations: list[str] = []
        self.stopping = threading.Event()

        self.scheme = "http"

    def url(self, name: str) -> str:
        """The address of the repository folder ``name``."""
        return f"{self.scheme}://127.0.0.1:{self.server_port}/{name}"


class _Handler(BaseHTTPRequestHandler):
    server: GitServer

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        return None

    def _answer(self) -> None:
        server = self.server
        server.requests.append(f"{self.command} {self.path}")
        server.authorizations.append(self.headers.get("Authorization", ""))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        mode: Mode = server.mode if self.path.startswith(f"/{server.only}") else "serve"
        if mode == "hang" or (mode == "stall" and b"command=fetch" in body):
            server.stopping.wait(60)
        elif mode == "busy":
            self._plain(429, b"slow down", self._wait())
        elif mode == "broken":
            self._plain(500, b"oops", self._wait())
        elif mode in ("missing", "gone"):
            self._plain(404 if mode == "missing" else 410, b"nothing here")
        elif mode == "login-page":
            self._plain(200, b"<html>\n<form>Sign in</form>\n</html>\n")
        elif mode == "redirect":
            self._plain(301, b"", {"Location": server.target + self.path.partition(".git")[2]})
        elif server.login and self.headers.get("Authorization") != _basic(*server.login):
            self._plain(401, b"", {"WWW-Authenticate": 'Basic realm="git"'})
        else:
            self._backend(body, mode)

    def _wait(self) -> dict[str, str]:
        return {"Retry-After": self.server.retry_after} if self.server.retry_after else {}

    def _plain(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _backend(self, body: bytes, mode: Mode) -> None:
        path, _, query = self.path.partition("?")
        if self.headers.get("Content-Encoding") == "gzip":
            import gzip

            body = gzip.decompress(body)
        env = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
            "GIT_PROJECT_ROOT": os.fspath(self.server.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", "") if self.server.second_protocol else "",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
        }
        done = subprocess.run(["git", "http-backend"], env=env, input=body, capture_output=True, timeout=60)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode("latin-1").split("\r\n") if ": " in line)
        status = int(headers.pop("Status", "200").split()[0])
        headers.pop("Content-Length", None)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        asked = b"command=fetch" in body
        if mode == "truncate" and asked:
            self.wfile.write(content[: len(content) // 2])
            self.close_connection = True
        elif mode == "trickle" and asked:
            for place in range(len(content)):
                self.wfile.write(content[place : place + 1])
                self.wfile.flush()
                if self.server.stopping.wait(0.5):
                    return
        else:
            self.wfile.write(content)


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def certificate(folder: Path) -> tuple[Path, Path]:
    """A fresh self-signed certificate of 127.0.0.1 and its key, as files in ``folder``."""
    import datetime
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, private = folder / "certificate.pem", folder / "certificate.key"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return pem, private


@contextmanager
def serving(root: Path, tls: tuple[Path, Path] | None = None) -> Iterator[GitServer]:
    """A running server of the repositories below ``root``, over TLS where a certificate is given."""
    server = GitServer(root)
    if tls is not None:
        import ssl

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.scheme = "https"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


def wait_until(condition: object, seconds: float = 5.0) -> bool:
    """True once ``condition()`` holds, False when it does not within ``seconds``."""
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False
