"""A table described once: its columns draw the HTML of a page and write its CSV. Pure.

A column reads one value from a row of the page model. ``kind`` says how a page shows it; the CSV holds the value
itself, numbers as numbers and times in full. Which columns are shown is part of the address (``columns=name,grade``).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, Literal

Kind = Literal[
    "text", "muted", "mono", "number", "count", "score", "delta", "grade", "trend", "stars", "mean", "when", "until", "day",
    "duration", "size", "list",
]  # fmt: skip
Width = Literal["", "secondary", "optional"]

_NUMBERS = frozenset({"number", "count", "score", "delta", "duration", "size", "mean"})
_WHOLE_LINES = frozenset({"when", "until", "day"})


@dataclass(frozen=True, slots=True)
class Column:
    """``value`` reads the cell from a row, ``url`` where it links to. ``width`` leaves the column out on phones
    (secondary) or below a laptop's width (optional), unless somebody chose it. A ``fixed`` one is always shown, one
    that is not ``usual`` when asked for. ``template`` draws the cell of ``row`` where the kinds are not enough;
    what is only there to be clicked is not in the CSV (``written`` is False).
    """

    key: str
    title: str
    value: Callable[[Any], Any]
    kind: Kind = "text"
    url: Callable[[Any], str] | None = None
    sort: str = ""
    width: Width = ""
    usual: bool = True
    fixed: bool = False
    template: str = ""
    written: bool = True
    untitled: bool = False

    @property
    def classes(self) -> str:
        return " ".join(
            word
            for word in (
                "number" if self.kind in _NUMBERS else "",
                "nowrap" if self.kind in _WHOLE_LINES else "",
                "muted" if self.kind in ("muted", "list") else "",
                "mono" if self.kind == "mono" else "",
                self.width,
            )
            if word
        )


@dataclass(frozen=True, slots=True)
class Table:
    """``id`` names it in addresses and files, ``title`` on pages; ``noun`` is what its rows are, in the plural."""

    id: str
    title: str
    columns: tuple[Column, ...]
    noun: str = "rows"

    @property
    def choosable(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if not column.fixed)


@dataclass(frozen=True, slots=True)
class Shown:
    """A table with the columns to show. ``chosen`` where somebody chose others than the usual ones: then they show at
    every width."""

    table: Table
    columns: tuple[Column, ...]
    chosen: bool = False

    @property
    def title(self) -> str:
        return self.table.title

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(column.key for column in self.columns)

    @property
    def wanted(self) -> str:
        """The columns as the address names them, empty for the usual ones."""
        return ",".join(one.key for one in self.columns if one.written) if self.chosen else ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A table with all its rows, which are made while they are read; ``subject`` is the slug of what it is about."""

    table: Shown
    rows: Iterable[Any]
    subject: str = ""


def column(key: str, title: str, kind: Kind = "text", *, of: str = "", **more: Any) -> Column:
    """A column that reads the attribute ``of`` of a row, by default the one called like its key."""
    return Column(key, title, attrgetter(of or key), kind, **more)


def linked(key: str, title: str, url: str = "url", *, of: str = "", **more: Any) -> Column:
    """A column whose text links to the address in the row's attribute ``url``."""
    return Column(key, title, attrgetter(of or key), url=attrgetter(url), **more)


def shown(table: Table, wanted: str = "") -> Shown:
    """The table with the columns named in ``wanted`` (keys between commas); unknown ones are left out, and with none
    left the usual ones are shown."""
    keys = chosen_keys(table, wanted)
    if not keys:
        return Shown(table, tuple(one for one in table.columns if one.fixed or one.usual))
    columns = tuple(
        replace(one, width="") for one in table.columns if one.key in keys or (one.fixed and one.written)
    )
    acting = tuple(one for one in table.columns if one.fixed and not one.written)
    return Shown(table, columns + acting, chosen=True)


def chosen_keys(table: Table, wanted: str) -> tuple[str, ...]:
    """The known keys of ``wanted`` in the table's order, the fixed ones with them; () where they are the usual ones or
    none is known: one choice has one address."""
    asked = set(wanted[:2000].split(","))
    known = [one.key for one in table.columns if one.written and (one.fixed or one.key in asked)]
    usual = [one.key for one in table.columns if one.written and (one.fixed or one.usual)]
    return tuple(known) if asked & set(known) and known != usual else ()


def everything(table: Table) -> Shown:
    """The table with all its columns, for a CSV of a table whose columns nobody can choose."""
    return Shown(table, table.columns)


def unknown_keys(table: Table, wanted: str) -> tuple[str, ...]:
    """What ``wanted`` names and the table does not have."""
    known = {one.key for one in table.columns}
    return tuple(key for key in wanted[:2000].split(",") if key and key not in known)


def head_of(table: Shown) -> tuple[str, ...]:
    """The titles over a CSV's columns."""
    return tuple(one.title for one in table.columns if one.written)


def cells_of(table: Shown, rows: Iterable[Any]) -> Iterable[tuple[Any, ...]]:
    """The values of each row in the order of ``head_of``."""
    readers = [one.value for one in table.columns if one.written]
    return (tuple(read(row) for read in readers) for row in rows)
