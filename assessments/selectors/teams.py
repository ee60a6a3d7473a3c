"""Page models of the team list and of a team's scorecard."""

from dataclasses import dataclass
from fractions import Fraction

from django.contrib.auth.models import AbstractUser
from django.urls import reverse

from assessments.charts import Chart
from assessments.grading import band
from assessments.models import Repository, Team
from assessments.policy import may_scan, visible_repositories, visible_teams
from assessments.selectors.reports import light_report
from assessments.selectors.repositories import RepositoryRow, repository_rows
from assessments.selectors.trends import average_chart, change_of_means, daily_means, points_by_repository
from assessments.services.rulesets import built, current_version
from assessments.team_report import TeamPage as TeamReport
from assessments.team_report import build_team_report


@dataclass(frozen=True, slots=True)
class TeamRow:
    name: str
    url: str
    letter: str
    score: Fraction | None
    change: Fraction | None
    trend: tuple[float | None, ...]
    repositories: int


@dataclass(frozen=True, slots=True)
class TeamListPage:
    teams: tuple[TeamRow, ...]


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
    report: TeamReport
    scan_url: str
    can_scan: bool


def get_team_list(user: AbstractUser) -> TeamListPage:
    """The teams that the person may see, by name; four queries whatever their number."""
    teams = list(visible_teams(user).order_by("name", "pk"))
    of_team: dict[int, list[Repository]] = {team.pk: [] for team in teams}
    for repository in visible_repositories(user).only("pk", "team_id", "score"):
        of_team.setdefault(repository.team_id, []).append(repository)
    everything = [one for group in of_team.values() for one in group]
    series = points_by_repository(everything)
    _, standard = built(current_version())
    rows = []
    for team in teams:
        own = of_team[team.pk]
        scores = [Fraction(one.score) for one in own if one.score is not None]
        mean = sum(scores, Fraction(0)) / len(scores) if scores else None
        means = daily_means({one.pk: series[one.pk] for one in own if one.pk in series})
        rows.append(
            TeamRow(
                name=team.name,
                url=reverse("team-detail", args=[team.slug]),
                letter=band(standard, mean)[0] if mean is not None else "",
                score=mean,
                change=change_of_means(means),
                trend=tuple(None if m is None else float(m) for _, m in means[-24:]),
                repositories=len(own),
            )
        )
    return TeamListPage(tuple(rows))


def get_team_page(user: AbstractUser, team: Team) -> TeamPage:
    """The scorecard of one team that the person may see."""
    _, standard = built(current_version())
    repositories = list(
        team.repositories.select_related("team", "mirror", "current__ruleset")
        .defer("current__ruleset__document")
        .order_by("name", "pk")
    )
    pages = [
        light_report(one, one.current)
        for one in repositories
        if one.current and built(one.current.ruleset)[1].version == standard.version
    ]
    report = build_team_report(team.name, standard, pages)
    series = points_by_repository(repositories)
    return TeamPage(
        name=team.name,
        letter=report.score.letter or "",
        label=report.score.label,
        score=report.score.score,
        change=change_of_means(daily_means(series)),
        trend_chart=average_chart(series, standard),
        repositories=tuple(repository_rows(repositories)),
        report=report,
        scan_url=reverse("team-scan", args=[team.slug]),
        can_scan=may_scan(user, team),
    )
