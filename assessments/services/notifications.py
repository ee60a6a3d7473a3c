"""Whom to tell of what: the causes, the people who chose them, and one row per message.

A cause gives at most one message per person, channel and day: the row is unique, and whoever sends it claims it by a
conditional update. A process killed while it sends leaves a message that may have gone out; it is shown as such and
not sent again.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils import timezone

from assessments.choices import Channel, Event, MessageState, Origin, ScanReason, ScanState
from assessments.grading import tenths
from assessments.matrix import find_needs
from assessments.messages import Line, Message, Section
from assessments.models import (
    Assessment,
    Notification,
    NotificationChoice,
    NotificationTarget,
    Repository,
    ScanRequest,
    Team,
)
from assessments.services.rulesets import built
from assessments.storable import storable
from scanners.redact import redact

logger = logging.getLogger(__name__)

DEFAULTS: Mapping[Channel, frozenset[Event]] = {
    Channel.MAIL: frozenset({Event.GRADE_DROP, Event.CRITICAL_GAP, Event.UNREADABLE, Event.DIGEST}),
    Channel.WEBHOOK: frozenset({Event.GRADE_DROP, Event.CRITICAL_GAP, Event.UNREADABLE}),
}
"""What people get who have not chosen; a webhook only once they have given its address."""

KEPT_DAYS = 90
STALE_SENDING = timedelta(minutes=10)
NETWORK_FAILURES = 3
"""Failures in a row after which a fault of the network counts as a repository that can't be read."""
_MAX_LINES = 8

Person = AbstractUser


def assessment_recorded(previous_id: int, assessment_id: int) -> None:
    """Tells the team of a grade that dropped and of new critical gaps. For scans alone: the past is no news."""
    both = Assessment.objects.select_related("repository__team", "ruleset").in_bulk(
        [previous_id, assessment_id]
    )
    if len(both) < 2:
        return
    previous, assessment = both[previous_id], both[assessment_id]
    if assessment.origin == Origin.BACKFILL:
        return
    repository = assessment.repository
    if _dropped(previous, assessment):
        _tell(repository, Event.GRADE_DROP, _grade_message(previous, assessment))
    gaps = _critical(assessment) - _critical(previous)
    if gaps:
        _tell(repository, Event.CRITICAL_GAP, _gap_message(assessment, gaps))


def scan_ended(scan_id: int) -> None:
    """Tells whoever asked for the scan, and the team where the repository can't be read any more."""
    scan = ScanRequest.objects.select_related("repository__team", "repository__current").get(pk=scan_id)
    if scan.requested_by_id is not None and scan.reason in (ScanReason.REQUEST, ScanReason.ADDED):
        asked = get_user_model().objects.filter(pk=scan.requested_by_id, is_active=True)
        tell(asked, Event.FINISHED, f"scan:{scan.pk}", _finished_message(scan))
    if scan.state == ScanState.FAILED and _is_news(scan):
        _tell(scan.repository, Event.UNREADABLE, _unreadable_message(scan))


def tell(
    people: QuerySet[Person],
    event: Event,
    cause: str,
    message: Message,
    *,
    now: datetime | None = None,
    day: datetime | None = None,
) -> int:
    """How many messages were queued for those of ``people`` who chose the event. A second call for the same
    cause and day queues none."""
    moment = now or timezone.now()
    on = (day or moment).date()
    readers = wanted(people, event)
    same = Notification.objects.filter(
        user_id__in={user_id for user_id, _ in readers}, event=event, cause=cause, day=on
    )
    told = set(same.values_list("user_id", "channel"))
    rows = [
        Notification(
            user_id=user_id,
            event=event,
            channel=channel,
            cause=cause,
            day=on,
            content=storable(message.as_dict()),
            due_at=moment,
            created_at=moment,
        )
        for user_id, channel in readers
        if (user_id, channel) not in told
    ]
    if not rows:
        return 0
    Notification.objects.bulk_create(rows, ignore_conflicts=True)  # somebody else may tell at the same moment
    fresh = same.filter(created_at=moment, state=MessageState.WAITING)
    ids = list(fresh.values_list("pk", flat=True))
    transaction.on_commit(lambda: enqueue(ids))
    return len(ids)


def enqueue(ids: Iterable[int]) -> None:
    """Puts messages before the job worker. Without the queue they wait for the next sweep."""
    import django_rq
    from redis.exceptions import RedisError

    from assessments.jobs import send_notification

    try:
        queue = django_rq.get_queue("mails")
        for one in ids:
            queue.enqueue(send_notification, one)
    except RedisError as error:
        logger.error("Messages wait for the queue, which does not answer: %s", type(error).__name__)


