"""The report as a PDF: what is in it, that it is accessible, and that nothing in a repository can break or steer it."""

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.charts import Mark, TrendPoint
from assessments.guidance import read_guidance
from assessments.overlays import Overlay
from assessments.report import ReportPage, build_report
from assessments.reports.pdf import Trend, render_pdf
from assessments.reports.pdf_report import report_data, web
from assessments.reports.pdf_text import code_of, printable
from assessments.reports.pdf_trend import change_data, trend_data
from assessments.reports.pdf_typeset import TEMPLATES
from scanners.facts import Evidence, Problem
from tests.assessments.pdf_standards import faults
from tests.assessments.pdf_text import annotations, bare, open_pdf, structure, text_of
from tests.assessments.rows import (
    NOW,
    RULESET,
    Row,
    reference,
    reference_page,
    shipped_standard,
    small_standard,
    subject,
)

ROOT = Path(__file__).parents[2]
_CODE = re.compile(r"⟨(?:U\+([0-9A-F]{4,6})|0x([0-9A-F]{2}))⟩")


def past(*scores: float | None) -> Trend:
    """Scores a month apart, the last one now, the first half backfilled."""
    points = tuple(
        TrendPoint(
            NOW - timedelta(days=31 * (len(scores) - 1 - n)),
            None if score is None else Fraction(str(score)),
            backfilled=n < len(scores) // 2,
        )
        for n, score in enumerate(scores)
    )
    return Trend(points, (Mark(NOW - timedelta(days=40), "Ruleset 1.0"),))


def full_page() -> ReportPage:
    """The reference with guidance, dates and evidence."""
    rows = [
        Row(item, outcome, (Evidence("src/app/main.py", 12, "app = FastAPI()"),) if outcome == "pass" else ())
        for item, outcome in reference()["verdicts"].items()
    ]
    return build_report(
        shipped_standard(),
        subject(url="https://example.org/reference/backend"),
        rows,
        guidance=read_guidance(RULESET / "guidance"),
        starts_on=date(2024, 5, 13),
        evidence_url=lambda path, line: f"https://example.org/reference/backend/{path}#L{line}",
    )


def page_of(outcome: str, **changes: Any) -> ReportPage:
    rows = [Row(item.id, outcome, (), ("a tests folder",), "None.") for item in shipped_standard().items]
    return build_report(shipped_standard(), subject(**changes), rows)


@cache
def full_data() -> bytes:
    return render_pdf(full_page(), trend=past(41, 48, None, 55, 60))


@pytest.fixture
def document() -> pikepdf.Pdf:
    return open_pdf(full_data())


def bookmarks(document: pikepdf.Pdf) -> list[str]:
    with document.open_outline() as outline:
        return [entry.title for entry in outline.root]


def page_text(document: pikepdf.Pdf, number: int) -> str:
    one = pikepdf.new()
    one.pages.append(document.pages[number - 1])
    return text_of(one)


def alternatives(document: pikepdf.Pdf) -> list[str]:
    return [str(element.Alt) for element in structure(document) if element.S == "/Figure"]


# What is in it


def test_sections_follow_the_reference_as_bookmarks(document: pikepdf.Pdf) -> None:
    assert bookmarks(document) == [
        "At a glance",
        "Contents",
        "Executive Summary",
        "Strengths (What's Done Well)",
        "Areas Needing Improvement",
        "Priority Matrix",
        "Recommended Action Plan",
        "Industry Standards Checklist",
        "Conclusion",
        "Resources",
    ]


def test_bookmarks_name_areas_and_phases(document: pikepdf.Pdf) -> None:
    with document.open_outline() as outline:
        named = {entry.title: [child.title for child in entry.children] for entry in outline.root}
    assert named["Areas Needing Improvement"][0] == "1. Testing"
    assert named["Recommended Action Plan"][0] == "Phase 1: Critical Foundations (Weeks 1-2)"


