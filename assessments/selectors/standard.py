"""Page models of the standard: its areas and items, and one item with who fails it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
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
from assessments.models import ChecklistItem
from assessments.policy import may_scan_some, visible_repositories
from assessments.selectors.adoption import adoption_chart, counts_of_items
from assessments.selectors.filters import paginate
from assessments.selectors.frameworks import controls_of_item
from assessments.selectors.reports import guidance_of
from assessments.selectors.rescans import RescanProgress, rescans_of_item
from assessments.services.rulesets import DEFAULT, built, current_version
from assessments.standard import Area, Initiative, Item
from scanners.rules import RULESETS, SHIPPED


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item, in how many repositories it fails, and in how many it is known."""

    item: Item
    failing: int
    measured: int
    url: str


@dataclass(frozen=True, slots=True)
class AreaGroup:
    area: Area
    items: tuple[ItemRow, ...]


@dataclass(frozen=True, slots=True)
class StandardPage:
    title: str
    version: str
    item_count: int
    areas: tuple[AreaGroup, ...]


@dataclass(frozen=True, slots=True)
class FailingRow:
    name: str
    url: str
    team: str


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
    failing_count: int
    passing_count: int
    unknown_count: int
    accuracy: MeasuredAccuracy | None
    adoption_chart: Chart | None
    controls: tuple[tuple[Framework, Control, str], ...]
    can_scan: bool = False
    rescans: tuple[RescanProgress, ...] = ()


def get_standard_page(user: AbstractUser) -> StandardPage:
    """The current standard with the figures of what the person may see."""
    version = current_version()
    _, standard = built(version)
    passing, failing = counts_of_items(user)
    groups = []
    for area in standard.areas:
        rows = []
        for item in standard.items:
            if item.area == area.id:
                fails = failing.get(item.id, 0)
                measured = fails + passing.get(item.id, 0)
                rows.append(ItemRow(item, fails, measured, reverse("standard-item", args=[item.id])))
        groups.append(AreaGroup(area, tuple(rows)))
    return StandardPage(standard.title, version.version, len(standard.items), tuple(groups))


def get_item_page(user: AbstractUser, item_id: str, query: Mapping[str, str]) -> ItemPage | None:
    """One item of the current standard, None where there is no such item."""
    _, standard = built(current_version())
    item = standard.by_item.get(item_id)
    if item is None:
        return None
    rows = checklist_of(user, item_id)
    counts = dict(rows.order_by().values_list("outcome").annotate(Count("pk")))
    failing = (
        rows.filter(outcome=Outcome.FAIL)
        .select_related("repository__team")
        .order_by("repository__name", "pk")
    )
    page = paginate(failing, query)
    page.object_list = [
        FailingRow(
            r.repository.name, reverse("repository-detail", args=[r.repository.slug]), r.repository.team.name
        )
        for r in page.object_list
    ]
    return ItemPage(
        item=item,
        area=next(area for area in standard.areas if area.id == item.area),
        initiative=next((i for i in standard.initiatives if item_id in i.items), None),
        guidance=guidance_of(DEFAULT).get(item_id),
        failing=page,
        failing_count=counts.get(Outcome.FAIL, 0),
        passing_count=counts.get(Outcome.PASS, 0),
        unknown_count=counts.get(Outcome.UNKNOWN, 0),
        accuracy=measured_accuracy(DEFAULT).get(item_id),
        adoption_chart=adoption_chart(item_id),
        controls=controls_of_item(item_id),
        can_scan=may_scan_some(user),
        rescans=rescans_of_item(user, item_id),
    )


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
