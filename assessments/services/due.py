"""What the schedule asks for: repositories whose time has come, and pushes that waited for the schedule to go on."""

import time
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from assessments.choices import ACTIVE_STATES, ScanReason
from assessments.models import Repository, ScanRequest
from assessments.services import many
from assessments.services.intervals import scan_policy
from assessments.timing import in_window

DUE_AT_ONCE, DUE_SECONDS = 50_000, 120.0
"""The most that one look at the schedule asks for, and how long it does: beat looks every five minutes."""


def request_due(
    *, now: datetime | None = None, limit: int = DUE_AT_ONCE, seconds: float = DUE_SECONDS
) -> int:
    """How many scans were asked for because their time had come, or a push had waited for the schedule to go on; none
    while the fleet is paused or in its maintenance window.

    They are asked for batch by batch, each in a transaction of its own, up to ``limit`` and for ``seconds`` at most;
    what is left then is asked for next time.
    """
    moment = now or timezone.now()
    policy = scan_policy()
    if policy.paused or in_window(policy.window_start, policy.window_end, policy.window_zone, moment):
        return 0
    until = time.monotonic() + seconds
    asked = request_pushed(now=moment)
    due = due_repositories(moment)
    after: tuple[datetime, int] | None = None
    while asked < limit and time.monotonic() < until:
        # From where the batch before ended, or each would pass over all those again that wait by now.
        rest = (
            due
            if after is None
            else due.filter(Q(next_scan_at__gt=after[0]) | Q(next_scan_at=after[0], pk__gt=after[1]))
        )
        size = min(many.BATCH, limit - asked)
        rows = list(rest.values_list("pk", "next_scan_at")[:size])
        asked += len(many.ask_for([key for key, _ in rows], reason=ScanReason.SCHEDULE, now=moment))
        if len(rows) < size:
            break
        key, at = rows[-1]
        after = (at, key)
    return asked


def request_pushed(*, now: datetime | None = None, of: QuerySet[Repository] | None = None) -> int:
    """How many scans were asked for because of a push that came while the schedule rested, where it goes on again."""
    repositories = Repository.objects.all() if of is None else of
    owed = many.idle(repositories.filter(pushed_at__isnull=False, paused=False, team__paused=False)).order_by(
        "pushed_at", "pk"
    )
    keys = list(owed.values_list("pk", flat=True)[:DUE_AT_ONCE])
    return len(many.ask_for(keys, reason=ScanReason.PUSH, now=now or timezone.now()))


def due_repositories(moment: datetime) -> QuerySet[Repository]:
    """What the schedule asks for at ``moment``, the longest due first, by one query."""
    active = ScanRequest.objects.filter(repository=OuterRef("pk"), state__in=ACTIVE_STATES)
    due = Repository.objects.filter(
        ~Exists(active),
        archived_at=None,
        paused=False,
        team__paused=False,
        quarantined_at=None,
        next_scan_at__lte=moment,
    )
    return due.order_by("next_scan_at", "pk")
