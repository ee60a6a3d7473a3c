"""Repositories: the list, one, its assessment, its history, adding one, and asking for its scan."""

from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.cache import get_conditional_response
from ninja import Query, Router, Schema, Status
from pydantic import BaseModel, Field

from assessments import policy
from assessments.api.assessment import AssessmentOut
from assessments.api.errors import Refused, forbidden, invalid
from assessments.api.gate import needs
from assessments.api.links import Links
from assessments.api.paging import Page, Paged, Plain, one_of, only_known, page_of
from assessments.api.payloads import (
    PointOut,
    RepositoryDetailOut,
    RepositoryOut,
    point,
    repository_detail,
    repository_fields,
)
from assessments.api.work import ScansAskedOut, scans_asked
from assessments.choices import ScanReason, TokenScope
from assessments.forge import forge_of
from assessments.models import Assessment, Repository, ScanRequest, Team
from assessments.reports.json import render_json
from assessments.selectors.histories import assessment_rows, assessments_of
from assessments.selectors.reports import report_of_assessment
from assessments.selectors.repositories import SORTS, Filters, active_states, chosen_repositories
from assessments.services.repositories import ensure_team, register_repository
from assessments.services.rulesets import DEFAULT, built, current_version
from assessments.services.scans import request_scan
from scanners.errors import ScanError

router = Router(tags=["repositories"])
READ, SCAN, ADMIN = TokenScope.READ, TokenScope.SCAN, TokenScope.ADMIN


class RepositoryFilters(Schema):
    """As on the page of repositories."""

    q: Annotated[Plain, Field(max_length=200, description="A part of the name or the address.")] = ""
    team: Annotated[Plain, Field(max_length=100, description="The slug of a team.")] = ""
    grade: Annotated[str, Field(max_length=2, description="A letter; `-` for those without a grade.")] = ""
    area: Annotated[str, Field(max_length=60, description="The id of an area whose stars to give.")] = ""
    tag: Annotated[Plain, Field(max_length=40, description="One of its tags.")] = ""
    archived: Annotated[bool, Field(description="Those that are archived, and no others.")] = False
    sort: Annotated[
        str,
        Field(
            max_length=20,
            description="One of name, grade, score, team, judged, change; stars with an area. A minus before it turns "
            "the order round.",
        ),
    ] = ""


@router.get(
    "", url_name="repositories", response=Page[RepositoryOut], summary="List repositories", **needs(READ)
)
def list_repositories(request: HttpRequest, filters: Query[RepositoryFilters], paging: Query[Paged]) -> Any:
    """The repositories that you may see and the filters ask for."""
    only_known(request, filters, paging)
    links = Links(request)

    def shape(found: list[Repository]) -> list[RepositoryOut]:
        running = active_states(found)
        return [RepositoryOut(**repository_fields(one, links, running, filters.area)) for one in found]

    chosen = chosen_repositories(request.user, _checked(filters)).select_related("team", "mirror")
    if filters.area:
        chosen = chosen.select_related("team", "mirror", "current")
    return page_of(Page[RepositoryOut], request, chosen, paging, shape)


def _checked(filters: RepositoryFilters) -> Filters:
    _, standard = built(current_version())
    if filters.area:
        one_of("area", filters.area, [area.id for area in standard.areas])
    if filters.grade:
        one_of("grade", filters.grade, ["-", *(band.letter for band in standard.scale)])
    sort = filters.sort or ("stars" if filters.area else "name")
    one_of("sort", sort.removeprefix("-"), [*SORTS, *(["stars"] if filters.area else [])])
    return Filters(
        filters.q.strip(), filters.team, filters.grade, filters.area, sort, filters.tag, filters.archived
    )


class NewRepository(Schema):
    """An address over https or ssh, without password or token, and the team that owns it: one that is there by its
    slug, or a new one by its name."""

    source: Annotated[Plain, Field(min_length=1, max_length=2000)]
    team: Annotated[Plain, Field(max_length=100)] = ""
    new_team: Annotated[Plain, Field(max_length=300)] = ""
    root: Annotated[Plain, Field(max_length=1000, description="A folder, for a part of a repository.")] = ""
    name: Annotated[Plain, Field(max_length=300, description="Left out, the address tells.")] = ""


class RegisteredOut(BaseModel):
    """The repository, and the scan that finds out whether its address answers."""

    repository: RepositoryOut
    asked: ScansAskedOut


@router.post("", response={202: RegisteredOut}, summary="Add a repository", **needs(ADMIN))
def add_repository(request: HttpRequest, body: NewRepository) -> Any:
    """Adds a repository and asks for its first scan. One that is known already is scanned again, and stays where it
    is. For administrators."""
    if not policy.may_add_repositories(request.user):
        raise forbidden("Only administrators add repositories.")
    began = timezone.now()
    with transaction.atomic():  # no new team where the repository is refused
        repository, scan = register_repository(
            source=body.source,
            team=_team(request, body),
            actor=request.user,
            root=body.root,
            name=body.name,
            allow_local=settings.ENVIRONMENT.allow_local_sources,
        )
    links = Links(request)
    only = Repository.objects.filter(pk=repository.pk).select_related("team", "mirror")
    shown = only.get()
    fields = repository_fields(shown, links, {shown.pk: scan.state}, "")
    asked = scans_asked(only, links, new=_is_new(scan, request, began))
    return Status(202, RegisteredOut(repository=RepositoryOut(**fields), asked=asked))


