"""Page models of a person's exports, and of the menu that asks for one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.paginator import Page
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from assessments.choices import ACTIVE_EXPORTS, ExportFormat, ExportScope, ExportState
from assessments.listings import EXPORTS
from assessments.models import Export
from assessments.policy import may_download, visible_exports
from assessments.selectors.filters import in_chunks, paginate
from assessments.selectors.scans import ScanError
from assessments.services.export_files import FORMATS
from assessments.tables import Listing, Shown, shown


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
class ExportFilters:
    """``format`` is ``format_of`` in the address, where ``format`` asks for the list as a file."""

    state: str = ""
    scope: str = ""
    format: str = ""

    @property
    def active(self) -> bool:
        return bool(self.state or self.scope or self.format)


@dataclass(frozen=True, slots=True)
class ExportListPage:
    """``rows`` is a page of ``ExportRow``; ``pending`` is True while a file on it is still being made.

    ``states``, ``scopes`` and ``formats`` are (value, label) of what can be filtered by; ``total`` counts all exports
    of the person.
    """

    rows: Page[Any]
    total: int
    pending: bool
    filters: ExportFilters
    table: Shown
    states: tuple[tuple[str, str], ...]
    scopes: tuple[tuple[str, str], ...]
    formats: tuple[tuple[str, str], ...]


def get_export_list(user: AbstractUser, query: Mapping[str, str]) -> ExportListPage:
    """The person's exports that the query string asks for, the latest first."""
    now = timezone.now()
    filters = _asked_for(query)
    page = paginate(_chosen(user, filters), query)
    page.object_list = [export_row(one, now) for one in page.object_list]
    return ExportListPage(
        rows=page,
        total=visible_exports(user).count() if filters.active else page.paginator.count,
        pending=any(row.state in ACTIVE_EXPORTS for row in page.object_list),
        filters=filters,
        table=shown(EXPORTS, query.get("columns", "")),
        states=tuple((state.value, state.label) for state in ExportState),
        scopes=tuple((scope.value, scope.label) for scope in ExportScope),
        formats=tuple((format.value, format.label) for format in ExportFormat),
    )


def get_export_listing(user: AbstractUser, query: Mapping[str, str]) -> Listing:
    """All exports that the list shows over its pages."""
    now = timezone.now()

    def rows() -> Iterator[ExportRow]:
        for chunk in in_chunks(_chosen(user, _asked_for(query))):
            yield from (export_row(one, now) for one in chunk)

    return Listing(shown(EXPORTS, query.get("columns", "")), rows())


def _asked_for(query: Mapping[str, str]) -> ExportFilters:
    state, scope, format = (query.get(name, "") for name in ("state", "scope", "format_of"))
    return ExportFilters(
        state if state in ExportState.values else "",
        scope if scope in ExportScope.values else "",
        format if format in ExportFormat.values else "",
    )


def _chosen(user: AbstractUser, filters: ExportFilters) -> QuerySet[Export]:
    wanted = {"state": filters.state, "scope": filters.scope, "format": filters.format}
    rows = visible_exports(user).select_related("repository", "team")
    return rows.filter(**{name: value for name, value in wanted.items() if value})


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
