"""When scans fall due: pure arithmetic on intervals, jitter and the maintenance window."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

MIN_HOURS, MAX_HOURS = 1, 24 * 90


def known_zone(name: str) -> bool:
    """True for the name of a time zone."""
    return name in available_timezones()


def next_due(key: int, hours: int, now: datetime) -> datetime:
    """``now`` plus the interval; ``key`` spreads it over a tenth of the interval, so that not all fall due at once."""
    spread = (key * 2654435761 % 1000) / 1000  # Knuth's multiplicative hash, from 0 to 1
    return now + timedelta(hours=hours * (0.95 + spread / 10))


def after_failures(hours: int, failures: int, *, unreachable: bool) -> timedelta:
    """How long to wait after so many failures in a row: one interval more for each, up to seven.

    An unreachable repository waits a week at least, and a month at most however long its interval is.
    """
    waits = timedelta(hours=hours) * min(max(failures, 1), 7)
    if unreachable:
        waits = max(timedelta(days=7), waits)
    return min(waits, max(timedelta(days=30), timedelta(hours=hours)))


def in_window(start: time | None, end: time | None, zone: str, now: datetime) -> bool:
    """True where ``now`` lies in the daily window from ``start`` up to but not including ``end`` in ``zone``.

    A window may pass midnight; one without a length is none.
    """
    if start is None or end is None or start == end:
        return False
    here = now.astimezone(ZoneInfo(zone)).time().replace(tzinfo=None)
    return start <= here < end if start < end else here >= start or here < end


def window_ends(start: time, end: time, zone: str, now: datetime) -> datetime:
    """When the window that ``now`` lies in ends."""
    here = now.astimezone(ZoneInfo(zone))
    ends = here.replace(hour=end.hour, minute=end.minute, second=end.second, microsecond=0)
    return ends if ends > here else ends + timedelta(days=1)
