"""Figures per day, summed by the worker so that no page adds up history."""

from django.db import models

from assessments.models.team import Team


class TeamDay(models.Model):
    """How a team stood at the end of a day; without a team, the whole fleet.

    ``repositories`` counts those that had been judged by then, ``graded`` those with a grade, and
    ``score_sum`` adds up their effective scores, so that sums of teams give means over any choice of them.
    ``letters`` is {letter: repositories}, ``stars`` is {area: [sum of stars, repositories measured]}.
    """

    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="days")
    day = models.DateField()
    repositories = models.PositiveIntegerField(default=0)
    graded = models.PositiveIntegerField(default=0)
    score_sum = models.DecimalField(max_digits=16, decimal_places=6, default=0)
    letters = models.JSONField(default=dict)
    stars = models.JSONField(default=dict)

    class Meta:
        ordering = ["day", "id"]
        constraints = [
            models.UniqueConstraint(fields=["team", "day"], name="one_row_per_team_and_day"),
            models.UniqueConstraint(
                fields=["day"], condition=models.Q(team__isnull=True), name="one_fleet_row_per_day"
            ),
        ]
        indexes = [models.Index(fields=["day"], name="team_day_day")]

    def __str__(self) -> str:
        return f"{self.team or 'Fleet'} on {self.day}"


class ItemDay(models.Model):
    """In how many repositories of the fleet an item of the standard passed and failed at the end of a day."""

    item = models.CharField(max_length=60)
    day = models.DateField()
    passing = models.PositiveIntegerField(default=0)
    failing = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["day", "item"]
        constraints = [models.UniqueConstraint(fields=["item", "day"], name="one_row_per_item_and_day")]
        indexes = [models.Index(fields=["day"], name="item_day_day")]

    def __str__(self) -> str:
        return f"{self.item} on {self.day}"
