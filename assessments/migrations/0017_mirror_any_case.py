"""A push finds its repository in any case of its address by an index, on PostgreSQL as on SQLite."""

from django.db import migrations, models
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    dependencies = [("assessments", "0015_checklist_by_outcome")]

    operations = [
        migrations.AddIndex(
            model_name="mirror",
            index=models.Index(Upper("canonical"), name="mirror_any_case"),
        ),
    ]
