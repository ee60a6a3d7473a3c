"""Scans: asking for one, claiming it, keeping the claim, and what becomes of it.

A scan is a row of its own. Whoever works on it claims it by a conditional update, holds it by a lease that a
thread renews, and writes its end only while the claim is still theirs; so a task may be delivered twice, and
a worker may be killed at any point, without two assessments or a scan that never ends.
"""

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from assessments.choices import ACTIVE_STATES, RUNNING_STATES, ScanReason, ScanState
from assessments.models import Repository, ScanRequest
from assessments.storable import storable
from scanners.errors import ScanError

LEASE = timedelta(seconds=90)
RENEW_SECONDS = 20.0
MAX_ATTEMPTS = 3
"""Kills after which a scan is given up: the repository, not the worker, is then the likely cause."""

_PRIORITY = {ScanReason.ADDED: 0, ScanReason.REQUEST: 0, ScanReason.RULESET: 6, ScanReason.SCHEDULE: 9}
"""Lower goes first: what a person waits for, then new rules, then the schedule."""


class ClaimLost(Exception):
    """Another worker holds the scan now, or it was cancelled; nothing more may be written."""


@transaction.atomic
def request_scan(
    *,
    repository: Repository,
    reason: ScanReason,
    requested_by: AbstractUser | None = None,
    now: datetime | None = None,
) -> ScanRequest:
    """The active scan of the repository, asked for now where there was none. It is queued on commit."""
    active = ScanRequest.objects.filter(repository=repository, state__in=ACTIVE_STATES).first()
    if active is not None:
        return active
    try:
        with transaction.atomic():
            scan = ScanRequest.objects.create(
                repository=repository,
                reason=reason,
                requested_by=requested_by,
                requested_at=now or timezone.now(),
            )
    except IntegrityError:  # somebody else asked at the same moment
        return ScanRequest.objects.get(repository=repository, state__in=ACTIVE_STATES)
    transaction.on_commit(lambda: enqueue(scan))
    return scan


def enqueue(scan: ScanRequest) -> None:
    """Puts the scan before the workers."""
    from assessments.tasks import scan_repository

    priority = _PRIORITY[ScanReason(scan.reason)]
    if settings.CELERY_TASK_QUEUE_MAX_PRIORITY:
        priority = settings.CELERY_TASK_QUEUE_MAX_PRIORITY - priority  # RabbitMQ counts the other way round
    scan_repository.apply_async(args=[scan.pk], priority=priority)


def claim_scan(*, scan_id: int, now: datetime | None = None) -> ScanRequest | None:
    """The scan, now ours, or None where it is not waiting any more."""
    moment = now or timezone.now()
    claim = uuid.uuid4().hex
    taken = ScanRequest.objects.filter(pk=scan_id, state=ScanState.QUEUED).update(
        state=ScanState.CLONING, claim=claim, lease_until=moment + LEASE, started_at=moment
    )
    if not taken:
        return None
    scan = ScanRequest.objects.select_related("repository__mirror", "repository__current").get(pk=scan_id)
    return scan if scan.claim == claim else None


