"""A place in the stream for every event."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("engine", "0002_storage")]

    operations = [
        migrations.RemoveIndex(model_name="event", name="event_outbox"),
        migrations.AddField(
            model_name="event", name="position", field=models.BigIntegerField(null=True)
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["position", "id"], name="event_stream"),
        ),
    ]
