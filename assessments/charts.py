"""Charts as Plotly figures (plain JSON values), each with its description and its figures as a table.

Colours are written as ``token:NAME`` or ``token:NAME/PERCENT``; the browser puts in what the design token of
that name is in the theme being shown, so one figure serves light and dark.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from assessments.grading import tenths
from assessments.standard import GradeBand

FAMILIES = ("A", "B", "C", "D", "F")
PADDING = 8
"""Points shown above and below the scores of a trend."""
MIN_SPAN = 30
"""A trend spans at least this many points, so that a change of one point does not look like a fall."""

MAX_MARKERS = 40
"""Of more points than this only the backfilled ones are marked: all marks would run into one another."""

DAYS = [{"dtickrange": [None, 2_419_200_000], "value": "%-d %b"}]
"""How an axis that is marked more often than each month writes its days: as the rest of the page does."""

UNKNOWN = "–"
"""What a table of figures has where there was no score."""

Figure = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Chart:
    """``rows`` are as wide as ``columns`` and hold every value that the figure shows. ``drawn`` is False where that is
    a single point: a sentence says it better than a field with one dot."""

    figure: Figure
    description: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    drawn: bool = True


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """``score`` is None for a time without a grade. ``waived_score`` differs where waivers lift the score;
    ``note`` says what happened, on hover; ``url`` is where a click leads, "" for nowhere."""

    at: datetime | date
    score: Fraction | None
    letter: str | None = None
    waived_score: Fraction | None = None
    backfilled: bool = False
    note: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that moved grades without a change of code, such as a new ruleset version."""

    at: datetime | date
    text: str


def trend(points: Iterable[TrendPoint], scale: Sequence[GradeBand], marks: Iterable[Mark] = ()) -> Chart:
    """The score as a step line over the bands of the grades, oldest point first."""
    ordered = sorted(points, key=lambda point: _day(point.at))
    low, high = _range([p.score for p in ordered] + [p.waived_score for p in ordered])
    data = [_score_line(ordered)]
    if any(p.waived_score is not None and p.waived_score != p.score for p in ordered):
        data.append(_waived_line(ordered))
    layout = time_layout(yaxis={"range": [low, high], "dtick": 10, "title": {"text": ""}})
    layout["xaxis"].update(_time_axis(ordered))
    layout["shapes"] = [*_bands(scale, low, high), *(_mark_line(mark) for mark in marks)]
    layout["annotations"] = [*_band_names(scale, low, high), *(_mark_name(mark) for mark in marks)]
    return Chart(
        figure={"data": data, "layout": layout},
        description=_trend_words(ordered),
        columns=("Date", "Score", "Grade", "Note"),
        rows=tuple(
            (_day(p.at), _shown(p.score), p.letter or "no grade", _note(p)) for p in reversed(ordered)
        ),
        drawn=sum(p.score is not None for p in ordered) > 1,
    )


def grades_over_time(days: Sequence[date], counts: Mapping[str, Sequence[int]]) -> Chart:
    """How many repositories stand at which grade, day by day, stacked. ``counts`` is by letter A to F."""
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": family,
            "x": [day.isoformat() for day in days],
            "y": list(counts.get(family, [0] * len(days))),
            "stackgroup": "grades",
            "line": {"width": 1, "color": f"token:grade-{family.lower()}", "shape": "hv"},
            "fillcolor": f"token:grade-{family.lower()}-soft",
            "hovertemplate": f"{family}: %{{y}}<extra></extra>",
        }
        for family in reversed(FAMILIES)
    ]
    layout = time_layout(yaxis={"rangemode": "tozero", "tickformat": "d"})
    layout["showlegend"] = True
    layout["hovermode"] = "x unified"
    last = {family: counts[family][-1] for family in FAMILIES if counts.get(family)}
    return Chart(
        figure={"data": data, "layout": layout},
        description="Repositories by grade: "
        + ", ".join(f"{count} at {family}" for family, count in last.items()),
        columns=("Date", *FAMILIES),
        rows=tuple(
            (day.isoformat(), *(str(counts[family][n]) if family in counts else "0" for family in FAMILIES))
            for n, day in reversed(list(enumerate(days)))
        ),
    )


