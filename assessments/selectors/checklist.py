"""The checklist of a report as its page shows it: all items by category, filtered by the query string."""

from collections.abc import Mapping
from dataclasses import dataclass

from assessments.report import ItemRow, ReportPage
from assessments.selectors.filters import text

VERDICTS = ("fail", "unknown", "waived", "pass", "not_applicable")


@dataclass(frozen=True, slots=True)
class CheckRow:
    """``priority`` is that of the initiative that mends the item, empty where none does. What is not asked for is
    there all the same, not ``shown``, so that a script can show it without asking again."""

    id: str
    title: str
    verdict: str
    area: str
    priority: str
    shown: bool


@dataclass(frozen=True, slots=True)
class CheckGroup:
    category: str
    rows: tuple[CheckRow, ...]

    @property
    def shown(self) -> bool:
        return any(row.shown for row in self.rows)


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a filter, how it reads, and how many items of all have it."""

    value: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Checklist:
    """All items by category, ``shown`` of them as asked for; an unknown filter is left out."""

    groups: tuple[CheckGroup, ...]
    shown: int
    total: int
    verdict: str
    area: str
    priority: str
    q: str
    verdicts: tuple[Choice, ...]
    areas: tuple[Choice, ...]
    priorities: tuple[Choice, ...]

    @property
    def filtered(self) -> bool:
        return bool(self.verdict or self.area or self.priority or self.q)


def checklist_of(report: ReportPage, query: Mapping[str, str]) -> Checklist:
    """The items of the report that the query string asks for, in the standard's order."""
    standard = report.standard
    priorities_of = {item: one.priority for item, one in standard.initiative_of.items()}
    verdicts = _choices([(name, name) for name in VERDICTS], [row.verdict for row in report.items])
    areas = _choices(
        [(area.id, area.title) for area in standard.areas], [row.item.area for row in report.items]
    )
    priorities = _choices(
        [(one.id, one.title) for one in standard.priorities],
        [priorities_of.get(row.item.id, "") for row in report.items],
    )
    verdict, area = _known(query, "verdict", verdicts), _known(query, "area", areas)
    priority, q = _known(query, "priority", priorities), text(query, "q", 100)

    def check_row(row: ItemRow) -> CheckRow:
        item, urgent = row.item, priorities_of.get(row.item.id, "")
        asked = (
            verdict in ("", row.verdict)
            and area in ("", item.area)
            and priority in ("", urgent)
            and q.lower() in f"{item.title} #item-{item.id}".lower()
        )
        return CheckRow(item.id, item.title, row.verdict, item.area, urgent, asked)

    groups = tuple(
        CheckGroup(name, tuple(check_row(row) for row in report.items if row.item.category == name))
        for name in standard.categories
    )
    return Checklist(
        groups=tuple(group for group in groups if group.rows),
        shown=sum(row.shown for group in groups for row in group.rows),
        total=len(report.items),
        verdict=verdict,
        area=area,
        priority=priority,
        q=q,
        verdicts=verdicts,
        areas=areas,
        priorities=priorities,
    )


def _choices(names: list[tuple[str, str]], values: list[str]) -> tuple[Choice, ...]:
    return tuple(Choice(name, label, values.count(name)) for name, label in names if name in values)


def _known(query: Mapping[str, str], name: str, choices: tuple[Choice, ...]) -> str:
    wanted = query.get(name, "")
    return wanted if any(wanted == one.value for one in choices) else ""
