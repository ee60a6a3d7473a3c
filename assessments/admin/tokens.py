"""Everybody's API tokens: who has which, and revoking one that got into wrong hands."""

from django.contrib import admin, messages

from assessments.models import ApiToken
from assessments.services.api_tokens import revoke_token


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    list_display = [
        "name",
        "public_id",
        "owner",
        "scopes",
        "bound",
        "expires_at",
        "last_used_at",
        "revoked_at",
    ]
    list_filter = ["bound", "revoked_at"]
    list_select_related = ["owner"]
    search_fields = ["name", "public_id", "owner__email"]
    fields = [*list_display, "teams", "created_at", "revoked_by"]
    readonly_fields = fields
    actions = ["revoke"]

    @admin.action(description="Revoke the selected tokens")
    def revoke(self, request, queryset):  # type: ignore[no-untyped-def]
        revoked = sum(revoke_token(token=token, actor=request.user) for token in queryset)
        messages.success(request, f"{revoked} token{'' if revoked == 1 else 's'} revoked.")

    def get_actions(self, request):  # type: ignore[no-untyped-def]
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def has_add_permission(self, request):  # type: ignore[no-untyped-def]
        return False

    def has_change_permission(self, request, obj=None):  # type: ignore[no-untyped-def]
        return obj is None  # the list has an action; a token itself is only looked at

    def has_delete_permission(self, request, obj=None):  # type: ignore[no-untyped-def]
        return False
