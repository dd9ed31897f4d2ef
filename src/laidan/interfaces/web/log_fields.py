"""What the fields of the operation log's differences are called: `lines.2.quantity` and the like."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext, gettext_noop

from laidan.blueprints.model import Blueprint
from laidan.insights.vocabulary import worded

FIELDS = {
    "address": gettext_noop("Address"),
    "agent": gettext_noop("Program"),
    "amount": gettext_noop("Amount"),
    "amounts": gettext_noop("Amounts"),
    "assignee": gettext_noop("Assigned to"),
    "at": gettext_noop("Time"),
    "attributes": gettext_noop("Attributes"),
    "backorder": gettext_noop("Backorder"),
    "barcodes": gettext_noop("Barcodes"),
    "bucket": gettext_noop("Lot or day"),
    "buyer_note": gettext_noop("Buyer's note"),
    "cancel_reason": gettext_noop("Why it was cancelled"),
    "cancelled_at": gettext_noop("Cancelled"),
    "captured": gettext_noop("Received"),
    "categories": gettext_noop("Categories"),
    "category": gettext_noop("Category"),
    "channel": gettext_noop("Channel"),
    "city": gettext_noop("City"),
    "code": gettext_noop("Code"),
    "colour": gettext_noop("Colour"),
    "completed_at": gettext_noop("Completed"),
    "components": gettext_noop("Components"),
    "country": gettext_noop("Country"),
    "courier": gettext_noop("Courier"),
    "created_at": gettext_noop("Created"),
    "currency": gettext_noop("Currency"),
    "customer": gettext_noop("Customer"),
    "deadline": gettext_noop("Deadline"),
    "decimals": gettext_noop("Decimals"),
    "default_type": gettext_noop("Order type"),
    "delivered": gettext_noop("Delivered"),
    "delivered_at": gettext_noop("Delivered"),
    "description": gettext_noop("Description"),
    "discount": gettext_noop("Discount"),
    "district": gettext_noop("District"),
    "due": gettext_noop("Still to pay"),
    "email": gettext_noop("E-mail"),
    "expires_at": gettext_noop("Valid until"),
    "external_no": gettext_noop("External number"),
    "fields": gettext_noop("Fields"),
    "flags": gettext_noop("Marks"),
    "folder": gettext_noop("Folder"),
    "from": gettext_noop("From"),
    "fulfilment_status": gettext_noop("Shipping"),
    "fulfilments": gettext_noop("Shipments"),
    "goods": gettext_noop("Goods"),
    "holds": gettext_noop("Holds"),
    "is_active": gettext_noop("In use"),
    "is_blocked": gettext_noop("Blacklist"),
    "is_open": gettext_noop("Open"),
    "kind": gettext_noop("Kind"),
    "label_en": gettext_noop("Name in English"),
    "label_zh": gettext_noop("Name in Chinese"),
    "language": gettext_noop("Language"),
    "late_at": gettext_noop("Late from"),
    "lead_days": gettext_noop("Days to deliver"),
    "lines": gettext_noop("Lines"),
    "location": gettext_noop("Location"),
    "locations": gettext_noop("Locations"),
    "masks": gettext_noop("Hidden fields"),
    "name": gettext_noop("Name"),
    "note": gettext_noop("Note"),
    "order_no": gettext_noop("Order number"),
    "order_prefix": gettext_noop("Prefix of order numbers"),
    "orders": gettext_noop("Orders"),
    "owner": gettext_noop("Owner"),
    "paid": gettext_noop("Paid"),
    "paid_at": gettext_noop("Paid"),
    "payment_status": gettext_noop("Payment"),
    "payments": gettext_noop("Payments"),
    "permissions": gettext_noop("Permissions"),
    "phone": gettext_noop("Phone"),
    "place": gettext_noop("Place in the list"),
    "placed_at": gettext_noop("Placed"),
    "postcode": gettext_noop("Postcode"),
    "price": gettext_noop("Price"),
    "price_list_id": gettext_noop("Price list"),
    "priority": gettext_noop("Priority"),
    "provider": gettext_noop("Paid by"),
    "province": gettext_noop("Province"),
    "quantity": gettext_noop("Quantity"),
    "reach": gettext_noop("Limits"),
    "reason": gettext_noop("Reason"),
    "ref": gettext_noop("Customer number"),
    "reference": gettext_noop("Reference"),
    "refunded": gettext_noop("Refunded"),
    "refunds": gettext_noop("Refunds"),
    "return_status": gettext_noop("Returns"),
    "returns": gettext_noop("Returns"),
    "review_from_minor": gettext_noop("Review from (smallest unit of money)"),
    "rights": gettext_noop("Own permissions"),
    "roles": gettext_noop("Roles"),
    "safety": gettext_noop("Safety stock"),
    "scopes": gettext_noop("Scopes"),
    "seller_note": gettext_noop("Own note"),
    "ship_to": gettext_noop("Delivery address"),
    "shipped": gettext_noop("Shipped"),
    "shipped_at": gettext_noop("Shipped"),
    "shipping": gettext_noop("Shipping fee"),
    "shipping_fee": gettext_noop("Shipping fee"),
    "shop": gettext_noop("Shop"),
    "shops": gettext_noop("Shops"),
    "sku": gettext_noop("SKU"),
    "state": gettext_noop("State"),
    "state_since_at": gettext_noop("In this state since"),
    "states": gettext_noop("States"),
    "status": gettext_noop("Status"),
    "street": gettext_noop("Street"),
    "tags": gettext_noop("Tags"),
    "tax": gettext_noop("Tax"),
    "theme": gettext_noop("Theme"),
    "time_zone": gettext_noop("Time zone"),
    "title": gettext_noop("Title"),
    "total": gettext_noop("Total"),
    "tracking_no": gettext_noop("Tracking number"),
    "type": gettext_noop("Order type"),
    "unit": gettext_noop("Unit"),
    "unit_price": gettext_noop("Unit price"),
    "until": gettext_noop("Until"),
    "valid_from": gettext_noop("Valid from"),
    "valid_until": gettext_noop("Valid until"),
    "weight_grams": gettext_noop("Weight in grams"),
}
ONE_OF = {
    "lines": gettext_noop("Line"),
    "fulfilments": gettext_noop("Shipment"),
    "payments": gettext_noop("Payment"),
    "refunds": gettext_noop("Refund"),
    "holds": gettext_noop("Hold"),
    "returns": gettext_noop("Return"),
}
"""Lists of an order, by what one of them is called."""
_OWN = {"fields": "fields", "attributes": "line_fields"}
_PEOPLE = frozenset(("customer", "ship_to", "user"))
_HIDDEN = frozenset(("id", "line_id", "line_no"))


def is_told(path: str) -> bool:
    """Say whether a field means something to people: keys of the database do not.

    >>> is_told("lines.1.id"), is_told("lines.1.quantity"), is_told("id")
    (False, True, False)
    """
    return path.rpartition(".")[2] not in _HIDDEN


def word(path: str, kind: str, blueprint: Blueprint | None, language: str) -> str:
    """Return what people call a field of a kind of thing by its dotted path.

    What has no word is shown as it is.
    """
    parts = path.split(".")
    if "." in path and parts[0] not in FIELDS:
        # A product tells of its SKUs, whose codes may hold dots themselves.
        code, _, name = path.rpartition(".")
        return f"{code} · {gettext(FIELDS[name])}" if name in FIELDS else path
    found: list[str] = []
    for place, part in enumerate(parts):
        before = parts[place - 1] if place else kind
        if part.isdecimal() and before in ONE_OF:
            found[-1] = f"{gettext(ONE_OF[before])} {part}"
        elif before in _OWN:
            found[-1] = _own(part, before, blueprint, language)
        elif part == "name" and before in _PEOPLE:
            found.append(gettext("Full name"))
        elif part != "amounts":
            found.append(gettext(FIELDS[part]) if part in FIELDS else part)
    return " · ".join(found)


def _own(code: str, table: str, blueprint: Blueprint | None, language: str) -> str:
    """Return what an order type calls one of its own fields."""
    known: Mapping[str, object] = getattr(blueprint, _OWN[table], {}) if blueprint else {}
    label = getattr(known.get(code), "label", None)
    return worded(label, language) if label else code
