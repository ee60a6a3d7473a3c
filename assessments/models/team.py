"""Teams, who belongs to them, and sign-ins that must be changed."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from assessments.choices import Role


class Team(models.Model):
    """Who owns repositories. ``packs`` are ids of rulesets by which they are graded beside the standard.

    ``interval_hours`` between two scans of a repository that has no interval of its own; ``paused`` stops the
    schedule for all of them. ``capacity`` is what it can give to its plans, in person-days per week; none
    keeps the standard's fixed phases.
    """

    name = models.CharField(max_length=300)
    slug = models.SlugField(max_length=100, unique=True)
    packs = models.JSONField(default=list, blank=True)
    interval_hours = models.PositiveIntegerField(null=True, blank=True)
    paused = models.BooleanField(default=False)
    capacity = models.DecimalField(
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(1000)],
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One person's role in one team."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="one_role_per_team")]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}: {self.get_role_display()}"


class OneTimePassword(models.Model):
    """Marks a person whose password was handed out and must be replaced at the first sign-in."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="one_time_password")
    issued_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"One-time password of {self.user}"