def adoption(days: Sequence[tuple[date, int, int]]) -> Chart:
    """In what share of the repositories where it was known an item passed; ``days`` are (day, passing,
    failing), oldest first."""
    shares = [Fraction(100 * p, p + f) if p + f else None for _, p, f in days]
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": "Passing",
            "x": [day.isoformat() for day, _, _ in days],
            "y": [_number(share) for share in shares],
            "line": {"color": "token:ink", "width": 2, "shape": "hv"},
            "customdata": [[p, p + f] for _, p, f in days],
            "hovertemplate": "%{x|%-d %B %Y}<br>%{customdata[0]} of %{customdata[1]} pass<extra></extra>",
            "connectgaps": False,
        }
    ]
    layout = time_layout(yaxis={"range": [0, 100], "dtick": 25, "ticksuffix": " %"})
    return Chart(
        figure={"data": data, "layout": layout},
        description=_adoption_words(days),
        columns=("Date", "Passing", "Failing"),
        rows=tuple((day.isoformat(), str(p), str(f)) for day, p, f in reversed(days)),
        drawn=len(days) > 1,
    )


def _adoption_words(days: Sequence[tuple[date, int, int]]) -> str:
    (first, first_passing, first_failing), (last, passing, failing) = days[0], days[-1]
    begun = (
        f"Passing in {first_passing} of {first_passing + first_failing} repositories on {spoken_day(first)}"
    )
    then = f", in {passing} of {passing + failing} on {spoken_day(last)}" if len(days) > 1 else ""
    return f"{begun}{then}."


def time_layout(yaxis: Mapping[str, Any]) -> Figure:
    """What all charts share: no ground, no toolbar, few lines, our type."""
    axis = {
        "gridcolor": "token:line",
        "linecolor": "token:line",
        "tickfont": {"size": 12, "color": "token:ink-muted"},
        "zeroline": False,
        "fixedrange": True,
        "automargin": True,
    }
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"size": 12, "color": "token:ink"},
        "margin": {"l": 36, "r": 28, "t": 20, "b": 32},
        "showlegend": False,
        "hovermode": "closest",
        "hoverlabel": {
            "bgcolor": "token:raised",
            "bordercolor": "token:line-strong",
            "font": {"size": 12, "color": "token:ink"},
        },
        "xaxis": {**axis, "type": "date", "showgrid": False, "tickformatstops": DAYS},
        "yaxis": {**axis, **yaxis},
    }


def _score_line(points: Sequence[TrendPoint]) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": "Score",
        "x": [_day(point.at) for point in points],
        "y": [_number(point.score) for point in points],
        "line": {"color": "token:ink", "width": 2, "shape": "hv"},
        "marker": {
            "size": [7 if p.backfilled or len(points) <= MAX_MARKERS else 0 for p in points],
            "color": ["token:canvas" if point.backfilled else "token:ink" for point in points],
            "line": {"color": "token:ink", "width": 1.5},
        },
        "customdata": [
            [_shown(point.score), point.letter or "no grade", _note(point), point.url] for point in points
        ],
        "hovertemplate": "%{x|%-d %B %Y}<br>%{customdata[0]} points, %{customdata[1]}<br>"
        "%{customdata[2]}<extra></extra>",
        "connectgaps": False,
    }


def _waived_line(points: Sequence[TrendPoint]) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "With waivers",
        "x": [_day(point.at) for point in points],
        "y": [_number(point.waived_score) for point in points],
        "line": {"color": "token:waived", "width": 1, "shape": "hv", "dash": "dot"},
        "hovertemplate": "%{y:.1f} points with waivers<extra></extra>",
    }


