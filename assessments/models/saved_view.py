"""Filters, order and columns of a list under a name: a person's own, or shared with a team."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from assessments.models.team import Team

PERSON = settings.AUTH_USER_MODEL


class SavedView(models.Model):
    """``list`` is an id and ``query`` a canonical query of ``assessments.addresses``.

    ``owner`` is who made it, none once their account is gone: what a team shares outlives that. A deleted one can be
    brought back until it is removed for good a day later.
    """

    list = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    query = models.CharField(max_length=2000, blank=True)
    owner = models.ForeignKey(PERSON, models.SET_NULL, null=True, related_name="saved_views")
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="saved_views")
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "list", "name"],
                condition=Q(team__isnull=True, deleted_at__isnull=True),
                name="one_own_view_per_name",
            ),
            models.UniqueConstraint(
                fields=["team", "list", "name"],
                condition=Q(team__isnull=False, deleted_at__isnull=True),
                name="one_team_view_per_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DefaultView(models.Model):
    """The view that a person's list opens with when its address asks for nothing."""

    user = models.ForeignKey(PERSON, models.CASCADE, related_name="default_views")
    list = models.CharField(max_length=20)
    view = models.ForeignKey(SavedView, models.CASCADE, related_name="defaults")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "list"], name="one_default_view_per_list")]

    def __str__(self) -> str:
        return f"{self.user}: {self.list} opens with {self.view}"
