"""Plans of repositories and teams: look, search, save, work through, reschedule; a team's capacity."""

from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_http_methods, require_POST

from assessments import policy
from assessments.models import Repository, Team
from assessments.plan_forms import ScheduleForm, TeamCapacityForm, WishForm
from assessments.program import PlanError
from assessments.selectors.plan_steps import plan_tables
from assessments.selectors.plans import PlanPage, get_plan_page
from assessments.services.plans import (
    Subject,
    current_plans,
    edit_steps,
    plain,
    reschedule,
    save_plan,
    set_capacity,
)
from assessments.services.rulesets import built, current_version
from assessments.views.tables import csv_response, csv_wanted

CONFLICT = "plan.changed-meanwhile"


@require_http_methods(["GET", "HEAD", "POST"])
def repository_plan(request: HttpRequest, slug: str) -> HttpResponseBase:
    return _plan(request, _repository(request, slug))


@require_http_methods(["GET", "HEAD", "POST"])
def team_plan(request: HttpRequest, slug: str) -> HttpResponseBase:
    return _plan(request, _team(request, slug))


@require_POST
def repository_steps(request: HttpRequest, slug: str) -> HttpResponse:
    return _steps(request, _repository(request, slug))


@require_POST
def team_steps(request: HttpRequest, slug: str) -> HttpResponse:
    return _steps(request, _team(request, slug))


@require_POST
def repository_schedule(request: HttpRequest, slug: str) -> HttpResponse:
    return _schedule(request, _repository(request, slug))


@require_POST
def team_schedule(request: HttpRequest, slug: str) -> HttpResponse:
    return _schedule(request, _team(request, slug))


@require_POST
def team_capacity(request: HttpRequest, slug: str) -> HttpResponse:
    """Sets what the team gives to its plans; a number that cannot be used is told and changes nothing."""
    team = _team(request, slug)
    if not policy.may_lead_plan(request.user, team):
        raise PermissionDenied
    form = TeamCapacityForm(request.POST)
    problem = "" if form.is_valid() else _first_error(form)
    if not problem:
        given = form.cleaned_data
        seen = given["seen"] if "seen" in request.POST else ...
        try:
            set_capacity(team=team, capacity=given["capacity"], actor=request.user, seen=seen)
        except PlanError as error:
            problem = error.message
    if not problem:
        messages.success(request, "The capacity is saved; phases now follow it.")
        return redirect(f"{_address(team, 'detail')}#plan")
    messages.error(request, problem)
    entered = urlencode({"capacity": request.POST.get("capacity", "")[:20]})
    return redirect(f"{_address(team, 'detail')}?{entered}#plan")


def _plan(request: HttpRequest, subject: Subject) -> HttpResponseBase:
    """The page; with a goal in the query string the answer to it; posted, the answer is saved as the plan."""
    if request.method == "POST":
        if not policy.may_lead_plan(request.user, _team_of(subject)):
            raise PermissionDenied
        form = _wish_form(subject, request.POST)
        if not form.is_valid():
            return _page(request, subject, form, status=422)
        return _attempt(request, subject, lambda: _save(request, subject, form), form)
    asked = "goal" in request.GET
    form = _wish_form(subject, request.GET if asked else None)
    if csv_wanted(request):
        wish = form.wish if form.is_bound and form.is_valid() else None
        page = get_plan_page(request.user, subject, wish)
        return csv_response(plan_tables(page, request.GET.get("table", "")))
    return _page(request, subject, form, status=422 if asked and not form.is_valid() else 200)


def _save(request: HttpRequest, subject: Subject, form: WishForm) -> str:
    replaces = request.POST.get("replaces", "")
    save_plan(
        subject=subject,
        wish=form.wish,
        actor=request.user,
        replaces=int(replaces) if replaces.isdecimal() and len(replaces) < 18 else None,
    )
    return "The plan is saved."


def _steps(request: HttpRequest, subject: Subject) -> HttpResponse:
    if not policy.may_edit_plan(request.user, _team_of(subject)):
        raise PermissionDenied

    def edit() -> str:
        plan = current_plans(subject).select_related("team", "repository__team").first()
        if plan is None:
            raise PlanError("plan.step-unknown", "There is no saved plan here.")
        changed = edit_steps(
            plan=plan,
            steps=_chosen(request.POST.getlist("step")),
            changes=_changes(request.POST),
            actor=request.user,
        )
        return f"{changed} step{'' if changed == 1 else 's'} changed." if changed else "Nothing was changed."

    return _attempt(request, subject, edit, _wish_form(subject, None))


def _schedule(request: HttpRequest, subject: Subject) -> HttpResponse:
    if not policy.may_lead_plan(request.user, _team_of(subject)):
        raise PermissionDenied
    form = ScheduleForm(request.POST)

    def change() -> str:
        plan = current_plans(subject).first()
        if plan is None:
            raise PlanError("plan.step-unknown", "There is no saved plan here.")
        if not form.is_valid():
            raise PlanError(_first_code(form), _first_error(form))
        data = form.cleaned_data
        reschedule(
            plan=plan,
            version=data["version"],
            starts_on=data["starts_on"],
            capacity=data["capacity"],
            actor=request.user,
        )
        return "The schedule is changed."

    return _attempt(request, subject, change, _wish_form(subject, None))


