"""How far scans are that were asked for together: per stage, with an estimate, on the pages where they are asked for."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db.models import Count, Min, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from assessments.choices import ACTIVE_STATES, RUNNING_STATES, RescanScope, ScanState
from assessments.models import Rescan, ScanRequest, Team
from assessments.policy import may_cancel_rescan, visible_rescans
from assessments.selectors.scans import median_seconds
from assessments.services.finished import title_of, url_of

SHOWN = 5
STAYS = timedelta(minutes=10)
"""How long one that is over stays on its page."""
ENOUGH = 3
"""Scans that must have ended before their pace says more than what scans take elsewhere."""
_STAGES = (
    (ScanState.CLONING, "fetching"),
    (ScanState.SCANNING, "reading"),
    (ScanState.GRADING, "grading"),
    (ScanState.QUEUED, "waiting"),
)


@dataclass(frozen=True, slots=True)
class RescanProgress:
    """``done`` of ``total`` scans have ended, ``failed`` of them badly. ``stages`` are (number, what they are at) of the
    others; ``left`` is how many seconds they will probably take, None where nothing tells; ``took`` how long all took.
    """

    id: int
    title: str
    url: str
    asked_by: str
    requested_at: datetime
    running: bool
    total: int
    done: int
    failed: int
    cancelled: int
    cancelled_by: str
    stages: tuple[tuple[int, str], ...]
    left: int | None
    took: int | None
    progress_url: str
    cancel_url: str


def get_rescan(user: AbstractUser, key: int) -> RescanProgress | None:
    """One rescan, None where the person may not see it."""
    found = _shown(user, visible_rescans(user).filter(pk=key))
    return found[0] if found else None


def rescans_of_team(user: AbstractUser, team: Team) -> tuple[RescanProgress, ...]:
    """Those of the team that are under way, or were until a moment ago."""
    return _recent(user, visible_rescans(user).filter(scope=RescanScope.TEAM, team=team))


def rescans_of_item(user: AbstractUser, item: str) -> tuple[RescanProgress, ...]:
    """Those of what fails the item."""
    return _recent(user, visible_rescans(user).filter(scope=RescanScope.ITEM, item=item))


def recent_rescans(user: AbstractUser) -> tuple[RescanProgress, ...]:
    """All that the person may see of those that are under way, or were until a moment ago."""
    return _recent(user, visible_rescans(user))


def _recent(user: AbstractUser, rescans: QuerySet[Rescan]) -> tuple[RescanProgress, ...]:
    recent = Q(finished_at=None) | Q(finished_at__gte=timezone.now() - STAYS)
    return _shown(user, rescans.filter(recent))


def _shown(user: AbstractUser, rescans: QuerySet[Rescan]) -> tuple[RescanProgress, ...]:
    """Five of them at most, by as many queries for five as for one."""
    found = list(
        rescans.select_related("team", "requested_by", "cancelled_by").order_by("-requested_at", "-pk")[
            :SHOWN
        ]
    )
    if not found:
        return ()
    states: dict[int, Counter[str]] = {one.pk: Counter() for one in found}
    began: dict[int, datetime] = {}
    rows = ScanRequest.objects.filter(rescan__in=found).order_by().values_list("rescan", "state")
    for key, state, number, first in rows.annotate(number=Count("pk"), first=Min("started_at")):
        states[key][state] = number
        if first is not None:
            began[key] = min(first, began.get(key, first))
    now = timezone.now()
    usual = _Usual()
    return tuple(
        _progress(one, states[one.pk], began.get(one.pk), may_cancel_rescan(user, one), now, usual)
        for one in found
    )


class _Usual:
    """What scans take and how many run at once, asked for when it is needed, and once."""

    _known: tuple[float | None, int] | None = None

    def __call__(self) -> tuple[float | None, int]:
        if self._known is None:
            ended = ScanRequest.objects.filter(
                state=ScanState.DONE, started_at__isnull=False, finished_at__isnull=False
            )
            running = ScanRequest.objects.filter(state__in=RUNNING_STATES).count()
            self._known = median_seconds(ended), max(1, running)
        return self._known


def _progress(
    rescan: Rescan,
    states: Counter[str],
    began: datetime | None,
    may_cancel: bool,
    now: datetime,
    usual: _Usual,
) -> RescanProgress:
    running = rescan.finished_at is None
    waiting = sum(states[state] for state in ACTIVE_STATES) if running else 0
    # Scans that were removed since had ended.
    done = rescan.total - waiting
    return RescanProgress(
        id=rescan.pk,
        title=title_of(rescan),
        url=url_of(rescan),
        asked_by=str(rescan.requested_by or ""),
        requested_at=rescan.requested_at,
        running=running,
        total=rescan.total,
        done=done,
        failed=states[ScanState.FAILED] if running else rescan.failed,
        cancelled=states[ScanState.CANCELLED] if running else rescan.cancelled,
        cancelled_by=str(rescan.cancelled_by or ""),
        stages=tuple((states[state], words) for state, words in _STAGES if states[state]) if running else (),
        left=_seconds_left(waiting, done, began, now, usual) if running and waiting else None,
        took=int((rescan.finished_at - rescan.requested_at).total_seconds()) if rescan.finished_at else None,
        progress_url=reverse("rescan-progress", args=[rescan.pk]),
        cancel_url=reverse("rescan-cancel", args=[rescan.pk]) if running and may_cancel else "",
    )


def _seconds_left(waiting: int, done: int, began: datetime | None, now: datetime, usual: Any) -> int | None:
    """By the pace of those that have ended; until there are enough, by what scans take and how many run at once."""
    if began is not None and done >= ENOUGH:
        return max(1, round((now - began).total_seconds() / done * waiting))
    seconds, at_once = usual()
    return None if seconds is None else max(1, round(seconds * waiting / at_once))
