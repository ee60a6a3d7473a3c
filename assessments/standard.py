"""The standard an assessment is graded by, as frozen values read from one ruleset document.

Scale, split, ratings, areas, items and the initiatives of the plan all come from the document, so an edited
ruleset changes grades without a change of code. How items are measured is no matter of this module.
"""

from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Any, Literal, cast

from scanners.errors import RulesetError
from scanners.values import dataclass

Tier = Literal["foundation", "production"]
TIERS: tuple[Tier, ...] = ("foundation", "production")


@dataclass(frozen=True, slots=True)
class Area:
    id: str
    title: str
    standard: str


@dataclass(frozen=True, slots=True)
class Item:
    """One expectation. ``passes`` says what a reviewer must be able to point at; ``issue`` is how the gap
    reads where the item refines something that usually exists already, else empty.
    """

    id: str
    title: str
    area: str
    category: str
    tier: Tier
    weight: Fraction
    passes: str
    issue: str = ""


@dataclass(frozen=True, slots=True)
class GradeBand:
    """A letter that holds from ``lower`` (0 to 100, inclusive, unrounded) up to the next band."""

    letter: str
    lower: Fraction
    label: str


@dataclass(frozen=True, slots=True)
class Priority:
    id: str
    title: str
    advice: str


@dataclass(frozen=True, slots=True)
class Phase:
    id: int
    title: str
    weeks: int


@dataclass(frozen=True, slots=True)
class Initiative:
    """A unit of the matrix and the plan. ``effort`` is in person-days for all of its items."""

    id: str
    title: str
    action: str
    reason: str
    priority: str
    phase: int
    order: int
    effort: Fraction
    items: tuple[str, ...]
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resource:
    title: str
    url: str


@dataclass(frozen=True)
class Standard:
    """One version of a ruleset's standard. ``scale`` runs from the best band down; ``initiatives`` keep the
    order of the document, which ranks the matrix."""

    id: str
    version: str
    title: str
    split: Mapping[Tier, Fraction]
    minimum_known: Fraction
    scale: tuple[GradeBand, ...]
    no_grade: str
    ratings: tuple[str, ...]
    not_measured: str
    categories: tuple[str, ...]
    areas: tuple[Area, ...]
    items: tuple[Item, ...]
    priorities: tuple[Priority, ...]
    phases: tuple[Phase, ...]
    initiatives: tuple[Initiative, ...]
    resources: tuple[Resource, ...] = ()

    @cached_property
    def by_item(self) -> Mapping[str, Item]:
        return {item.id: item for item in self.items}

    @cached_property
    def initiative_of(self) -> Mapping[str, Initiative]:
        """The initiative that mends an item, by item id; the first of the document where several name it."""
        return {item: one for one in reversed(self.initiatives) for item in one.items}

    def items_of(self, area: str) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.area == area)


def load_standard(document: Mapping[str, Any]) -> Standard:
    """The standard that a merged ruleset document describes; keys it does not know are left to others.

    Raises RulesetError with every inconsistency found, or the first missing or misshapen key.
    """
    try:
        standard = _read(document)
    except (KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError) as error:
        what = f"lacks {error}" if isinstance(error, KeyError) else f"cannot be read: {error}"
        raise RulesetError("ruleset.standard", f"The ruleset's standard {what}.") from error
    problems = tuple(_problems(standard))
    if problems:
        raise RulesetError(
            "ruleset.standard", "The ruleset's standard contradicts itself.", problems=problems
        )
    return standard


