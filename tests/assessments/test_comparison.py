"""Comparing two assessments: what flipped, causes that are derived, points that add up exactly."""

from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.comparison import State, compare, moves_of
from assessments.grading import grade
from assessments.overlays import Overlay
from assessments.standard import Standard
from tests.assessments.rows import shipped_standard, small_standard

DAY = date(2026, 3, 1)
OLD, NEW = "a" * 40, "b" * 40
TWO = small_standard({"testing.unit": "foundation", "testing.e2e": "production"})


def state(standard: Standard, verdicts: dict[str, str], **changes: Any) -> State:
    values: dict[str, Any] = {"commit": OLD, "committed_at": datetime(2026, 3, 1, tzinfo=UTC), "day": DAY}
    return State(standard=standard, verdicts=verdicts, **{**values, **changes})


def causes(found: Any) -> dict[str, tuple[tuple[str, ...], bool]]:
    return {flip.item: (flip.cause.factors, flip.cause.certain) for flip in found.flips}


PASSING = {"testing.unit": "pass", "testing.e2e": "pass"}
FAILING = {**PASSING, "testing.e2e": "fail"}
NEXT_RULES = replace(TWO, version="next")


def test_another_commit_by_the_same_rules_is_the_cause() -> None:
    found = compare(state(TWO, PASSING), state(TWO, FAILING, commit=NEW))
    assert causes(found) == {"testing.e2e": (("code",), True)}
    assert found.settled and found.same_rules
    (flip,) = found.flips
    assert (flip.before, flip.after, flip.points, flip.raw_points) == ("pass", "fail", -40, -40)
    assert (found.raw_before.score, found.raw_after.score, found.difference) == (100, 60, -40)
    (area,) = found.areas
    assert (area.id, area.stars_before, area.stars_after, area.points, area.better, area.worse) == (
        "testing",
        5,
        3,
        -40,
        0,
        1,
    )


def test_the_same_commit_by_another_ruleset_is_never_put_down_to_code() -> None:
    found = compare(state(TWO, PASSING), state(NEXT_RULES, FAILING))
    assert causes(found) == {"testing.e2e": (("ruleset",), True)}
    assert not found.same_rules


def test_the_same_commit_and_rules_leave_the_profile() -> None:
    found = compare(state(TWO, PASSING), state(TWO, FAILING, inputs="kind: library"))
    assert causes(found) == {"testing.e2e": (("profile",), True)}
    unsure = compare(state(TWO, PASSING), state(TWO, FAILING, commit=NEW, inputs=None))
    assert causes(unsure) == {"testing.e2e": (("code", "profile"), False)}


def test_commit_and_ruleset_at_once_are_not_told_apart_by_guessing() -> None:
    found = compare(state(TWO, PASSING), state(NEXT_RULES, FAILING, commit=NEW))
    assert causes(found) == {"testing.e2e": (("code", "ruleset"), False)}
    assert found.flips[0].cause.words == "code or a new ruleset version"
    assert not found.settled


def test_the_old_commit_judged_by_the_new_ruleset_tells_them_apart() -> None:
    before, after = state(TWO, PASSING), state(NEXT_RULES, FAILING, commit=NEW)
    by_rules = compare(before, after, between=[state(NEXT_RULES, FAILING)])
    assert causes(by_rules) == {"testing.e2e": (("ruleset",), True)}
    by_code = compare(before, after, between=[state(NEXT_RULES, PASSING)])
    assert causes(by_code) == {"testing.e2e": (("code",), True)}


def test_both_may_have_moved_an_item_one_after_the_other() -> None:
    after = state(NEXT_RULES, {**PASSING, "testing.e2e": "not_applicable"}, commit=NEW)
    found = compare(state(TWO, PASSING), after, between=[state(NEXT_RULES, FAILING)])
    assert causes(found) == {"testing.e2e": (("ruleset", "code"), True)}
    assert found.flips[0].cause.words == "a new ruleset version and code"


def test_what_moved_and_moved_back_on_the_way_is_no_flip() -> None:
    after = state(NEXT_RULES, PASSING, commit=NEW)
    assert compare(state(TWO, PASSING), after, between=[state(NEXT_RULES, FAILING)]).flips == ()


def test_an_item_that_only_one_ruleset_has_is_put_down_to_the_ruleset() -> None:
    more = small_standard(
        {"testing.unit": "foundation", "testing.e2e": "production", "testing.load": "production"},
        version="more",
    )
    found = compare(state(TWO, PASSING), state(more, {**PASSING, "testing.load": "fail"}, commit=NEW))
    assert causes(found) == {"testing.load": (("ruleset",), True)}
    assert (found.flips[0].before, found.flips[0].points) == ("", -20)
    back = compare(state(more, {**PASSING, "testing.load": "fail"}), state(TWO, PASSING, commit=NEW))
    assert (back.flips[0].after, back.flips[0].points) == ("", 20)


def test_a_measurement_that_failed_is_named() -> None:
    lost = state(TWO, {**PASSING, "testing.e2e": "unknown"}, complete=False)
    assert causes(compare(state(TWO, PASSING), lost)) == {"testing.e2e": (("measurement",), True)}
    both = compare(state(TWO, PASSING), replace(lost, commit=NEW))
    assert causes(both) == {"testing.e2e": (("code", "measurement"), False)}
    assert causes(compare(lost, state(TWO, PASSING))) == {"testing.e2e": (("measurement",), True)}


def test_with_everything_the_same_only_the_engine_is_left() -> None:
    assert causes(compare(state(TWO, PASSING), state(TWO, FAILING)))["testing.e2e"] == (("engine",), True)


