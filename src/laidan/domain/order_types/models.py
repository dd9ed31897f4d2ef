"""Versions of blueprints; an order keeps the version that it was placed under."""

from __future__ import annotations

from django.db import models

from laidan.engine.fields import id_key


class OrderType(models.Model):
    """One version of one blueprint, as its source text."""

    id = id_key()
    code = models.CharField(max_length=40)
    version = models.IntegerField()
    source = models.TextField()
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "order_type"
        constraints = [models.UniqueConstraint(fields=["code", "version"], name="order_type_once")]
