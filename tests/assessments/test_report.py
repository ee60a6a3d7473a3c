"""The page model of one report and of a team's, and the formats that print all of it: JSON and text."""

import json
import re
from datetime import date
from fractions import Fraction

import pytest

from assessments.guidance import load_guidance
from assessments.overlays import Overlay
from assessments.report import build_report
from assessments.reports.json import render_json, report_payload
from assessments.reports.text import render_text
from assessments.team_report import build_team_report
from scanners.facts import Evidence
from tests.assessments.rows import Row, reference, reference_page, shipped_standard, small_standard, subject

STANDARD = shipped_standard()
DAY = date(2024, 5, 6)
SUITE = next(one.items for one in STANDARD.initiatives if one.id == "testing-suite")
GUIDANCE = load_guidance(
    [
        {
            "items": {
                "testing.unit": {
                    "why": "Changes break things.",
                    "fix": "Add a runner.",
                    "snippets": {
                        "python": {"title": "pytest", "language": "python", "code": "def test_it(): ...\n"},
                        "javascript": {"language": "javascript", "code": "test('it')\n"},
                        "typescript": "javascript",
                        "any": {"language": "text", "code": "whatever\n"},
                    },
                    "effort_days": 1.5,
                    "links": [{"title": "pytest", "url": "https://docs.pytest.org/"}],
                    "controls": {"nist_ssdf": ["PW.8"]},
                },
                "testing.ci": None,
            }
        }
    ]
)


def page_of(verdicts, **settings):
    return build_report(STANDARD, subject(), [Row(*pair) for pair in verdicts.items()], **settings)


def everything(outcome):
    return {item.id: outcome for item in STANDARD.items}


def test_the_summary_follows_from_the_figures():
    words = " ".join(reference_page().summary)
    assert "35 of 35 foundation items and 0 of 64 production items are in place" in words
    assert "12 of 19 measured areas need attention" in words
    assert (
        "Testing Suite, Authentication & Authorization, Monitoring & Observability and Error Tracking"
        in words
    )
    assert "from B+ (60.0) to A+ (100.0): 14 steps in 3 phases" in words


def test_a_perfect_repository_has_nothing_to_do():
    page = page_of(everything("pass"))
    assert (page.gaps, page.plan.phases, page.grade.letter) == ((), (), "A+")
    assert len(page.summary) == 1
    assert page.conclusion.outlook == "Nothing that could be measured is missing."


def test_nothing_measured_is_said_and_not_graded():
    page = page_of({})
    assert page.grade.letter is None
    assert len(page.unknown) == 100
    assert "no grade" in page.summary[0]
    assert "100 items could not be measured" in page.summary[-1]


def test_nothing_applicable_is_said():
    assert "Nothing of the standard applies" in page_of(everything("not_applicable")).summary[0]


def test_gaps_come_in_the_order_of_the_matrix():
    titles = [gap.area.title for gap in reference_page().gaps]
    assert titles[:5] == [
        "Testing",
        "Authentication & Authorization",
        "Monitoring & Observability",
        "Error Tracking",
        "Database Migrations",
    ]


def test_a_gap_tells_what_is_in_place_and_what_is_not():
    gap = next(gap for gap in reference_page().gaps if gap.area.id == "caching")
    assert gap.current_state == "1 of 5 items in place: Caching"
    assert (gap.missing, len(gap.issues)) == ((), 4)
    assert gap.recommendations[0].text.startswith("To pass: ")


def test_a_fail_with_evidence_is_an_issue_and_not_missing():
    row = Row("validation.sql-injection", "fail", (Evidence("app/db.py", 7, "execute(f'...')"),))
    gap = build_report(STANDARD, subject(), [row]).gaps[0]
    assert ([row.item.id for row in gap.issues], gap.missing) == (["validation.sql-injection"], ())


def test_guidance_brings_fix_and_snippet_in_the_stack_of_the_repository():
    gap = page_of({"testing.unit": "fail"}, guidance=GUIDANCE).gaps[0]
    assert gap.recommendations[0].text == "Add a runner."
    assert (gap.snippet.title, gap.snippet_for.id) == ("pytest", "testing.unit")


