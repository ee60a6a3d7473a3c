"""Page models of plans: of one repository, and of a team over its repositories."""

from dataclasses import replace

from django.contrib.auth.models import AbstractUser
from django.urls import reverse

from assessments.choices import StepState
from assessments.models import Team
from assessments.policy import may_edit_plan, may_lead_plan
from assessments.program import PlanError
from assessments.selectors.plan_found import found_view
from assessments.selectors.plan_history import get_history
from assessments.selectors.plan_models import Person, PlanLink, PlanPage, Refusal
from assessments.selectors.plan_saved import saved_view
from assessments.selectors.plan_standing import Judged
from assessments.selectors.plan_words import name_of
from assessments.services.plans import (
    Subject,
    Wish,
    assignable,
    current_plans,
    judged_repositories,
    plain,
    propose,
    verdicts_by_slug,
)
from assessments.services.rulesets import built, current_version


def plan_link(subject: Subject) -> PlanLink:
    """The address of the subject's plan and how far it is; two queries."""
    plan = current_plans(subject).first()
    states: list[str] = []
    if plan is not None:
        steps = plan.steps.exclude(state__in=(StepState.DROPPED, StepState.LEFT_OUT))
        if plan.team_id:
            steps = steps.filter(repository__team_id=plan.team_id)
        states = list(steps.values_list("state", flat=True))
    return PlanLink(
        url=_url(subject),
        saved=plan is not None,
        starts_on=plan.starts_on if plan else None,
        done=states.count(StepState.DONE),
        steps=len(states),
    )


def get_plan_page(user: AbstractUser, subject: Subject, wish: Wish | None = None) -> PlanPage:
    """The plan page of a repository (team loaded) or team that the person may see.

    With a wish, the page holds what the search for it found, or why it was refused.
    """
    _, standard = built(current_version())
    team = subject if isinstance(subject, Team) else subject.team
    repositories = judged_repositories(subject, standard)
    judged = Judged(standard, verdicts_by_slug(repositories, standard), isinstance(subject, Team))
    plan = current_plans(subject).select_related("created_by").first()
    edits = may_edit_plan(user, team)
    kind = "team" if isinstance(subject, Team) else "repository"
    page = PlanPage(
        name=subject.name,
        slug=subject.slug,
        kind=kind,
        url=_url(subject),
        subject_url=reverse(f"{kind}-detail", args=[subject.slug]),
        team=team.name,
        team_url=reverse("team-detail", args=[team.slug]),
        steps_url=reverse(f"{kind}-plan-steps", args=[subject.slug]),
        schedule_url=reverse(f"{kind}-plan-schedule", args=[subject.slug]),
        capacity=plain(team.capacity),
        can_edit=edits,
        can_lead=may_lead_plan(user, team),
        judged=bool(repositories),
        now=judged.standing({}),
        repositories=len(repositories),
        saved=saved_view(plan, judged) if plan else None,
        people=tuple(Person(one.pk, name_of(one)) for one in assignable(team)) if edits else (),
        history=get_history(subject),
    )
    if wish is None or not repositories:
        return page
    try:
        proposal = propose(standard, judged.verdicts, wish)
    except PlanError as error:
        return replace(page, refusal=Refusal(error.id, error.message, error.hint))
    names = {one.slug: one for one in repositories}
    return replace(page, found=found_view(proposal, wish, judged, names))


def _url(subject: Subject) -> str:
    return reverse("team-plan" if isinstance(subject, Team) else "repository-plan", args=[subject.slug])
