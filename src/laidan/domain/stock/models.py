"""Locations, balances, the ledger of movements, allocations and alerts."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from laidan.engine.fields import IdField, id_key, pointer


class Location(models.Model):
    """Where something is or happens: a warehouse, a store, a place."""

    id = id_key()
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "location"


class Balance(models.Model):
    """What there is of a SKU at a location in a bucket, and how much of it is promised.

    `backorder` and `safety` repeat the SKU's, so that one row decides a reservation.
    """

    id = id_key()
    sku = pointer("catalog.Sku", db_index=False)
    location = pointer("stock.Location", db_index=False)
    bucket = models.CharField(max_length=40, default="")
    on_hand = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)
    safety = models.BigIntegerField(default=0)
    backorder = models.BooleanField(default=False)

    class Meta:
        db_table = "balance"
        constraints = [
            models.UniqueConstraint(fields=["sku", "location", "bucket"], name="balance_key"),
            models.CheckConstraint(
                condition=Q(on_hand__gte=0, reserved__gte=0)
                & (Q(reserved__lte=F("on_hand")) | Q(backorder=True)),
                name="balance_never_oversold",
            ),
        ]


class Movement(models.Model):
    """One change of what is on hand; a balance's on hand is the sum of its movements."""

    id = id_key()
    balance = pointer("stock.Balance")
    sku = pointer("catalog.Sku", db_index=False)
    location = pointer("stock.Location", db_index=False)
    bucket = models.CharField(max_length=40, default="")
    kind = models.CharField(max_length=12)
    delta = models.BigIntegerField()
    reason = models.CharField(max_length=200, default="")
    reference = models.CharField(max_length=120, default="")
    order_id = IdField(null=True)
    actor = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        db_table = "movement"
        # Ids rise with time, so this is the order of the ledger of a SKU.
        indexes = [models.Index(fields=["sku", "id"], name="movement_sku")]


class Allocation(models.Model):
    """A line's claim on a balance: the reservation, until it is shipped or released."""

    id = id_key()
    order_id = IdField()
    line_id = IdField()
    balance = pointer("stock.Balance", db_index=False)
    sku = pointer("catalog.Sku", db_index=False)
    location = pointer("stock.Location", db_index=False)
    quantity = models.BigIntegerField()
    per_unit = models.BigIntegerField(default=1)
    state = models.CharField(max_length=10)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "allocation"
        indexes = [models.Index(fields=["order_id"], name="allocation_order")]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="allocation_positive"),
        ]


class StockAlert(models.Model):
    """A SKU that runs low or was promised beyond what there is; open until the cause is gone."""

    id = id_key()
    kind = models.CharField(max_length=10)
    sku = pointer("catalog.Sku")
    location = pointer("stock.Location", null=True)
    # Each balance runs low by itself: one lot that comes back does not make up for another.
    bucket = models.CharField(max_length=40, db_default="")
    detail = models.CharField(max_length=300)
    raised_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    # By the database: placing inserts alerts and names its own columns only.
    seen_by = models.CharField(max_length=120, db_default="")

    class Meta:
        db_table = "stock_alert"
        indexes = [models.Index(fields=["closed_at", "raised_at"], name="stock_alert_open")]
