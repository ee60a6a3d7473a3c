"""Exports: asking for a file, making it so that a failed one never looks complete, and removing it in time."""

import errno
import logging
import os
import time
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from assessments.choices import ACTIVE_EXPORTS, ExportFormat, ExportScope, ExportState
from assessments.models import Assessment, Export, Repository, Team
from assessments.services.export_files import ENDINGS, FORMATS, repositories_of, write
from scanners.errors import ScanError

logger = logging.getLogger(__name__)

ABANDONED = timedelta(hours=1)
"""How long a file may wait or be made: twice what its job may take."""
JOB_SECONDS = 1800
"""How long making one file may take: 10,000 reports at some 30 ms each, six times over."""
TELL_SECONDS = 0.5
"""Between two looks at whether the export was cancelled, each of which also tells how far it is."""

CONTENT_TYPES = {
    ExportFormat.PDF: "application/pdf",
    ExportFormat.MARKDOWN: "text/markdown; charset=utf-8",
    ExportFormat.JSON: "application/json",
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportFormat.SARIF: "application/sarif+json",
    ExportFormat.ZIP: "application/zip",
}


class Cancelled(Exception):
    """The export was cancelled or removed while it was being made."""


@transaction.atomic
def request_export(
    *,
    format: ExportFormat,
    requested_by: AbstractUser,
    repository: Repository | None = None,
    assessment: Assessment | None = None,
    team: Team | None = None,
) -> Export:
    """The export asked for: of an assessment, else of a team, else of all that the person may see.

    A job makes it after commit. The same one that is still waiting or being made is given instead of a second.
    Raises ScanError (``export.nothing``) for a format that the scope does not have.
    """
    scope = ExportScope.REPOSITORY if assessment else ExportScope.TEAM if team else ExportScope.FLEET
    if format not in FORMATS[scope]:
        raise ScanError("export.nothing", f"There is no {format.label} of a {scope.label.lower()}.")
    values = {
        "scope": scope,
        "repository": repository,
        "assessment": assessment,
        "team": team,
        "format": format,
        "requested_by": requested_by,
    }
    waiting = Export.objects.filter(state__in=ACTIVE_EXPORTS, **values).first()
    if waiting is not None:
        return waiting
    export = Export.objects.create(**values, requested_at=timezone.now())
    transaction.on_commit(lambda: _enqueue(export))
    return export


def retry_export(*, export: Export) -> bool:
    """True where the export had failed or been cancelled and waits again."""
    again = Export.objects.filter(pk=export.pk, state__in=(ExportState.FAILED, ExportState.CANCELLED)).update(
        state=ExportState.QUEUED, requested_at=timezone.now(), error_id="", error="", done=0, finished_at=None
    )
    if again:
        export.refresh_from_db()
        transaction.on_commit(lambda: _enqueue(export))
    return bool(again)


def cancel_export(*, export: Export) -> bool:
    """True where the export was waiting or being made and is not any more; its job stops within a second."""
    return bool(
        Export.objects.filter(pk=export.pk, state__in=ACTIVE_EXPORTS).update(
            state=ExportState.CANCELLED, finished_at=timezone.now()
        )
    )


def _enqueue(export: Export) -> None:
    import django_rq
    from redis.exceptions import RedisError

    from assessments.jobs import make_export

    try:
        django_rq.get_queue("exports").enqueue(make_export, export.pk, job_timeout=JOB_SECONDS)
    except RedisError as error:
        logger.error("Export %s was not queued: %s", export.pk, type(error).__name__)
        _failed(export, "export.not-queued", "The queue of exports cannot be reached. Ask again in a while.")


