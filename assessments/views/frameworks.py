"""Public frameworks: which control is met, by which items, in which repositories; and their exports."""

import json
import tempfile
from collections.abc import Callable, Iterator

from django.http import FileResponse, Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from assessments.frameworks import Framework
from assessments.reports.csv import BYTE_ORDER_MARK, csv_line
from assessments.selectors.filters import text
from assessments.selectors.frameworks import (
    export_rows,
    framework_called,
    get_control_listing,
    get_control_page,
    get_controls_listing,
    get_framework_list,
    get_framework_page,
    get_framework_tables,
)
from assessments.views.tables import csv_response, csv_wanted

COLUMNS = ("Repository", "Team", "Control", "Title", "Status", "Served by", "Lacking")
WIDTHS = (34, 24, 20, 50, 16, 60, 60)


@require_safe
def framework_list(request: HttpRequest) -> HttpResponseBase:
    if csv_wanted(request):
        return csv_response(get_framework_tables())
    return render(request, "frameworks/list.html", {"page": get_framework_list()})


@require_safe
def framework_detail(request: HttpRequest, slug: str) -> HttpResponseBase:
    framework = _called(slug)
    if csv_wanted(request):
        return csv_response(get_controls_listing(request.user, framework, request.GET))
    page = get_framework_page(request.user, framework, request.GET)
    return render(request, "frameworks/detail.html", {"page": page})


@require_safe
def framework_control(request: HttpRequest, slug: str, control: str) -> HttpResponseBase:
    framework = _called(slug)
    found = next((one for one in framework.controls if one.id == control), None)
    if found is None:
        raise Http404
    if csv_wanted(request):
        return csv_response(get_control_listing(request.user, framework, found, request.GET))
    page = get_control_page(request.user, framework, found, request.GET)
    return render(request, "frameworks/control.html", {"page": page})


@require_safe
def framework_export(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The file at once: it is one pass over verdicts that are at hand, with nothing to wait for."""
    framework = _called(slug)
    rows = export_rows(request.user, framework, text(request.GET, "team", 100))
    wanted = request.GET.get("format", "csv")
    make = _MAKERS.get(wanted)
    if make is None:
        raise Http404
    response = make(framework, rows)
    response["Content-Disposition"] = f'attachment; filename="{framework.slug}.{wanted}"'
    return response


def _csv(framework: Framework, rows: Iterator[tuple[str, ...]]) -> HttpResponseBase:
    def lines() -> Iterator[str]:
        yield BYTE_ORDER_MARK + csv_line(COLUMNS)
        yield from map(csv_line, rows)

    return StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")


def _json(framework: Framework, rows: Iterator[tuple[str, ...]]) -> HttpResponseBase:
    names = [name.lower().replace(" ", "_") for name in COLUMNS]

    def parts() -> Iterator[str]:
        head = {"framework": framework.title, "version": framework.version, "url": framework.url}
        yield json.dumps(head)[:-1] + ', "rows": ['
        for number, row in enumerate(rows):
            yield (",\n" if number else "\n") + json.dumps(
                dict(zip(names, row, strict=True)), ensure_ascii=False
            )
        yield "\n]}\n"

    return StreamingHttpResponse(parts(), content_type="application/json")


def _xlsx(framework: Framework, rows: Iterator[tuple[str, ...]]) -> HttpResponseBase:
    from assessments.reports.xlsx import write_table

    file = tempfile.TemporaryFile()  # noqa: SIM115  # the response closes it
    write_table(file, framework.title, COLUMNS, WIDTHS, rows)
    file.seek(0)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return FileResponse(file, content_type=kind)


_MAKERS: dict[str, Callable[[Framework, Iterator[tuple[str, ...]]], HttpResponseBase]] = {
    "csv": _csv,
    "json": _json,
    "xlsx": _xlsx,
}


def _called(slug: str) -> Framework:
    framework = framework_called(slug)
    if framework is None:
        raise Http404
    return framework
