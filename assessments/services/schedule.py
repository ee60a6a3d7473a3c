"""The schedule as people set it, rescans of many at once, and the release of a quarantined repository."""

import logging
from collections.abc import Iterable
from datetime import datetime, time

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from assessments.choices import ACTIVE_STATES, Outcome, ScanReason, ScanState
from assessments.models import ChecklistItem, Repository, ScanPolicy, ScanRequest, Team
from assessments.services.audit import note
from assessments.services.scans import next_scan_at, request_scan, scan_policy
from assessments.timing import MAX_HOURS, MIN_HOURS, known_zone
from scanners.errors import ScanError

logger = logging.getLogger(__name__)

SENT_TOGETHER = 500
"""Scans that one message to the broker asks to be sent, so that nobody waits for thousands of messages."""


@transaction.atomic
def set_policy(
    *,
    actor: AbstractUser,
    interval_hours: int | None,
    paused: bool,
    window_start: time | None,
    window_end: time | None,
    window_zone: str,
) -> ScanPolicy:
    """The organisation's schedule from now on. Raises ScanError (schedule.refused)."""
    _check_interval(interval_hours)
    if (window_start is None) != (window_end is None):
        raise ScanError("schedule.refused", "A window needs a start and an end.")
    if not known_zone(window_zone):
        raise ScanError(
            "schedule.refused", f"There is no time zone {window_zone[:60]!r}.", hint="As Europe/Berlin."
        )
    before = scan_policy()
    policy, _ = ScanPolicy.objects.update_or_create(
        pk=1,
        defaults={
            "interval_hours": interval_hours,
            "paused": paused,
            "window_start": window_start,
            "window_end": window_end,
            "window_zone": window_zone,
        },
    )
    note(
        actor=actor,
        action="schedule.changed",
        subject="Organisation",
        interval_hours=interval_hours,
        paused=paused,
        window=[str(window_start or ""), str(window_end or ""), window_zone],
    )
    if before.interval_hours != interval_hours:
        spread(Repository.objects.filter(interval_hours=None, team__interval_hours=None))
    return policy


@transaction.atomic
def set_team_schedule(*, team: Team, actor: AbstractUser, interval_hours: int | None, paused: bool) -> None:
    """The team's own interval, or none, and whether its schedule rests. Raises ScanError (schedule.refused)."""
    _check_interval(interval_hours)
    changed = team.interval_hours != interval_hours
    team.interval_hours, team.paused = interval_hours, paused
    team.save(update_fields=["interval_hours", "paused"])
    note(
        actor=actor,
        action="schedule.changed",
        subject=team.name,
        interval_hours=interval_hours,
        paused=paused,
    )
    if changed:
        spread(Repository.objects.filter(interval_hours=None, team=team))


@transaction.atomic
def set_repository_schedule(
    *, repository: Repository, actor: AbstractUser, interval_hours: int | None, paused: bool
) -> None:
    """The repository's own interval, or none, and whether its schedule rests. Raises ScanError (schedule.refused)."""
    _check_interval(interval_hours)
    changed = repository.interval_hours != interval_hours
    repository.interval_hours, repository.paused = interval_hours, paused
    repository.save(update_fields=["interval_hours", "paused"])
    note(
        actor=actor,
        action="schedule.changed",
        subject=repository.name,
        interval_hours=interval_hours,
        paused=paused,
    )
    if changed:
        spread(Repository.objects.filter(pk=repository.pk))


def _check_interval(hours: int | None) -> None:
    if hours is not None and not MIN_HOURS <= hours <= MAX_HOURS:
        raise ScanError("schedule.refused", f"An interval is from {MIN_HOURS} to {MAX_HOURS} hours.")


def spread(repositories: QuerySet[Repository], *, now: datetime | None = None) -> int:
    """How many repositories fall due anew by their interval; what has failed keeps its own time, and what has never
    been judged falls due at once."""
    moment = now or timezone.now()
    policy = scan_policy()
    changed = []
    for repository in repositories.filter(failures=0).select_related("team").iterator(chunk_size=1000):
        due = next_scan_at(repository, repository.judged_at or moment, policy)
        repository.next_scan_at = max(due, moment) if repository.judged_at else moment
        changed.append(repository)
    Repository.objects.bulk_update(changed, ["next_scan_at"], batch_size=500)
    return len(changed)


@transaction.atomic
def release(*, repository: Repository, actor: AbstractUser) -> bool:
    """True where the repository was quarantined and is not any more; it is scanned at once."""
    changed = Repository.objects.filter(pk=repository.pk, quarantined_at__isnull=False).update(
        quarantined_at=None, quarantine_reason="", kills=0
    )
    if changed:
        note(
            actor=actor,
            action="repository.released",
            subject=repository.name,
            reason=repository.quarantine_reason,
        )
        request_scan(repository=repository, reason=ScanReason.REQUEST, requested_by=actor)
    return bool(changed)


@transaction.atomic
def request_many(
    *, repositories: QuerySet[Repository], requested_by: AbstractUser | None, now: datetime | None = None
) -> int:
    """How many scans were asked for; what is being scanned or quarantined already is left out.

    They go behind what one person waits for, and ahead of the schedule.
    """
    moment = now or timezone.now()
    active = ScanRequest.objects.filter(repository=OuterRef("pk"), state__in=ACTIVE_STATES)
    wanted = (
        repositories.filter(~Exists(active), quarantined_at=None).order_by("pk").values_list("pk", flat=True)
    )
    keys = list(wanted.distinct())
    ScanRequest.objects.bulk_create(
        [
            ScanRequest(
                repository_id=key, reason=ScanReason.BULK, requested_by=requested_by, requested_at=moment
            )
            for key in keys
        ],
        batch_size=500,
        ignore_conflicts=True,  # somebody else may have asked for one of them at this moment
    )
    scans = _asked_for(keys, moment)
    transaction.on_commit(lambda: _send(scans))
    return len(scans)


def _asked_for(keys: list[int], moment: datetime) -> list[int]:
    """The scans of these repositories that were asked for at that moment; in parts, since a database takes only so
    many values at once."""
    found: list[int] = []
    for start in range(0, len(keys), SENT_TOGETHER):
        part = ScanRequest.objects.filter(
            repository_id__in=keys[start : start + SENT_TOGETHER],
            requested_at=moment,
            reason=ScanReason.BULK,
            state=ScanState.QUEUED,
        )
        found += part.order_by("pk").values_list("pk", flat=True)
    return found


def _send(scans: list[int]) -> None:
    from assessments.tasks import send_scans

    for start in range(0, len(scans), SENT_TOGETHER):
        try:
            send_scans.apply_async(args=[scans[start : start + SENT_TOGETHER]], priority=3)
        except BrokerError as error:
            logger.error("Scans wait for the broker, which does not answer: %s", type(error).__name__)
            return


def failing(repositories: QuerySet[Repository], item: str) -> QuerySet[Repository]:
    """Those of the repositories that fail the item by the standard or by a pack of their team."""
    rows = ChecklistItem.objects.filter(repository=OuterRef("pk"), item=item, outcome=Outcome.FAIL)
    return repositories.filter(Exists(rows))


def send(keys: Iterable[int]) -> int:
    """How many of these scans were put before the workers, because they still wait."""
    from assessments.services.scans import enqueue

    waiting = ScanRequest.objects.filter(pk__in=list(keys), state=ScanState.QUEUED)
    sent = 0
    for scan in waiting:
        enqueue(scan)
        sent += 1
    return sent
