"""Saved plans: what a repository or a team means to do, who does it by when, and everything that was changed."""

from django.conf import settings
from django.db import models

from assessments.choices import PlanGoal, PlanMeasure, StepState
from assessments.models.assessment import Assessment
from assessments.models.repository import Repository
from assessments.models.team import Team


class SavedPlan(models.Model):
    """The plan of one repository, or of one team over its repositories; the current one has no
    ``replaced_at``.

    ``goal`` says what it was made for: every step, a grade (``target``), or the best within ``person_days``
    and until ``ends_on``. ``capacity`` is in person-days per week, none for the standard's fixed phases.
    ``start_letter`` and ``start_score`` are the grade when it was made. ``version`` guards its settings
    against two people saving over each other.
    """

    repository = models.ForeignKey(
        Repository, models.CASCADE, null=True, blank=True, related_name="saved_plans"
    )
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="saved_plans")
    ruleset = models.SlugField(max_length=60)
    goal = models.CharField(max_length=10, choices=PlanGoal, default=PlanGoal.ALL)
    measure = models.CharField(max_length=10, choices=PlanMeasure, default=PlanMeasure.EVERY)
    target = models.CharField(max_length=2, blank=True)
    person_days = models.DecimalField(max_digits=8, decimal_places=2, null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    starts_on = models.DateField()
    capacity = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    start_letter = models.CharField(max_length=2, blank=True)
    start_score = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    replaced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(repository__isnull=True, team__isnull=False)
                | models.Q(repository__isnull=False, team__isnull=True),
                name="plan_of_a_repository_or_a_team",
            ),
            models.UniqueConstraint(
                fields=["repository"],
                condition=models.Q(replaced_at__isnull=True),
                name="one_plan_per_repository",
            ),
            models.UniqueConstraint(
                fields=["team"], condition=models.Q(replaced_at__isnull=True), name="one_plan_per_team"
            ),
        ]

    def __str__(self) -> str:
        return f"Plan of {self.repository or self.team}"


class PlanStep(models.Model):
    """One initiative in one repository.

    ``items`` are those that failed when it was last open, which its effort counts; ``title`` is kept for a
    ruleset that drops the initiative. ``closed_by`` is the assessment in which nothing of it failed any more,
    and ``was`` the state it had before; ``contradicted_by`` the one in which something still failed though a
    person had marked it done. ``version`` guards against two people saving over each other.
    """

    plan = models.ForeignKey(SavedPlan, models.CASCADE, related_name="steps")
    repository = models.ForeignKey(Repository, models.CASCADE, related_name="plan_steps")
    initiative = models.CharField(max_length=60)
    title = models.CharField(max_length=300)
    items = models.JSONField(default=list)
    state = models.CharField(max_length=12, choices=StepState, default=StepState.OPEN)
    was = models.CharField(max_length=12, choices=StepState, blank=True)
    state_at = models.DateTimeField()
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="plan_steps"
    )
    due_on = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    closed_by = models.ForeignKey(Assessment, models.SET_NULL, null=True, blank=True, related_name="+")
    contradicted_by = models.ForeignKey(Assessment, models.SET_NULL, null=True, blank=True, related_name="+")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "repository", "initiative"], name="one_step_per_plan")
        ]
        indexes = [models.Index(fields=["assignee", "state"], name="step_of_a_person")]

    def __str__(self) -> str:
        return f"{self.title} in {self.repository}: {self.get_state_display()}"


class PlanEvent(models.Model):
    """One change of a plan or a step, never changed itself; ``author`` is nobody for what a scan did."""

    plan = models.ForeignKey(SavedPlan, models.CASCADE, related_name="events")
    step = models.ForeignKey(PlanStep, models.SET_NULL, null=True, blank=True, related_name="events")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField()
    what = models.CharField(max_length=20)
    before = models.CharField(max_length=300, blank=True)
    after = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["plan", "-at"], name="plan_event_latest")]

    def __str__(self) -> str:
        return f"{self.what}: {self.before} to {self.after}"
