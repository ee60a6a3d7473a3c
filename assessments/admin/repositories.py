"""Teams, their members and repositories."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from assessments.models import Membership, Repository, ScanRequest, Team
from assessments.services.repositories import change_repository
from assessments.services.rulesets import DEFAULT
from scanners.profile import FIELDS, KINDS
from scanners.rules import SHIPPED


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ["user"]


class TeamForm(forms.ModelForm):
    """A team's name, and the ruleset packs it is graded by beside the standard."""

    packs = forms.MultipleChoiceField(
        choices=[(name, name) for name in SHIPPED if name != DEFAULT],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Graded apart; the standard's grade stays as it is. Takes effect with the next scan.",
    )


@admin.register(Team)
class TeamAdmin(admin.ModelAdmin):
    form = TeamForm
    list_display = ["name", "slug"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [MembershipInline]


class RepositoryForm(forms.ModelForm):
    """A repository's settings; an override of its profile needs known fields and a reason."""

    def clean_profile_override(self) -> dict[str, Any]:
        override = self.cleaned_data["profile_override"] or {}
        if not isinstance(override, dict):
            raise forms.ValidationError('Give an object, for example {"has_users": false}.')
        for name, value in override.items():
            if name == "kind" and value not in KINDS:
                raise forms.ValidationError(f"kind is one of {', '.join(KINDS)}.")
            if name != "kind" and (name not in FIELDS or not isinstance(value, bool)):
                raise forms.ValidationError(f"{name} is no field that may be set to {value!r}.")
        return override

    def clean_tags(self) -> list[str]:
        tags = self.cleaned_data["tags"] or []
        if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
            raise forms.ValidationError('Give a list of words, for example ["payments"].')
        return tags

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("profile_override") and not cleaned.get("profile_override_reason", "").strip():
            self.add_error("profile_override_reason", "Say why the profile is not as it was found.")
        return cleaned


@admin.register(Repository)
class RepositoryAdmin(admin.ModelAdmin):
    form = RepositoryForm
    list_display = ["name", "team", "letter", "judged_at", "paused", "last_error_id"]
    list_filter = ["team", "letter", "paused", "large"]
    list_select_related = ["team"]
    search_fields = ["name", "mirror__url"]
    autocomplete_fields = ["team"]
    readonly_fields = [
        "mirror",
        "root",
        "large",
        "files",
        "scan_seconds",
        "letter",
        "score",
        "stack",
        "judged_at",
        "last_error_id",
        "last_error",
        "failures",
    ]
    fields = [
        "name",
        "team",
        "tags",
        "interval_hours",
        "paused",
        "profile_override",
        "profile_override_reason",
        *readonly_fields,
    ]

    def has_add_permission(self, request):  # type: ignore[no-untyped-def]
        return False  # the dashboard's form checks the address and asks for the first scan

    def save_model(self, request: HttpRequest, obj: Repository, form: Any, change: bool) -> None:
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        change_repository(repository=obj, changes=changes, actor=request.user)


@admin.register(ScanRequest)
class ScanRequestAdmin(admin.ModelAdmin):
    list_display = ["repository", "state", "reason", "requested_at", "finished_at", "error_id"]
    list_filter = ["state", "reason", "error_id"]
    list_select_related = ["repository"]
    search_fields = ["repository__name"]

    def has_add_permission(self, request):  # type: ignore[no-untyped-def]
        return False

    def has_change_permission(self, request, obj=None):  # type: ignore[no-untyped-def]
        return False
