"""What the workers do, and have done."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from assessments.selectors.rescans import recent_rescans
from assessments.selectors.saved_views import get_view_menu
from assessments.selectors.scans import get_activity_listing, get_activity_page
from assessments.views.saved_views import opened
from assessments.views.tables import csv_response, csv_wanted, one_address


@require_safe
@vary_on_headers("HX-Request")
def activity(request: HttpRequest) -> HttpResponseBase:
    if csv_wanted(request):
        return csv_response(get_activity_listing(request.user, request.GET))
    if found := one_address(request) or opened(request, "activity"):
        return found
    context = {
        "page": get_activity_page(request.user, request.GET),
        "views": get_view_menu(request.user, "activity", request.GET),
        "rescans": recent_rescans(request.user),
    }
    partial = request.htmx and not request.htmx.history_restore_request
    return render(request, "activity/_table.html" if partial else "activity/index.html", context)
