"""How values read: numbers, times, verdicts and code."""

from datetime import timedelta
from fractions import Fraction

import pytest
from django.template import Context, Template
from django.utils import timezone

from assessments.templatetags import formats


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (Fraction(7999, 100), "79.9"),
        (60, "60.0"),
        (59.99, "59.9"),
        (0, "0.0"),
    ],
)
def test_scores_are_cut_not_rounded(value: Fraction | float | None, shown: str) -> None:
    assert formats.tenths(value) == shown


@pytest.mark.parametrize(
    ("value", "shown", "way"),
    [
        (None, "", "level"),
        (2.45, "+2.4", "up"),
        (-1.6, "−1.6", "down"),
        (0, "±0", "level"),
        (-0.04, "±0", "level"),
    ],
)
def test_changes_carry_a_sign_and_a_direction(value: float | None, shown: str, way: str) -> None:
    assert (formats.signed(value), formats.direction(value)) == (shown, way)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Fraction(1, 7), "0.5 days"),
        (1, "1 day"),
        (Fraction(5, 2), "2.5 days"),
        (8, "8 days"),
        (None, ""),
    ],
)
def test_effort_reads_in_half_days(value: Fraction | None, shown: str) -> None:
    assert formats.days(value) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, "–"),
        (0.42, "0.4 s"),
        (59.4, "59 s"),
        (185, "3 min 05 s"),
        (7800, "2 h 10 min"),
    ],
)
def test_durations_carry_units(seconds: float | None, shown: str) -> None:
    assert formats.duration(seconds) == shown


@pytest.mark.parametrize(
    ("ago", "shown"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(minutes=3), "3 min ago"),
        (timedelta(hours=5), "5 h ago"),
        (timedelta(days=12), "12 d ago"),
        (timedelta(days=200), "6 months ago"),
        (timedelta(days=900), "2 years ago"),
        (-timedelta(hours=3, minutes=1), "in 3 h"),
    ],
)
def test_times_are_relative_with_the_exact_one_on_hover(ago: timedelta, shown: str) -> None:
    made = formats.since(timezone.now() - ago)
    assert f">{shown}</time>" in made
    assert 'title="' in made and 'datetime="' in made


def test_code_is_escaped_whatever_the_language() -> None:
    for language in ("python", "html", "no-such-language", ""):
        assert "<script" not in formats.code("<script>alert(1)</script> # x", language)
    assert "<img" not in formats.code_of('"<img src=x onerror=alert(1)>"', "a/b.py")


def test_code_carries_classes_and_no_inline_style() -> None:
    made = formats.code("def f():\n    return 1", "python")
    assert '<span class="k">def</span>' in made
    assert "style=" not in made


@pytest.mark.parametrize("values", [[], [None, None]])
def test_a_sparkline_of_nothing_is_a_dash(values: list[None]) -> None:
    assert formats.sparkline(values) == {"path": ""}


def test_a_sparkline_breaks_where_a_score_is_missing() -> None:
    made = formats.sparkline([50, None, 60, 61])
    assert made["path"].count("M") == 2
    assert made["label"] == "From 50 to 61 points"


def test_a_small_change_stays_small_in_a_sparkline() -> None:
    heights = [
        float(part.split()[1])
        for part in formats.sparkline([70, 71])["path"].replace("M", "L").split("L")[1:]
    ]
    assert abs(heights[0] - heights[1]) <= 2.5


def test_grade_badge_says_its_letter_or_that_there_is_none() -> None:
    badge = Template('{% include "components/_grade_badge.html" %}')
    assert 'data-grade="B+"' in badge.render(Context({"letter": "B+"}))
    assert "No grade" in badge.render(Context({"letter": None}))


def test_stars_have_a_text_alternative() -> None:
    made = Template('{% include "components/_stars.html" with stars=3 words="Good, can improve" %}').render(
        Context()
    )
    assert 'aria-label="3 of 5: Good, can improve"' in made
