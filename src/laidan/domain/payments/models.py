"""Payments, refunds, callbacks, money without a home, and the ledger of it all."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from laidan.engine.events import NO_HASH
from laidan.engine.fields import IdField, JsonField, id_key


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
    payment_id = IdField(null=True)
    refund_id = IdField(null=True)

    class Meta:
        db_table = "ledger_entry"
        indexes = [
            models.Index(fields=["order_id"], name="ledger_entry_order"),
            models.Index(fields=["at"], name="ledger_entry_at"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "reference", "kind"], name="ledger_entry_reference"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="ledger_entry_positive"),
        ]


class PaymentAccount(models.Model):
    """A shop's account at a payment provider; its secrets are sealed for its id.

    `shops` lists the codes of the shops that take money by it; an empty list is every shop.
    """

    id = id_key()
    code = models.CharField(max_length=40, unique=True)
    provider = models.CharField(max_length=20)
    title = models.CharField(max_length=80)
    shops = JsonField(default=list)
    settings = JsonField(default=dict)
    secrets_sealed = models.TextField(null=True)
    is_active = models.BooleanField(default=True)
    place = models.IntegerField(default=0)
    version = models.IntegerField(default=1)
    checked_at = models.DateTimeField(null=True)
    check_fault = models.CharField(max_length=300, default="")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "payment_account"


class Payment(models.Model):
    """One attempt to take money for an order through a provider's account.

    `number` is our key at the provider. `ask_at` is when the provider is asked next, none once the
    payment is final; `is_closing` says that nobody shall pay it any more, and what is held goes free.
    `wish` says that somebody wants `wish_minor` of what is held: to be asked for, or asked for already.
    """

    id = id_key()
    order_id = IdField()
    account_id = IdField()
    provider = models.CharField(max_length=20)
    method = models.CharField(max_length=12)
    number = models.CharField(max_length=32, unique=True)
    reference = models.CharField(max_length=120, null=True)
    state = models.CharField(max_length=12)
    dispute = models.CharField(max_length=10, default="")
    amount_minor = models.BigIntegerField()
    authorized_minor = models.BigIntegerField(default=0)
    captured_minor = models.BigIntegerField(default=0)
    refunding_minor = models.BigIntegerField(default=0)
    refunded_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    started = JsonField(null=True)
    detail = models.CharField(max_length=300, default="")
    actor = models.CharField(max_length=120)
    expires_at = models.DateTimeField()
    ask_at = models.DateTimeField(null=True)
    asks = models.SmallIntegerField(default=0)
    is_closing = models.BooleanField(default=False)
    captured_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=0)
    event_hash = models.CharField(max_length=64, default=NO_HASH)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    wish = models.CharField(max_length=8, default="")
    wish_minor = models.BigIntegerField(default=0)

    class Meta:
        db_table = "payment"
        indexes = [
            models.Index(fields=["order_id"], name="payment_order"),
            models.Index(fields=["ask_at"], name="payment_ask"),
            models.Index(fields=["state", "id"], name="payment_state"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["provider", "reference"], name="payment_reference"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payment_positive"),
            models.CheckConstraint(
                condition=Q(refunding_minor__gte=0)
                & Q(refunded_minor__gte=0)
                & Q(captured_minor__gte=F("refunded_minor") + F("refunding_minor")),
                name="payment_refunds_within_capture",
            ),
            models.CheckConstraint(
                condition=Q(captured_minor__lte=F("authorized_minor")),
                name="payment_capture_authorized",
            ),
            models.CheckConstraint(
                condition=Q(wish_minor__gte=0) & Q(wish_minor__lte=F("authorized_minor")),
                name="payment_wish_authorized",
            ),
        ]


class Refund(models.Model):
    """Money that goes back to a buyer, from the request to its end.

    Without a payment it is owed by the order: approving it finds the payments that it came by, or
    leaves it to be given back by hand. `number` is our key at the provider.
    """

    id = id_key()
    order_id = IdField()
    state = models.CharField(max_length=12)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=200)
    requested_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    payment_id = IdField(null=True)
    number = models.CharField(max_length=32, null=True, unique=True)
    reference = models.CharField(max_length=120, null=True)
    shares = JsonField(null=True)
    requested_by = models.CharField(max_length=120, default="")
    approved_by = models.CharField(max_length=120, default="")
    approved_at = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField(null=True)
    tries = models.SmallIntegerField(default=0)
    ask_at = models.DateTimeField(null=True)
    asks = models.SmallIntegerField(default=0)
    detail = models.CharField(max_length=300, default="")
    proof = models.CharField(max_length=300, default="")
    version = models.IntegerField(default=0)
    event_hash = models.CharField(max_length=64, default=NO_HASH)

    class Meta:
        db_table = "refund"
        indexes = [
            models.Index(fields=["order_id"], name="refund_order"),
            models.Index(fields=["ask_at"], name="refund_ask"),
            models.Index(fields=["state", "id"], name="refund_state"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refund_positive"),
        ]


class PaymentCallback(models.Model):
    """A provider's event, once: what it says (`facts`), and what became of it.

    `due_at` is when the worker takes it, none once it is dealt with; the body as it was sent is
    sealed for the row's id.
    """

    id = id_key()
    account_id = IdField()
    provider = models.CharField(max_length=20)
    event_id = models.CharField(max_length=128)
    kind = models.CharField(max_length=60)
    facts = JsonField(default=list)
    body_sealed = models.TextField()
    outcome = models.CharField(max_length=60, default="")
    tries = models.SmallIntegerField(default=0)
    received_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "payment_callback"
        indexes = [models.Index(fields=["due_at"], name="payment_callback_due")]
        constraints = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="payment_callback_event"),
        ]


class Suspense(models.Model):
    """Money, or word of it, that has no home: a work item for a person until it is resolved."""

    id = id_key()
    reason = models.CharField(max_length=30)
    state = models.CharField(max_length=10)
    provider = models.CharField(max_length=20)
    account_id = IdField(null=True)
    order_id = IdField(null=True)
    payment_id = IdField(null=True)
    refund_id = IdField(null=True)
    number = models.CharField(max_length=64)
    reference = models.CharField(max_length=120, default="")
    amount_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, default="")
    detail = models.CharField(max_length=300, default="")
    owner = models.CharField(max_length=120, default="")
    resolution = models.CharField(max_length=20, default="")
    note = models.CharField(max_length=300, default="")
    closed_by = models.CharField(max_length=120, default="")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "suspense"
        indexes = [models.Index(fields=["state", "id"], name="suspense_state")]
        constraints = [
            # The same word, told twice, is one work item.
            models.UniqueConstraint(
                fields=["provider", "number", "reference", "reason"], name="suspense_word"
            ),
        ]


class MoneyPolicy(models.Model):
    """What a shop does with money that comes late or twice, and with refunds.

    The key is the shop's; the nil id holds what is done for all shops that have no row. Amounts
    are minor units of the shop's currency; none is no limit.
    """

    id = id_key()
    late_steps = JsonField(default=list)
    excess_steps = JsonField(default=list)
    auto_refund_minor = models.BigIntegerField(null=True)
    second_person_minor = models.BigIntegerField(null=True)
    version = models.IntegerField(default=1)
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "money_policy"
