"""Scans by real worker processes over a real broker, and what is left when such a process is killed."""

import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch
from urllib.parse import quote, urlsplit

import pytest
from celery import Celery
from django.conf import settings
from django.db import connection
from django.utils import timezone

from assessments.choices import ScanState
from assessments.models import Assessment, Repository, RulesetVersion, ScanRequest
from assessments.services import recovery, scans
from assessments.services.queues import served
from assessments.services.repositories import register_repository
from tests import factories, trees
from tests.conftest import needs
from tests.faults.servers import Process

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).parents[2]
SERVERS = {
    "redis": ("PLUMBLINE_TEST_REDIS_URL", "redis://127.0.0.1:6379/13"),
    "rabbitmq": ("PLUMBLINE_TEST_AMQP_URL", "amqp://guest:guest@127.0.0.1:5672//"),
}


def database_url() -> str:
    """The address of the test's database, for processes beside this one."""
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite://{values['NAME']}"
    login = quote(values["USER"]) + (f":{quote(values['PASSWORD'])}" if values["PASSWORD"] else "")
    return f"postgres://{login}@{values['HOST']}:{values['PORT'] or 5432}/{values['NAME']}"


def eventually(holds: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.1)
    return holds()


class Worker:
    """A scan worker in a process of its own, with one child that does the work; what it prints is in ``log``."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.log = folder / f"worker-{uuid.uuid4().hex[:6]}.log"
        self.environment = {
            **os.environ,
            "PLUMBLINE_DATA_DIR": str(settings.DATA_DIR),
            "PLUMBLINE_ROLE": "worker",
            "DATABASE_URL": database_url(),
            **environment,
        }
        chosen = "PLUMBLINE_SCAN_QUEUES" in environment
        queues = [] if chosen else ["--queues", environment.get("TEST_QUEUE", "scans,scans.large")]
        command = [
            sys.executable, "-m", "celery", "-A", "tests.worker", "worker", *queues, "--concurrency", "1",
            "--loglevel", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat",
        ]  # fmt: skip
        self._owned = Process(command, self.environment, self.log, ROOT)
        self.process = self._owned.process

    def send(self, scan: ScanRequest) -> None:
        """Asks this worker for a scan, by a process that has its settings."""
        script = f"from tests.worker import send; send({scan.pk})"
        subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=self.environment, check=True, timeout=60)

    def working_child(self) -> int:
        """The process that carries tasks out; 0 while there is none."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[-1]) if children else 0

    def kill_all(self) -> None:
        """SIGKILL to the worker and its children, and to no other process that has come by its number since."""
        self._owned.kill()