def send_due(*, now: datetime | None = None, limit: int = 500) -> int:
    """How many messages were put before the job worker again: those whose next try is due, or that the queue lost.

    Gives up what a killed process may or may not have sent, and forgets what is old.
    """
    moment = now or timezone.now()
    Notification.objects.filter(state=MessageState.SENDING, due_at__lt=moment).update(
        state=MessageState.FAILED,
        error_id="notification.interrupted",
        error="Sending was interrupted. It may have arrived, so it is not sent again.",
    )
    Notification.objects.filter(day__lt=(moment - timedelta(days=KEPT_DAYS)).date()).delete()
    due = Notification.objects.filter(state=MessageState.WAITING, due_at__lte=moment).order_by("due_at", "pk")
    ids = list(due.values_list("pk", flat=True)[:limit])
    enqueue(ids)
    return len(ids)


def claim(notification_id: int, *, now: datetime | None = None) -> Notification | None:
    """The message, now ours to send, or None where it is not waiting."""
    moment = now or timezone.now()
    taken = Notification.objects.filter(
        pk=notification_id, state=MessageState.WAITING, due_at__lte=moment
    ).update(state=MessageState.SENDING, attempts=F("attempts") + 1, due_at=moment + STALE_SENDING)
    if not taken:
        return None
    return Notification.objects.select_related("user__notification_target").get(pk=notification_id)


def choices_of(user: Person) -> dict[tuple[str, str], bool]:
    """(event, channel) to whether the person wants it."""
    chosen = {(row.event, row.channel): row.wanted for row in NotificationChoice.objects.filter(user=user)}
    return {
        (event.value, channel.value): chosen.get((event, channel), event in DEFAULTS[channel])
        for event in Event
        for channel in Channel
    }


@transaction.atomic
def choose(*, user: Person, wanted: Iterable[tuple[str, str]]) -> None:
    """Keeps exactly these (event, channel) pairs as what the person wants."""
    chosen = set(wanted)
    NotificationChoice.objects.bulk_create(
        [
            NotificationChoice(
                user=user, event=event, channel=channel, wanted=(event.value, channel.value) in chosen
            )
            for event in Event
            for channel in Channel
        ],
        update_conflicts=True,
        unique_fields=["user", "event", "channel"],
        update_fields=["wanted"],
    )


def stop_mail(*, user: Person, event: Event) -> None:
    """The person gets no more mails of this kind."""
    NotificationChoice.objects.update_or_create(
        user=user, event=event, channel=Channel.MAIL, defaults={"wanted": False}
    )
    Notification.objects.filter(
        user=user, event=event, channel=Channel.MAIL, state=MessageState.WAITING
    ).update(state=MessageState.FAILED, error_id="notification.stopped", error="Stopped by its reader.")


def wanted(people: QuerySet[Person], event: Event) -> list[tuple[int, str]]:
    """(person, channel) of those who want the event and can be reached; three queries for any number."""
    active = people.filter(is_active=True)
    reached = dict(active.values_list("pk", "email"))
    chosen = {
        (row.user_id, row.channel): row.wanted
        for row in NotificationChoice.objects.filter(user__in=active.values("pk"), event=event)
    }
    hooked = set(
        NotificationTarget.objects.filter(user__in=active.values("pk")).values_list("user_id", flat=True)
    )
    found = []
    for pk, email in sorted(reached.items()):
        for channel, there in (
            (Channel.MAIL, bool(email) and settings.MAIL_IS_SENT),
            (Channel.WEBHOOK, pk in hooked),
        ):
            if there and chosen.get((pk, channel), event in DEFAULTS[channel]):
                found.append((pk, channel.value))
    return found


def members_of(team: Team) -> QuerySet[Person]:
    return get_user_model().objects.filter(memberships__team=team).distinct()


def _tell(repository: Repository, event: Event, message: Message) -> None:
    tell(members_of(repository.team), event, f"repository:{repository.pk}", message)


def _dropped(previous: Assessment, assessment: Assessment) -> bool:
    """True where the letter is a lower one; a grade that is missing for once is no drop."""
    before, after = previous.effective_score, assessment.effective_score
    if before is None or after is None or not previous.effective_letter or not assessment.effective_letter:
        return False
    return after < before and previous.effective_letter != assessment.effective_letter


def _critical(assessment: Assessment) -> set[str]:
    """Ids of the initiatives that are of the highest priority for the assessed repository."""
    from assessments.services.assess import verdicts_of

    _, standard = built(assessment.ruleset)
    highest = standard.priorities[0].id
    needs = find_needs(standard, verdicts_of(assessment, standard))
    return {need.initiative.id for need in needs if need.priority == highest}


