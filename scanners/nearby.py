"""How far around a literal the match of an expression can reach, so that only the lines near it need be searched.

Reading a file once for each of the expressions that may match it costs more than reading it from the repository. Most
expressions match within a line, or across line ends that are mere white space between their parts.
"""

import re
import warnings
from collections.abc import Iterable
from typing import Any

from scanners.literals import INLINE_FLAGS, NAMED_CLASS

MAX_GAPS = 5
_MAX_REPEATS = 4
_NEWLINE = 10
_BLANK = frozenset(b" \t\r\n\f")
_DOT_ALL = re.compile(r"\(\?[a-zA-Z]*s")


def gaps_of(pattern: str) -> int | None:
    """How many runs of white space with line ends in them a match can hold, None where it can hold any line end."""
    if NAMED_CLASS.search(pattern) or _DOT_ALL.search(pattern):
        return None
    from re import _parser  # type: ignore[attr-defined]

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            gaps = _gaps(_parser.parse(INLINE_FLAGS.sub("", pattern)))
    except Exception:  # noqa: BLE001 - an expression of RE2 that this parser does not know
        return None
    return gaps if gaps is not None and gaps <= MAX_GAPS else None


def _gaps(items: Iterable[tuple[Any, Any]]) -> int | None:
    total = 0
    for op, value in items:
        found = _of_one(str(op), value)
        if found is None:
            return None
        total += found
    return total


def _of_one(name: str, value: Any) -> int | None:
    if name in ("AT", "ANY"):
        return 0
    if name == "LITERAL":
        return None if value == _NEWLINE else 0
    if name == "NOT_LITERAL":
        return 0 if value == _NEWLINE else None
    if name == "IN":
        return _of_class(value)
    if name == "SUBPATTERN":
        return _gaps(value[3])
    if name == "BRANCH":
        found = [_gaps(branch) for branch in value[1]]
        return None if None in found else max(gaps for gaps in found if gaps is not None)
    if name in ("MAX_REPEAT", "MIN_REPEAT"):
        _, most, inner = value
        gaps = _gaps(inner)
        if gaps is None or not gaps:
            return gaps
        if len(inner) == 1 and str(inner[0][0]) == "IN":  # a run of white space, however long, is one
            return 1
        return gaps * int(most) if most <= _MAX_REPEATS else None
    return None


def _of_class(members: Iterable[tuple[Any, Any]]) -> int | None:
    negated = holds = other = False
    for op, value in members:
        name = str(op)
        if name == "NEGATE":
            negated = True
        elif name == "LITERAL":
            holds = holds or value == _NEWLINE
            other = other or value not in _BLANK
        elif name == "RANGE":
            holds = holds or value[0] <= _NEWLINE <= value[1]
            other = True
        elif str(value) == "CATEGORY_SPACE":
            holds = True
        else:
            holds = holds or "NOT" in str(value) and str(value) != "CATEGORY_NOT_SPACE"
            other = True
    if holds == negated:
        return 0
    return None if negated or other else 1


def ranges_around(data: bytes, starts: Iterable[int], gaps: int) -> list[tuple[int, int]]:
    """Whole lines of ``data`` in which every match lies that holds a literal which starts at one of ``starts``.

    ``starts`` ascend, and so do the ranges, which do not touch; ``gaps`` is what ``gaps_of`` said.
    """
    ranges: list[tuple[int, int]] = []
    size = len(data)
    first, last = 0, -1
    for start in starts:
        if start < last and not gaps:
            continue
        begin = data.rfind(b"\n", 0, start) + 1
        end = data.find(b"\n", start)
        if end < 0:
            end = size
        for _ in range(gaps):
            begin = _earlier(data, begin)
            end = _later(data, end, size)
        if begin <= last:
            last = max(last, end)
            continue
        if last >= 0:
            ranges.append((first, last))
        first, last = begin, end
    if last >= 0:
        ranges.append((first, last))
    return ranges


def _earlier(data: bytes, begin: int) -> int:
    """Where the last line before ``begin`` starts that holds more than white space."""
    while begin:
        before = data.rfind(b"\n", 0, begin - 1) + 1
        blank = data[before : begin - 1].isspace() or before == begin - 1
        begin = before
        if not blank:
            break
    return begin


def _later(data: bytes, end: int, size: int) -> int:
    """Where the first line behind ``end`` ends that holds more than white space."""
    while end < size:
        after = data.find(b"\n", end + 1)
        if after < 0:
            after = size
        blank = data[end + 1 : after].isspace() or after == end + 1
        end = after
        if not blank:
            break
    return end
