"""Country and province that an order goes to, for figures."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]

    operations = [
        migrations.AddField("order", "ship_country", models.CharField(max_length=60, default="")),
        migrations.AddField("order", "ship_province", models.CharField(max_length=120, default="")),
    ]
