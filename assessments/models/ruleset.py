"""Rulesets as documents: published versions that never change, and drafts that admins edit."""

from django.conf import settings
from django.db import models


class RulesetVersion(models.Model):
    """One published version, never changed.

    ``document`` is canonical YAML text, ``digest`` of its meaning.
    """

    ruleset = models.SlugField(max_length=60)
    version = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    document = models.TextField()
    digest = models.CharField(max_length=64)
    notes = models.TextField(blank=True)
    published_at = models.DateTimeField(auto_now_add=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    current = models.BooleanField(default=False)

    class Meta:
        ordering = ["ruleset", "-published_at"]
        constraints = [
            models.UniqueConstraint(fields=["ruleset", "version"], name="version_named_once"),
            models.UniqueConstraint(
                fields=["ruleset"], condition=models.Q(current=True), name="one_current_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.version}"


class RulesetDraft(models.Model):
    """A document under edit. ``revision`` guards against two people saving over each other."""

    ruleset = models.SlugField(max_length=60)
    based_on = models.ForeignKey(RulesetVersion, models.PROTECT, related_name="drafts")
    document = models.TextField()
    problems = models.JSONField(default=list, blank=True)
    revision = models.PositiveIntegerField(default=1)
    edited_at = models.DateTimeField(auto_now=True)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-edited_at"]

    def __str__(self) -> str:
        return f"Draft of {self.based_on}"
