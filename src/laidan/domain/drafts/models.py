"""Orders that somebody is still writing."""

from __future__ import annotations

from django.db import models

from laidan.engine.fields import id_key


class OrderDraft(models.Model):
    """The form of an order that was put aside: what was typed is sealed, as it names a person."""

    id = id_key()
    owner = models.CharField(max_length=120)
    is_shared = models.BooleanField(default=False)
    title = models.CharField(max_length=120)
    shop = models.CharField(max_length=40)
    line_count = models.IntegerField()
    sealed = models.TextField()
    version = models.IntegerField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "order_draft"
        indexes = [
            # Ids rise with time: the newest of a person, and the newest that are shared.
            models.Index(fields=["owner", "id"], name="order_draft_owner"),
            models.Index(fields=["is_shared", "id"], name="order_draft_shared"),
        ]
