"""Tags have no colours of their own."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("dictionary", "0002_first_entries")]

    operations = [migrations.DeleteModel(name="TagStyle")]
