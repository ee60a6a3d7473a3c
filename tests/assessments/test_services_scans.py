"""Asking for scans, claiming them, and what becomes of them when workers die."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from assessments.choices import ScanReason, ScanState
from assessments.models import ScanRequest
from assessments.services import due as due_now
from assessments.services import intervals, recovery, scans
from scanners.errors import ScanError
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
Capture = Callable[..., AbstractContextManager[list[Any]]]
ERROR = ScanError(
    "source.unreachable", "The host does not answer.", hint="Try later.", fault="network", retry=True
)


@pytest.fixture
def queued() -> Any:
    with patch.object(scans, "enqueue") as enqueue:
        yield enqueue


def test_a_request_is_queued_once_it_is_committed(
    queued: Any, django_capture_on_commit_callbacks: Capture
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        scan = scans.request_scan(repository=factories.repository(), reason=ScanReason.REQUEST)
        queued.assert_not_called()
    queued.assert_called_once_with(scan)


def test_asking_again_while_one_is_active_gives_the_same(
    queued: Any, django_capture_on_commit_callbacks: Capture
) -> None:
    repository = factories.repository()
    with django_capture_on_commit_callbacks(execute=True):
        first = scans.request_scan(repository=repository, reason=ScanReason.REQUEST)
        assert scans.request_scan(repository=repository, reason=ScanReason.SCHEDULE) == first
    assert queued.call_count == 1


def test_one_that_has_ended_does_not_stand_in_the_way(queued: Any) -> None:
    repository = factories.repository()
    ended = factories.scan(repository, state=ScanState.FAILED)
    assert scans.request_scan(repository=repository, reason=ScanReason.REQUEST) != ended


@pytest.mark.django_db(transaction=True)
def test_many_who_ask_at_once_share_one_scan(queued: Any) -> None:
    repository = factories.repository()

    def ask(_: int) -> int:
        try:
            return scans.request_scan(repository=repository, reason=ScanReason.REQUEST).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(ask, range(100)))
    assert len(keys) == 1
    assert ScanRequest.objects.count() == 1
    assert queued.call_count == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_gets_the_claim() -> None:
    scan = factories.scan()

    def claim(_: int) -> bool:
        try:
            return scans.claim_scan(scan_id=scan.pk) is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(claim, range(16))) == 1


@pytest.mark.parametrize("state", [ScanState.SCANNING, ScanState.DONE, ScanState.FAILED, ScanState.CANCELLED])
def test_what_does_not_wait_cannot_be_claimed(state: ScanState) -> None:
    assert scans.claim_scan(scan_id=factories.scan(state=state).pk) is None


def test_a_scan_that_is_not_there_cannot_be_claimed() -> None:
    assert scans.claim_scan(scan_id=987_654) is None


def claimed(**changes: Any) -> ScanRequest:
    scan = scans.claim_scan(scan_id=factories.scan(**changes).pk, now=NOW)
    assert scan is not None
    return scan


def test_stages_are_shown_and_the_end_recorded() -> None:
    scan = claimed()
    scans.advance(scan, ScanState.SCANNING)
    scan.refresh_from_db()
    assert scan.state == ScanState.SCANNING
    scans.finish(scan, summary="Judged")
    scan.refresh_from_db()
    assert (scan.state, scan.summary, scan.lease_until) == (ScanState.DONE, "Judged", None)
    assert scan.finished_at is not None


def test_after_a_scan_the_next_one_is_due_in_about_an_interval() -> None:
    scan = claimed(repository=factories.repository(interval_hours=48, failures=2, last_error_id="x"))
    scans.finish(scan, summary="")
    repository = scan.repository
    repository.refresh_from_db()
    assert (repository.failures, repository.last_error_id) == (0, "")
    assert (
        repository.next_scan_at is not None
        and scan.refresh_from_db() is None
        and scan.finished_at is not None
    )
    wait = repository.next_scan_at - scan.finished_at
    assert timedelta(hours=45) < wait < timedelta(hours=51)


def test_who_lost_the_claim_can_write_nothing() -> None:
    scan = claimed()
    ScanRequest.objects.filter(pk=scan.pk).update(claim="somebody else's")
    with pytest.raises(scans.ClaimLost):
        scans.advance(scan, ScanState.SCANNING)
    with pytest.raises(scans.ClaimLost):
        scans.finish(scan, summary="")
    scans.fail(scan, ERROR)
    scan.refresh_from_db()
    assert (scan.state, scan.error_id) == (ScanState.CLONING, "")


def test_a_cancelled_scan_stops_at_its_next_stage() -> None:
    scan = claimed()
    assert scans.cancel_scan(scan=scan, actor=factories.admin()) is True
    with pytest.raises(scans.ClaimLost):
        scans.advance(scan, ScanState.SCANNING)
    assert scans.cancel_scan(scan=scan, actor=factories.admin()) is False


def test_a_failure_says_why_and_leaves_the_grade_standing() -> None:
    assessment = factories.assessment(verdicts={"testing.unit": "fail"})
    repository = assessment.repository
    repository.refresh_from_db()
    letter = repository.letter
    scan = claimed(repository=repository)
    scans.fail(scan, ERROR)
    scan.refresh_from_db()
    repository.refresh_from_db()
    assert (scan.state, scan.error_id, scan.fault) == (ScanState.FAILED, "source.unreachable", "network")
    assert scan.hint == "Try later."
    assert (repository.letter, repository.last_error_id) == (letter, "source.unreachable")
    assert repository.checklist.count() == len(assessment.verdicts)


def test_a_repository_that_keeps_failing_is_tried_less_often() -> None:
    repository = factories.repository()
    waits = []
    for _ in range(3):
        scans.fail(claimed(repository=repository), ERROR)
        repository.refresh_from_db()
        scan = repository.scans.order_by("-pk").first()
        assert scan is not None and scan.finished_at is not None and repository.next_scan_at is not None
        waits.append(repository.next_scan_at - scan.finished_at)
    assert waits == [timedelta(hours=24), timedelta(hours=48), timedelta(hours=72)]


def test_a_scan_given_back_can_be_claimed_again() -> None:
    scan = claimed()
    scans.requeue(scan)
    assert scans.claim_scan(scan_id=scan.pk) is not None


def test_scans_of_dead_workers_are_queued_again(queued: Any) -> None:
    scan = claimed()
    alive = claimed()
    ScanRequest.objects.filter(pk=alive.pk).update(lease_until=NOW + scans.LEASE * 2)
    assert recovery.recover_abandoned(now=NOW + scans.LEASE + timedelta(seconds=1)) == 1
    scan.refresh_from_db()
    alive.refresh_from_db()
    assert (scan.state, scan.attempts, scan.claim) == (ScanState.QUEUED, 1, "")
    assert alive.state == ScanState.CLONING
    queued.assert_called_once()


def test_a_scan_whose_lease_runs_is_left_alone(queued: Any) -> None:
    claimed()
    assert recovery.recover_abandoned(now=NOW + scans.LEASE - timedelta(seconds=1)) == 0
    queued.assert_not_called()


def test_leases_do_not_go_by_the_clock_of_a_host() -> None:
    real = timezone.now()
    scan = factories.scan()
    with patch("django.utils.timezone.now", return_value=real - timedelta(days=1)):
        mine = scans.claim_scan(scan_id=scan.pk)
        assert mine is not None and mine.lease_until is not None and mine.lease_until > real
        scans.advance(mine, ScanState.SCANNING)
    mine.refresh_from_db()
    assert mine.lease_until is not None and mine.lease_until > real


def test_a_lease_written_by_a_clock_that_was_ahead_ends_all_the_same(queued: Any) -> None:
    scan = claimed()
    ScanRequest.objects.filter(pk=scan.pk).update(lease_until=NOW + timedelta(days=1))
    assert recovery.recover_abandoned(now=NOW) == 0
    assert recovery.recover_abandoned(now=NOW + scans.LEASE + timedelta(seconds=1)) == 1


def test_what_waits_since_a_time_that_never_came_is_sent_again_and_what_waits_its_turn_is_not(
    queued: Any,
) -> None:
    never = factories.scan(requested_at=NOW + timedelta(days=1))
    turn = factories.scan(requested_at=NOW - timedelta(hours=1))
    ScanRequest.objects.filter(pk=turn.pk).update(lease_until=NOW + timedelta(hours=1))
    recovery.recover_abandoned(now=NOW)
    queued.assert_called_once_with(never)


def test_a_repository_that_kills_its_workers_is_given_up_after_three(queued: Any) -> None:
    scan = factories.scan()
    now = NOW
    for _ in range(scans.MAX_ATTEMPTS):
        assert scans.claim_scan(scan_id=scan.pk, now=now) is not None
        now += scans.LEASE + timedelta(seconds=1)
        recovery.recover_abandoned(now=now)
    scan.refresh_from_db()
    assert (scan.state, scan.error_id, scan.fault) == (ScanState.FAILED, "scan.killed", "repository")


def test_what_the_broker_lost_is_sent_again(queued: Any) -> None:
    scan = factories.scan(requested_at=NOW)
    recovery.recover_abandoned(now=NOW + timedelta(minutes=10))
    queued.assert_not_called()
    recovery.recover_abandoned(now=NOW + timedelta(minutes=31))
    queued.assert_called_once_with(scan)


def test_what_is_due_and_not_paused_is_asked_for(queued: Any) -> None:
    due = factories.repository(next_scan_at=NOW - timedelta(minutes=1))
    factories.repository(next_scan_at=NOW + timedelta(minutes=1))
    factories.repository(next_scan_at=NOW - timedelta(minutes=1), paused=True)
    factories.repository(next_scan_at=None)
    assert due_now.request_due(now=NOW) == 1
    assert list(ScanRequest.objects.values_list("repository_id", "reason")) == [(due.pk, ScanReason.SCHEDULE)]


def test_what_is_being_scanned_takes_no_place_among_what_is_due(queued: Any) -> None:
    early = NOW - timedelta(hours=2)
    factories.scan(factories.repository(next_scan_at=early), state=ScanState.SCANNING)
    waits = factories.repository(next_scan_at=NOW - timedelta(minutes=1))
    assert due_now.request_due(now=NOW, limit=1) == 1
    assert ScanRequest.objects.get(reason=ScanReason.SCHEDULE).repository == waits


def test_a_cancelled_scan_is_not_asked_for_again_at_once(queued: Any) -> None:
    repository = factories.repository(next_scan_at=NOW - timedelta(minutes=1))
    scan = factories.scan(repository)
    assert scans.cancel_scan(scan=scan, actor=factories.admin())
    assert not scans.cancel_scan(scan=scan, actor=factories.admin())
    assert due_now.request_due(now=NOW) == 0
    repository.refresh_from_db()
    assert repository.next_scan_at is not None and repository.next_scan_at > NOW


def test_a_start_goes_on_with_all_that_was_left(queued: Any) -> None:
    running, waiting = claimed(), factories.scan()
    ScanRequest.objects.filter(pk=running.pk).update(lease_until=NOW + timedelta(hours=1))
    ended = factories.scan(state=ScanState.DONE)
    assert recovery.resume_all(now=NOW) == 2
    assert {call.args[0] for call in queued.call_args_list} == {running, waiting}
    running.refresh_from_db()
    ended.refresh_from_db()
    assert (running.state, running.attempts, ended.state) == (ScanState.QUEUED, 1, ScanState.DONE)
    with pytest.raises(scans.ClaimLost):
        scans.advance(running, ScanState.SCANNING)


def test_without_a_broker_the_scan_stays_asked_for(
    django_capture_on_commit_callbacks: Capture, caplog: pytest.LogCaptureFixture
) -> None:
    gone = BrokerError("redis+socket://:canary-91@/gone")
    with (
        patch("assessments.tasks.scan_repository.apply_async", side_effect=gone),
        django_capture_on_commit_callbacks(execute=True),
    ):
        scan = scans.request_scan(repository=factories.repository(), reason=ScanReason.REQUEST)
    scan.refresh_from_db()
    assert scan.state == ScanState.QUEUED
    assert "does not answer" in caplog.text and "canary-91" not in caplog.text


def test_repositories_of_one_interval_do_not_fall_due_together() -> None:
    repositories = [factories.repository() for _ in range(20)]
    due = [intervals.next_scan_at(one, NOW) - NOW for one in repositories]
    assert len(set(due)) == 20
    assert timedelta(hours=22) < min(due) and max(due) < timedelta(hours=26)
    assert max(due) - min(due) > timedelta(hours=1)


@pytest.mark.django_db(transaction=True)
def test_a_lease_is_renewed_while_its_holder_lives_though_one_renewal_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import time

    monkeypatch.setattr(scans, "RENEW_SECONDS", 0.01)
    scan = claimed()
    mine, failures = scans.mine, iter([DatabaseError("the database is away for a moment")])

    def away_once(held: ScanRequest) -> Any:
        for failure in failures:
            raise failure
        return mine(held)

    monkeypatch.setattr(scans, "mine", away_once)
    with scans.held(scan):
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            time.sleep(0.02)
            row = ScanRequest.objects.get(pk=scan.pk)
            if row.lease_until != NOW + scans.LEASE:
                break
    assert row.lease_until is not None and row.lease_until > NOW + scans.LEASE
