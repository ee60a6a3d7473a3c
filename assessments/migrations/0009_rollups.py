import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

_STATES = [
    ("queued", "Queued"),
    ("running", "Running"),
    ("done", "Done"),
    ("failed", "Failed"),
    ("cancelled", "Cancelled"),
]
_KINDS = [("backfill", "Backfill"), ("comparison", "Comparison"), ("origin", "Search for a commit")]


class Migration(migrations.Migration):
    dependencies = [
        ("assessments", "0008_notifications"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddField(
            model_name="verdictchange",
            name="origin",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.CreateModel(
            name="HistoryRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(choices=_KINDS, max_length=12)),
                ("key", models.CharField(blank=True, max_length=60)),
                ("params", models.JSONField(default=dict)),
                ("result", models.JSONField(default=dict)),
                ("state", models.CharField(choices=_STATES, default="queued", max_length=10)),
                ("requested_at", models.DateTimeField()),
                ("claim", models.CharField(blank=True, max_length=40)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("total", models.PositiveIntegerField(default=0)),
                ("done", models.PositiveIntegerField(default=0)),
                ("seconds", models.FloatField(default=0)),
                ("error_id", models.CharField(blank=True, max_length=60)),
                ("error", models.CharField(blank=True, max_length=1000)),
                ("hint", models.CharField(blank=True, max_length=500)),
                (
                    "repository",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="past_work",
                        to="assessments.repository",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-requested_at", "-id"],
                "indexes": [
                    models.Index(fields=["repository", "kind", "-requested_at"], name="past_work_latest"),
                    models.Index(fields=["state", "lease_until"], name="past_work_abandoned"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("queued", "running"))),
                        fields=("repository", "kind", "key"),
                        name="one_active_work_on_the_past",
                    )
                ],
            },
        ),
    ]
