"""The standard and its items."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from assessments.selectors.standard import get_item_page, get_standard_page


@require_safe
def standard(request: HttpRequest) -> HttpResponse:
    return render(request, "standard/index.html", {"page": get_standard_page(request.user)})


@require_safe
def standard_item(request: HttpRequest, item: str) -> HttpResponse:
    page = get_item_page(request.user, item, request.GET)
    if page is None:
        raise Http404
    return render(request, "standard/item.html", {"page": page})
