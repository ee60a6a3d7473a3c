"""Page model of the start page: how the fleet stands."""

from dataclasses import dataclass
from fractions import Fraction

from django.contrib.auth.models import AbstractUser
from django.db.models import Avg, Count
from django.urls import reverse

from assessments.charts import Chart
from assessments.choices import ACTIVE_STATES, Outcome
from assessments.grading import band
from assessments.models import ChecklistItem
from assessments.policy import may_add_repositories, visible_repositories, visible_scans
from assessments.selectors.repositories import RepositoryRow, repository_rows
from assessments.selectors.trends import average_chart, change_of_means, daily_means, points_by_repository
from assessments.services.rulesets import DEFAULT, built, current_version

MOVERS = 5
FAILING = 8


@dataclass(frozen=True, slots=True)
class FailingItem:
    """An item and in how many of the repositories where it is known it fails."""

    title: str
    url: str
    area: str
    failing: int
    measured: int


@dataclass(frozen=True, slots=True)
class FleetPage:
    """``distribution`` is (letter, number of repositories) from best to worst."""

    repositories: int
    graded: int
    letter: str
    score: Fraction | None
    change: Fraction | None
    distribution: tuple[tuple[str, int], ...]
    movers_up: tuple[RepositoryRow, ...]
    movers_down: tuple[RepositoryRow, ...]
    failing: tuple[FailingItem, ...]
    running: int
    failed: int
    trend_chart: Chart | None
    can_add: bool


def get_fleet_page(user: AbstractUser) -> FleetPage:
    """The fleet as far as the person may see it."""
    visible = visible_repositories(user)
    _, standard = built(current_version())
    counts = dict(visible.order_by().values_list("letter").annotate(Count("pk")))
    mean = visible.aggregate(mean=Avg("score"))["mean"]
    score = None if mean is None else Fraction(mean)
    series = points_by_repository(visible)
    movers = [row for row in repository_rows(visible.select_related("team")) if row.change]
    movers.sort(key=lambda row: row.change or Fraction(0))
    return FleetPage(
        repositories=sum(counts.values()),
        graded=sum(count for letter, count in counts.items() if letter),
        letter=band(standard, score)[0] if score is not None else "",
        score=score,
        change=change_of_means(daily_means(series)),
        distribution=tuple((b.letter, counts.get(b.letter, 0)) for b in standard.scale),
        movers_up=tuple(row for row in reversed(movers) if row.change and row.change > 0)[:MOVERS],
        movers_down=tuple(row for row in movers if row.change and row.change < 0)[:MOVERS],
        failing=_failing(visible, standard),
        running=visible_scans(user).filter(state__in=ACTIVE_STATES).count(),
        failed=visible.exclude(last_error_id="").count(),
        trend_chart=average_chart(series, standard),
        can_add=may_add_repositories(user),
    )


def _failing(visible, standard) -> tuple[FailingItem, ...]:  # type: ignore[no-untyped-def]
    counts = (
        ChecklistItem.objects.filter(
            repository__in=visible, ruleset=DEFAULT, outcome__in=(Outcome.PASS, Outcome.FAIL)
        )
        .order_by()
        .values_list("item", "outcome")
        .annotate(Count("pk"))
    )
    failing: dict[str, int] = {}
    measured: dict[str, int] = {}
    for item, outcome, count in counts:
        measured[item] = measured.get(item, 0) + count
        if outcome == Outcome.FAIL:
            failing[item] = count
    items = {item.id: item for item in standard.items}
    areas = {area.id: area.title for area in standard.areas}
    worst = sorted((i for i in failing if i in items), key=lambda i: (-failing[i], i))[:FAILING]
    return tuple(
        FailingItem(
            items[i].title, reverse("standard-item", args=[i]), areas[items[i].area], failing[i], measured[i]
        )
        for i in worst
    )
