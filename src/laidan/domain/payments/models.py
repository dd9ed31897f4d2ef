"""The ledger of money taken and given back."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from laidan.engine.fields import IdField, id_key


class LedgerEntry(models.Model):
    """Money captured or refunded for an order; rows are only added."""

    id = id_key()
    order_id = IdField()
    kind = models.CharField(max_length=10)
    provider = models.CharField(max_length=30)
    reference = models.CharField(max_length=120, null=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    note = models.CharField(max_length=300, default="")
    actor = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        db_table = "ledger_entry"
        indexes = [models.Index(fields=["order_id"], name="ledger_entry_order")]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "reference", "kind"], name="ledger_entry_reference"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="ledger_entry_positive"),
        ]


class Refund(models.Model):
    """Money that is owed back to a buyer, from the request to its end."""

    id = id_key()
    order_id = IdField()
    state = models.CharField(max_length=12)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=200)
    requested_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "refund"
        indexes = [models.Index(fields=["order_id"], name="refund_order")]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refund_positive"),
        ]