def make_export(export_id: int) -> None:
    """Makes the file of an export that waits; does nothing for one that is being made, done or cancelled."""
    taken = Export.objects.filter(pk=export_id, state=ExportState.QUEUED).update(
        state=ExportState.RUNNING, started_at=timezone.now(), done=0
    )
    if not taken:
        return
    export = Export.objects.select_related(
        "repository__mirror", "repository__team", "assessment__ruleset", "team", "requested_by"
    ).get(pk=export_id)
    try:
        file, size = _make(export)
    except Cancelled:
        return
    except ScanError as error:
        _failed(export, error.id, error.message)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            _failed(export, "export.failed", "The file could not be made.")
            raise
        _failed(export, "export.no-room", "There is no room on the disk for the file.")
    except Exception:
        _failed(export, "export.failed", "The file could not be made.")
        raise
    else:
        now = timezone.now()
        kept = Export.objects.filter(pk=export.pk, state=ExportState.RUNNING).update(
            state=ExportState.DONE,
            file=file,
            size=size,
            finished_at=now,
            expires_at=now + timedelta(days=settings.ENVIRONMENT.export_days),
            error="",
            error_id="",
        )
        if not kept:  # cancelled at the last moment
            (Path(settings.EXPORTS_DIR) / file).unlink(missing_ok=True)


def _make(export: Export) -> tuple[str, int]:
    """(name, size) of the finished file: written aside, synced and renamed, so that it is whole or not there."""
    chosen = repositories_of(export)
    teams = sorted(set(chosen.order_by().values_list("team", flat=True)))
    total = chosen.count()
    if not total:
        raise ScanError("export.nothing", "There is nothing to export: nothing of it has been judged yet.")
    Export.objects.filter(pk=export.pk).update(total=total, teams=teams)
    folder = Path(settings.EXPORTS_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{export.key}.{ENDINGS[ExportFormat(export.format)]}"
    aside = folder / f".{name}.{os.getpid()}.tmp"
    try:
        with aside.open("wb") as file:
            write(export, file, _Teller(export.pk))
            file.flush()
            os.fsync(file.fileno())
        size = aside.stat().st_size
        aside.replace(folder / name)
    finally:
        aside.unlink(missing_ok=True)
    return name, size


class _Teller:
    """Writes down how far an export is, a few times a second at most. Raises Cancelled once it was cancelled."""

    def __init__(self, pk: int) -> None:
        self._pk = pk
        self._told = 0.0

    def __call__(self, done: int) -> None:
        if time.monotonic() - self._told < TELL_SECONDS:
            return
        self._told = time.monotonic()
        if not Export.objects.filter(pk=self._pk, state=ExportState.RUNNING).update(done=done):
            raise Cancelled


def _failed(export: Export, error_id: str, message: str) -> None:
    Export.objects.filter(pk=export.pk, state__in=ACTIVE_EXPORTS).update(
        state=ExportState.FAILED, error_id=error_id, error=message[:500], finished_at=timezone.now()
    )


def give_up_abandoned(*, now: datetime | None = None) -> int:
    """How many exports were marked failed because their worker died, or the queue lost them."""
    moment = now or timezone.now()
    return Export.objects.filter(state__in=ACTIVE_EXPORTS, requested_at__lt=moment - ABANDONED).update(
        state=ExportState.FAILED,
        error_id="export.abandoned",
        error="The file was not finished in time. Ask for it again.",
        finished_at=moment,
    )


def purge_exports(*, now: datetime | None = None) -> int:
    """How many exports past their time were removed, files first; and what dead jobs left aside."""
    moment = now or timezone.now()
    past = moment - timedelta(days=settings.ENVIRONMENT.export_days)
    folder = Path(settings.EXPORTS_DIR)
    removed = 0
    # A file stays until the time that its page promised, whatever the setting is by now.
    over = Q(expires_at__lte=moment) | Q(expires_at=None, requested_at__lt=past)
    for export in Export.objects.filter(over).exclude(state__in=ACTIVE_EXPORTS):
        if export.file:
            (folder / export.file).unlink(missing_ok=True)
        export.delete()
        removed += 1
    known = set(Export.objects.exclude(file="").values_list("file", flat=True))
    for place in folder.glob("*") if folder.is_dir() else ():
        age = moment.timestamp() - place.stat().st_mtime
        if age > ABANDONED.total_seconds() and place.name not in known:
            place.unlink(missing_ok=True)
    return removed


def file_name(export: Export) -> str:
    """What the downloaded file is called: plain letters, whatever the thing is called."""
    ending = ENDINGS[ExportFormat(export.format)]
    if export.repository and export.assessment:
        return f"{export.repository.slug}-{export.assessment.commit[:7]}.{ending}"
    day = (export.finished_at or export.requested_at).date().isoformat()
    return f"{export.team.slug if export.team else 'fleet'}-{day}.{ending}"