def _read(document: Mapping[str, Any]) -> Standard:
    scale = [GradeBand(b["letter"], _exact(b["from"]), b["label"]) for b in document["scale"]]
    return Standard(
        id=document["id"],
        version=str(document["version"]),
        title=document["title"],
        split={tier: _exact(document["split"][tier]) for tier in TIERS},
        minimum_known=_exact(document.get("minimum_known", "0.5")),
        scale=tuple(sorted(scale, key=lambda band: band.lower, reverse=True)),
        no_grade=document["no_grade"],
        ratings=tuple(document["ratings"]),
        not_measured=document["not_measured"],
        categories=tuple(document["categories"]),
        areas=tuple(Area(a["id"], a["title"], a["standard"]) for a in document["areas"]),
        items=tuple(_item(entry) for entry in document["items"]),
        priorities=tuple(Priority(p["id"], p["title"], p["advice"]) for p in document["priorities"]),
        phases=tuple(
            sorted((Phase(p["id"], p["title"], p["weeks"]) for p in document["phases"]), key=lambda p: p.id)
        ),
        initiatives=tuple(_initiative(entry) for entry in document["initiatives"]),
        resources=tuple(Resource(r["title"], r["url"]) for r in document.get("resources", ())),
    )


def _item(entry: Mapping[str, Any]) -> Item:
    return Item(
        id=entry["id"],
        title=entry["title"],
        area=entry["area"],
        category=entry["category"],
        tier=cast(Tier, entry["tier"]),
        weight=_exact(entry.get("weight", 1)),
        passes=entry["passes"],
        issue=entry.get("issue", ""),
    )


def _initiative(entry: Mapping[str, Any]) -> Initiative:
    return Initiative(
        id=entry["id"],
        title=entry["title"],
        action=entry.get("action") or entry["title"],
        reason=entry["reason"],
        priority=entry["priority"],
        phase=entry["phase"],
        order=entry["order"],
        effort=_exact(entry["effort"]),
        items=tuple(entry["items"]),
        after=tuple(entry.get("after", ())),
    )


def _exact(number: object) -> Fraction:
    """The number as it is written, so that 0.1 is a tenth and no binary neighbour of it."""
    return Fraction(str(number))


def _problems(standard: Standard) -> list[str]:
    areas, items = {a.id for a in standard.areas}, set(standard.by_item)
    priorities, phases = {p.id for p in standard.priorities}, {p.id for p in standard.phases}
    initiatives = {i.id for i in standard.initiatives}
    found = []
    for kind, ids in (
        ("area", [a.id for a in standard.areas]),
        ("item", [i.id for i in standard.items]),
        ("initiative", [i.id for i in standard.initiatives]),
        ("phase", [str(p.id) for p in standard.phases]),
        ("grade", [b.letter for b in standard.scale]),
    ):
        found += [f"{kind} {id} appears twice" for id in sorted({id for id in ids if ids.count(id) > 1})]
    for item in standard.items:
        if item.area not in areas:
            found.append(f"item {item.id}: no area {item.area}")
        if item.category not in standard.categories:
            found.append(f"item {item.id}: no category {item.category}")
        if item.tier not in TIERS:
            found.append(f"item {item.id}: no tier {item.tier}")
        if item.weight < 0:
            found.append(f"item {item.id}: its weight is negative")
    for one in standard.initiatives:
        if one.priority not in priorities:
            found.append(f"initiative {one.id}: no priority {one.priority}")
        if one.phase not in phases:
            found.append(f"initiative {one.id}: no phase {one.phase}")
        if one.effort < 0 or not one.items:
            found.append(f"initiative {one.id}: needs items and an effort of at least 0")
        found += [f"initiative {one.id}: no item {item}" for item in one.items if item not in items]
        found += [
            f"initiative {one.id}: no initiative {id} to follow" for id in one.after if id not in initiatives
        ]
    if min(standard.split.values()) < 0 or sum(standard.split.values()) != 100:
        found.append("split: the tiers must share exactly 100 points")
    if not standard.scale or standard.scale[-1].lower != 0:
        found.append("scale: the lowest grade must start at 0")
    if len(standard.ratings) != 5:
        found.append("ratings: one to five stars need five words")
    if not standard.priorities:
        found.append("priorities: at least one is needed")
    if any(phase.weeks < 1 for phase in standard.phases):
        found.append("phases: a phase lasts at least a week")
    try:
        TopologicalSorter({one.id: one.after for one in standard.initiatives}).prepare()
    except CycleError as error:
        found.append("initiatives wait for each other: " + ", ".join(error.args[1]))
    return found
