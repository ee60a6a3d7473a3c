"""The filter by team of a list: all to choose from while they are few, a name with suggestions among many."""

from dataclasses import dataclass

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from assessments.models import Repository, Team
from assessments.team_fields import MOST_LISTED


@dataclass(frozen=True, slots=True)
class TeamFilter:
    """The teams that a list can be narrowed to, as (slug, words); of ``many`` there are the names of the first."""

    value: str
    choices: tuple[tuple[str, str], ...]
    many: bool

    @property
    def length(self) -> int:
        return len(self.choices)


def team_filter(teams: QuerySet[Team], value: str, *, counted: bool = False) -> TeamFilter:
    """What to choose from, with the number of repositories in use where ``counted``; one query."""
    kept = Repository.objects.filter(team=OuterRef("pk"), archived_at=None).order_by().values("team")
    rows = teams.order_by("name", "pk")
    if counted:
        rows = rows.annotate(count=Coalesce(Subquery(kept.annotate(count=Count("pk")).values("count")), 0))
    found = list(rows[: MOST_LISTED + 1])
    many = len(found) > MOST_LISTED
    return TeamFilter(
        value,
        tuple(
            (team.slug, f"{team.name} ({team.count})" if counted and not many else team.name)  # type: ignore[attr-defined]
            for team in found[:MOST_LISTED]
        ),
        many,
    )


def of_team(value: str) -> Q:
    """The condition that a repository's team is the one that a filter names, by the end of its address or its name."""
    return Q(team__slug=value) | Q(team__name__iexact=value)
