"""Where an RE2 expression matches bytes, asked of the library itself.

Its Python face makes a generator and an object for each place found; most of what the engine asks is answered by two
numbers, many thousand times.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import re2

Find = Callable[[bytes, int, int], Any]
"""(data, start, end) -> [(start, end), ...] of the first match that lies within, then of its groups; (-1, -1) where there
is none. What surrounds the range counts for ``^``, ``$`` and ``\\b``."""


def compiled(pattern: bytes, options: Any = None) -> Find:
    """The finder of ``pattern``. Raises re2.error where RE2 does not understand it."""
    return finder_of(re2.compile(pattern, options))


def finder_of(regex: Any) -> Find:
    """The finder of a compiled expression."""
    return partial(regex._regexp.Match, re2._re2.RE2.Anchor.UNANCHORED)


def spans(find: Find, data: bytes, ranges: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The places of all matches within ``ranges``, none of which overlap, as ``finditer`` gives them."""
    for start, end in ranges:
        while True:
            found: tuple[int, int] = find(data, start, end)[0]
            if found[0] < 0:
                break
            yield found
            if start == end:
                break
            start = found[1] if found[1] > start else start + 1
