"""Of which lot or day an alert is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stock", "0003_alerts_seen")]

    operations = [
        migrations.AddField("stockalert", "bucket", models.CharField(db_default="", max_length=40)),
    ]
