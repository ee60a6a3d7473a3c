from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assessments", "0006_credentials")]
    operations = [
        migrations.AddField("mirror", "moved_to", models.CharField(blank=True, max_length=2000)),
        migrations.AddField("repository", "kills", models.PositiveIntegerField(default=0)),
        migrations.AddField("repository", "unreachable_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("repository", "quarantined_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("repository", "quarantine_reason", models.CharField(blank=True, max_length=1000)),
        migrations.AddField("team", "interval_hours", models.PositiveIntegerField(blank=True, null=True)),
        migrations.AddField("team", "paused", models.BooleanField(default=False)),
        migrations.AddField("scanrequest", "worker", models.CharField(blank=True, max_length=120)),
        migrations.AddField("scanrequest", "stages", models.JSONField(default=dict)),
        migrations.AddField("scanrequest", "retry_at", models.DateTimeField(blank=True, null=True)),
        migrations.AlterField(
            "scanrequest",
            "reason",
            models.CharField(
                choices=[
                    ("added", "Added"),
                    ("request", "Asked for"),
                    ("push", "Push"),
                    ("schedule", "Schedule"),
                    ("ruleset", "New ruleset version"),
                    ("bulk", "Asked for with others"),
                ],
                default="request",
                max_length=10,
            ),
        ),
        migrations.CreateModel(
            name="ScanPolicy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("interval_hours", models.PositiveIntegerField(blank=True, null=True)),
                ("paused", models.BooleanField(default=False)),
                ("window_start", models.TimeField(blank=True, null=True)),
                ("window_end", models.TimeField(blank=True, null=True)),
                ("window_zone", models.CharField(default="UTC", max_length=60)),
            ],
            options={
                "verbose_name_plural": "scan policies",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("pk", 1)), name="one_scan_policy"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("window_end__isnull", True), ("window_start__isnull", True)),
                            models.Q(("window_end__isnull", False), ("window_start__isnull", False)),
                            _connector="OR",
                        ),
                        name="whole_scan_window",
                    ),
                ],
            },
        ),
    ]
