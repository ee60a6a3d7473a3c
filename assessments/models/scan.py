"""Requests for a scan: the queue as people see it, and the claim that makes two workers impossible."""

from django.conf import settings
from django.db import models

from assessments.choices import ACTIVE_STATES, ScanReason, ScanState
from assessments.models.repository import Repository


class ScanRequest(models.Model):
    """One asked-for scan. At most one is active per repository.

    ``lease_until`` is renewed by the working process; past it, the scan counts as abandoned and is queued
    again. ``worker`` names the worker that holds the claim, ``stages`` the seconds that each stage took,
    ``retry_at`` when a scan that was given back for a fault that may pass is tried again.
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
    worker = models.CharField(max_length=120, blank=True)
    stages = models.JSONField(default=dict)
    retry_at = models.DateTimeField(null=True, blank=True)
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


class ScanPolicy(models.Model):
    """When the organisation's schedule asks for scans; one row.

    ``interval_hours`` between two scans where neither repository nor team says otherwise, empty for the setting of
    the installation. Between ``window_start`` and ``window_end``, in the time zone ``window_zone``, the schedule
    asks for nothing; a window may pass midnight.
    """

    interval_hours = models.PositiveIntegerField(null=True, blank=True)
    paused = models.BooleanField(default=False)
    window_start = models.TimeField(null=True, blank=True)
    window_end = models.TimeField(null=True, blank=True)
    window_zone = models.CharField(max_length=60, default="UTC")

    class Meta:
        verbose_name_plural = "scan policies"
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="one_scan_policy"),
            models.CheckConstraint(
                condition=models.Q(window_start__isnull=True, window_end__isnull=True)
                | models.Q(window_start__isnull=False, window_end__isnull=False),
                name="whole_scan_window",
            ),
        ]

    def __str__(self) -> str:
        return "Schedule of the organisation"
