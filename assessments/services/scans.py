"""Scans: asking for one, claiming it, keeping the claim, and what becomes of it.

A scan is a row of its own. Whoever works on it claims it by a conditional update, holds it by a lease that a
thread renews, and writes its end only while the claim is still theirs; so a task may be delivered twice, and
a worker may be killed at any point, without two assessments or a scan that never ends.
"""

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Case, F, QuerySet, When
from django.db.models.functions import Now
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from assessments.choices import ACTIVE_STATES, RUNNING_STATES, ScanReason, ScanState
from assessments.failures import KILLING_IDS, UNREACHABLE_AFTER, UNREACHABLE_IDS
from assessments.models import Repository, ScanRequest
from assessments.services import meters
from assessments.services.intervals import interval_of, next_scan_at
from assessments.services.queues import is_large, queue_of
from assessments.storable import storable
from assessments.timing import after_failures
from scanners.errors import ScanError

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)
"""Leases go by the database's clock, since those of the hosts may differ."""
RENEW_SECONDS = 20.0
LOOK_SECONDS = 2.0
"""How often a worker asks whether the scan is still its own, so that a cancelled one ends soon."""
RESEND = timedelta(minutes=30)
"""After so long in the queue a scan is sent again, in case the broker lost it."""
MAX_ATTEMPTS = 3
"""Kills after which a scan is given up: the repository, not the worker, is then the likely cause."""

PRIORITY = {
    ScanReason.ADDED: 0,
    ScanReason.REQUEST: 0,
    ScanReason.PUSH: 3,
    ScanReason.RULESET: 6,
    ScanReason.BULK: 6,
    ScanReason.SCHEDULE: 9,
}
"""Lower goes first: what a person waits for, then what was pushed, then many at once, then the schedule."""

_names: list[str] = []
"""The name of this process's worker; set when a worker starts, before it has children."""


class ClaimLost(Exception):
    """Another worker holds the scan now, or it was cancelled; nothing more may be written."""


class Hold:
    """The claim on a scan while its work is done: ``lost`` is set once somebody else has it, or nobody.

    ``quiet`` is held while the thread that renews it speaks to database or cache: a process must not be forked then.
    """

    def __init__(self) -> None:
        self.lost = threading.Event()
        self.quiet = threading.Lock()
        self._renewals: list[Callable[[], None]] = []

    @contextmanager
    def renewing(self, renew: Callable[[], None]) -> Iterator[None]:
        """Calls ``renew`` as often as the lease itself is renewed, while the block runs."""
        self._renewals.append(renew)
        try:
            yield
        finally:
            self._renewals.remove(renew)

    def renew(self) -> None:
        for one in list(self._renewals):
            one()

    def check(self) -> None:
        """Raises ClaimLost where the scan is not ours any more."""
        if self.lost.is_set():
            raise ClaimLost


def name_worker() -> str:
    """A name for the worker that this process is the first of; its children take it over."""
    _names[:] = [f"{socket.gethostname()[:60]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"]
    return _names[0]


def worker_name() -> str:
    """The name of the worker that this process belongs to, empty outside of one."""
    return _names[0] if _names else ""


@transaction.atomic
def request_scan(
    *,
    repository: Repository,
    reason: ScanReason,
    requested_by: AbstractUser | None = None,
    now: datetime | None = None,
) -> ScanRequest:
    """The active scan of the repository, asked for now where there was none. It is queued on commit.

    One that waits for something less urgent, such as the schedule, goes ahead from now on.
    """
    active = ScanRequest.objects.filter(repository=repository, state__in=ACTIVE_STATES).first()
    if active is not None:
        _hurry(active, reason, requested_by)
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


def _hurry(scan: ScanRequest, reason: ScanReason, requested_by: AbstractUser | None) -> None:
    """Moves a scan that waits to the place of what is asked for now; its earlier message finds nothing to claim."""
    if PRIORITY[reason] >= PRIORITY[ScanReason(scan.reason)] or scan.retry_at is not None:
        return
    changes = {"reason": reason, **({"requested_by": requested_by} if requested_by else {})}
    if ScanRequest.objects.filter(pk=scan.pk, state=ScanState.QUEUED).update(**changes):
        for name, value in changes.items():
            setattr(scan, name, value)
        transaction.on_commit(lambda: enqueue(scan))


