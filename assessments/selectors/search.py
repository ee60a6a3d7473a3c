"""Page model of the search: what answers the typed text, best first; on nothing typed, where the person was lately.

One query each for repositories, teams, saved views, the page that the person comes from, their role there and the current version
of the standard; all else is in memory.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.db.models.functions import Length
from django.urls import Resolver404, resolve, reverse
from django.utils.http import urlencode

from assessments.addresses import LISTS
from assessments.failures import FAILURES
from assessments.frameworks import items_serving, shipped_frameworks
from assessments.policy import visible_repositories, visible_teams, visible_views
from assessments.ranking import rank, words_of
from assessments.selectors.destinations import Destination, actions_for, pages_for, subject_of
from assessments.selectors.filters import text
from assessments.selectors.reports import guidance_of
from assessments.services.rulesets import DEFAULT, built, current_version
from assessments.standard import Standard

MAX_QUERY = 100
"""Characters of a query; the rest is left out, and said so."""
IN_PALETTE = 5
ON_PAGE = 25
RECENT = 8
_MAX_RECENT_TEXT = 2000


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer. ``letter`` is a grade to show instead of the icon, None where there is none to show."""

    title: str
    url: str
    icon: str
    note: str = ""
    letter: str | None = None
    post: bool = False
    format: str = ""
    script: str = ""


@dataclass(frozen=True, slots=True)
class HitGroup:
    """Answers of one kind; ``more_url`` leads to the rest, empty where there is none."""

    kind: str
    title: str
    hits: tuple[Hit, ...]
    more_url: str = ""


@dataclass(frozen=True, slots=True)
class SearchPage:
    """``problem`` says what of the query was left out, with its stable id; both empty where all was searched."""

    q: str
    groups: tuple[HitGroup, ...]
    problem: str = ""
    problem_id: str = ""

    @property
    def count(self) -> int:
        return sum(len(group.hits) for group in self.groups)


Ranked = tuple[int, Hit]


def get_search_page(user: AbstractUser, query: Mapping[str, str], limit: int) -> SearchPage:
    """What the person finds by ``q``, at most ``limit`` of each kind.

    ``from`` is the path of the page they were on, whose actions come with it; ``recent`` the paths of pages they
    were on before, between spaces, newest first: those that they may still see are listed when nothing is typed.
    """
    typed = text(query, "q", MAX_QUERY + 1)
    problem = FAILURES["search.too-long"] if len(typed) > MAX_QUERY else None
    q = " ".join(typed[:MAX_QUERY].split())
    subject = subject_of(user, text(query, "from", 300))
    _, standard = built(current_version())
    actions = list(actions_for(user, subject))
    if not q:
        recent = _recent(user, standard, text(query, "recent", _MAX_RECENT_TEXT).split()[:RECENT])
        groups = [
            _group("recent", "Lately", [(0, hit) for hit in recent], RECENT),
            _group("actions", "Actions", [(0, _hit(one)) for one in actions if _leads(one)], RECENT),
            _group("pages", "Pages", [(0, _hit(one)) for one in pages_for(user)], ON_PAGE),
        ]
        return SearchPage("", tuple(group for group in groups if group.hits))
    ranked = [
        ("repositories", "Repositories", _repositories(user, q, limit + 1)),
        ("teams", "Teams", _teams(user, q, limit + 1)),
        ("items", "Items of the standard", list(_items(q, standard))),
        ("areas", "Areas", list(_areas(q, standard))),
        ("controls", "Controls of frameworks", list(_controls(q))),
        ("views", "Saved views", _views(user, q, limit + 1)),
        ("actions", "Actions", list(_destinations(q, actions))),
        ("pages", "Pages", list(_destinations(q, pages_for(user)))),
    ]
    found = [(kind, title, sorted(rows, key=lambda row: row[0])) for kind, title, rows in ranked if rows]
    found.sort(key=lambda one: one[2][0][0])
    return SearchPage(
        q,
        tuple(_group(kind, title, rows, limit, q) for kind, title, rows in found),
        problem.says if problem else "",
        problem.id if problem else "",
    )


def _group(kind: str, title: str, rows: list[Ranked], limit: int, q: str = "") -> HitGroup:
    hits = tuple(hit for _, hit in rows[:limit])
    more = {"repositories": "repository-list", "teams": "team-list"}.get(kind)
    rest = len(rows) > limit and more is not None
    return HitGroup(kind, title, hits, f"{reverse(more)}?{urlencode({'q': q})}" if rest and more else "")


def _leads(one: Destination) -> bool:
    """Whether an action is worth a line before anything is typed: of the exports, none is."""
    return not one.format


def _hit(one: Destination) -> Hit:
    return Hit(one.title, one.url, one.icon, one.note, None, one.post, one.format, one.script)


