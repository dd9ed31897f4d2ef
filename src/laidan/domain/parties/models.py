"""Customers and their addresses; what identifies a person is sealed."""

from __future__ import annotations

from django.db import models

from laidan.engine.fields import JsonField, id_key, pointer


class Customer(models.Model):
    """Whoever buys; phone, e-mail and addresses are sealed and found by blind index."""

    id = id_key()
    ref = models.CharField(max_length=80, null=True)
    name = models.CharField(max_length=120)
    sealed = models.TextField(null=True)
    phone_index = models.CharField(max_length=16)
    last4_index = models.CharField(max_length=16)
    email_index = models.CharField(max_length=16)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    # Defaults of the database: placing inserts customers and names its own columns only.
    note = models.CharField(max_length=1000, db_default="")
    is_blocked = models.BooleanField(db_default=False)
    merged_into = pointer("parties.Customer", null=True)

    class Meta:
        db_table = "customer"
        constraints = [models.UniqueConstraint(fields=["ref"], name="customer_ref")]
        indexes = [
            # The operator class lets PostgreSQL find beginnings; the others pass over it.
            models.Index(fields=["name"], name="customer_name", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["phone_index"], name="customer_phone"),
            models.Index(fields=["last4_index"], name="customer_last4"),
            models.Index(fields=["email_index"], name="customer_email"),
        ]


class Address(models.Model):
    """A sealed postal address that a customer had something sent to."""

    id = id_key()
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="addresses")
    sealed = models.TextField()
    digest = models.CharField(max_length=16)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "address"
        constraints = [
            models.UniqueConstraint(fields=["customer", "digest"], name="address_once"),
        ]


class Merge(models.Model):
    """A customer who turned out to be another: what was moved, so that it can be moved back.

    `order_ids` are the orders that were his, `double_ids` the doubles that had been merged into him.
    """

    id = id_key()
    kept = pointer("parties.Customer")
    merged = pointer("parties.Customer")
    order_ids = JsonField(default=list)
    double_ids = JsonField(default=list)
    merged_by = models.CharField(max_length=120)
    merged_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "customer_merge"


class Supplier(models.Model):
    """Whoever sells to us; whom to call there is sealed."""

    id = id_key()
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    sealed = models.TextField(null=True)
    lead_days = models.IntegerField(null=True)
    note = models.CharField(max_length=1000, default="")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "supplier"
