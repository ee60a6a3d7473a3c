"""Scores, bands, stars and overlays."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.grading import area_stars, band, grade, points_of, stars_of, tenths
from assessments.overlays import Overlay, effective_verdicts
from assessments.standard import load_standard
from scanners.errors import RulesetError
from tests.assessments.rows import reference, shipped_document, shipped_standard, small_standard

STANDARD = shipped_standard()
ITEMS = [item.id for item in STANDARD.items]
OUTCOMES = st.sampled_from(["pass", "fail", "not_applicable", "unknown"])
VERDICTS = st.fixed_dictionaries({item: OUTCOMES for item in ITEMS})
DAY = date(2024, 5, 6)
BANDS = [
    ("A+", 90, "A"), ("A", 80, "A-"), ("A-", 70, "B+"), ("B+", 60, "B"), ("B", 55, "B-"), ("B-", 50, "C+"),
    ("C+", 45, "C"), ("C", 40, "C-"), ("C-", 35, "D+"), ("D+", 30, "D"), ("D", 25, "F"),
]  # fmt: skip


def waiver(item: str, expires_on: date | None = None) -> Overlay:
    return Overlay("waiver", item, "ada", "accepted until the rewrite", expires_on=expires_on)


def test_reference_verdicts_give_the_reference_grade():
    found = grade(STANDARD, reference()["verdicts"])
    assert (found.letter, found.score, found.label) == ("B+", 60, "Good, with room for improvement")
    assert (found.foundations, found.production, found.known, found.applicable) == (100, 0, 99, 99)


@pytest.mark.parametrize(("letter", "bound", "below"), BANDS)
def test_a_grade_holds_from_its_bound_and_not_just_below(letter, bound, below):
    assert band(STANDARD, Fraction(bound))[0] == letter
    assert band(STANDARD, bound - Fraction(1, 10**9))[0] == below


def test_every_grade_has_a_label_of_its_own():
    assert band(STANDARD, Fraction(100))[0] == "A+"
    assert band(STANDARD, Fraction(0))[0] == "F"
    assert len({one.label for one in STANDARD.scale}) == len(STANDARD.scale) == 12


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (Fraction("62.1"), "62.1"),
        (Fraction("59.999"), "59.9"),
        (Fraction(100), "100.0"),
        (Fraction(0), "0.0"),
        (Fraction("-0.04"), "0.0"),
        (Fraction("-1.25"), "-1.2"),
    ],
)
def test_a_shown_score_is_cut_not_rounded(number, shown):
    assert tenths(number) == shown


def test_the_letter_comes_from_the_unrounded_score():
    standard = small_standard({"f.a": ("foundation", 1), "f.b": ("foundation", 2), "p.a": "production"})
    found = grade(standard, {"f.a": "fail", "f.b": "pass", "p.a": "pass"})
    assert found.score == 80
    assert found.letter == "A"


def test_an_empty_tier_leaves_all_points_to_the_other():
    standard = small_standard({"f.a": "foundation", "f.b": "foundation", "p.a": "production"})
    found = grade(standard, {"f.a": "pass", "f.b": "fail", "p.a": "not_applicable"})
    assert (found.score, found.foundations, found.production) == (50, 50, None)
    assert points_of(standard, {"f.a": "pass", "f.b": "fail"}) == {"f.a": 50, "f.b": 50}


def test_a_grade_needs_half_of_what_applies_to_be_known():
    standard = small_standard({f"p.{n}": "production" for n in range(5)})
    half = {"p.0": "pass", "p.1": "pass", "p.2": "unknown", "p.3": "unknown", "p.4": "not_applicable"}
    assert grade(standard, half).letter == "A+"
    below = grade(standard, {**half, "p.4": "unknown"})
    assert (below.letter, below.score, below.label) == (None, None, STANDARD.no_grade)
    assert (below.known, below.applicable) == (2, 5)


def test_an_item_without_a_verdict_is_unknown_and_nothing_known_is_no_grade():
    assert grade(STANDARD, {}).letter is None
    assert grade(STANDARD, dict.fromkeys(ITEMS, "not_applicable")).letter is None


def test_weights_are_exact():
    standard = small_standard({"f.a": ("foundation", 0.1), "f.b": ("foundation", 0.2)})
    assert grade(standard, {"f.a": "pass", "f.b": "fail"}).score == Fraction(100, 3)


@pytest.mark.parametrize(
    ("rate", "stars"),
    [("0", 1), ("0.124", 1), ("0.125", 2), ("0.374", 2), ("0.375", 3), ("0.624", 3), ("0.625", 4),
     ("0.874", 4), ("0.875", 5), ("1", 5)],
)  # fmt: skip
def test_stars_change_at_the_eighths(rate, stars):
    assert stars_of(Fraction(rate)) == stars


def test_an_area_of_which_nothing_is_known_is_not_measured():
    verdicts = {item: "not_applicable" if item.startswith("auth.") else "pass" for item in ITEMS}
    auth = next(area for area in area_stars(STANDARD, verdicts) if area.id == "auth")
    assert (auth.stars, auth.rating, auth.not_applicable) == (None, "not measured", 6)


def test_overlays_lie_over_each_other_in_order():
    raw = {"testing.unit": "fail", "testing.ci": "fail", "auth.rbac": "fail", "auth.oauth2": "not_applicable"}
    overlays = [
        waiver("testing.unit"),
        Overlay("attestation", "testing.unit", "ada", "kept elsewhere"),
        Overlay("attestation", "testing.ci", "ada", "runs on our own server"),
        Overlay("override", "testing.ci", "bob", "wrong", verdict="unknown"),
        Overlay("override", "auth.rbac", "bob", "first", verdict="pass"),
        Overlay("override", "auth.rbac", "bob", "second", verdict="unknown"),
        waiver("auth.oauth2"),
    ]
    assert effective_verdicts(raw, overlays, DAY) == {
        "testing.unit": "waived",
        "testing.ci": "pass",
        "auth.rbac": "unknown",
        "auth.oauth2": "not_applicable",
    }
    assert raw["testing.unit"] == "fail"


def test_an_overlay_holds_through_its_last_day_only():
    raw = {"testing.unit": "fail"}
    overlay = waiver("testing.unit", expires_on=DAY)
    assert effective_verdicts(raw, [overlay], DAY) == {"testing.unit": "waived"}
    assert effective_verdicts(raw, [overlay], date(2024, 5, 7)) == raw


@given(VERDICTS, st.sampled_from(ITEMS))
def test_one_more_pass_never_lowers_the_score(verdicts, item):
    before = grade(STANDARD, {**verdicts, item: "fail"}).score
    after = grade(STANDARD, {**verdicts, item: "pass"}).score
    assert (before is None) == (after is None)
    assert before is None or after is None or after >= before


@given(VERDICTS, st.lists(st.sampled_from(ITEMS), max_size=8))
def test_a_waiver_changes_the_effective_score_only(verdicts, waived):
    before = dict(verdicts)
    effective = effective_verdicts(verdicts, [waiver(item) for item in waived], DAY)
    assert verdicts == before
    left_out = {item: "not_applicable" if item in waived else outcome for item, outcome in verdicts.items()}
    assert grade(STANDARD, effective) == grade(STANDARD, left_out)


@given(VERDICTS)
def test_points_of_what_passes_add_up_to_the_score(verdicts):
    found = grade(STANDARD, verdicts)
    if found.score is not None:
        worth = points_of(STANDARD, verdicts)
        assert sum(points for item, points in worth.items() if verdicts[item] == "pass") == found.score


def test_a_standard_that_contradicts_itself_is_refused_with_every_reason():
    document = shipped_document()
    first = document["initiatives"][0]
    broken = {
        **document,
        "split": {"foundation": 60, "production": 50},
        "initiatives": [{**first, "items": ["no.such"], "priority": "later"}, *document["initiatives"][1:]],
    }
    with pytest.raises(RulesetError) as caught:
        load_standard(broken)
    assert caught.value.id == "ruleset.standard"
    assert len(caught.value.problems) == 3


def test_initiatives_that_wait_for_each_other_are_refused():
    document = shipped_document()
    one, two, *rest = document["initiatives"]
    circle = [{**one, "after": [two["id"]]}, {**two, "after": [one["id"]]}, *rest]
    with pytest.raises(RulesetError) as caught:
        load_standard({**document, "initiatives": circle})
    assert "wait for each other" in caught.value.problems[0]


def test_a_document_without_a_scale_is_refused():
    with pytest.raises(RulesetError, match="scale"):
        load_standard({key: value for key, value in shipped_document().items() if key != "scale"})


def test_the_shipped_standard_has_every_item_once_and_in_an_initiative():
    assert (len(STANDARD.areas), len(STANDARD.items)) == (19, 100)
    assert set(STANDARD.initiative_of) == set(ITEMS) == set(reference()["verdicts"])
    assert sum(item.tier == "foundation" for item in STANDARD.items) == 35
