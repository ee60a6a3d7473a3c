"""Charts: valid Plotly figures, told in words and in a table as well."""

import json
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import plotly.graph_objects as go
import pytest

from assessments.charts import Chart, Mark, TrendPoint, grades_over_time, trend
from tests.assessments.rows import shipped_standard


def drawable(value: Any) -> Any:
    """The figure as the browser sees it: every token replaced by a colour."""
    if isinstance(value, str):
        return "#123456" if value.startswith("token:") else value
    if isinstance(value, list):
        return [drawable(entry) for entry in value]
    if isinstance(value, dict):
        return {key: drawable(entry) for key, entry in value.items()}
    return value


def point(day: int, score: str | None, **changes: Any) -> TrendPoint:
    value = None if score is None else Fraction(score)
    return TrendPoint(
        datetime(2024, 5, day, 9, 30, tzinfo=UTC), value, None if score is None else "B", **changes
    )


def drawn(*points: TrendPoint, marks: tuple[Mark, ...] = ()) -> Chart:
    return trend(points, shipped_standard().scale, marks)


@pytest.mark.parametrize(
    "points",
    [
        (),
        (point(1, None),),
        (point(1, "60"),),
        (point(2, "99.9"), point(1, "0.1")),
        (point(1, "0"), point(2, "100")),
    ],
)
def test_trend_is_a_valid_figure_within_the_scale(points: tuple[TrendPoint, ...]) -> None:
    chart = drawn(*points)
    go.Figure(drawable(chart.figure))
    json.dumps(chart.figure, allow_nan=False)
    low, high = chart.figure["layout"]["yaxis"]["range"]
    assert 0 <= low < high <= 100


def test_trend_runs_from_old_to_new_whatever_the_order_given() -> None:
    line = drawn(point(3, "70"), point(1, "60")).figure["data"][0]
    assert line["x"] == ["2024-05-01 09:30", "2024-05-03 09:30"]
    assert line["y"] == [60.0, 70.0]
    assert line["line"]["shape"] == "hv"


def test_backfilled_points_are_hollow() -> None:
    marker = drawn(point(1, "60", backfilled=True), point(2, "60")).figure["data"][0]["marker"]
    assert marker["color"] == ["token:canvas", "token:ink"]


def test_waivers_are_a_second_line_only_where_they_change_the_score() -> None:
    assert len(drawn(point(1, "60", waived_score=Fraction(60))).figure["data"]) == 1
    assert drawn(point(1, "60", waived_score=Fraction(64))).figure["data"][1]["name"] == "With waivers"


def test_bands_meet_without_gap_and_marks_are_labelled() -> None:
    layout = drawn(point(1, "10"), point(2, "90"), marks=(Mark(date(2024, 5, 2), "Ruleset 1.1"),)).figure[
        "layout"
    ]
    bands = [shape for shape in layout["shapes"] if shape["type"] == "rect"]
    assert [band["y0"] for band in bands][:-1] == [band["y1"] for band in bands][1:]
    assert [note["text"] for note in layout["annotations"]] == ["A", "B", "C", "D", "F", "Ruleset 1.1"]


def test_description_and_table_hold_what_the_line_shows() -> None:
    chart = drawn(point(1, "52.15"), point(3, "59.99", note="3f9c2e1b"))
    assert chart.description == "Score from 52.1 points (B) on 1 May 2024 to 59.9 points (B) on 3 May 2024."
    assert chart.rows[0] == ("2024-05-03 09:30", "59.9", "B", "3f9c2e1b")
    assert all(len(row) == len(chart.columns) for row in chart.rows)


def test_grades_over_time_stack_from_the_worst_up() -> None:
    chart = grades_over_time([date(2024, 5, 1), date(2024, 5, 2)], {"A": [1, 2], "F": [3, 0]})
    go.Figure(drawable(chart.figure))
    assert [trace["name"] for trace in chart.figure["data"]] == ["F", "D", "C", "B", "A"]
    assert chart.rows == (("2024-05-02", "2", "0", "0", "0", "0"), ("2024-05-01", "1", "0", "0", "0", "3"))
    assert chart.description == "Repositories by grade: 2 at A, 0 at F"
