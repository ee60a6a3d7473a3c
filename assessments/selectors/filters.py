"""Reading filters out of a query string: what is unknown is left out, never an error."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

PAGE_SIZE = 50
CHUNK = 500
"""Rows that are held at once while a whole list is written."""


def text(query: Mapping[str, str], name: str, limit: int = 200) -> str:
    """The value of ``name`` without control characters and outer space, cut to ``limit``."""
    raw = "".join(c for c in query.get(name, "") if c.isprintable())
    return raw.strip()[:limit]


def sort_order(query: Mapping[str, str], allowed: Mapping[str, str], default: str) -> tuple[str, str]:
    """(key with its sign, field to order by) of a known sort key, else of ``default``."""
    wanted = query.get("sort", "") or default
    key = wanted.removeprefix("-")
    if key not in allowed:
        wanted, key = default, default.removeprefix("-")
    return wanted, allowed[key]


def paginate(rows: QuerySet[Any] | list[Any], query: Mapping[str, str], size: int = PAGE_SIZE) -> Page[Any]:
    """The page that the query string asks for; the nearest one where there is no such page."""
    page = Paginator(rows, size).get_page(query.get("page", "1"))
    if isinstance(rows, QuerySet):
        start = (page.number - 1) * size
        page.object_list = stretch(rows, start, start + size)
    return page


def stretch(rows: QuerySet[Any], start: int, stop: int) -> QuerySet[Any]:
    """Those rows from ``start`` to before ``stop``, in their order.

    Where other tables are joined to be shown, the rows are found by their keys first, in the same query: sorting a
    whole fleet with all its columns, for fifty rows of it, takes a database twice as long.
    """
    if not rows.query.select_related:
        return rows[start:stop]
    return rows.filter(pk__in=rows.values("pk")[start:stop])


def in_chunks(rows: QuerySet[Any], size: int = CHUNK) -> Iterator[list[Any]]:
    """All rows, some at a time, from one query that the database answers piece by piece."""
    found = rows.iterator(chunk_size=size)
    while chunk := list(islice(found, size)):
        yield chunk
