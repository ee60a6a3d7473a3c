"""Paths to a grade: never beaten by brute force, never short by rounding, never against what must come first."""

import sys
from datetime import date, timedelta
from fractions import Fraction
from itertools import chain, combinations
from math import ceil
from subprocess import run

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.grading import grade
from assessments.matrix import find_needs
from assessments.optimise import Limits, best_within, cheapest_path, choices_of, lay_out
from assessments.overlays import Overlay
from assessments.planning import build_plan
from assessments.program import PlanError
from assessments.report import build_report
from assessments.standard import load_standard
from tests.assessments.rows import Row, reference, shipped_document, shipped_standard, small_standard, subject

STANDARD = shipped_standard()
MONDAY = date(2026, 1, 5)
OUTCOMES = ["pass", "fail", "fail", "not_applicable"]


def initiative(id, items, effort, *, after=(), phase=1, order=1):
    return {
        "id": id, "title": id, "reason": "It helps", "priority": "high", "phase": phase, "order": order,
        "effort": effort, "items": items, "after": list(after),
    }  # fmt: skip


@st.composite
def standards(draw):
    """Up to five initiatives over eight items, some sharing an item, some after another one."""
    items = {f"testing.i{n}": (draw(st.sampled_from(["foundation", "production"])), 1) for n in range(8)}
    names, initiatives = list(items), []
    for n in range(draw(st.integers(1, 5))):
        initiatives.append(
            initiative(
                f"step-{n}",
                draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True)),
                draw(st.sampled_from(["0", "0.5", "1", "2", "3.3"])),
                after=draw(
                    st.lists(st.sampled_from([f"step-{m}" for m in range(n)]), max_size=2, unique=True)
                )
                if n
                else (),
                phase=draw(st.integers(1, 3)),
                order=draw(st.integers(1, 9)),
            )
        )
    return small_standard(items, initiatives=initiatives)


def verdicts_of(standard):
    return st.fixed_dictionaries({item.id: st.sampled_from(OUTCOMES) for item in standard.items})


@st.composite
def cases(draw, repositories=2):
    standard = draw(standards())
    names = ["a", "b"][: draw(st.integers(1, repositories))]
    return standard, {name: draw(verdicts_of(standard)) for name in names}


def every_set(standard, repositories):
    """All sets of steps that break no dependency, with the exact scores that they lead to."""
    graded = {n: v for n, v in repositories.items() if grade(standard, v).score is not None}
    choices = choices_of(standard, graded)
    keys = {choice.key for choice in choices}
    for chosen in chain.from_iterable(combinations(choices, n) for n in range(len(choices) + 1)):
        taken = {choice.key for choice in chosen}
        if any(
            (choice.repository, id) in keys - taken for choice in chosen for id in choice.initiative.after
        ):
            continue
        scores = {}
        for name, verdicts in graded.items():
            done = {item: "pass" for c in chosen if c.repository == name for item in c.need.failing}
            scores[name] = grade(standard, {**verdicts, **done}).score
        yield chosen, scores


def effort(chosen):
    return sum((choice.need.effort for choice in chosen), Fraction(0))


def measured(scores, measure):
    return min(scores.values()) if measure == "every" else sum(scores.values()) / len(scores)


def keeps_its_order(path):
    taken = {choice.key for choice in path.taken}
    places = {choice.key: n for n, choice in enumerate(path.taken)}
    there = taken | {choice.key for choice in path.left_out}
    for choice in path.taken:
        for id in choice.initiative.after:
            first = (choice.repository, id)
            if first in there:
                assert first in taken
                assert places[first] < places[choice.key]


@settings(max_examples=60, deadline=None)
@given(cases(), st.sampled_from(["A+", "A-", "B", "C-", "D", "F"]), st.sampled_from(["every", "average"]))
def test_no_cheaper_path_exists(case, letter, measure):
    standard, repositories = case
    sets = list(every_set(standard, repositories))
    if not sets[0][1]:
        with pytest.raises(PlanError, match=r"plan\.no-grade"):
            cheapest_path(standard, repositories, letter, measure=measure)
        return
    lower = next(band.lower for band in standard.scale if band.letter == letter)
    reaching = [effort(chosen) for chosen, scores in sets if measured(scores, measure) >= lower]
    path = cheapest_path(standard, repositories, letter, measure=measure)
    assert path.reached == bool(reaching)
    if reaching:
        assert path.effort == min(reaching)
        assert path.after >= lower
    else:
        assert path.at_best < lower
    keeps_its_order(path)


