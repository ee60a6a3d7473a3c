"""Previews of a draft ruleset: asking for one, how far it is, what it found. For those who edit rules; nobody else."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments import policy
from assessments.models import RulesetDraft, RulesetPreview, Team
from assessments.selectors.previews import get_preview_list, get_preview_listing, get_preview_page
from assessments.services.previews import InvalidDraftError, cancel_preview, request_preview
from assessments.team_fields import offer_teams
from assessments.views.tables import csv_response, csv_wanted


class DraftChoice(forms.ModelChoiceField):
    """Drafts by name, with the revision that would be previewed."""

    def label_from_instance(self, obj: RulesetDraft) -> str:
        return f"{obj}, revision {obj.revision}"


class PreviewForm(forms.Form):
    draft = DraftChoice(queryset=RulesetDraft.objects.none(), empty_label=None)
    team = forms.ModelChoiceField(
        queryset=Team.objects.none(),
        required=False,
        empty_label="All teams",
        help_text="Empty for all teams.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def preview_list(request: HttpRequest) -> HttpResponse:
    if not policy.may_edit_rules(request.user):
        raise Http404
    form = PreviewForm(request.POST or None, initial={"draft": request.GET.get("draft", "")[:20]})
    drafts = policy.visible_drafts(request.user).select_related("based_on")
    form.fields["draft"].queryset = drafts.defer("document", "based_on__document")  # type: ignore[attr-defined]
    offer_teams(form, "team", policy.visible_teams(request.user))
    problems: tuple[str, ...] = ()
    if request.method == "POST" and form.is_valid():
        draft, team = form.cleaned_data["draft"], form.cleaned_data["team"]
        try:
            preview = request_preview(draft=draft, team=team, requested_by=request.user)
        except InvalidDraftError as error:
            form.add_error("draft", f"{error.message} [{error.id}]")
            problems = error.problems
        else:
            return redirect("preview-detail", preview.key)
    page = get_preview_list(request.user)
    return render(
        request,
        "previews/list.html",
        {"page": page, "form": form, "problems": problems},
        status=422 if form.errors else 200,
    )


@require_safe
def preview_detail(request: HttpRequest, key: UUID) -> HttpResponseBase:
    preview = _visible(request, key)
    if csv_wanted(request):
        return csv_response(get_preview_listing(preview, request.GET.get("table", "")))
    return render(request, "previews/detail.html", {"page": get_preview_page(preview)})


@require_safe
def preview_progress(request: HttpRequest, key: UUID) -> HttpResponse:
    """The progress alone for htmx, which then fetches the whole page once it is over."""
    preview = _visible(request, key)
    if not request.htmx:
        return redirect("preview-detail", key)
    page = get_preview_page(preview)
    response = render(request, "previews/_progress.html", {"page": page})
    if not page.running:
        response["HX-Refresh"] = "true"
    response["Cache-Control"] = "no-store"
    return response


@require_POST
def preview_cancel(request: HttpRequest, key: UUID) -> HttpResponse:
    if cancel_preview(preview=_visible(request, key)):
        messages.success(request, "The preview was cancelled.")
    else:
        messages.info(request, "The preview had ended already.")
    return redirect("preview-detail", key)


def _visible(request: HttpRequest, key: UUID) -> RulesetPreview:
    previews = policy.visible_previews(request.user).select_related("draft", "team", "requested_by")
    return get_object_or_404(previews.defer("draft__document"), key=key)