def test_cover_shows_the_grade_its_change_and_every_area(document: pikepdf.Pdf) -> None:
    cover = page_text(document, 1)
    for words in (
        "Overall Grade: B+ (Good, with room for improvement)",
        "60.0 of 100 points",
        "+5.0 points since",
    ):
        assert bare(words) in cover
    for area in shipped_standard().areas:
        assert bare(area.title) in cover


def test_summary_page_tells_a_manager_what_to_do_and_what_it_buys(document: pikepdf.Pdf) -> None:
    words = page_text(document, 2)
    told = (
        "35 In place", "64 Missing or short", "Top strengths", "Top needs", "Next steps",
        "Build the test suite Phase 1 8 person-days +4.3", "After phase 1", "73.7 points",
        "13 May to 26 May 2024", "After phase 3", "100.0 points", "Score over time",
    )  # fmt: skip
    assert [one for one in told if bare(one) not in words] == []


def test_every_gap_has_the_parts_of_the_reference(document: pikepdf.Pdf) -> None:
    words = text_of(document)
    for label in ("Current State:", "Industry Standard:", "Missing:", "Issues:", "Recommendations:"):
        assert bare(label) in words
    assert bare("To reach production-grade industry standards, focus on:") in words
    assert bare("Why it matters:") in words
    assert bare("app = FastAPI()") in words


def test_drawings_are_told_in_words(document: pikepdf.Pdf) -> None:
    told = alternatives(document)
    (chart,) = [one for one in told if one.startswith("Line chart")]
    assert chart == (
        "Line chart of 4 scores: from 41.0 points (C) on 3 January 2024 to 60.0 points (B+) on 6 May 2024, "
        "the lowest 41.0, the highest 60.0. Ruleset 1.0 on 27 March 2024."
    )
    (plan,) = [one for one in told if one.startswith("Timeline")]
    assert (
        "Phase 2: Production Readiness: weeks 3-4, 27 May to 9 Jun 2024, 12.5 person-days, leads to A (83.1)"
        in plan
    )
    assert "5 of 5 stars" in told
    assert {"In place", "Missing"} <= set(told)


def test_head_and_foot_say_what_is_read(document: pikepdf.Pdf) -> None:
    words = page_text(document, 5)
    assert bare("reference/backend commit 0123456789ab · Industry Standards 1.0 · 6 May 2024") in words
    assert bare(f"Page 5 of {len(document.pages)}") in words


def test_links_lead_to_evidence_and_within_the_document(document: pikepdf.Pdf) -> None:
    pages = {page.objgen for page in document.pages}
    named = dict(pikepdf.NameTree(document.Root.Names.Dests).items())
    inner, outer = [], []
    for annotation in annotations(document):
        action = annotation.get("/A", {})
        if "/URI" in action:
            outer.append(str(action.URI))
        else:
            target = annotation.get("/Dest", action.get("/D"))
            target = named[str(target)] if isinstance(target, pikepdf.String) else target
            place = target.D if isinstance(target, pikepdf.Dictionary) else target
            inner.append(place[0].objgen in pages)
    assert "https://example.org/reference/backend/src/app/main.py#L12" in outer
    assert len(inner) > 60 and all(inner)


def test_document_says_what_it_is(document: pikepdf.Pdf) -> None:
    with document.open_metadata() as metadata:
        assert metadata["dc:title"] == "Assessment of reference/backend"
        assert metadata["dc:creator"] == ["Plumbline"]
        assert metadata["xmp:CreateDate"].startswith("2024-05-06T07:08:09")
    assert str(document.Root.Lang) == "en-GB"


def test_grade_score_and_plan_are_told_as_in_the_page_model() -> None:
    data = report_data(reference_page())
    assert (data["grade"]["letter"], data["grade"]["score"]) == ("B+", "60.0")
    assert [phase["leads_to"]["score"] for phase in data["plan"]] == ["73.7", "83.1", "100.0"]
    assert data["raw"] is None and data["change"] is None and data["trend"] is None


