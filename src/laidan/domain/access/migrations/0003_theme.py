from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("access", "0002_roles")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="theme",
            field=models.CharField(default="", max_length=10),
        ),
    ]
