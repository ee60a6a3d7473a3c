"""Lists in their usual order and counts of grades come from an index, without a look at ten thousand rows."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assessments", "0018_ruleset_previews")]

    operations = [
        migrations.AddIndex(
            model_name="repository",
            index=models.Index(
                fields=["name", "id"],
                name="repository_listed",
                condition=models.Q(removed_at=None, archived_at=None),
            ),
        ),
        migrations.AddIndex(
            model_name="repository",
            index=models.Index(
                fields=["letter", "score"],
                name="repository_graded",
                condition=models.Q(removed_at=None, archived_at=None),
            ),
        ),
    ]
