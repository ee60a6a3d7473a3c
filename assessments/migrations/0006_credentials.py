from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("assessments", "0005_exports_of_many")]
    operations = []
