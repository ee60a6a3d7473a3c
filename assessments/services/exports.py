"""Exports: asking for a file, making it so that a failed one never looks complete, and removing it in time.

Whoever makes a file claims its row by a conditional update and holds it by a lease that a thread renews. Where the
worker is killed the lease ends within a minute; the next sweep, every minute, sends the export again, or gives it up
when that has happened too often. Nothing is written to a row that somebody else has claimed meanwhile.
"""

import errno
import logging
import os
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import DatabaseError, connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from assessments.choices import ACTIVE_EXPORTS, ExportFormat, ExportScope, ExportState
from assessments.models import Assessment, Export, Repository, Team
from assessments.services.clock import shared_now
from assessments.services.export_files import ENDINGS, FORMATS, repositories_of, write
from scanners.errors import ScanError

logger = logging.getLogger(__name__)

ABANDONED = timedelta(hours=6)
"""How long a file may wait for a worker."""
LEASE = timedelta(seconds=45)
"""Leases go by the database's clock, since those of the hosts may differ."""
RENEW_SECONDS = 10.0
RESEND = timedelta(minutes=5)
"""After so long in the queue an export is sent again, in case the queue lost it."""
MAX_ATTEMPTS = 3
"""Workers that a file may cost before it is given up."""
LEFT_SECONDS = 3600.0
"""How old what dead jobs left aside must be to be removed."""
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
    """The export was cancelled or removed while it was being made, or another worker has it now."""


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
    now = shared_now()
    export = Export.objects.create(**values, requested_at=now, lease_until=now + RESEND)
    transaction.on_commit(lambda: _enqueue(export))
    return export


