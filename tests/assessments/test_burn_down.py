"""The burn-down of a plan: what is left on each day, beside what was planned."""

from datetime import date

from assessments.burn_down import burn_down

START, TODAY = date(2026, 3, 2), date(2026, 3, 20)
PHASES = ((date(2026, 3, 15), 2), (date(2026, 3, 29), 3))


def test_steps_fall_on_the_days_they_were_done() -> None:
    chart = burn_down(
        starts_on=START,
        phases=PHASES,
        done=[date(2026, 3, 9), date(2026, 3, 4), date(2026, 3, 4)],
        today=TODAY,
    )
    assert chart is not None
    planned, left = chart.figure["data"]
    assert list(zip(planned["x"], planned["y"], strict=True)) == [
        ("2026-03-02", 5),
        ("2026-03-15", 3),
        ("2026-03-29", 0),
    ]
    assert list(zip(left["x"], left["y"], strict=True)) == [
        ("2026-03-02", 5),
        ("2026-03-04", 3),
        ("2026-03-09", 2),
        ("2026-03-20", 2),
    ]
    assert (
        chart.description == "2 of 5 steps left on 20 March 2026; as planned, none is left on 29 March 2026."
    )
    assert chart.columns == ("Date", "Steps left", "As planned")
    assert chart.rows[0] == ("2026-03-29", "", "0")
    assert chart.rows[-1] == ("2026-03-02", "5", "5")


def test_work_before_the_start_and_a_plan_of_the_future_have_their_place() -> None:
    early = burn_down(starts_on=START, phases=PHASES, done=[date(2026, 2, 20)], today=TODAY)
    assert early is not None and early.figure["data"][1]["x"][0] == "2026-02-20"
    future = burn_down(starts_on=date(2026, 6, 1), phases=PHASES, done=[], today=TODAY)
    assert future is not None and future.figure["data"][1]["y"] == [5]


def test_a_plan_without_steps_or_dates_has_no_line_to_hold_to() -> None:
    assert burn_down(starts_on=START, phases=(), done=[], today=TODAY) is None
    undated = burn_down(starts_on=START, phases=((None, 2),), done=[], today=TODAY)
    assert undated is not None and undated.description == "2 of 2 steps left on 20 March 2026."
