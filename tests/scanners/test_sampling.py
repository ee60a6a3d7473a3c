"""Choosing commits that stand for months, weeks and releases, whatever their dates claim."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from scanners.history import Line
from scanners.sampling import boundaries, choose, choose_releases, places, thin

NOW = datetime(2026, 3, 18, 12, 0, tzinfo=UTC)  # a Wednesday


def at(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())


def line(*days: str, end: str = "root") -> Line:
    """A line whose commits are from these days, newest first; their ids are the days."""
    return Line(days, tuple(at(day) for day in days), end)  # type: ignore[arg-type]


def test_the_last_commit_of_each_month_newest_first() -> None:
    found = choose(
        line("2026-03-10", "2026-02-27", "2026-02-03", "2026-01-31", "2025-12-24"), "month", 4, NOW
    )
    assert [(one.commit, one.name) for one in found.samples] == [
        ("2026-02-27", "2026-02"),
        ("2026-01-31", "2026-01"),
        ("2025-12-24", "2025-12"),
    ]
    assert [one.at for one in found.samples][0] == datetime(2026, 2, 27, tzinfo=UTC)
    assert found.gaps == ()


def test_a_month_without_a_commit_adds_no_point_and_the_judged_one_is_none() -> None:
    found = choose(line("2025-10-05", "2025-07-01"), "month", 12, NOW)
    assert [one.commit for one in found.samples] == ["2025-07-01"]


def test_weeks_end_on_sunday() -> None:
    found = boundaries("week", 1, NOW)
    assert found[0] == (datetime(2026, 3, 16, tzinfo=UTC), "week to 2026-03-15")
    assert all((one - two).days == 7 for (one, _), (two, _) in zip(found, found[1:], strict=False))
    assert len(boundaries("month", 12, NOW)) == 12


def test_a_history_that_ends_early_says_which_months_are_missing() -> None:
    found = choose(line("2026-03-10", "2026-02-27", end="missing"), "month", 3, NOW)
    assert [one.commit for one in found.samples] == ["2026-02-27"]
    assert [(gap.name, "does not hold" in gap.reason) for gap in found.gaps] == [
        ("2026-01", True),
        ("2025-12", True),
    ]
    assert choose(line("2026-03-10", end="root"), "month", 3, NOW).gaps == ()


def test_dates_of_1970_and_of_the_future_take_their_place_from_their_neighbours() -> None:
    given = [at("2026-03-01"), 0, at("2031-01-01"), at("2026-01-05"), at("2025-12-01"), 7]
    assert places(given, NOW) == [
        at("2026-03-01"),
        at("2026-01-05"),
        at("2026-01-05"),
        at("2026-01-05"),
        at("2025-12-01"),
        at("2025-12-01"),
    ]
    assert places([0, 0, 0], NOW) == [0, 0, 0]
    assert places([at("2090-01-01")], NOW) == [int(NOW.timestamp())]
    assert places([], NOW) == []


def test_one_clock_that_ran_ahead_moves_no_other_commit() -> None:
    ordered = [at(f"2026-0{month}-01") for month in (3, 2, 1)]
    assert places([ordered[0], at("2026-03-09"), ordered[1], ordered[2]], NOW) == [
        ordered[0],
        ordered[1],
        ordered[1],
        ordered[2],
    ]


@given(st.lists(st.integers(0, 3 * 10**9), max_size=60))
def test_places_never_rise_and_never_lie_ahead(seconds: list[int]) -> None:
    found = places(seconds, NOW)
    assert len(found) == len(seconds)
    assert found == sorted(found, reverse=True)
    assert all(0 <= one <= NOW.timestamp() for one in found)
    honest = sorted((s for s in seconds if 2 * 86_400 <= s <= NOW.timestamp()), reverse=True)
    assert places(honest, NOW) == honest


def test_releases_are_versions_on_the_line() -> None:
    past = line("2026-03-10", "2026-02-27", "2026-02-03", "2024-01-01")
    tags = {
        "v1.2": "2026-02-27",
        "v1.2.0": "2026-02-27",
        "api-1.1.0": "2026-02-03",
        "v2.0-rc1": "2026-02-03",
        "nightly": "2026-02-03",
        "v0.1": "2024-01-01",
        "v9.0": "elsewhere",
        "v1.3": "2026-03-10",
    }
    found = choose_releases(past, tags, 12, NOW)
    assert [(one.commit, one.name) for one in found.samples] == [
        ("2026-02-27", "v1.2"),
        ("2026-02-03", "api-1.1.0"),
    ]
    assert [gap.name for gap in found.gaps] == ["1 release tag"]


def test_judged_commits_are_thinned_to_the_last_of_each_month() -> None:
    moments = [(f"c{n}", NOW - timedelta(days=9 * n)) for n in range(8)]
    assert thin(moments, "month", 12, NOW) == ["c0", "c2", "c6"]
    assert len(thin(moments, "release", 12, NOW)) == 8
    assert thin(moments, "month", 1, NOW) == ["c0", "c2"]
