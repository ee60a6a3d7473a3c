"""Exports: a person's list, asking for one, cancelling, trying again, downloading."""

from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from assessments import policy
from assessments.choices import ExportFormat, ExportScope
from assessments.models import Export, Team
from assessments.selectors.exports import finished_file, get_export_list, get_export_listing
from assessments.selectors.saved_views import get_view_menu
from assessments.services.export_files import FORMATS
from assessments.services.exports import (
    CONTENT_TYPES,
    cancel_export,
    file_name,
    request_export,
    retry_export,
)
from assessments.views.saved_views import opened
from assessments.views.tables import csv_response, csv_wanted, one_address


@require_safe
@vary_on_headers("HX-Request")
def export_list(request: HttpRequest) -> HttpResponseBase:
    if csv_wanted(request):
        return csv_response(get_export_listing(request.user, request.GET))
    if found := one_address(request) or opened(request, "exports"):
        return found
    views = get_view_menu(request.user, "exports", request.GET)
    page = get_export_list(request.user, request.GET)
    partial = request.htmx and not request.htmx.history_restore_request
    return render(
        request, "exports/_table.html" if partial else "exports/list.html", {"page": page, "views": views}
    )


@require_safe
def export_download(request: HttpRequest, key: UUID) -> FileResponse:
    export = _own(request, key)
    place = finished_file(request.user, export)
    if place is None:
        raise Http404
    return FileResponse(
        place.open("rb"),
        as_attachment=True,
        filename=file_name(export),
        content_type=CONTENT_TYPES[ExportFormat(export.format)],
    )


@require_POST
def export_cancel(request: HttpRequest, key: UUID) -> HttpResponse:
    if cancel_export(export=_own(request, key)):
        messages.success(request, "The export was cancelled.")
    else:
        messages.info(request, "The export had ended already.")
    return redirect("export-list")


@require_POST
def export_retry(request: HttpRequest, key: UUID) -> HttpResponse:
    export = _own(request, key)
    if retry_export(export=export):
        messages.success(request, f"{export} is being made.")
    return redirect("export-list")


@require_POST
def fleet_export(request: HttpRequest) -> HttpResponse:
    return _ask(request, ExportScope.FLEET, None)


@require_POST
def team_export(request: HttpRequest, slug: str) -> HttpResponse:
    team = get_object_or_404(policy.visible_teams(request.user), slug=slug)
    return _ask(request, ExportScope.TEAM, team)


def _ask(request: HttpRequest, scope: ExportScope, team: Team | None) -> HttpResponse:
    wanted = request.POST.get("format", "")
    if wanted not in FORMATS[scope]:
        messages.error(
            request, f"There is no such format for a {scope.label.lower()}. Nothing was asked for."
        )
        return redirect("team-detail", team.slug) if team else redirect("fleet")
    export = request_export(format=ExportFormat(wanted), requested_by=request.user, team=team)
    messages.success(request, f"{export} is being made.")
    return redirect("export-list")


def _own(request: HttpRequest, key: UUID) -> Export:
    return get_object_or_404(
        policy.visible_exports(request.user).select_related("repository", "assessment", "team"), key=key
    )