def _grade_message(previous: Assessment, assessment: Assessment) -> Message:
    repository = assessment.repository
    letters = f"from {previous.effective_letter} to {assessment.effective_letter}"
    lead = (
        f"{repository.name} of {repository.team} went {letters}, from {_score(previous)} to {_score(assessment)} of "
        f"100, at commit {assessment.commit[:8]}."
    )
    if previous.ruleset_id != assessment.ruleset_id:
        lead += f" It is judged by version {assessment.ruleset.version} of the standard now."
    return Message(
        subject=f"{repository.name} dropped {letters}",
        lead=lead,
        sections=_flips(assessment),
        url=repository_url(repository),
        action="See what changed",
    )


def _flips(assessment: Assessment) -> tuple[Section, ...]:
    """What fails now and did not before, by its title."""
    titles = {item.id: item.title for item in built(assessment.ruleset)[1].items}
    flips = assessment.changes.filter(after="fail").order_by("item").values_list("item", flat=True)
    lines = [
        Line(titles.get(item, item), f"{settings.PUBLIC_ADDRESS}{reverse('standard-item', args=[item])}")
        for item in flips
    ]
    return (section("Fails now", lines),) if lines else ()


def _gap_message(assessment: Assessment, gaps: set[str]) -> Message:
    repository = assessment.repository
    _, standard = built(assessment.ruleset)
    names = [one.title for one in standard.initiatives if one.id in gaps]
    many = len(names) > 1
    return Message(
        subject=f"{repository.name} has {'new critical gaps' if many else 'a new critical gap'}: {names[0]}"
        + (f" and {len(names) - 1} more" if many else ""),
        lead=f"{repository.name} of {repository.team} is judged {assessment.effective_letter or 'without a grade'} at "
        f"commit {assessment.commit[:8]}.",
        sections=(section("Critical now", [Line(name) for name in names]), *_flips(assessment)),
        url=repository_url(repository),
        action="See evidence and next steps",
    )


def _is_news(scan: ScanRequest) -> bool:
    """True for the failure by which a repository became unreadable, not for those that only repeat it."""
    if scan.fault == "ours" or not scan.fault:
        return False
    return scan.repository.failures == (NETWORK_FAILURES if scan.fault == "network" else 1)


def _unreadable_message(scan: ScanRequest) -> Message:
    repository = scan.repository
    lines = [Line(redact(text)) for text in (scan.error, scan.hint) if text]
    stands = " Its last verdicts stand until then." if repository.current_id else ""
    return Message(
        subject=f"{repository.name} can't be read",
        lead=f"The latest scan of {repository.name} of {repository.team} failed. It is tried again by schedule.{stands}",
        sections=(Section(f"What happened ({scan.error_id})", tuple(lines)),),
        url=repository_url(repository),
        action="See the repository",
    )


def _finished_message(scan: ScanRequest) -> Message:
    repository = scan.repository
    if scan.state == ScanState.FAILED:
        lines = [Line(redact(text)) for text in (scan.error, scan.hint) if text]
        return Message(
            subject=f"The scan of {repository.name} failed",
            lead=f"The scan of {repository.name} that you asked for could not be finished.",
            sections=(Section(f"What happened ({scan.error_id})", tuple(lines)),),
            url=repository_url(repository),
            action="See the repository",
        )
    current = repository.current
    grade = f"{current.effective_letter or 'no grade'}, {_score(current)} of 100" if current else "no grade"
    return Message(
        subject=f"{repository.name} has been scanned: {current.effective_letter if current else ''}".rstrip(
            ": "
        ),
        lead=f"The scan of {repository.name} that you asked for is done. It stands at {grade}.",
        sections=(),
        url=repository_url(repository),
        action="See the report",
    )


def section(title: str, lines: list[Line], *, of: int = 0) -> Section:
    """The first lines under a title, and how many more there are of ``of``, or of the lines."""
    kept = lines[:_MAX_LINES]
    more = max(of, len(lines)) - len(kept)
    if more:
        kept.append(Line(f"and {more} more"))
    return Section(title, tuple(kept))


def _score(assessment: Assessment) -> str:
    from fractions import Fraction

    score = assessment.effective_score
    return "–" if score is None else tenths(Fraction(score))


def repository_url(repository: Repository) -> str:
    return f"{settings.PUBLIC_ADDRESS}{reverse('repository-detail', args=[repository.slug])}"
