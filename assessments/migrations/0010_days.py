import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assessments", "0009_rollups")]

    operations = [
        migrations.AddField(
            model_name="repository",
            name="change",
            field=models.DecimalField(
                blank=True, db_index=True, decimal_places=6, editable=False, max_digits=9, null=True
            ),
        ),
        migrations.AddField(
            model_name="repository",
            name="sparkline",
            field=models.JSONField(blank=True, default=list, editable=False),
        ),
        migrations.CreateModel(
            name="ItemDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("item", models.CharField(max_length=60)),
                ("day", models.DateField()),
                ("passing", models.PositiveIntegerField(default=0)),
                ("failing", models.PositiveIntegerField(default=0)),
            ],
            options={
                "ordering": ["day", "item"],
                "constraints": [
                    models.UniqueConstraint(fields=("item", "day"), name="one_row_per_item_and_day")
                ],
            },
        ),
        migrations.CreateModel(
            name="TeamDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("repositories", models.PositiveIntegerField(default=0)),
                ("graded", models.PositiveIntegerField(default=0)),
                ("score_sum", models.DecimalField(decimal_places=6, default=0, max_digits=16)),
                ("letters", models.JSONField(default=dict)),
                ("stars", models.JSONField(default=dict)),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="days",
                        to="assessments.team",
                    ),
                ),
            ],
            options={
                "ordering": ["day", "id"],
                "constraints": [
                    models.UniqueConstraint(fields=("team", "day"), name="one_row_per_team_and_day"),
                    models.UniqueConstraint(
                        condition=models.Q(("team__isnull", True)), fields=("day",), name="one_fleet_row_per_day"
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="assessment",
            index=models.Index(fields=["judged_at"], name="assessment_of_day"),
        ),
        migrations.AddIndex(
            model_name="itemday",
            index=models.Index(fields=["day"], name="item_day_day"),
        ),
        migrations.AddIndex(
            model_name="teamday",
            index=models.Index(fields=["day"], name="team_day_day"),
        ),
    ]
