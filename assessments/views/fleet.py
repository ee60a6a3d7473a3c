"""The start page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from assessments.selectors.components import get_components_page
from assessments.selectors.fleet import get_fleet_page


@require_safe
def fleet(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/index.html", {"page": get_fleet_page(request.user)})


@require_safe
def components(request: HttpRequest) -> HttpResponse:
    """The living page of all components."""
    return render(request, "components/index.html", {"page": get_components_page()})
