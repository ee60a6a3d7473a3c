"""Finds the commit at which a verdict became what it is, by bisecting a line of commits.

Pure: the line and a way to judge one commit in, the flip out. An item may have flipped more than once on the way;
then one of the flips is found (there always is one that ends at the verdict asked for), and it is said that others
were seen.
"""

from collections.abc import Callable, Sequence
from typing import Literal

from scanners.values import dataclass, replace

OutcomeOf = Callable[[str], str | None]
"""The verdict at a commit, None where it cannot be judged."""

Result = Literal["found", "range", "budget", "not-there"]


@dataclass(frozen=True, slots=True)
class FoundFlip:
    """``commit`` made the verdict ``after``; right before it, it was ``before``.

    ``result`` is ``range`` where commits next to it cannot be judged, so that it was one of ``candidates`` (oldest
    first, ``commit`` the last of them), ``budget`` where no more commits could be judged, and ``not-there`` where the
    ends of the line do not differ in that way. ``others`` is True where the verdict was seen to flip elsewhere, too.
    """

    result: Result
    commit: str = ""
    before: str = ""
    after: str = ""
    candidates: tuple[str, ...] = ()
    others: bool = False
    judged: int = 0


def find_flip(line: Sequence[str], after: str, outcome_of: OutcomeOf, *, budget: int = 40) -> FoundFlip:
    """The commit of ``line`` (oldest first; the first one is where it was otherwise) that made the verdict ``after``.

    Judges at most ``budget`` commits: the two ends, and one for each halving, so 40 is plenty for any line.
    """
    seen: dict[int, str | None] = {}

    def look(index: int) -> str | None:
        if index not in seen:
            seen[index] = outcome_of(line[index])
        return seen[index]

    if len(line) < 2:
        return FoundFlip("not-there")
    low, high = 0, len(line) - 1
    first, last = look(low), look(high)
    if last != after or first is None or first == after:
        return FoundFlip("not-there", before=first or "", after=last or "", judged=len(seen))
    while high - low > 1:
        middle = _nearest(low, high, seen)
        if middle is None:
            break  # all commits between cannot be judged
        if len(seen) >= budget and middle not in seen:
            return _found("budget", line, low, high, after, seen)
        outcome = look(middle)
        if outcome == after:
            high = middle
        elif outcome is not None:
            low = middle
    return _found("found" if high - low == 1 else "range", line, low, high, after, seen)


def latest_flip(line: Sequence[str], outcome_of: OutcomeOf, *, budget: int = 60) -> FoundFlip:
    """The commit of ``line`` (oldest first) since which the verdict is what it is at its end.

    Looks back in steps that double until the verdict is another one, and bisects from there, so that a late flip
    costs few commits however long the line is. A verdict that came and went within one step is not seen.
    """
    seen: dict[str, str | None] = {}

    def remembered(commit: str) -> str | None:
        if commit not in seen:
            seen[commit] = outcome_of(commit)
        return seen[commit]

    if not line:
        return FoundFlip("not-there")
    last = len(line) - 1
    after = remembered(line[last])
    if after is None:
        return FoundFlip("not-there", judged=1)
    upper, step = last, 1
    while upper > 0 and len(seen) < budget:
        lower = max(0, last - step)
        outcome = remembered(line[lower])
        if outcome is not None and outcome != after:
            found = find_flip(
                line[lower : upper + 1], after, remembered, budget=max(2, budget - len(seen) + 2)
            )
            return replace(found, judged=len(seen))
        if outcome == after:
            upper = lower
        if lower == 0:
            break
        step *= 2
    return FoundFlip("not-there", before=after, after=after, judged=len(seen))


def _nearest(low: int, high: int, seen: dict[int, str | None]) -> int | None:
    """The place next to the middle that is not known to be unjudgeable, None where there is none."""
    middle = (low + high) // 2
    for step in range(high - low):
        for place in (middle - step, middle + step):
            if low < place < high and seen.get(place, "") is not None:
                return place
    return None


def _found(
    result: Result, line: Sequence[str], low: int, high: int, after: str, seen: dict[int, str | None]
) -> FoundFlip:
    known = [outcome for _, outcome in sorted(seen.items()) if outcome is not None]
    changes = sum(a != b for a, b in zip(known, known[1:], strict=False))
    return FoundFlip(
        result,
        commit=line[high],
        before=seen[low] or "",
        after=after,
        candidates=tuple(line[low + 1 : high + 1]),
        others=changes > 1,
        judged=len(seen),
    )
