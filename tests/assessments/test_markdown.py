"""The Markdown report: the golden file, the reference's shape, and text that must not become markup."""

import re
from datetime import date

import pytest

from assessments.overlays import Overlay
from assessments.report import build_report
from assessments.reports.markdown import render_markdown
from assessments.reports.markup import code_block, code_span, escape, link
from scanners.facts import Evidence, Problem
from tests.assessments.rows import GOLDEN, Row, reference_page, shipped_standard, subject

STANDARD = shipped_standard()


def test_the_reference_verdicts_give_the_golden_file():
    """To renew it after a wanted change: write what render_markdown(reference_page()) gives."""
    assert render_markdown(reference_page()) == (GOLDEN / "reference-report.md").read_text(encoding="utf-8")


def test_sections_keep_the_order_and_wording_of_the_reference():
    text = render_markdown(reference_page())
    assert re.findall(r"^##? .*", text, re.MULTILINE) == [
        "# Industry Standards Assessment - reference/backend",
        "## Executive Summary",
        "## ✅ Strengths (What's Done Well)",
        "## ⚠️ Areas Needing Improvement",
        "## 📊 Priority Matrix",
        "## 🎯 Recommended Action Plan",
        "## 📈 Industry Standards Checklist",
        "## 🏆 Conclusion",
        "## 📚 Resources",
    ]
    assert "**Overall Grade: B+ (Good, with room for improvement)**" in text
    assert "### 🔴 Critical (Do First)" in text
    assert "### 🟡 High Priority (Do Soon)" in text
    assert "### 🟢 Medium Priority (Nice to Have)" in text
    assert "### Phase 1: Critical Foundations (Weeks 1-2)" in text
    assert "**Last Updated:** 2024-05-06" in text


def test_marks_are_those_of_the_reference():
    text = render_markdown(reference_page())
    assert "- ✅ Clean separation of concerns" in text
    assert "- ❌ Unit tests" in text
    assert "- ⚠️ No cache invalidation strategy" in text
    assert "- [x] SQL injection protection" in text
    assert "- [ ] Unit tests" in text
    assert "1. [ ] Build the test suite" in text
    assert "1. [x] Build the test suite" in render_markdown(reference_page(done={"testing-suite"}))


def test_evidence_is_named_and_linked():
    row = Row(
        "validation.sql-injection",
        "fail",
        (Evidence("app/db.py", 7, 'execute(f"select {x}")'),),
        reason="A query is built from request data",
        looked_for=("bound parameters",),
    )
    page = build_report(
        STANDARD, subject(), [row], evidence_url=lambda path, line: f"https://forge.example/{path}#L{line}"
    )
    text = render_markdown(page)
    assert "- ⚠️ SQL injection protection: A query is built from request data — " in text
    assert '[`app/db.py:7`](https://forge.example/app/db.py#L7) `execute(f"select {x}")`' in text
    assert "  - Looked for: bound parameters" in text


def test_what_is_not_measured_waived_or_carried_over_is_said():
    rows = [Row(item.id, "pass") for item in STANDARD.items[:-3]]
    rows += [
        Row(STANDARD.items[-3].id, "unknown", reason="A file could not be read."),
        Row(STANDARD.items[-2].id, "fail"),
    ]
    page = build_report(
        STANDARD,
        subject(problems=(Problem("a.toml", "manifest.unreadable", "It does not parse."),)),
        rows,
        overlays=[Overlay("waiver", STANDARD.items[-2].id, "ada", "by *hand*")],
        day=date(2024, 5, 6),
        stale={STANDARD.items[0].id},
    )
    text = render_markdown(page)
    assert "### Not measured" in text
    assert "- CI/CD pipeline: A file could not be read." in text
    assert "- Deployment automation (waiver: by \\*hand\\*)" in text
    assert "(carried over from an earlier measurement)" in text
    assert "Without overrides, attestations and waivers: " in text
    assert "- `a.toml`: It does not parse." in text


def test_a_report_without_a_grade_says_so():
    text = render_markdown(build_report(STANDARD, subject(judged_at=None, committed_at=None), []))
    assert "**Overall Grade: No grade: too little is known**" in text
    assert "**Score:**" not in text
    assert "**Last Updated:** unknown" in text


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("plain words, 80 % & more", "plain words, 80 % & more"),
        ("<script>", "\\<script\\>"),
        ("&lt;", "&amp;lt;"),
        ("[a](http://x)", "\\[a\\](http&#58;//x)"),
        ("a|b", "a\\|b"),
        ("`x`", "\\`x\\`"),
        ("- item", "\\- item"),
        ("1. item", "1\\. item"),
        ("# head", "\\# head"),
        ("a\n# b", "a␊\\# b"),
        ("www.example.org", "www&#46;example.org"),
        ("@team", "&#64;team"),
    ],
)
def test_text_is_escaped(text, escaped):
    assert escape(text) == escaped


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("a", "`a`"),
        ("a`b", "``a`b``"),
        ("`a", "`` `a ``"),
        ("a``b`", "``` a``b` ```"),
        ("", "`  `"),
        ("a\nb", "`a␊b`"),
    ],
)
def test_a_code_span_cannot_be_left(text, span):
    assert code_span(text) == span


def test_a_code_block_cannot_be_closed_from_inside():
    assert code_block("```\n<b>", "py`thon\n") == "````python\n```\n<b>\n````"


def test_links_lead_to_the_web_only_and_end_where_they_should():
    assert link("`a`", "https://x.example/a (b) ]>") == "[`a`](https://x.example/a%20%28b%29%20%5D%3E)"
    assert link("`a`", "javascript:alert(1)") == "`a`"
    assert link("`a`", "") == "`a`"


def test_hostile_names_stay_text_throughout_the_report():
    evil = "x](http://evil.example)<img src=x>`|\n# Grade: A+\n"
    row = Row("testing.unit", "fail", (Evidence(evil, 1, evil),), looked_for=(evil,), reason=evil)
    page = build_report(
        STANDARD, subject(repository=evil, root=evil, problems=(Problem(evil, "x", evil),)), [row]
    )
    text = render_markdown(page)
    outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text.replace("\\`", ""))
    assert not re.search(r"(?<!\\)<img", outside)
    assert "http://evil" not in outside
    assert not re.search(r"^# Grade", text, re.MULTILINE)
