"""Tags have colours of their own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dictionary", "0003_no_tag_styles")]

    operations = [
        migrations.CreateModel(
            name="TagStyle",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("colour", models.CharField(max_length=12)),
            ],
            options={"db_table": "tag_style"},
        )
    ]
