"""Past scores as a template draws them: a step line over the bands of the grades, on plain coordinates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any

from assessments.charts import Mark, TrendPoint
from assessments.grading import band, tenths
from assessments.standard import Standard

CHANGE_DAYS = 30
"""A change is told against the last score that was known this many days before, as on the pages."""
PADDING = 8
"""Points shown above and below the scores."""
MIN_SPAN = 30
"""At least this many points are shown, so that a change of one point does not look like a fall."""
TICKS = 5
"""Dates named below the line, at most."""


@dataclass(frozen=True, slots=True)
class Trend:
    """Scores over time, in any order, and what moved them besides code."""

    points: tuple[TrendPoint, ...]
    marks: tuple[Mark, ...] = ()


def change_data(trend: Trend | None, standard: Standard) -> dict[str, str] | None:
    """How the score moved over 30 days, or since the first one where that is later; None without two scores."""
    known = [point for point in _ordered(trend) if _score(point) is not None]
    if len(known) < 2:
        return None
    last = known[-1]
    before = [point for point in known[:-1] if _moment(point.at) <= _moment(last.at) - timedelta(CHANGE_DAYS)]
    first = before[-1] if before else known[0]
    then, now = _score(first) or Fraction(0), _score(last) or Fraction(0)
    moved = now - then
    sign = "+" if moved > 0 else ""
    return {
        "points": f"{sign}{tenths(moved)}",
        "direction": "up" if moved > 0 else "down" if moved < 0 else "same",
        "since": f"{first.at:%-d %B %Y}",
        "from": band(standard, then)[0],
    }


def trend_data(trend: Trend | None, standard: Standard, most: int = 1000) -> dict[str, Any] | None:
    """Coordinates from 0 to 1 (right and up) with their words; None before there are two points.

    ``points`` without a score have no ``y``: the line breaks there. ``raw`` is the score without waivers, where they
    lift any. Of more points than ``most`` evenly many are
    left out, never the first or the last.
    """
    points = _ordered(trend)
    scores = [float(score) for score in map(_score, points) if score is not None]
    lifted = any(_score(point) != point.score for point in points)
    if lifted:
        scores += [float(point.score) for point in points if point.score is not None]
    if trend is None or len(points) < 2 or not scores:
        return None
    start, end = _moment(points[0].at), _moment(points[-1].at)
    span = (end - start).total_seconds() or 1.0
    low, high = _range(scores)

    def x(at: datetime | date) -> float:
        return round((_moment(at) - start).total_seconds() / span, 5)

    def y(score: Fraction | float | None) -> float | None:
        return None if score is None else round((float(score) - low) / (high - low), 5)

    return {
        "alt": _words(points, trend.marks, standard),
        "points": [
            {"x": x(p.at), "y": y(_score(p)), "raw": y(p.score) if lifted else None, "hollow": p.backfilled}
            for p in _thinned(points, most)
        ],
        "bands": [
            {"letter": letter, "low": y(max(low, lower)), "high": y(min(high, upper))}
            for letter, lower, upper in _families(standard)
            if upper > low and lower < high
        ],
        "lines": [{"text": str(n), "y": y(n)} for n in range(0, 101, 10) if low <= n <= high],
        "ticks": [{"text": text, "x": x(day)} for day, text in _ticks(start, end)],
        "marks": [
            {"text": mark.text, "day": f"{mark.at:%-d %B %Y}", "x": x(mark.at)}
            for mark in trend.marks
            if start <= _moment(mark.at) <= end
        ],
        "backfilled": any(point.backfilled for point in points),
        "lifted": lifted,
    }  # fmt: skip


def _ordered(trend: Trend | None) -> list[TrendPoint]:
    return sorted(trend.points if trend else (), key=lambda point: _moment(point.at))


def _thinned(points: Sequence[TrendPoint], most: int) -> Sequence[TrendPoint]:
    if len(points) <= most:
        return points
    return [points[n * (len(points) - 1) // (most - 1)] for n in range(most)]


def _score(point: TrendPoint) -> Fraction | None:
    """The effective score, as everywhere in the report."""
    return point.score if point.waived_score is None else point.waived_score


def _moment(at: datetime | date) -> datetime:
    moment = at if isinstance(at, datetime) else datetime.combine(at, time())
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _range(scores: Sequence[float]) -> tuple[float, float]:
    low, high = min(scores) - PADDING, max(scores) + PADDING
    missing = max(0.0, MIN_SPAN - (high - low)) / 2
    low, high = low - missing, high + missing
    if low < 0:
        low, high = 0.0, high - low
    if high > 100:
        low, high = max(0.0, low - (high - 100)), 100.0
    return low, high


def _families(standard: Standard) -> list[tuple[str, float, float]]:
    """The plain letters with their lower and upper bound, best first."""
    found: list[tuple[str, float, float]] = []
    upper = 100.0
    for one in sorted(standard.scale, key=lambda band: -band.lower):
        letter, lower = one.letter[:1], float(one.lower)
        if found and found[-1][0] == letter:
            found[-1] = (letter, lower, found[-1][2])
        else:
            found.append((letter, lower, upper))
        upper = lower
    return found


def _ticks(start: datetime, end: datetime) -> list[tuple[datetime, str]]:
    """Evenly spread days with their names, by month where the time is long; the same name never twice."""
    form = "%b %Y" if end - start > timedelta(days=150) else "%-d %b %Y"
    found: list[tuple[datetime, str]] = []
    for n in range(TICKS):
        day = start + (end - start) * n / (TICKS - 1)
        text = f"{day:{form}}"
        if text not in [name for _, name in found]:
            found.append((day, text))
    return found


def _words(points: Sequence[TrendPoint], marks: Sequence[Mark], standard: Standard) -> str:
    known = [(point, score) for point in points if (score := _score(point)) is not None]
    (first, then), (last, now) = known[0], known[-1]
    low, high = min(score for _, score in known), max(score for _, score in known)
    told = (
        f"Line chart of {len(known)} scores: from {tenths(then)} points ({band(standard, then)[0]}) on "
        f"{first.at:%-d %B %Y} to {tenths(now)} points ({band(standard, now)[0]}) on {last.at:%-d %B %Y}, "
        f"the lowest {tenths(low)}, the highest {tenths(high)}."
    )
    for mark in marks:
        told += f" {mark.text} on {mark.at:%-d %B %Y}."
    return told
