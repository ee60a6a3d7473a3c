"""Reports as workbooks (XLSX): a sheet per section of one report, or a scorecard of many."""

import io
from collections.abc import Iterable
from datetime import date, datetime
from typing import IO, TYPE_CHECKING, Any

from assessments.report import ReportPage
from assessments.reports.cells import safe_cell
from assessments.reports.tables import CHECKLIST, TABLES, Cell, Row, checklist_rows, tenths_number

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

SCORECARD = (
    "Repository", "Folder", "Grade", "Score of 100", "Foundations in percent", "Production in percent", "Known items",
    "Applicable items", "Failing items", "Effort in days", "Grade after the plan", "Judged", "Commit", "Ruleset",
)  # fmt: skip
_SCORECARD_WIDTHS = (34, 16, 8, 13, 22, 22, 12, 16, 14, 15, 20, 18, 16, 30)


def render_xlsx(page: ReportPage) -> bytes:
    """One report, a sheet per section."""
    buffer = io.BytesIO()
    with _workbook(buffer, page.subject.judged_at) as book:
        for table in TABLES:
            sheet = _Sheet(book, table.title, table.columns, table.widths)
            for row in table.rows(page):
                sheet.add(row)
            sheet.finish()
    return buffer.getvalue()


def write_scorecard(pages: Iterable[ReportPage], file: IO[bytes]) -> int:
    """How many reports went into the workbook: a row each on the first sheet, stars per area on the second, every
    failing item on the third. Rows are written out as they come, so no more than one report is held."""
    count = 0
    with _workbook(file, None) as book:
        scores = _Sheet(book, "Scorecard", SCORECARD, _SCORECARD_WIDTHS)
        areas: _Sheet | None = None
        failing = _Sheet(book, "Failing items", CHECKLIST, tuple(20 for _ in CHECKLIST))
        for page in pages:
            count += 1
            scores.add(_score_row(page))
            if areas is None:
                titles = tuple(area.title for area in page.areas)
                areas = _Sheet(book, "Stars per area", ("Repository", *titles), (34, *(14 for _ in titles)))
            areas.add((page.subject.repository, *(area.stars for area in page.areas)))
            for row, cells in zip(page.items, checklist_rows(page), strict=True):
                if row.verdict == "fail":
                    failing.add(cells)
        for sheet in (scores, failing, areas):
            if sheet is not None:
                sheet.finish()
    return count


def write_table(
    file: IO[bytes], title: str, columns: Row, widths: tuple[int, ...], rows: Iterable[Row]
) -> None:
    """A workbook with one sheet; rows are written out as they come."""
    with _workbook(file, None) as book:
        sheet = _Sheet(book, title, columns, widths)
        for row in rows:
            sheet.add(row)
        sheet.finish()


def _score_row(page: ReportPage) -> Row:
    grade, subject = page.effective_grade, page.subject
    return (
        subject.repository,
        subject.root,
        grade.letter or "no grade",
        tenths_number(grade.score),
        tenths_number(grade.foundations),
        tenths_number(grade.production),
        grade.known,
        grade.applicable,
        sum(row.verdict == "fail" for row in page.items),
        tenths_number(page.plan.effort),
        page.plan.leads_to.letter or "no grade",
        subject.judged_at,
        subject.commit[:12],
        f"{page.standard.title} {page.standard.version}",
    )


def _workbook(file: IO[bytes], made: datetime | None) -> "Workbook":
    from xlsxwriter.workbook import Workbook

    # Strings stay strings whatever they look like, and rows leave memory as they are written.
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "remove_timezone": True,
    }
    book = Workbook(file, options)
    properties: dict[str, Any] = {"title": "Plumbline report", "author": "Plumbline"}
    book.set_properties(properties | ({"created": made.replace(tzinfo=None)} if made else {}))
    return book


class _Sheet:
    """A sheet with a head that stays in view and a filter over its columns."""

    def __init__(self, book: "Workbook", title: str, columns: Row, widths: tuple[int, ...]) -> None:
        self._sheet: Worksheet = book.add_worksheet(title[:31])
        self._columns = len(columns)
        self._next = 1
        head = book.add_format({"bold": True, "bottom": 1, "valign": "top"})
        self._text = book.add_format({"text_wrap": True, "valign": "top"})
        self._plain = book.add_format({"valign": "top"})
        self._day = book.add_format({"valign": "top", "num_format": "yyyy-mm-dd"})
        self._moment = book.add_format({"valign": "top", "num_format": "yyyy-mm-dd hh:mm"})
        for place, width in enumerate(widths):
            self._sheet.set_column(place, place, width)
        self._sheet.freeze_panes(1, 0)
        for place, name in enumerate(columns):
            self._sheet.write_string(0, place, str(name), head)

    def add(self, row: Row) -> None:
        for place, cell in enumerate(row):
            self._write(self._next, place, cell)
        self._next += 1

    def finish(self) -> None:
        self._sheet.autofilter(0, 0, max(1, self._next - 1), self._columns - 1)

    def _write(self, row: int, place: int, cell: Cell) -> None:
        if cell is None or cell == "":
            return
        if isinstance(cell, datetime):
            self._sheet.write_datetime(row, place, cell.replace(tzinfo=None), self._moment)
        elif isinstance(cell, date):
            self._sheet.write_datetime(row, place, datetime(cell.year, cell.month, cell.day), self._day)
        elif isinstance(cell, str):
            self._sheet.write_string(row, place, safe_cell(cell), self._text)
        else:
            self._sheet.write_number(row, place, cell, self._plain)
