"""The past of a repository: comparison of two assessments, history, backfill, commits behind flips."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from assessments import policy
from assessments.models import Assessment, Repository, VerdictChange
from assessments.selectors.comparisons import get_comparison_page
from assessments.selectors.histories import (
    get_backfill_state,
    get_history_page,
    get_history_tables,
    get_team_changes,
    get_team_changes_listing,
)
from assessments.services.backfill import cancel_backfill, request_backfill
from assessments.services.comparing import request_closer_look
from assessments.services.origins import request_origins, request_team_origins
from assessments.views.tables import csv_response, csv_wanted
from scanners.errors import ScanError


@require_safe
def repository_compare(request: HttpRequest, slug: str) -> HttpResponse:
    page = get_comparison_page(request.user, _visible(request, slug), request.GET)
    part = request.htmx and not request.htmx.history_restore_request and "look" in request.GET
    if part and page.look and page.look.running:
        response = render(request, "history/_look.html", {"page": page})
    else:
        response = render(request, "history/compare.html", {"page": page})
        if part:
            response["HX-Refresh"] = "true"
    response["Vary"] = "HX-Request"
    return response


@require_POST
def repository_look(request: HttpRequest, slug: str) -> HttpResponse:
    """Asks for a closer look at two assessments of the repository."""
    repository = _workable(request, slug)
    own = Assessment.objects.filter(repository=repository)
    before, after = (get_object_or_404(own, pk=_number(request, name)) for name in ("from", "to"))
    request_closer_look(repository=repository, before=before, after=after, requested_by=request.user)
    return redirect(f"{reverse('repository-compare', args=[slug])}?from={before.pk}&to={after.pk}")


@require_safe
def repository_history(request: HttpRequest, slug: str) -> HttpResponseBase:
    repository = _visible(request, slug)
    if csv_wanted(request):
        return csv_response(get_history_tables(repository, request.GET))
    page = get_history_page(request.user, repository, request.GET)
    return render(request, "history/index.html", {"page": page})


@require_POST
def repository_backfill(request: HttpRequest, slug: str) -> HttpResponse:
    repository = _workable(request, slug)
    months = request.POST.get("months", "12")
    try:
        request_backfill(
            repository=repository,
            requested_by=request.user,
            interval=request.POST.get("interval", "month"),
            months=int(months) if months.isascii() and months.isdigit() and len(months) < 6 else 0,
            rejudge="rejudge" in request.POST,
        )
    except ScanError as error:
        messages.error(request, f"{error.message} {error.hint}".strip())
    return redirect("repository-history", slug)


@require_safe
def repository_backfill_progress(request: HttpRequest, slug: str) -> HttpResponse:
    """The progress alone; once the backfill has ended, the whole page is fetched anew."""
    repository = _visible(request, slug)
    state = get_backfill_state(repository)
    context = {"backfill": state, "progress_url": request.path}
    response = render(request, "history/_backfill_progress.html", context)
    if request.htmx and not (state and state.running):
        response["HX-Refresh"] = "true"
    response["Cache-Control"] = "no-store"
    return response


@require_POST
def repository_backfill_cancel(request: HttpRequest, slug: str) -> HttpResponse:
    repository = _workable(request, slug)
    if cancel_backfill(repository=repository, actor=request.user):
        messages.success(request, "The backfill was cancelled. What it had judged stays.")
    return redirect("repository-history", slug)


@require_POST
def repository_when(request: HttpRequest, slug: str) -> HttpResponse:
    """Asks for the commit behind one flip (``change``), or behind all flips of the repository."""
    repository = _workable(request, slug)
    change = None
    if "change" in request.POST:
        own = VerdictChange.objects.filter(repository=repository)
        change = get_object_or_404(own, pk=_number(request, "change")).pk
    request_origins(repository=repository, requested_by=request.user, change=change)
    messages.success(request, "The commits are being looked for.")
    return redirect(f"{reverse('repository-history', args=[slug])}#changes")


@require_safe
def team_changes(request: HttpRequest, slug: str) -> HttpResponseBase:
    team = get_object_or_404(policy.visible_teams(request.user), slug=slug)
    if csv_wanted(request):
        return csv_response(get_team_changes_listing(team))
    return render(request, "history/team.html", {"page": get_team_changes(request.user, team)})


@require_POST
def team_when(request: HttpRequest, slug: str) -> HttpResponse:
    """Asks for the commits behind all flips of a team's month."""
    team = get_object_or_404(policy.visible_teams(request.user), slug=slug)
    if not policy.may_scan(request.user, team):
        raise PermissionDenied
    count = request_team_origins(repositories=team.repositories.all(), requested_by=request.user)
    messages.success(request, f"{count} repositor{'y is' if count == 1 else 'ies are'} being searched.")
    return redirect("team-changes", slug)


def _number(request: HttpRequest, name: str) -> int:
    """A row's number from a form; 0, which no row has, for anything else."""
    raw = request.POST.get(name, "")
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 16 else 0


def _visible(request: HttpRequest, slug: str) -> Repository:
    visible = policy.visible_repositories(request.user).select_related("mirror", "team", "current__ruleset")
    return get_object_or_404(visible.defer("current__ruleset__document"), slug=slug)


def _workable(request: HttpRequest, slug: str) -> Repository:
    repository = _visible(request, slug)
    if not policy.may_scan(request.user, repository.team):
        raise PermissionDenied
    return repository
