"""What the workers do, and have done."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from assessments.selectors.rescans import recent_rescans
from assessments.selectors.scans import get_activity_page


@require_safe
@vary_on_headers("HX-Request")
def activity(request: HttpRequest) -> HttpResponse:
    context = {
        "page": get_activity_page(request.user, request.GET),
        "rescans": recent_rescans(request.user),
    }
    partial = request.htmx and not request.htmx.history_restore_request
    return render(request, "activity/_table.html" if partial else "activity/index.html", context)
