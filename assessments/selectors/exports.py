"""Page models of a person's exports, and of the menu that asks for one."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.urls import reverse
from django.utils import timezone

from assessments.choices import ACTIVE_EXPORTS, ExportScope, ExportState
from assessments.models import Export
from assessments.policy import may_download, visible_exports
from assessments.selectors.scans import ScanError
from assessments.services.export_files import FORMATS

SHOWN = 100


@dataclass(frozen=True, slots=True)
class ExportMenu:
    """Where to ask, and (value, label) of each format that can be had."""

    url: str
    formats: tuple[tuple[str, str], ...]


def export_menu(scope: ExportScope, url: str) -> ExportMenu:
    """The menu of a page whose exports are asked for at ``url``."""
    return ExportMenu(url, tuple((format.value, format.label) for format in FORMATS[scope]))


@dataclass(frozen=True, slots=True)
class ExportRow:
    """``done`` of ``total`` repositories are in it; ``remaining`` is how many seconds the rest takes at the pace so far."""

    key: str
    scope: str
    format: str
    title: str
    state: str
    state_label: str
    requested_at: datetime
    expires_at: datetime | None
    expired: bool
    done: int
    total: int
    remaining: float | None
    size: int
    download_url: str
    cancel_url: str
    retry_url: str
    error: ScanError | None


@dataclass(frozen=True, slots=True)
class ExportListPage:
    """``pending`` is True while a file is still being made."""

    rows: tuple[ExportRow, ...]
    pending: bool


def get_export_list(user: AbstractUser) -> ExportListPage:
    """The person's latest hundred exports."""
    now = timezone.now()
    exports = list(visible_exports(user).select_related("repository", "team")[:SHOWN])
    rows = tuple(export_row(one, now) for one in exports)
    return ExportListPage(rows, any(one.state in ACTIVE_EXPORTS for one in exports))


def export_row(one: Export, now: datetime) -> ExportRow:
    """An export as lists show it (its repository and team loaded)."""
    expired = one.state == ExportState.DONE and bool(one.expires_at and one.expires_at <= now)
    ready = one.state == ExportState.DONE and not expired
    again = one.state in (ExportState.FAILED, ExportState.CANCELLED)
    return ExportRow(
        key=str(one.key),
        scope=one.scope,
        format=one.format,
        title=str(one),
        state=one.state,
        state_label="Expired" if expired else one.get_state_display(),
        requested_at=one.requested_at,
        expires_at=one.expires_at if ready else None,
        expired=expired,
        done=one.done,
        total=one.total,
        remaining=_remaining(one, now),
        size=one.size,
        download_url=reverse("export-download", args=[one.key]) if ready else "",
        cancel_url=reverse("export-cancel", args=[one.key]) if one.state in ACTIVE_EXPORTS else "",
        retry_url=reverse("export-retry", args=[one.key]) if again else "",
        error=ScanError(one.error_id, one.error, "") if one.error_id else None,
    )


def finished_file(user: AbstractUser, export: Export) -> Path | None:
    """The file of an export of the person's, None where it is not there (any more) or holds what they may not see."""
    place = Path(settings.EXPORTS_DIR) / export.file
    if export.state != ExportState.DONE or not may_download(user, export):
        return None
    if (export.expires_at and export.expires_at <= timezone.now()) or not place.is_file():
        return None
    return place


def _remaining(one: Export, now: datetime) -> float | None:
    if one.state != ExportState.RUNNING or not one.started_at or not one.done or one.done >= one.total:
        return None
    return (now - one.started_at).total_seconds() * (one.total - one.done) / one.done
