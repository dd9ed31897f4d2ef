"""How PostgreSQL stores balances."""

from django.db import migrations


def leave_room(_, schema_editor):
    """Leave half of each page free, so that a changed balance stays on its page and in its indexes."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE balance SET (fillfactor = 50)")


class Migration(migrations.Migration):
    dependencies = [("stock", "0001_initial")]

    operations = [migrations.RunPython(leave_room, migrations.RunPython.noop)]
