"""The search: a page that works without script, and the list of the dialog that opens over every page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from assessments.selectors.search import IN_PALETTE, ON_PAGE, get_search_page


@require_safe
@vary_on_headers("HX-Request")
def search(request: HttpRequest) -> HttpResponse:
    partial = request.htmx and not request.htmx.history_restore_request
    page = get_search_page(request.user, request.GET, IN_PALETTE if partial else ON_PAGE)
    response = render(request, "search/_options.html" if partial else "search/index.html", {"page": page})
    response["Cache-Control"] = "no-store"  # whoever signs in next on this machine may see something else
    return response
