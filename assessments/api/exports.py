"""Exports: asking for a file, how far it is, fetching it, calling it off."""

from typing import Any
from uuid import UUID

from django.http import FileResponse, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Schema, Status

from assessments import policy
from assessments.api.errors import Refused, forbidden
from assessments.api.gate import needs
from assessments.api.links import Links
from assessments.api.paging import Page, Paged, only_known, page_of
from assessments.api.work import ExportOut, export_of
from assessments.choices import ExportFormat, TokenScope
from assessments.models import Export
from assessments.selectors.exports import export_row, finished_file
from assessments.services.exports import CONTENT_TYPES, cancel_export, file_name, request_export

router = Router(tags=["exports"])
READ, EXPORT = TokenScope.READ, TokenScope.EXPORT


class NewExport(Schema):
    """A repository has every format but zip; a team pdf, xlsx, csv and zip; the fleet xlsx, csv and zip."""

    format: ExportFormat


@router.get(
    "/exports", url_name="exports", response=Page[ExportOut], summary="List exports", **needs(READ, EXPORT)
)
def list_exports(request: HttpRequest, paging: Query[Paged]) -> Any:
    """Your own exports, the latest first."""
    only_known(request, paging)
    links, now = Links(request), timezone.now()
    rows = policy.visible_exports(request.user).select_related("repository", "team")
    return page_of(
        Page[ExportOut],
        request,
        rows,
        paging,
        lambda shown: [export_of(export_row(one, now), links) for one in shown],
    )


@router.get(
    "/exports/{uuid:key}", url_name="export", response=ExportOut, summary="One export", **needs(READ, EXPORT)
)
def get_export(request: HttpRequest, key: UUID) -> Any:
    """How far the export is; `file_url` is there once its file is."""
    only_known(request)
    return _shown(request, _own(request, key))


@router.get(
    "/exports/{uuid:key}/file",
    url_name="export-file",
    summary="Fetch the file",
    **needs(READ, EXPORT),
)
def get_file(request: HttpRequest, key: UUID) -> Any:
    """The finished file."""
    only_known(request)
    export = _own(request, key)
    place = finished_file(request.user, export)
    if place is None:
        raise Refused("export.not-ready", "The file is not there.", status=409)
    return FileResponse(
        place.open("rb"),
        as_attachment=True,
        filename=file_name(export),
        content_type=CONTENT_TYPES[ExportFormat(export.format)],
    )


@router.post("/exports/{uuid:key}/cancel", response=ExportOut, summary="Cancel an export", **needs(EXPORT))
def cancel(request: HttpRequest, key: UUID) -> Any:
    """Calls the export off; its job stops within a second."""
    export = _own(request, key)
    if not cancel_export(export=export):
        raise Refused("export.ended", "The export had ended already.", status=409)
    export.refresh_from_db()
    return _shown(request, export)


@router.post(
    "/repositories/{slug:slug}/exports",
    response={202: ExportOut},
    summary="Export a repository",
    **needs(EXPORT),
)
def export_repository(request: HttpRequest, slug: str, body: NewExport) -> Any:
    """Asks for a file of the current assessment. The same one that is still being made is given instead of a second."""
    visible = policy.kept_repositories(request.user).select_related("current")
    repository = get_object_or_404(visible, slug=slug)
    if repository.current is None:
        raise Refused("repository.not-judged", f"{repository.name} has not been judged yet.", status=409)
    return _asked(request, body, repository=repository, assessment=repository.current)


@router.post(
    "/teams/{slug:slug}/exports", response={202: ExportOut}, summary="Export a team", **needs(EXPORT)
)
def export_team(request: HttpRequest, slug: str, body: NewExport) -> Any:
    """Asks for a file of the team's repositories."""
    return _asked(request, body, team=get_object_or_404(policy.visible_teams(request.user), slug=slug))


@router.post("/fleet/exports", response={202: ExportOut}, summary="Export the fleet", **needs(EXPORT))
def export_fleet(request: HttpRequest, body: NewExport) -> Any:
    """Asks for a file of all repositories that you may see."""
    if policy.bound_teams(request.user) is not None:
        raise forbidden("A token that is bound to teams exports these teams only.")
    return _asked(request, body)


def _asked(request: HttpRequest, body: NewExport, **of: Any) -> Status[ExportOut]:
    export = request_export(format=body.format, requested_by=request.user, **of)
    return Status(202, _shown(request, export))


def _shown(request: HttpRequest, export: Export) -> ExportOut:
    return export_of(export_row(export, timezone.now()), Links(request))


def _own(request: HttpRequest, key: UUID) -> Export:
    own = policy.visible_exports(request.user).select_related("repository", "assessment", "team")
    export: Export = get_object_or_404(own, key=key)
    return export
