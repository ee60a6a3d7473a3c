"""Which repositories a preview judges: all while they are few, else some that stand for the rest. Pure.

The sample is stable: it hangs on what repositories are, not on chance or the order of rows, so that two previews of one
draft look at the same ones and a repository that joins moves hardly any other.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MOST = 50
"""Repositories of one preview: some minutes' work where the answers are cached, and a list that can be read."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A repository with the assessment that stands for it."""

    repository: int
    assessment: int
    team: int
    letter: str


@dataclass(frozen=True, slots=True)
class Sample:
    """The chosen, and how they lie among all: (letter, chosen, all) and (teams among the chosen, all teams)."""

    chosen: tuple[Candidate, ...]
    of: int
    letters: tuple[tuple[str, int, int], ...]
    teams: tuple[int, int]


def choose(candidates: Sequence[Candidate], most: int = MOST) -> Sample:
    """All of them, or ``most``: each grade in proportion and with one at least, spread over its teams."""
    by_letter: dict[str, list[Candidate]] = defaultdict(list)
    for one in candidates:
        by_letter[one.letter].append(one)
    places = _places({letter: len(those) for letter, those in by_letter.items()}, most)
    chosen = [one for letter, those in by_letter.items() for one in _spread(those)[: places[letter]]]
    chosen.sort(key=_mark)
    taken = Counter(one.letter for one in chosen)
    return Sample(
        tuple(chosen),
        len(candidates),
        tuple((letter, taken[letter], len(those)) for letter, those in sorted(by_letter.items())),
        (len({one.team for one in chosen}), len({one.team for one in candidates})),
    )


def _places(sizes: Mapping[str, int], most: int) -> dict[str, int]:
    """How many of each are chosen: in proportion, at least one, what is left over by the largest remainder."""
    total = sum(sizes.values())
    if total <= most:
        return dict(sizes)
    exact = {name: size * most / total for name, size in sizes.items()}
    places = {name: max(1, int(share)) for name, share in exact.items()}
    while sum(places.values()) > most:  # where many small ones were given their one
        largest = max(places, key=lambda name: (places[name] - exact[name], places[name], name))
        if places[largest] <= 1:
            largest = max(places, key=lambda name: (places[name], name))
        places[largest] -= 1
    by_remainder = sorted(exact, key=lambda name: (exact[name] - places[name], name), reverse=True)
    for name in by_remainder[: most - sum(places.values())]:
        places[name] += 1
    return places


def _spread(those: Sequence[Candidate]) -> list[Candidate]:
    """One of each team, then a second of each, and so on."""
    by_team: dict[int, list[Candidate]] = defaultdict(list)
    for one in sorted(those, key=_mark):
        by_team[one.team].append(one)
    ranked = [(rank, _mark(one), one) for team in by_team.values() for rank, one in enumerate(team)]
    return [one for _, _, one in sorted(ranked, key=lambda entry: entry[:2])]


def _mark(one: Candidate) -> str:
    """A place in line that has nothing to do with age, name or team."""
    return hashlib.blake2b(str(one.repository).encode(), digest_size=8).hexdigest()
