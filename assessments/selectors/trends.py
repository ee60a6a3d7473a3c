"""Past grades as series: of one repository, a team, the fleet."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from django.contrib.auth.models import AbstractUser
from django.db.models import Count, Q, QuerySet, Sum
from django.urls import reverse
from django.utils import timezone

from assessments.charts import FAMILIES, Chart, Mark, TrendPoint, grades_over_time, trend
from assessments.choices import Origin
from assessments.grading import band, tenths
from assessments.models import Assessment, Repository, RulesetVersion, Team, TeamDay
from assessments.policy import is_admin, visible_teams
from assessments.services.rollups import CHANGE_DAYS, DAYS, SPARKLINE_POINTS
from assessments.services.rulesets import DEFAULT
from assessments.standard import Standard


@dataclass(frozen=True, slots=True)
class Day:
    """How some repositories stood at the end of a day, today as of now. ``letters`` counts by letter."""

    day: date
    mean: Fraction | None
    letters: Mapping[str, int]


def days_of(teams: Collection[Team] | None, repositories: QuerySet[Repository]) -> tuple[Day, ...]:
    """The days of the last year that were rolled up, oldest first, of these teams together, of the whole fleet
    for None; today from ``repositories``, which are theirs, since a scan may just have ended."""
    today = timezone.now().date()
    rows = TeamDay.objects.filter(day__gte=today - timedelta(days=DAYS), day__lt=today)
    rows = rows.filter(team__isnull=True) if teams is None else rows.filter(team__in=teams)
    sums: dict[date, Decimal] = defaultdict(Decimal)
    graded: dict[date, int] = defaultdict(int)
    letters: dict[date, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for day, score_sum, count, of_day in rows.values_list("day", "score_sum", "graded", "letters"):
        sums[day] += score_sum
        graded[day] += count
        for letter, number in of_day.items():
            letters[day][letter] += number
    days = [
        Day(day, Fraction(sums[day]) / graded[day] if graded[day] else None, letters[day])
        for day in sorted(sums)
    ]
    now = list(
        repositories.filter(letter__gt="")
        .order_by()
        .values_list("letter")
        .annotate(count=Count("*"), total=Sum("score"), scores=Count("score"))
    )
    if scored := sum(scores for _, _, _, scores in now):
        total = sum((Fraction(score_sum or 0) for _, _, score_sum, _ in now), Fraction(0))
        days.append(Day(today, total / scored, {letter: count for letter, count, _, _ in now}))
    return tuple(days)


def days_for(user: AbstractUser, repositories: QuerySet[Repository]) -> tuple[Day, ...]:
    """The days of all that the person may see; ``repositories`` are the visible ones."""
    return days_of(None if is_admin(user) else list(visible_teams(user)), repositories)


def thinned(days: Sequence[Day]) -> tuple[Day, ...]:
    """What a chart shows: every day of the last 30, before that one in seven, and always the first."""
    if not days:
        return ()
    last = days[-1].day
    near = [(last - day.day).days <= CHANGE_DAYS or (last - day.day).days % 7 == 0 for day in days]
    return tuple(day for n, day in enumerate(days) if n == 0 or near[n])


def change_of_days(days: Sequence[Day]) -> Fraction | None:
    """Points that the daily mean gained or lost over 30 days; None where there was no grade then, or is none
    now."""
    before = timezone.now().date() - timedelta(days=CHANGE_DAYS)
    old = [day.mean for day in days if day.day <= before and day.mean is not None]
    if not days or days[-1].mean is None or not old:
        return None
    return days[-1].mean - old[-1]


@dataclass(frozen=True, slots=True)
class TeamTrend:
    """``change`` in points over 30 days, ``sparkline`` the means of a year, oldest first."""

    change: Fraction | None
    sparkline: tuple[float | None, ...]


def team_trends(means: Mapping[int, Fraction | None]) -> dict[int, TeamTrend]:
    """The trend of each team, by id, that ends with its given mean of today; one query for all.

    Reads two dozen days of the year and the one of 30 days ago, never the whole year.
    """
    today = timezone.now().date()
    step = -(-DAYS // SPARKLINE_POINTS)
    before = today - timedelta(days=CHANGE_DAYS)
    sampled = {today - timedelta(days=step * n) for n in range(1, SPARKLINE_POINTS)} | {before}
    rows = TeamDay.objects.filter(team__in=means.keys(), day__in=sampled).order_by("day")
    past: dict[int, dict[date, Fraction | None]] = defaultdict(dict)
    for team, day, score_sum, graded in rows.values_list("team_id", "day", "score_sum", "graded"):
        past[team][day] = Fraction(score_sum) / graded if graded else None
    trends = {}
    for team, mean in means.items():
        line = [None if value is None else float(value) for value in past[team].values()]
        then = past[team].get(before)
        trends[team] = TeamTrend(
            change=None if mean is None or then is None else mean - then,
            sparkline=(*line, None if mean is None else float(mean)),
        )
    return trends


def repository_chart(
    repository: Repository, standard: Standard, ruleset: str = DEFAULT, *, by_today: bool = False
) -> Chart | None:
    """The trend of one repository with its ruleset changes marked; None before there are two points.

    As judged then: what stood, and before the first scan what a backfill found. ``by_today`` shows only what the
    ruleset version in force judged, then or in a backfill.
    """
    lately = Q(judged_at__gte=timezone.now() - timedelta(days=DAYS)) | Q(origin=Origin.BACKFILL)
    rows = (
        repository.assessments.filter(lately, ruleset__ruleset=ruleset)
        .select_related("ruleset")
        .only(
            "repository",
            "as_of",
            "judged_at",
            "score",
            "effective_score",
            "letter",
            "origin",
            "commit",
            "verdicts",
            "ruleset__version",
            "ruleset__current",
        )
        .order_by("pk")
    )
    assessments = _by_today(rows) if by_today else _as_judged_then(rows)
    if len(assessments) < 2:
        return None
    compare = reverse("repository-compare", args=[repository.slug])
    before_each = [None, *assessments]
    titles = [item.title for item in standard.items]
    points = [
        TrendPoint(
            at=_stood_from(one),
            score=_fraction(one.score),
            letter=one.letter or None,
            waived_score=_fraction(one.effective_score),
            backfilled=one.origin == Origin.BACKFILL,
            note=one.commit[:7] + _compared(before, one, titles),
            url=f"{compare}?from={before.pk}&to={one.pk}" if before else "",
        )
        for before, one in zip(before_each, assessments, strict=False)
    ]
    marks = []
    for before, after in zip(assessments, assessments[1:], strict=False):
        if before.ruleset_id != after.ruleset_id:
            marks.append(Mark(_stood_from(after), f"Ruleset {after.ruleset.version}"))
    return trend(points, standard.scale, marks)


def _compared(before: Assessment | None, one: Assessment, titles: Sequence[str]) -> str:
    """How an assessment differs from the one before: points, and what flipped; names only where ``titles`` are those of
    its own items."""
    if before is None or before.score is None or one.score is None:
        return ""
    points = f"; {_signed(one.score - before.score)} points"
    if before.ruleset_id != one.ruleset_id or len(before.verdicts) != len(one.verdicts):
        return points
    flips = [n for n, (old, new) in enumerate(zip(before.verdicts, one.verdicts, strict=True)) if old != new]
    if not flips:
        return points
    named = (
        [f"{titles[n]} {_BECAME[one.verdicts[n]]}" for n in flips[:3]]
        if len(titles) == len(one.verdicts)
        else []
    )
    more = f" and {len(flips) - 3} more" if named and len(flips) > 3 else ""
    said = f": {', '.join(named)}{more}" if named else ""
    return f"{points}, {len(flips)} verdict{'' if len(flips) == 1 else 's'} changed{said}"


def _signed(points: Decimal) -> str:
    return f"{'−' if points < 0 else '+'}{tenths(Fraction(abs(points)))}"


_BECAME = {"p": "passes", "f": "fails", "n": "does not apply", "u": "is unknown"}


def _stood_from(assessment: Assessment) -> datetime:
    """From when the assessment stood: a backfilled one from its commit's place in time."""
    return assessment.as_of if assessment.origin == Origin.BACKFILL else assessment.judged_at


