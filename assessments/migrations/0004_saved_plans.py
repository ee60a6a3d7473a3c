from decimal import Decimal

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("assessments", "0003_packs"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="team",
            name="capacity",
            field=models.DecimalField(
                blank=True,
                decimal_places=2,
                max_digits=6,
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(Decimal("0.01")),
                    django.core.validators.MaxValueValidator(1000),
                ],
            ),
        ),
        migrations.CreateModel(
            name="SavedPlan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ruleset", models.SlugField(max_length=60)),
                (
                    "goal",
                    models.CharField(
                        choices=[
                            ("all", "Every step"),
                            ("grade", "The cheapest path to a grade"),
                            ("budget", "The best grade within a limit"),
                        ],
                        default="all",
                        max_length=10,
                    ),
                ),
                (
                    "measure",
                    models.CharField(
                        choices=[("every", "Every repository"), ("average", "The average")],
                        default="every",
                        max_length=10,
                    ),
                ),
                ("target", models.CharField(blank=True, max_length=2)),
                ("person_days", models.DecimalField(blank=True, decimal_places=2, max_digits=8, null=True)),
                ("ends_on", models.DateField(blank=True, null=True)),
                ("starts_on", models.DateField()),
                ("capacity", models.DecimalField(blank=True, decimal_places=2, max_digits=6, null=True)),
                ("start_letter", models.CharField(blank=True, max_length=2)),
                ("start_score", models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField()),
                ("replaced_at", models.DateTimeField(blank=True, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "repository",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_plans",
                        to="assessments.repository",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_plans",
                        to="assessments.team",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="PlanStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("initiative", models.CharField(max_length=60)),
                ("title", models.CharField(max_length=300)),
                ("items", models.JSONField(default=list)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("in_progress", "In progress"),
                            ("done", "Done"),
                            ("dropped", "Dropped"),
                            ("left_out", "Left out"),
                        ],
                        default="open",
                        max_length=12,
                    ),
                ),
                (
                    "was",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("open", "Open"),
                            ("in_progress", "In progress"),
                            ("done", "Done"),
                            ("dropped", "Dropped"),
                            ("left_out", "Left out"),
                        ],
                        max_length=12,
                    ),
                ),
                ("state_at", models.DateTimeField()),
                ("due_on", models.DateField(blank=True, null=True)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "assignee",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="plan_steps",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "closed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="assessments.assessment",
                    ),
                ),
                (
                    "contradicted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="assessments.assessment",
                    ),
                ),
                (
                    "repository",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="plan_steps",
                        to="assessments.repository",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="steps",
                        to="assessments.savedplan",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="PlanEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("what", models.CharField(max_length=20)),
                ("before", models.CharField(blank=True, max_length=300)),
                ("after", models.CharField(blank=True, max_length=300)),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "step",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="events",
                        to="assessments.planstep",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="assessments.savedplan",
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-id"],
            },
        ),
        migrations.AddConstraint(
            model_name="savedplan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("repository__isnull", True), ("team__isnull", False)),
                    models.Q(("repository__isnull", False), ("team__isnull", True)),
                    _connector="OR",
                ),
                name="plan_of_a_repository_or_a_team",
            ),
        ),
        migrations.AddConstraint(
            model_name="savedplan",
            constraint=models.UniqueConstraint(
                condition=models.Q(("replaced_at__isnull", True)),
                fields=("repository",),
                name="one_plan_per_repository",
            ),
        ),
        migrations.AddConstraint(
            model_name="savedplan",
            constraint=models.UniqueConstraint(
                condition=models.Q(("replaced_at__isnull", True)), fields=("team",), name="one_plan_per_team"
            ),
        ),
        migrations.AddIndex(
            model_name="planstep",
            index=models.Index(fields=["assignee", "state"], name="step_of_a_person"),
        ),
        migrations.AddConstraint(
            model_name="planstep",
            constraint=models.UniqueConstraint(
                fields=("plan", "repository", "initiative"), name="one_step_per_plan"
            ),
        ),
        migrations.AddIndex(
            model_name="planevent",
            index=models.Index(fields=["plan", "-at"], name="plan_event_latest"),
        ),
    ]
