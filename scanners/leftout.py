"""Which files a partial mirror left on the host because they are too large to be read. A leaf: ``tree`` asks it."""

import os
from collections.abc import Iterable
from pathlib import Path

_NOTES = "plumbline-large"


def left_out(mirror: Path) -> frozenset[str]:
    """The ids of contents that the host has, that are too large to be read and were not fetched for that."""
    try:
        return frozenset((mirror / _NOTES).read_text("ascii").split())
    except (OSError, ValueError):
        return frozenset()


def note_left_out(mirror: Path, ids: Iterable[str]) -> None:
    """Adds to them; the mirror must be ours."""
    known = left_out(mirror)
    both = known.union(ids)
    if both == known:
        return
    aside = mirror / f"{_NOTES}.tmp"
    aside.write_text("\n".join(sorted(both)) + "\n", "ascii")
    os.replace(aside, mirror / _NOTES)
