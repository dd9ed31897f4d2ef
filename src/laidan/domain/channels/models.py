"""Shops and the channels that they stand on."""

from __future__ import annotations

from django.db import models

from laidan.engine.fields import id_key, pointer


class Shop(models.Model):
    """One store on a channel: where orders come from."""

    id = id_key()
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    channel = models.CharField(max_length=30, default="direct")
    currency = models.CharField(max_length=3)
    time_zone = models.CharField(max_length=60)
    default_type = models.CharField(max_length=40, default="retail")
    order_prefix = models.CharField(max_length=6, default="")
    price_list = pointer("catalog.PriceList", null=True)
    review_from_minor = models.BigIntegerField(null=True)
    is_open = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "shop"


class ShopLocation(models.Model):
    """A location that serves a shop, and its place in the shop's order of preference."""

    id = id_key()
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="locations")
    location = pointer("stock.Location")
    rank = models.IntegerField()

    class Meta:
        db_table = "shop_location"
        constraints = [
            models.UniqueConstraint(fields=["shop", "location"], name="shop_location_once"),
        ]
