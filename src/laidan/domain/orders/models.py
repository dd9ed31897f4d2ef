"""Orders, their lines, holds and tags."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from laidan.engine.fields import IdField, JsonField, id_key, pointer

WAITING = ("draft", "awaiting_payment", "in_review", "open", "completed")
"""Categories in which an order still waits for something."""


class Order(models.Model):
    """What a customer (or a workshop, or a warehouse) asked for.

    Amounts obey goods - discount + shipping + tax = total. `version` is the number of the
    order's last event and `event_hash` that event's hash: appending needs no look-up.
    """

    id = id_key()
    order_no = models.CharField(max_length=32)
    shop = pointer("channels.Shop", db_index=False)
    type = models.CharField(max_length=40)
    type_version = models.IntegerField()
    external_no = models.CharField(max_length=80, null=True)
    content_digest = models.CharField(max_length=64)
    state = models.CharField(max_length=30)
    category = models.CharField(max_length=20)
    state_since_at = models.DateTimeField()
    version = models.IntegerField()
    event_hash = models.CharField(max_length=64)
    priority = models.CharField(max_length=10)
    customer = pointer("parties.Customer", null=True, db_index=False)
    customer_name = models.CharField(max_length=120)
    contact_sealed = models.TextField(null=True)
    phone_index = models.CharField(max_length=16)
    last4_index = models.CharField(max_length=16)
    # Where it goes, as coarsely as figures need it; the address itself is sealed.
    ship_country = models.CharField(max_length=60, default="")
    ship_province = models.CharField(max_length=120, default="")
    currency = models.CharField(max_length=3)
    goods_minor = models.BigIntegerField()
    discount_minor = models.BigIntegerField()
    shipping_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    total_minor = models.BigIntegerField()
    captured_minor = models.BigIntegerField(default=0)
    refunded_minor = models.BigIntegerField(default=0)
    units = models.BigIntegerField()
    units_shipped = models.BigIntegerField(default=0)
    units_delivered = models.BigIntegerField(default=0)
    line_count = models.IntegerField()
    open_holds = models.IntegerField(default=0)
    deadline_at = models.DateTimeField(null=True)
    deadline_name = models.CharField(max_length=40, null=True)
    late_at = models.DateTimeField(null=True)
    buyer_note = models.TextField(default="")
    seller_note = models.TextField(default="")
    fields = JsonField(default=dict)
    flags = JsonField(default=list)
    placed_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)
    shipped_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    cancel_reason = models.CharField(max_length=40, null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "sales_order"
        constraints = [
            models.UniqueConstraint(fields=["order_no"], name="order_number"),
            # The number comes first: it tells most, also where statistics are young.
            models.UniqueConstraint(fields=["external_no", "shop"], name="order_external"),
            models.CheckConstraint(
                condition=Q(
                    total_minor=F("goods_minor")
                    - F("discount_minor")
                    + F("shipping_minor")
                    + F("tax_minor")
                ),
                name="order_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(refunded_minor__gte=0, refunded_minor__lte=F("captured_minor")),
                name="order_refund_within_capture",
            ),
        ]
        indexes = [
            models.Index(fields=["placed_at", "id"], name="order_placed"),
            # One index a sort answers for shop, type, state and category: which groups of these
            # there are is known from the counters, and a list merges an ordered page of each.
            models.Index(fields=["shop", "type", "state", "placed_at", "id"], name="order_group"),
            models.Index(
                fields=["shop", "type", "state", "updated_at", "id"], name="order_updated"
            ),
            models.Index(fields=["shop", "type", "state", "total_minor", "id"], name="order_total"),
            models.Index(
                fields=["shop", "type", "state", "state_since_at"],
                name="order_waiting",
                condition=Q(category__in=WAITING),
            ),
            # With all that a list needs to put few orders in order, whose rows lie far apart.
            models.Index(fields=["customer", "placed_at", "id"], name="order_customer"),
            models.Index(fields=["phone_index", "placed_at", "id"], name="order_phone"),
            models.Index(fields=["last4_index", "placed_at", "id"], name="order_last4"),
            models.Index(
                fields=["deadline_at"],
                name="order_deadline",
                condition=Q(deadline_at__isnull=False),
            ),
            models.Index(fields=["late_at"], name="order_late", condition=Q(late_at__isnull=False)),
        ]


class OrderLine(models.Model):
    """One SKU, quantity and price in an order; shares of order-wide amounts included.

    goods - discount + shipping + tax = total, in minor units of the order's currency.
    """

    id = id_key()
    order = pointer("orders.Order", db_index=False)
    line_no = models.SmallIntegerField()
    sku = pointer("catalog.Sku", db_index=False)
    sku_code = models.CharField(max_length=60)
    kind = models.CharField(max_length=10)
    title = models.CharField(max_length=200)
    quantity = models.BigIntegerField()
    decimals = models.SmallIntegerField()
    unit_price_micro = models.BigIntegerField()
    goods_minor = models.BigIntegerField()
    own_discount_minor = models.BigIntegerField()
    discount_minor = models.BigIntegerField()
    shipping_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    total_minor = models.BigIntegerField()
    shipped = models.BigIntegerField(default=0)
    delivered = models.BigIntegerField(default=0)
    starts = models.CharField(max_length=32, null=True)
    ends = models.CharField(max_length=32, null=True)
    attributes = JsonField(default=dict)
    # Repeats the order's, so that the orders and sales of a SKU come from one index, in order.
    placed_at = models.DateTimeField()

    class Meta:
        db_table = "order_line"
        constraints = [
            models.UniqueConstraint(fields=["order", "line_no"], name="order_line_no"),
            models.CheckConstraint(
                condition=Q(
                    total_minor=F("goods_minor")
                    - F("discount_minor")
                    + F("shipping_minor")
                    + F("tax_minor")
                ),
                name="order_line_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(shipped__gte=0, shipped__lte=F("quantity"))
                & Q(delivered__gte=0, delivered__lte=F("shipped")),
                name="order_line_within_quantity",
            ),
        ]
        indexes = [models.Index(fields=["sku", "placed_at", "order"], name="order_line_sku")]


class Hold(models.Model):
    """A reason why an order may not move on, until it is released."""

    id = id_key()
    order_id = IdField()
    scope = models.CharField(max_length=20)
    reason = models.CharField(max_length=200)
    placed_by = models.CharField(max_length=120)
    placed_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)
    released_by = models.CharField(max_length=120, null=True)
    released_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "hold"
        indexes = [
            models.Index(fields=["order_id"], name="hold_order"),
            models.Index(fields=["released_at", "order_id"], name="hold_open"),
        ]


class OrderTag(models.Model):
    """A word that people put on an order."""

    id = id_key()
    order_id = IdField()
    tag = models.CharField(max_length=40)

    class Meta:
        db_table = "order_tag"
        constraints = [models.UniqueConstraint(fields=["order_id", "tag"], name="order_tag_once")]
        indexes = [models.Index(fields=["tag", "order_id"], name="order_tag_tag")]
