"""What the API gives of teams and of the items of the standard."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from assessments.api.links import Links
from assessments.api.payloads import AreaStarsOut, GradeOut, NamedOut, exactly, grade_of, named
from assessments.choices import Outcome
from assessments.guidance import Guidance
from assessments.models import ChecklistItem, Team
from assessments.selectors.teams import TeamPage, TeamRow
from assessments.standard import Initiative, Item


class TeamOut(BaseModel):
    """One team; its grade is the mean of its repositories' scores."""

    slug: str
    name: str
    grade: GradeOut | None
    change: float | None
    trend: list[float | None]
    repositories: int
    url: str
    html_url: str


def team_of(row: TeamRow, links: Links) -> TeamOut:
    return TeamOut(
        slug=row.slug,
        name=row.name,
        grade=grade_of(row.letter, row.score),
        change=exactly(row.change),
        trend=list(row.trend),
        repositories=row.repositories,
        url=links.api("team", row.slug),
        html_url=links.path(row.url),
    )


class TeamAreaOut(AreaStarsOut):
    """``failing_in`` names the repositories in which something of the area fails."""

    failing_in: list[str]


class TeamNeedOut(BaseModel):
    """What to do next over several repositories: ``points`` is what the team's score gains, ``effort_days`` the sum."""

    initiative: str
    title: str
    priority: str
    failing: int
    repositories: list[str]
    points: float
    effort_days: float


class TeamDetailOut(BaseModel):
    """One team's scorecard; ``matrix`` is the most urgent first."""

    slug: str
    name: str
    grade: GradeOut | None
    change: float | None
    repositories: int
    areas: list[TeamAreaOut]
    matrix: list[TeamNeedOut]
    repositories_url: str
    html_url: str


def team_detail(team: Team, page: TeamPage, links: Links) -> TeamDetailOut:
    return TeamDetailOut(
        slug=team.slug,
        name=page.name,
        grade=grade_of(page.letter, page.score),
        change=exactly(page.change),
        repositories=len(page.repositories),
        areas=[
            TeamAreaOut(
                id=one.area.id, title=one.area.title, stars=one.stars, failing_in=list(one.failing_in)
            )
            for one in page.report.areas
        ],
        matrix=[
            TeamNeedOut(
                initiative=need.initiative.id,
                title=need.initiative.title,
                priority=group.priority.id,
                failing=need.failing,
                repositories=list(need.repositories),
                points=float(need.points),
                effort_days=float(need.effort),
            )
            for group in page.report.matrix
            for need in group.needs
        ],
        repositories_url=f"{links.api('repositories')}?team={team.slug}",
        html_url=links.page("team-detail", team.slug),
    )


class ItemOut(BaseModel):
    """One item of the standard, and in how many repositories it fails and passes."""

    id: str
    title: str
    area: str
    category: str
    tier: str
    passes: str
    failing: int
    passing: int
    url: str
    html_url: str


def item_of(item: Item, failing: int, passing: int, links: Links) -> ItemOut:
    return ItemOut(**_item(item, links), failing=failing, passing=passing)


def _item(item: Item, links: Links) -> dict[str, Any]:
    return {
        "id": item.id,
        "title": item.title,
        "area": item.area,
        "category": item.category,
        "tier": item.tier,
        "passes": item.passes,
        "url": links.api("item", item.id),
        "html_url": links.page("standard-item", item.id),
    }


class ItemDetailOut(ItemOut):
    """``why`` it matters and how to ``fix`` it; ``initiative`` is the step of a plan that mends it."""

    unknown: int
    initiative: str | None
    why: str | None
    fix: str | None
    repositories_url: str


def item_detail(
    item: Item,
    counts: Mapping[str, int],
    initiative: Initiative | None,
    guidance: Guidance | None,
    links: Links,
) -> ItemDetailOut:
    return ItemDetailOut(
        **_item(item, links),
        failing=counts.get(Outcome.FAIL, 0),
        passing=counts.get(Outcome.PASS, 0),
        unknown=counts.get(Outcome.UNKNOWN, 0),
        initiative=initiative.id if initiative else None,
        why=guidance.why if guidance else None,
        fix=guidance.fix if guidance else None,
        repositories_url=links.api("item-repositories", item.id),
    )


class VerdictOut(BaseModel):
    """How one repository stands on an item, and since when."""

    repository: NamedOut
    team: NamedOut
    verdict: str
    since: datetime
    stale: bool
    url: str
    html_url: str


def verdict_of(row: ChecklistItem, links: Links) -> VerdictOut:
    repository = row.repository
    return VerdictOut(
        repository=NamedOut(slug=repository.slug, name=repository.name),
        team=named(repository.team),
        verdict=row.outcome,
        since=row.since,
        stale=row.stale,
        url=links.api("repository", repository.slug),
        html_url=links.page("repository-detail", repository.slug),
    )
