"""Requests for a scan: the queue as people see it, and the claim that makes two workers impossible."""

from django.conf import settings
from django.db import models

from assessments.choices import ACTIVE_STATES, RescanScope, ScanReason, ScanState
from assessments.models.repository import Repository
from assessments.models.team import Team


class Rescan(models.Model):
    """Scans that were asked for together: of a team, of what fails an item, of the fleet, after a new ruleset.

    ``total`` scans belong to it. It is over at ``finished_at``, when none of them waits or runs any more; ``failed``
    and ``cancelled`` of them ended that way by then, and ``cancelled_by`` called the rest off. Only what whoever
    asked may see is in it.
    """

    scope = models.CharField(max_length=10, choices=RescanScope)
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="rescans")
    item = models.CharField(max_length=60, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField()
    total = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    cancelled = models.PositiveIntegerField(default=0)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-requested_at", "-id"]
        indexes = [
            models.Index(
                fields=["requested_at"],
                name="rescan_open",
                condition=models.Q(finished_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"Rescan of {self.total} repositories"


class ScanRequest(models.Model):
    """One asked-for scan. At most one is active per repository.

    ``lease_until`` is renewed by the working process; past it, the scan counts as abandoned and is queued
    again. ``rescan`` is what it was asked for with, if with others. ``worker`` names the worker that holds the
    claim, ``stages`` the seconds that each stage took, ``retry_at`` when a scan that was given back for a fault that
    may pass is tried again.
    """

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="scans")
    reason = models.CharField(max_length=10, choices=ScanReason, default=ScanReason.REQUEST)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField()
    rescan = models.ForeignKey(Rescan, models.SET_NULL, null=True, blank=True, related_name="scans")
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
        indexes = [
            models.Index(fields=["state", "lease_until"], name="scan_abandoned"),
            models.Index(
                fields=["rescan", "state"], name="scan_of_rescan", condition=models.Q(rescan__isnull=False)
            ),
        ]

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
