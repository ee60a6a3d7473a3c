"""Mirrors (one per address) and repositories (what is judged: a mirror and a folder in it)."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Upper

from assessments.models.team import Team


class Mirror(models.Model):
    """A bare clone of one address. ``canonical`` makes addresses that mean the same one row.

    ``moved_to`` is where the host sends readers instead, empty while it serves them itself. ``bytes`` is what the
    clone took when a worker last looked.
    """

    url = models.CharField(max_length=2000)
    canonical = models.CharField(max_length=2000, unique=True)
    default_branch = models.CharField(max_length=500, blank=True)
    head = models.CharField(max_length=64, blank=True)
    fetched_at = models.DateTimeField(null=True, blank=True)
    moved_to = models.CharField(max_length=2000, blank=True)
    bytes = models.PositiveBigIntegerField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(Upper("canonical"), name="mirror_any_case")]

    def __str__(self) -> str:
        return self.url


class Repository(models.Model):
    """What is judged.

    ``current`` is the assessment that stands, not always the one recorded last: a commit that comes back
    brings its own back. ``letter``, ``score`` and ``stack`` repeat it so that lists stay cheap;
    ``change`` (points over 30 days) and ``sparkline`` (a year's scores, oldest first, at most 24) are
    kept by ``services.rollups``.

    ``failures`` counts scans that failed one after the other, ``kills`` those that had to be ended by force.
    ``unreachable_at`` marks an address that has not answered for so long that it is tried less often;
    a quarantined repository is not scanned at all until a lead releases it.

    ``files`` and ``scan_seconds`` are what the last scan that read it found and took; ``large`` keeps it in a queue of
    its own (``services.sizes``). ``pushed_at`` is a push that no scan has followed yet, because the schedule rests.

    ``owner`` is whom to ask, one of the team. ``version`` counts changes of the settings, so that two people who edit
    them at once notice; ``moved`` says that ``root`` has been another. An archived repository is in no list and is
    scanned no more, with its history kept; a removed one goes for good some days later.
    """

    mirror = models.ForeignKey(Mirror, models.PROTECT, related_name="repositories")
    root = models.CharField(max_length=1000, blank=True)
    name = models.CharField(max_length=300)
    slug = models.SlugField(max_length=120, unique=True)
    team = models.ForeignKey(Team, models.PROTECT, related_name="repositories")
    tags = models.JSONField(default=list, blank=True)
    profile_override = models.JSONField(default=dict, blank=True)
    profile_override_reason = models.CharField(max_length=1000, blank=True)
    interval_hours = models.PositiveIntegerField(null=True, blank=True)
    paused = models.BooleanField(default=False)
    next_scan_at = models.DateTimeField(null=True, blank=True, db_index=True)
    current = models.ForeignKey(
        "assessments.Assessment", models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    letter = models.CharField(max_length=2, blank=True, db_index=True)
    score = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    change = models.DecimalField(
        max_digits=9, decimal_places=6, null=True, blank=True, db_index=True, editable=False
    )
    sparkline = models.JSONField(default=list, blank=True, editable=False)
    stack = models.JSONField(default=list, blank=True)
    judged_at = models.DateTimeField(null=True, blank=True)
    last_error_id = models.CharField(max_length=60, blank=True)
    last_error = models.CharField(max_length=1000, blank=True)
    failures = models.PositiveIntegerField(default=0)
    kills = models.PositiveIntegerField(default=0)
    unreachable_at = models.DateTimeField(null=True, blank=True)
    quarantined_at = models.DateTimeField(null=True, blank=True)
    quarantine_reason = models.CharField(max_length=1000, blank=True)
    files = models.PositiveIntegerField(null=True, blank=True, editable=False)
    scan_seconds = models.FloatField(null=True, blank=True, editable=False)
    large = models.BooleanField(default=False, editable=False)
    pushed_at = models.DateTimeField(null=True, blank=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="owned_repositories"
    )
    version = models.PositiveIntegerField(default=0, editable=False)
    moved = models.BooleanField(default=False, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]
        verbose_name_plural = "repositories"
        constraints = [models.UniqueConstraint(fields=["mirror", "root"], name="one_repository_per_folder")]
        indexes = [
            models.Index(fields=["team", "name"], name="repository_team_name"),
            models.Index(fields=["score"], name="repository_score"),
            # What lists show: their usual order, and how many stand at which grade, without a look at the rows.
            models.Index(
                fields=["name", "id"],
                name="repository_listed",
                condition=models.Q(removed_at=None, archived_at=None),
            ),
            models.Index(
                fields=["letter", "score"],
                name="repository_graded",
                condition=models.Q(removed_at=None, archived_at=None),
            ),
            models.Index(
                fields=["pushed_at"],
                name="repository_pushed",
                condition=models.Q(pushed_at__isnull=False),
            ),
        ]

    @property
    def inputs(self) -> dict[str, Any]:
        """What besides commit and ruleset decides how it is judged: overrides, and the folder where it has moved."""
        return {**self.profile_override, "root": self.root} if self.moved else self.profile_override

    def __str__(self) -> str:
        return self.name
