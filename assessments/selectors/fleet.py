"""Page model of the start page: how the fleet stands."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from django.contrib.auth.models import AbstractUser
from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils import timezone

from assessments.charts import Chart
from assessments.choices import ACTIVE_STATES, ExportScope, Outcome
from assessments.grading import band
from assessments.listings import DISTRIBUTION, FAILING_MOST, MOVERS, chart_listing, heat_table
from assessments.models import Repository, VerdictChange
from assessments.policy import may_add_repositories, visible_repositories, visible_scans
from assessments.selectors.adoption import counts_of_items
from assessments.selectors.exports import ExportMenu, export_menu
from assessments.selectors.filters import in_chunks
from assessments.selectors.heat import HeatMap, get_heat_map
from assessments.selectors.repositories import RepositoryRow, repository_rows
from assessments.selectors.trends import average_chart, change_of_days, days_for, grades_chart
from assessments.services.rollups import CHANGE_DAYS
from assessments.services.rulesets import DEFAULT, built, current_version
from assessments.standard import Standard
from assessments.tables import Listing, Shown, everything, shown

MOST_MOVED = 5
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
class Mover:
    """A repository whose score moved, with the items whose flips went the same way, and what caused them."""

    row: RepositoryRow
    items: tuple[str, ...]
    causes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FleetPage:
    """``distribution`` is (letter, number of repositories) from best to worst."""

    repositories: int
    graded: int
    letter: str
    score: Fraction | None
    change: Fraction | None
    distribution: tuple[tuple[str, int], ...]
    movers_up: tuple[Mover, ...]
    movers_down: tuple[Mover, ...]
    failing: tuple[FailingItem, ...]
    heat_map: HeatMap | None
    running: int
    failed: int
    trend_chart: Chart | None
    grades_chart: Chart | None
    exports: ExportMenu
    can_add: bool
    failing_table: Shown
    grades_table: Shown
    heat_table: Shown
    movers_table: Shown


def get_fleet_page(user: AbstractUser) -> FleetPage:
    """The fleet as far as the person may see it."""
    visible = visible_repositories(user)
    _, standard = built(current_version())
    counts = dict(visible.order_by().values_list("letter").annotate(count=Count("*")))
    days = days_for(user, visible)
    mean = days[-1].mean if counts.keys() - {""} else None
    return FleetPage(
        repositories=sum(counts.values()),
        graded=sum(count for letter, count in counts.items() if letter),
        letter=band(standard, mean)[0] if mean is not None else "",
        score=mean,
        change=change_of_days(days),
        distribution=tuple((b.letter, counts.get(b.letter, 0)) for b in standard.scale),
        movers_up=_movers(visible.filter(change__gt=0), "-change"),
        movers_down=_movers(visible.filter(change__lt=0), "change"),
        failing=_failing(user, standard),
        heat_map=get_heat_map(user, standard),
        running=visible_scans(user).filter(state__in=ACTIVE_STATES).count(),
        failed=visible.exclude(last_error_id="").count(),
        trend_chart=average_chart(days, standard),
        grades_chart=grades_chart(days),
        exports=export_menu(ExportScope.FLEET, reverse("fleet-export")),
        can_add=may_add_repositories(user),
        failing_table=shown(FAILING_MOST),
        grades_table=shown(DISTRIBUTION),
        heat_table=shown(heat_table(())),
        movers_table=shown(MOVERS),
    )


def get_fleet_tables(user: AbstractUser, query: Mapping[str, str]) -> Listing:
    """A table of the start page whole, by its id in ``table``: all that moved, all items that fail, all teams of the
    heat map, the figures of a chart, or how many repositories have which grade."""
    visible = visible_repositories(user)
    _, standard = built(current_version())
    wanted = query.get("table", "")
    if wanted in ("trend", "grades-over-time"):
        days = days_for(user, visible)
        if wanted == "trend":
            return chart_listing(average_chart(days, standard), wanted, "Average score")
        return chart_listing(grades_chart(days), wanted, "Grades over time")
    if wanted == MOVERS.id:
        return Listing(everything(MOVERS), _all_movers(visible))
    if wanted == FAILING_MOST.id:
        return Listing(everything(FAILING_MOST), _failing(user, standard, None), "items")
    heat = get_heat_map(user, standard, None) if wanted == "areas-by-team" else None
    if heat is not None:
        return Listing(everything(heat_table(heat.areas)), heat.rows)
    counts = dict(visible.order_by().values_list("letter").annotate(count=Count("*")))
    letters = [one.letter for one in standard.scale]
    return Listing(everything(DISTRIBUTION), [(letter, counts.get(letter, 0)) for letter in [*letters, ""]])


def _all_movers(visible: QuerySet[Repository]) -> Iterator[Mover]:
    """Every repository whose score changed, from the greatest gain to the greatest loss."""
    moved = visible.exclude(change=0).filter(change__isnull=False).select_related("team")
    for chunk in in_chunks(moved.order_by("-change", "name", "pk")):
        yield from _with_causes(chunk)


def _movers(moved: QuerySet[Repository], order: str) -> tuple[Mover, ...]:
    """The repositories that moved most, each with what flipped most lately."""
    return _with_causes(list(moved.select_related("team").order_by(order, "name", "pk")[:MOST_MOVED]))


def _with_causes(rows: list[Repository]) -> tuple[Mover, ...]:
    since = timezone.now() - timedelta(days=CHANGE_DAYS)
    changes = VerdictChange.objects.filter(
        repository__in=rows,
        at__gte=since,
        assessment__ruleset__ruleset=DEFAULT,
        before__in=(Outcome.PASS, Outcome.FAIL),
        after__in=(Outcome.PASS, Outcome.FAIL),
    )
    _, standard = built(current_version())
    titles = {item.id: item.title for item in standard.items}
    flips: dict[int, list[str]] = {}
    causes: dict[int, set[str]] = {}
    rising = {one.pk: (one.change or 0) > 0 for one in rows}
    for change in changes.only("repository_id", "item", "after", "cause"):
        if (change.after == Outcome.PASS) == rising[change.repository_id]:
            flips.setdefault(change.repository_id, []).append(titles.get(change.item, change.item))
            causes.setdefault(change.repository_id, set()).add(change.get_cause_display())
    return tuple(
        Mover(row, tuple(flips.get(one.pk, ())), tuple(sorted(causes.get(one.pk, ()))))
        for one, row in zip(rows, repository_rows(rows), strict=True)
    )


def _failing(user: AbstractUser, standard: Standard, limit: int | None = FAILING) -> tuple[FailingItem, ...]:
    passing, failing = counts_of_items(user)
    items = {item.id: item for item in standard.items}
    areas = {area.id: area.title for area in standard.areas}
    worst = sorted((i for i in failing if i in items and failing[i]), key=lambda i: (-failing[i], i))
    return tuple(
        FailingItem(
            title=items[i].title,
            url=reverse("standard-item", args=[i]),
            area=areas[items[i].area],
            failing=failing[i],
            measured=failing[i] + passing.get(i, 0),
        )
        for i in worst[:limit]
    )