def retry_export(*, export: Export) -> bool:
    """True where the export had failed or been cancelled and waits again."""
    now = shared_now()
    again = Export.objects.filter(pk=export.pk, state__in=(ExportState.FAILED, ExportState.CANCELLED)).update(
        state=ExportState.QUEUED,
        requested_at=now,
        lease_until=now + RESEND,
        attempts=0,
        claim="",
        error_id="",
        error="",
        done=0,
        finished_at=None,
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
    export = _claimed(export_id)
    if export is None:
        return
    try:
        with _held(export) as lost:
            file, size = _make(export, lost)
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
        kept = _mine(export).update(
            state=ExportState.DONE,
            file=file,
            size=size,
            finished_at=now,
            lease_until=None,
            expires_at=now + timedelta(days=settings.ENVIRONMENT.export_days),
            error="",
            error_id="",
        )
        if kept:
            _tell_later(export)
        elif not Export.objects.filter(pk=export.pk, state=ExportState.DONE).exists():
            (Path(settings.EXPORTS_DIR) / file).unlink(missing_ok=True)  # cancelled at the last moment


def _claimed(export_id: int) -> Export | None:
    claim = uuid.uuid4().hex
    taken = Export.objects.filter(pk=export_id, state=ExportState.QUEUED).update(
        state=ExportState.RUNNING, claim=claim, lease_until=Now() + LEASE, started_at=timezone.now(), done=0
    )
    if not taken:
        return None
    export = Export.objects.select_related(
        "repository__mirror", "repository__team", "assessment__ruleset", "team", "requested_by"
    ).get(pk=export_id)
    return export if export.claim == claim else None


def _mine(export: Export) -> QuerySet[Export]:
    return Export.objects.filter(pk=export.pk, claim=export.claim, state=ExportState.RUNNING)


@contextmanager
def _held(export: Export) -> Iterator[threading.Event]:
    """Renews the lease while the block runs; the event is set once the export is not ours any more."""
    done, lost = threading.Event(), threading.Event()

    def renew() -> None:
        try:
            while not done.wait(RENEW_SECONDS):
                try:
                    if not _mine(export).update(lease_until=Now() + LEASE):
                        lost.set()
                        return
                except DatabaseError as error:  # the next round may find it back before the lease ends
                    logger.warning("Export %s was not renewed: %s", export.pk, type(error).__name__)
                    connection.close()
        finally:
            connection.close()

    thread = threading.Thread(target=renew, name=f"export-{export.pk}", daemon=True)
    thread.start()
    try:
        yield lost
    finally:
        done.set()
        thread.join(timeout=5)


def _make(export: Export, lost: threading.Event) -> tuple[str, int]:
    """(name, size) of the finished file: written aside, synced and renamed, so that it is whole or not there."""
    chosen = repositories_of(export)
    teams = sorted(set(chosen.order_by().values_list("team", flat=True)))
    total = chosen.count()
    if not total:
        raise ScanError("export.nothing", "There is nothing to export: nothing of it has been judged yet.")
    _mine(export).update(total=total, teams=teams)
    folder = Path(settings.EXPORTS_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{export.key}.{ENDINGS[ExportFormat(export.format)]}"
    for left in folder.glob(f".{name}.*.tmp"):  # by a worker that was killed over it
        left.unlink(missing_ok=True)
    aside = folder / f".{name}.{export.claim[:12]}.tmp"
    try:
        with aside.open("wb") as file:
            write(export, file, _Teller(export, lost))
            file.flush()
            os.fsync(file.fileno())
        size = aside.stat().st_size
        if lost.is_set():
            raise Cancelled
        aside.replace(folder / name)
    except FileNotFoundError:  # whoever has the export now has cleared it away
        if _mine(export).exists():
            raise
        raise Cancelled from None
    finally:
        aside.unlink(missing_ok=True)
    return name, size


class _Teller:
    """Writes down how far an export is, a few times a second at most. Raises Cancelled once it was cancelled."""

    def __init__(self, export: Export, lost: threading.Event) -> None:
        self._export = export
        self._lost = lost
        self._told = 0.0

    def __call__(self, done: int) -> None:
        if time.monotonic() - self._told < TELL_SECONDS:
            return
        self._told = time.monotonic()
        if self._lost.is_set() or not _mine(self._export).update(done=done):
            raise Cancelled


def _failed(export: Export, error_id: str, message: str) -> None:
    """Marks an export failed that is ours, or that nobody has begun."""
    ours = Export.objects.filter(pk=export.pk, claim=export.claim, state__in=ACTIVE_EXPORTS)
    if ours.update(
        state=ExportState.FAILED,
        error_id=error_id,
        error=message[:500],
        finished_at=timezone.now(),
        lease_until=None,
    ):
        _tell_later(export)


def _tell_later(export: Export) -> None:
    """Lets whoever asked know how it ended; a message that fails costs no file."""
    from assessments.services import finished

    transaction.on_commit(lambda: finished.export_ended(export.pk), robust=True)


def recover_abandoned(*, now: datetime | None = None) -> int:
    """How many exports were sent again because their worker died or the queue lost them; those that cost too many
    workers, and those that nobody takes, are given up instead."""
    moment = now or shared_now()
    _end_leases_of_wrong_clocks(moment)
    again = 0
    dead = Export.objects.filter(
        Q(lease_until__lt=moment) | Q(lease_until=None), state=ExportState.RUNNING
    ).order_by("requested_at", "pk")
    for export in dead:
        attempts = export.attempts + 1
        if attempts >= MAX_ATTEMPTS:
            _failed(
                export, "export.abandoned", f"The file was cut off {attempts} times before it was finished."
            )
            continue
        still = _mine(export).filter(Q(lease_until__lt=moment) | Q(lease_until=None))
        if still.update(
            state=ExportState.QUEUED, claim="", attempts=attempts, done=0, lease_until=moment + RESEND
        ):
            export.claim = ""
            again += 1
            _enqueue(export)
    waiting = Export.objects.filter(
        Q(lease_until__lt=moment) | Q(lease_until=None), state=ExportState.QUEUED
    ).order_by("requested_at", "pk")
    for export in waiting[:100]:
        if export.requested_at < moment - ABANDONED:
            _failed(export, "export.abandoned", "No worker took the file up in time. Ask for it again.")
            continue
        if Export.objects.filter(pk=export.pk, state=ExportState.QUEUED).update(lease_until=moment + RESEND):
            again += 1
            _enqueue(export)  # a second delivery finds nothing to claim
    return again


def _end_leases_of_wrong_clocks(moment: datetime) -> None:
    """What ends later than any lease that is written now was written by a clock that has been set back since."""
    for state, longest in ((ExportState.RUNNING, LEASE), (ExportState.QUEUED, RESEND)):
        Export.objects.filter(state=state, lease_until__gt=moment + 2 * longest).update(
            lease_until=moment + longest
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
        if age > LEFT_SECONDS and place.name not in known:
            place.unlink(missing_ok=True)
    return removed


def file_name(export: Export) -> str:
    """What the downloaded file is called: plain letters, whatever the thing is called."""
    ending = ENDINGS[ExportFormat(export.format)]
    if export.repository and export.assessment:
        return f"{export.repository.slug}-{export.assessment.commit[:7]}.{ending}"
    day = (export.finished_at or export.requested_at).date().isoformat()
    return f"{export.team.slug if export.team else 'fleet'}-{day}.{ending}"