def test_dates_problems_and_folder_are_told() -> None:
    page = build_report(
        shipped_standard(),
        subject(
            root="services/api",
            judged_at=datetime(2025, 2, 3, 4, 5, 6, 789, tzinfo=ZoneInfo("Europe/Berlin")),
            problems=(Problem("package.json", "manifest.unreadable", "It is not JSON."),),
        ),
        [],
    )
    data = report_data(page)
    assert data["name"] == "reference/backend (services/api)"
    assert data["judged"] == "3 February 2025, 03:05 UTC"
    assert data["problems"] == ["package.json: It is not JSON. [manifest.unreadable]"]
    assert data["grade"]["letter"] == ""
    assert bare("What could not be read") in text_of(open_pdf(render_pdf(page)))


def test_waivers_are_told_with_their_reason_and_the_grade_without_them() -> None:
    waiver = Overlay("waiver", "testing.unit", "ada", "Legacy,\n  frozen", expires_on=date(2025, 1, 1))
    page = reference_page(overlays=(waiver,), day=date(2024, 5, 6))
    words = text_of(open_pdf(render_pdf(page)))
    assert bare("Legacy, frozen") in words
    assert bare("Without overrides, attestations and waivers: B+, 60.0 points") in words


# That it meets both standards


@pytest.mark.parametrize(
    "page",
    [page_of("fail"), page_of("pass"), page_of("unknown"), build_report(shipped_standard(), subject(commit="", judged_at=None, committed_at=None), [])],
    ids=["gaps", "good", "unknown", "empty"],
)  # fmt: skip
def test_every_kind_of_report_meets_both_standards(page: ReportPage) -> None:
    assert faults(open_pdf(render_pdf(page))) == []


def test_full_report_meets_both_standards(document: pikepdf.Pdf) -> None:
    assert faults(document) == []


def test_what_is_looked_at_finds_what_a_document_lacks(document: pikepdf.Pdf) -> None:
    del document.Root.Lang
    del next(one for one in structure(document) if one.S == "/Figure").Alt
    del next(annotations(document)).Contents
    document.pages[0].contents_add(b"0 0 m 9 9 l S")
    with document.open_metadata() as metadata:
        del metadata["pdfuaid:part"]
    assert [fault.split(" (")[0] for fault in faults(document)] == [
        "no language",
        "metadata lacks pdfuaid:part = 1",
        "a Figure without alternative text",
        "a link without a description",
        "page 1: S outside of marked content",
    ]
    assert faults(pikepdf.new()) == ["no structure tree (UA 7.1)"]


def test_same_page_gives_the_same_bytes() -> None:
    assert render_pdf(reference_page()) == render_pdf(reference_page())


def test_templates_are_part_of_the_installed_package() -> None:
    built = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert {path.name for path in TEMPLATES.glob("*.typ")} == {
        "assessment.typ",
        "base.typ",
        "probe.typ",
        "team.typ",
    }
    assert TEMPLATES.relative_to(ROOT).parts[0] in built["packages"]
    assert not {"exclude", "only-include"} & built.keys()


# That text stays text


def page_with(text: str) -> ReportPage:
    evidence = (Evidence(f"src/{text}.py", 3, text, note=text),)
    rows = [
        Row("a", "pass", evidence),
        Row("b", "fail", evidence, (text,), text),
        Row("c", "unknown", (), (), text),
    ]
    standard = small_standard({"a": "foundation", "b": "production", "c": "production"})
    problem = Problem(text, "manifest.unreadable", text)
    return build_report(
        standard, subject(repository=text, commit=text, stack=(text,), problems=(problem,)), rows
    )


def decoded(text: str) -> str:
    """The text with replacements turned back into what they stand for, and without what no reader compares."""
    return unicodedata.normalize("NFC", bare(_CODE.sub(_char, bare(text))))


def _char(code: re.Match[str]) -> str:
    return chr(int(code[1], 16)) if code[1] else chr(0xDC00 + int(code[2], 16))


