import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("assessments", "0007_mirror_care"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="NotificationTarget",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("host", models.CharField(max_length=260)),
                ("address", models.TextField()),
                ("secret", models.TextField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notification_target",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "event",
                    models.CharField(
                        choices=[
                            ("grade-drop", "A repository's grade drops"),
                            ("critical-gap", "A repository has a new critical gap"),
                            ("unreadable", "A repository can't be read"),
                            ("finished", "A scan that you asked for has finished"),
                            ("digest", "The week of each of your teams"),
                        ],
                        max_length=15,
                    ),
                ),
                (
                    "channel",
                    models.CharField(choices=[("mail", "Mail"), ("webhook", "Webhook")], max_length=10),
                ),
                ("cause", models.CharField(max_length=80)),
                ("day", models.DateField()),
                ("content", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("sending", "Being sent"),
                            ("sent", "Sent"),
                            ("failed", "Failed"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("due_at", models.DateTimeField()),
                ("created_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("error_id", models.CharField(blank=True, max_length=60)),
                ("error", models.CharField(blank=True, max_length=300)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notifications",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["state", "due_at"], name="notification_due")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "channel", "event", "cause", "day"),
                        name="one_message_per_cause_and_day",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="NotificationChoice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "event",
                    models.CharField(
                        choices=[
                            ("grade-drop", "A repository's grade drops"),
                            ("critical-gap", "A repository has a new critical gap"),
                            ("unreadable", "A repository can't be read"),
                            ("finished", "A scan that you asked for has finished"),
                            ("digest", "The week of each of your teams"),
                        ],
                        max_length=15,
                    ),
                ),
                (
                    "channel",
                    models.CharField(choices=[("mail", "Mail"), ("webhook", "Webhook")], max_length=10),
                ),
                ("wanted", models.BooleanField()),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notification_choices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("user", "event", "channel"), name="one_choice_per_event")
                ],
            },
        ),
    ]
