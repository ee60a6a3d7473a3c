"""Page models of the team list and of a team's scorecard."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.core.paginator import Page
from django.db.models import Avg, Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from assessments.charts import Chart
from assessments.choices import ExportScope
from assessments.grading import band
from assessments.listings import TEAM_AREAS, TEAM_REPOSITORIES, TEAMS, chart_listing
from assessments.models import Repository, Team
from assessments.policy import may_lead, may_lead_plan, may_manage_sources, may_scan, visible_teams
from assessments.selectors.exports import ExportMenu, export_menu
from assessments.selectors.filters import in_chunks, paginate, sort_order, text
from assessments.selectors.plans import PlanLink, plan_link
from assessments.selectors.reports import light_report
from assessments.selectors.repositories import RepositoryRow, repository_rows
from assessments.selectors.rescans import RescanProgress, rescans_of_team
from assessments.selectors.trends import average_chart, change_of_days, days_of, team_trends
from assessments.services.plans import plain
from assessments.services.rulesets import built, current_version
from assessments.standard import Standard
from assessments.tables import Listing, Shown, shown
from assessments.team_report import TeamPage as TeamReport
from assessments.team_report import build_team_report


@dataclass(frozen=True, slots=True)
class TeamRow:
    name: str
    slug: str
    url: str
    letter: str
    score: Fraction | None
    change: Fraction | None
    trend: tuple[float | None, ...]
    repositories: int


@dataclass(frozen=True, slots=True)
class TeamListPage:
    """``rows`` is a page of ``TeamRow``; ``total`` counts all teams that the person may see."""

    rows: Page[Any]
    total: int
    q: str
    sort: str
    table: Shown


@dataclass(frozen=True, slots=True)
class TeamPage:
    """A team's scorecard; ``report`` holds areas, matrix and phases over all its repositories."""

    name: str
    letter: str
    label: str
    score: Fraction | None
    change: Fraction | None
    trend_chart: Chart | None
    repositories: tuple[RepositoryRow, ...]
    table: Shown
    areas: Shown
    report: TeamReport
    plan: PlanLink
    capacity: Decimal | None
    capacity_url: str
    scan_url: str
    can_scan: bool
    settings_url: str = ""
    schedule_url: str = ""
    changes_url: str = ""
    exports: ExportMenu | None = None
    rescans: tuple[RescanProgress, ...] = ()


SORTS = {"name": "name", "score": "mean", "repositories": "count"}


def chosen_teams(user: AbstractUser, q: str, sort: str) -> QuerySet[Team]:
    """The teams that the person may see whose name holds ``q``, with ``mean`` score and ``count`` of repositories,
    by a key of ``SORTS``."""
    # A subquery for each figure, so that the join by which teams are visible multiplies nothing.
    own = Repository.objects.filter(team=OuterRef("pk"), archived_at=None).order_by().values("team")
    teams = visible_teams(user).annotate(
        mean=Subquery(own.annotate(mean=Avg("score")).values("mean")),
        count=Coalesce(Subquery(own.annotate(count=Count("pk")).values("count")), 0),
    )
    if q:
        teams = teams.filter(name__icontains=q)
    by = F(SORTS[sort.removeprefix("-")])
    order = by.desc(nulls_last=True) if sort.startswith("-") else by.asc(nulls_last=True)
    return teams.order_by(order, "name", "pk")


def team_rows(teams: Iterable[Any]) -> list[TeamRow]:
    """Rows for teams of ``chosen_teams``, in their order; the same number of queries whatever their number."""
    shown = list(teams)
    means = {team.pk: None if team.mean is None else Fraction(team.mean) for team in shown}
    trends = team_trends(means)
    _, standard = built(current_version())
    return [
        TeamRow(
            name=team.name,
            slug=team.slug,
            url=reverse("team-detail", args=[team.slug]),
            letter=_letter(standard, means[team.pk]),
            score=means[team.pk],
            change=trends[team.pk].change,
            trend=trends[team.pk].sparkline,
            repositories=team.count,
        )
        for team in shown
    ]