def _families(scale: Sequence[GradeBand]) -> list[tuple[str, float, float]]:
    """The plain letters with their lower and upper bound, best first."""
    lower: dict[str, float] = {}
    for band in scale:
        letter = band.letter[:1]
        lower[letter] = min(float(band.lower), lower.get(letter, 100.0))
    found, upper = [], 100.0
    for letter, bound in sorted(lower.items(), key=lambda pair: -pair[1]):
        found.append((letter, bound, upper))
        upper = bound
    return found


def _bands(scale: Sequence[GradeBand], low: float, high: float) -> list[Figure]:
    return [
        {
            "type": "rect",
            "layer": "below",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "yref": "y",
            "y0": max(lower, low),
            "y1": min(upper, high),
            "fillcolor": f"token:grade-{letter.lower()}-soft/35",
            "line": {"width": 0},
        }
        for letter, lower, upper in _families(scale)
        if upper > low and lower < high and letter in FAMILIES
    ]


def _band_names(scale: Sequence[GradeBand], low: float, high: float) -> list[Figure]:
    return [
        {
            "xref": "paper",
            "x": 1,
            "xanchor": "left",
            "xshift": 8,
            "yref": "y",
            "y": (max(lower, low) + min(upper, high)) / 2,
            "text": letter,
            "showarrow": False,
            "font": {"size": 12, "color": "token:ink-muted"},
        }
        for letter, lower, upper in _families(scale)
        if min(upper, high) - max(lower, low) >= 3
    ]


def _mark_line(mark: Mark) -> Figure:
    return {
        "type": "line",
        "xref": "x",
        "x0": _day(mark.at),
        "x1": _day(mark.at),
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "line": {"color": "token:line-strong", "width": 1, "dash": "dash"},
    }


def _mark_name(mark: Mark) -> Figure:
    return {
        "xref": "x",
        "x": _day(mark.at),
        "yref": "paper",
        "y": 1,
        "yanchor": "bottom",
        "text": mark.text,
        "showarrow": False,
        "font": {"size": 11, "color": "token:ink-muted"},
    }


def _range(scores: Iterable[Fraction | None]) -> tuple[float, float]:
    known = [float(score) for score in scores if score is not None] or [50.0]
    low, high = min(known) - PADDING, max(known) + PADDING
    missing = max(0.0, MIN_SPAN - (high - low)) / 2
    low, high = low - missing, high + missing
    if low < 0:
        low, high = 0.0, high - low
    if high > 100:
        low, high = max(0.0, low - (high - 100)), 100.0
    return low, min(high, 100.0)


def _time_axis(points: Sequence[TrendPoint]) -> Figure:
    """The day of a single point; without it that is drawn on a scale of milliseconds."""
    if len({_day(point.at)[:10] for point in points}) == 1:
        return {"tickvals": [_day(points[0].at)], "tickformat": "%-d %b %Y", "tickformatstops": []}
    return {}


def _trend_words(points: Sequence[TrendPoint]) -> str:
    known = [point for point in points if point.score is not None]
    if not known:
        return "No score yet."
    first, last = known[0], known[-1]
    if len(known) == 1:
        return (
            f"One score: {_shown(last.score)} points, {last.letter or 'no grade'}, on {spoken_day(last.at)}."
        )
    return (
        f"Score from {_shown(first.score)} points ({first.letter or 'no grade'}) on {spoken_day(first.at)} "
        f"to {_shown(last.score)} points ({last.letter or 'no grade'}) on {spoken_day(last.at)}."
    )


def _note(point: TrendPoint) -> str:
    return ", ".join(part for part in (point.note, "backfilled" if point.backfilled else "") if part)


def _number(score: Fraction | None) -> float | None:
    return None if score is None else round(float(score), 2)


def _shown(score: Fraction | None) -> str:
    return UNKNOWN if score is None else tenths(score)


def _day(moment: datetime | date) -> str:
    return (
        moment.isoformat(sep=" ", timespec="minutes")[:16]
        if isinstance(moment, datetime)
        else moment.isoformat()
    )


def spoken_day(moment: datetime | date) -> str:
    return f"{moment:%-d %B %Y}"
