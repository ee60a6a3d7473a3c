"""Colours of source: the same lines in the same order whatever the text does, and plain where colouring would take long."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments import highlight as colours
from assessments.highlight import LANGUAGES, MAX_CHARACTERS, MAX_LINE, highlight_lines, language_of

CODE = "def f(x):\n    # a < b\n    return '&' + x\n"


def plain(html: str) -> str:
    return unescape(re.sub(r"</?span[^>]*>", "", html))


def test_words_comments_and_text_have_their_class_and_are_escaped() -> None:
    first, second, third, last = highlight_lines(CODE, "python")
    assert first.startswith('<span class="k">def</span>')
    assert '<span class="c"># a &lt; b</span>' in second
    assert '<span class="s">&#x27;&amp;&#x27;</span>' in third
    assert last == ""


@given(st.text(max_size=400), st.sampled_from(sorted({"", *LANGUAGES.values()})))
def test_no_text_is_lost_or_let_through(source: str, language: str) -> None:
    lines = highlight_lines(source, language)
    assert [plain(line) for line in lines] == source.split("\n")
    assert not re.sub(r'<span class="[a-z]{1,2}">|</span>', "", "".join(lines)).count("<")


@pytest.mark.parametrize("source", ["x = 1\n" * (MAX_CHARACTERS // 6 + 1), "x" * (MAX_LINE + 1)])
def test_what_nobody_wrote_by_hand_is_shown_plain(source: str) -> None:
    assert "<span" not in "".join(highlight_lines(source, "python"))
    assert highlight_lines(source, "python") == source.split("\n")


def test_what_is_not_coloured_in_time_stays_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, 0.0, 0.0, *[1.0] * 50])
    monkeypatch.setattr(colours.time, "perf_counter", lambda: next(moments))
    lines = highlight_lines(CODE, "python")
    assert lines[0].startswith('<span class="k">def</span>')
    assert [plain(line) for line in lines] == CODE.split("\n")
    assert "<span" not in "".join(lines[1:])


def test_languages_go_by_name() -> None:
    assert (language_of("a/b.TS"), language_of("deploy/Dockerfile.prod"), language_of("LICENSE")) == (
        "typescript",
        "docker",
        "",
    )
