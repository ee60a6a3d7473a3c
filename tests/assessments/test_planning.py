"""The phased plan: order, weeks, dates, and the grade after each phase."""

from datetime import date
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.matrix import find_needs
from assessments.planning import build_plan
from assessments.standard import load_standard
from tests.assessments.rows import reference, shipped_document, shipped_standard

STANDARD = shipped_standard()
VERDICTS = st.fixed_dictionaries({i.id: st.sampled_from(["pass", "fail", "unknown"]) for i in STANDARD.items})


def plan_of(verdicts, standard=STANDARD, **settings):
    return build_plan(standard, verdicts, find_needs(standard, verdicts), **settings)


def ids(phase):
    return [step.need.initiative.id for step in phase.steps]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_reference_verdicts_give_the_reference_plan(number):
    expected = reference()["expected"]
    phase = plan_of(reference()["verdicts"]).phases[number - 1]
    assert phase.phase.id == number
    assert [id for id in ids(phase) if id in expected["plan"][number]] == expected["plan"][number]
    assert [float(phase.leads_to.score), phase.leads_to.letter] == expected["after_phase"][number]


def test_the_reference_plan_is_complete_and_numbered_through():
    plan = plan_of(reference()["verdicts"])
    assert [ids(phase) for phase in plan.phases] == [
        ["testing-suite", "auth", "error-tracking", "monitoring"],
        ["database-migrations", "distributed-caching", "cicd", "containers", "configuration"],
        ["security", "performance", "documentation", "code-quality", "distributed-limits"],
    ]
    assert [step.number for step in plan.steps] == list(range(1, 15))
    assert (plan.starts_at.letter, plan.leads_to.letter) == ("B+", "A+")


def test_phases_without_a_capacity_are_the_standards_weeks():
    plan = plan_of(reference()["verdicts"], starts_on=date(2024, 1, 1))
    assert [phase.weeks for phase in plan.phases] == ["Weeks 1-2", "Weeks 3-4", "Weeks 5-6"]
    assert (plan.phases[0].starts_on, plan.phases[0].ends_on) == (date(2024, 1, 1), date(2024, 1, 14))
    assert plan.phases[1].starts_on == date(2024, 1, 15)


def test_an_empty_phase_is_left_out_and_keeps_the_weeks_of_the_others():
    verdicts = {item.id: "pass" for item in STANDARD.items} | {"devops.dockerfile": "fail"}
    plan = plan_of(verdicts)
    assert [(phase.phase.id, phase.weeks) for phase in plan.phases] == [(2, "Weeks 3-4")]


def test_with_a_capacity_a_phase_lasts_as_long_as_its_effort_needs():
    plan = plan_of(reference()["verdicts"], capacity=Fraction(10), starts_on=date(2024, 1, 1))
    assert plan.phases[0].effort == 23
    assert [phase.weeks for phase in plan.phases] == ["Weeks 1-3", "Weeks 4-5", "Weeks 6-7"]
    assert plan.phases[0].ends_on == date(2024, 1, 21)


def test_one_week_reads_as_one():
    assert plan_of(reference()["verdicts"], capacity=Fraction(23)).phases[0].weeks == "Week 1"


def test_a_capacity_of_nothing_is_refused():
    with pytest.raises(ValueError, match="capacity"):
        plan_of(reference()["verdicts"], capacity=Fraction(0))


def test_nothing_failing_gives_no_phase():
    plan = plan_of({item.id: "pass" for item in STANDARD.items})
    assert (plan.phases, plan.effort, plan.leads_to) == ((), 0, plan.starts_at)


def test_a_step_marked_done_stays_and_is_ticked():
    plan = plan_of(reference()["verdicts"], done={"auth"})
    assert [step.need.initiative.id for step in plan.steps if step.done] == ["auth"]


def edited(**changes):
    document = shipped_document()
    entries = [{**one, **changes.get(one["id"].replace("-", "_"), {})} for one in document["initiatives"]]
    return load_standard({**document, "initiatives": entries})


def test_a_step_never_comes_before_one_it_must_follow():
    standard = edited(testing_suite={"after": ["documentation"]}, cicd={"after": ["containers"]})
    plan = plan_of(reference()["verdicts"], standard)
    assert ids(plan.phases[0]) == ["auth", "error-tracking", "monitoring"]
    assert ids(plan.phases[1])[2:4] == ["containers", "cicd"]
    third = ids(plan.phases[2])
    assert third.index("testing-suite") == third.index("documentation") + 1


def test_a_dependency_that_needs_nothing_holds_nobody_up():
    standard = edited(testing_suite={"after": ["logging"]})
    assert ids(plan_of(reference()["verdicts"], standard).phases[0])[0] == "testing-suite"


@given(VERDICTS, st.fractions(min_value=Fraction(1, 4), max_value=40))
def test_no_phase_is_shorter_than_its_effort_over_the_capacity(verdicts, capacity):
    before = 0
    for phase in plan_of(verdicts, capacity=capacity).phases:
        assert phase.first_week == before + 1
        assert phase.last_week - before == max(1, ceil(phase.effort / capacity))
        assert (phase.last_week - before) * capacity >= phase.effort
        before = phase.last_week


@given(VERDICTS, st.lists(st.integers(min_value=0, max_value=21), min_size=22, max_size=22))
def test_no_dependency_is_broken_and_no_initiative_is_lost(verdicts, backward):
    """Each initiative may follow an earlier one of the document, whatever phase either is in."""
    names = [one.id for one in STANDARD.initiatives]
    after = {
        name.replace("-", "_"): {"after": [names[to]] if to < place else []}
        for place, (name, to) in enumerate(zip(names, backward, strict=True))
    }
    standard = edited(**after)
    needs = find_needs(standard, verdicts)
    steps = build_plan(standard, verdicts, needs).steps
    place = {step.need.initiative.id: step.number for step in steps}
    assert set(place) == {need.initiative.id for need in needs}
    for step in steps:
        assert all(place[id] < step.number for id in step.need.initiative.after if id in place)


@given(VERDICTS)
def test_each_phase_gains_the_points_of_its_steps(verdicts):
    plan = plan_of(verdicts)
    score = plan.starts_at.score
    for phase in plan.phases:
        if score is None:
            assert phase.leads_to.score is None
        else:
            score += sum(step.need.points for step in phase.steps)
            assert phase.leads_to.score == score
