"""Saved plans: made, edited without overwriting each other, and refreshed by scans that lose no edit."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from assessments.choices import PlanGoal, PlanMeasure, Role, StepState
from assessments.models import AuditEvent, PlanEvent, PlanStep, Repository, SavedPlan, Team
from assessments.program import PlanError
from assessments.services.plans import (
    Wish,
    current_plans,
    edit_steps,
    refresh_plans,
    reschedule,
    save_plan,
    set_capacity,
)
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FAILING = {"testing.unit": "fail", "testing.e2e": "fail", "devops.ci": "fail", "documentation.readme": "fail"}
ALL = Wish(PlanGoal.ALL, date(2026, 3, 2))


@pytest.fixture
def lead(owned: Repository):
    return factories.member(owned.team, Role.LEAD)


@pytest.fixture
def owned(ruleset) -> Repository:
    return factories.assessment(factories.repository(), FAILING).repository


@pytest.fixture
def plan(owned, lead) -> SavedPlan:
    return save_plan(subject=owned, wish=ALL, actor=lead, now=NOW)


def step(plan, initiative="testing-suite", **where) -> PlanStep:
    return plan.steps.get(initiative=initiative, **where)


def edit(plan, who, one, **changes):
    return edit_steps(plan=plan, steps={one.pk: one.version}, changes=changes, actor=who, now=NOW)


def scanned(repository, verdicts, days=1, commit="b"):
    return factories.assessment(repository, verdicts, commit=commit * 40, now=NOW + timedelta(days=days))


def told(plan, what):
    return list(PlanEvent.objects.filter(plan=plan, what=what))


def refused(id):
    return pytest.raises(PlanError, match=rf"\[{id}\]")


def test_a_plan_of_everything_has_one_open_step_per_initiative_and_knows_where_it_began(plan, owned):
    assert {s.initiative: s.state for s in plan.steps.all()} == {
        "testing-suite": "open", "cicd": "open", "documentation": "open",
    }  # fmt: skip
    owned.refresh_from_db()
    assert (plan.start_letter, plan.start_score) == (owned.letter, owned.score)
    assert [e.after for e in told(plan, "created")] == ["Every step"]
    assert AuditEvent.objects.filter(action="plan.saved").count() == 1


def test_a_plan_for_a_grade_remembers_what_it_leaves_out(owned, lead):
    verdicts = {f"testing.{n}": "fail" for n in ("unit", "integration", "api", "errors", "fixtures", "e2e")}
    foundations = ("logging.present", "documentation.code-comments", "configuration.no-committed-secrets")
    verdicts |= {"documentation.readme": "fail"}
    scanned(owned, verdicts | dict.fromkeys(foundations, "fail"))
    plan = save_plan(subject=owned, wish=Wish(PlanGoal.GRADE, date(2026, 3, 2), target="A+"), actor=lead)
    states = set(plan.steps.values_list("initiative", "state"))
    assert ("logging", "open") in states
    assert ("testing-suite", "left_out") in states
    scanned(owned, {**verdicts, "devops.ci": "fail"}, days=2, commit="c")
    assert step(plan).state == "left_out"  # what was left out on purpose does not come back
    assert step(plan, "cicd").state == "open"  # what is new is added


def test_a_teams_plan_has_a_step_per_repository(owned, lead):
    other = factories.assessment(factories.repository(team=owned.team), {"devops.ci": "fail"}).repository
    factories.repository(team=owned.team)  # not judged yet
    plan = save_plan(subject=owned.team, wish=ALL, actor=lead)
    assert {s.repository for s in plan.steps.filter(initiative="cicd")} == {owned, other}
    assert current_plans(owned).count() == 0


def test_replacing_a_plan_keeps_owners_dates_and_work_that_has_begun(plan, owned, lead):
    edit(plan, lead, step(plan), assignee=lead.pk, due_on=date(2026, 4, 1), state="in_progress")
    with refused("plan.changed-meanwhile"):
        save_plan(subject=owned, wish=ALL, actor=lead)  # the form was opened when there was no plan
    fresh = save_plan(subject=owned, wish=ALL, actor=lead, replaces=plan.pk)
    kept = step(fresh)
    assert (kept.assignee, kept.due_on, kept.state) == (lead, date(2026, 4, 1), "in_progress")
    assert current_plans(owned).get() == fresh
    assert told(plan, "replaced")


def test_nothing_to_do_and_nothing_judged_make_no_plan(owned, lead):
    with refused("plan.not-judged"):
        save_plan(subject=factories.repository(), wish=ALL, actor=lead)
    scanned(owned, {})
    with refused("plan.nothing-to-do"):
        save_plan(subject=owned, wish=ALL, actor=lead)
    assert not SavedPlan.objects.exists()


def test_a_step_whose_items_pass_closes_by_itself_and_opens_again_when_they_fail(plan, owned, lead):
    edit(plan, lead, step(plan), state="in_progress", assignee=lead.pk, due_on=date(2026, 4, 1))
    closing = scanned(owned, {"devops.ci": "fail"})
    closed = step(plan)
    assert (closed.state, closed.closed_by, closed.assignee) == ("done", closing, lead)
    assert [(e.before, e.after, e.author) for e in told(plan, "closed") if e.step == closed] == [
        ("In progress", "Done", None)
    ]
    scanned(owned, FAILING, days=2, commit="c")
    reopened = step(plan)
    assert (reopened.state, reopened.closed_by, reopened.due_on) == ("in_progress", None, date(2026, 4, 1))
    assert told(plan, "reopened")


def test_a_step_marked_done_that_still_fails_says_so_once_and_is_confirmed_later(plan, owned, lead):
    edit(plan, lead, step(plan), state="done")
    first = scanned(owned, FAILING)
    contradicted = step(plan)
    assert (contradicted.state, contradicted.contradicted_by, contradicted.closed_by) == ("done", first, None)
    scanned(owned, FAILING, days=2, commit="c")
    assert [e.after for e in told(plan, "contradicted")] == ["2 items"]
    last = scanned(owned, {"devops.ci": "fail"}, days=3, commit="d")
    confirmed = step(plan)
    assert (confirmed.state, confirmed.closed_by, confirmed.contradicted_by) == ("done", last, None)
    assert told(plan, "confirmed")
    scanned(owned, FAILING, days=4, commit="e")
    assert (step(plan).state, step(plan).closed_by) == ("done", None)  # a person's word stays, and is doubted


def test_a_scan_that_finds_nothing_new_still_doubts_what_was_marked_done(plan, owned, lead):
    edit(plan, lead, step(plan), state="done")
    owned.refresh_from_db()
    from assessments.services.rulesets import built

    refresh_plans(
        repository=owned, assessment=owned.current, standard=built(owned.current.ruleset)[1], now=NOW
    )
    assert step(plan).contradicted_by == owned.current


def test_what_could_not_be_measured_closes_nothing(plan, owned):
    scanned(owned, {**FAILING, "testing.unit": "unknown", "testing.e2e": "pass"})
    assert step(plan).state == "open"


def test_a_rescan_loses_nothing_that_a_person_set(plan, owned, lead):
    edit(plan, lead, step(plan, "cicd"), state="dropped", reason="The platform team does this")
    edit(plan, lead, step(plan, "documentation"), assignee=lead.pk, due_on=date(2026, 5, 1))
    scanned(owned, {**FAILING, "documentation.contributing": "fail", "logging.present": "fail"})
    dropped, owned_step = step(plan, "cicd"), step(plan, "documentation")
    assert (dropped.state, dropped.reason) == ("dropped", "The platform team does this")
    assert (owned_step.assignee, owned_step.due_on) == (lead, date(2026, 5, 1))
    assert sorted(owned_step.items) == ["documentation.contributing", "documentation.readme"]
    assert step(plan, "logging").state == "open"
    assert [e.step.initiative for e in told(plan, "added")] == ["logging"]


def test_two_people_do_not_overwrite_each_other(plan, lead):
    seen = step(plan)
    edit(plan, lead, seen, state="in_progress")
    with refused("plan.changed-meanwhile"):
        edit(plan, factories.admin(), seen, state="dropped", reason="Not needed")
    assert step(plan).state == "in_progress"
    edit(plan, lead, step(plan, "cicd"), state="in_progress")  # other steps are not held up


def test_an_edit_meets_what_a_scan_changed_meanwhile(plan, owned, lead):
    seen = step(plan)
    scanned(owned, {})
    with refused("plan.changed-meanwhile"):
        edit(plan, lead, seen, state="in_progress")
    assert step(plan).state == "done"


def test_several_steps_change_together_or_not_at_all(owned, lead):
    factories.assessment(factories.repository(team=owned.team), {"devops.ci": "fail"})
    plan = save_plan(subject=owned.team, wish=ALL, actor=lead, now=NOW)
    first, second = plan.steps.filter(initiative="cicd")
    with refused("plan.changed-meanwhile"):
        edit_steps(plan=plan, steps={first.pk: 1, second.pk: 7}, changes={"state": "in_progress"}, actor=lead)
    assert set(plan.steps.values_list("state", flat=True)) == {"open"}
    changed = edit_steps(
        plan=plan, steps={first.pk: 1, second.pk: 1}, changes={"state": "in_progress"}, actor=lead
    )
    assert changed == 2


def test_every_change_is_in_the_history_with_before_and_after(plan, lead):
    edit(plan, lead, step(plan), assignee=lead.pk, due_on=date(2026, 4, 1))
    edit(plan, lead, step(plan), state="dropped", reason="Replaced by the shared suite")
    found = {e.what: (e.before, e.after, e.author) for e in plan.events.exclude(what="created")}
    assert found == {
        "assignee": ("", lead.email, lead),
        "due": ("", "1 Apr 2026", lead),
        "state": ("Open", "Dropped: Replaced by the shared suite", lead),
    }
    assert edit(plan, lead, step(plan), due_on=date(2026, 4, 1)) == 0  # nothing differs, nothing is told


@pytest.mark.parametrize(
    ("changes", "id"),
    [
        ({"state": "finished"}, "plan.state-unknown"),
        ({"state": "left_out"}, "plan.state-unknown"),
        ({"state": "dropped"}, "plan.reason-missing"),
        ({"state": "dropped", "reason": "  "}, "plan.reason-missing"),
        ({"state": "dropped", "reason": "x" * 300}, "plan.reason-too-long"),
        ({"due_on": date(2026, 3, 1)}, "plan.due-in-past"),
        ({"assignee": 0}, "plan.assignee-unknown"),
    ],
)
def test_what_cannot_be_set_has_a_stable_id_and_changes_nothing(plan, lead, changes, id):
    with refused(id):
        edit(plan, lead, step(plan), **changes)
    assert (step(plan).state, step(plan).version) == ("open", 1)


def test_a_reason_may_have_200_characters_and_a_step_may_be_due_today(plan, lead):
    edit(plan, lead, step(plan), state="dropped", reason="x" * 200)
    edit(plan, lead, step(plan, "cicd"), due_on=date(2026, 3, 2))


def test_a_due_date_that_has_passed_does_not_stop_other_edits(plan, lead):
    PlanStep.objects.filter(pk=step(plan).pk).update(due_on=date(2026, 1, 1))
    edit(plan, lead, step(plan), state="in_progress", due_on=date(2026, 1, 1))
    assert step(plan).state == "in_progress"


def test_only_people_of_the_team_own_steps(plan, lead):
    stranger = factories.member(factories.team())
    with refused("plan.assignee-unknown"):
        edit(plan, lead, step(plan), assignee=stranger.pk)
    gone = factories.member(plan.repository.team)
    gone.is_active = False
    gone.save()
    with refused("plan.assignee-unknown"):
        edit(plan, lead, step(plan), assignee=gone.pk)


def test_a_step_of_another_plan_is_none_of_this_one(plan, owned, lead):
    other = factories.assessment(factories.repository(), FAILING).repository
    foreign = save_plan(subject=other, wish=ALL, actor=factories.admin())
    for steps in ({step(foreign).pk: 1}, {step(plan).pk: 1, step(foreign).pk: 1}, {}, {0: 1}):
        with refused("plan.step-unknown"):
            edit_steps(plan=plan, steps=steps, changes={"state": "done"}, actor=lead)


def test_a_repository_that_left_the_team_leaves_its_plan_alone(owned, lead):
    team = owned.team
    plan = save_plan(subject=team, wish=ALL, actor=lead)
    Repository.objects.filter(pk=owned.pk).update(team=factories.team())
    owned.refresh_from_db()
    scanned(owned, {})
    assert step(plan).state == "open"
    with refused("plan.step-unknown"):
        edit(plan, lead, step(plan), state="done")


def test_a_replaced_plan_is_edited_no_more(plan, owned, lead):
    save_plan(subject=owned, wish=ALL, actor=lead, replaces=plan.pk)
    with refused("plan.step-unknown"):
        edit(plan, lead, step(plan), state="done")
    with refused("plan.changed-meanwhile"):
        reschedule(plan=plan, version=1, starts_on=date(2026, 4, 1), capacity=None, actor=lead)


def test_a_plan_is_rescheduled_with_the_version_that_was_seen(plan, lead):
    reschedule(plan=plan, version=1, starts_on=date(2026, 4, 6), capacity=Decimal("2.5"), actor=lead)
    found = {e.what: (e.before, e.after) for e in plan.events.exclude(what="created")}
    assert found == {"start": ("2 Mar 2026", "6 Apr 2026"), "capacity": ("", "2.5")}
    with refused("plan.changed-meanwhile"):
        reschedule(plan=plan, version=1, starts_on=date(2026, 5, 4), capacity=None, actor=lead)


@pytest.mark.parametrize("capacity", [Decimal(0), Decimal(-1), Decimal("1000.01"), Decimal(9999)])
def test_a_capacity_is_above_0_and_no_absurd_number(owned, plan, lead, capacity):
    with refused("plan.capacity-range"):
        set_capacity(team=owned.team, capacity=capacity, actor=lead)
    with refused("plan.capacity-range"):
        reschedule(plan=plan, version=1, starts_on=date(2026, 4, 6), capacity=capacity, actor=lead)
    with refused("plan.capacity-range"):
        save_plan(
            subject=owned.team, wish=Wish(PlanGoal.ALL, date(2026, 3, 2), capacity=capacity), actor=lead
        )


def test_a_teams_capacity_is_kept_and_audited(owned, lead):
    set_capacity(team=owned.team, capacity=Decimal("7.5"), actor=lead)
    set_capacity(team=owned.team, capacity=Decimal("7.5"), actor=lead)
    assert Team.objects.get(pk=owned.team_id).capacity == Decimal("7.5")
    assert AuditEvent.objects.filter(action="team.capacity").count() == 1


def test_an_unknown_grade_and_one_out_of_reach_are_told_apart(owned, lead):
    with refused("plan.grade-unknown"):
        save_plan(subject=owned, wish=Wish(PlanGoal.GRADE, date(2026, 3, 2), target="E"), actor=lead)
    with refused("plan.nothing-to-do"):  # it has an A+ as it is
        save_plan(subject=owned, wish=Wish(PlanGoal.GRADE, date(2026, 3, 2), target="B"), actor=lead)


def test_a_refresh_costs_the_same_for_one_step_and_for_many(ruleset, django_assert_num_queries):
    """One query for plans, one for steps, and a few writes, however many steps there are."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from assessments.services.rulesets import built

    counts = []
    for failing in (["testing.unit"], [item.id for item in built(ruleset)[1].items]):
        repository = factories.assessment(factories.repository(), dict.fromkeys(failing, "fail")).repository
        save_plan(subject=repository, wish=ALL, actor=factories.admin())
        after = scanned(repository, {})
        PlanStep.objects.update(state=StepState.OPEN, closed_by=None, was="")
        with CaptureQueriesContext(
            connection,
        ) as found:
            refresh_plans(repository=repository, assessment=after, standard=built(ruleset)[1], now=NOW)
        counts.append(len(found))
    assert counts[0] == counts[1] <= 6


def test_measures_are_kept_with_the_plan(owned, lead):
    scanned(owned, {item: "fail" for item in FAILING} | {"logging.present": "fail"})
    wish = Wish(
        PlanGoal.BUDGET, date(2026, 3, 2), Decimal(5), PlanMeasure.AVERAGE, person_days=Decimal(3),
        ends_on=date(2026, 3, 29),
    )  # fmt: skip
    plan = save_plan(subject=owned.team, wish=wish, actor=lead)
    assert (plan.goal, plan.measure, plan.person_days) == ("budget", "average", 3)
    assert told(plan, "created")[0].after == "The best grade within 3 person-days by 29 Mar 2026"
