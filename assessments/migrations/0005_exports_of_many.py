import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assessments", "0004_saved_plans")]

    operations = [
        migrations.AddField("export", "done", models.PositiveIntegerField(default=0)),
        migrations.AddField("export", "expires_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            "export",
            "scope",
            models.CharField(
                choices=[("repository", "Repository"), ("team", "Team"), ("fleet", "Fleet")],
                default="repository",
                max_length=12,
            ),
        ),
        migrations.AddField("export", "started_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            "export",
            "team",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="exports",
                to="assessments.team",
            ),
        ),
        migrations.AddField("export", "teams", models.JSONField(blank=True, default=list)),
        migrations.AddField("export", "total", models.PositiveIntegerField(default=0)),
        migrations.AlterField(
            "export",
            "assessment",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="exports",
                to="assessments.assessment",
            ),
        ),
        migrations.AlterField(
            "export",
            "format",
            models.CharField(
                choices=[
                    ("pdf", "PDF"),
                    ("markdown", "Markdown"),
                    ("json", "JSON"),
                    ("csv", "CSV"),
                    ("xlsx", "Excel workbook"),
                    ("sarif", "SARIF"),
                    ("zip", "ZIP archive"),
                ],
                default="pdf",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            "export",
            "repository",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="exports",
                to="assessments.repository",
            ),
        ),
        migrations.AlterField(
            "export",
            "state",
            models.CharField(
                choices=[
                    ("queued", "Queued"),
                    ("running", "Being made"),
                    ("done", "Ready"),
                    ("failed", "Failed"),
                    ("cancelled", "Cancelled"),
                ],
                default="queued",
                max_length=10,
            ),
        ),
    ]
