"""Requests for a scan: the queue as people see it, and the claim that makes two workers impossible."""

from django.conf import settings
from django.db import models

from assessments.choices import ACTIVE_STATES, ScanReason, ScanState
from assessments.models.repository import Repository


class ScanRequest(models.Model):
    """One asked-for scan. At most one is active per repository.

    ``lease_until`` is renewed by the working process; past it, the scan counts as abandoned and is queued
    again.
    """

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="scans")
    reason = models.CharField(max_length=10, choices=ScanReason, default=ScanReason.REQUEST)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=ScanState, default=ScanState.QUEUED)
    claim = models.CharField(max_length=40, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    error_id = models.CharField(max_length=60, blank=True)
    error = models.CharField(max_length=1000, blank=True)
    hint = models.CharField(max_length=500, blank=True)
    fault = models.CharField(max_length=12, blank=True)
    summary = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-requested_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["repository"], condition=models.Q(state__in=ACTIVE_STATES), name="one_active_scan"
            )
        ]
        indexes = [models.Index(fields=["state", "lease_until"], name="scan_abandoned")]

    def __str__(self) -> str:
        return f"Scan of {self.repository}: {self.get_state_display()}"
