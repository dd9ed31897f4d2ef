"""Rows for tables that the world of the laws' tests leaves empty."""

from builders import NOON, a_mint
from laidan.domain.catalog.models import Sku
from laidan.domain.orders.models import Hold
from laidan.domain.parties.models import Customer, Merge
from laidan.domain.payments.models import Payment, Refund, Suspense
from laidan.domain.settlement.models import Break
from laidan.domain.stock.models import Location, StockAlert


def fill(table: str, world: dict[str, str]) -> None:
    """Give a table that the world leaves empty one row that is as it should be."""
    new, order = a_mint().new(), world["done"]
    if table == "refund":
        Refund(
            id=new, order_id=order, state="done", amount_minor=1, currency="CNY", requested_at=NOON
        ).save(force_insert=True)
    elif table == "hold":
        Hold(id=new, order_id=order, placed_at=NOON, released_at=NOON).save(force_insert=True)
    elif table == "stock_alert":
        sku, location = Sku.objects.first(), Location.objects.first()
        StockAlert(id=new, sku=sku, location=location, raised_at=NOON).save(force_insert=True)
    elif table == "payment":
        Payment(
            id=new, order_id=order, account_id=a_mint().new(), provider="test", method="",
            number="N", state="expired", amount_minor=1, currency="CNY", actor="test",
            expires_at=NOON, created_at=NOON, updated_at=NOON,
        ).save(force_insert=True)  # fmt: skip
    elif table == "suspense":
        Suspense(
            id=new, order_id=order, reason="late-money", state="open", provider="test",
            number="N", opened_at=NOON,
        ).save(force_insert=True)  # fmt: skip
    elif table == "settlement_break":
        Break(
            id=new, order_id=order, account_id=a_mint().new(), day="2026-11-22", type="fee",
            subject="S", kind="capture", currency="CNY", state="open", opened_at=NOON,
        ).save(force_insert=True)  # fmt: skip
    elif table == "customer_merge":
        customer = Customer.objects.first()
        Merge(id=new, kept=customer, merged=customer, merged_at=NOON).save(force_insert=True)
