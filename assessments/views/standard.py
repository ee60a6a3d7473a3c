"""The standard and its items."""

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from assessments.selectors.saved_views import get_view_menu
from assessments.selectors.standard import (
    get_item_listing,
    get_item_page,
    get_standard_listing,
    get_standard_page,
)
from assessments.views.saved_views import opened
from assessments.views.tables import csv_response, csv_wanted, one_address


@require_safe
def standard(request: HttpRequest) -> HttpResponseBase:
    if csv_wanted(request):
        return csv_response(get_standard_listing(request.user, request.GET))
    if found := one_address(request) or opened(request, "standard"):
        return found
    views = get_view_menu(request.user, "standard", request.GET)
    return render(
        request, "standard/index.html", {"page": get_standard_page(request.user, request.GET), "views": views}
    )


@require_safe
def standard_item(request: HttpRequest, item: str) -> HttpResponseBase:
    if csv_wanted(request):
        listing = get_item_listing(request.user, item, request.GET)
        if listing is None:
            raise Http404
        return csv_response(listing)
    if found := one_address(request):
        return found
    page = get_item_page(request.user, item, request.GET)
    if page is None:
        raise Http404
    return render(request, "standard/item.html", {"page": page})