@settings(max_examples=60, deadline=None)
@given(
    cases(),
    st.sampled_from([None, Fraction(0), Fraction(1), Fraction(7, 2), Fraction(20)]),
    st.sampled_from([None, 6, 20, 41]),
    st.sampled_from([None, Fraction(1, 3), Fraction(2)]),
    st.sampled_from(["every", "average"]),
)
def test_no_better_grade_fits(case, days, until, capacity, measure):
    standard, repositories = case
    sets = list(every_set(standard, repositories))
    if not sets[0][1] or (days is None and until is None):
        return
    ends_on = None if until is None else MONDAY + timedelta(days=until)
    path = best_within(standard, repositories, Limits(days, MONDAY, ends_on, capacity), measure=measure)

    def fits(chosen):
        if days is not None and effort(chosen) > days:
            return False
        ends = [one.slot.ends_on for one in lay_out(standard, chosen, capacity, MONDAY)]
        return ends_on is None or not ends or max(ends) <= ends_on

    assert fits(path.taken)
    keeps_its_order(path)
    fitting = [scores for chosen, scores in sets if fits(chosen)]
    if measure == "average":
        assert path.after == max(measured(scores, "average") for scores in fitting)
    else:
        best = max(measured(scores, "every") for scores in fitting)
        bounds = [band.lower for band in standard.scale]
        assert next(b for b in bounds if path.after >= b) == next(b for b in bounds if best >= b)
        lower = next(b for b in bounds if best >= b)
        most = max(sum(scores.values()) for scores in fitting if min(scores.values()) >= lower)
        assert sum(one.after.score for one in path.repositories) == most


@pytest.mark.parametrize("band", STANDARD.scale[:-1], ids=lambda band: band.letter)
def test_a_score_at_the_bound_has_the_grade_and_one_just_below_lacks_it(band):
    """200 items of one tier: the bound is met exactly by so many passes, and missed by one."""
    items = {f"testing.i{n}": "foundation" for n in range(200)}
    initiatives = [initiative(f"step-{n}", [f"testing.i{n}"], "1", order=n) for n in range(200)]
    standard = small_standard(items, initiatives=initiatives)
    needed = int(band.lower * 2)
    at = {id: "pass" if n < needed else "fail" for n, id in enumerate(items)}
    below = {id: "pass" if n < needed - 1 else "fail" for n, id in enumerate(items)}
    assert grade(standard, at).letter == band.letter
    assert grade(standard, below).letter != band.letter
    assert cheapest_path(standard, {"a": at}, band.letter).taken == ()
    assert [c.initiative.id for c in cheapest_path(standard, {"a": below}, band.letter).taken] == [
        f"step-{needed - 1}"
    ]


def test_a_third_of_the_points_is_not_missed_by_a_binary_fraction():
    items = {f"testing.i{n}": ("foundation", 1) for n in range(3)}
    standard = small_standard(
        items,
        initiatives=[initiative(f"s{n}", [id], "0.1", order=n) for n, id in enumerate(items)],
        scale=[
            {"letter": "A", "from": Fraction(200, 3), "label": "good"},
            {"letter": "F", "from": 0, "label": "bad"},
        ],
    )
    path = cheapest_path(standard, {"a": dict.fromkeys(items, "fail")}, "A")
    assert len(path.taken) == 2
    assert path.after == Fraction(200, 3)


def test_equal_answers_are_told_apart_by_gain_then_place_and_never_by_the_order_of_the_input():
    items = {f"testing.i{n}": "foundation" for n in range(6)}
    initiatives = [initiative(f"s{n}", [id], "1", order=9 - n) for n, id in enumerate(items)]
    verdicts = dict.fromkeys(items, "fail")
    standard = small_standard(items, initiatives=initiatives)
    path = cheapest_path(standard, {"a": verdicts, "b": verdicts}, "C", measure="average")
    assert path == cheapest_path(standard, {"b": verdicts, "a": verdicts}, "C", measure="average")
    assert [choice.key for choice in cheapest_path(standard, {"a": verdicts}, "B-").taken] == [
        ("a", "s5"), ("a", "s4"), ("a", "s3"),
    ]  # fmt: skip


def test_the_reference_reaches_an_a_minus_with_three_steps():
    path = cheapest_path(STANDARD, {"orders": reference()["verdicts"]}, "A-")
    assert [choice.initiative.id for choice in path.taken] == ["configuration", "security", "code-quality"]
    assert path.after == 70
    assert len(path.left_out) == 11


