"""A report drawn again from its JSON says what it said, in every format."""

import json
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessments.overlays import Overlay
from assessments.report import ReportPage, build_report
from assessments.reports.csv import render_csv
from assessments.reports.json import render_json
from assessments.reports.markdown import render_markdown
from assessments.reports.reading import page_from_json
from assessments.reports.sarif import render_sarif
from assessments.reports.tables import TABLES
from assessments.reports.text import render_text
from scanners.errors import ScanError
from scanners.facts import Evidence
from tests.assessments.rows import Row, reference_page, shipped_standard, subject

STANDARD = shipped_standard()
IDS = [item.id for item in STANDARD.items]


def assert_same(page: ReportPage, again: ReportPage) -> None:
    for render in (render_json, render_markdown, render_sarif, render_csv):
        assert render(again) == render(page)
    assert render_text(again, colour=False) == render_text(page, colour=False)
    for table in TABLES:
        assert list(table.rows(again)) == list(table.rows(page))
    assert (again.grade, again.effective_grade, again.plan, again.matrix) == (
        page.grade,
        page.effective_grade,
        page.plan,
        page.matrix,
    )


def test_the_golden_report_comes_back_whole() -> None:
    page = reference_page()
    assert_same(page, page_from_json(render_json(page)))


verdicts = st.dictionaries(
    st.sampled_from(IDS), st.sampled_from(["pass", "fail", "unknown", "not_applicable"]), max_size=40
)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    verdicts,
    words,
    words,
    st.sampled_from([None, Fraction(1, 3), Fraction(5, 2)]),
    st.sampled_from([None, date(2026, 2, 2)]),
    st.sets(st.sampled_from([one.id for one in STANDARD.initiatives]), max_size=5),
)
def test_any_report_comes_back_whole(
    found: dict[str, str],
    path: str,
    excerpt: str,
    capacity: Fraction | None,
    starts_on: date | None,
    done: set[str],
) -> None:
    rows = [
        Row(
            item,
            outcome,
            evidence=(Evidence(path or "a.py", n, excerpt, note="seen"),),
            looked_for=(excerpt,),
        )
        for n, (item, outcome) in enumerate(found.items())
    ]
    overlays = [
        Overlay("waiver", IDS[0], "Ann", excerpt or "for now", expires_on=date(2027, 1, 1)),
        Overlay("override", IDS[1], "Ann", "seen elsewhere", verdict="pass"),
    ]
    page = build_report(
        STANDARD,
        subject(),
        rows,
        overlays=overlays,
        day=date(2026, 5, 5),
        stale=IDS[2:4],
        capacity=capacity,
        starts_on=starts_on,
        done=done,
        evidence_url=lambda where, line: f"https://forge.example.org/x#L{line}" if line else "",
    )
    assert_same(page, page_from_json(render_json(page)))


def changed(**values: object) -> str:
    document = json.loads(render_json(reference_page()))
    document.update(values)
    return json.dumps(document)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[]",
        "{}",
        '{"schema": "somebody.else/1"}',
        "[" * 100_000,
        changed(schema="plumbline.assessment/2"),
        changed(standard={}),
        changed(standard=None),
        changed(items=[{"id": "testing.unit"}]),
        changed(items="all of them"),
        changed(committed_at="yesterday"),
        changed(plan=[{"steps": "none"}]),
        changed(plan_capacity_exact="1/0"),
    ],
)
def test_what_is_no_report_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(ScanError) as caught:
        page_from_json(text)
    assert caught.value.id == "report.unreadable"
    assert len(caught.value.message) < 400 and "\n" not in caught.value.message


def test_a_document_without_the_standard_says_so() -> None:
    document = json.loads(render_json(reference_page()))
    del document["standard"]
    with pytest.raises(ScanError, match="did not keep the standard"):
        page_from_json(json.dumps(document))


def test_a_changed_verdict_changes_the_grade_that_is_drawn() -> None:
    document = json.loads(render_json(reference_page()))
    for item in document["items"]:
        item["verdict"] = "pass"
    page = page_from_json(json.dumps(document))
    assert page.grade.letter == "A+" and not page.gaps
