"""What the test provider keeps: charges, refunds and the calls that it owes."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from laidan.engine.fields import IdField, JsonField, id_key


class PlayedCharge(models.Model):
    """A payment at the test provider; `captured_*` is what it took, which a scenario may falsify."""

    id = id_key()
    account_id = models.CharField(max_length=40)
    number = models.CharField(max_length=64, unique=True)
    reference = models.CharField(max_length=64, unique=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    subject = models.CharField(max_length=200)
    state = models.CharField(max_length=12)
    scenario = models.CharField(max_length=20, default="")
    captured_minor = models.BigIntegerField(null=True)
    captured_currency = models.CharField(max_length=3, null=True)
    notify_url = models.CharField(max_length=500)
    return_url = models.CharField(max_length=500)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "test_charge"
        indexes = [models.Index(fields=["account_id", "changed_at"], name="test_charge_day")]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="test_charge_positive"),
        ]


class PlayedRefund(models.Model):
    """A refund at the test provider; it counts as given from `settles_at` on."""

    id = id_key()
    charge_id = IdField()
    number = models.CharField(max_length=64, unique=True)
    reference = models.CharField(max_length=64, unique=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=12)
    settles_at = models.DateTimeField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "test_refund"
        indexes = [models.Index(fields=["charge_id"], name="test_refund_charge")]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="test_refund_positive"),
        ]


class PlayedCallback(models.Model):
    """A call that the test provider will make; `said` is its body, signed when it is made."""

    id = id_key()
    account_id = models.CharField(max_length=40)
    url = models.CharField(max_length=500)
    said = JsonField()
    due_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "test_callback"
        indexes = [models.Index(fields=["delivered_at", "due_at"], name="test_callback_due")]
