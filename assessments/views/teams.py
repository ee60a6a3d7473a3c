"""Teams: list, scorecard, rescan of all."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from assessments import policy
from assessments.choices import RescanScope
from assessments.selectors.filters import text
from assessments.selectors.saved_views import get_view_menu
from assessments.selectors.teams import get_team_list, get_team_listing, get_team_page, get_team_tables
from assessments.services.rescans import request_rescan
from assessments.team_fields import MOST_LISTED, near
from assessments.views.saved_views import opened
from assessments.views.schedule import say_asked
from assessments.views.tables import csv_response, csv_wanted, one_address


@require_safe
def team_list(request: HttpRequest) -> HttpResponseBase:
    if csv_wanted(request):
        return csv_response(get_team_listing(request.user, request.GET))
    if found := one_address(request) or opened(request, "teams"):
        return found
    views = get_view_menu(request.user, "teams", request.GET)
    return render(
        request, "teams/list.html", {"page": get_team_list(request.user, request.GET), "views": views}
    )


@require_safe
def team_names(request: HttpRequest) -> HttpResponse:
    """Names to choose from for what is typed into a form's field of a team."""
    typed = text(request.GET, "team")
    names = [team.name for team in near(policy.visible_teams(request.user), typed, MOST_LISTED)]
    return render(request, "teams/_names.html", {"names": names})


@require_safe
def team_detail(request: HttpRequest, slug: str) -> HttpResponseBase:
    team = get_object_or_404(policy.visible_teams(request.user), slug=slug)
    if csv_wanted(request):
        return csv_response(get_team_tables(team, request.GET))
    if found := one_address(request):
        return found
    return render(request, "teams/detail.html", {"page": get_team_page(request.user, team, request.GET)})


@require_POST
def team_scan(request: HttpRequest, slug: str) -> HttpResponse:
    team = get_object_or_404(policy.visible_teams(request.user), slug=slug)
    if not policy.may_scan(request.user, team):
        raise PermissionDenied
    rescan = request_rescan(
        repositories=team.repositories.all(), requested_by=request.user, scope=RescanScope.TEAM, team=team
    )
    say_asked(request, rescan)
    return redirect("team-detail", slug)
