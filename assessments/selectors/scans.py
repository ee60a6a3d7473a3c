"""Scans as pages show them: progress of one, and the activity of all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.core.paginator import Page
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone

from assessments.choices import ACTIVE_STATES, RUNNING_STATES, ScanState
from assessments.models import Repository, ScanRequest
from assessments.policy import is_admin, visible_scans
from assessments.selectors.filters import paginate

_STAGES = (
    (ScanState.QUEUED, "Queued"),
    (ScanState.CLONING, "Fetching"),
    (ScanState.SCANNING, "Reading"),
    (ScanState.GRADING, "Grading"),
)


@dataclass(frozen=True, slots=True)
class ScanError:
    """Why a scan failed: stable id, sentence, what to do."""

    id: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class ScanProgress:
    """``stages`` are (name, "done" | "now" | "next"); ``elapsed`` counts seconds since the request."""

    state: str
    running: bool
    stages: tuple[tuple[str, str], ...]
    share: int | None
    elapsed: int | None
    error: ScanError | None


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


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """``counts`` are (state to filter by, label, number)."""

    rows: Page[Any]
    counts: tuple[tuple[str, str, int], ...]
    state: str


def progress_of(scan: ScanRequest, now: datetime | None = None) -> ScanProgress:
    """How far a scan is."""
    names = [state for state, _ in _STAGES]
    place = names.index(ScanState(scan.state)) if scan.state in names else len(names)
    stages = tuple(
        (title, "done" if n < place else "now" if n == place else "next")
        for n, (_, title) in enumerate(_STAGES)
    )
    error = ScanError(scan.error_id, scan.error, scan.hint) if scan.state == ScanState.FAILED else None
    elapsed = int(((now or timezone.now()) - scan.requested_at).total_seconds())
    return ScanProgress(scan.state, scan.state in ACTIVE_STATES, stages, None, max(0, elapsed), error)


def latest_scan(repository: Repository) -> ScanRequest | None:
    return repository.scans.order_by("-requested_at", "-id").first()


def get_activity_page(user: AbstractUser, query: Mapping[str, str]) -> ActivityPage:
    """Scans that the person may see, the latest first."""
    scans = visible_scans(user)
    by_state = dict(scans.order_by().values_list("state").annotate(Count("pk")))
    groups = {
        "": ("All", None),
        "queued": ("Queued", [ScanState.QUEUED]),
        "running": ("Running", list(RUNNING_STATES)),
        "done": ("Done", [ScanState.DONE]),
        "failed": ("Failed", [ScanState.FAILED]),
    }
    state = query.get("state", "")
    state = state if state in groups else ""
    chosen = groups[state][1]
    rows = scans.select_related("repository").order_by("-requested_at", "-id")
    page = paginate(rows if chosen is None else rows.filter(state__in=chosen), query)
    admin = is_admin(user)
    page.object_list = [_row(scan, admin) for scan in page.object_list]
    counts = tuple(
        (key, label, sum(by_state.values()) if states is None else sum(by_state.get(s, 0) for s in states))
        for key, (label, states) in groups.items()
    )
    return ActivityPage(page, counts, state)


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
        error=ScanError(scan.error_id, scan.error, scan.hint) if failed else None,
        summary=scan.summary or scan.get_reason_display(),
        retry_url=reverse("repository-scan", args=[scan.repository.slug]) if failed and may_retry else "",
    )
