"""Assessments (immutable), the current verdict of every item, and how verdicts changed."""

from django.db import models

from assessments.choices import Cause, Origin, Outcome
from assessments.models.repository import Repository
from assessments.models.ruleset import RulesetVersion


class Assessment(models.Model):
    """One repository at one commit by one ruleset version. Written once.

    ``verdicts`` holds one letter per item in the ruleset's order: p pass, f fail, n not applicable, u
    unknown. ``input_digest`` covers profile overrides and whether everything could be read. ``as_of`` is the
    commit's place in time, ``judged_at`` when it was judged.
    """

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="assessments")
    ruleset = models.ForeignKey(RulesetVersion, models.PROTECT, related_name="assessments")
    commit = models.CharField(max_length=64)
    input_digest = models.CharField(max_length=32)
    as_of = models.DateTimeField()
    judged_at = models.DateTimeField()
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.SCAN)
    letter = models.CharField(max_length=2, blank=True)
    score = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    effective_letter = models.CharField(max_length=2, blank=True)
    effective_score = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    stars = models.JSONField(default=dict)
    verdicts = models.CharField(max_length=2000)
    profile = models.JSONField(default=dict)
    stack = models.JSONField(default=list)
    problems = models.JSONField(default=list)
    complete = models.BooleanField(default=True)

    class Meta:
        ordering = ["-judged_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["repository", "commit", "ruleset", "input_digest"], name="judged_once"
            )
        ]
        indexes = [
            models.Index(fields=["repository", "-judged_at"], name="assessment_latest"),
            models.Index(fields=["judged_at"], name="assessment_of_day"),
        ]

    def __str__(self) -> str:
        return f"{self.repository} at {self.commit[:7]}: {self.letter or 'no grade'}"


class Standing(models.Model):
    """The assessment that stands for a repository by a ruleset pack, graded beside the standard."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="standings")
    ruleset = models.SlugField(max_length=60)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="+")

    class Meta:
        ordering = ["ruleset"]
        constraints = [
            models.UniqueConstraint(fields=["repository", "ruleset"], name="one_standing_per_pack")
        ]

    def __str__(self) -> str:
        return f"{self.repository} by {self.ruleset}"


class ChecklistItem(models.Model):
    """The current verdict of one item of one repository, with its evidence; answers "who fails this now"."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="checklist")
    ruleset = models.SlugField(max_length=60)
    item = models.CharField(max_length=60)
    outcome = models.CharField(max_length=15, choices=Outcome)
    confidence = models.CharField(max_length=10, default="strong")
    evidence = models.JSONField(default=list)
    looked_for = models.JSONField(default=list)
    reason = models.CharField(max_length=500, blank=True)
    since = models.DateTimeField()
    measured_at = models.DateTimeField()
    stale = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["repository", "ruleset", "item"], name="one_verdict_per_item")
        ]
        # With the repository, so that nobody's evidence is read to say who they are.
        indexes = [
            models.Index(fields=["ruleset", "item", "outcome", "repository"], name="checklist_by_outcome")
        ]

    def __str__(self) -> str:
        return f"{self.repository}: {self.item} {self.outcome}"


class VerdictChange(models.Model):
    """A verdict that flipped between two assessments, and what made it flip.

    ``before`` is empty for a new item. ``origin`` names the commit that did it once that was looked for: commit, at,
    author, subject, and a note where it is not the whole truth.
    """

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="changes")
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="changes")
    item = models.CharField(max_length=60)
    before = models.CharField(max_length=15, choices=Outcome, blank=True)
    after = models.CharField(max_length=15, choices=Outcome)
    cause = models.CharField(max_length=15, choices=Cause)
    at = models.DateTimeField()
    origin = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["repository", "-at"], name="change_latest")]

    def __str__(self) -> str:
        return f"{self.item}: {self.before or 'new'} to {self.after}"
