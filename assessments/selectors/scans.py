"""Scans as pages show them: progress of one, and the activity of all."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.core.paginator import Page
from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils import timezone

from assessments.choices import ACTIVE_STATES, RUNNING_STATES, ScanReason, ScanState
from assessments.failures import AGAIN, explain
from assessments.listings import ACTIVITY
from assessments.models import Repository, ScanRequest
from assessments.policy import is_admin, scannable_repositories, visible_scans
from assessments.selectors.filters import in_chunks, paginate
from assessments.tables import Listing, Shown, shown

_STAGES = (
    (ScanState.QUEUED, "Queued"),
    (ScanState.CLONING, "Fetching"),
    (ScanState.SCANNING, "Reading"),
    (ScanState.GRADING, "Grading"),
)

GROUPS: dict[str, tuple[str, list[ScanState] | None]] = {
    "": ("All", None),
    "queued": ("Queued", [ScanState.QUEUED]),
    "running": ("Running", list(RUNNING_STATES)),
    "done": ("Done", [ScanState.DONE]),
    "failed": ("Failed", [ScanState.FAILED]),
}
"""What the activity can be filtered by: the title and the states of each."""


@dataclass(frozen=True, slots=True)
class ScanError:
    """Why a scan failed: stable id, sentence, what to do, whose fault it is, and what Plumbline does by itself.

    ``again_at`` is when it is tried again, None where that is not known or not planned.
    """

    id: str
    message: str
    hint: str
    whose: str = ""
    again: str = ""
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ScanProgress:
    """``stages`` are (name, "done" | "now" | "next"); ``elapsed`` counts seconds since the request, ``left`` those that
    it will probably take still, by how long earlier scans took; None where there were none. ``waits`` says why a
    queued scan is not taken up yet.
    """

    state: str
    running: bool
    stages: tuple[tuple[str, str], ...]
    share: int | None
    elapsed: int | None
    error: ScanError | None
    left: int | None = None
    waits: ScanError | None = None
    cancel_url: str = ""


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """One scan of the activity page; ``seconds`` is how long it took once it had started."""

    repository: str
    url: str
    state: str
    state_label: str
    requested_at: datetime
    seconds: float | None
    error: ScanError | None
    summary: str
    retry_url: str
    cancel_url: str = ""


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """``counts`` are (state to filter by, label, number)."""

    rows: Page[Any]
    counts: tuple[tuple[str, str, int], ...]
    state: str
    table: Shown
    can_scan_all: bool = False
    schedule_url: str = ""


def progress_of(scan: ScanRequest, now: datetime | None = None, *, can_cancel: bool = False) -> ScanProgress:
    """How far a scan is (its repository loaded)."""
    moment = now or timezone.now()
    names = [state for state, _ in _STAGES]
    place = names.index(ScanState(scan.state)) if scan.state in names else len(names)
    stages = tuple(
        (title, "done" if n < place else "now" if n == place else "next")
        for n, (_, title) in enumerate(_STAGES)
    )
    running = scan.state in ACTIVE_STATES
    return ScanProgress(
        scan.state,
        running,
        stages,
        None,
        max(0, int((moment - scan.requested_at).total_seconds())),
        error_of(scan, scan.repository) if scan.state == ScanState.FAILED else None,
        left=seconds_left(scan, moment) if running else None,
        waits=error_of(scan, None) if scan.state == ScanState.QUEUED and scan.error_id else None,
        cancel_url=reverse("scan-cancel", args=[scan.pk]) if running and can_cancel else "",
    )


def error_of(scan: ScanRequest, repository: Repository | None) -> ScanError:
    """What a scan ended with, or waits for; of a failed one, ``repository`` knows when the next is due."""
    known = explain(scan.error_id, scan.fault)
    held = repository is not None and (repository.quarantined_at is not None or repository.paused)
    due = repository.next_scan_at if repository is not None and not held else None
    return ScanError(
        scan.error_id,
        scan.error,
        scan.hint or known.todo,
        known.whose_fault,
        AGAIN["held"] if repository is not None and repository.quarantined_at else known.tried_again,
        scan.retry_at or due,
    )


def seconds_left(scan: ScanRequest, now: datetime) -> int | None:
    """Seconds until the scan has probably ended, None where nothing tells.

    Half of the repository's last scans took less than what is expected of this one; where there were none, half of
    the fleet's. One that waits has those before it done first, as many at once as are running now.
    """
    ended = ScanRequest.objects.filter(
        state=ScanState.DONE, started_at__isnull=False, finished_at__isnull=False
    )
    expected = median_seconds(ended.filter(repository=scan.repository_id)) or median_seconds(ended)
    if expected is None:
        return None
    if scan.state != ScanState.QUEUED:
        spent = (now - scan.started_at).total_seconds() if scan.started_at else 0.0
        return max(1, round(expected - spent))
    ahead = ScanRequest.objects.filter(state=ScanState.QUEUED, requested_at__lt=scan.requested_at).count()
    if scan.reason in (ScanReason.ADDED, ScanReason.REQUEST):
        ahead = ScanRequest.objects.filter(
            state=ScanState.QUEUED,
            requested_at__lt=scan.requested_at,
            reason__in=[ScanReason.ADDED, ScanReason.REQUEST],
        ).count()
    at_once = max(1, ScanRequest.objects.filter(state__in=RUNNING_STATES).count())
    usual = median_seconds(ended) or expected
    waits = (scan.retry_at - now).total_seconds() if scan.retry_at else 0.0
    return max(1, round(max(0.0, waits) + ahead * usual / at_once + expected))


def median_seconds(ended: QuerySet[ScanRequest]) -> float | None:
    """Seconds that the latest scans took, the middle one of up to 25."""
    spans = ended.order_by("-pk").values_list("started_at", "finished_at")[:25]
    seconds = sorted((after - before).total_seconds() for before, after in spans if before and after)
    return seconds[len(seconds) // 2] if seconds else None


def latest_scan(repository: Repository) -> ScanRequest | None:
    return repository.scans.select_related("repository").order_by("-requested_at", "-id").first()


def get_activity_page(user: AbstractUser, query: Mapping[str, str]) -> ActivityPage:
    """Scans that the person may see, the latest first."""
    scans = visible_scans(user)
    by_state = dict(scans.order_by().values_list("state").annotate(Count("pk")))
    state = query.get("state", "") if query.get("state", "") in GROUPS else ""
    page = paginate(_of_group(scans, state), query)
    admin = is_admin(user)
    mine = None if admin else set(scannable_repositories(user).values_list("pk", flat=True))
    page.object_list = [_row(scan, mine is None or scan.repository_id in mine) for scan in page.object_list]
    counts = tuple(
        (key, label, sum(by_state.values()) if states is None else sum(by_state.get(s, 0) for s in states))
        for key, (label, states) in GROUPS.items()
    )
    return ActivityPage(
        page,
        counts,
        state,
        shown(ACTIVITY, query.get("columns", "")),
        can_scan_all=admin,
        schedule_url=reverse("schedule") if admin else "",
    )


def get_activity_listing(user: AbstractUser, query: Mapping[str, str]) -> Listing:
    """All scans that the page shows over its pages."""
    state = query.get("state", "") if query.get("state", "") in GROUPS else ""

    def rows() -> Iterator[ActivityRow]:
        for chunk in in_chunks(_of_group(visible_scans(user), state)):
            yield from (_row(scan, False) for scan in chunk)

    return Listing(shown(ACTIVITY, query.get("columns", "")), rows())


def _of_group(scans: QuerySet[ScanRequest], state: str) -> QuerySet[ScanRequest]:
    states = GROUPS[state][1]
    rows = scans.select_related("repository").order_by("-requested_at", "-id")
    return rows if states is None else rows.filter(state__in=states)


def _row(scan: ScanRequest, may_retry: bool) -> ActivityRow:
    failed = scan.state == ScanState.FAILED
    seconds = (
        (scan.finished_at - scan.started_at).total_seconds() if scan.finished_at and scan.started_at else None
    )
    return ActivityRow(
        repository=scan.repository.name,
        url=reverse("repository-detail", args=[scan.repository.slug]),
        state=scan.state,
        state_label=scan.get_state_display(),
        requested_at=scan.requested_at,
        seconds=seconds,
        error=error_of(scan, scan.repository) if failed else None,
        summary=scan.summary or scan.get_reason_display(),
        retry_url=reverse("repository-scan", args=[scan.repository.slug]) if failed and may_retry else "",
        cancel_url=reverse("scan-cancel", args=[scan.pk])
        if scan.state in ACTIVE_STATES and may_retry
        else "",
    )