def test_what_people_laid_over_moves_the_effective_grade_alone() -> None:
    waiver = Overlay("waiver", "testing.e2e", "Ann", "No browser")
    found = compare(state(TWO, FAILING), state(TWO, FAILING, overlays=(waiver,)))
    assert causes(found) == {"testing.e2e": (("waiver",), True)}
    (flip,) = found.flips
    assert (flip.before, flip.after, flip.raw_before, flip.raw_after) == ("fail", "waived", "fail", "fail")
    assert (found.raw_difference, found.difference) == (0, 40)
    assert (found.raw_points, found.points) == ({}, {"testing.unit": 40})
    assert found.shifted == 40


def test_an_overlay_that_expired_is_a_cause_beside_the_code() -> None:
    waiver = Overlay("waiver", "testing.e2e", "Ann", "No browser", expires_on=DAY)
    later = state(TWO, FAILING, commit=NEW, day=date(2026, 3, 2), overlays=(waiver,))
    found = compare(state(TWO, PASSING, overlays=(waiver,)), later)
    assert causes(found) == {"testing.e2e": (("code", "waiver"), True)}


def test_each_factor_is_counted_with_its_points() -> None:
    found = compare(state(TWO, PASSING), state(TWO, FAILING, commit=NEW))
    assert [(one.cause.words, one.items, one.points) for one in found.causes] == [("code", 1, Fraction(-40))]


def test_without_a_grade_there_are_no_points() -> None:
    unknown = dict.fromkeys(PASSING, "unknown")
    found = compare(state(TWO, unknown), state(TWO, PASSING, commit=NEW))
    assert (found.points, found.difference, found.flips[0].points, found.shifted) == (None, None, None, None)
    assert found.effective_after.score == 100


def test_an_item_that_newly_applies_and_fails_is_charged_with_what_it_costs() -> None:
    four = small_standard({f"testing.{n}": "production" for n in "abcd"})
    old = {"testing.a": "pass", "testing.b": "pass", "testing.c": "pass", "testing.d": "not_applicable"}
    assert moves_of(four, old, four, {**old, "testing.d": "fail"}) == {"testing.d": -25}


OUTCOMES = st.sampled_from(["pass", "fail", "not_applicable", "unknown", "waived"])


@st.composite
def standards(draw: st.DrawFn) -> Standard:
    """Some items with weights, in tiers, by a split; versions differ in each of them."""
    names = draw(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=8, unique=True))
    weights = st.sampled_from([0, 1, 2, "0.5"])
    tiers = st.sampled_from(["foundation", "production"])
    standard = small_standard({f"testing.{n}": (draw(tiers), draw(weights)) for n in names})
    share = Fraction(draw(st.integers(0, 100)))
    return replace(
        standard,
        version=draw(st.sampled_from(["1", "2"])),
        split={"foundation": share, "production": 100 - share},
    )


@st.composite
def states(draw: st.DrawFn) -> State:
    standard = draw(standards())
    verdicts = {item.id: draw(OUTCOMES.filter(lambda o: o != "waived")) for item in standard.items}
    laid = draw(
        st.lists(
            st.builds(
                Overlay,
                kind=st.sampled_from(["override", "attestation", "waiver"]),
                item=st.sampled_from([item.id for item in standard.items]),
                author=st.just("Ann"),
                reason=st.just("Why"),
                verdict=st.sampled_from(["pass", "fail", "not_applicable"]),
                expires_on=st.sampled_from([None, date(2026, 2, 1)]),
            ),
            max_size=3,
        )
    )
    return state(
        standard,
        verdicts,
        commit=draw(st.sampled_from([OLD, NEW])),
        overlays=tuple(laid),
        inputs=draw(st.sampled_from(["", "x", None])),
        complete=draw(st.booleans()),
    )


@settings(max_examples=300, deadline=None)
@given(states(), st.lists(states(), max_size=2), states())
def test_the_points_of_the_items_add_up_to_the_difference_of_the_scores(
    before: State, between: list[State], after: State
) -> None:
    found = compare(before, after, between=between)
    old, new = (grade(one.standard, one.effective).score for one in (before, after))
    if old is None or new is None:
        assert found.points is None and found.difference is None
    else:
        assert found.points is not None and found.shifted is not None
        assert sum(found.points.values()) == new - old == found.difference
        assert sum((area.points or 0) for area in found.areas) == new - old
        flipped = sum((flip.points or Fraction(0)) for flip in found.flips)
        assert flipped + found.shifted == new - old
        assert sum((one.points or 0) for one in found.causes) == flipped
    old, new = (grade(one.standard, one.verdicts).score for one in (before, after))
    if old is not None and new is not None:
        assert found.raw_points is not None
        assert sum(found.raw_points.values()) == new - old == found.raw_difference
    for flip in found.flips:
        assert flip.cause.factors
        if before.commit == after.commit and not between:
            assert "code" not in flip.cause.factors
        if (
            before.standard.version == after.standard.version
            and not between
            and flip.raw_before
            and flip.raw_after
        ):
            assert "ruleset" not in flip.cause.factors


def test_the_shipped_standard_moves_by_what_its_points_say() -> None:
    standard = shipped_standard()
    passing = {item.id: "pass" for item in standard.items}
    failing = {**passing, "testing.unit": "fail", "testing.e2e": "fail"}
    found = compare(state(standard, passing), state(standard, failing, commit=NEW))
    assert found.points is not None
    assert set(found.points) == {"testing.unit", "testing.e2e"}
    assert found.shifted == 0
