"""Page model of a person's exports."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.urls import reverse

from assessments.choices import ExportState
from assessments.policy import visible_exports
from assessments.selectors.scans import ScanError


@dataclass(frozen=True, slots=True)
class ExportRow:
    title: str
    state: str
    state_label: str
    requested_at: datetime
    size: int
    download_url: str
    error: ScanError | None


@dataclass(frozen=True, slots=True)
class ExportListPage:
    """``pending`` is True while a file is still being made."""

    rows: tuple[ExportRow, ...]
    pending: bool


def get_export_list(user: AbstractUser) -> ExportListPage:
    """The person's latest hundred exports."""
    exports = list(visible_exports(user).select_related("repository")[:100])
    rows = tuple(
        ExportRow(
            title=f"{one.get_format_display()} of {one.repository.name}",
            state=one.state,
            state_label=one.get_state_display(),
            requested_at=one.requested_at,
            size=one.size,
            download_url=reverse("export-download", args=[one.key]) if one.state == ExportState.DONE else "",
            error=ScanError(one.error_id, one.error, "") if one.error_id else None,
        )
        for one in exports
    )
    return ExportListPage(
        rows, any(one.state in (ExportState.QUEUED, ExportState.RUNNING) for one in exports)
    )
