"""A team's scorecard as a PDF: the summary, one page per repository, and that both standards hold."""

import random
from datetime import date
from fractions import Fraction
from functools import cache

import pikepdf
import pytest

from assessments.charts import TrendPoint
from assessments.report import ReportPage, build_report
from assessments.reports.pdf import Trend, render_team_pdf
from assessments.reports.pdf_team import team_data
from assessments.team_report import TeamPage, build_team_report
from scanners.facts import Evidence
from tests.assessments.pdf_standards import faults
from tests.assessments.pdf_text import annotations, bare, open_pdf, structure, text_of
from tests.assessments.rows import NOW, Row, shipped_standard, small_standard, subject
from tests.assessments.test_pdf import bookmarks, decoded, page_text, past


def repository(name: str, share: float = 0.5, **changes: object) -> ReportPage:
    """A repository that passes this share of the items, the same ones each time for one name."""
    chance = random.Random(ascii(name))
    rows = [
        Row(item.id, "pass" if chance.random() < share else "fail", (Evidence("a.py", 1, "x"),))
        for item in shipped_standard().items
    ]
    return build_report(shipped_standard(), subject(repository=name, **changes), rows)


def team(*pages: ReportPage) -> TeamPage:
    return build_team_report(
        "Payments", shipped_standard(), pages, capacity=Fraction(5), starts_on=date(2024, 5, 13)
    )


@cache
def three() -> TeamPage:
    empty = build_report(shipped_standard(), subject(repository="acme/new", judged_at=None), [])
    return team(repository("acme/api", 0.9), repository("acme/web", 0.3), empty)


@cache
def three_data() -> bytes:
    return render_team_pdf(three(), trend=past(40, 45, 50), trends={"acme/api": past(70, 71, 80)})


@pytest.fixture
def document() -> pikepdf.Pdf:
    return open_pdf(three_data())


def test_scorecard_is_a_summary_and_a_bookmarked_page_per_repository(document: pikepdf.Pdf) -> None:
    assert bookmarks(document) == [
        "Contents", "At a glance", "Priority Matrix", "Recommended Action Plan", "Repositories",
    ]  # fmt: skip
    with document.open_outline() as outline:
        assert [child.title for child in outline.root[-1].children] == ["acme/web", "acme/api", "acme/new"]


def test_summary_tells_average_distribution_next_steps_and_phases(document: pikepdf.Pdf) -> None:
    page = three()
    assert page.score.score is not None
    words = page_text(document, 2)
    assert bare("on average over 2 repositories") in words
    assert bare("Next steps") in words and bare("What the plan buys") in words
    told = [str(element.Alt) for element in structure(document) if element.S == "/Figure"]
    counts = {letter: 0 for letter in "ABCDF"}
    for one in page.repositories:
        if one.effective_grade.letter:
            counts[one.effective_grade.letter[:1]] += 1
    assert (
        "Repositories by grade: "
        + ", ".join(f"{n} at {letter}" for letter, n in counts.items())
        + ", 1 without a grade."
        in told
    )
    assert any(one.startswith("Timeline. Phase 1") for one in told)


def test_plan_names_the_repositories_of_a_step(document: pikepdf.Pdf) -> None:
    words = text_of(document)
    assert bare("in 2 repositories") in words
    phase = three().phases[0]
    assert bare(phase.needs[0].action) in words


def test_page_of_a_repository_has_its_grade_stars_gaps_and_steps(document: pikepdf.Pdf) -> None:
    worst = three().repositories[0]
    words = page_text(document, len(document.pages) - 2)
    for told in (worst.effective_grade.label, "Last judged 6 May 2024", "Top gaps", worst.gaps[0].area.title,
                 "Next steps", worst.plan.steps[0].need.initiative.action, "The whole plan is about"):  # fmt: skip
        assert bare(told) in words
    assert all(bare(area.title) in words for area in worst.areas)
    last = page_text(document, len(document.pages))
    assert bare("acme/new") in last and bare("Never judged") in last


@pytest.mark.parametrize(
    "page",
    [team(), team(repository("only", 0.5)), three(), team(*(repository(f"acme/r{n}", n / 12) for n in range(13)))],
    ids=["none", "one", "three", "thirteen"],
)  # fmt: skip
def test_teams_of_any_size_meet_both_standards(page: TeamPage) -> None:
    made = open_pdf(render_team_pdf(page))
    assert faults(made) == []


def test_each_repository_takes_one_page_whatever_its_name() -> None:
    names = (
        "x" * 300,
        "a/" * 150,
        "\N{GRINNING FACE}" * 30,
        "#pagebreak() *b* <l> @x",
        "日本語 العربية",
        "a",
    )
    page = team(
        *(
            repository(name, 0, stack=("python",) * 12, url=f"https://example.org/{n}")
            for n, name in enumerate(names)
        )
    )
    made = open_pdf(render_team_pdf(page))
    starts = [n for n, sheet in enumerate(made.pages, 1) if bare("Top gaps") in page_text(made, n)]
    assert starts == list(range(len(made.pages) - len(names) + 1, len(made.pages) + 1))
    assert faults(made) == []
    drawn = text_of(made)
    assert "x" * 300 in drawn and "a/" * 150 in drawn and bare("#pagebreak() *b* <l> @x") in drawn
    assert "\N{GRINNING FACE}" * 30 in decoded(drawn)


def test_repositories_are_linked_from_their_table(document: pikepdf.Pdf) -> None:
    named = dict(pikepdf.NameTree(document.Root.Names.Dests).items())
    assert {"repository-1", "repository-2", "repository-3", "phase-1"} <= set(named)
    assert all(str(one.get("/Contents", "")) for one in annotations(document))


def test_more_repositories_than_fit_a_step_are_counted() -> None:
    data = team_data(team(*(repository(f"acme/r{n}", 0) for n in range(11))))
    step = data["plan"][0]["steps"][0]
    assert (len(step["repositories"]), step["more"]) == (8, 3)


def test_a_ruleset_may_name_grades_and_phases_as_it_likes() -> None:
    scale = [{"letter": "É", "from": 50, "label": "*Good*"}, {"letter": "Z-", "from": 0, "label": "#bad"}]
    standard = small_standard({"a": "foundation", "b": "production"}, scale=scale)
    rows = [Row("a", "pass"), Row("b", "fail")]
    page = build_team_report("T", standard, [build_report(standard, subject(), rows)])
    data = team_data(page)
    assert [(one["letter"], one["count"]) for one in data["distribution"]] == [("É", 1), ("Z", 0), ("", 0)]
    made = open_pdf(render_team_pdf(page))
    assert faults(made) == [] and "*Good*" in text_of(made)


def test_trend_of_days_and_of_moments_can_be_mixed() -> None:
    trend = Trend((TrendPoint(date(2024, 1, 1), Fraction(40)), TrendPoint(NOW, Fraction(50))))
    data = team_data(three(), trend)
    assert data["change"]["points"] == "+10.0"


def test_same_team_gives_the_same_bytes() -> None:
    assert (
        render_team_pdf(three(), trend=past(40, 45, 50), trends={"acme/api": past(70, 71, 80)})
        == three_data()
    )