def _by_name(rows: QuerySet[Any], q: str) -> QuerySet[Any]:
    """The rows whose name holds every word of ``q``, ranked as ``ranking.rank`` does; of the same rank the shorter is
    closer."""
    for word in words_of(q):
        rows = rows.filter(name__icontains=word)
    place = Case(
        When(name__iexact=q, then=Value(0)),
        When(name__istartswith=q, then=Value(1)),
        When(name__icontains=f" {q}", then=Value(2)),
        When(name__icontains=f"-{q}", then=Value(2)),
        When(name__icontains=q, then=Value(3)),
        default=Value(4),
        output_field=IntegerField(),
    )
    return rows.annotate(place=place).order_by("place", Length("name"), "name", "pk")


def _repositories(user: AbstractUser, q: str, limit: int) -> list[Ranked]:
    rows = _by_name(visible_repositories(user), q).values_list(
        "place", "name", "slug", "team__name", "letter"
    )
    return [
        (place, Hit(name, reverse("repository-detail", args=[slug]), "folder-git-2", team, letter))
        for place, name, slug, team, letter in rows[:limit]
    ]


def _teams(user: AbstractUser, q: str, limit: int) -> list[Ranked]:
    rows = _by_name(visible_teams(user), q).values_list("place", "name", "slug")
    return [
        (place, Hit(name, reverse("team-detail", args=[slug]), "users")) for place, name, slug in rows[:limit]
    ]


def _views(user: AbstractUser, q: str, limit: int) -> list[Ranked]:
    rows = _by_name(visible_views(user), q).values_list("place", "name", "pk", "list", "team__name")[:limit]
    return [
        (place, Hit(name, reverse("view-open", args=[pk]), "bookmark", team or LISTS[list].title))
        for place, name, pk, list, team in rows
        if list in LISTS
    ]


def _items(q: str, standard: Standard) -> Iterator[Ranked]:
    areas = {area.id: area.title for area in standard.areas}
    for item in standard.items:
        place = rank(q, item.title, item.id)
        if place is None and rank(q, item.category, areas[item.area]) is not None:
            place = 4
        if place is not None:
            url = reverse("standard-item", args=[item.id])
            yield place, Hit(item.title, url, "list-checks", areas[item.area])


def _areas(q: str, standard: Standard) -> Iterator[Ranked]:
    for area in standard.areas:
        place = rank(q, area.title, area.id)
        if place is not None:
            yield place, Hit(area.title, f"{reverse('standard')}#{area.id}", "layers", "Area of the standard")


def _controls(q: str) -> Iterator[Ranked]:
    guidance = guidance_of(DEFAULT)
    for framework in shipped_frameworks():
        serving = items_serving(framework, guidance)
        for control in framework.controls:
            place = rank(q, control.id, control.title)
            if (
                place is None
                and (whole := rank(q, f"{framework.title} {control.id} {control.title}")) is not None
            ):
                place = max(whole, 3)
            if place is not None:
                note = framework.title if serving[control.id] else f"{framework.title}, not covered"
                url = reverse("framework-control", args=[framework.slug, control.id])
                yield place, Hit(f"{control.id} {control.title}", url, "shield-check", note)


def _destinations(q: str, all: Iterable[Destination]) -> Iterator[Ranked]:
    for one in all:
        place = rank(q, one.title)
        if place is None and rank(q, f"{one.title} {one.words}") is not None:
            place = 3
        if place is not None:
            yield place, _hit(one)


def _recent(user: AbstractUser, standard: Standard, paths: Iterable[str]) -> list[Hit]:
    """The pages behind these paths that the person may still see, in their order; two queries for any number."""
    wanted: list[tuple[str, str]] = []
    for path in paths:
        try:
            match = resolve(path)
        except Resolver404:
            continue
        key = match.kwargs.get("slug") or match.kwargs.get("item")
        if key and match.url_name in ("repository-detail", "team-detail", "standard-item"):
            wanted.append((match.url_name, key))
    slugs = {name: [key for kind, key in wanted if kind == name] for name, _ in wanted}
    known: dict[tuple[str, str], Hit] = {}
    if slugs.get("repository-detail"):
        rows = visible_repositories(user).filter(slug__in=slugs["repository-detail"])
        for name, slug, team, letter in rows.values_list("name", "slug", "team__name", "letter"):
            url = reverse("repository-detail", args=[slug])
            known["repository-detail", slug] = Hit(name, url, "folder-git-2", team, letter)
    if slugs.get("team-detail"):
        for name, slug in (
            visible_teams(user).filter(slug__in=slugs["team-detail"]).values_list("name", "slug")
        ):
            known["team-detail", slug] = Hit(name, reverse("team-detail", args=[slug]), "users", "Team")
    for item in slugs.get("standard-item", ()):
        if item in standard.by_item:
            url = reverse("standard-item", args=[item])
            known["standard-item", item] = Hit(standard.by_item[item].title, url, "list-checks", "Item")
    return list(islice((known[one] for one in dict.fromkeys(wanted) if one in known), RECENT))
