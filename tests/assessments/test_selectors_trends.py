"""Past grades as series: what changed in a month, a mean carried forward, charts only where there is a line."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from django.utils import timezone

from assessments.selectors.trends import (
    average_chart,
    change_of,
    daily_means,
    points_by_repository,
    repository_chart,
    sparkline_of,
)
from assessments.services.rulesets import built
from tests import factories

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


@pytest.mark.parametrize(
    ("points", "change"),
    [
        ([], None),
        ([(1, "60")], None),  # nothing to compare with
        ([(31, "60"), (1, "62.5")], Fraction(5, 2)),
        ([(90, "10"), (30, "60"), (29, "70"), (1, "50")], Fraction(-10)),  # the last one known 30 days ago
        ([(31, "60")], Fraction(0)),  # unchanged since
        ([(31, None), (1, "60")], None),
        ([(31, "60"), (1, None)], None),
    ],
)
def test_a_change_is_against_thirty_days_ago(
    points: list[tuple[float, str | None]], change: Fraction | None
) -> None:
    series = [(days_ago(days), None if score is None else Decimal(score)) for days, score in points]
    assert change_of(series, NOW) == change


def test_a_sparkline_keeps_the_latest_and_gaps() -> None:
    points = [(days_ago(200 - n), None if n == 199 else Decimal(n)) for n in range(201)]
    line = sparkline_of(points)
    assert len(line) <= 26 and line[-1] == 200.0
    assert sparkline_of(points[-2:]) == (None, 200.0)
    assert sparkline_of([]) == ()


def test_a_mean_carries_each_repository_forward() -> None:
    series = {
        1: [(days_ago(3), Decimal(40)), (days_ago(1), Decimal(60))],
        2: [(days_ago(2), Decimal(80))],
        3: [(days_ago(2), None)],
    }
    means = dict(daily_means(series))
    assert means[days_ago(3).date()] == 40
    assert means[days_ago(2).date()] == 60
    assert means[days_ago(1).date()] == 70
    assert means[timezone.now().date()] == 70
    assert daily_means({}) == []


@pytest.mark.django_db
def test_charts_start_where_there_is_something_to_draw() -> None:
    repository = factories.repository()
    _, standard = built(factories.ruleset())
    assert repository_chart(repository, standard) is None
    assert average_chart({}, standard) is None
    now = timezone.now()
    factories.assessment(repository, {"testing.unit": "fail"}, now=now - timedelta(days=9))
    assert repository_chart(repository, standard) is None
    factories.assessment(repository, commit="b" * 40, now=now)
    assert repository_chart(repository, standard) is not None
    series = points_by_repository([repository])
    assert [at for at, _ in series[repository.pk]] == [now - timedelta(days=9), now]
    assert average_chart(series, standard) is not None
