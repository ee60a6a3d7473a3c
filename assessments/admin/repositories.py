"""Teams, their members and repositories."""

from django.contrib import admin

from assessments.models import Membership, Repository, ScanRequest, Team


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ["user"]


@admin.register(Team)
class TeamAdmin(admin.ModelAdmin):
    list_display = ["name", "slug"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [MembershipInline]


@admin.register(Repository)
class RepositoryAdmin(admin.ModelAdmin):
    list_display = ["name", "team", "letter", "judged_at", "paused", "last_error_id"]
    list_filter = ["team", "letter", "paused"]
    list_select_related = ["team"]
    search_fields = ["name", "mirror__url"]
    autocomplete_fields = ["team"]
    readonly_fields = [
        "mirror",
        "root",
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