def test_a_grade_out_of_reach_is_said_to_be_so_with_what_is_missing():
    items = {"testing.a": "foundation", "testing.b": "foundation"}
    standard = small_standard(items, initiatives=[initiative("s", ["testing.a"], "1")])
    poor, good = dict.fromkeys(items, "fail"), {"testing.a": "fail", "testing.b": "pass"}
    path = cheapest_path(standard, {"poor": poor, "good": good}, "A+")
    assert not path.reached
    assert [(one.repository, one.at_best.score) for one in path.short] == [("poor", 50)]
    assert [choice.repository for choice in path.taken] == ["good"]
    alone = cheapest_path(standard, {"poor": poor}, "A+")
    assert (alone.reached, alone.taken, alone.at_best) == (False, (), 50)


def test_repositories_without_a_grade_are_named_and_left_out():
    path = cheapest_path(STANDARD, {"new": {}, "orders": reference()["verdicts"]}, "A")
    assert path.ungraded == ("new",)
    assert {choice.repository for choice in path.taken} == {"orders"}


@pytest.mark.parametrize(
    ("ask", "id"),
    [
        (lambda v: cheapest_path(STANDARD, {"a": v}, "E"), "plan.grade-unknown"),
        (lambda v: cheapest_path(STANDARD, {"a": {}}, "B"), "plan.no-grade"),
        (lambda v: cheapest_path(STANDARD, {}, "B"), "plan.no-grade"),
        (lambda v: best_within(STANDARD, {"a": v}, Limits()), "plan.no-limit"),
        (
            lambda v: best_within(STANDARD, {"a": v}, Limits(None, MONDAY, MONDAY - timedelta(days=1))),
            "plan.end-before-start",
        ),
        (lambda v: cheapest_path(STANDARD, {"a": v}, "A", seconds=0), "plan.solver-time-limit"),
    ],
)
def test_what_cannot_be_answered_has_a_stable_id(ask, id):
    with pytest.raises(PlanError) as caught:
        ask(reference()["verdicts"])
    assert caught.value.id == id
    assert caught.value.message


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_more_passes_never_lower_a_score_and_a_waiver_changes_only_the_waived_score(data):
    items = [item.id for item in STANDARD.items]
    verdicts = data.draw(st.fixed_dictionaries({id: st.sampled_from(OUTCOMES) for id in items}))
    failing = [id for id in items if verdicts[id] == "fail"]
    before = grade(STANDARD, verdicts).score
    better = data.draw(st.lists(st.sampled_from(failing), unique=True)) if failing else []
    after = grade(STANDARD, {**verdicts, **dict.fromkeys(better, "pass")}).score
    if before is not None:
        assert after is not None
        assert after >= before
    rows = [Row(id, outcome) for id, outcome in verdicts.items()]
    waivers = [Overlay("waiver", id, "ada", "accepted for now") for id in better]
    plain = build_report(STANDARD, subject(), rows, day=MONDAY)
    waived = build_report(STANDARD, subject(), rows, overlays=waivers, day=MONDAY)
    assert waived.grade == plain.grade == plain.effective_grade
    changed = {id for id in items if waived.verdicts[id] != plain.verdicts[id]}
    assert changed == set(better)
    # What is waived leaves the denominator, so it is no work any more and cannot cost points.
    assert not {item for step in waived.plan.steps for item in step.need.failing} & changed
    if plain.grade.score is not None and waived.effective_grade.score is not None:
        assert (
            waived.effective_grade.foundations is None
            or plain.grade.foundations is None
            or (waived.effective_grade.foundations >= plain.grade.foundations)
        )


@settings(max_examples=40, deadline=None)
@given(
    st.fixed_dictionaries({item.id: st.sampled_from(OUTCOMES) for item in STANDARD.items}),
    st.fractions(min_value=Fraction(1, 4), max_value=50),
)
def test_no_phase_is_shorter_than_its_effort_over_the_capacity(verdicts, capacity):
    plan = build_plan(STANDARD, verdicts, find_needs(STANDARD, verdicts), capacity=capacity, starts_on=MONDAY)
    for phase in plan.phases:
        weeks = phase.last_week - phase.first_week + 1
        assert weeks == max(1, ceil(phase.effort / capacity))
        assert (phase.ends_on - phase.starts_on).days + 1 == 7 * weeks


def test_the_solver_is_imported_only_when_a_path_is_asked_for():
    script = "import sys, assessments.optimise; print('highspy' in sys.modules, 'numpy' in sys.modules)"
    done = run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_a_step_that_follows_one_in_a_later_phase_is_taken_there():
    document = shipped_document()
    changed = [
        {**one, "after": ["security"]} if one["id"] == "auth" else one for one in document["initiatives"]
    ]
    standard = load_standard({**document, "initiatives": changed})
    path = cheapest_path(standard, {"a": reference()["verdicts"]}, "A+")
    phases = {choice.initiative.id: choice.phase for choice in (*path.taken, *path.left_out)}
    assert phases["auth"] == phases["security"] == 3
    keeps_its_order(path)
