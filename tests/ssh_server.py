"""A git server behind a real sshd on the loopback, for tests; it takes one key and runs git's own commands."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SSHD = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")


@dataclass(frozen=True, slots=True)
class SshServer:
    """``private`` is the key that it takes; ``known`` is what ssh-keyscan would print of it."""

    root: Path
    port: int
    private: str
    known: str

    def url(self, name: str) -> str:
        import getpass

        return f"ssh://{getpass.getuser()}@127.0.0.1:{self.port}{self.root}/{name}"

    @property
    def prefix(self) -> str:
        return f"ssh://127.0.0.1:{self.port}{self.root}"


def new_key(place: Path) -> str:
    """A fresh private key, its public half beside it."""
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", os.fspath(place)], check=True
    )
    return place.read_text()


@contextmanager
def ssh_serving(root: Path, folder: Path) -> Iterator[SshServer]:
    """A running sshd for the repositories below ``root``."""
    folder.mkdir(parents=True, exist_ok=True)
    private, _ = new_key(folder / "client"), new_key(folder / "host")
    (folder / "authorized").write_text((folder / "client.pub").read_text())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = folder / "sshd_config"
    config.write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {folder}/host\nPidFile none\nUsePAM no\nStrictModes no\n"
        f"AuthorizedKeysFile {folder}/authorized\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
        "PermitRootLogin prohibit-password\nLogLevel ERROR\n"
    )
    Path("/run/sshd").mkdir(exist_ok=True)  # where sshd separates its privileges
    process = subprocess.Popen(
        [os.fspath(SSHD), "-D", "-e", "-f", os.fspath(config)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        public = " ".join((folder / "host.pub").read_text().split()[:2])
        yield SshServer(root, port, private, f"[127.0.0.1]:{port} {public}\n")
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("sshd does not listen")
