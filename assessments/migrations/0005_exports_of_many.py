from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("assessments", "0004_saved_plans")]
    operations = []
