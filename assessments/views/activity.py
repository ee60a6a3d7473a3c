"""What the workers do, and have done."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from assessments.selectors.scans import get_activity_page


@require_safe
def activity(request: HttpRequest) -> HttpResponse:
    page = get_activity_page(request.user, request.GET)
    return render(request, "activity/_table.html" if request.htmx else "activity/index.html", {"page": page})
