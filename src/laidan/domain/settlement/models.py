"""Bills of payment providers, days of accounts, and what does not agree between them and us."""

from __future__ import annotations

from django.db import models

from laidan.engine.fields import IdField, JsonField, id_key


class SettlementRule(models.Model):
    """How an account is settled; the key is the account's.

    The fee is so many millionths of an amount and a fixed part; none is not checked. An empty zone
    is the provider's. `column_map` names the columns of a bill of no known provider.
    """

    id = id_key()
    time_zone = models.CharField(max_length=60, default="")
    fee_ppm = models.IntegerField(null=True)
    fee_fixed_minor = models.BigIntegerField(default=0)
    tolerance_minor = models.BigIntegerField(default=1)
    gives_fee_back = models.BooleanField(default=False)
    column_map = JsonField(default=dict)
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "settlement_rule"


class Bill(models.Model):
    """A file of a provider: what it said, what was read of it, and the days that it is about.

    `told` is the bill's own summary, `sums` what its rows come to; the file itself is kept among
    the files.
    """

    id = id_key()
    account_id = IdField()
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    layout = models.CharField(max_length=20, default="")
    file_id = IdField(null=True)
    state = models.CharField(max_length=10)
    line_count = models.IntegerField(default=0)
    known_count = models.IntegerField(default=0)
    faults = JsonField(default=list)
    days = JsonField(default=list)
    told = JsonField(default=dict)
    sums = JsonField(default=dict)
    imported_by = models.CharField(max_length=120)
    imported_at = models.DateTimeField()

    class Meta:
        db_table = "bill"
        constraints = [
            models.UniqueConstraint(fields=["account_id", "sha256"], name="bill_once"),
        ]


class BillRow(models.Model):
    """A line of a bill, once however many files have it.

    `number` is ours (of a refund: the refund's), `reference` the provider's; a fee that was kept is
    positive. `entry_id` is the entry of our ledger that tells of the same.
    """

    id = id_key()
    bill_id = IdField()
    account_id = IdField()
    row_key = models.CharField(max_length=160)
    line = models.IntegerField()
    book = models.CharField(max_length=6)
    kind = models.CharField(max_length=8)
    number = models.CharField(max_length=64, default="")
    reference = models.CharField(max_length=120, default="")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    fee_minor = models.BigIntegerField(default=0)
    fee_currency = models.CharField(max_length=3, default="")
    at = models.DateTimeField()
    day = models.CharField(max_length=10)
    entry_id = IdField(null=True)

    class Meta:
        db_table = "bill_row"
        indexes = [
            models.Index(fields=["account_id", "day", "id"], name="bill_row_day"),
            models.Index(fields=["account_id", "number"], name="bill_row_number"),
            models.Index(fields=["account_id", "reference"], name="bill_row_reference"),
            models.Index(fields=["entry_id"], name="bill_row_entry"),
            models.Index(fields=["bill_id", "line"], name="bill_row_bill"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["account_id", "row_key"], name="bill_row_once"),
        ]


class SettlementDay(models.Model):
    """A day of an account, by the account's clock: open until everything in it is explained."""

    id = id_key()
    account_id = IdField()
    day = models.CharField(max_length=10)
    state = models.CharField(max_length=10)
    has_bill = models.BooleanField(default=False)
    matched_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=120, default="")
    note = models.CharField(max_length=300, default="")

    class Meta:
        db_table = "settlement_day"
        indexes = [models.Index(fields=["day", "account_id"], name="settlement_day_day")]
        constraints = [
            models.UniqueConstraint(fields=["account_id", "day"], name="settlement_day_once"),
        ]


class Statement(models.Model):
    """What a day of an account comes to for one shop and currency, on each side.

    Without a shop it is what no order is known of. `orders_off_minor` is by how much orders and the
    ledger of those orders differ.
    """

    id = id_key()
    account_id = IdField()
    day = models.CharField(max_length=10)
    shop_id = IdField(null=True)
    currency = models.CharField(max_length=3)
    ledger_count = models.IntegerField(default=0)
    ledger_captured = models.BigIntegerField(default=0)
    ledger_refunded = models.BigIntegerField(default=0)
    bill_count = models.IntegerField(default=0)
    bill_captured = models.BigIntegerField(default=0)
    bill_refunded = models.BigIntegerField(default=0)
    bill_fee = models.BigIntegerField(default=0)
    bill_payout = models.BigIntegerField(default=0)
    order_count = models.IntegerField(default=0)
    orders_off_minor = models.BigIntegerField(default=0)

    class Meta:
        db_table = "settlement_statement"
        indexes = [models.Index(fields=["account_id", "day"], name="settlement_statement_day")]


class Break(models.Model):
    """Something that our ledger, a bill and the orders do not agree on, until it is explained.

    `subject` names the row that it is about; one subject breaks once in a way. `here_minor` is our
    amount, `there_minor` the provider's.
    """

    id = id_key()
    account_id = IdField()
    day = models.CharField(max_length=10)
    type = models.CharField(max_length=16)
    subject = models.CharField(max_length=60)
    kind = models.CharField(max_length=8)
    shop_id = IdField(null=True)
    order_id = IdField(null=True)
    entry_id = IdField(null=True)
    row_id = IdField(null=True)
    number = models.CharField(max_length=64, default="")
    reference = models.CharField(max_length=120, default="")
    here_minor = models.BigIntegerField(null=True)
    there_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3)
    other = models.CharField(max_length=10, default="")
    state = models.CharField(max_length=10)
    owner = models.CharField(max_length=120, default="")
    reason = models.CharField(max_length=20, default="")
    note = models.CharField(max_length=300, default="")
    suspense_id = IdField(null=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=120, default="")

    class Meta:
        db_table = "settlement_break"
        indexes = [
            models.Index(fields=["account_id", "day"], name="settlement_break_day"),
            models.Index(fields=["state", "id"], name="settlement_break_state"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["account_id", "subject", "type"], name="settlement_break_once"
            ),
        ]