def _as_judged_then(rows: Iterable[Assessment]) -> list[Assessment]:
    """What scans judged, and of commits that no scan judged the latest backfill; oldest first."""
    listed = list(rows)
    scanned = {one.commit for one in listed if one.origin != Origin.BACKFILL}
    latest = {
        one.commit: one for one in listed if one.origin == Origin.BACKFILL and one.commit not in scanned
    }
    chosen = [one for one in listed if one.origin != Origin.BACKFILL]
    return sorted([*chosen, *latest.values()], key=_stood_from)


def _by_today(rows: Iterable[Assessment]) -> list[Assessment]:
    return sorted((one for one in rows if one.ruleset.current), key=_stood_from)


def average_chart(days: Sequence[Day], standard: Standard) -> Chart | None:
    """The mean score per day, with what moved it besides code marked; None without a single grade."""
    if not any(day.mean is not None for day in days):
        return None
    versions = (
        RulesetVersion.objects.filter(ruleset=DEFAULT, published_at__date__gt=days[0].day)
        .order_by("published_at")
        .values_list("published_at", "version")
    )
    marks = [Mark(published_at, f"Ruleset {version}") for published_at, version in versions]
    points = [
        TrendPoint(one.day, one.mean, band(standard, one.mean)[0] if one.mean is not None else None)
        for one in thinned(days)
    ]
    return trend(points, standard.scale, marks)


def grades_chart(days: Sequence[Day]) -> Chart | None:
    """How many repositories stood at which grade, stacked; None before there are two days."""
    if len(days) < 2:
        return None
    shown = thinned(days)
    counts = {
        family: [sum(count for letter, count in one.letters.items() if letter[:1] == family) for one in shown]
        for family in FAMILIES
    }
    return grades_over_time([one.day for one in shown], counts)


def _fraction(score: Decimal | None) -> Fraction | None:
    return None if score is None else Fraction(score)
