"""Work on a repository's past that a person asked for: what is to be done, how far it is, what came of it."""

from django.conf import settings
from django.db import models

from assessments.choices import ACTIVE_WORK, PastWork, WorkState
from assessments.models.repository import Repository


class HistoryRequest(models.Model):
    """One piece of work on the past. At most one of a kind and key is active per repository.

    ``key`` tells pieces of a kind apart (the two assessments that are compared), ``params`` says what was asked
    for, ``result`` what came of it: both plain JSON whose shape the service of the kind knows. ``done`` of
    ``total`` steps are over, ``seconds`` were spent on them by all workers together. Past ``lease_until`` the work
    counts as abandoned and is queued again; it goes on where it was.
    """

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="past_work")
    kind = models.CharField(max_length=12, choices=PastWork)
    key = models.CharField(max_length=60, blank=True)
    params = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=WorkState, default=WorkState.QUEUED)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField()
    claim = models.CharField(max_length=40, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0)
    error_id = models.CharField(max_length=60, blank=True)
    error = models.CharField(max_length=1000, blank=True)
    hint = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-requested_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["repository", "kind", "key"],
                condition=models.Q(state__in=ACTIVE_WORK),
                name="one_active_work_on_the_past",
            )
        ]
        indexes = [
            models.Index(fields=["repository", "kind", "-requested_at"], name="past_work_latest"),
            models.Index(fields=["state", "lease_until"], name="past_work_abandoned"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.repository}: {self.get_state_display()}"
