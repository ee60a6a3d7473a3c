"""Saved views as pages show them: the menu of a list, all of a person's, and the address that one leads to."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.auth.models import AbstractUser
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.http import urlencode

from assessments.addresses import LISTS, FilteredList, canonical, parts_of, unknown_parts
from assessments.choices import ExportFormat, ExportScope, ExportState
from assessments.models import DefaultView, Membership, SavedView
from assessments.policy import may_change_view, visible_teams, visible_views
from assessments.selectors.scans import GROUPS
from assessments.services.rulesets import built, current_version
from assessments.standard import TIERS
from assessments.tables import Listing, Shown, everything, shown
from assessments.upkeep_listings import VIEWS

IN_MENU = 30


@dataclass(frozen=True, slots=True)
class ViewLink:
    """A saved view; ``team`` is the name of the team that it is shared with, empty for a person's own."""

    id: int
    name: str
    url: str
    team: str
    default: bool
    current: bool = False


@dataclass(frozen=True, slots=True)
class ViewMenu:
    """The views of one list. ``all_url`` shows all rows, whatever view the list opens with; ``address`` is where the
    list stands now, in its canonical form."""

    views: tuple[ViewLink, ...]
    current: ViewLink | None
    save_url: str
    all_url: str
    address: str
    more: bool


@dataclass(frozen=True, slots=True)
class ViewRow:
    """A view on the page of all; ``asks`` says in words what it asks for."""

    link: ViewLink
    list: str
    asks: tuple[tuple[str, str], ...]
    owner: str
    can_change: bool
    edit_url: str
    delete_url: str
    default_url: str


@dataclass(frozen=True, slots=True)
class ViewGroup:
    title: str
    url: str
    rows: tuple[ViewRow, ...]


@dataclass(frozen=True, slots=True)
class ViewListPage:
    groups: tuple[ViewGroup, ...]
    table: Shown


def get_view_menu(user: AbstractUser, list: str, query: Mapping[str, str]) -> ViewMenu:
    """The views of a list that are the person's own or of their teams; one query."""
    one = LISTS[list]
    path = reverse(one.route)
    now = canonical(one, query)
    rows = [*_of_person(user).filter(list=list)[: IN_MENU + 1]]
    links = tuple(_link(row, current=bool(now) and row.query == now) for row in rows[:IN_MENU])
    all_url = f"{path}?view=none" if any(link.default for link in links) else path
    return ViewMenu(
        views=links,
        current=next((link for link in links if link.current), None),
        save_url=f"{reverse('view-create')}?{urlencode({'list': list, 'query': now})}",
        all_url=all_url,
        address=f"{path}?{now}" if now else all_url,
        more=len(rows) > IN_MENU,
    )


def get_view_list(user: AbstractUser) -> ViewListPage:
    """All views that are the person's own or of their teams, by list."""
    rows = [*_of_person(user)]
    teams = {row.team_id: row.team for row in rows}
    changeable = {
        key: may_change_view(user, next(r for r in rows if r.team_id == key)) for key in teams if key
    }
    groups = []
    for one in LISTS.values():
        found = tuple(
            _row(row, one, row.owner_id == user.pk or changeable.get(row.team_id, False))
            for row in rows
            if row.list == one.id
        )
        if found:
            groups.append(ViewGroup(one.title, reverse(one.route), found))
    return ViewListPage(tuple(groups), shown(VIEWS))


def get_views_listing(user: AbstractUser) -> Listing:
    """All views that are the person's own or of their teams, as a table."""
    groups = get_view_list(user).groups
    return Listing(everything(VIEWS), [row for group in groups for row in group.rows])


def default_view(user: AbstractUser, list: str) -> SavedView | None:
    """The view that the person's list opens with, None where they may not see it any more or have none."""
    chosen = DefaultView.objects.filter(user=user, list=list).values("view")
    return visible_views(user).filter(pk__in=chosen, list=list).first()


def address_of(user: AbstractUser, view: SavedView) -> tuple[str, list[str]]:
    """(address that the view leads to, what of it is not known any more and so left out, in words)."""
    one = LISTS[view.list]
    kept = parts_of(view.query)
    lost = unknown_parts(one, kept)
    known = known_values(user, view.list)
    for key, values in known.items():
        if kept.get(key) and kept[key] not in values:
            lost.append(f"the {one.called(key)} “{kept.pop(key)}”")
    if kept.get("sort", "").removeprefix("-") == "stars" and "area" not in kept:
        kept.pop("sort")
    now = canonical(one, kept)
    path = reverse(one.route)
    return f"{path}?{now}" if now else f"{path}?view=none", lost


def known_values(user: AbstractUser, list: str) -> dict[str, set[str]]:
    """The values that each filter of a list may have for the person; filters that take any text are left out."""
    if list == "activity":
        return {"state": {*GROUPS}}
    if list == "exports":
        return {
            "state": {*ExportState.values},
            "scope": {*ExportScope.values},
            "format_of": {*ExportFormat.values},
        }
    if list not in ("repositories", "standard"):
        return {}
    _, standard = built(current_version())
    areas = {area.id for area in standard.areas}
    if list == "standard":
        return {"area": areas, "tier": {*TIERS}, "failing": {"1"}}
    return {
        "team": {word for team in visible_teams(user).values_list("slug", "name") for word in team},
        "grade": {*(band.letter for band in standard.scale), "-"},
        "area": areas,
        "archived": {"1"},
    }


def words_of_query(one: FilteredList, query: str) -> tuple[tuple[str, str], ...]:
    """(what, which) of all that a kept query asks for, as it was typed or chosen."""
    parts = parts_of(query)
    named = tuple((one.called(key), value) for key, value in parts.items() if key in dict(one.filters))
    sort = parts.get("sort", "")
    order = ((("sorted by", sort.removeprefix("-") + (", falling" if sort.startswith("-") else ""))),)
    columns = parts.get("columns", "")
    titles = {column.key: column.title for column in one.table.columns}
    shown = tuple(titles.get(key, key) for key in columns.split(",") if key)
    return named + (order if sort else ()) + ((("columns", ", ".join(shown)),) if shown else ())


def _of_person(user: AbstractUser) -> QuerySet[SavedView]:
    """Their own first, then those of the teams that they belong to; administrators are not shown everybody's."""
    teams = Membership.objects.filter(user_id=user.pk).values("team")
    default = DefaultView.objects.filter(user_id=user.pk, list=OuterRef("list"), view=OuterRef("pk"))
    return (
        visible_views(user)
        .filter(Q(owner_id=user.pk) | Q(team__in=teams))
        .annotate(is_default=Exists(default))
        .select_related("team", "owner")
        .order_by("team__name", "name", "pk")
    )


def _link(row: SavedView, *, current: bool = False) -> ViewLink:
    return ViewLink(
        id=row.pk,
        name=row.name,
        url=reverse("view-open", args=[row.pk]),
        team=row.team.name if row.team else "",
        default=bool(getattr(row, "is_default", False)),
        current=current,
    )


def _row(row: SavedView, one: FilteredList, can_change: bool) -> ViewRow:
    return ViewRow(
        link=_link(row),
        list=one.title,
        asks=words_of_query(one, row.query),
        owner=(row.owner.get_full_name() or row.owner.email) if row.owner and row.team else "",
        can_change=can_change,
        edit_url=reverse("view-edit", args=[row.pk]),
        delete_url=reverse("view-delete", args=[row.pk]),
        default_url=reverse("view-default", args=[row.pk]),
    )