@pytest.fixture
def worker(transactional_db: None, tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    started: list[Worker] = []

    def start(**environment: str) -> Worker:
        started.append(Worker(tmp_path, **environment))
        return started[-1]

    yield start
    for one in started:
        one.kill_all()


@pytest.fixture
def scan(ruleset: RulesetVersion, tmp_path: Path) -> ScanRequest:
    """The first scan of a small repository, asked for and not sent to anybody yet."""
    source = trees.repository(tmp_path / "orders", {"README.md": "# Orders\n", "app.py": "a = 1\n" * 40})
    with patch.object(scans, "enqueue"):
        _, made = register_repository(source=str(source), team=factories.team(), actor=None, allow_local=True)
    return made


def ended(scan: ScanRequest) -> bool:
    scan.refresh_from_db()
    return scan.state in (ScanState.DONE, ScanState.FAILED)


def assert_judged_once(scan: ScanRequest, worker: Worker) -> None:
    assert eventually(lambda: ended(scan)), worker.log.read_text()
    assert (scan.state, scan.error_id) == (ScanState.DONE, ""), worker.log.read_text()
    repository = Repository.objects.get(pk=scan.repository_id)
    assert Assessment.objects.get() == repository.current
    items = repository.checklist.values_list("item", flat=True)
    assert len(items) == len(set(items)) > 0
    assert not repository.changes.exists()


def left_in(folder: Path) -> list[str]:
    """What is in the folder of mirrors besides mirrors and their lock files."""
    return [place.name for place in folder.iterdir() if place.suffix not in (".git", ".lock")]


def test_a_worker_judges_what_is_sent_by_the_embedded_broker(
    queues: str, worker: Callable[..., Worker], scan: ScanRequest
) -> None:
    one = worker()
    scans.enqueue(scan)
    scans.enqueue(scan)  # as a broker that delivers twice
    assert_judged_once(scan, one)


@pytest.mark.parametrize("stage", ["cloning", "scanning", "grading", "recorded"])
def test_a_worker_killed_in_any_stage_leads_to_one_assessment(
    queues: str, worker: Callable[..., Worker], scan: ScanRequest, tmp_path: Path, stage: str
) -> None:
    reached = tmp_path / "reached"
    doomed = worker(STALL_AT=stage, STALL_FILE=str(reached))
    scans.enqueue(scan)
    assert eventually(reached.exists), doomed.log.read_text()
    doomed.kill_all()
    assert not Assessment.objects.exists()
    scan.refresh_from_db()
    assert scan.state in (ScanState.CLONING, ScanState.SCANNING, ScanState.GRADING)

    next_one = worker()
    assert recovery.recover_abandoned(now=timezone.now() + scans.LEASE + timedelta(seconds=1)) == 1
    assert_judged_once(scan, next_one)
    assert scan.attempts == 1
    assert left_in(Path(settings.MIRRORS_DIR)) == []


def test_a_task_whose_process_is_killed_under_a_living_worker_is_done_by_the_next(
    queues: str, worker: Callable[..., Worker], scan: ScanRequest, tmp_path: Path
) -> None:
    reached = tmp_path / "reached"
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    one = worker(STALL_AT="scanning", STALL_FILE=str(reached), TMPDIR=str(temporary))
    scans.enqueue(scan)
    assert eventually(lambda: any(temporary.rglob("left-by-a-task"))), one.log.read_text()
    child = one.working_child()
    os.kill(child, signal.SIGKILL)
    # The broker delivers the task again at once; the lease of the dead one still holds, so nothing is claimed.
    assert eventually(lambda: one.working_child() not in (0, child))
    assert eventually(lambda: not any(temporary.rglob("left-by-a-task"))), "its worker lives on"
    scan.refresh_from_db()
    assert scan.state == ScanState.SCANNING
    assert recovery.recover_abandoned(now=timezone.now() + scans.LEASE + timedelta(seconds=1)) == 1
    assert_judged_once(scan, one)


def test_a_worker_that_is_asked_to_stop_hands_its_scan_back(
    queues: str, worker: Callable[..., Worker], scan: ScanRequest, tmp_path: Path
) -> None:
    reached = tmp_path / "reached"
    left = Path(settings.MIRRORS_DIR) / ".gone-service.git"
    left.mkdir(parents=True)
    one = worker(STALL_AT="scanning", STALL_FILE=str(reached))
    scans.enqueue(scan)
    assert eventually(reached.exists), one.log.read_text()
    assert not left.exists()
    one.process.terminate()
    one.process.wait(timeout=30)
    scan.refresh_from_db()
    assert (scan.state, scan.claim, scan.attempts) == (ScanState.QUEUED, "", 0), one.log.read_text()
    assert_judged_once(scan, worker())  # without being sent again


def test_a_scan_cancelled_while_its_files_are_read_ends_soon(
    queues: str, worker: Callable[..., Worker], scan: ScanRequest, tmp_path: Path
) -> None:
    reached = tmp_path / "reached"
    one = worker(STALL_AT="scanning", STALL_FILE=str(reached))
    scans.enqueue(scan)
    assert eventually(reached.exists), one.log.read_text()
    child = one.working_child()
    readers = Path(f"/proc/{child}/task/{child}/children")
    assert readers.read_text().split()
    assert scans.cancel_scan(scan=scan, actor=factories.admin())
    assert eventually(lambda: not readers.read_text().split(), seconds=10)
    assert one.working_child() == child
    assert not Assessment.objects.exists()


def test_a_worker_of_the_large_leaves_the_small_alone_and_says_so(
    queues: str, worker: Callable[..., Worker], scan: ScanRequest, tmp_path: Path
) -> None:
    from django.core.cache import cache

    cache.clear()
    source = trees.repository(tmp_path / "giant", {"README.md": "# Giant\n"})
    with patch.object(scans, "enqueue"):
        repository, giant = register_repository(
            source=str(source), team=factories.team(), actor=None, allow_local=True
        )
    Repository.objects.filter(pk=repository.pk).update(large=True)
    scans.enqueue(ScanRequest.objects.get(pk=giant.pk))
    scans.enqueue(scan)
    one = worker(PLUMBLINE_SCAN_QUEUES="scans.large")
    assert eventually(lambda: ended(giant)), one.log.read_text()
    assert giant.state == ScanState.DONE
    assert served() == {"scans": False, "scans.large": True}
    scan.refresh_from_db()
    assert scan.state == ScanState.QUEUED
    assert not Repository.objects.get(pk=repository.pk).large  # as it turned out
    other = worker(PLUMBLINE_SCAN_QUEUES="scans")
    assert eventually(lambda: ended(scan)), other.log.read_text()
    assert scan.state == ScanState.DONE
    assert all(served().values())


@pytest.mark.services
@pytest.mark.parametrize("server", SERVERS)
def test_a_worker_judges_what_is_sent_by_a_broker_of_production(
    server: str, queues: str, worker: Callable[..., Worker], scan: ScanRequest
) -> None:
    variable, default = SERVERS[server]
    url = os.environ.get(variable, default)
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 0), timeout=3).close()
    except OSError:
        needs(f"{server} at {parts.hostname}:{parts.port}")
    queue = f"plumbline-test-{uuid.uuid4().hex}"
    one = worker(PLUMBLINE_BROKER_URL=url, TEST_QUEUE=queue)
    try:
        one.send(scan)
        assert_judged_once(scan, one)
    finally:
        one.kill_all()
        with Celery(broker=url).connection_for_write() as broker:
            if server == "redis":  # its own keys too, which deleting a queue leaves there
                client = broker.default_channel.client
                client.delete(*client.keys(f"*{queue}*"))
            else:
                broker.default_channel.queue_delete(queue)
