"""Standings of many repositories at once, held to the definition for one."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from assessments.frameworks import status_of
from assessments.standings import Standings

ITEMS = ("a", "b", "c", "d")
OUTCOMES = {"p": "pass", "f": "fail", "n": "not_applicable", "u": "unknown"}
PLACES = {1: {"a": 0, "b": 1, "c": 2}, 2: {"c": 0, "a": 1}, 3: {}}


@given(
    rows=st.lists(st.tuples(st.sampled_from(sorted(PLACES)), st.text("pfnu", max_size=4)), max_size=12),
    items=st.lists(st.sampled_from(ITEMS), unique=True, max_size=4),
)
def test_all_at_once_is_as_one_by_one(rows: list[tuple[int, str]], items: list[str]) -> None:
    standings = Standings([vector for _, vector in rows], [ruleset for ruleset, _ in rows], PLACES)

    def one(ruleset: int, vector: str) -> str:
        def outcome(item: str) -> str:
            place = PLACES[ruleset].get(item)
            return OUTCOMES[vector[place]] if place is not None and place < len(vector) else "unknown"

        return status_of(items, outcome)

    wanted = [one(*row) for row in rows]
    assert standings.statuses(items) == wanted
    assert standings.counts(items) == dict(Counter(wanted))
