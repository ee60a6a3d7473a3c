"""The start page."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from assessments.selectors.components import THEMES, get_components_page
from assessments.selectors.fleet import get_fleet_page, get_fleet_tables
from assessments.views.tables import csv_response, csv_wanted


@require_safe
def fleet(request: HttpRequest) -> HttpResponseBase:
    if csv_wanted(request):
        return csv_response(get_fleet_tables(request.user, request.GET))
    return render(request, "dashboard/index.html", {"page": get_fleet_page(request.user)})


@require_safe
def components(request: HttpRequest) -> HttpResponse:
    """The living page of all components."""
    return render(request, "components/index.html", {"page": get_components_page(), "themes": THEMES})
