"""Page models of the frameworks: which control is met, by which items, in which repositories."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.core.paginator import Page
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.http import urlencode

from assessments.frameworks import (
    STATUSES,
    Control,
    Framework,
    Status,
    items_serving,
    shipped_frameworks,
    status_of,
)
from assessments.listings import CONTROLS, FRAMEWORKS, STANDINGS
from assessments.models import Repository, RulesetVersion
from assessments.policy import visible_repositories, visible_teams
from assessments.selectors.filters import paginate, text
from assessments.selectors.reports import guidance_of
from assessments.selectors.team_filter import TeamFilter, of_team, team_filter
from assessments.services.assess import OUTCOMES
from assessments.services.rulesets import DEFAULT, built, current_version
from assessments.standard import Item
from assessments.standings import Standings
from assessments.tables import Listing, Shown, everything, shown

COUNTED: tuple[Status, ...] = ("met", "partly", "not_met", "not_measured", "not_applicable")


@dataclass(frozen=True, slots=True)
class FrameworkRow:
    """``covered`` of ``controls`` are served by at least one item of the standard."""

    title: str
    version: str
    url: str
    controls: int
    covered: int


@dataclass(frozen=True, slots=True)
class FrameworkListPage:
    frameworks: tuple[FrameworkRow, ...]
    table: Shown


@dataclass(frozen=True, slots=True)
class ItemLink:
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class ControlRow:
    """``counts`` is how many repositories stand at each status, by its id; empty where nothing covers it."""

    control: Control
    items: tuple[ItemLink, ...]
    counts: Mapping[str, int]
    url: str

    @property
    def met(self) -> int:
        return self.counts.get("met", 0)

    @property
    def known(self) -> int:
        """The repositories to which the control applies and where something of it could be measured."""
        return sum(self.counts.get(status, 0) for status in ("met", "partly", "not_met"))


@dataclass(frozen=True, slots=True)
class FrameworkPage:
    framework: Framework
    rows: tuple[ControlRow, ...]
    table: Shown
    covered: int
    repositories: int
    team: str
    teams: TeamFilter
    export_urls: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class StandingRow:
    """A repository with its status at one control, and the items that keep it from being met."""

    name: str
    url: str
    team: str
    status: Status
    label: str
    lacking: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ControlPage:
    framework: Framework
    framework_url: str
    control: Control
    items: tuple[ItemLink, ...]
    counts: tuple[tuple[str, str, int], ...]
    status: str
    rows: Page[Any]
    table: Shown


def framework_called(slug: str) -> Framework | None:
    return next((one for one in shipped_frameworks() if one.slug == slug), None)


def get_framework_list() -> FrameworkListPage:
    """Every framework, and how much of it the standard covers."""
    guidance = guidance_of(DEFAULT)
    return FrameworkListPage(
        tuple(
            FrameworkRow(
                title=one.title,
                version=one.version,
                url=reverse("framework", args=[one.slug]),
                controls=len(one.controls),
                covered=sum(bool(items) for items in items_serving(one, guidance).values()),
            )
            for one in shipped_frameworks()
        ),
        shown(FRAMEWORKS),
    )


def get_framework_tables() -> Listing:
    return Listing(everything(FRAMEWORKS), get_framework_list().frameworks)


def get_controls_listing(user: AbstractUser, framework: Framework, query: Mapping[str, str]) -> Listing:
    """The controls of one framework as its page shows them."""
    page = get_framework_page(user, framework, query)
    return Listing(everything(CONTROLS), page.rows, "-".join(filter(None, (framework.slug, page.team))))


def get_control_listing(
    user: AbstractUser, framework: Framework, control: Control, query: Mapping[str, str]
) -> Listing:
    """All repositories that a control's page shows over its pages."""
    items = items_serving(framework, guidance_of(DEFAULT))[control.id]
    wanted = query.get("status", "") if query.get("status", "") in COUNTED else ""
    rows = (_standing_row(*one) for one in _standing_of(user, items) if wanted in ("", one[1]))
    return Listing(shown(STANDINGS), rows, framework.slug)


def get_framework_page(user: AbstractUser, framework: Framework, query: Mapping[str, str]) -> FrameworkPage:
    """One framework over the repositories that the person may see, of one team where the query names it."""
    serving = items_serving(framework, guidance_of(DEFAULT))
    team = text(query, "team", 100)
    keys, standings = _standings_at_once(user, team)
    links = _links()
    rows = tuple(
        ControlRow(
            control=control,
            items=tuple(links[item] for item in serving[control.id] if item in links),
            counts=standings.counts(serving[control.id]) if serving[control.id] else {},
            url=reverse("framework-control", args=[framework.slug, control.id]),
        )
        for control in framework.controls
    )
    address = reverse("framework-export", args=[framework.slug])
    chosen = f"&{urlencode({'team': team})}" if team else ""
    return FrameworkPage(
        framework=framework,
        rows=rows,
        table=everything(CONTROLS),
        covered=sum(bool(row.items) for row in rows),
        repositories=len(keys),
        team=team,
        teams=team_filter(visible_teams(user), team),
        export_urls=tuple(
            (label, f"{address}?format={value}{chosen}")
            for value, label in (("csv", "CSV"), ("xlsx", "Excel workbook"), ("json", "JSON"))
        ),
    )


