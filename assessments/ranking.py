"""How well a text answers what was typed: the same, begins with it, a word begins with it, holds it. Pure."""

import re

MAX_WORDS = 6
_WORD = re.compile(r"[^\W_]+")


def words_of(typed: str) -> list[str]:
    """What was typed as words in small letters, the first six of them."""
    return typed.casefold().split()[:MAX_WORDS]


def rank(typed: str, *texts: str) -> int | None:
    """0 where a text is what was typed, 1 where it begins with it, 2 where a word of it does, 3 where it holds it,
    4 where all the words are found somewhere in the texts; None where not even that."""
    wanted = " ".join(typed.casefold().split())
    if not wanted:
        return None
    best = None
    for text in texts:
        found = _rank_of(wanted, text.casefold())
        if found is not None and (best is None or found < best):
            best = found
    if best is None:
        together = " ".join(texts).casefold()
        best = 4 if all(word in together for word in words_of(typed)) else None
    return best


def _rank_of(wanted: str, text: str) -> int | None:
    if text == wanted:
        return 0
    if text.startswith(wanted):
        return 1
    place = text.find(wanted)
    if place < 0:
        return None
    starts = {match.start() for match in _WORD.finditer(text)}
    while place >= 0:
        if place in starts:
            return 2
        place = text.find(wanted, place + 1)
    return 3
