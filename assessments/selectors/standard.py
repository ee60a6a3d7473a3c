"""Page models of the standard: its areas and items, and one item with who fails it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from functools import lru_cache
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.core.paginator import Page
from django.db.models import Count, QuerySet
from django.urls import reverse

from assessments.charts import Chart
from assessments.choices import Outcome
from assessments.frameworks import Control, Framework
from assessments.guidance import Guidance
from assessments.listings import FAILING, STANDARD, chart_listing
from assessments.models import ChecklistItem, Repository
from assessments.policy import may_edit_rules, may_scan_some, visible_repositories
from assessments.ranking import rank
from assessments.selectors.adoption import adoption_chart, counts_of_items
from assessments.selectors.filters import in_chunks, paginate, text
from assessments.selectors.frameworks import controls_of_item
from assessments.selectors.reports import guidance_of
from assessments.selectors.rescans import RescanProgress, rescans_of_item
from assessments.services.rulesets import DEFAULT, built, current_version
from assessments.standard import TIERS, Area, Initiative, Item
from assessments.tables import Listing, Shown, shown
from scanners.rules import RULESETS, SHIPPED


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item with the title of its area, in how many repositories it fails, and in how many it is known."""

    item: Item
    area: str
    failing: int
    measured: int
    url: str


@dataclass(frozen=True, slots=True)
class AreaGroup:
    area: Area
    items: tuple[ItemRow, ...]


@dataclass(frozen=True, slots=True)
class StandardFilters:
    """``failing`` leaves only items that fail somewhere; unknown areas and tiers are left out."""

    q: str = ""
    area: str = ""
    tier: str = ""
    failing: bool = False

    @property
    def active(self) -> bool:
        return bool(self.q or self.area or self.tier or self.failing)


@dataclass(frozen=True, slots=True)
class StandardPage:
    """``shown_count`` of the ``item_count`` items are what the filters ask for; ``choices`` are (id, title) of areas."""

    title: str
    version: str
    item_count: int
    area_count: int
    areas: tuple[AreaGroup, ...]
    table: Shown
    filters: StandardFilters
    choices: tuple[tuple[str, str], ...]
    tiers: tuple[str, ...]
    can_preview: bool

    @property
    def shown_count(self) -> int:
        return sum(len(group.items) for group in self.areas)


@dataclass(frozen=True, slots=True)
class FailingRow:
    """A repository that fails an item; ``change`` in points over 30 days."""

    name: str
    url: str
    team: str
    team_url: str
    letter: str
    score: Fraction | None
    change: Fraction | None
    stack: tuple[str, ...]
    judged_at: datetime | None


@dataclass(frozen=True, slots=True)
class MeasuredAccuracy:
    """How often the shipped rule agreed with reviewers' labels; shares from 0 to 1, None where nothing was counted."""

    labels: int
    agreed: int
    precision: float | None
    recall: float | None
    measured_on: date


@dataclass(frozen=True, slots=True)
class ItemPage:
    item: Item
    area: Area
    initiative: Initiative | None
    guidance: Guidance | None
    failing: Page[Any]
    table: Shown
    failing_count: int
    passing_count: int
    unknown_count: int
    accuracy: MeasuredAccuracy | None
    adoption_chart: Chart | None
    controls: tuple[tuple[Framework, Control, str], ...]
    can_scan: bool = False
    rescans: tuple[RescanProgress, ...] = ()


def get_standard_page(user: AbstractUser, query: Mapping[str, str]) -> StandardPage:
    """The current standard, as far as the query string asks for it, with the figures of what the person may see."""
    version = current_version()
    _, standard = built(version)
    passing, failing = counts_of_items(user)
    filters = _asked_for(query, standard.areas)
    groups = []
    for area in standard.areas:
        rows = []
        for item in standard.items:
            if item.area == area.id:
                fails = failing.get(item.id, 0)
                measured = fails + passing.get(item.id, 0)
                url = reverse("standard-item", args=[item.id])
                rows.append(ItemRow(item, area.title, fails, measured, url))
        kept = tuple(row for row in rows if _matches(row, filters))
        if kept or not filters.active:
            groups.append(AreaGroup(area, kept))
    return StandardPage(
        title=standard.title,
        version=version.version,
        item_count=len(standard.items),
        area_count=len(standard.areas),
        areas=tuple(groups),
        table=shown(STANDARD, query.get("columns", "")),
        filters=filters,
        choices=tuple((area.id, area.title) for area in standard.areas),
        tiers=TIERS,
        can_preview=may_edit_rules(user),
    )


def get_standard_listing(user: AbstractUser, query: Mapping[str, str]) -> Listing:
    """All items that the page shows, in its order."""
    page = get_standard_page(user, query)
    return Listing(page.table, [row for group in page.areas for row in group.items])


