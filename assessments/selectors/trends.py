"""Past grades as series: of one repository, a team, the fleet."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from django.db.models import QuerySet
from django.utils import timezone

from assessments.charts import Chart, Mark, TrendPoint, trend
from assessments.grading import band
from assessments.models import Assessment, Repository, RulesetVersion
from assessments.services.rulesets import DEFAULT
from assessments.standard import Standard

DAYS = 365
CHANGE_DAYS = 30
_Points = Sequence[tuple[datetime, Decimal | None]]


def points_by_repository(
    repositories: QuerySet[Repository] | Iterable[Repository],
) -> dict[int, list[tuple[datetime, Decimal | None]]]:
    """(when judged, score) of the last year by repository, oldest first; one query for all."""
    since = timezone.now() - timedelta(days=DAYS)
    rows = (
        Assessment.objects.filter(repository__in=repositories, judged_at__gte=since, ruleset__ruleset=DEFAULT)
        .order_by("judged_at", "pk")
        .values_list("repository_id", "judged_at", "effective_score")
    )
    series: dict[int, list[tuple[datetime, Decimal | None]]] = defaultdict(list)
    for repository, judged_at, score in rows:
        series[repository].append((judged_at, score))
    return series


def change_of(points: _Points, now: datetime | None = None) -> Fraction | None:
    """Points gained or lost over 30 days; None where there was no grade then, or there is none now."""
    before = (now or timezone.now()) - timedelta(days=CHANGE_DAYS)
    old = [score for at, score in points if at <= before and score is not None]
    if not points or points[-1][1] is None or not old:
        return None
    return Fraction(points[-1][1]) - Fraction(old[-1])


def change_of_means(means: Sequence[tuple[date, Fraction | None]]) -> Fraction | None:
    """Points that a daily mean gained or lost over 30 days; None as in ``change_of``."""
    before = timezone.now().date() - timedelta(days=CHANGE_DAYS)
    old = [mean for day, mean in means if day <= before and mean is not None]
    if not means or means[-1][1] is None or not old:
        return None
    return means[-1][1] - old[-1]


def sparkline_of(points: _Points) -> tuple[float | None, ...]:
    """The scores of a year, oldest first, thinned to at most two dozen."""
    scores = [None if score is None else float(score) for _, score in points]
    step = max(1, len(scores) // 24)
    return tuple(scores[::-1][::step][::-1])


def repository_chart(repository: Repository, standard: Standard, ruleset: str = DEFAULT) -> Chart | None:
    """The trend of one repository with its ruleset changes marked; None before there are two points."""
    assessments = list(
        repository.assessments.filter(
            judged_at__gte=timezone.now() - timedelta(days=DAYS), ruleset__ruleset=ruleset
        )
        .select_related("ruleset")
        .only("judged_at", "score", "effective_score", "letter", "origin", "commit", "ruleset__version")
        .order_by("judged_at", "pk")
    )
    if len(assessments) < 2:
        return None
    points = [
        TrendPoint(
            at=one.judged_at,
            score=_fraction(one.score),
            letter=one.letter or None,
            waived_score=_fraction(one.effective_score),
            backfilled=one.origin == "backfill",
            note=one.commit[:7],
        )
        for one in assessments
    ]
    marks = []
    for before, after in zip(assessments, assessments[1:], strict=False):
        if before.ruleset_id != after.ruleset_id:
            marks.append(Mark(after.judged_at, f"Ruleset {after.ruleset.version}"))
    return trend(points, standard.scale, marks)


def average_chart(
    series: dict[int, list[tuple[datetime, Decimal | None]]], standard: Standard
) -> Chart | None:
    """The mean score per day over several repositories, each carried forward; None without a single grade."""
    means = daily_means(series)
    if not means:
        return None
    first = min(day for day, _ in means)
    versions = (
        RulesetVersion.objects.filter(published_at__date__gt=first)
        .order_by("published_at")
        .values_list("published_at", "version")
    )
    marks = [Mark(published_at, f"Ruleset {version}") for published_at, version in versions]
    points = [
        TrendPoint(day, mean, band(standard, mean)[0] if mean is not None else None) for day, mean in means
    ]
    return trend(points, standard.scale, marks)


def daily_means(
    series: dict[int, list[tuple[datetime, Decimal | None]]],
) -> list[tuple[date, Fraction | None]]:
    """(day, mean score) for each day on which a repository was judged, and today."""
    by_day: dict[date, list[tuple[int, Decimal | None]]] = defaultdict(list)
    for repository, points in series.items():
        for at, score in points:
            by_day[at.date()].append((repository, score))
    if by_day:
        by_day.setdefault(timezone.now().date(), [])
    current: dict[int, Decimal | None] = {}
    means: list[tuple[date, Fraction | None]] = []
    for day in sorted(by_day):
        current.update(by_day[day])
        known = [Fraction(score) for score in current.values() if score is not None]
        means.append((day, sum(known, Fraction(0)) / len(known) if known else None))
    return means


def _fraction(score: Decimal | None) -> Fraction | None:
    return None if score is None else Fraction(score)
