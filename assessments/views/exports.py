"""A person's exports."""

from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from assessments import policy
from assessments.choices import ExportFormat, ExportState
from assessments.selectors.exports import get_export_list
from assessments.services.exports import CONTENT_TYPES, file_name


@require_safe
@vary_on_headers("HX-Request")
def export_list(request: HttpRequest) -> HttpResponse:
    page = get_export_list(request.user)
    partial = request.htmx and not request.htmx.history_restore_request
    return render(request, "exports/_table.html" if partial else "exports/list.html", {"page": page})


@require_safe
def export_download(request: HttpRequest, key: UUID) -> FileResponse:
    done = policy.visible_exports(request.user).filter(state=ExportState.DONE)
    export = get_object_or_404(done.select_related("repository", "assessment"), key=key)
    place = Path(settings.EXPORTS_DIR) / export.file
    if not place.is_file():
        raise Http404
    return FileResponse(
        place.open("rb"),
        as_attachment=True,
        filename=file_name(export),
        content_type=CONTENT_TYPES[ExportFormat(export.format)],
    )
