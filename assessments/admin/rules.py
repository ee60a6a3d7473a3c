"""Rules: published versions to read, drafts to edit as one YAML document, check and publish."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from assessments.models import RulesetDraft, RulesetVersion
from assessments.services.rulesets import StaleDraft, open_draft, publish_draft, save_draft
from scanners.errors import RulesetError


@admin.register(RulesetVersion)
class RulesetVersionAdmin(admin.ModelAdmin):
    list_display = ["ruleset", "version", "current", "published_at", "published_by"]
    list_filter = ["ruleset", "current"]
    actions = ["start_draft"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description="Start a draft from the current version", permissions=["view"])
    def start_draft(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        draft = open_draft(ruleset=queryset.first().ruleset, actor=request.user)
        return HttpResponseRedirect(reverse("admin:assessments_rulesetdraft_change", args=[draft.pk]))


class DraftForm(forms.ModelForm):
    """The document as text; ``publish_as`` names the version when the draft is published."""

    publish_as = forms.CharField(
        label="Publish as version",
        max_length=40,
        required=False,
        help_text="For example 1.1. Only needed to publish.",
    )
    notes = forms.CharField(
        label="What has changed", required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    revision = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = RulesetDraft
        fields = ["document", "revision", "publish_as", "notes"]
        widgets = {
            "document": forms.Textarea(
                attrs={"rows": 40, "class": "vLargeTextField", "spellcheck": "false", "wrap": "off"}
            )
        }


@admin.register(RulesetDraft)
class RulesetDraftAdmin(admin.ModelAdmin):
    form = DraftForm
    list_display = ["ruleset", "based_on", "edited_at", "edited_by", "problem_count"]
    readonly_fields = ["ruleset", "based_on", "findings"]
    fields = ["ruleset", "based_on", "findings", "document", "revision", "publish_as", "notes"]
    change_form_template = "admin/assessments/rulesetdraft/change_form.html"

    @admin.display(description="Problems")
    def problem_count(self, draft: RulesetDraft) -> int:
        return len(draft.problems)

    @admin.display(description="Findings of the last check")
    def findings(self, draft: RulesetDraft) -> str:
        return "\n".join(draft.problems) if draft.problems else "None: the draft can be published."

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a draft starts from the current version, by the action on versions

    def save_model(self, request: HttpRequest, obj: RulesetDraft, form: Any, change: bool) -> None:
        try:
            saved = save_draft(
                draft=obj,
                document=form.cleaned_data["document"],
                revision=form.cleaned_data["revision"],
                actor=request.user,
            )
        except StaleDraft:
            request.stale_draft = True  # type: ignore[attr-defined]
            messages.error(
                request,
                "Somebody else saved this draft meanwhile. Copy your text, reload, and lay it over theirs."
                " [draft.stale]",
            )
            return
        for problem in saved.problems[:20]:
            messages.warning(request, problem)

    def response_change(self, request: HttpRequest, obj: RulesetDraft) -> HttpResponse:
        if "_publish" not in request.POST or getattr(request, "stale_draft", False):
            return super().response_change(request, obj)
        here = HttpResponseRedirect(reverse("admin:assessments_rulesetdraft_change", args=[obj.pk]))
        version = request.POST.get("publish_as", "").strip()
        if not version:
            messages.error(request, "Name the version to publish as.")
            return here
        try:
            obj.refresh_from_db()
            published = publish_draft(
                draft=obj, version=version, actor=request.user, notes=request.POST.get("notes", "")
            )
        except RulesetError as error:
            for problem in error.problems[:20] or (error.message,):
                messages.error(request, problem)
            return here
        messages.success(request, f"{published} is published. Every repository is judged by it now.")
        return HttpResponseRedirect(reverse("admin:assessments_rulesetversion_changelist"))