@contextmanager
def held(scan: ScanRequest) -> Iterator[None]:
    """Keeps the lease of a claimed scan alive while the block runs."""
    done = threading.Event()

    def renew() -> None:
        try:
            while not done.wait(RENEW_SECONDS):
                _mine(scan).update(lease_until=timezone.now() + LEASE)
        finally:
            connection.close()

    thread = threading.Thread(target=renew, name=f"lease-{scan.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(timeout=5)


def advance(scan: ScanRequest, state: ScanState) -> None:
    """Shows the next stage. Raises ClaimLost."""
    if not _mine(scan).update(state=state, lease_until=timezone.now() + LEASE):
        raise ClaimLost
    scan.state = state


def finish(scan: ScanRequest, *, summary: str) -> None:
    """Marks the scan done, inside the transaction that recorded its result. Raises ClaimLost."""
    now = timezone.now()
    if not _mine(scan).update(state=ScanState.DONE, finished_at=now, lease_until=None, summary=summary[:300]):
        raise ClaimLost
    Repository.objects.filter(pk=scan.repository_id).update(
        last_error_id="", last_error="", failures=0, next_scan_at=next_scan_at(scan.repository, now)
    )


def fail(scan: ScanRequest, error: ScanError) -> None:
    """Marks the scan failed and says why; what was known of the repository stays."""
    now = timezone.now()
    with transaction.atomic():
        changed = _mine(scan).update(
            state=ScanState.FAILED,
            finished_at=now,
            lease_until=None,
            error_id=error.id,
            error=storable(error.message)[:1000],
            hint=storable(error.hint)[:500],
            fault=error.fault,
        )
        if changed:
            repository = scan.repository
            failures = repository.failures + 1
            Repository.objects.filter(pk=repository.pk).update(
                last_error_id=error.id,
                last_error=storable(error.message)[:1000],
                failures=failures,
                next_scan_at=now + timedelta(hours=interval_of(repository)) * min(failures, 7),
            )


def cancel_scan(*, scan: ScanRequest, actor: AbstractUser) -> bool:
    """True where the scan was active and is not any more; its worker notices at the next stage."""
    changed = ScanRequest.objects.filter(pk=scan.pk, state__in=ACTIVE_STATES).update(
        state=ScanState.CANCELLED,
        finished_at=timezone.now(),
        lease_until=None,
        summary=f"Cancelled by {actor}"[:300],
    )
    return bool(changed)


def requeue(scan: ScanRequest) -> None:
    """Gives a claimed scan back to the queue, for a fault of the network that may pass."""
    if _mine(scan).update(state=ScanState.QUEUED, claim="", lease_until=None):
        scan.state = ScanState.QUEUED


def recover_abandoned(*, now: datetime | None = None) -> int:
    """How many scans of dead workers were queued again; after MAX_ATTEMPTS one is given up instead."""
    moment = now or timezone.now()
    recovered = 0
    for scan in ScanRequest.objects.filter(state__in=RUNNING_STATES, lease_until__lt=moment):
        attempts = scan.attempts + 1
        if attempts >= MAX_ATTEMPTS:
            scan.attempts = attempts
            fail(scan, ScanError(
                "scan.killed",
                f"The scan was stopped {attempts} times before it could finish.",
                hint="The repository may need more memory or time than a worker has.",
                fault="repository",
            ))  # fmt: skip
            continue
        taken = ScanRequest.objects.filter(
            pk=scan.pk, claim=scan.claim, state__in=RUNNING_STATES, lease_until__lt=moment
        )
        if taken.update(state=ScanState.QUEUED, claim="", lease_until=None, attempts=attempts):
            recovered += 1
            enqueue(scan)
    lost = moment - timedelta(minutes=30)
    for scan in ScanRequest.objects.filter(state=ScanState.QUEUED, requested_at__lt=lost)[:100]:
        enqueue(scan)  # the broker may have lost its queue; a second delivery finds nothing to claim
    return recovered


def interval_of(repository: Repository) -> int:
    """Hours between two scans: the repository's own, else the organisation's."""
    return repository.interval_hours or settings.ENVIRONMENT.scan_interval_hours


def next_scan_at(repository: Repository, now: datetime) -> datetime:
    """When the repository falls due again; its id spreads it over a tenth of the interval, so that not all
    do at once."""
    hours = interval_of(repository)
    spread = (repository.pk * 2654435761 % 1000) / 1000  # Knuth's multiplicative hash, from 0 to 1
    return now + timedelta(hours=hours * (0.95 + spread / 10))


def request_due(*, now: datetime | None = None, limit: int = 500) -> int:
    """How many scans were asked for because their time had come."""
    moment = now or timezone.now()
    due = Repository.objects.filter(paused=False, next_scan_at__lte=moment).order_by("next_scan_at")[:limit]
    for repository in due:
        request_scan(repository=repository, reason=ScanReason.SCHEDULE, now=moment)
    return len(due)


def _mine(scan: ScanRequest):  # type: ignore[no-untyped-def]  # a QuerySet of ScanRequest
    return ScanRequest.objects.filter(pk=scan.pk, claim=scan.claim, state__in=RUNNING_STATES)
