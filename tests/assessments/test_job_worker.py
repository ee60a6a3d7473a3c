"""Exports by a real job worker, and what becomes of one whose worker is killed over it."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from assessments.choices import ExportFormat, ExportState
from assessments.models import Export, RulesetVersion
from assessments.services import exports
from tests import factories
from tests.assessments.test_workers import ROOT, database_url, eventually

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """Where workers make their own folders for temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


@pytest.fixture
def job_worker(
    transactional_db: None, tmp_path: Path, temporary: Path
) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "PLUMBLINE_DATA_DIR": str(settings.DATA_DIR),
            "PLUMBLINE_ROLE": "worker",
            "DATABASE_URL": database_url(),
            "STALL_FILE": str(tmp_path / "reached"),
            "TMPDIR": str(temporary),
        }
        with (tmp_path / f"job-worker-{len(started)}.log").open("wb") as log:
            started.append(subprocess.Popen(
                [sys.executable, "-m", "tests.job_worker"],
                cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            ))  # fmt: skip
        return started[-1]

    yield start
    for one in started:
        kill(one)


def kill(worker: subprocess.Popen[bytes]) -> None:
    """Ends the worker and the process of its job, which is in a session of its own."""
    place = Path(f"/proc/{worker.pid}/task/{worker.pid}/children")
    jobs = place.read_text().split() if place.exists() else []
    for pid in (worker.pid, *map(int, jobs)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    worker.wait()


def test_an_export_whose_worker_is_killed_is_made_by_the_next(
    queues: str,
    ruleset: RulesetVersion,
    job_worker: Callable[[], subprocess.Popen[bytes]],
    tmp_path: Path,
    temporary: Path,
) -> None:
    assessment = factories.assessment()
    export = exports.request_export(
        repository=assessment.repository,
        assessment=assessment,
        format=ExportFormat.JSON,
        requested_by=factories.admin(),
    )
    doomed = job_worker()
    assert eventually((tmp_path / "reached").exists), (tmp_path / "job-worker-0.log").read_text()
    folder = Path(settings.EXPORTS_DIR)
    assert list(folder.glob(f".{export.key}*"))
    kill(doomed)
    export.refresh_from_db()
    assert export.state == ExportState.RUNNING  # as it shows until the lease ends

    assert exports.LEASE + timedelta(minutes=1) <= timedelta(minutes=2)  # beat looks every minute
    assert exports.recover_abandoned(now=timezone.now() + exports.LEASE) == 1
    [of_the_dead] = temporary.iterdir()
    assert (of_the_dead / "left-by-a-job").exists()
    successor = job_worker()

    def ready() -> bool:
        export.refresh_from_db()
        return export.state == ExportState.DONE

    assert eventually(ready), (tmp_path / "job-worker-1.log").read_text()
    assert export.attempts == 1
    assert [place.name for place in folder.glob(f"*{export.key}*")] == [export.file]
    assert Export.objects.count() == 1

    [own] = temporary.iterdir()
    assert own != of_the_dead
    assert eventually(lambda: not list(own.iterdir()))  # once the process of the job has ended
    successor.terminate()
    assert successor.wait(timeout=30) == 0
    assert list(temporary.iterdir()) == []
