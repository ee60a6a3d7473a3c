"""The week of each team, on Monday morning: how it stands, what moved, what can't be read.

Beat asks which teams are due, which is cheap; each team's week is composed by a job of its own.
"""

import logging
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils import timezone

from assessments.choices import Event, Origin
from assessments.grading import band, tenths
from assessments.messages import Line, Message, Section
from assessments.models import Assessment, Membership, Notification, Repository, Team, VerdictChange
from assessments.services.notifications import members_of, repository_url, tell, wanted
from assessments.services.rulesets import DEFAULT, built, current_version

logger = logging.getLogger(__name__)

FIRST_HOUR = 7
"""UTC hour of Monday from which digests go out, for a day; a scheduler that was down then sends none late."""
WEEK = timedelta(days=7)
FAILED_SECONDS = 50 * 60
"""How long a job that failed stands in the way of another one for its team: less than the hour between two asks."""
_MOVERS = 5


def send_digests(*, now: datetime | None = None) -> int:
    """How many teams' weeks were put before the job worker. Asked every hour, it leaves out whose week is told.

    What the queue lost, or a job could not finish, is so asked for again within the day.
    """
    moment = now or timezone.now()
    monday = (moment - timedelta(days=moment.weekday())).replace(
        hour=FIRST_HOUR, minute=0, second=0, microsecond=0
    )
    if not monday <= moment < monday + timedelta(days=1):
        return 0
    return _enqueue(_due(monday.date()), monday.date())


def send_digest(*, team_id: int, on: date, now: datetime | None = None) -> int:
    """How many messages were queued about the team's week before ``on``, a Monday; none where it is told already."""
    team = Team.objects.filter(pk=team_id).first()
    if team is None or _told(on).filter(cause=_cause(team_id)).exists():
        return 0
    monday = datetime(on.year, on.month, on.day, FIRST_HOUR, tzinfo=UTC)
    message = digest_of(team, now=monday)
    return tell(members_of(team), Event.DIGEST, _cause(team_id), message, now=now, day=monday)


def _due(on: date) -> list[int]:
    """Teams with repositories whose week nobody was told, where somebody wants it; as many queries for any number."""
    watched = Membership.objects.filter(team__in=Repository.objects.values("team"))
    people = get_user_model().objects.filter(pk__in=watched.values("user"))
    readers = {person for person, _ in wanted(people, Event.DIGEST)}
    told = set(_told(on).values_list("cause", flat=True).distinct().order_by())
    teams = {team for team, person in watched.values_list("team_id", "user_id") if person in readers}
    return sorted(team for team in teams if _cause(team) not in told)


def _told(on: date) -> QuerySet[Notification]:
    return Notification.objects.filter(event=Event.DIGEST, day=on)


def _cause(team_id: int) -> str:
    return f"team:{team_id}"


def _enqueue(teams: list[int], on: date) -> int:
    """How many jobs are new. A team whose job still waits gets no second one, and without the queue none: the next
    hour asks again."""
    import django_rq
    from redis.exceptions import RedisError
    from rq.exceptions import DuplicateJobError

    from assessments.jobs import send_digest as job

    asked = 0
    try:
        # At once: nothing is written here that a job had to wait for, and who is refused has to be known.
        queue = django_rq.get_queue("mails", commit_mode="auto")
        for team in teams:
            with suppress(DuplicateJobError):
                queue.enqueue(
                    job,
                    team,
                    on.isoformat(),
                    job_id=f"digest-{team}-{on}",
                    unique=True,
                    result_ttl=0,
                    failure_ttl=FAILED_SECONDS,
                )
                asked += 1
    except RedisError as error:
        logger.error("Digests wait for the queue, which does not answer: %s", type(error).__name__)
    return asked


def digest_of(team: Team, *, now: datetime) -> Message:
    """What the team's members read of the seven days before ``now``."""
    since = now - WEEK
    rows = list(_rows(team, since))
    graded = [Fraction(row.score) for row in rows if row.score is not None]
    earlier = [Fraction(row.before) for row in rows if row.before is not None]
    _, standard = built(current_version())
    mean = sum(graded, Fraction(0)) / len(graded) if graded else None
    letter = "no grade" if mean is None else band(standard, mean)[0]
    lead = f"{team} has {len(rows)} repositor{'y' if len(rows) == 1 else 'ies'} and stands at {letter}"
    if mean is not None:
        lead += f", {tenths(mean)} of 100"
        if earlier:
            lead += f" ({_signed(mean - sum(earlier, Fraction(0)) / len(earlier))} since last week)"
    return Message(
        subject=f"{team}: {letter}, the week to {now - timedelta(days=1):%-d %B}",
        lead=f"{lead}. {_flips(team, since)}",
        sections=_sections(rows),
        url=f"{settings.PUBLIC_ADDRESS}{reverse('team-detail', args=[team.slug])}",
        action="See the team",
    )


def _rows(team: Team, since: datetime) -> QuerySet[Repository]:
    """The team's repositories with the score that stood a week ago."""
    stood = Assessment.objects.filter(
        repository=OuterRef("pk"), ruleset__ruleset=DEFAULT, judged_at__lt=since
    ).exclude(origin=Origin.BACKFILL)
    latest = stood.order_by("-judged_at", "-pk")
    return team.repositories.annotate(
        before=Subquery(latest.values("effective_score")[:1]),
        letter_before=Subquery(latest.values("effective_letter")[:1]),
    ).order_by("name", "pk")


def _sections(rows: list[Repository]) -> tuple[Section, ...]:
    moved = [
        (Fraction(row.score) - Fraction(row.before), row)
        for row in rows
        if row.score is not None and row.before is not None and row.score != row.before
    ]
    moved.sort(key=lambda pair: (-abs(pair[0]), pair[1].name))
    movers = [
        Line(
            f"{row.name}: {row.letter_before} to {row.letter}, {_signed(change)}"
            if row.letter_before != row.letter
            else f"{row.name}: {row.letter}, {_signed(change)}",
            repository_url(row),
        )
        for change, row in moved[:_MOVERS]
    ]
    unread = [Line(f"{row.name} ({row.last_error_id})", repository_url(row)) for row in rows if row.failures]
    found = (("Moved most", movers), ("Can't be read", unread[:_MOVERS]))
    return tuple(Section(title, tuple(lines)) for title, lines in found if lines)


def _flips(team: Team, since: datetime) -> str:
    """How many items began to pass and to fail."""
    counted = dict(
        VerdictChange.objects.filter(repository__team=team, at__gte=since, after__in=("pass", "fail"))
        .exclude(before="")
        .values_list("after")
        .annotate(number=Count("pk"))
        .order_by()
    )
    better, worse = counted.get("pass", 0), counted.get("fail", 0)
    if not better and not worse:
        return "No verdict changed this week."
    return f"{better} item{'' if better == 1 else 's'} began to pass and {worse} to fail this week."


def _signed(change: Fraction) -> str:
    shown = tenths(abs(change))
    if shown == "0.0":
        return "±0"
    return f"+{shown}" if change > 0 else f"−{shown}"
