"""Files that people ask for and workers make."""

import uuid

from django.conf import settings
from django.db import models

from assessments.choices import ExportFormat, ExportState
from assessments.models.assessment import Assessment
from assessments.models.repository import Repository


class Export(models.Model):
    """One asked-for file. ``file`` is its name in the exports folder, set only when it is whole."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    repository = models.ForeignKey(Repository, models.CASCADE, related_name="exports")
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="exports")
    format = models.CharField(max_length=10, choices=ExportFormat, default=ExportFormat.PDF)
    state = models.CharField(max_length=10, choices=ExportState, default=ExportState.QUEUED)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="exports")
    requested_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    file = models.CharField(max_length=200, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    error_id = models.CharField(max_length=60, blank=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-requested_at", "-id"]

    def __str__(self) -> str:
        return f"{self.get_format_display()} of {self.repository}"
