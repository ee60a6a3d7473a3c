"""A list of a page as CSV, line by line: the values of its columns, safe for spreadsheets (see ``cells``)."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from assessments.reports.csv import BYTE_ORDER_MARK, csv_line
from assessments.reports.tables import Cell
from assessments.tables import Shown, cells_of, head_of


def listing_lines(table: Shown, rows: Iterable[Any]) -> Iterator[str]:
    """The head and one line per row; rows are taken one by one, so that a long list is never held whole."""
    yield BYTE_ORDER_MARK + csv_line(head_of(table))
    for cells in cells_of(table, rows):
        yield csv_line(tuple(_cell(cell) for cell in cells))


def _cell(value: Any) -> Cell:
    """The value as CSV has it: scores and points cut to one decimal towards zero, as pages show them."""
    if value is None or value is False:
        return ""
    if value is True:
        return "yes"
    if isinstance(value, Fraction | Decimal):
        return int(value * 10) / 10
    if isinstance(value, tuple | list):
        return "; ".join("" if one is None else str(one) for one in value)
    if isinstance(value, int | float | str | date | datetime):
        return value
    return str(value)