def _is_new(scan: ScanRequest, request: HttpRequest, began: datetime) -> int:
    """1 for a scan that this request made, 0 for one that was there."""
    return int(scan.requested_at >= began and scan.requested_by_id == request.user.pk)


def _team(request: HttpRequest, body: NewRepository) -> Team:
    if bool(body.team) == bool(body.new_team.strip()):
        raise invalid("Name either a team or a new_team.")
    if body.new_team:
        return ensure_team(body.new_team.strip())
    team = policy.visible_teams(request.user).filter(slug=body.team).first()
    if team is None:
        raise invalid("team: there is none with this slug.")
    return team


@router.get(
    "/{slug:slug}",
    url_name="repository",
    response=RepositoryDetailOut,
    summary="One repository",
    **needs(READ),
)
def get_repository(request: HttpRequest, slug: str) -> Any:
    """One repository with its stars per area, profile and schedule."""
    only_known(request)
    repository = _visible(request, slug)
    titles = {area.id: area.title for area in built(current_version())[1].areas}
    return repository_detail(repository, Links(request), active_states([repository]), titles)


class AssessmentFilters(Schema):
    ruleset: Annotated[
        str, Field(max_length=60, description="The id of a pack that the team has switched on.")
    ] = DEFAULT


@router.get(
    "/{slug:slug}/assessment",
    url_name="assessment",
    response=AssessmentOut,
    by_alias=True,
    summary="The current assessment",
    **needs(READ),
)
def get_assessment(request: HttpRequest, slug: str, filters: Query[AssessmentFilters]) -> Any:
    """The assessment that stands, as `plumbline assess --format json` prints it. With `If-None-Match` and the `ETag` of
    the last answer it is sent again only where something in it has changed (304 otherwise)."""
    only_known(request, filters)
    repository = _visible(request, slug)
    assessment = _standing(repository, filters.ruleset)
    if assessment is None:
        raise Refused(
            "repository.not-judged", f"{repository.name} has no assessment by this ruleset.", status=404
        )
    text = render_json(report_of_assessment(repository, assessment))
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["Cache-Control"] = "private, no-cache"
    response["ETag"] = etag = _etag(response.content)
    return get_conditional_response(request, etag=etag, response=response)


def _etag(content: bytes) -> str:
    """Of the whole answer: checklist, plan and guidance are in it too, and any of them may change."""
    return f'"{sha256(content).hexdigest()[:32]}"'


def _standing(repository: Repository, ruleset: str) -> Assessment | None:
    if ruleset == DEFAULT:
        return repository.current
    rows = repository.standings.filter(ruleset=ruleset, ruleset__in=repository.team.packs)
    standing = rows.select_related("assessment__ruleset").defer("assessment__ruleset__document").first()
    return standing.assessment if standing else None


@router.get(
    "/{slug:slug}/history",
    url_name="history",
    response=Page[PointOut],
    summary="The points of the trend",
    **needs(READ),
)
def list_history(request: HttpRequest, slug: str, paging: Query[Paged]) -> Any:
    """Every assessment by the standard, the latest first; backfilled ones stand where their commits do."""
    only_known(request, paging)
    repository = _visible(request, slug)
    forge = forge_of(repository.mirror.url)
    return page_of(
        Page[PointOut],
        request,
        assessments_of(repository),
        paging,
        lambda rows: [point(row) for row in assessment_rows(repository, rows, forge)],
    )


@router.post(
    "/{slug:slug}/scans", response={202: ScansAskedOut}, summary="Rescan a repository", **needs(SCAN)
)
def scan_repository(request: HttpRequest, slug: str) -> Any:
    """Asks for a scan, which goes ahead of the schedule. While one waits or runs, that one is given."""
    repository = _visible(request, slug)
    if not policy.may_scan(request.user, repository.team):
        raise forbidden("Only leads and members of the team ask for scans.")
    if repository.archived_at is not None:
        raise ScanError("repository.archived", f"{repository.name} is archived.")
    if repository.quarantined_at is not None:
        raise ScanError(
            "scan.quarantined", f"{repository.name} is quarantined: {repository.quarantine_reason}"
        )
    only = Repository.objects.filter(pk=repository.pk)
    began = timezone.now()
    scan = request_scan(repository=repository, reason=ScanReason.REQUEST, requested_by=request.user)
    return Status(202, scans_asked(only, Links(request), new=_is_new(scan, request, began)))


def _visible(request: HttpRequest, slug: str) -> Repository:
    visible: QuerySet[Repository] = policy.kept_repositories(request.user)
    joined = visible.select_related("mirror", "team", "current__ruleset").defer("current__ruleset__document")
    repository: Repository = get_object_or_404(joined, slug=slug)
    return repository
