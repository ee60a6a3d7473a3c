"""Celery tasks on a real repository: from the request to the recorded assessment, and every way to fail."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from celery.exceptions import Retry
from django.conf import settings
from django.db import OperationalError
from kombu import Queue

from assessments import tasks
from assessments.choices import ScanReason, ScanState
from assessments.models import Assessment, Repository, RulesetVersion, ScanRequest
from assessments.services import assess, scans
from assessments.services.repositories import register_repository
from config.celery import app
from scanners.errors import ScanError
from tests import factories, trees

pytestmark = pytest.mark.django_db
FILES = {
    "README.md": "# Orders\n\nAn HTTP service.\n\n## Installation\n\nRun `pip install .`\n",
    "pyproject.toml": '[project]\nname = "orders"\ndependencies = ["fastapi", "uvicorn"]\n',
    "app/main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n"
    + "".join(
        f'\n\n@app.get("/orders/{n}")\ndef order_{n}() -> list[str]:\n    return ["{n}"]\n' for n in range(12)
    ),
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return trees.repository(tmp_path / "orders", FILES)


@pytest.fixture
def repository(ruleset: RulesetVersion, source: Path) -> Repository:
    with patch.object(scans, "enqueue"):
        made, _ = register_repository(source=str(source), team=factories.team(), actor=None, allow_local=True)
    return made


def run(repository: Repository) -> ScanRequest:
    """The scan of the repository after the task has been through it."""
    scan = scans.request_scan(repository=repository, reason=ScanReason.REQUEST)
    tasks.scan_repository(scan.pk)
    scan.refresh_from_db()
    return scan


def test_a_scan_judges_head_and_records_it(repository: Repository, source: Path) -> None:
    scan = run(repository)
    assert (scan.state, scan.error_id, scan.error) == (ScanState.DONE, "", "")
    repository.refresh_from_db()
    made = repository.current
    assert made is not None
    assert made.commit == trees.git(source, "rev-parse", "HEAD")
    assert made.profile["kind"] == "service"
    assert {"python", "fastapi"} <= set(made.stack)
    assert repository.mirror.head == made.commit and repository.mirror.default_branch == "main"
    assert repository.checklist.filter(item="documentation.readme").count() == 1
    assert repository.next_scan_at is not None


def test_what_has_not_changed_writes_no_second_assessment(repository: Repository) -> None:
    run(repository)
    scan = run(repository)
    assert scan.state == ScanState.DONE and scan.summary.startswith("Nothing has changed")
    assert Assessment.objects.count() == 1


def test_a_new_commit_is_judged_and_its_flips_told(repository: Repository, source: Path) -> None:
    run(repository)
    trees.commit(source, {"LICENSE": "MIT", "Dockerfile": "FROM python:3.11\nUSER app\nCMD python -m app\n"})
    run(repository)
    assert Assessment.objects.count() == 2
    assert {change.cause for change in repository.changes.all()} <= {"code"}


def test_a_second_delivery_of_a_task_does_nothing(repository: Repository) -> None:
    scan = run(repository)
    with patch.object(tasks, "run_scan") as again:
        tasks.scan_repository(scan.pk)
    again.assert_not_called()


def test_a_repository_that_is_gone_fails_with_a_stable_id(repository: Repository, source: Path) -> None:
    run(repository)
    source.rename(source.with_name("moved"))
    scan = run(repository)
    assert (scan.state, scan.error_id) == (ScanState.FAILED, "source.not-a-repository")
    repository.refresh_from_db()
    assert repository.current is not None and repository.last_error_id == scan.error_id


def test_an_empty_repository_says_so(ruleset: RulesetVersion, tmp_path: Path) -> None:
    empty = trees.repository(tmp_path / "empty")
    with patch.object(scans, "enqueue"):
        made, _ = register_repository(source=str(empty), team=factories.team(), actor=None, allow_local=True)
    scan = run(made)
    assert scan.state == ScanState.FAILED
    assert scan.error_id == "source.empty"


def test_a_fault_of_the_network_is_tried_again_later(repository: Repository) -> None:
    error = ScanError("source.unreachable", "No answer.", fault="network", retry=True)
    scan = ScanRequest.objects.get(repository=repository)
    with (
        patch.object(tasks, "run_scan", side_effect=error),
        patch.object(tasks.scan_repository, "retry", side_effect=Retry) as retry,
        pytest.raises(Retry),
    ):
        tasks.scan_repository(scan.pk)
    scan.refresh_from_db()
    assert scan.state == ScanState.QUEUED
    assert retry.call_args.kwargs == {"countdown": 30}


def test_a_fault_of_the_network_that_stays_is_told_after_four_more_tries(repository: Repository) -> None:
    error = ScanError("source.unreachable", "No answer.", hint="Later.", fault="network", retry=True)
    scan = ScanRequest.objects.get(repository=repository)
    with patch.object(tasks, "run_scan", side_effect=error) as tried:
        tasks.scan_repository.apply(args=[scan.pk])
    assert tried.call_count == 1 + tasks.NETWORK_RETRIES
    scan.refresh_from_db()
    assert (scan.state, scan.error_id, scan.fault) == (ScanState.FAILED, "source.unreachable", "network")


@pytest.mark.parametrize("failure", [ScanError("tree.too-large", "Too large."), MemoryError()])
def test_a_fault_of_the_repository_is_not(repository: Repository, failure: Exception) -> None:
    with patch.object(tasks, "run_scan", side_effect=failure):
        scan = run(repository)
    assert scan.state == ScanState.FAILED
    assert scan.error_id in ("tree.too-large", "scan.memory-limit")


def test_a_database_that_is_away_gives_the_scan_back(repository: Repository) -> None:
    scan = ScanRequest.objects.get(repository=repository)
    with (
        patch.object(tasks, "run_scan", side_effect=OperationalError),
        patch.object(tasks.scan_repository, "retry", side_effect=Retry),
        pytest.raises(Retry),
    ):
        tasks.scan_repository(scan.pk)
    scan.refresh_from_db()
    assert scan.state == ScanState.QUEUED


def test_our_own_fault_is_recorded_as_ours_without_its_details(repository: Repository) -> None:
    scan = ScanRequest.objects.get(repository=repository)
    with (
        patch.object(tasks, "run_scan", side_effect=RuntimeError("a secret detail")),
        pytest.raises(RuntimeError),
    ):
        tasks.scan_repository(scan.pk)
    scan.refresh_from_db()
    assert (scan.state, scan.error_id, scan.fault) == (ScanState.FAILED, "scan.internal", "ours")
    assert "secret" not in scan.error


def test_a_scan_cancelled_while_it_runs_records_nothing(repository: Repository) -> None:
    advance = scans.advance

    def cancelled(scan: ScanRequest, state: ScanState) -> None:
        scans.cancel_scan(scan=scan, actor=factories.admin())
        advance(scan, state)

    with patch.object(assess, "advance", cancelled):
        scan = run(repository)
    assert scan.state == ScanState.CANCELLED
    assert not Assessment.objects.exists()


def test_periodic_tasks_of_the_table_exist() -> None:
    for entry in settings.PERIODIC_TASKS:
        assert entry.task in app.tasks


def test_only_json_is_sent_and_accepted() -> None:
    assert app.conf.accept_content == ["json"]
    assert app.conf.task_serializer == app.conf.result_serializer == "json"
    assert app.conf.task_acks_late is True


@pytest.fixture
def scan_queue(queues: str) -> Iterator[Queue]:
    """The queue of scans on a real broker, empty."""
    with app.connection_for_write() as connection:
        queue = app.amqp.queues[app.conf.task_default_queue](connection.default_channel)
        queue.declare()
        queue.purge()
        yield queue


def test_what_a_person_asked_for_goes_ahead_of_the_schedule(
    scan_queue: Queue, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        for reason in (ScanReason.SCHEDULE, ScanReason.RULESET, ScanReason.REQUEST):
            scans.request_scan(repository=factories.repository(), reason=reason)
    order = []
    while (message := scan_queue.get(no_ack=True)) is not None:
        assert message.content_type == "application/json"
        [scan_id] = message.payload[0]
        order.append(ScanRequest.objects.get(pk=scan_id).reason)
    assert order == [ScanReason.REQUEST, ScanReason.RULESET, ScanReason.SCHEDULE]
