"""When scans fall due: intervals, jitter, waits after failures, the maintenance window."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.timing import after_failures, in_window, known_zone, next_due, window_ends

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@given(st.integers(1, 10**6), st.integers(1, 2160))
def test_jitter_stays_within_a_twentieth_of_the_interval(key: int, hours: int) -> None:
    wait = next_due(key, hours, NOON) - NOON
    assert timedelta(hours=hours * 0.95) <= wait <= timedelta(hours=hours * 1.05)


def test_ten_thousand_repositories_fall_due_evenly() -> None:
    due = sorted(next_due(key, 24, NOON) for key in range(1, 10_001))
    minutes: dict[int, int] = {}
    for moment in due:
        minute = int((moment - due[0]).total_seconds() // 60)
        minutes[minute] = minutes.get(minute, 0) + 1
    assert max(minutes.values()) < 2 * 10_000 / len(minutes)


@pytest.mark.parametrize(
    ("hours", "failures", "unreachable", "waits"),
    [
        (24, 1, False, timedelta(days=1)),
        (24, 3, False, timedelta(days=3)),
        (24, 50, False, timedelta(days=7)),
        (1, 2, True, timedelta(days=7)),
        (168, 6, True, timedelta(days=30)),
        (2160, 3, True, timedelta(days=90)),
    ],
)
def test_what_fails_waits_longer(hours: int, failures: int, unreachable: bool, waits: timedelta) -> None:
    assert after_failures(hours, failures, unreachable=unreachable) == waits


@pytest.mark.parametrize(
    ("start", "end", "zone", "inside"),
    [
        (time(11), time(13), "UTC", True),
        (time(12), time(13), "UTC", True),
        (time(11), time(12), "UTC", False),
        (time(22), time(13), "UTC", True),
        (time(22), time(4), "UTC", False),
        (time(12, 30), time(13, 30), "Europe/Berlin", True),
        (time(7, 30), time(8), "America/New_York", False),
        (time(7), time(7, 30), "America/New_York", True),
        (time(12), time(12), "UTC", False),
        (None, None, "UTC", False),
    ],
)
def test_a_window_is_read_in_its_zone_and_may_pass_midnight(
    start: time | None, end: time | None, zone: str, inside: bool
) -> None:
    assert in_window(start, end, zone, NOON) is inside


def test_a_window_moves_with_summer_time() -> None:
    summer = datetime(2026, 7, 2, 10, 15, tzinfo=UTC)
    assert in_window(time(12), time(12, 30), "Europe/Berlin", summer)
    assert not in_window(time(12), time(12, 30), "Europe/Berlin", datetime(2026, 1, 2, 10, 15, tzinfo=UTC))


def test_the_end_of_a_window_may_be_tomorrow() -> None:
    assert window_ends(time(11), time(13), "UTC", NOON) == datetime(2026, 3, 2, 13, tzinfo=UTC)
    assert window_ends(time(11), time(4), "UTC", NOON) == datetime(2026, 3, 3, 4, tzinfo=UTC)


def test_zones_are_known_by_name() -> None:
    assert known_zone("Europe/Berlin") and not known_zone("Mars/Olympus") and not known_zone("../etc/passwd")
