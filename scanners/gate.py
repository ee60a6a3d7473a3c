"""Chooses by literals which of many expressions may match a text, and where in it, in one pass over the text."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from scanners.literals import clues_of, packed
from scanners.nearby import gaps_of, ranges_around

_PART = "\0\0\0"
_WORTH = (600, 1500)
"""Bytes of a file that are searched in the time that finding and searching the lines around one literal takes, without
and with gaps."""

Ranges = Sequence[tuple[int, int]]


def clue_of(pattern: str) -> str:
    """All that a gate wants to know of one RE2 expression, as a text that is kept and read back fast."""
    gaps = gaps_of(pattern)
    kept, others = clues_of(pattern)
    return _PART.join(("" if gaps is None else str(gaps), packed(kept), packed(others)))


@lru_cache(maxsize=8192)
def _clue(text: str) -> tuple[int | None, tuple[str, ...], tuple[str, ...]]:
    gaps, kept, others = text.split(_PART)
    return int(gaps) if gaps else None, _clauses(kept), _clauses(others)


def _clauses(text: str) -> tuple[str, ...]:
    return tuple(text.split("\0\0")) if text else ()


@lru_cache(maxsize=16384)
def _literals(clause: str) -> tuple[str, ...]:
    return tuple(clause.split("\0"))


class Gate:
    """Finds which of many expressions may match a text, by their literals, in one pass over it."""

    def __init__(self, patterns: Sequence[str], known: Mapping[str, str]) -> None:
        """``known`` holds what ``clue_of`` says of every one of ``patterns``."""
        from ahocorasick_rs import BytesAhoCorasick

        self._always: list[int] = []
        self._gaps: list[int | None] = []
        self._clauses_of: list[tuple[int, ...]] = []
        self._literals: list[set[int]] = []
        literals: dict[str, int] = {}
        numbers: dict[str, int] = {}
        of_literal: list[list[int]] = []

        def number_of(clause: str) -> int:
            number = numbers.get(clause)
            if number is None:
                number = numbers[clause] = len(numbers)
                places = {literals.setdefault(literal, len(literals)) for literal in _literals(clause)}
                self._literals.append(places)
                of_literal.extend([] for _ in range(len(literals) - len(of_literal)))
                for place in places:
                    of_literal[place].append(number)
            return number

        clues = [_clue(known[pattern]) for pattern in patterns]
        asked = [[number_of(clause) for clause in kept] for _, kept, _ in clues]
        self._of_clause: list[list[tuple[int, tuple[int, ...]]]] = [[] for _ in numbers]
        for index, (gaps, kept, others) in enumerate(clues):
            self._gaps.append(gaps)
            clauses = asked[index]
            for clause in others if kept else ():
                if clause in numbers or all(literal in literals for literal in _literals(clause)):
                    clauses.append(number_of(clause))
            self._clauses_of.append(tuple(clauses))
            if clauses:
                self._of_clause[clauses[0]].append((index, tuple(clauses[1:])))
            else:
                self._always.append(index)
        self._of_clause.extend([] for _ in range(len(numbers) - len(self._of_clause)))
        self._of_literal = of_literal
        self._find: Any = (
            BytesAhoCorasick([literal.encode() for literal in literals]).find_matches_as_indexes
            if literals
            else None
        )

    def select(self, data: bytes) -> list[int]:
        """Numbers of the expressions whose literals stand in ``data``, ascending: a superset of those that match."""
        return self.look(data).selected

    def look(self, data: bytes) -> "Look":
        """The same, with the places where each of them has to be searched."""
        selected = self._always.copy()
        at: dict[int, list[int]] = {}
        if self._find is not None:
            text = folded(data)
            for literal, start, _ in self._find(text, overlapping=True):
                if literal in at:
                    at[literal].append(start)
                else:
                    at[literal] = [start]
            of_literal, of_clause = self._of_literal, self._of_clause
            held: set[int] = set()
            for literal in at:
                held.update(of_literal[literal])
            for clause in held:
                for index, others in of_clause[clause]:
                    if not others or held.issuperset(others):
                        selected.append(index)
            selected.sort()
            if len(text) != len(data):
                at = {}
        return Look(data, selected, self, at)

    def starts(self, index: int, at: Mapping[int, list[int]], most: int) -> list[int] | None:
        """Where the literals of the most telling group of an expression start, where these are at most ``most``."""
        for clause in self._clauses_of[index]:
            found = [at[literal] for literal in self._literals[clause] & at.keys()]
            if found and sum(map(len, found)) <= most:
                return (
                    found[0] if len(found) == 1 else sorted({start for starts in found for start in starts})
                )
        return None

    def gaps(self, index: int) -> int | None:
        return self._gaps[index]


class Look:
    """What a gate saw of one text: ``selected`` are the numbers of the expressions that may match it, ascending."""

    __slots__ = ("_at", "_data", "_gate", "selected")

    def __init__(
        self,
        data: bytes,
        selected: list[int],
        gate: Gate | None = None,
        at: Mapping[int, list[int]] | None = None,
    ) -> None:
        self.selected = selected
        self._data = data
        self._gate = gate
        self._at = at

    def ranges(self, index: int) -> Ranges:
        """Where the matches of a selected expression lie, ascending; all of the text where looking closer costs more."""
        size = len(self._data)
        if self._at and self._gate is not None:
            gaps = self._gate.gaps(index)
            if gaps is not None:
                starts = self._gate.starts(index, self._at, size // _WORTH[gaps > 0])
                if starts is not None:
                    return ranges_around(self._data, starts, gaps)
        return ((0, size),)


def folded(data: bytes) -> bytes:
    """``data`` in lower case, with the two characters beyond ASCII that count as ASCII letters of either case."""
    data = data.lower()
    if b"\xe2\x84\xaa" in data:
        data = data.replace(b"\xe2\x84\xaa", b"k")
    return data.replace(b"\xc5\xbf", b"s") if b"\xc5\xbf" in data else data


def whole(data: bytes, selected: Iterable[int]) -> Look:
    """A look that knows of no places."""
    return Look(data, list(selected))
