"""Shipments and what is in them."""

from __future__ import annotations

from django.db import models

from laidan.engine.fields import IdField, id_key, pointer


class Shipment(models.Model):
    """A parcel, or what was handed over at once."""

    id = id_key()
    order_id = IdField()
    courier = models.CharField(max_length=60, default="")
    tracking_no = models.CharField(max_length=80, default="")
    shipped_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)
    actor = models.CharField(max_length=120)

    class Meta:
        db_table = "shipment"
        indexes = [
            models.Index(fields=["order_id"], name="shipment_order"),
            models.Index(fields=["tracking_no"], name="shipment_tracking"),
        ]


class ShipmentLine(models.Model):
    """How much of an order line is in a shipment."""

    id = id_key()
    shipment = pointer("fulfilment.Shipment")
    line_id = IdField()
    quantity = models.BigIntegerField()

    class Meta:
        db_table = "shipment_line"
