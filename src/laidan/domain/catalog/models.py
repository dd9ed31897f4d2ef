"""Products, SKUs, bundles, barcodes and price lists."""

from __future__ import annotations

from django.db import models

from laidan.engine.fields import JsonField, id_key


class Product(models.Model):
    """What is sold; its SKUs are what is counted."""

    id = id_key()
    code = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "product"


class Sku(models.Model):
    """The unit that is counted, priced and reserved."""

    id = id_key()
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="skus")
    code = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10)
    unit = models.CharField(max_length=20)
    decimals = models.SmallIntegerField(default=0)
    price_micro = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, null=True)
    backorder = models.BooleanField(default=False)
    safety = models.BigIntegerField(default=0)
    weight_grams = models.BigIntegerField(null=True)
    attributes = JsonField(default=dict)
    is_active = models.BooleanField(default=True)
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "sku"


class BundleComponent(models.Model):
    """A SKU, and how much of it, that one unit of a bundle holds."""

    id = id_key()
    bundle = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="components")
    sku = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="+")
    quantity = models.BigIntegerField()

    class Meta:
        db_table = "bundle_component"
        constraints = [
            models.UniqueConstraint(fields=["bundle", "sku"], name="bundle_component_once"),
        ]


class Barcode(models.Model):
    """A code that a scanner reads for a SKU."""

    code = models.CharField(max_length=80, primary_key=True)
    sku = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="barcodes")

    class Meta:
        db_table = "barcode"


class PriceList(models.Model):
    """Prices of one currency that a shop sells at; they come before the SKU's own price."""

    id = id_key()
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    currency = models.CharField(max_length=3)
    valid_from = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)
    # Whether now lies between the two; the worker turns it when a time comes.
    in_force = models.BooleanField(default=True, db_default=True)

    class Meta:
        db_table = "price_list"


class Price(models.Model):
    """A SKU's unit price on a list, from a quantity upwards."""

    id = id_key()
    price_list = models.ForeignKey(PriceList, on_delete=models.CASCADE, related_name="prices")
    sku = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="prices")
    quantity_min = models.BigIntegerField(default=0)
    price_micro = models.BigIntegerField()

    class Meta:
        db_table = "price"
        constraints = [
            models.UniqueConstraint(
                fields=["price_list", "sku", "quantity_min"], name="price_once"
            ),
        ]
