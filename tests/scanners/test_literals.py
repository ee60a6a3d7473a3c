from pathlib import Path

import pytest
import re2

from scanners.gate import Gate, clue_of, folded
from scanners.literals import clauses_of, packed
from scanners.matchers.text import TextMatcher
from scanners.rules import load_ruleset


@pytest.mark.parametrize(
    ("pattern", "clauses"),
    [
        ("alpha", [["alpha"]]),
        ("(?i)Alpha", [["alpha"]]),
        (r"\balpha\s*\(", [["alpha"]]),
        ("alpha|beta", [["alpha", "beta"]]),
        ("pre(one|two)?post", [["preonepost", "prepost", "pretwopost"]]),
        ("[aA]lpha", [["alpha"]]),
        (r"alpha.*gamma", [["alpha"], ["gamma"]]),
        ("alpha{2}", [["alph"]]),
        ("(?:alpha){2,}", [["alpha"]]),
        ("(?:alpha)*", []),
        ("alpha|b*", []),
        (r"\S", []),
        ("[[:alpha:]]]xyz", []),
        (r"\pLxyz", []),
        ("(broken", []),
        ("alpha|(?m)^beta", [["alpha", "beta"]]),
        ("été", []),
    ],
)
def test_a_match_needs_one_literal_of_each_group(pattern: str, clauses: list[list[str]]) -> None:
    assert clauses_of(pattern) == clauses


def test_groups_are_kept_as_text() -> None:
    assert packed([["a", "b"], ["c d"]]) == "a\0b\0\0c d"
    assert packed([]) == ""


def gate(*patterns: str) -> Gate:
    return Gate(patterns, {pattern: clue_of(pattern) for pattern in patterns})


def test_only_what_may_match_is_selected() -> None:
    asked = gate("alpha", "beta.*gamma", r"\d", "ALPHABET")
    assert asked.select(b"the alphabet") == [0, 2, 3]
    assert asked.select(b"gamma") == [2]
    assert asked.select(b"gamma beta") == [1, 2]
    assert gate(r"\d").select(b"") == [0]


def test_letters_that_fold_into_ascii_count() -> None:
    text = "to\u212aen ma\u017f\u017f".encode()
    assert re2.search(b"(?i)token mass", text)
    assert gate("(?i)token mass").select(text) == [0]
    assert folded(b"\xe2\x84 K") == b"\xe2\x84 k"


def test_no_pattern_of_the_standard_is_passed_over_where_it_matches(tmp_path: Path) -> None:
    load_ruleset(cache_dir=tmp_path)
    ruleset = load_ruleset(cache_dir=tmp_path)
    patterns = [m.pattern for m in ruleset.matchers if isinstance(m, TextMatcher)]
    compiled = [re2.compile(pattern.encode()) for pattern in patterns]
    asked = Gate(patterns, ruleset.literals)
    data = b"".join(file.read_bytes() for file in sorted(Path(__file__).parent.glob("rules/test_s*.py")))
    selected = set(asked.select(data))
    matching = {number for number, regex in enumerate(compiled) if regex.search(data)}
    assert matching <= selected
    assert matching
    assert len(asked.select(b"plain words")) < 20
