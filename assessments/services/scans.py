"""Scans: asking for one, claiming it, keeping the claim, and what becomes of it.

A scan is a row of its own. Whoever works on it claims it by a conditional update, holds it by a lease that a
thread renews, and writes its end only while the claim is still theirs; so a task may be delivered twice, and
a worker may be killed at any point, without two assessments or a scan that never ends.
"""

import logging
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from assessments.choices import ACTIVE_STATES, RUNNING_STATES, ScanReason, ScanState
from assessments.models import Repository, ScanRequest
from assessments.storable import storable
from scanners.errors import ScanError

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)
RENEW_SECONDS = 20.0
MAX_ATTEMPTS = 3
"""Kills after which a scan is given up: the repository, not the worker, is then the likely cause."""

_PRIORITY = {
    ScanReason.ADDED: 0,
    ScanReason.REQUEST: 0,
    ScanReason.PUSH: 3,
    ScanReason.RULESET: 6,
    ScanReason.SCHEDULE: 9,
}
"""Lower goes first: what a person waits for, then what was pushed, then new rules, then the schedule."""


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
    """Puts the scan before the workers. Without the broker it stays queued here, to be sent again later."""
    from assessments.tasks import scan_repository

    priority = _PRIORITY[ScanReason(scan.reason)]
    if settings.CELERY_TASK_QUEUE_MAX_PRIORITY:
        priority = settings.CELERY_TASK_QUEUE_MAX_PRIORITY - priority  # RabbitMQ counts the other way round
    try:
        scan_repository.apply_async(args=[scan.pk], priority=priority)
    except BrokerError as error:
        logger.error("Scan %s waits for the broker, which does not answer: %s", scan.pk, type(error).__name__)


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
                try:
                    _mine(scan).update(lease_until=timezone.now() + LEASE)
                except DatabaseError as error:  # the next round may find it back, well before the lease ends
                    logger.warning("The lease of scan %s was not renewed: %s", scan.pk, type(error).__name__)
                    connection.close()
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
    if scan.requested_by_id is not None:
        _tell_later(scan)


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
            _tell_later(scan)


def _tell_later(scan: ScanRequest) -> None:
    """Lets people know how the scan ended once that is certain; a message that fails costs no scan."""
    from assessments.services import notifications

    transaction.on_commit(lambda: notifications.scan_ended(scan.pk), robust=True)


def cancel_scan(*, scan: ScanRequest, actor: AbstractUser) -> bool:
    """True where the scan was active and is not any more; its worker notices at the next stage."""
    now = timezone.now()
    changed = ScanRequest.objects.filter(pk=scan.pk, state__in=ACTIVE_STATES).update(
        state=ScanState.CANCELLED,
        finished_at=now,
        lease_until=None,
        summary=f"Cancelled by {actor}"[:300],
    )
    if changed:  # or what was due would be asked for again at once
        Repository.objects.filter(pk=scan.repository_id).update(
            next_scan_at=next_scan_at(scan.repository, now)
        )
    return bool(changed)


def requeue(scan: ScanRequest) -> None:
    """Gives a claimed scan back to the queue, for a fault of the network that may pass."""
    if _mine(scan).update(state=ScanState.QUEUED, claim="", lease_until=None):
        scan.state = ScanState.QUEUED


def recover_abandoned(*, now: datetime | None = None) -> int:
    """How many scans of dead workers were queued again; after MAX_ATTEMPTS one is given up instead."""
    moment = now or timezone.now()
    recovered = _take_from_the_dead(moment)
    for scan in recovered:
        enqueue(scan)
    lost = moment - timedelta(minutes=30)
    for scan in ScanRequest.objects.filter(state=ScanState.QUEUED, requested_at__lt=lost)[:100]:
        enqueue(scan)  # the broker may have lost its queue; a second delivery finds nothing to claim
    return len(recovered)


def resume_all(*, now: datetime | None = None) -> int:
    """How many unfinished scans were queued anew. For the start of an installation, when no worker runs yet and
    the queue may be empty: nobody has to wait for leases of the dead to end."""
    moment = now or timezone.now()
    running = ScanRequest.objects.filter(state__in=RUNNING_STATES)
    running.update(lease_until=moment - timedelta(seconds=1))
    _take_from_the_dead(moment)
    waiting = list(ScanRequest.objects.filter(state=ScanState.QUEUED).order_by("requested_at", "pk"))
    for scan in waiting:
        enqueue(scan)
    return len(waiting)


def _take_from_the_dead(moment: datetime) -> list[ScanRequest]:
    """Scans whose lease has ended, waiting again; those of too many attempts are given up instead."""
    taken = []
    for scan in ScanRequest.objects.filter(state__in=RUNNING_STATES, lease_until__lt=moment):
        attempts = scan.attempts + 1
        if attempts >= MAX_ATTEMPTS:
            fail(scan, ScanError(
                "scan.killed",
                f"The scan was stopped {attempts} times before it could finish.",
                hint="The repository may need more memory or time than a worker has.",
                fault="repository",
            ))  # fmt: skip
            continue
        held_still = ScanRequest.objects.filter(
            pk=scan.pk, claim=scan.claim, state__in=RUNNING_STATES, lease_until__lt=moment
        )
        if held_still.update(state=ScanState.QUEUED, claim="", lease_until=None, attempts=attempts):
            taken.append(scan)
    return taken


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
    active = ScanRequest.objects.filter(repository=OuterRef("pk"), state__in=ACTIVE_STATES)
    due = Repository.objects.filter(~Exists(active), paused=False, next_scan_at__lte=moment)
    due = due.order_by("next_scan_at", "pk")[:limit]
    for repository in due:
        request_scan(repository=repository, reason=ScanReason.SCHEDULE, now=moment)
    return len(due)


def _mine(scan: ScanRequest):  # type: ignore[no-untyped-def]  # a QuerySet of ScanRequest
    return ScanRequest.objects.filter(pk=scan.pk, claim=scan.claim, state__in=RUNNING_STATES)