def enqueue(scan: ScanRequest, *, countdown: float = 0, tries: int = 0) -> None:
    """Puts the scan before the workers, in ``countdown`` seconds. Without the broker it stays queued here, to be
    sent again later. ``tries`` are those that failed for the network's sake already."""
    from assessments.tasks import scan_repository

    priority = PRIORITY[ScanReason(scan.reason)]
    if settings.CELERY_TASK_QUEUE_MAX_PRIORITY:
        priority = settings.CELERY_TASK_QUEUE_MAX_PRIORITY - priority  # RabbitMQ counts the other way round
    try:
        scan_repository.apply_async(
            args=[scan.pk],
            kwargs={"tries": tries} if tries else {},
            countdown=countdown or None,
            priority=priority,
            queue=queue_of(scan.repository),
        )
    except BrokerError as error:
        logger.error("Scan %s waits for the broker, which does not answer: %s", scan.pk, type(error).__name__)


def claim_scan(*, scan_id: int, now: datetime | None = None) -> ScanRequest | None:
    """The scan, now ours, or None where it is not waiting any more. One of a quarantined repository fails here."""
    moment = now or timezone.now()
    claim = uuid.uuid4().hex
    taken = ScanRequest.objects.filter(pk=scan_id, state=ScanState.QUEUED).update(
        state=ScanState.CLONING,
        claim=claim,
        lease_until=moment + LEASE if now else Now() + LEASE,
        started_at=moment,
        worker=worker_name(),
        retry_at=None,
        error_id="",
        error="",
        hint="",
        fault="",
        stages={},
    )
    if not taken:
        return None
    scan = ScanRequest.objects.select_related(
        "repository__mirror", "repository__current", "repository__team"
    ).get(pk=scan_id)
    if scan.claim != claim:
        return None
    if scan.repository.quarantined_at is not None:
        fail(scan, _quarantined(scan.repository))
        return None
    scan.entered = time.monotonic()  # type: ignore[attr-defined]
    return scan


def _quarantined(repository: Repository) -> ScanError:
    return ScanError(
        "scan.quarantined",
        f"The repository is quarantined: {repository.quarantine_reason}",
        hint="Mend what ended its scans, then a lead of the team releases it.",
        fault="repository",
    )


@contextmanager
def held(scan: ScanRequest) -> Iterator[Hold]:
    """Keeps the lease of a claimed scan alive while the block runs, and notices when it is lost."""
    done = threading.Event()
    hold = Hold()

    def renew() -> None:
        renewed = time.monotonic()
        try:
            while not done.wait(min(RENEW_SECONDS, LOOK_SECONDS)):
                due = time.monotonic() - renewed >= RENEW_SECONDS
                try:
                    with hold.quiet:
                        own = mine(scan)
                        if not (own.update(lease_until=Now() + LEASE) if due else own.exists()):
                            hold.lost.set()
                            return
                        if due:
                            hold.renew()
                except DatabaseError as error:  # the next round may find it back, well before the lease ends
                    logger.warning("The lease of scan %s was not renewed: %s", scan.pk, type(error).__name__)
                    connection.close()
                else:
                    renewed = time.monotonic() if due else renewed
        finally:
            connection.close()

    thread = threading.Thread(target=renew, name=f"lease-{scan.pk}", daemon=True)
    thread.start()
    try:
        yield hold
    finally:
        done.set()
        thread.join(timeout=5)


def advance(scan: ScanRequest, state: ScanState) -> None:
    """Shows the next stage. Raises ClaimLost."""
    stages = _stages(scan)
    if not mine(scan).update(state=state, lease_until=Now() + LEASE, stages=stages):
        raise ClaimLost
    scan.state, scan.stages = state, stages


def _stages(scan: ScanRequest) -> dict[str, float]:
    """The seconds that each stage took, up to the one that ends now."""
    now = time.monotonic()
    entered = getattr(scan, "entered", now)
    scan.entered = now  # type: ignore[attr-defined]
    return {**scan.stages, scan.state: round(now - entered, 2)}


def finish(
    scan: ScanRequest,
    *,
    summary: str,
    files: int | None = None,
    bytes: int | None = None,
    judged_at: datetime | None = None,
) -> None:
    """Marks the scan done, inside the transaction that recorded its result. Raises ClaimLost.

    ``files`` and ``bytes`` of the mirror, where the repository was read, decide with the time that it took how it
    waits from now on. ``judged_at`` is told where the verdicts that stand are still right.
    """
    now = timezone.now()
    stages = _stages(scan)
    if not mine(scan).update(
        state=ScanState.DONE, finished_at=now, lease_until=None, summary=summary[:300], stages=stages
    ):
        raise ClaimLost
    scan.stages = stages
    found: dict[str, Any] = {"judged_at": judged_at} if judged_at else {}
    if files is not None:
        seconds = round(sum(stages.values()), 2)
        large = is_large(bytes=bytes, files=files, seconds=seconds)
        found |= {"files": files, "scan_seconds": seconds, "large": large}
    Repository.objects.filter(pk=scan.repository_id).update(
        last_error_id="",
        last_error="",
        failures=0,
        kills=0,
        unreachable_at=None,
        next_scan_at=next_scan_at(scan.repository, now),
        # A push that came while this scan ran may not be in what it read.
        pushed_at=Case(When(pushed_at__gt=scan.started_at or now, then=F("pushed_at")), default=None),
        **found,
    )
    _ended(scan)


