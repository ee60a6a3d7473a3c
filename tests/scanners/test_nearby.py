"""Searching only the lines near a literal finds what searching all of the text finds."""

from pathlib import Path

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from scanners.finding import compiled, spans
from scanners.gate import Gate, clue_of
from scanners.matchers.text import TextMatcher
from scanners.nearby import gaps_of, ranges_around
from scanners.rules import load_ruleset


@pytest.mark.parametrize(
    ("pattern", "gaps"),
    [
        ("alpha", 0),
        (r"alpha.*beta[^\n]+\w\S", 0),
        (r"alpha\s*\(\s*beta", 2),
        (r"(?:alpha|a\s+b\s+c)\sd", 3),
        (r"(?:alpha\s+)?b", 1),
        (r"(?:alpha\s+){3}b", 3),
        (r"(?:alpha\s+)*b", None),
        (r"(?:a\s+){9}b", None),
        (r"\s\s\s\s\s\salpha", None),
        (r"alpha[^)]*", None),
        (r"alpha[\s,]*", None),
        (r"alpha\W", None),
        (r"alpha\D", None),
        (r"alpha[\x00-\x20]", None),
        (r"alpha\n", None),
        (r"(?s)alpha.beta", None),
        (r"(?is:alpha.beta)", None),
        (r"[[:space:]]alpha", None),
        (r"\pLalpha", None),
        (r"(?m)^alpha[^\S\n]$", 0),
    ],
)
def test_a_match_crosses_so_many_runs_of_line_ends(pattern: str, gaps: int | None) -> None:
    assert gaps_of(pattern) == gaps


TEXT = b"one\n\n  two\n \t\nthree\nfour"


@pytest.mark.parametrize(
    ("starts", "gaps", "found"),
    [
        ([0], 0, [b"one"]),
        ([5, 8], 0, [b"  two"]),
        ([7], 1, [b"one\n\n  two\n \t\nthree"]),
        ([0, 20], 0, [b"one", b"four"]),
        ([0, 20], 1, [b"one\n\n  two", b"three\nfour"]),
        ([0, 20], 2, [TEXT]),
        ([4], 0, [b""]),
        ([], 3, []),
    ],
)
def test_ranges_are_whole_lines_and_blank_ones_are_no_distance(
    starts: list[int], gaps: int, found: list[bytes]
) -> None:
    assert [TEXT[start:end] for start, end in ranges_around(TEXT, starts, gaps)] == found


PATTERNS = (
    "alpha",
    r"(?i)alpha\s*\(\s*beta",
    r"(?m)^\s*alpha\b.*$",
    r"(?m)alpha$|^beta\s*$",
    r"\balpha\s+beta\s*,",
    r"alpha[^\n]{0,20}beta|gamma\s+\S+",
    r"(?:alpha|beta\s)gamma",
    r"^alpha|beta$",
    r"\Aalpha\s",
)
PIECES = (
    "alpha",
    "beta",
    "gamma",
    "Alpha",
    "(",
    ",",
    " ",
    "\n",
    "\n\n",
    "\t\n",
    "\r\n",
    "x",
    "\u212a",
    "é",
    "word " * 400,
)


@given(st.lists(st.sampled_from(PIECES), max_size=60))
def test_nothing_is_missed_and_nothing_added(pieces: list[str]) -> None:
    data = "".join(pieces).encode()
    gate = Gate(PATTERNS, {pattern: clue_of(pattern) for pattern in PATTERNS})
    look = gate.look(data)
    for index, pattern in enumerate(PATTERNS):
        regex = re2.compile(pattern.encode())
        wanted = [match.span() for match in regex.finditer(data)]
        got = (
            list(spans(compiled(pattern.encode()), data, look.ranges(index)))
            if index in look.selected
            else []
        )
        assert got == wanted


def test_the_standard_finds_the_same_places(tmp_path: Path) -> None:
    load_ruleset(cache_dir=tmp_path)
    ruleset = load_ruleset(cache_dir=tmp_path)
    patterns = list(dict.fromkeys(m.pattern for m in ruleset.matchers if isinstance(m, TextMatcher)))
    gate = Gate(patterns, ruleset.literals)
    finders = [compiled(pattern.encode()) for pattern in patterns]
    near = 0
    for file in sorted(Path(__file__).parent.glob("rules/test_[a-d]*.py")):
        data = file.read_bytes()
        look = gate.look(data)
        for index in look.selected:
            ranges = look.ranges(index)
            near += tuple(ranges) != ((0, len(data)),)
            everywhere = list(spans(finders[index], data, [(0, len(data))]))
            assert list(spans(finders[index], data, ranges)) == everywhere, patterns[index]
    assert near > 100
