"""What a draft ruleset would do to repositories, worked out before it is published."""

import uuid

from django.conf import settings
from django.db import models

from assessments.choices import ACTIVE_WORK, WorkState
from assessments.models.ruleset import RulesetDraft
from assessments.models.team import Team


class RulesetPreview(models.Model):
    """One look at a draft: repositories judged by it at the commits that stand, nothing of which is recorded.

    ``name``, ``revision`` and ``digest`` say what was previewed, for the draft may be edited, published or gone since;
    until a worker begins they are those of the request. ``done`` of ``total`` repositories are over, ``skipped`` of them
    without a verdict; ``result`` is plain JSON whose shape ``services.previews`` knows. Claim, lease and attempts are
    as with exports; whoever takes over goes on where it was.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    draft = models.ForeignKey(RulesetDraft, models.SET_NULL, null=True, blank=True, related_name="previews")
    ruleset = models.SlugField(max_length=60)
    name = models.CharField(max_length=300)
    revision = models.PositiveIntegerField()
    digest = models.CharField(max_length=64, blank=True)
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=10, choices=WorkState, default=WorkState.QUEUED)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    claim = models.CharField(max_length=40, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    result = models.JSONField(default=dict)
    error_id = models.CharField(max_length=60, blank=True)
    error = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ["-requested_at", "-id"]
        indexes = [
            models.Index(
                fields=["state", "lease_until"],
                name="preview_abandoned",
                condition=models.Q(state__in=ACTIVE_WORK),
            )
        ]

    def __str__(self) -> str:
        return f"Preview of {self.name}, revision {self.revision}"
