"""Charts of past grades start where there is something to draw."""

from datetime import timedelta

import pytest
from django.utils import timezone

from assessments.selectors.trends import Day, average_chart, change_of_days, grades_chart, repository_chart
from assessments.services.rulesets import built
from tests import factories

pytestmark = pytest.mark.django_db


def test_charts_start_where_there_is_something_to_draw() -> None:
    repository = factories.repository()
    _, standard = built(factories.ruleset())
    assert repository_chart(repository, standard) is None
    now = timezone.now()
    today = now.date()
    assert average_chart((), standard) is None and grades_chart(()) is None
    assert average_chart((Day(today, None, {}),), standard) is None
    factories.assessment(repository, {"testing.unit": "fail"}, now=now - timedelta(days=9))
    assert repository_chart(repository, standard) is None
    factories.assessment(repository, commit="b" * 40, now=now)
    assert repository_chart(repository, standard) is not None


def test_a_change_of_days_is_against_thirty_days_ago() -> None:
    today = timezone.now().date()
    month_ago = today - timedelta(days=30)
    assert change_of_days(()) is None
    assert change_of_days((Day(today, 60, {}),)) is None  # type: ignore[arg-type]
    assert change_of_days((Day(month_ago, 50, {}), Day(today, 60, {}))) == 10  # type: ignore[arg-type]
    assert change_of_days((Day(month_ago, None, {}), Day(today, 60, {}))) is None  # type: ignore[arg-type]


def test_grades_over_time_add_up() -> None:
    today = timezone.now().date()
    chart = grades_chart(
        (Day(today - timedelta(days=1), None, {"A+": 1, "A-": 2, "F": 1}), Day(today, None, {"B": 4}))
    )
    assert chart is not None
    assert chart.rows == (
        (today.isoformat(), "0", "4", "0", "0", "0"),
        ((today - timedelta(days=1)).isoformat(), "3", "0", "0", "0", "1"),
    )


def test_a_point_says_how_it_differs_from_the_one_before() -> None:
    repository = factories.repository()
    factories.assessment(repository, now=timezone.now() - timedelta(days=3))
    worse = {"testing.unit": "fail", "testing.e2e": "fail", "devops.ci": "fail", "logging.present": "unknown"}
    factories.assessment(repository, worse, commit="b" * 40, now=timezone.now())
    repository.refresh_from_db()
    assert repository.current
    chart = repository_chart(repository, built(repository.current.ruleset)[1])
    assert chart
    notes = [row[3] for row in chart.rows]
    assert notes[1] == "aaaaaaa"
    assert notes[0].startswith("bbbbbbb; −") and "4 verdicts changed" in notes[0] and "and 1 more" in notes[0]
    assert "Unit tests fails" in notes[0] or "fails" in notes[0]
