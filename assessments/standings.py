"""Where many repositories stand at the controls of a framework, worked out for all of them at once.

``frameworks.status_of`` says what the statuses mean; here the same is asked of ten thousand vectors of verdicts, which
one by one take most of a second.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from assessments.frameworks import Status

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray

_STATUSES: tuple[Status, ...] = ("not_covered", "not_applicable", "met", "partly", "not_met", "not_measured")
_COVERED_BY_NONE, _NOT_APPLICABLE, _MET, _PARTLY, _NOT_MET, _NOT_MEASURED = range(len(_STATUSES))
_NOTHING = " "
"""Stands for an item that a vector has no letter for, as one of an older ruleset has none: it is not measured."""


class Standings:
    """The vectors of repositories, each a letter per item: p, f, n (not applicable), u (unknown).

    ``places`` tells for each vector's ruleset where its items stand. Rows keep their order.
    """

    def __init__(
        self, vectors: Sequence[str], rulesets: Sequence[int], places: Mapping[int, Mapping[str, int]]
    ) -> None:
        import numpy

        self._places = places
        width = max((len(vector) for vector in vectors), default=0) or 1
        text = "".join(vector.ljust(width, _NOTHING) for vector in vectors)
        self._letters = numpy.frombuffer(text.encode("ascii", "replace"), numpy.uint8).reshape(
            len(vectors), width
        )
        self._rulesets = numpy.asarray(rulesets, dtype=numpy.int64)

    def statuses(self, items: Sequence[str]) -> list[Status]:
        """The status of each repository at a control that ``items`` serve."""
        return [_STATUSES[code] for code in self._codes(items)]

    def counts(self, items: Sequence[str]) -> dict[Status, int]:
        """How many repositories stand at each status, without those at which none stands."""
        import numpy

        found = numpy.bincount(self._codes(items), minlength=len(_STATUSES))
        return {status: int(count) for status, count in zip(_STATUSES, found, strict=True) if count}

    def _codes(self, items: Sequence[str]) -> "Array":
        import numpy

        if not items:
            return numpy.full(len(self._letters), _COVERED_BY_NONE)
        letters = self._of(items)
        applying = len(items) - (letters == ord("n")).sum(axis=1)
        passed = (letters == ord("p")).sum(axis=1)
        failed = (letters == ord("f")).any(axis=1)
        return numpy.select(
            [applying == 0, passed == applying, passed > 0, failed],
            [_NOT_APPLICABLE, _MET, _PARTLY, _NOT_MET],
            _NOT_MEASURED,
        )

    def _of(self, items: Sequence[str]) -> "Array":
        """The letters of ``items``, a column each."""
        import numpy

        chosen = numpy.full((len(self._letters), len(items)), ord(_NOTHING), numpy.uint8)
        for ruleset, places in self._places.items():
            rows = self._rulesets == ruleset
            for column, item in enumerate(items):
                place = places.get(item)
                if place is not None and place < self._letters.shape[1]:
                    chosen[rows, column] = self._letters[rows, place]
        return chosen
