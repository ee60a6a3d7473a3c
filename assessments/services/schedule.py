"""The schedule as people set it, what of it goes on after a pause, and the release of a quarantined repository."""

from datetime import datetime, time

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from assessments.choices import Outcome, ScanReason
from assessments.models import ChecklistItem, Repository, ScanPolicy, Team
from assessments.services.audit import note
from assessments.services.due import request_pushed
from assessments.services.intervals import next_scan_at, scan_policy
from assessments.services.rescans import request_rescan
from assessments.services.scans import request_scan
from assessments.timing import MAX_HOURS, MIN_HOURS, known_zone
from scanners.errors import ScanError


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
    if before.paused and not paused:
        request_pushed()
    return policy


@transaction.atomic
def set_team_schedule(*, team: Team, actor: AbstractUser, interval_hours: int | None, paused: bool) -> None:
    """The team's own interval, or none, and whether its schedule rests. Raises ScanError (schedule.refused)."""
    _check_interval(interval_hours)
    changed, resumed = team.interval_hours != interval_hours, team.paused and not paused
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
    if resumed and not scan_policy().paused:
        request_pushed(of=Repository.objects.filter(team=team))


@transaction.atomic
def set_repository_schedule(
    *, repository: Repository, actor: AbstractUser, interval_hours: int | None, paused: bool
) -> None:
    """The repository's own interval, or none, and whether its schedule rests. Raises ScanError (schedule.refused)."""
    _check_interval(interval_hours)
    changed, resumed = repository.interval_hours != interval_hours, repository.paused and not paused
    repository.interval_hours, repository.paused = interval_hours, paused
    repository.save(update_fields=["interval_hours", "paused"])
    Repository.objects.filter(pk=repository.pk).update(version=F("version") + 1)
    note(
        actor=actor,
        action="schedule.changed",
        subject=repository.name,
        interval_hours=interval_hours,
        paused=paused,
    )
    if changed:
        spread(Repository.objects.filter(pk=repository.pk))
    if resumed and not scan_policy().paused:
        request_pushed(of=Repository.objects.filter(pk=repository.pk))


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


def failing(repositories: QuerySet[Repository], item: str) -> QuerySet[Repository]:
    """Those of the repositories that fail the item by the standard or by a pack of their team."""
    rows = ChecklistItem.objects.filter(repository=OuterRef("pk"), item=item, outcome=Outcome.FAIL)
    return repositories.filter(Exists(rows))


def request_many(
    *, repositories: QuerySet[Repository], requested_by: AbstractUser | None, now: datetime | None = None
) -> int:
    """How many scans were asked for; what is being scanned or quarantined already is left out.

    They go behind what one person waits for, and ahead of the schedule.
    """
    rescan = request_rescan(repositories=repositories, requested_by=requested_by, now=now)
    return rescan.total if rescan else 0
