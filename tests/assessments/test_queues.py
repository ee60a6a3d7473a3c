"""Large repositories wait in a queue of their own, and a queue that nobody serves is told of."""

from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from assessments import tasks
from assessments.choices import PastWork, ScanReason, ScanState
from assessments.models import Repository
from assessments.services import past, queues, recovery, scans
from scanners.errors import ScanError
from tests import factories

pytestmark = pytest.mark.django_db


def sent_to(repository: Repository, reason: ScanReason = ScanReason.SCHEDULE) -> tuple[str | None, int]:
    """(queue, priority) that a scan of the repository is sent with."""
    with patch.object(tasks.scan_repository, "apply_async") as sent:
        scans.enqueue(factories.scan(repository, reason=reason))
    return sent.call_args.kwargs["queue"], sent.call_args.kwargs["priority"]


def test_what_was_large_when_it_was_last_read_waits_apart_with_the_same_priorities() -> None:
    small, large = factories.repository(), factories.repository(large=True)
    queue, schedule = sent_to(small)
    assert queue is None  # the default one, scans
    assert sent_to(large) == (queues.LARGE, schedule)
    asked = sent_to(factories.repository(large=True), ScanReason.REQUEST)
    assert asked[0] == queues.LARGE and asked[1] < schedule


def test_work_on_the_past_of_a_large_repository_waits_there_too() -> None:
    work = past.request_work(
        repository=factories.repository(large=True), kind=PastWork.BACKFILL, params={}, queue=False
    )
    with patch.object(tasks.work_on_the_past, "apply_async") as sent:
        past.enqueue(work)
    assert sent.call_args.kwargs["queue"] == queues.LARGE


@pytest.mark.parametrize(
    ("bytes", "files", "seconds", "large"),
    [
        (None, None, None, False),
        (500 << 20, 20_000, 60.0, False),
        ((500 << 20) + 1, 1, 1.0, True),
        (1, 20_001, 1.0, True),
        (1, 1, 60.5, True),
    ],
)
def test_size_is_judged_by_bytes_files_and_duration(
    bytes: int | None, files: int | None, seconds: float | None, large: bool
) -> None:
    assert queues.is_large(bytes=bytes, files=files, seconds=seconds) is large


def running() -> Any:
    scan = factories.scan(
        factories.repository(), state=ScanState.GRADING, claim="mine", stages={"cloning": 2.0}
    )
    scan.started_at = timezone.now()
    return scan


def test_a_scan_that_read_a_repository_says_how_large_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    scan = running()
    scans.finish(scan, summary="", files=30_000, bytes=5)
    repository = Repository.objects.get(pk=scan.repository_id)
    assert (repository.files, repository.large) == (30_000, True)
    assert repository.scan_seconds == pytest.approx(2.0, abs=0.5)

    again = running()
    Repository.objects.filter(pk=again.repository_id).update(large=True, files=9)
    scans.finish(again, summary="Nothing has changed")  # which says nothing of its size
    assert Repository.objects.get(pk=again.repository_id).large
    smaller = running()
    Repository.objects.filter(pk=smaller.repository_id).update(large=True)
    scans.finish(smaller, summary="", files=9, bytes=5)
    assert not Repository.objects.get(pk=smaller.repository_id).large


def test_what_had_to_be_ended_by_force_is_kept_from_the_small() -> None:
    for id, large in (("scan.time-limit", True), ("source.too-large", True), ("source.empty", False)):
        scan = running()
        scans.fail(scan, ScanError(id, "It ended.", fault="repository"))
        assert Repository.objects.get(pk=scan.repository_id).large is large, id


def test_what_ended_its_worker_is_given_to_those_of_the_large() -> None:
    scan = factories.scan(state=ScanState.SCANNING, claim="dead", lease_until=factories.NOW)
    with patch.object(tasks.scan_repository, "apply_async") as sent:
        assert recovery.recover_abandoned() == 1
    assert sent.call_args.kwargs["queue"] == queues.LARGE
    assert Repository.objects.get(pk=scan.repository_id).large


class TestReadiness:
    @pytest.fixture(autouse=True)
    def counters(self, queues: str) -> None:
        cache.clear()

    def check(self) -> tuple[int, dict[str, Any]]:
        response = Client().get("/readyz")
        return response.status_code, response.json()["checks"]["workers"]

    def test_a_queue_in_which_scans_wait_for_nobody_is_named(self) -> None:
        queues.tell([queues.SMALL])
        factories.scan(factories.repository(large=True))
        status, workers = self.check()
        assert status == 503 and not workers["ok"]
        assert "scans.large: 1 wait, no worker serves it" in workers["detail"]
        assert "PLUMBLINE_SCAN_QUEUES=scans.large" in workers["detail"]
        queues.tell([queues.LARGE])
        status, workers = self.check()
        assert workers["ok"] and "scans.large: 1 wait, served" in workers["detail"]

    def test_what_was_only_just_asked_for_is_no_alarm(self) -> None:
        factories.scan(factories.repository(large=True), requested_at=timezone.now())
        assert self.check()[1]["ok"]

    def test_the_waiting_are_counted_by_queue(self) -> None:
        factories.scan(factories.repository(large=True))
        text = Client().get("/metrics").content.decode()
        assert 'plumbline_scans_waiting{queue="scans.large"} 1.0' in text
        assert 'plumbline_scans_waiting{queue="scans"} 0.0' in text


def test_a_worker_serves_what_the_settings_name() -> None:
    assert settings.ENVIRONMENT.scan_queues == list(queues.QUEUES)
    assert [one.name for one in settings.CELERY_TASK_QUEUES] == list(queues.QUEUES)
    # A key of its own for each, or RabbitMQ would put every message into both.
    assert [one.routing_key for one in settings.CELERY_TASK_QUEUES] == list(queues.QUEUES)