def _asked_for(query: Mapping[str, str], areas: Iterable[Area]) -> StandardFilters:
    area, tier = query.get("area", ""), query.get("tier", "")
    return StandardFilters(
        q=text(query, "q"),
        area=area if area in {one.id for one in areas} else "",
        tier=tier if tier in TIERS else "",
        failing=query.get("failing", "") == "1",
    )


def _matches(row: ItemRow, filters: StandardFilters) -> bool:
    item = row.item
    return (
        filters.area in ("", item.area)
        and filters.tier in ("", item.tier)
        and (not filters.failing or row.failing > 0)
        and (
            not filters.q
            or rank(filters.q, f"{item.title} {item.id} {item.category} {item.passes} {row.area}") is not None
        )
    )


def get_item_page(user: AbstractUser, item_id: str, query: Mapping[str, str]) -> ItemPage | None:
    """One item of the current standard, None where there is no such item."""
    _, standard = built(current_version())
    item = standard.by_item.get(item_id)
    if item is None:
        return None
    counts = counts_of(user, item_id)
    page = paginate(_failing(user, item_id), query)
    page.object_list = [_failing_row(one) for one in page.object_list]
    return ItemPage(
        item=item,
        area=next(area for area in standard.areas if area.id == item.area),
        initiative=next((i for i in standard.initiatives if item_id in i.items), None),
        guidance=guidance_of(DEFAULT).get(item_id),
        failing=page,
        table=shown(FAILING, query.get("columns", "")),
        failing_count=counts.get(Outcome.FAIL, 0),
        passing_count=counts.get(Outcome.PASS, 0),
        unknown_count=counts.get(Outcome.UNKNOWN, 0),
        accuracy=measured_accuracy(DEFAULT).get(item_id),
        adoption_chart=adoption_chart(item_id),
        controls=controls_of_item(item_id),
        can_scan=may_scan_some(user),
        rescans=rescans_of_item(user, item_id),
    )


def get_item_listing(user: AbstractUser, item_id: str, query: Mapping[str, str]) -> Listing | None:
    """All repositories that fail an item of the current standard, or with ``table`` how it was adopted; None where
    there is no such item."""
    if item_id not in built(current_version())[1].by_item:
        return None
    if query.get("table") == "adoption":
        return chart_listing(adoption_chart(item_id), "adoption", "Adoption in the whole fleet", item_id)

    def rows() -> Iterator[FailingRow]:
        for chunk in in_chunks(_failing(user, item_id)):
            yield from map(_failing_row, chunk)

    return Listing(shown(FAILING, query.get("columns", "")), rows(), item_id)


def _failing(user: AbstractUser, item: str) -> QuerySet[Repository]:
    rows = standing_at(user, item, Outcome.FAIL)
    return rows.select_related("team").defer("sparkline", "last_error").order_by("name", "pk")


def _failing_row(one: Repository) -> FailingRow:
    return FailingRow(
        name=one.name,
        url=reverse("repository-detail", args=[one.slug]),
        team=one.team.name,
        team_url=reverse("team-detail", args=[one.team.slug]),
        letter=one.letter,
        score=None if one.score is None else Fraction(one.score),
        change=None if one.change is None else Fraction(one.change),
        stack=tuple(one.stack),
        judged_at=one.judged_at,
    )


def counts_of(user: AbstractUser, item: str) -> dict[str, int]:
    """In how many of the repositories that the person may see the item has each verdict."""
    rows = checklist_of(user, item).order_by().values_list("outcome")
    return dict(rows.annotate(Count("pk")))


def standing_at(user: AbstractUser, item: str, outcome: str) -> QuerySet[Repository]:
    """The repositories that the person may see and whose verdict on the item is ``outcome``.

    Found by an index alone: the verdicts themselves, with their evidence, are a hundred times as large as what it holds.
    """
    chosen = ChecklistItem.objects.filter(ruleset=DEFAULT, item=item, outcome=outcome)
    return visible_repositories(user).filter(pk__in=chosen.values("repository"))


def checklist_of(user: AbstractUser, item: str) -> QuerySet[ChecklistItem]:
    """How the repositories that the person may see stand on an item of the standard."""
    return ChecklistItem.objects.filter(repository__in=visible_repositories(user), ruleset=DEFAULT, item=item)


@lru_cache(maxsize=4)
def measured_accuracy(ruleset: str) -> dict[str, MeasuredAccuracy]:
    """The figures that ship with a ruleset, by item; {} where none were measured."""
    place = RULESETS / SHIPPED.get(ruleset, "-") / "accuracy.json"
    if not place.is_file():
        return {}
    document = json.loads(place.read_text())
    day = date.fromisoformat(document["measured_on"])
    return {
        item: MeasuredAccuracy(
            labels=one["labels"],
            agreed=round(one["labels"] * one["agreement"]),
            precision=one["precision"],
            recall=one["recall"],
            measured_on=day,
        )
        for item, one in document["items"].items()
    }