def get_control_page(
    user: AbstractUser, framework: Framework, control: Control, query: Mapping[str, str]
) -> ControlPage:
    """Which repositories meet one control, and what the others lack."""
    items = items_serving(framework, guidance_of(DEFAULT))[control.id]
    links = _links()
    wanted = query.get("status", "") if query.get("status", "") in COUNTED else ""
    keys, standings = _standings_at_once(user, "")
    statuses = standings.statuses(items)
    counts = Counter(statuses)
    page = paginate(
        [key for key, status in zip(keys, statuses, strict=True) if wanted in ("", status)], query
    )
    page.object_list = [_standing_row(*one) for one in _standing_of(user, items, page.object_list)]
    return ControlPage(
        framework=framework,
        framework_url=reverse("framework", args=[framework.slug]),
        control=control,
        items=tuple(links[item] for item in items if item in links),
        counts=tuple((status, STATUSES[status], counts[status]) for status in COUNTED if counts[status]),
        status=wanted,
        rows=page,
        table=shown(STANDINGS),
    )


Stands = tuple[Repository, Status, tuple[str, ...]]
"""A repository, its status at a control, and the titles of the items that it lacks there."""


def _standing_of(
    user: AbstractUser, items: tuple[str, ...], keys: Sequence[int] | None = None
) -> Iterator[Stands]:
    links = _links()
    for repository, verdicts in _standings(user, "", keys):
        lacking = tuple(
            links[item].title for item in items if item in links and verdicts(item) in ("fail", "unknown")
        )
        yield repository, status_of(items, verdicts), lacking


def _standing_row(one: Repository, status: Status, lacking: tuple[str, ...]) -> StandingRow:
    return StandingRow(
        name=one.name,
        url=reverse("repository-detail", args=[one.slug]),
        team=one.team.name,
        status=status,
        label=STATUSES[status],
        lacking=lacking,
    )


def export_rows(user: AbstractUser, framework: Framework, team: str) -> Iterator[tuple[Any, ...]]:
    """(repository, team, control, title, status, items serving it, items lacking), one per repository and control."""
    serving = items_serving(framework, guidance_of(DEFAULT))
    links = _links()
    for repository, verdicts in _standings(user, team):
        for control in framework.controls:
            items = serving[control.id]
            lacking = [item for item in items if verdicts(item) in ("fail", "unknown")]
            yield (
                repository.name,
                repository.team.name,
                control.id,
                control.title,
                STATUSES[status_of(items, verdicts)],
                "; ".join(links[item].title for item in items if item in links),
                "; ".join(links[item].title for item in lacking if item in links),
            )


def controls_of_item(item: str) -> tuple[tuple[Framework, Control, str], ...]:
    """(framework, control, address of the control's page) that an item serves."""
    guidance = guidance_of(DEFAULT).get(item)
    if guidance is None:
        return ()
    return tuple(
        (framework, control, reverse("framework-control", args=[framework.slug, control.id]))
        for framework in shipped_frameworks()
        for control in framework.controls
        if control.id in guidance.controls.get(framework.id, ())
    )


def _links() -> dict[str, ItemLink]:
    _, standard = built(current_version())
    return {item.id: _link(item) for item in standard.items}


def _link(item: Item) -> ItemLink:
    return ItemLink(item.title, reverse("standard-item", args=[item.id]))


class _Verdicts:
    """The outcome of an item, from a compact vector and the places of items in it."""

    __slots__ = ("_letters", "_places")

    def __init__(self, letters: str, places: Mapping[str, int]) -> None:
        self._letters = letters
        self._places = places

    def __call__(self, item: str) -> str:
        place = self._places.get(item)
        return OUTCOMES[self._letters[place]] if place is not None else "unknown"


def _judged(user: AbstractUser, team: str) -> QuerySet[Repository]:
    chosen = visible_repositories(user).filter(current__isnull=False)
    return chosen.filter(of_team(team)) if team else chosen


def _places_of(ruleset: int) -> dict[str, int]:
    """Where each item of a ruleset version stands in its vectors."""
    return {item.id: n for n, item in enumerate(built(RulesetVersion.objects.get(pk=ruleset))[1].items)}


def _standings_at_once(user: AbstractUser, team: str) -> tuple[list[int], Standings]:
    """The keys of every judged repository that the person may see, by name, and where they stand.

    One query, and one per ruleset version among them.
    """
    rows = list(
        _judged(user, team)
        .order_by("name", "pk")
        .values_list("pk", "current__verdicts", "current__ruleset_id")
    )
    rulesets = [ruleset for _, _, ruleset in rows]
    places = {ruleset: _places_of(ruleset) for ruleset in set(rulesets)}
    return [key for key, _, _ in rows], Standings([vector for _, vector, _ in rows], rulesets, places)


def _standings(
    user: AbstractUser, team: str, keys: Sequence[int] | None = None
) -> Iterator[tuple[Repository, _Verdicts]]:
    """Every judged repository that the person may see, or those of ``keys``, with its raw verdicts.

    One query, and one per ruleset version among them.
    """
    chosen = _judged(user, team)
    if keys is not None:
        chosen = chosen.filter(pk__in=keys)
    places: dict[int, dict[str, int]] = {}
    rows = (
        chosen.select_related("team", "current")
        .only("name", "slug", "team__name", "current__verdicts", "current__ruleset_id")
        .order_by("name", "pk")
    )
    for repository in rows.iterator(2000):
        assert repository.current is not None  # by the filter
        ruleset = repository.current.ruleset_id
        if ruleset not in places:
            places[ruleset] = _places_of(ruleset)
        yield repository, _Verdicts(repository.current.verdicts, places[ruleset])
