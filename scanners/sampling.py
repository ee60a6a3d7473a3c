"""Chooses commits of a past that stand for its months, weeks or releases. Pure: a line of commits in, samples out.

A commit's own date may be wrong: clocks run ahead, tools write 1970. The order of a line is certain, so dates are
believed where they agree with it: of all dates the most that do not contradict the order are kept (a longest
subsequence that never rises from new to old), and every other commit takes its place from its neighbours.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from scanners.history import Line

Interval = Literal["month", "week", "release"]
INTERVALS: tuple[Interval, ...] = ("month", "week", "release")
MAX_MONTHS = 120
_FIRST_BELIEVED = 2 * 86_400
"""Dates in the first two days of 1970 are the default of a broken clock, not a date."""
_AHEAD = 86_400
"""A commit may be from tomorrow by its author's clock; beyond that the date is not believed."""
_RELEASE = re.compile(r"(?:[A-Za-z][A-Za-z0-9_.-]*[-_/@])?v?\d+(?:\.\d+){1,3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Sample:
    """A commit to judge. ``at`` is its place in time, ``name`` the release, month or week it stands for."""

    commit: str
    at: datetime
    name: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A point in time or a release that no commit can stand for, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Samples, the newest first, each commit once; and what is left out."""

    samples: tuple[Sample, ...]
    gaps: tuple[Gap, ...]


def places(seconds: Sequence[int], now: datetime) -> list[int]:
    """Each commit's place in time, in seconds, newest first; never rising, never after ``now``.

    A commit whose date contradicts the others stands where the next older believed one stands, or the next newer one
    where there is none.
    """
    latest = int(now.timestamp())
    believed = [_FIRST_BELIEVED <= one <= latest + _AHEAD for one in seconds]
    kept = _never_rising([min(s, latest) if ok else None for s, ok in zip(seconds, believed, strict=True)])
    found: list[int | None] = [
        min(s, latest) if keep else None for s, keep in zip(seconds, kept, strict=True)
    ]
    last: int | None = None
    for index in range(len(found) - 1, -1, -1):
        last = found[index] = last if found[index] is None else found[index]
    fallback = next((one for one in found if one is not None), None)
    if fallback is None:
        return [min(max(s, 0), latest) for s in _falling(seconds)]
    oldest = min(one for one in found if one is not None)
    return [oldest if one is None else one for one in found]


def _falling(seconds: Sequence[int]) -> list[int]:
    """The dates as they are, pressed into the order of the line; for a line without one date to believe."""
    found, last = [], None
    for one in seconds:
        last = one if last is None else min(last, one)
        found.append(last)
    return found


def _never_rising(values: Sequence[int | None]) -> list[bool]:
    """Which of the values, newest first, belong to a longest subsequence that never rises; None never does.

    Of two that contradict each other alone the earlier date is kept: clocks run ahead more often. O(n log n).
    """
    tails: list[int] = []  # of the subsequences of each length, seen from the oldest, the smallest end
    ends: list[int] = []  # and where it is
    back: list[int] = [-1] * len(values)
    for index in range(len(values) - 1, -1, -1):
        value = values[index]
        if value is None:
            continue
        length = bisect_right(tails, value)
        back[index] = ends[length - 1] if length else -1
        if length == len(tails):
            tails.append(value)
            ends.append(index)
        else:
            tails[length], ends[length] = value, index
    kept = [False] * len(values)
    index = ends[-1] if ends else -1
    while index >= 0:
        kept[index] = True
        index = back[index]
    return kept


def boundaries(interval: Interval, months: int, now: datetime) -> list[tuple[datetime, str]]:
    """(moment, name) of the ends of the last months or weeks, newest first, all in UTC and in the past."""
    now = now.astimezone(UTC)
    found: list[tuple[datetime, str]] = []
    if interval == "week":
        moment = (now - timedelta(days=now.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
        first = _months_back(now, months)
        while moment > first:
            found.append((moment, f"week to {moment - timedelta(days=1):%Y-%m-%d}"))
            moment -= timedelta(days=7)
        return found
    moment = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for _ in range(months):
        found.append((moment, f"{moment - timedelta(days=1):%Y-%m}"))
        moment = (moment - timedelta(days=1)).replace(day=1)
    return found


def choose(line: Line, interval: Interval, months: int, now: datetime) -> Choice:
    """The last commit of each of the past months or weeks; those without a commit add none.

    ``line`` starts at the commit that is judged already, which is no sample.
    """
    when = places(line.seconds, now)
    rising = [-one for one in when]
    samples: dict[str, Sample] = {}
    gaps: list[Gap] = []
    for moment, name in boundaries(interval, months, now):
        # The first commit, newest first, that is older than the boundary.
        index = bisect_right(rising, -int(moment.timestamp()))
        if index >= len(when):
            reason = _END_REASONS.get(line.end)
            if reason:
                gaps.append(Gap(name, reason))
            continue
        commit = line.ids[index]
        if index > 0 and commit not in samples:
            samples[commit] = Sample(commit, datetime.fromtimestamp(when[index], UTC), name)
    return Choice(tuple(samples.values()), tuple(gaps))


_END_REASONS = {
    "missing": "The mirror does not hold the history of that time.",
    "limit": "The history of that time is longer than what is looked at.",
}


def choose_releases(line: Line, tags: Mapping[str, str], months: int, now: datetime) -> Choice:
    """The commits of release tags (a version such as v1.2 or api-1.2.3, no pre-release) of the last months."""
    when = places(line.seconds, now)
    place_of = {commit: index for index, commit in enumerate(line.ids)}
    first = int(_months_back(now.astimezone(UTC), months).timestamp())
    found: dict[int, str] = {}
    aside = 0
    for tag, commit in tags.items():
        if not _RELEASE.fullmatch(tag):
            continue
        index = place_of.get(commit)
        if index is None:
            aside += 1
        elif index > 0 and when[index] >= first:
            found[index] = min(tag, found.get(index, tag), key=len)
    gaps: tuple[Gap, ...] = ()
    if aside:
        reason = "Not on the line of first parents of the default branch: made on a branch of their own, or rewritten."
        gaps = (Gap(f"{aside} release tag{'s' if aside > 1 else ''}", reason),)
    return Choice(
        tuple(
            Sample(line.ids[index], datetime.fromtimestamp(when[index], UTC), found[index])
            for index in sorted(found)
        ),
        gaps,
    )


def thin(
    moments: Iterable[tuple[str, datetime]], interval: Interval, months: int, now: datetime
) -> list[str]:
    """Of (commit, when it stood), the last of each month or week of the past, newest first; all of them per release."""
    first = _months_back(now.astimezone(UTC), months)
    ordered = sorted(moments, key=lambda pair: pair[1], reverse=True)
    found: dict[str, str] = {}
    for commit, at in ordered:
        if at < first:
            break
        at = at.astimezone(UTC)
        key = f"{at:%G-%V}" if interval == "week" else f"{at:%Y-%m}" if interval == "month" else commit
        found.setdefault(key, commit)
    return list(dict.fromkeys(found.values()))


def _months_back(now: datetime, months: int) -> datetime:
    month = now.year * 12 + now.month - 1 - months
    return now.replace(
        year=max(1970, month // 12), month=month % 12 + 1, day=1, hour=0, minute=0, second=0, microsecond=0
    )
