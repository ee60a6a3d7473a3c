"""The plan pages: who may do what, what they show, bad input, conflicts, and how many queries they cost."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessments.choices import PlanGoal, Role
from assessments.models import PlanStep, Repository, SavedPlan, Team
from assessments.program import PlanError
from assessments.services.plans import Wish, save_plan
from tests import factories

pytestmark = pytest.mark.django_db
SignedIn = Callable[[AbstractUser], Client]
FAILING = {
    "testing.unit": "fail",
    "testing.e2e": "fail",
    "devops.ci": "fail",
    "documentation.readme": "fail",
    "documentation.code-comments": "fail",
    "logging.present": "fail",
    "configuration.no-committed-secrets": "fail",
    "architecture.layers": "fail",
    "database.pooling": "fail",
}


@pytest.fixture
def owned(ruleset: Any) -> Repository:
    return factories.assessment(factories.repository(), FAILING).repository


@pytest.fixture
def lead(owned: Repository, signed_in: SignedIn) -> Client:
    return signed_in(factories.member(owned.team, Role.LEAD))


def today(days: int = 0) -> str:
    return str(timezone.localdate() + timedelta(days=days))


def wish(**changes: str) -> dict[str, str]:
    return {"goal": "all", "target": "A", "measure": "every", "starts_on": today(), **changes}


def plan_of(subject: Repository | Team, **changes: Any) -> SavedPlan:
    given = Wish(**{"goal": PlanGoal.ALL, "starts_on": timezone.localdate(), **changes})
    return save_plan(subject=subject, wish=given, actor=factories.admin())


def pages(owned: Repository) -> tuple[str, str]:
    return f"/repositories/{owned.slug}/plan/", f"/teams/{owned.team.slug}/plan/"


def send(client: Client, address: str, step: PlanStep, **data: str) -> Any:
    return client.post(f"{address}steps/", {"step": f"{step.pk}.{step.version}", **data})


def test_strangers_find_no_plan_and_change_none(owned: Repository, signed_in: SignedIn) -> None:
    plans = [plan_of(owned), plan_of(owned.team)]
    for stranger in (factories.person(), factories.member(factories.team(), Role.LEAD)):
        client = signed_in(stranger)
        for address, plan in zip(pages(owned), plans, strict=True):
            step = plan.steps.first()
            assert client.get(address).status_code == 404
            assert client.post(address, wish()).status_code == 404
            assert send(client, address, step, state="done").status_code == 404
            assert client.post(f"{address}schedule/", {"starts_on": today(), "version": 1}).status_code == 404
        assert client.post(f"/teams/{owned.team.slug}/capacity/", {"capacity": "5"}).status_code == 404
    assert not PlanStep.objects.exclude(state="open").exists()


def test_viewers_read_members_edit_steps_and_leads_make_plans(owned: Repository, signed_in: SignedIn) -> None:
    plan_of(owned)
    for role, edits, leads in ((Role.VIEWER, 403, 403), (Role.MEMBER, 302, 403), (Role.LEAD, 302, 302)):
        client = signed_in(factories.member(owned.team, role))
        address = pages(owned)[0]
        body = client.get(address).content.decode()
        assert "Build the test suite" in body
        assert ("Mark done" in body) == (edits == 302)
        found = client.get(address, wish(goal="grade", target="A+")).content.decode()
        assert ("Save as plan" in found) == (leads == 302)
        step = PlanStep.objects.filter(plan__replaced_at=None).first()
        assert send(client, address, step, state="in_progress").status_code == edits
        plan = SavedPlan.objects.get(replaced_at=None)
        answer = client.post(f"{address}schedule/", {"starts_on": today(7), "version": plan.version})
        assert answer.status_code == leads
        assert client.post(address, wish(replaces=str(plan.pk))).status_code == leads
        assert client.post(f"/teams/{owned.team.slug}/capacity/", {"capacity": "5"}).status_code == leads


def test_the_page_shows_phases_with_dates_and_the_grade_after_each(owned: Repository, lead: Client) -> None:
    plan_of(owned, starts_on=date(2026, 1, 5), capacity=Decimal(2))
    body = lead.get(pages(owned)[0]).content.decode()
    owned.refresh_from_db()
    assert f"Phase 1: {owned.letter} → " in body
    assert "5 Jan to " in body
    for words in ("Work on this step", "Mark done", "No owner", "Plan saved", "0 <small>of"):
        assert words in body, words


def test_a_plan_that_no_longer_leads_to_its_grade_says_so(owned: Repository, lead: Client) -> None:
    plan = plan_of(owned, goal=PlanGoal.GRADE, target="A+")
    address = pages(owned)[0]
    assert "does not lead to A+ any more" not in lead.get(address).content.decode()
    for step in plan.steps.filter(state="open"):
        send(lead, address, step, state="dropped", reason="Not now")
    assert "does not lead to A+ any more" in lead.get(address).content.decode()


def test_a_path_is_looked_for_by_its_address_and_saved_from_there(owned: Repository, lead: Client) -> None:
    address = pages(owned)[0]
    asked = wish(goal="grade", target="A+", capacity="5")
    body = lead.get(address, asked).content.decode()
    assert "The least effort that leads to A+" in body
    assert "What it leaves out" in body
    answer = lead.post(address, {**asked, "replaces": ""})
    assert answer.status_code == 302
    plan = SavedPlan.objects.get()
    assert (plan.goal, plan.target, plan.capacity) == ("grade", "A+", 5)
    assert plan.steps.filter(state="left_out").exists()
    assert "Left out of this plan" in lead.get(address).content.decode()


def test_a_limit_gives_the_best_grade_that_fits(owned: Repository, lead: Client) -> None:
    body = lead.get(pages(owned)[0], wish(goal="budget", person_days="1")).content.decode()
    assert "The best that fits is" in body
    late = lead.get(pages(owned)[0], wish(goal="budget", ends_on=today(3), capacity="5")).content.decode()
    assert "No step fits into this limit" in late


def test_repositories_without_a_grade_are_named_as_not_counted(owned: Repository, lead: Client) -> None:
    new = factories.assessment(factories.repository(team=owned.team), {}, default="unknown").repository
    body = lead.get(pages(owned)[1], wish(goal="grade", target="A+")).content.decode()
    assert f"Without a grade, so not counted: {new.name}" in body


def test_a_search_that_takes_too_long_says_so_with_its_id(
    owned: Repository, lead: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*args: Any, **options: Any) -> None:
        raise PlanError("plan.solver-time-limit", "The best path was not found within 20 seconds.")

    monkeypatch.setattr("assessments.services.plans.cheapest_path", slow)
    body = lead.get(pages(owned)[0], wish(goal="grade", target="A+")).content.decode()
    assert "plan.solver-time-limit" in body
    assert lead.post(pages(owned)[0], wish(goal="grade", target="A+")).status_code == 422


def test_a_teams_step_names_its_repositories(owned: Repository, lead: Client) -> None:
    other = factories.assessment(factories.repository(team=owned.team), {"devops.ci": "fail"}).repository
    plan = plan_of(owned.team)
    address = pages(owned)[1]
    body = lead.get(address).content.decode()
    assert "Set up the CI/CD pipeline in 2 repositories" in body
    assert owned.name in body and other.name in body
    steps = plan.steps.filter(initiative="cicd")
    lead.post(
        f"{address}steps/",
        {"step": [f"{s.pk}.{s.version}" for s in steps], "state": "done", "assignee": "keep", "due_on": "",
         "keep_due": "1"},
    )  # fmt: skip
    assert set(steps.values_list("state", flat=True)) == {"done"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"goal": "grade", "target": "E"}, "The standard has no such grade"),
        ({"goal": "fly"}, "Select a valid choice"),
        ({"goal": "budget"}, "Give person-days, a date, or both"),
        ({"goal": "budget", "ends_on": "2020-01-01"}, "This date has passed"),
        ({"goal": "budget", "ends_on": "tomorrow"}, "Enter a valid date"),
        ({"goal": "budget", "person_days": "-3"}, "Give more than 0"),
        ({"goal": "budget", "person_days": "999999"}, "Give more than 0"),
        ({"capacity": "-1"}, "Give more than 0"),
        ({"capacity": "0"}, "Give more than 0"),
        ({"capacity": "5000"}, "Give more than 0"),
        ({"capacity": "1e9"}, "Ensure that there are no more than"),
        ({"capacity": "NaN"}, "Enter a number"),
        ({"starts_on": ""}, "This field is required"),
        ({"starts_on": "9999-12-31"}, "Give a day within ten years"),
        ({"starts_on": "0001-01-01"}, "Give a day within ten years"),
    ],
)
def test_a_wish_that_cannot_be_used_is_told_beside_its_field(
    owned: Repository, lead: Client, changes: dict[str, str], words: str
) -> None:
    for answer in (
        lead.get(pages(owned)[0], wish(**changes)),
        lead.post(pages(owned)[0], wish(**changes)),
    ):
        assert answer.status_code == 422
        assert words in answer.content.decode()
    assert not SavedPlan.objects.exists()


@pytest.mark.parametrize(
    ("data", "id"),
    [
        ({"state": "flying"}, "plan.state-unknown"),
        ({"state": "dropped", "reason": ""}, "plan.reason-missing"),
        ({"state": "dropped", "reason": "x" * 300}, "plan.reason-too-long"),
        ({"due_on": "2020-01-01"}, "plan.due-in-past"),
        ({"due_on": "soon"}, "plan.due-unreadable"),
        ({"due_on": "2026-02-31"}, "plan.due-unreadable"),
        ({"assignee": "999999"}, "plan.assignee-unknown"),
        ({"assignee": "me"}, "plan.assignee-unknown"),
        ({"step": "1"}, "plan.step-unknown"),
        ({"step": "x.y"}, "plan.step-unknown"),
        ({"step": "9" * 40 + ".1"}, "plan.step-unknown"),
    ],
)
def test_a_step_that_cannot_be_changed_so_says_why(
    owned: Repository, lead: Client, data: dict[str, str], id: str
) -> None:
    step = plan_of(owned).steps.first()
    answer = lead.post(f"{pages(owned)[0]}steps/", {"step": f"{step.pk}.1", **data})
    assert answer.status_code == 422
    assert id in answer.content.decode()
    step.refresh_from_db()
    assert (step.state, step.due_on, step.assignee, step.version) == ("open", None, None, 1)


def test_a_capacity_that_cannot_be_used_changes_nothing(owned: Repository, lead: Client) -> None:
    address = f"/teams/{owned.team.slug}/capacity/"
    for bad in ("-1", "0", "100000", "many", "NaN", "1.234"):
        body = lead.post(address, {"capacity": bad}, follow=True).content.decode()
        assert "Capacity: " in body
        assert Team.objects.get(pk=owned.team_id).capacity is None
    body = lead.post(address, {"capacity": "2.5"}, follow=True).content.decode()
    assert "Phases last as long as 2.5 person-days per week allow" in body
    assert Team.objects.get(pk=owned.team_id).capacity == Decimal("2.5")
    lead.post(address, {"capacity": ""})
    assert Team.objects.get(pk=owned.team_id).capacity is None


def test_a_second_edit_of_the_same_step_meets_the_first(owned: Repository, lead: Client) -> None:
    step = plan_of(owned).steps.first()
    address = pages(owned)[0]
    assert send(lead, address, step, state="in_progress").status_code == 302
    answer = send(lead, address, step, state="dropped", reason="Too late")
    assert answer.status_code == 409
    assert "plan.changed-meanwhile" in answer.content.decode()
    assert PlanStep.objects.get(pk=step.pk).state == "in_progress"


def test_two_leads_do_not_replace_each_others_plan(owned: Repository, lead: Client) -> None:
    address = pages(owned)[0]
    assert lead.post(address, wish(replaces="")).status_code == 302
    assert lead.post(address, wish(replaces="")).status_code == 409
    assert lead.post(address, wish(replaces="9" * 30)).status_code == 409
    assert SavedPlan.objects.count() == 1


def test_htmx_gets_the_body_alone_with_a_word_of_what_was_done(owned: Repository, lead: Client) -> None:
    step = plan_of(owned).steps.first()
    address = f"{pages(owned)[0]}steps/"
    data = {"step": f"{step.pk}.1", "state": "in_progress", "anchor": f"step-{step.initiative}"}
    answer = lead.post(address, data, headers={"HX-Request": "true"})
    body = answer.content.decode()
    assert (answer.status_code, "<html" in body, "1 step changed." in body) == (200, False, True)
    assert body.count('<details class="data small" open>') == 1  # the card that was worked on stays open
    again = lead.post(address, data, headers={"HX-Request": "true"})
    assert (again.status_code, "plan.changed-meanwhile" in again.content.decode()) == (200, True)


def test_a_step_marked_done_that_still_fails_says_so_on_the_page(owned: Repository, lead: Client) -> None:
    plan = plan_of(owned)
    address = pages(owned)[0]
    send(lead, address, plan.steps.get(initiative="testing-suite"), state="done")
    assert "The next scan checks it" in lead.get(address).content.decode()
    factories.assessment(owned, FAILING, commit="b" * 40, now=timezone.now())
    body = lead.get(address).content.decode()
    assert "Marked done, but 2 items still fail in the scan of" in body
    factories.assessment(owned, {}, commit="c" * 40, now=timezone.now())
    body = lead.get(address).content.decode()
    assert "Confirmed by the scan of" in body
    assert "Closed by the scan of" in body


def test_hostile_text_is_shown_as_text(owned: Repository, lead: Client) -> None:
    step = plan_of(owned).steps.first()
    send(lead, pages(owned)[0], step, state="dropped", reason="<script>alert(1)</script>")
    Repository.objects.filter(pk=owned.pk).update(name="<b>bold</b>")
    plan_of(owned.team)
    for address in pages(owned):
        body = lead.get(address).content.decode()
        assert "<script>alert" not in body and "<b>bold" not in body


def test_a_repository_that_left_is_not_named_in_the_old_teams_plan(owned: Repository, lead: Client) -> None:
    factories.assessment(factories.repository(team=owned.team), {"devops.ci": "fail"})
    plan = plan_of(owned.team)
    send(lead, pages(owned)[1], plan.steps.filter(repository=owned).first(), state="in_progress")
    address = pages(owned)[1]
    assert owned.name in lead.get(address).content.decode()
    Repository.objects.filter(pk=owned.pk).update(team=factories.team())
    assert owned.name not in lead.get(address).content.decode()


def test_what_is_not_judged_yet_has_no_plan_but_says_what_comes_next(signed_in: SignedIn) -> None:
    repository = factories.repository()
    client = signed_in(factories.member(repository.team, Role.LEAD))
    for address in pages(repository):
        assert "Nothing to plan yet" in client.get(address, wish()).content.decode()
        answer = client.post(address, wish())
        assert answer.status_code == 422
        assert "plan.not-judged" in answer.content.decode()


def test_the_pages_of_repository_and_team_lead_to_the_plan(owned: Repository, lead: Client) -> None:
    for place, address in zip(
        (f"/repositories/{owned.slug}/", f"/teams/{owned.team.slug}/"), pages(owned), strict=True
    ):
        assert f'href="{address}"' in lead.get(place).content.decode()
    plan_of(owned)
    assert "The saved plan: 0 of" in lead.get(f"/repositories/{owned.slug}/").content.decode()


def test_the_reports_plan_takes_the_saved_start_and_ticks(owned: Repository, lead: Client) -> None:
    plan = plan_of(owned, starts_on=date(2026, 1, 5), capacity=Decimal(1))
    send(lead, pages(owned)[0], plan.steps.get(initiative="testing-suite"), state="done")
    body = lead.get(f"/repositories/{owned.slug}/").content.decode()
    assert "5 Jan to" in body
    assert "Done</span>" in body


def test_queries_do_not_grow_with_repositories_or_steps(signed_in: SignedIn, ruleset: Any) -> None:
    counts = []
    for number in (1, 10):
        team = factories.team()
        for _ in range(number):
            factories.assessment(factories.repository(team=team), FAILING)
        plan = plan_of(team)
        people = [factories.member(team) for _ in range(3)]
        for step in plan.steps.all():
            step.assignee = people[step.pk % 3]
            step.save()
        client = signed_in(factories.member(team, Role.LEAD))
        address = f"/teams/{team.slug}/plan/"
        client.get(address)
        with CaptureQueriesContext(connection) as found:
            client.get(address, wish(goal="grade", target="A+"))
        counts.append(len(found))
    assert counts[0] == counts[1] <= 20


def test_a_saved_plan_shows_its_burn_down_with_its_figures(owned: Repository, lead: Client) -> None:
    plan = plan_of(owned)
    step = plan.steps.all()[0]
    address = pages(owned)[0]
    assert send(lead, address, step, state="done").status_code == 302
    page = lead.get(address).content.decode()
    total = plan.steps.count()
    assert f"{total - 1} of {total} steps left on" in page
    assert "burn-down" in page and "data-plotly" in page


def test_two_people_who_change_a_capacity_hear_of_each_other(owned: Repository, lead: Client) -> None:
    address = f"/teams/{owned.team.slug}/capacity/"
    assert lead.post(address, {"capacity": "5", "seen": ""}).status_code == 302
    late = lead.post(address, {"capacity": "9", "seen": ""}, follow=True)
    page = late.content.decode()
    assert "Somebody changed this meanwhile: the team gives 5 person-days per week." in page
    assert 'name="seen" value="5' in page and 'value="9"' in page
    owned.team.refresh_from_db()
    assert owned.team.capacity == 5
    lead.post(address, {"capacity": "9", "seen": "5"})
    owned.team.refresh_from_db()
    assert owned.team.capacity == 9
