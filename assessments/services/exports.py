"""Exports: asking for a file, and making it so that a failed one never looks complete."""

import logging
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.utils import timezone

from assessments.choices import ExportFormat, ExportState
from assessments.models import Assessment, Export, Repository
from assessments.report import ReportPage
from scanners.errors import ScanError

logger = logging.getLogger(__name__)

_ENDINGS = {
    ExportFormat.PDF: "pdf",
    ExportFormat.MARKDOWN: "md",
    ExportFormat.JSON: "json",
    ExportFormat.SARIF: "sarif",
}
ABANDONED = timedelta(hours=1)
"""How long a file may be waited for: six times what its job may take."""

CONTENT_TYPES = {
    ExportFormat.PDF: "application/pdf",
    ExportFormat.MARKDOWN: "text/markdown; charset=utf-8",
    ExportFormat.JSON: "application/json",
    ExportFormat.SARIF: "application/sarif+json",
}


@transaction.atomic
def request_export(
    *, repository: Repository, assessment: Assessment, format: ExportFormat, requested_by: AbstractUser
) -> Export:
    """The export asked for; a job makes it after commit."""
    export = Export.objects.create(
        repository=repository,
        assessment=assessment,
        format=format,
        requested_by=requested_by,
        requested_at=timezone.now(),
    )
    transaction.on_commit(lambda: _enqueue(export))
    return export


def _enqueue(export: Export) -> None:
    import django_rq
    from redis.exceptions import RedisError

    from assessments.jobs import make_export

    try:
        django_rq.get_queue("exports").enqueue(make_export, export.pk)
    except RedisError as error:
        logger.error("Export %s was not queued: %s", export.pk, type(error).__name__)
        _failed(export, "export.not-queued", "The queue of exports cannot be reached. Ask again in a while.")


def make_export(export_id: int) -> None:
    """Makes the file of an export that waits; does nothing for one that is being made or done."""
    taken = Export.objects.filter(pk=export_id, state__in=(ExportState.QUEUED, ExportState.FAILED)).update(
        state=ExportState.RUNNING
    )
    if not taken:
        return
    export = Export.objects.select_related(
        "repository__mirror", "repository__team", "assessment__ruleset"
    ).get(pk=export_id)
    try:
        file, size = _write(export)
    except ScanError as error:
        _failed(export, error.id, error.message)
    except Exception:
        _failed(export, "export.failed", "The file could not be made.")
        raise
    else:
        Export.objects.filter(pk=export.pk).update(
            state=ExportState.DONE, file=file, size=size, finished_at=timezone.now(), error="", error_id=""
        )


def _write(export: Export) -> tuple[str, int]:
    from assessments.selectors.reports import report_of_assessment

    page = report_of_assessment(export.repository, export.assessment)
    content = _renderer(ExportFormat(export.format))(page)
    folder = Path(settings.EXPORTS_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{export.key}.{_ENDINGS[ExportFormat(export.format)]}"
    aside = folder / f".{name}.{os.getpid()}.tmp"
    try:
        aside.write_bytes(content)
        aside.replace(folder / name)
    finally:
        aside.unlink(missing_ok=True)
    return name, len(content)


def _renderer(format: ExportFormat) -> Callable[[ReportPage], bytes]:
    if format == ExportFormat.PDF:
        from assessments.reports.pdf import render_pdf

        return render_pdf
    if format == ExportFormat.MARKDOWN:
        from assessments.reports.markdown import render_markdown

        return lambda page: render_markdown(page).encode()
    if format == ExportFormat.SARIF:
        from assessments.reports.sarif import render_sarif

        return lambda page: render_sarif(page).encode()
    from assessments.reports.json import render_json

    return lambda page: render_json(page).encode()


def _failed(export: Export, error_id: str, message: str) -> None:
    Export.objects.filter(pk=export.pk).update(
        state=ExportState.FAILED, error_id=error_id, error=message[:500], finished_at=timezone.now()
    )


def give_up_abandoned(*, now: datetime | None = None) -> int:
    """How many exports were marked failed because their worker died, or the queue lost them."""
    moment = now or timezone.now()
    return Export.objects.filter(
        state__in=(ExportState.QUEUED, ExportState.RUNNING), requested_at__lt=moment - ABANDONED
    ).update(
        state=ExportState.FAILED,
        error_id="export.abandoned",
        error="The file was not finished in time. Ask for it again.",
        finished_at=moment,
    )


def purge_exports() -> int:
    """How many exports past their time were removed, files first."""
    past = timezone.now() - timedelta(days=settings.ENVIRONMENT.export_days)
    removed = 0
    for export in Export.objects.filter(requested_at__lt=past):
        if export.file:
            (Path(settings.EXPORTS_DIR) / export.file).unlink(missing_ok=True)
        export.delete()
        removed += 1
    return removed


def file_name(export: Export) -> str:
    """What the downloaded file is called."""
    return f"{export.repository.slug}-{export.assessment.commit[:7]}.{_ENDINGS[ExportFormat(export.format)]}"
