"""Repositories: list, add, one, rescan and its progress, export."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments import policy
from assessments.choices import ExportFormat, ExportScope, ScanReason
from assessments.forms import RepositoryForm
from assessments.models import Repository
from assessments.selectors.repositories import (
    get_repository_list,
    get_repository_listing,
    get_repository_page,
    get_trend_listing,
)
from assessments.selectors.saved_views import get_view_menu
from assessments.selectors.scans import latest_scan, progress_of
from assessments.services.export_files import FORMATS
from assessments.services.exports import request_export
from assessments.services.repositories import ensure_team, register_repository
from assessments.services.rulesets import DEFAULT
from assessments.services.scans import request_scan
from assessments.views.saved_views import opened
from assessments.views.tables import csv_response, csv_wanted, one_address
from scanners.errors import ScanError


@require_safe
def repository_list(request: HttpRequest) -> HttpResponseBase:
    if csv_wanted(request):
        return csv_response(get_repository_listing(request.user, request.GET))
    if found := one_address(request) or opened(request, "repositories"):
        return found
    views = get_view_menu(request.user, "repositories", request.GET)
    page = get_repository_list(request.user, request.GET)
    partial = request.htmx and not request.htmx.history_restore_request
    response = render(
        request,
        "repositories/_table.html" if partial else "repositories/list.html",
        {"page": page, "views": views},
    )
    response["Vary"] = "HX-Request"
    if partial:  # the form sends its empty fields too; the address holds what was asked for
        response["HX-Push-Url"] = views.address
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def repository_create(request: HttpRequest) -> HttpResponse:
    if not policy.may_add_repositories(request.user):
        raise PermissionDenied
    allow_local = settings.ENVIRONMENT.allow_local_sources
    form = RepositoryForm(request.POST or None, user=request.user, allow_local=allow_local)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            with transaction.atomic():  # no new team where the repository is refused
                repository, _ = register_repository(
                    source=data["source"],
                    team=data["team"] or ensure_team(data["new_team"].strip()),
                    actor=request.user,
                    root=data["root"],
                    name=data["name"],
                    allow_local=allow_local,
                )
        except ScanError as error:
            form.add_error("source", f"{error.message} {error.hint}".strip())
        else:
            return redirect("repository-detail", repository.slug)
    return render(request, "repositories/form.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
def repository_detail(request: HttpRequest, slug: str) -> HttpResponseBase:
    repository = _visible(request, slug)
    ruleset, by_today = request.GET.get("ruleset", DEFAULT), request.GET.get("rules") == "today"
    if csv_wanted(request):
        return csv_response(get_trend_listing(repository, ruleset, by_today=by_today))
    page = get_repository_page(request.user, repository, ruleset, by_today=by_today, query=request.GET)
    return render(request, "repositories/detail.html", {"page": page})


@require_POST
def repository_scan(request: HttpRequest, slug: str) -> HttpResponse:
    repository = _visible(request, slug)
    if not policy.may_scan(request.user, repository.team):
        raise PermissionDenied
    if (
        repository.quarantined_at is None and repository.archived_at is None
    ):  # or it would fail at once, and hide why it is quarantined
        request_scan(repository=repository, reason=ScanReason.REQUEST, requested_by=request.user)
    return redirect("repository-detail", slug)


@require_safe
def repository_progress(request: HttpRequest, slug: str) -> HttpResponse:
    """The progress alone; once the scan has ended, the whole page is fetched anew."""
    repository = _visible(request, slug)
    scan = latest_scan(repository)
    progress = progress_of(scan, can_cancel=policy.may_scan(request.user, repository.team)) if scan else None
    context = {"scan": progress, "progress_url": request.path}
    response = render(request, "repositories/_scan.html", context)
    if request.htmx and not (progress and progress.running):
        response["HX-Refresh"] = "true"
    response["Cache-Control"] = "no-store"
    return response


@require_POST
def repository_export(request: HttpRequest, slug: str) -> HttpResponse:
    repository = _visible(request, slug)
    assessment = repository.current
    if assessment is None:
        messages.error(request, "There is nothing to export yet: the repository has not been judged.")
        return redirect("repository-detail", slug)
    wanted = request.POST.get("format", ExportFormat.PDF)
    known = wanted in FORMATS[ExportScope.REPOSITORY]
    format = ExportFormat(wanted) if known else ExportFormat.PDF
    request_export(repository=repository, assessment=assessment, format=format, requested_by=request.user)
    messages.success(request, f"The {format.label} is being made.")
    return redirect("export-list")


def _visible(request: HttpRequest, slug: str) -> Repository:
    visible = policy.kept_repositories(request.user).select_related(
        "mirror", "team", "owner", "current__ruleset"
    )
    return get_object_or_404(visible.defer("current__ruleset__document"), slug=slug)
