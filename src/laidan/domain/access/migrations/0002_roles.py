from django.db import migrations, models

import laidan.engine.fields


class Migration(migrations.Migration):
    dependencies = [("access", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="roles",
            field=laidan.engine.fields.JsonField(default=list),
        ),
        migrations.AddField(
            model_name="user",
            name="reach",
            field=laidan.engine.fields.JsonField(default=dict),
        ),
        migrations.AddField(
            model_name="user",
            name="masks",
            field=laidan.engine.fields.JsonField(default=list),
        ),
        migrations.CreateModel(
            name="OwnRole",
            fields=[
                ("id", laidan.engine.fields.IdField(primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=40, unique=True)),
                ("name", models.CharField(max_length=80)),
                ("description", models.CharField(default="", max_length=300)),
                ("permissions", laidan.engine.fields.JsonField(default=list)),
                ("reach", laidan.engine.fields.JsonField(default=dict)),
                ("masks", laidan.engine.fields.JsonField(default=list)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
            ],
            options={"db_table": "access_role"},
        ),
    ]