def test_replacements_name_the_character() -> None:
    assert code_of("\N{GRINNING FACE}") == "⟨U+1F600⟩"
    assert printable("a\x07\u202eb\udc80\u200b\u2028") == "a⟨U+0007⟩⟨U+202E⟩b⟨0x80⟩⟨U+200B⟩⟨U+2028⟩"
    assert printable("a\tb") == "a b"


def test_marks_that_would_climb_over_other_lines_are_named() -> None:
    assert printable("e" + "\u0301" * 5) == "e" + "\u0301" * 3 + "⟨U+0301⟩" * 2


def test_long_words_may_break_but_never_between_a_letter_and_its_marks() -> None:
    assert printable("x" * 100).count("\u200b") == 2
    assert "\u200b\u0301" not in printable("x" * 47 + "e\u0301" * 40)


@pytest.mark.parametrize(
    "text",
    [
        '#link("https://example.org")[x] #read("/etc/passwd") $x$ *b* _i_ `c` \\ #{ <label> @ref = / - + // /* ~ --- ...',
        "\x1b[31mred\x00 \u202egnp.exe\u2066 \ue000 \U0010ffff \ud800 \udcff",
        "\N{GRINNING FACE} \N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER} 日本語 العربية עברית ไทย हिन्दी 한국어",
        "x" * 3000,
        "long-name-" * 30,
        "e" + "\u0301" * 200,
        "",
        " ",
    ],
    ids=["markup", "controls", "scripts", "unbroken", "long name", "marks", "empty", "blank"],
)  # fmt: skip
def test_any_text_of_a_repository_makes_a_valid_document(text: str) -> None:
    made = open_pdf(render_pdf(page_with(text)))
    assert faults(made) == []
    assert shows(made, text)


# Surrogates too: they stand for bytes of a path that are no text.
@given(st.text(st.characters(exclude_categories=()), max_size=60))
@settings(max_examples=40, deadline=None)
def test_no_text_breaks_the_document_or_is_dropped(text: str) -> None:
    assert shows(open_pdf(render_pdf(page_with(text))), text)


def shows(document: pikepdf.Pdf, text: str) -> bool:
    """Whether title and pages hold every character or its replacement, in order where no script runs leftwards."""
    wanted = decoded(text.replace("\t", " "))
    with document.open_metadata() as metadata:
        titled = decoded(str(metadata["dc:title"])).endswith(wanted)
    drawn = decoded(text_of(document))
    leftwards = any(unicodedata.bidirectional(char) in ("R", "AL", "AN") for char in text)
    return titled and (not Counter(wanted) - Counter(drawn) if leftwards else wanted in drawn)


def test_links_lead_only_to_web_addresses() -> None:
    rows = [Row("testing.unit", "pass", (Evidence("tests/test_a.py", 1, "def test_a"),))]
    page = build_report(
        shipped_standard(),
        subject(url="javascript:alert(1)"),
        rows,
        evidence_url=lambda path, line: "file:///etc/passwd",
    )
    made = open_pdf(render_pdf(page))
    targets = [str(one.A.URI) for one in annotations(made) if "/A" in one and "/URI" in one.A]
    assert targets and all(target.startswith("https://") for target in targets)
    assert bare("javascript:alert(1)") in text_of(made)


def test_addresses_are_written_in_characters_that_every_reader_takes() -> None:
    assert web("https://example.org/a b/ü\udcff?x=1#L2") == "https://example.org/a%20b/%C3%BC%FF?x=1#L2"
    assert web("https://example.org/%20\ud800") == "https://example.org/%20?"
    assert web("ssh://example.org") == ""


# Past scores


def change(*scores: float | None) -> Any:
    return change_data(past(*scores), shipped_standard())


def test_change_is_told_against_the_last_score_of_a_month_ago() -> None:
    assert change(20, 50, 45.25) == {
        "points": "-4.7",
        "direction": "down",
        "since": "5 April 2024",
        "from": "B-",
    }
    assert change(None, 45, 45)["direction"] == "same"
    assert change(None, None, 45) is None
    assert change_data(None, shipped_standard()) is None


