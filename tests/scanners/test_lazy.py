import re

import pytest

from scanners.lazy import Lazy, compile_all, kept_re2, lazy_re, lazy_re2


def test_nothing_is_compiled_before_it_is_used_and_then_once() -> None:
    made: list[str] = []

    def compile(pattern: str) -> re.Pattern[str]:
        made.append(pattern)
        return re.compile(pattern)

    pattern = Lazy(compile, "a+")
    assert made == []
    assert pattern.search("caat").span() == (1, 3)
    assert pattern.match("a") and not pattern.match("b")
    assert made == ["a+"]


def test_it_answers_as_what_it_stands_for() -> None:
    assert lazy_re2(rb"(?i)x(\d)").search(b"aX1").group(1) == b"1"
    assert lazy_re("(?P<n>a)", re.IGNORECASE).sub(r"<\g<n>>", "A") == "<A>"


def test_a_wrong_expression_fails_where_it_is_used() -> None:
    pattern = lazy_re("(")
    with pytest.raises(re.error):
        pattern.search("x")
    with pytest.raises(AttributeError):
        lazy_re("a").nothing  # noqa: B018


def test_text_with_odd_bytes_is_searched_too() -> None:
    pattern = lazy_re2(r"(^|/)lib/[^/]+\.js$")
    assert pattern.search("lib/\udcff.js").span() == (0, 8)
    assert pattern.search("\udcff/b.js") is None


def test_many_expressions_are_kept() -> None:
    found = [kept_re2(f"(?i)kept{number}") for number in range(300)]
    assert all(kept_re2(f"(?i)kept{number}") is found[number] for number in range(300))
    assert found[7].search("a KEPT7").span() == (2, 7)


def test_all_that_was_put_off_is_compiled_at_once_and_a_wrong_one_stays_wrong() -> None:
    made: list[str] = []

    def compile(pattern: str) -> re.Pattern[str]:
        made.append(pattern)
        return re.compile(pattern)

    kept, wrong = [Lazy(compile, "a"), Lazy(compile, "b")], Lazy(compile, "(")
    compile_all()
    assert set(made) >= {"a", "b", "("}
    made.clear()
    assert kept[1].search("b")
    assert made == []
    with pytest.raises(re.error):
        wrong.search("x")
