from hypothesis import given
from hypothesis import strategies as st

from scanners.bounded import Bounded


def test_the_oldest_make_way() -> None:
    kept: Bounded[str, int] = Bounded(4)
    for number, key in enumerate("abcde"):
        kept.put(key, number)
    assert [kept.get(key) for key in "abcde"] == [None, 1, 2, 3, 4]


def test_what_would_take_most_of_the_room_is_not_kept() -> None:
    kept: Bounded[str, str] = Bounded(100)
    kept.put("small", "x", 10)
    kept.put("large", "y", 26)
    assert (kept.get("small"), kept.get("large")) == ("x", None)


def test_an_entry_put_again_is_weighed_once() -> None:
    kept: Bounded[str, int] = Bounded(8)
    for number in range(10):
        kept.put("same", number, 2)
    kept.put("other", 1, 2)
    assert (kept.get("same"), kept.get("other"), len(kept)) == (9, 1, 2)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), max_size=60))
def test_the_room_is_never_exceeded(puts: list[tuple[int, int]]) -> None:
    kept: Bounded[int, int] = Bounded(20)
    weights: dict[int, int] = {}
    for key, weight in puts:
        kept.put(key, weight, weight)
        if weight * 4 <= 20:
            weights[key] = weight
    held = [value for key in weights if (value := kept.get(key)) is not None]
    assert sum(held) <= 20
