"""Files that people ask for and workers make."""

import uuid

from django.conf import settings
from django.db import models

from assessments.choices import ACTIVE_EXPORTS, ExportFormat, ExportScope, ExportState
from assessments.models.assessment import Assessment
from assessments.models.repository import Repository
from assessments.models.team import Team


class Export(models.Model):
    """One asked-for file: of one assessment, of a team's repositories, or of all that the person may see.

    ``file`` is its name in the exports folder, set only when it is whole. ``done`` of ``total`` repositories have
    gone into it so far; ``teams`` are the ids of the teams whose repositories they are. It may be
    downloaded until ``expires_at``.

    Whoever makes it holds it by ``claim`` and renews ``lease_until``; past it, it waits again, or is given up after too
    many ``attempts`` that were cut off. One that waits is sent to the queue again past ``lease_until``.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    scope = models.CharField(max_length=12, choices=ExportScope, default=ExportScope.REPOSITORY)
    repository = models.ForeignKey(Repository, models.CASCADE, null=True, blank=True, related_name="exports")
    assessment = models.ForeignKey(Assessment, models.CASCADE, null=True, blank=True, related_name="exports")
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="exports")
    format = models.CharField(max_length=10, choices=ExportFormat, default=ExportFormat.PDF)
    state = models.CharField(max_length=10, choices=ExportState, default=ExportState.QUEUED)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="exports")
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    claim = models.CharField(max_length=40, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    teams = models.JSONField(default=list, blank=True)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    file = models.CharField(max_length=200, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    error_id = models.CharField(max_length=60, blank=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-requested_at", "-id"]
        indexes = [
            models.Index(
                fields=["state", "lease_until"],
                name="export_abandoned",
                condition=models.Q(state__in=ACTIVE_EXPORTS),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_format_display()} of {self.subject}"

    @property
    def subject(self) -> str:
        """What it is of, in words."""
        named = self.repository or self.team
        return str(named) if named else "the fleet"