@pytest.mark.parametrize(
    ("stack", "language"),
    [
        (("python", "fastapi"), "python"),
        (("typescript", "nestjs"), "javascript"),
        (("Node",), "javascript"),
        (("cobol",), "text"),
        ((), "text"),
    ],
)
def test_a_snippet_is_chosen_by_stack(stack, language):
    assert GUIDANCE["testing.unit"].snippet_for(stack).language == language


def test_resources_name_the_guidance_of_what_fails_and_the_standards_own():
    page = page_of({"testing.unit": "fail"}, guidance=GUIDANCE)
    assert page.resources[0].url == "https://docs.pytest.org/"
    assert page.resources[1:] == STANDARD.resources


def test_overlays_change_the_effective_grade_and_keep_the_raw_one():
    overlays = [
        Overlay("waiver", "testing.unit", "ada", "rewrite"),
        Overlay("attestation", "testing.ci", "ada", "own server"),
        Overlay("waiver", "testing.e2e", "ada", "old", expires_on=date(2024, 5, 5)),
    ]
    page = reference_page(overlays=overlays, day=DAY)
    assert page.grade.score == 60
    assert page.effective_grade.score == 60 + Fraction(40, 63)
    assert [row.item.id for row in page.waived] == ["testing.unit"]
    assert page.items[[item.id for item in STANDARD.items].index("testing.ci")].raw == "fail"


def test_overlays_without_a_day_are_refused():
    with pytest.raises(ValueError, match="day"):
        reference_page(overlays=[Overlay("waiver", "testing.unit", "ada", "rewrite")])


def test_verdicts_of_items_that_the_standard_lacks_are_left_out():
    page = build_report(STANDARD, subject(), [Row("no.such", "pass"), Row("testing.unit", "pass")])
    assert len(page.items) == 100
    assert sum(row.verdict == "pass" for row in page.items) == 1


def test_json_keeps_its_contract():
    page = page_of(
        everything("pass")
        | {"testing.unit": "fail", "auth.rbac": "unknown", "testing.api": "not_applicable"},
        guidance=GUIDANCE,
        evidence_url=lambda path, line: "",
    )
    payload = json.loads(render_json(page))
    assert payload["schema"] == "plumbline.assessment/1"
    assert payload["commit"] == subject().commit
    assert payload["committed_at"] == "2024-05-06T07:08:09+00:00"
    assert payload["ruleset"]["id"] == "industry-standards"
    assert payload["ruleset"]["version"] == STANDARD.version
    assert payload["profile"] == reference()["profile"]
    assert payload["stack"] == ["python", "fastapi", "postgresql"]
    assert payload["grade"] == {
        "letter": "A+",
        "label": "Exemplary, ready for production",
        "score": 99.3,
        "exact": pytest.approx(60 + 40 * 62 / 63),
        "foundations": 100.0,
        "production": 98.4,
        "known": 98,
        "applicable": 99,
    }
    assert [area["id"] for area in payload["areas"]] == [area.id for area in STANDARD.areas]
    assert len(payload["items"]) == 100
    unit = next(item for item in payload["items"] if item["id"] == "testing.unit")
    assert (unit["verdict"], unit["evidence"], unit["snippet"]["title"]) == ("fail", [], "pytest")
    assert unit["guidance"]["controls"] == {"nist_ssdf": ["PW.8"]}
    assert payload["matrix"] == {"critical": [], "high": ["testing-suite"], "medium": []}
    assert [(one["phase"], one["initiatives"]) for one in payload["plan"]] == [(1, ["testing-suite"])]


def test_json_prints_the_raw_verdict_and_the_effective_one_beside_it():
    page = reference_page(overlays=[Overlay("waiver", "testing.unit", "ada", "rewrite")], day=DAY)
    unit = next(item for item in report_payload(page)["items"] if item["id"] == "testing.unit")
    assert (unit["verdict"], unit["effective_verdict"]) == ("fail", "waived")
    assert unit["overlays"][0]["reason"] == "rewrite"


def test_json_holds_no_half_of_a_character():
    row = Row("testing.unit", "fail", (Evidence("odd\udcff.py", 1, "x"),))
    text = render_json(build_report(STANDARD, subject(), [row]))
    assert text.encode()
    assert next(i for i in json.loads(text)["items"] if i["evidence"])["evidence"][0]["path"] == "odd\\xff.py"


