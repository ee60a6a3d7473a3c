"""What the API gives of work that is asked for: scans and exports."""

from datetime import datetime

from django.db.models import QuerySet
from pydantic import BaseModel

from assessments.api.links import Links
from assessments.api.payloads import NamedOut
from assessments.choices import ACTIVE_STATES, ScanState
from assessments.models import Repository, Rescan, ScanRequest
from assessments.selectors.exports import ExportRow
from assessments.selectors.rescans import RescanProgress
from assessments.selectors.scans import ScanError, error_of, progress_of

SHOWN_SCANS = 100
"""Scans that an answer to a request for many of them holds."""


class FailureOut(BaseModel):
    """Why it failed, what to do, whose fault it is, and what Plumbline does by itself."""

    id: str
    message: str
    hint: str
    whose: str = ""
    again: str = ""
    again_at: datetime | None = None


def failure_of(error: ScanError) -> FailureOut:
    return FailureOut(
        id=error.id,
        message=error.message,
        hint=error.hint,
        whose=error.whose,
        again=error.again,
        again_at=error.again_at,
    )


class ScanOut(BaseModel):
    """One scan: ``queued``, ``cloning``, ``scanning``, ``grading``, then ``done``, ``failed`` or ``cancelled``."""

    id: int
    repository: NamedOut
    state: str
    reason: str
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    summary: str
    error: FailureOut | None
    url: str


def scan_of(scan: ScanRequest, links: Links) -> ScanOut:
    """A scan in a list (its repository loaded)."""
    return ScanOut(**_scan(scan, links))


def _scan(scan: ScanRequest, links: Links) -> dict[str, object]:
    repository = scan.repository
    failed = scan.state == ScanState.FAILED
    return {
        "id": scan.pk,
        "repository": NamedOut(slug=repository.slug, name=repository.name),
        "state": scan.state,
        "reason": scan.reason,
        "requested_at": scan.requested_at,
        "started_at": scan.started_at,
        "finished_at": scan.finished_at,
        "summary": scan.summary,
        "error": failure_of(error_of(scan, repository)) if failed else None,
        "url": links.api("scan", scan.pk),
    }


class StageOut(BaseModel):
    """``progress`` is ``done``, ``now`` or ``next``; ``seconds`` is what it took, null before it ended."""

    name: str
    progress: str
    seconds: float | None


class ScanDetailOut(ScanOut):
    """One scan with its stages. ``elapsed_seconds`` since it was asked for; ``left_seconds`` by how long others took,
    null where nothing tells; ``waits`` says why a queued one is not taken up yet."""

    stages: list[StageOut]
    elapsed_seconds: int | None
    left_seconds: int | None
    waits: FailureOut | None


def scan_detail(scan: ScanRequest, links: Links) -> ScanDetailOut:
    progress = progress_of(scan)
    took = [scan.stages.get(state.value) for state in ACTIVE_STATES]
    return ScanDetailOut(
        **_scan(scan, links),  # type: ignore[arg-type]
        stages=[
            StageOut(name=state.value, progress=word, seconds=seconds)
            for state, (_, word), seconds in zip(ACTIVE_STATES, progress.stages, took, strict=True)
        ],
        elapsed_seconds=progress.elapsed if progress.running else None,
        left_seconds=progress.left,
        waits=failure_of(progress.waits) if progress.waits else None,
    )


class ScansAskedOut(BaseModel):
    """What became of a request: ``requested`` scans are new, ``active`` wait or run, of which ``scans`` are the latest,
    a hundred at most. Whoever asks again while they do is given the same ones. ``rescan_url`` tells how far the new ones
    are together, null where there are none, or one alone."""

    requested: int
    active: int
    scans: list[ScanOut]
    rescan_url: str | None


def scans_asked(
    repositories: QuerySet[Repository], links: Links, *, new: int = 0, rescan: Rescan | None = None
) -> ScansAskedOut:
    """The active scans of these repositories, after a request for ``new`` of them or for a rescan."""
    active = ScanRequest.objects.filter(
        repository__in=repositories.order_by().values("pk"), state__in=ACTIVE_STATES
    )
    latest = active.select_related("repository").order_by("-pk")[:SHOWN_SCANS]
    return ScansAskedOut(
        requested=rescan.total if rescan else new,
        active=active.count(),
        scans=[scan_of(scan, links) for scan in latest],
        rescan_url=links.api("rescan", rescan.pk) if rescan else None,
    )


class StageCountOut(BaseModel):
    """How many scans are at a stage, in words: fetching, reading, grading, waiting."""

    stage: str
    scans: int


class RescanOut(BaseModel):
    """Scans that were asked for together: ``done`` of ``total`` have ended, ``failed`` of them badly. ``left_seconds`` is
    what the others will probably take, null where nothing tells."""

    id: int
    title: str
    requested_at: datetime
    running: bool
    total: int
    done: int
    failed: int
    cancelled: int
    stages: list[StageCountOut]
    left_seconds: int | None
    took_seconds: int | None
    url: str
    html_url: str


def rescan_of(one: RescanProgress, links: Links) -> RescanOut:
    return RescanOut(
        id=one.id,
        title=one.title,
        requested_at=one.requested_at,
        running=one.running,
        total=one.total,
        done=one.done,
        failed=one.failed,
        cancelled=one.cancelled,
        stages=[StageCountOut(stage=words, scans=number) for number, words in one.stages],
        left_seconds=one.left,
        took_seconds=one.took,
        url=links.api("rescan", one.id),
        html_url=links.path(one.url),
    )


class ExportOut(BaseModel):
    """One export: ``queued``, ``running``, then ``done``, ``failed`` or ``cancelled``. ``done`` of ``total``
    repositories are in it; ``file_url`` is there while the file is."""

    id: str
    title: str
    scope: str
    format: str
    state: str
    requested_at: datetime
    expires_at: datetime | None
    done: int
    total: int
    remaining_seconds: float | None
    bytes: int
    error: FailureOut | None
    url: str
    file_url: str | None


def export_of(row: ExportRow, links: Links) -> ExportOut:
    return ExportOut(
        id=row.key,
        title=row.title,
        scope=row.scope,
        format=row.format,
        state="expired" if row.expired else row.state,
        requested_at=row.requested_at,
        expires_at=row.expires_at,
        done=row.done,
        total=row.total,
        remaining_seconds=row.remaining,
        bytes=row.size,
        error=failure_of(row.error) if row.error else None,
        url=links.api("export", row.key),
        file_url=links.api("export-file", row.key) if row.download_url else None,
    )
