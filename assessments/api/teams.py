"""Teams: the list, a scorecard, and asking for scans of all that a team owns."""

from typing import Annotated, Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema, Status
from pydantic import Field

from assessments import policy
from assessments.api.errors import forbidden
from assessments.api.gate import needs
from assessments.api.links import Links
from assessments.api.paging import Page, Paged, Plain, one_of, only_known, page_of
from assessments.api.scorecards import TeamDetailOut, TeamOut, team_detail, team_of
from assessments.api.work import ScansAskedOut, scans_asked
from assessments.choices import RescanScope, TokenScope
from assessments.models import Team
from assessments.selectors.teams import SORTS, chosen_teams, get_team_page, team_rows
from assessments.services.rescans import request_rescan

router = Router(tags=["teams"])


class TeamFilters(Schema):
    q: Annotated[Plain, Field(max_length=200, description="A part of the name.")] = ""
    sort: Annotated[str, Field(max_length=20, description="One of name, score, repositories.")] = "name"


@router.get("", url_name="teams", response=Page[TeamOut], summary="List teams", **needs(TokenScope.READ))
def list_teams(request: HttpRequest, filters: Query[TeamFilters], paging: Query[Paged]) -> Any:
    """The teams that you may see."""
    only_known(request, filters, paging)
    one_of("sort", filters.sort.removeprefix("-"), SORTS)
    links = Links(request)
    return page_of(
        Page[TeamOut],
        request,
        chosen_teams(request.user, filters.q.strip(), filters.sort),
        paging,
        lambda found: [team_of(row, links) for row in team_rows(found)],
    )


@router.get(
    "/{slug:slug}", url_name="team", response=TeamDetailOut, summary="One team", **needs(TokenScope.READ)
)
def get_team(request: HttpRequest, slug: str) -> Any:
    """A team's scorecard: stars per area and what to do next, over all of its repositories."""
    only_known(request)
    team = _visible(request, slug)
    return team_detail(team, get_team_page(request.user, team, {}), Links(request))


@router.post(
    "/{slug:slug}/scans", response={202: ScansAskedOut}, summary="Rescan a team", **needs(TokenScope.SCAN)
)
def scan_team(request: HttpRequest, slug: str) -> Any:
    """Asks for scans of the team's repositories; what is being scanned or quarantined already is left out."""
    team = _visible(request, slug)
    if not policy.may_scan(request.user, team):
        raise forbidden("Only leads and members of the team ask for scans.")
    repositories = policy.scannable_repositories(request.user).filter(team=team)
    rescan = request_rescan(
        repositories=repositories, requested_by=request.user, scope=RescanScope.TEAM, team=team
    )
    return Status(202, scans_asked(repositories, Links(request), rescan=rescan))


def _visible(request: HttpRequest, slug: str) -> Team:
    team: Team = get_object_or_404(policy.visible_teams(request.user), slug=slug)
    return team
