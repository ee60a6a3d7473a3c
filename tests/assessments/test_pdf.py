"""The PDF: what is in it, that it is accessible, and that nothing in a repository can break or steer it."""

import io
import re
from datetime import UTC, datetime

import pikepdf
import pytest

from assessments.report import ReportPage, build_report
from assessments.reports.pdf import render_pdf, report_data
from scanners.facts import Evidence, Problem
from tests.assessments.rows import Row, reference, reference_page, shipped_standard, subject


@pytest.fixture(scope="module")
def document() -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(render_pdf(reference_page())))


def bookmarks(document: pikepdf.Pdf) -> list[str]:
    with document.open_outline() as outline:
        return [entry.title for entry in outline.root]


def page_with(text: str, **changes: object) -> ReportPage:
    rows = [
        Row(item, outcome, (Evidence(f"src/{text}.py", 3, text),), (text,), text)
        for item, outcome in reference()["verdicts"].items()
    ]
    return build_report(shipped_standard(), subject(repository=text, **changes), rows)


def test_sections_follow_the_report_as_bookmarks(document: pikepdf.Pdf) -> None:
    assert bookmarks(document) == [
        "Executive summary",
        "Strengths",
        "Areas needing improvement",
        "Priority matrix",
        "Recommended action plan",
        "Industry standards checklist",
        "Not counted",
        "Conclusion",
        "Resources",
    ]


def test_document_declares_archival_and_accessible_standards(document: pikepdf.Pdf) -> None:
    with document.open_metadata() as metadata:
        assert metadata["pdfaid:part"] == "2"
        assert metadata["pdfaid:conformance"] == "A"
        assert metadata["pdfuaid:part"] == "1"
        assert metadata["dc:title"] == "Assessment of reference/backend"
    assert document.Root.MarkInfo.Marked
    assert str(document.Root.Lang).startswith("en")


def test_same_page_gives_the_same_bytes() -> None:
    assert render_pdf(reference_page()) == render_pdf(reference_page())


def test_grade_score_and_plan_are_told_as_in_the_page_model() -> None:
    data = report_data(reference_page())
    assert (data["grade"]["letter"], data["grade"]["score"]) == ("B+", "60.0")
    assert [phase["leads_to"]["score"] for phase in data["plan"]] == ["73.7", "83.1", "100.0"]
    assert data["raw"] is None


@pytest.mark.parametrize(
    "text",
    [
        '#link("https://example.org")[x] #read("/etc/passwd") $x$ *b* _i_ `c` \\ #{',
        "\x1b[31mred\x00 \u202egnp.exe\u2066 \ue000 \U0010ffff \ud800",
        "\N{GRINNING FACE} \N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER} 日本語 العربية עברית ไทย",
        "x" * 3000,
        "",
    ],
    ids=["markup", "controls", "scripts", "unbroken", "empty"],
)
def test_any_text_of_a_repository_makes_a_valid_document(text: str) -> None:
    made = pikepdf.open(io.BytesIO(render_pdf(page_with(text))))
    assert len(made.pages) > 3
    assert bookmarks(made)[0] == "Executive summary"


def test_characters_without_glyph_are_shown_by_code_not_dropped() -> None:
    made = pikepdf.open(io.BytesIO(render_pdf(page_with("a\x07b\U000e0041\ue000c"))))
    with made.open_metadata() as metadata:
        assert metadata["dc:title"] == r"Assessment of a\x07b\U000e0041\ue000c"


def test_links_lead_only_to_web_addresses() -> None:
    rows = [Row("testing.unit", "pass", (Evidence("tests/test_a.py", 1, "def test_a"),))]
    page = build_report(
        shipped_standard(),
        subject(url="javascript:alert(1)"),
        rows,
        evidence_url=lambda path, line: "file:///etc/passwd",
    )
    raw = b"".join(
        str(annotation.A.URI).encode()
        for sheet in pikepdf.open(io.BytesIO(render_pdf(page))).pages
        for annotation in sheet.get("/Annots", [])
        if "/A" in annotation and "/URI" in annotation.A
    )
    assert b"https://" in raw
    assert not re.search(rb"javascript:|file:", raw)


def test_dates_problems_and_folder_are_told() -> None:
    page = build_report(
        shipped_standard(),
        subject(
            root="services/api",
            judged_at=datetime(2025, 2, 3, 4, 5, 6, 789, tzinfo=UTC),
            problems=(Problem("package.json", "manifest.unreadable", "It is not JSON."),),
        ),
        [],
    )
    data = report_data(page)
    assert data["judged"] == "3 February 2025, 04:05 UTC"
    assert data["problems"] == ["package.json: It is not JSON. [manifest.unreadable]"]
    assert data["grade"]["letter"] == ""
    assert len(pikepdf.open(io.BytesIO(render_pdf(page))).pages) > 2
