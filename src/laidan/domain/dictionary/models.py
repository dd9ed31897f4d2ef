"""The data dictionary: lists that people maintain and choose from."""

from __future__ import annotations

from django.db import models

from laidan.engine.fields import id_key


class Entry(models.Model):
    """One entry of a list: what is stored, and what people read."""

    id = id_key()
    kind = models.CharField(max_length=30)
    code = models.CharField(max_length=80)
    label_zh = models.CharField(max_length=120)
    label_en = models.CharField(max_length=120)
    place = models.IntegerField()
    is_active = models.BooleanField(default=True)

    class Meta:
        db_table = "dictionary_entry"
        constraints = [
            models.UniqueConstraint(fields=["kind", "code"], name="dictionary_entry_once")
        ]


class TagStyle(models.Model):
    """A tag of orders that somebody added or coloured; one without a row is grey."""

    name = models.CharField(max_length=40, primary_key=True)
    colour = models.CharField(max_length=12)

    class Meta:
        db_table = "tag_style"
