"""Lists in pages of bounded size, with the address of the next one; what is not known of a query is said, not left out."""

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Generic, TypeVar

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Schema
from pydantic import AfterValidator, BaseModel, Field

from assessments.api.errors import invalid
from assessments.selectors.filters import stretch

DEFAULT_SIZE, LARGEST_SIZE = 50, 100
LAST_PAGE = 100_000
LARGEST_ID = 2**63 - 1

Row = TypeVar("Row")


def _plain(value: str) -> str:
    if not value.isprintable():
        raise ValueError("it holds control characters")
    return value


Plain = Annotated[str, AfterValidator(_plain)]
"""Text on one line, as every database takes it."""
Size = Annotated[int, Field(ge=1, le=LARGEST_SIZE, description="Rows of a page.")]


class Paged(Schema):
    """Which page of a list, and how long it is."""

    page: Annotated[int, Field(ge=1, le=LAST_PAGE, description="The first page is 1.")] = 1
    per_page: Size = DEFAULT_SIZE


class Running(Schema):
    """A place in a list that grows at its front, so that no row is met twice."""

    cursor: Annotated[
        int | None, Field(ge=1, le=LARGEST_ID, description="Taken from the next page's address.")
    ] = None
    per_page: Size = DEFAULT_SIZE


class Page(BaseModel, Generic[Row]):
    """A page of ``count`` rows in all; ``next`` is the address of the one after it, null for the last."""

    results: list[Row]
    count: int
    next: str | None = None


class Stretch(BaseModel, Generic[Row]):
    """Some rows, the latest first; ``next`` is the address of those before them, null at the end."""

    results: list[Row]
    next: str | None = None


def only_known(request: HttpRequest, *filters: Schema) -> None:
    """Raises Refused where the query names what the list does not know: a filter with a slip would show everything."""
    known = {name for one in filters for name in type(one).model_fields}
    for name in request.GET:
        if name not in known:
            raise invalid(f"There is no parameter {name[:40]!r} here; there are {', '.join(sorted(known))}.")


def one_of(name: str, value: str, known: Iterable[str]) -> str:
    """``value``, where it is known. Raises Refused."""
    values = list(known)
    if value not in values:
        raise invalid(f"{name}: there is no {value[:40]!r}; there are {', '.join(values)}.")
    return value


def page_of(
    kind: type[Page[Row]],
    request: HttpRequest,
    rows: QuerySet[Any] | list[Any],
    paging: Paged,
    shape: Callable[[list[Any]], list[Row]],
) -> Page[Row]:
    """The asked page of ``rows`` as ``shape`` makes them, all together; empty past the last page.

    ``kind`` is the answer's own type, or every row would be looked at once more on its way out.
    """
    start = (paging.page - 1) * paging.per_page
    count = rows.count() if isinstance(rows, QuerySet) else len(rows)
    stop = start + paging.per_page
    found = list(_cut(rows, start, stop)) if start < count else []
    more = stop < count
    address = _address(request, page=paging.page + 1) if more else None
    return kind(results=shape(found), count=count, next=address)


def _cut(rows: QuerySet[Any] | list[Any], start: int, stop: int) -> Iterable[Any]:
    return stretch(rows, start, stop) if isinstance(rows, QuerySet) else rows[start:stop]


def stretch_of(
    kind: type[Stretch[Row]],
    request: HttpRequest,
    rows: QuerySet[Any],
    running: Running,
    shape: Callable[[list[Any]], list[Row]],
) -> Stretch[Row]:
    """The rows before the cursor, by falling id: no count, so that the length of the list costs nothing."""
    if running.cursor is not None:
        rows = rows.filter(pk__lt=running.cursor)
    found = list(rows.order_by("-pk")[: running.per_page + 1])
    shown = found[: running.per_page]
    more = len(found) > len(shown)
    return kind(results=shape(shown), next=_address(request, cursor=shown[-1].pk) if more else None)


def _address(request: HttpRequest, **changes: int) -> str:
    query = request.GET.copy()
    for name, value in changes.items():
        query[name] = str(value)
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