def fail(scan: ScanRequest, error: ScanError) -> None:
    """Marks the scan failed and says why; what was known of the repository stays.

    One that fails again and again is tried less often; one whose scans had to be ended by force three times in a
    row is quarantined.
    """
    now = timezone.now()
    with transaction.atomic():
        changed = mine(scan).update(
            state=ScanState.FAILED,
            finished_at=now,
            lease_until=None,
            error_id=error.id,
            error=storable(error.message)[:1000],
            hint=storable(error.hint)[:500],
            fault=error.fault,
        )
        if changed:
            _count_failure(scan.repository_id, error, now)
            _ended(scan, failed=True)


def _count_failure(key: int, error: ScanError, now: datetime) -> None:
    repository = Repository.objects.select_for_update(of=("self",)).select_related("team").get(pk=key)
    repository.last_error_id = error.id
    repository.last_error = storable(error.message)[:1000]
    repository.failures += 1
    repository.large |= error.id in KILLING_IDS or error.id == "source.too-large"
    if error.id in KILLING_IDS:
        repository.kills += 1
        if repository.kills >= MAX_ATTEMPTS and repository.quarantined_at is None:
            repository.quarantined_at = now
            repository.quarantine_reason = (
                f"{storable(error.message)} Its scans had to be ended {repository.kills} times in a row."
            )[:1000]
    if error.id not in UNREACHABLE_IDS:
        repository.unreachable_at = None
    elif repository.failures >= UNREACHABLE_AFTER:
        repository.unreachable_at = repository.unreachable_at or now
    repository.next_scan_at = now + after_failures(
        interval_of(repository), repository.failures, unreachable=repository.unreachable_at is not None
    )
    repository.save(
        update_fields=[
            "last_error_id",
            "last_error",
            "failures",
            "kills",
            "quarantined_at",
            "quarantine_reason",
            "unreachable_at",
            "next_scan_at",
            "large",
        ]
    )


def _ended(scan: ScanRequest, *, failed: bool = False) -> None:
    """Lets people know how the scan ended once that is certain; a message that fails costs no scan."""
    from assessments.services import notifications

    if failed or scan.requested_by_id is not None:
        transaction.on_commit(lambda: notifications.scan_ended(scan.pk), robust=True)
    _ended_with_others(scan)


def _ended_with_others(scan: ScanRequest) -> None:
    from assessments.services import rescans

    rescan_id = scan.rescan_id
    if rescan_id is not None:
        transaction.on_commit(lambda: rescans.settle(rescan_id), robust=True)


def cancel_scan(*, scan: ScanRequest, actor: AbstractUser) -> bool:
    """True where the scan was active and is not any more; its worker notices at the next stage."""
    now = timezone.now()
    changed = ScanRequest.objects.filter(pk=scan.pk, state__in=ACTIVE_STATES).update(
        state=ScanState.CANCELLED,
        finished_at=now,
        lease_until=None,
        summary=f"Cancelled by {actor}"[:300],
    )
    if changed:
        meters.scan_ended("cancelled", {})
        _ended_with_others(scan)
        # Or what was due would be asked for again at once.
        Repository.objects.filter(pk=scan.repository_id).update(
            next_scan_at=next_scan_at(scan.repository, now)
        )
    return bool(changed)


def requeue(scan: ScanRequest, error: ScanError | None = None, *, seconds: float = 0) -> None:
    """Gives a claimed scan back to the queue, for a fault that may pass; it is tried again in ``seconds``."""
    now = timezone.now()
    if mine(scan).update(
        state=ScanState.QUEUED,
        claim="",
        lease_until=Now() + timedelta(seconds=seconds) + RESEND,
        retry_at=now + timedelta(seconds=seconds) if seconds else None,
        error_id=error.id if error else "",
        error=storable(error.message)[:1000] if error else "",
        hint=storable(error.hint)[:500] if error else "",
        fault=error.fault if error else "",
    ):
        scan.state = ScanState.QUEUED


def mine(scan: ScanRequest) -> QuerySet[ScanRequest]:
    """The row, where the claim on it is still the one that ``scan`` was taken by."""
    return ScanRequest.objects.filter(pk=scan.pk, claim=scan.claim, state__in=RUNNING_STATES)
