"""What the address of a list may ask for, and the one form in which that is kept and compared. Pure.

A canonical query names known filters in the order of the list's description, then the sort key, then the columns;
what is empty, unknown or as usual is left out. Two addresses that ask for the same have the same canonical query.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from assessments.listings import ACTIVITY, EXPORTS, STANDARD, TEAMS, repositories_table
from assessments.tables import Table, chosen_keys, unknown_keys

MAX_QUERY = 2000
"""Characters of a canonical query that can be kept."""
_MAX_VALUE = 200


@dataclass(frozen=True, slots=True)
class FilteredList:
    """A page whose rows are filtered by its address. ``filters`` are (key, what people call it); ``sorts`` its sort
    keys, the first of which is the usual one."""

    id: str
    title: str
    route: str
    filters: tuple[tuple[str, str], ...]
    table: Table
    sorts: tuple[str, ...] = ()

    def called(self, key: str) -> str:
        return dict(self.filters).get(key, key)


LISTS: Mapping[str, FilteredList] = {
    one.id: one
    for one in (
        FilteredList(
            "repositories",
            "Repositories",
            "repository-list",
            (("q", "name or address"), ("team", "team"), ("grade", "grade"), ("area", "area")),
            repositories_table(),
            ("name", "grade", "score", "team", "judged", "change", "stars"),
        ),
        FilteredList(
            "teams", "Teams", "team-list", (("q", "name"),), TEAMS, ("name", "score", "repositories")
        ),
        FilteredList(
            "standard",
            "Items of the standard",
            "standard",
            (("q", "words"), ("area", "area"), ("tier", "tier"), ("failing", "failing")),
            STANDARD,
        ),
        FilteredList("activity", "Activity", "activity", (("state", "state"),), ACTIVITY),
        FilteredList(
            "exports",
            "Exports",
            "export-list",
            (("state", "state"), ("scope", "kind"), ("format_of", "format")),
            EXPORTS,
        ),
    )
}


def canonical(one: FilteredList, query: Mapping[str, str]) -> str:
    """The query in its one form, without a question mark; at most ``MAX_QUERY`` characters."""
    parts = [(key, _clean(query.get(key, ""))) for key, _ in one.filters]
    sort = query.get("sort", "")
    if sort.removeprefix("-") in one.sorts and sort != one.sorts[0]:
        parts.append(("sort", sort))
    parts.append(("columns", ",".join(chosen_keys(one.table, query.get("columns", "")))))
    kept = [(key, value) for key, value in parts if value]
    while len(text := urlencode(kept, safe=",")) > MAX_QUERY:
        kept.pop()
    return text


def parts_of(query: str) -> dict[str, str]:
    """A kept query as its keys and values."""
    return dict(parse_qsl(query[:MAX_QUERY], max_num_fields=50))


def unknown_parts(one: FilteredList, kept: Mapping[str, str]) -> list[str]:
    """What a kept query asks for that the list has no more, in words."""
    known = dict(one.filters)
    found = [f"the filter “{key}”" for key in kept if key not in (*known, "sort", "columns")]
    if kept.get("sort") and kept["sort"].removeprefix("-") not in one.sorts:
        found.append(f"sorting by “{kept['sort'].removeprefix('-')}”")
    found += [f"the column “{key}”" for key in unknown_keys(one.table, kept.get("columns", ""))]
    return found


def _clean(value: str) -> str:
    return "".join(c for c in value if c.isprintable()).strip()[:_MAX_VALUE]
