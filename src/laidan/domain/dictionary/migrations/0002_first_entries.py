"""What the lists hold in a new installation."""

import os
from datetime import UTC, datetime

from django.db import migrations

from laidan.domain.dictionary.core import SHIPPED
from laidan.kernel.ids import Mint


def fill(apps, _):
    """Insert the shipped entries into lists that are empty."""
    entry = apps.get_model("dictionary", "Entry")
    mint = Mint(datetime.now(UTC), os.urandom)
    entry.objects.bulk_create(
        entry(id=mint.new(), kind=kind, code=code, label_zh=zh, label_en=en, place=place)
        for kind, listed in SHIPPED.items()
        if not entry.objects.filter(kind=kind).exists()
        for place, (code, zh, en) in enumerate(listed, 1)
    )


class Migration(migrations.Migration):
    dependencies = [("dictionary", "0001_initial")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