def get_team_list(user: AbstractUser, query: Mapping[str, str]) -> TeamListPage:
    """The teams that the person may see and the query string asks for; five queries whatever their number."""
    sort, _ = sort_order(query, SORTS, "name")
    q = text(query, "q")
    page = paginate(chosen_teams(user, q, sort), query)
    page.object_list = team_rows(page.object_list)
    return TeamListPage(
        rows=page,
        total=visible_teams(user).count(),
        q=q,
        sort=sort,
        table=shown(TEAMS, query.get("columns", "")),
    )


def get_team_listing(user: AbstractUser, query: Mapping[str, str]) -> Listing:
    """All teams that the list shows over its pages."""
    sort, _ = sort_order(query, SORTS, "name")

    def rows() -> Iterator[TeamRow]:
        for chunk in in_chunks(chosen_teams(user, text(query, "q"), sort)):
            yield from team_rows(chunk)

    return Listing(shown(TEAMS, query.get("columns", "")), rows())


def _letter(standard: Standard, mean: Fraction | None) -> str:
    return "" if mean is None else band(standard, mean)[0]


def get_team_page(user: AbstractUser, team: Team, query: Mapping[str, str]) -> TeamPage:
    """The scorecard of one team that the person may see."""
    _, standard = built(current_version())
    repositories = _repositories_of(team)
    plan = plan_link(team)
    report = _report_of(team, repositories, standard, plan.starts_on)
    days = days_of([team], team.repositories.all())
    return TeamPage(
        name=team.name,
        letter=report.score.letter or "",
        label=report.score.label,
        score=report.score.score,
        change=change_of_days(days),
        trend_chart=average_chart(days, standard),
        repositories=tuple(repository_rows(repositories)),
        table=shown(TEAM_REPOSITORIES, query.get("columns", "")),
        areas=shown(TEAM_AREAS),
        report=report,
        plan=plan,
        capacity=plain(team.capacity),
        capacity_url=reverse("team-capacity", args=[team.slug]) if may_lead_plan(user, team) else "",
        exports=(
            export_menu(ExportScope.TEAM, reverse("team-export", args=[team.slug])) if repositories else None
        ),
        scan_url=reverse("team-scan", args=[team.slug]),
        can_scan=may_scan(user, team),
        rescans=rescans_of_team(user, team),
        changes_url=reverse("team-changes", args=[team.slug]),
        settings_url=reverse("team-settings", args=[team.slug]) if may_manage_sources(user, team) else "",
        schedule_url=reverse("team-schedule", args=[team.slug]) if may_lead(user, team) else "",
    )


def get_team_tables(team: Team, query: Mapping[str, str]) -> Listing:
    """A table of the scorecard: its areas or the figures of its trend where ``table`` asks for them, else its
    repositories."""
    if query.get("table") == "trend":
        days = days_of([team], team.repositories.all())
        return chart_listing(average_chart(days, built(current_version())[1]), "trend", "Trend", team.slug)
    repositories = _repositories_of(team)
    if query.get("table") == TEAM_AREAS.id:
        report = _report_of(team, repositories, built(current_version())[1], None)
        return Listing(shown(TEAM_AREAS), report.areas, team.slug)
    return Listing(
        shown(TEAM_REPOSITORIES, query.get("columns", "")), repository_rows(repositories), team.slug
    )


def _repositories_of(team: Team) -> list[Repository]:
    return list(
        team.repositories.select_related("team", "mirror", "current__ruleset")
        .defer("current__ruleset__document")
        .order_by("name", "pk")
    )


def _report_of(
    team: Team, repositories: Iterable[Repository], standard: Standard, starts_on: date | None
) -> TeamReport:
    """Areas, matrix and phases over the repositories that are judged by the current standard."""
    pages = [
        light_report(one, one.current)
        for one in repositories
        if one.current and built(one.current.ruleset)[1].version == standard.version
    ]
    return build_team_report(
        team.name,
        standard,
        pages,
        capacity=None if team.capacity is None else Fraction(team.capacity),
        starts_on=starts_on or timezone.localdate(),
    )
