"""Checklists as CSV (RFC 4180, UTF-8 with a mark that spreadsheets look for), one row per repository and item."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date, datetime

from assessments.report import ReportPage
from assessments.reports.cells import safe_cell
from assessments.reports.tables import CHECKLIST, Cell, Row, checklist_rows

BYTE_ORDER_MARK = "\ufeff"


def render_csv(page: ReportPage) -> str:
    """The checklist of one report."""
    return "".join(csv_lines([page]))


def csv_lines(pages: Iterable[ReportPage]) -> Iterator[str]:
    """The checklist of many reports, line by line; never more than one report is held."""
    yield BYTE_ORDER_MARK + csv_line(CHECKLIST)
    for page in pages:
        for row in checklist_rows(page):
            yield csv_line(row)


def csv_line(row: Row) -> str:
    """One line with its line break; text is safe for spreadsheets, dates are ISO 8601."""
    buffer = io.StringIO()
    csv.writer(buffer).writerow([_plain(cell) for cell in row])
    return buffer.getvalue()


def _plain(cell: Cell) -> str | int | float:
    if cell is None:
        return ""
    if isinstance(cell, date | datetime):
        return cell.isoformat()
    return safe_cell(cell) if isinstance(cell, str) else cell
