"""Rescans of many: how far one is, and calling all of it off."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from assessments import policy
from assessments.selectors.rescans import get_rescan
from assessments.services.finished import url_of
from assessments.services.rescans import cancel_rescan


@require_safe
def rescan_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The progress alone for htmx, and the whole page anew once it is over; without htmx, the page where the rescan was
    asked for shows it."""
    rescan = get_rescan(request.user, pk)
    if rescan is None:
        raise Http404
    if not request.htmx:
        return redirect(rescan.url)
    response = render(request, "rescans/_one.html", {"rescan": rescan})
    if not rescan.running:
        response["HX-Refresh"] = "true"
    response["Cache-Control"] = "no-store"
    return response


@require_POST
def rescan_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    rescan = get_object_or_404(policy.visible_rescans(request.user).select_related("team"), pk=pk)
    if not policy.may_cancel_rescan(request.user, rescan):
        raise PermissionDenied
    count = cancel_rescan(rescan=rescan, actor=request.user)
    if count:
        messages.success(request, f"{count} scan{' is' if count == 1 else 's are'} cancelled.")
    else:
        messages.info(request, "The rescan had ended already.")
    return redirect("activity" if request.POST.get("back") == "activity" else url_of(rescan))
