"""How well a text answers what was typed."""

import pytest

from assessments.ranking import MAX_WORDS, rank, words_of


@pytest.mark.parametrize(
    ("typed", "text", "place"),
    [
        ("ledger", "Ledger", 0),
        ("led", "ledger-api", 1),
        ("api", "ledger-api", 2),
        ("api", "Ledger api", 2),
        ("edge", "ledger-api", 3),
        ("api ledger", "ledger-api", 4),
        ("ledger web", "ledger-api", None),
        ("  LEDGER   api ", "ledger api", 0),
        ("straße", "STRASSE", 0),
        ("", "ledger", None),
    ],
)
def test_the_closer_answer_comes_first(typed: str, text: str, place: int | None) -> None:
    assert rank(typed, text) == place


def test_the_best_of_several_texts_counts() -> None:
    assert rank("testing.unit", "Unit tests", "testing.unit") == 0


def test_words_are_bounded() -> None:
    assert len(words_of("a " * 500)) == MAX_WORDS
