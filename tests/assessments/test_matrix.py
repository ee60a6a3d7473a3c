"""The priority matrix."""

from fractions import Fraction

import pytest

from assessments.matrix import build_matrix, find_needs
from tests.assessments.rows import reference, shipped_standard

STANDARD = shipped_standard()


def matrix_of(verdicts):
    groups = build_matrix(STANDARD, find_needs(STANDARD, verdicts))
    return {group.priority.id: [need.initiative.id for need in group.needs] for group in groups}


def all_pass(**changed):
    verdicts = {item.id: "pass" for item in STANDARD.items}
    return verdicts | {
        name.replace("__", ".").replace("_", "-"): outcome for name, outcome in changed.items()
    }


@pytest.mark.parametrize("priority", ["critical", "high", "medium"])
def test_reference_verdicts_give_the_reference_matrix(priority):
    expected = reference()["expected"]["matrix"][priority]
    found = matrix_of(reference()["verdicts"])[priority]
    assert [id for id in found if id in expected] == expected


def test_nothing_failing_leaves_every_priority_empty():
    assert matrix_of(all_pass()) == {"critical": [], "high": [], "medium": []}


def test_less_than_half_failing_drops_one_priority_and_keeps_the_documents_order():
    verdicts = all_pass(testing__unit="fail", migrations__tool="fail", devops__dockerfile="fail")
    assert matrix_of(verdicts) == {
        "critical": [],
        "high": ["testing-suite", "containers"],
        "medium": ["database-migrations"],
    }


def test_exactly_half_failing_keeps_the_priority():
    assert matrix_of(all_pass(devops__dockerfile="fail"))["high"] == ["containers"]


def test_medium_is_the_lowest():
    assert matrix_of(all_pass(code_quality__linting="fail"))["medium"] == ["code-quality"]


def test_what_does_not_apply_leaves_the_share_and_what_is_unknown_stays_in_it():
    four_out = {f"testing.{name}": "not_applicable" for name in ("integration", "api", "e2e", "coverage")}
    two_left = all_pass(testing__unit="fail", testing__errors="fail") | four_out
    assert matrix_of(two_left)["critical"] == ["testing-suite"]
    unknown = all_pass(testing__unit="fail") | dict.fromkeys(four_out, "unknown")
    assert matrix_of(unknown)["high"] == ["testing-suite"]


def test_effort_is_scaled_by_the_share_of_all_items_that_fail():
    needs = {need.initiative.id: need for need in find_needs(STANDARD, reference()["verdicts"])}
    assert needs["security"].effort == Fraction(5 * 9, 13)
    assert needs["security"].applicable == 12
    assert needs["testing-suite"].effort == 8


def test_points_are_what_the_score_gains():
    needs = {need.initiative.id: need for need in find_needs(STANDARD, reference()["verdicts"])}
    assert needs["testing-suite"].points == Fraction(40 * 7, 64)
    assert sum(need.points for need in needs.values()) == 40
