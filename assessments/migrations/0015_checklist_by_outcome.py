"""Who fails an item is answered by the index alone. The new one is there before the old one goes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assessments", "0014_repository_settings")]

    operations = [
        migrations.AddIndex(
            model_name="checklistitem",
            index=models.Index(
                fields=["ruleset", "item", "outcome", "repository"], name="checklist_by_outcome"
            ),
        ),
        migrations.RemoveIndex(model_name="checklistitem", name="checklist_who_fails"),
    ]
