"""Saved views: opening one, keeping what a list shows, renaming, deleting with a way back, the list's first view."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments import policy
from assessments.addresses import LISTS, MAX_QUERY, canonical, parts_of
from assessments.failures import FAILURES
from assessments.models import SavedView
from assessments.selectors.saved_views import (
    address_of,
    default_view,
    get_view_list,
    get_views_listing,
    words_of_query,
)
from assessments.services import saved_views
from assessments.services.saved_views import ViewError
from assessments.services.undo import offer
from assessments.view_forms import NameForm, ViewForm
from assessments.views.tables import csv_response, csv_wanted


def opened(request: HttpRequest, list: str) -> HttpResponseRedirect | None:
    """To the view that the person's list opens with, where its address asks for nothing; else None."""
    if request.GET or request.htmx:
        return None
    view = default_view(request.user, list)
    return _to(request, view) if view else None


@require_safe
def view_list(request: HttpRequest) -> HttpResponseBase:
    if csv_wanted(request):
        return csv_response(get_views_listing(request.user))
    return render(request, "views/index.html", {"page": get_view_list(request.user)})


@require_safe
def view_open(request: HttpRequest, pk: int) -> HttpResponse:
    return _to(request, _visible(request, pk))


@require_http_methods(["GET", "HEAD", "POST"])
def view_create(request: HttpRequest) -> HttpResponse:
    asked = request.POST if request.method == "POST" else request.GET
    one = LISTS.get(asked.get("list", ""))
    if one is None:
        raise Http404
    query = canonical(one, parts_of(asked.get("query", "")[:MAX_QUERY]))
    form = ViewForm(request.POST if request.method == "POST" else None, user=request.user)
    if form.is_valid():
        data = form.cleaned_data
        try:
            view = saved_views.save_view(
                owner=request.user, list=one.id, name=data["name"], query=query, team=data["team"]
            )
        except ViewError as error:
            form.add_error("name", f"{error.message} {error.hint} [{error.id}]")
        else:
            if data["default"]:
                saved_views.set_default(user=request.user, view=view)
            messages.success(request, f"The view “{view.name}” is kept.")
            return _to(request, view)
    context = {
        "form": form,
        "list": one,
        "query": query,
        "asks": words_of_query(one, query),
        "back_url": f"{reverse(one.route)}?{query or 'view=none'}",
    }
    return render(request, "views/form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def view_edit(request: HttpRequest, pk: int) -> HttpResponse:
    view = _changeable(request, pk)
    form = NameForm(request.POST if request.method == "POST" else None, initial={"name": view.name})
    if form.is_valid():
        try:
            saved_views.rename_view(view=view, name=form.cleaned_data["name"])
        except ViewError as error:
            form.add_error("name", f"{error.message} {error.hint} [{error.id}]")
        else:
            messages.success(request, f"The view is called “{form.cleaned_data['name']}” now.")
            return redirect("view-list")
    context = {
        "form": form,
        "view": view,
        "asks": words_of_query(LISTS[view.list], view.query),
        "back_url": reverse("view-list"),
    }
    return render(request, "views/form.html", context, status=422 if form.errors else 200)


@require_POST
def view_delete(request: HttpRequest, pk: int) -> HttpResponse:
    view = _changeable(request, pk, deleted=None)
    saved_views.delete_view(view=view)
    note = offer(user=request.user, action="view.deleted", given={"view": view.pk}, back=reverse("view-list"))
    messages.success(request, f"The view “{view.name}” is deleted.", extra_tags=f"undo:{note}")
    return redirect("view-list")


@require_POST
def view_default(request: HttpRequest, pk: int) -> HttpResponse:
    """Makes the view the one that its list opens with, or, with ``off``, no longer."""
    view = _visible(request, pk)
    title = LISTS[view.list].title
    if "off" in request.POST:
        saved_views.clear_default(user=request.user, list=view.list)
        messages.success(request, f"{title} opens with all rows for you.")
    else:
        saved_views.set_default(user=request.user, view=view)
        messages.success(request, f"{title} opens with “{view.name}” for you.")
    return redirect("view-list")


def _to(request: HttpRequest, view: SavedView) -> HttpResponseRedirect:
    """To the address of the view; what of it is not known any more is said in one message."""
    address, lost = address_of(request.user, view)
    if lost:
        failure = FAILURES["view.outdated"]
        said = f"The view “{view.name}” asks for what is not there any more: {'; '.join(lost[:5])}. "
        messages.warning(request, f"{said}{failure.todo} [{failure.id}]")
    return HttpResponseRedirect(address)


def _visible(request: HttpRequest, pk: int) -> SavedView:
    return get_object_or_404(policy.visible_views(request.user).filter(list__in=[*LISTS]), pk=pk)


def _changeable(request: HttpRequest, pk: int, *, deleted: bool | None = False) -> SavedView:
    views = policy.visible_views(request.user, deleted=deleted).filter(list__in=[*LISTS])
    view = get_object_or_404(views.select_related("team", "owner"), pk=pk)
    if not policy.may_change_view(request.user, view):
        raise PermissionDenied
    return view
