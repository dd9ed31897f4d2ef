"""Who has seen an alert."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stock", "0002_storage")]

    operations = [
        migrations.AddField(
            model_name="stockalert", name="seen_at", field=models.DateTimeField(null=True)
        ),
        migrations.AddField(
            model_name="stockalert",
            name="seen_by",
            field=models.CharField(db_default="", max_length=120),
        ),
    ]
