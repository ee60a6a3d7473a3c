"""The schedule's forms, rescans of many at once, cancelling one, and releasing a quarantined repository."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from assessments import policy
from assessments.choices import RescanScope
from assessments.models import Repository, Rescan
from assessments.schedule_forms import PolicyForm, ScheduleForm
from assessments.selectors.care import get_schedule_page
from assessments.selectors.standard import get_item_page
from assessments.services import schedule
from assessments.services.intervals import scan_policy
from assessments.services.rescans import request_rescan
from assessments.services.scans import cancel_scan
from assessments.services.undo import offer

_form = require_http_methods(["GET", "HEAD", "POST"])


@_form
def organisation_schedule(request: HttpRequest) -> HttpResponse:
    if not policy.may_set_schedule(request.user):
        raise PermissionDenied
    now = scan_policy()
    fields = ("interval_hours", "paused", "window_start", "window_end", "window_zone")
    page = get_schedule_page()
    form = PolicyForm(
        request.POST or None,
        initial={name: getattr(now, name) for name in fields},
        inherited=f"Left empty, {page.installation_hours}.",
    )
    if request.method == "POST" and form.is_valid():
        schedule.set_policy(actor=request.user, **form.cleaned_data)
        messages.success(request, "The schedule is changed.")
        return redirect("schedule")
    return _shown(request, form, page)


@_form
def team_schedule(request: HttpRequest, slug: str) -> HttpResponse:
    team = get_object_or_404(policy.visible_teams(request.user), slug=slug)
    if not policy.may_lead(request.user, team):
        raise PermissionDenied
    page = get_schedule_page(team=team)
    form = ScheduleForm(
        request.POST or None,
        initial={"interval_hours": team.interval_hours, "paused": team.paused},
        inherited=f"Left empty, the organisation's {page.inherited_hours}.",
    )
    if request.method == "POST" and form.is_valid():
        schedule.set_team_schedule(team=team, actor=request.user, **form.cleaned_data)
        _say_changed(request, form, "team.schedule", team.pk, reverse("team-detail", args=[slug]))
        return redirect("team-detail", slug)
    return _shown(request, form, page)


@_form
def repository_schedule(request: HttpRequest, slug: str) -> HttpResponse:
    repository = _led(request, slug)
    page = get_schedule_page(repository=repository)
    form = ScheduleForm(
        request.POST or None,
        initial={"interval_hours": repository.interval_hours, "paused": repository.paused},
        inherited=f"Left empty, {page.inherited_hours} as for its team.",
    )
    if request.method == "POST" and form.is_valid():
        schedule.set_repository_schedule(repository=repository, actor=request.user, **form.cleaned_data)
        back = reverse("repository-detail", args=[slug])
        _say_changed(request, form, "repository.schedule", repository.pk, back)
        return redirect("repository-detail", slug)
    return _shown(request, form, page)


@require_POST
def repository_release(request: HttpRequest, slug: str) -> HttpResponse:
    repository = _led(request, slug)
    if schedule.release(repository=repository, actor=request.user):
        messages.success(request, "The repository is released and scanned now.")
    return redirect("repository-detail", slug)


@require_POST
def scan_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    scan = get_object_or_404(policy.visible_scans(request.user).select_related("repository__team"), pk=pk)
    if not policy.may_scan(request.user, scan.repository.team):
        raise PermissionDenied
    if cancel_scan(scan=scan, actor=request.user):
        messages.success(request, f"The scan of {scan.repository.name} is cancelled.")
    else:
        messages.info(request, "The scan had ended already.")
    if request.POST.get("back") == "activity":
        return redirect("activity")
    return redirect("repository-detail", scan.repository.slug)


@require_POST
def item_scan(request: HttpRequest, item: str) -> HttpResponse:
    """Rescans everything that fails the item and that the person may ask to be scanned."""
    if get_item_page(request.user, item, request.GET) is None:
        raise Http404
    wanted = schedule.failing(policy.scannable_repositories(request.user), item)
    rescan = request_rescan(repositories=wanted, requested_by=request.user, scope=RescanScope.ITEM, item=item)
    say_asked(request, rescan)
    return redirect("standard-item", item)


@require_POST
def fleet_scan(request: HttpRequest) -> HttpResponse:
    if not policy.may_set_schedule(request.user):
        raise PermissionDenied
    rescan = request_rescan(
        repositories=Repository.objects.all(), requested_by=request.user, scope=RescanScope.FLEET
    )
    say_asked(request, rescan)
    return redirect("activity")


def say_asked(request: HttpRequest, rescan: Rescan | None) -> None:
    """Tells how many scans a request for many led to."""
    if rescan is not None:
        count = rescan.total
        messages.success(request, f"{count} repositor{'y is' if count == 1 else 'ies are'} being scanned.")
    else:
        messages.info(request, "Nothing to scan that is not being scanned already.")


def _say_changed(request: HttpRequest, form: ScheduleForm, action: str, subject: int, back: str) -> None:
    given = {"subject": subject, "before": form.initial, "after": form.cleaned_data}
    note = offer(user=request.user, action=action, given=given, back=back)
    messages.success(request, "The schedule is changed.", extra_tags=f"undo:{note}")


def _led(request: HttpRequest, slug: str) -> Repository:
    visible = policy.visible_repositories(request.user).select_related("team")
    repository: Repository = get_object_or_404(visible, slug=slug)
    if not policy.may_lead(request.user, repository.team):
        raise PermissionDenied
    return repository


def _shown(request: HttpRequest, form: ScheduleForm, page: Any) -> HttpResponse:
    context = {"form": form, "page": page}
    return render(request, "schedule/form.html", context, status=422 if form.errors else 200)
