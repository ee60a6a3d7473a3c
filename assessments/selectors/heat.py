"""Page model of the heat map: how teams stand in each area, those in most need first."""

from dataclasses import dataclass
from fractions import Fraction

from django.contrib.auth.models import AbstractUser
from django.db.models import F, Max
from django.db.models.functions import NullIf
from django.urls import reverse

from assessments.grading import band
from assessments.models import TeamDay
from assessments.policy import is_admin, visible_teams
from assessments.standard import Standard

TEAMS = 12


@dataclass(frozen=True, slots=True)
class HeatArea:
    id: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class HeatCell:
    """The mean number of stars over the repositories where the area was measured; None where it was in none.

    ``level`` is it rounded, 1 to 5, 0 for none: what colours the cell.
    """

    stars: Fraction | None
    level: int
    repositories: int
    url: str


@dataclass(frozen=True, slots=True)
class HeatRow:
    name: str
    url: str
    letter: str
    score: Fraction | None
    cells: tuple[HeatCell, ...]


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Areas from left to right by need, so that what most teams lack stands beside their names; ``teams``
    counts all that have figures, of which ``rows`` are the lowest."""

    areas: tuple[HeatArea, ...]
    rows: tuple[HeatRow, ...]
    teams: int


def get_heat_map(user: AbstractUser, standard: Standard, limit: int | None = TEAMS) -> HeatMap | None:
    """The heat map of the teams that the person may see, as last rolled up; None before that."""
    latest = TeamDay.objects.filter(team__isnull=True).aggregate(day=Max("day"))["day"]
    if latest is None:
        return None
    rows = TeamDay.objects.filter(day=latest, team__in=visible_teams(user), repositories__gt=0)
    mean = F("score_sum") / NullIf(F("graded"), 0)
    lowest = list(
        rows.select_related("team").order_by(mean.asc(nulls_first=True), "team__name", "pk")[:limit]
    )
    if not lowest:
        return None
    # Who sees everything has the fleet's own row; of others' few teams the stars are added up here.
    of_all = TeamDay.objects.filter(day=latest, team__isnull=True) if is_admin(user) else rows
    stars = list(of_all.values_list("stars", flat=True))
    measured = {area.id: _mean_stars([one.get(area.id) for one in stars]) for area in standard.areas}
    areas = sorted(
        (area for area in standard.areas if measured[area.id] is not None), key=lambda a: measured[a.id] or 0
    )
    return HeatMap(
        areas=tuple(HeatArea(area.id, area.title, f"{reverse('standard')}#{area.id}") for area in areas),
        rows=tuple(_row(one, [area.id for area in areas], standard) for one in lowest),
        teams=rows.count(),
    )


def _row(one: TeamDay, areas: list[str], standard: Standard) -> HeatRow:
    assert one.team is not None  # fleet rows are left out by the query
    mean = _mean(one)
    url = reverse("team-detail", args=[one.team.slug])
    cells = []
    for area in areas:
        stars = _mean_stars([one.stars.get(area)])
        cells.append(
            HeatCell(
                stars=stars,
                level=0 if stars is None else int(stars + Fraction(1, 2)),
                repositories=one.stars[area][1] if area in one.stars else 0,
                url=f"{reverse('repository-list')}?team={one.team.slug}&area={area}&sort=stars",
            )
        )
    return HeatRow(
        name=one.team.name,
        url=url,
        letter=band(standard, mean)[0] if mean is not None else "",
        score=mean,
        cells=tuple(cells),
    )


def _mean(one: TeamDay) -> Fraction | None:
    return Fraction(one.score_sum) / one.graded if one.graded else None


def _mean_stars(pairs: list[list[int] | None]) -> Fraction | None:
    known = [pair for pair in pairs if pair and pair[1]]
    count = sum(number for _, number in known)
    return Fraction(sum(total for total, _ in known), count) if count else None
