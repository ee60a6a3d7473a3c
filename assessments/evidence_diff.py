"""What evidence of an item was lost and gained between two measurements. Free of Django."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scanners.facts import Evidence

MAX_PLACES = 5
"""Places shown on each side of one item."""


@dataclass(frozen=True, slots=True)
class EvidenceMove:
    """Places that one side has and the other has not; ``more`` counts those left out."""

    lost: tuple[Evidence, ...] = ()
    gained: tuple[Evidence, ...] = ()
    more: int = 0


def evidence_move(before: Iterable[Evidence], after: Iterable[Evidence]) -> EvidenceMove:
    """Lost and gained places, in their order. A line that only moved within its file is neither."""
    old, new = list(before), list(after)
    lost, gained = _only(old, new), _only(new, old)
    more = max(0, len(lost) - MAX_PLACES) + max(0, len(gained) - MAX_PLACES)
    return EvidenceMove(tuple(lost[:MAX_PLACES]), tuple(gained[:MAX_PLACES]), more)


def _only(these: Sequence[Evidence], others: Sequence[Evidence]) -> list[Evidence]:
    known = {_key(one) for one in others}
    return [one for one in these if _key(one) not in known]


def _key(one: Evidence) -> tuple[str, str, str]:
    return one.path, one.excerpt, one.note if one.excerpt else f"{one.line} {one.note}"