def _attempt(request: HttpRequest, subject: Subject, work: Callable[[], str], form: WishForm) -> HttpResponse:
    """Back to the page with a word of what was done; or the page as it stands, with why it was not."""
    partial = bool(request.htmx)
    try:
        done = work()
    except PlanError as error:
        notice = {"level": "error", "text": error.message, "hint": error.hint, "id": error.id}
        if partial:
            notice["toast"] = "true"
        # htmx swaps no answer that is an error, so what it asked for comes as a page with the notice.
        status = 200 if partial else 409 if error.id == CONFLICT else 422
        return _page(request, subject, form, notice=notice, status=status)
    if partial:
        return _page(request, subject, form, notice={"level": "success", "text": done, "toast": "true"})
    messages.success(request, done)
    card = _card(request)
    return redirect(f"{_address(subject, 'plan')}{f'#{card}' if card else ''}")


def _card(request: HttpRequest) -> str:
    """The card that a form was sent from, empty for what is no such name."""
    anchor = request.POST.get("anchor", "")
    return anchor if anchor.replace("-", "").isalnum() and len(anchor) < 80 else ""


def _page(
    request: HttpRequest,
    subject: Subject,
    form: WishForm,
    *,
    notice: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    wish = form.wish if form.is_bound and form.is_valid() else None
    if request.method == "POST" and notice is not None and notice.get("id"):
        wish = None  # it has just been refused, so it is not looked for again
    page: PlanPage = get_plan_page(request.user, subject, wish)
    schedule = None
    if page.saved and page.can_lead:
        saved = page.saved
        schedule = ScheduleForm(
            initial={
                "starts_on": saved.starts_on,
                "capacity": saved.capacity,
                "version": saved.version,
            },
            auto_id="schedule-%s",
        )
    context = {"page": page, "form": form, "schedule": schedule, "notice": notice, "opened": _card(request)}
    template = "plans/_body.html" if request.htmx and request.method == "POST" else "plans/detail.html"
    response = render(request, template, context, status=status)
    response["Vary"] = "HX-Request"
    return response


def _wish_form(subject: Subject, data: QueryDict | None) -> WishForm:
    _, standard = built(current_version())
    team = _team_of(subject)
    initial = {
        "goal": "grade",
        "target": standard.scale[min(1, len(standard.scale) - 1)].letter,
        "measure": "every",
        "starts_on": timezone.localdate(),
        "capacity": plain(team.capacity),
    }
    return WishForm(
        data, standard=standard, for_team=isinstance(subject, Team), initial=initial, auto_id="wish-%s"
    )


def _chosen(values: list[str]) -> dict[int, int]:
    """Steps as "id.version"; what is no such pair names a step that does not exist."""
    chosen = {}
    for value in values[:2000]:
        id, _, version = value.partition(".")
        known = id.isdecimal() and version.isdecimal() and len(id) < 18 and len(version) < 10
        chosen[int(id) if known else 0] = int(version) if known else 0
    return chosen


def _changes(data: QueryDict) -> dict[str, Any]:
    """The changes that the form holds; a field that is not sent is not changed."""
    changes: dict[str, Any] = {}
    if data.get("state"):
        changes["state"] = data["state"]
        changes["reason"] = data.get("reason", "")
    if "assignee" in data and data["assignee"] != "keep":
        owner = data["assignee"]
        changes["assignee"] = (int(owner) if owner.isdecimal() and len(owner) < 18 else 0) if owner else None
    if "due_on" in data and (data["due_on"] or "keep_due" not in data):
        changes["due_on"] = _date(data["due_on"])
    return changes


def _date(value: str) -> date | None:
    try:
        found = parse_date(value.strip()) if value.strip() else None
    except ValueError:
        found = None
    if value.strip() and found is None:
        raise PlanError("plan.due-unreadable", "Give the due date as year-month-day.", field="due_on")
    return found


def _first_error(form: Any) -> str:
    field, errors = next(iter(form.errors.items()))
    label = form.fields[field].label if field in form.fields else ""
    return f"{label}: {errors[0]}" if label else str(errors[0])


def _first_code(form: Any) -> str:
    code = next(iter(form.errors.as_data().values()))[0].code or ""
    return code if code.startswith("plan.") else "plan.input-refused"


def _team_of(subject: Subject) -> Team:
    return subject if isinstance(subject, Team) else subject.team


def _address(subject: Subject, page: str) -> str:
    kind = "team" if isinstance(subject, Team) else "repository"
    return reverse(f"{kind}-{page}", args=[subject.slug])


def _repository(request: HttpRequest, slug: str) -> Repository:
    visible = policy.visible_repositories(request.user).select_related("team")
    return get_object_or_404(visible, slug=slug)


def _team(request: HttpRequest, slug: str) -> Team:
    return get_object_or_404(policy.visible_teams(request.user), slug=slug)