def test_change_since_the_first_score_where_there_is_none_of_a_month_ago() -> None:
    points = [TrendPoint(date(2024, 5, day), Fraction(day)) for day in (1, 3)]
    told = change_data(Trend(tuple(points)), shipped_standard())
    assert told == {"points": "+2.0", "direction": "up", "since": "1 May 2024", "from": "F"}


def test_line_breaks_where_there_was_no_grade_and_hollow_points_are_marked() -> None:
    data = trend_data(past(41, None, 60), shipped_standard())
    assert data is not None
    assert [point["x"] for point in data["points"]] == [0, 0.5, 1]
    assert [point["y"] is None for point in data["points"]] == [False, True, False]
    assert [point["hollow"] for point in data["points"]] == [True, False, False]
    assert [band["letter"] for band in data["bands"]] == ["B", "C", "D"]


@given(st.lists(st.fractions(0, 100), min_size=2, max_size=20))
def test_scores_and_bands_stay_on_the_drawing(scores: Sequence[Fraction]) -> None:
    points = tuple(TrendPoint(NOW + timedelta(days=n), score) for n, score in enumerate(scores))
    data = trend_data(Trend(points), shipped_standard())
    assert data is not None
    drawn = [point["y"] for point in data["points"]] + [
        b[side] for b in data["bands"] for side in ("low", "high")
    ]
    assert all(0 <= y <= 1 for y in drawn)
    assert data["bands"][0]["high"] == 1 and data["bands"][-1]["low"] == 0


def test_score_without_waivers_is_a_second_line_only_where_it_differs() -> None:
    same = trend_data(past(41, 60), shipped_standard())
    assert same is not None and not same["lifted"] and same["points"][0]["raw"] is None
    points = (
        TrendPoint(NOW, Fraction(40)),
        TrendPoint(NOW + timedelta(days=1), Fraction(40), waived_score=Fraction(50)),
    )
    lifted = trend_data(Trend(points), shipped_standard())
    assert lifted is not None and lifted["lifted"]
    assert (
        lifted["points"][0]["raw"]
        == lifted["points"][1]["raw"]
        == lifted["points"][0]["y"]
        < lifted["points"][1]["y"]
    )
    words = text_of(open_pdf(render_pdf(reference_page(), trend=Trend(points))))
    assert bare("The dotted line is the score without waivers") in words


def test_changes_of_the_ruleset_are_dated_below_the_chart(document: pikepdf.Pdf) -> None:
    assert bare("Dashed: Ruleset 1.0 on 27 March 2024.") in page_text(document, 2)


def test_thinned_line_keeps_its_ends() -> None:
    trend = Trend(tuple(TrendPoint(NOW + timedelta(days=n), Fraction(n, 10)) for n in range(365)))
    data = trend_data(trend, shipped_standard(), 26)
    assert data is not None
    assert len(data["points"]) == 26
    assert (data["points"][0]["x"], data["points"][-1]["x"]) == (0, 1)
    assert "365 scores" in data["alt"]


def test_one_point_or_none_makes_no_chart() -> None:
    assert trend_data(past(50), shipped_standard()) is None
    assert trend_data(past(None, None), shipped_standard()) is None


def test_points_at_one_moment_still_make_a_chart() -> None:
    points = (TrendPoint(NOW, Fraction(40)), TrendPoint(NOW, Fraction(50)))
    assert open_pdf(render_pdf(reference_page(), trend=Trend(points)))


def test_effective_scores_are_drawn_where_waivers_lift_them() -> None:
    points = (
        TrendPoint(NOW, Fraction(40)),
        TrendPoint(datetime(2024, 6, 1, tzinfo=UTC), Fraction(40), waived_score=Fraction(44)),
    )
    told = change_data(Trend(points), shipped_standard())
    assert told is not None and told["points"] == "+4.0"