def test_text_says_grade_places_and_steps_within_its_width():
    evidence = tuple(Evidence(f"app/db{n}.py", n, "execute(query)" * 20) for n in range(1, 6))
    rows = [Row(item.id, "pass") for item in STANDARD.items if item.id != "validation.sql-injection"]
    text = render_text(
        build_report(STANDARD, subject(), [*rows, Row("validation.sql-injection", "fail", evidence)])
    )
    assert "A+  98.2 of 100" in text
    assert "app/db1.py:1  execute" in text
    assert "and 2 more" in text
    assert "Add security headers" in text
    assert max(map(len, text.splitlines())) <= 88
    assert "\x1b" not in text


def test_text_in_colour_differs_by_colour_only():
    plain, coloured = render_text(reference_page()), render_text(reference_page(), colour=True)
    assert re.sub(r"\x1b\[\d+m", "", coloured) == plain


def test_text_lists_what_was_not_measured():
    text = render_text(
        page_of(everything("pass") | {"auth.rbac": "unknown", "auth.tokens": "not_applicable"})
    )
    assert "Not measured (1)\n  Role-based authorization" in text
    assert "Not applicable: 1 item\n" in text


@pytest.mark.parametrize("control", ["\x1b[2J", "\r", "\x07", "\x9b31m", "\u202e", "\n", "\u2028"])
def test_text_from_a_repository_never_drives_the_terminal(control):
    row = Row("testing.unit", "fail", (Evidence(f"a{control}b.py", 1, f"x{control}y"),))
    page = build_report(STANDARD, subject(repository=f"own{control}er", stack=(f"s{control}",)), [row])
    text = render_text(page)
    lines = text.split("\n")
    assert control == "\n" or control not in text
    assert lines[0].startswith("own") and lines[0].endswith("er")
    assert any("a" in line and "b.py:1" in line for line in lines)


def team_of(*outcomes, **settings):
    pages = [
        build_report(
            STANDARD,
            subject(repository=f"team/{name}"),
            [Row(item, outcome) for item, outcome in verdicts.items()],
        )
        for name, verdicts in zip("abcdef", outcomes, strict=False)
    ]
    return build_team_report("Payments", STANDARD, pages, **settings)


def test_a_team_counts_which_repositories_need_a_step_and_what_it_gains():
    no_ci = everything("pass") | {"devops.ci": "fail", "testing.ci": "fail"}
    page = team_of(no_ci, everything("pass"), no_ci)
    (need,) = page.matrix[1].needs
    assert need.action == "Set up the CI/CD pipeline in 2 repositories"
    assert (need.repositories, need.failing) == (("team/a", "team/c"), 4)
    assert need.points == Fraction(40 * 2, 65) * 2 / 3
    assert need.effort == 4
    assert page.phases[0].leads_to.score == 100
    assert [page.subject.repository for page in page.repositories] == ["team/a", "team/c", "team/b"]


def test_a_team_takes_the_most_urgent_priority_that_a_repository_has():
    one = everything("pass") | {"testing.unit": "fail"}
    most = everything("pass") | dict.fromkeys(SUITE, "fail")
    page = team_of(one, most)
    assert [need.priority for group in page.matrix for need in group.needs] == ["critical"]


def test_a_team_plans_all_efforts_within_its_capacity():
    page = team_of(reference()["verdicts"], reference()["verdicts"], capacity=Fraction(10), starts_on=DAY)
    assert [phase.effort for phase in page.phases][0] == 46
    assert page.phases[0].weeks == "Weeks 1-5"
    assert page.phases[1].starts_on == date(2024, 6, 10)
    assert [phase.leads_to.letter for phase in page.phases] == ["A-", "A", "A+"]


def test_a_repository_without_a_grade_counts_for_no_mean():
    page = team_of(everything("pass"), {"testing.unit": "fail"})
    assert (page.score.score, page.score.graded) == (100, 1)
    assert page.phases[0].leads_to.score == 100
    assert next(area for area in page.areas if area.area.id == "testing").failing_in == ("team/b",)


def test_an_empty_team_has_no_grade():
    page = team_of()
    assert (page.score.letter, page.phases, page.score.graded) == (None, (), 0)
    assert all(area.stars is None for area in page.areas)


def test_a_team_is_not_added_up_over_different_rulesets():
    other = build_report(small_standard({"p.a": "production"}, version="2"), subject(), [])
    with pytest.raises(ValueError, match="one version"):
        build_team_report("Payments", STANDARD, [other])
