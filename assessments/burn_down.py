"""The burn-down of a plan: the steps that are left day by day, beside how many its phases would leave."""

from collections.abc import Sequence
from datetime import date

from assessments.charts import Chart, Figure, spoken_day, time_layout


def burn_down(
    *, starts_on: date, phases: Sequence[tuple[date | None, int]], done: Sequence[date], today: date
) -> Chart | None:
    """``phases`` are (end, steps) in order, ``done`` the day of each step that is done. None without a step."""
    total = sum(steps for _, steps in phases)
    if not total:
        return None
    planned = _planned(starts_on, phases, total)
    left = _left(min([starts_on, today, *done]), sorted(done), total, today)
    data = [
        _line("As planned", planned, {"color": "token:ink-muted", "width": 1, "dash": "dot"}),
        _line("Left", left, {"color": "token:accent", "width": 2, "shape": "hv"}),
    ]
    layout = time_layout(yaxis={"rangemode": "tozero", "tickformat": "d"})
    layout["showlegend"] = True
    layout["legend"] = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}
    layout["margin"] = {**layout["margin"], "t": 32}
    end = planned[-1][0] if len(planned) > 1 else None
    return Chart(
        figure={"data": data, "layout": layout},
        description=f"{left[-1][1]} of {total} steps left on {spoken_day(today)}"
        + (f"; as planned, none is left on {spoken_day(end)}." if end else "."),
        columns=("Date", "Steps left", "As planned"),
        rows=tuple(
            (day.isoformat(), str(dict(left).get(day, "")), str(dict(planned).get(day, "")))
            for day in sorted({day for day, _ in (*planned, *left)}, reverse=True)
        ),
    )


def _planned(
    starts_on: date, phases: Sequence[tuple[date | None, int]], total: int
) -> list[tuple[date, int]]:
    points, left = [(starts_on, total)], total
    for end, steps in phases:
        left -= steps
        if end is not None:
            points.append((end, left))
    return points


def _left(begins: date, done: Sequence[date], total: int, today: date) -> list[tuple[date, int]]:
    points = [(begins, total)]
    for n, day in enumerate(done, start=1):
        if points[-1][0] == day:
            points.pop()
        points.append((day, total - n))
    if points[-1][0] < today:
        points.append((today, points[-1][1]))
    return points


def _line(name: str, points: Sequence[tuple[date, int]], style: Figure) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": [day.isoformat() for day, _ in points],
        "y": [left for _, left in points],
        "line": style,
        "marker": {"size": 5, "color": style["color"]},
        "hovertemplate": "%{x|%-d %B %Y}: %{y} " + name.lower() + "<extra></extra>",
    }
