"""The words of imports and exports: what is brought, the fields, and what is wrong with a row."""

from __future__ import annotations

from django.utils.translation import gettext, gettext_noop

from laidan.interfaces.files.importing.aliases import OwnField
from laidan.interfaces.web import choices, job_words, words

KINDS = {
    "orders": gettext_noop("Orders"),
    "products": gettext_noop("Products"),
    "stock": gettext_noop("Stock"),
    "customers": gettext_noop("Customers"),
}
PRESETS = {
    "laidan": gettext_noop("Laidan's own export"),
    "olist": gettext_noop("Olist (Brazilian marketplace, several files)"),
    "tmall": gettext_noop("Tmall order report"),
    "online-retail": gettext_noop("Online Retail (UK giftware shop)"),
    "superstore": gettext_noop("Superstore sample"),
}
FIELDS = {
    "external_no": gettext_noop("External number"),
    "order_no": gettext_noop("Order number"),
    "shop": gettext_noop("Shop"),
    "type": gettext_noop("Order type"),
    "placed_at": gettext_noop("Placed at"),
    "currency": gettext_noop("Currency"),
    "priority": gettext_noop("Priority"),
    "state": gettext_noop("State"),
    "cancel_reason": gettext_noop("Reason for cancelling"),
    "paid_at": gettext_noop("Paid at"),
    "shipped_at": gettext_noop("Shipped at"),
    "delivered_at": gettext_noop("Delivered at"),
    "completed_at": gettext_noop("Completed at"),
    "cancelled_at": gettext_noop("Cancelled at"),
    "courier": gettext_noop("Courier"),
    "tracking_no": gettext_noop("Tracking number"),
    "customer.ref": gettext_noop("Customer: number"),
    "customer.name": gettext_noop("Customer: name"),
    "customer.phone": gettext_noop("Customer: phone"),
    "customer.email": gettext_noop("Customer: e-mail"),
    "ship_to.name": gettext_noop("Ship to: name"),
    "ship_to.phone": gettext_noop("Ship to: phone"),
    "ship_to.country": gettext_noop("Ship to: country"),
    "ship_to.province": gettext_noop("Ship to: province"),
    "ship_to.city": gettext_noop("Ship to: city"),
    "ship_to.district": gettext_noop("Ship to: district"),
    "ship_to.street": gettext_noop("Ship to: street"),
    "ship_to.postcode": gettext_noop("Ship to: postcode"),
    "line.sku": gettext_noop("Line: SKU"),
    "line.title": gettext_noop("Line: title"),
    "line.kind": gettext_noop("Line: kind"),
    "line.quantity": gettext_noop("Line: quantity"),
    "line.unit_price": gettext_noop("Line: unit price"),
    "line.amount": gettext_noop("Line: amount"),
    "line.discount": gettext_noop("Line: discount"),
    "line.tax": gettext_noop("Line: tax"),
    "line.from": gettext_noop("Line: from"),
    "line.until": gettext_noop("Line: until"),
    "line.attributes": gettext_noop("Line: attributes (JSON)"),
    "discount": gettext_noop("Discount"),
    "shipping_fee": gettext_noop("Shipping fee"),
    "total": gettext_noop("Total (is checked)"),
    "paid.provider": gettext_noop("Payment: provider"),
    "paid.reference": gettext_noop("Payment: reference"),
    "paid.amount": gettext_noop("Payment: amount"),
    "paid.at": gettext_noop("Payment: time"),
    "refunded.reference": gettext_noop("Refund: reference"),
    "refunded.amount": gettext_noop("Refund: amount"),
    "refunded.at": gettext_noop("Refund: time"),
    "refunded.reason": gettext_noop("Refund: reason"),
    "payments": gettext_noop("Payments (JSON)"),
    "refunds": gettext_noop("Refunds (JSON)"),
    "buyer_note": gettext_noop("Buyer's note"),
    "seller_note": gettext_noop("Seller's note"),
    "tags": gettext_noop("Tags"),
    "fields": gettext_noop("Own fields (JSON)"),
    "flags": gettext_noop("Flags (JSON)"),
    "product.code": gettext_noop("Product: code"),
    "product.name": gettext_noop("Product: name"),
    "code": gettext_noop("SKU"),
    "name": gettext_noop("Name"),
    "barcode": gettext_noop("Barcode"),
    "price": gettext_noop("Price"),
    "unit": gettext_noop("Unit"),
    "decimals": gettext_noop("Decimals"),
    "kind": gettext_noop("Kind"),
    "backorder": gettext_noop("Backorder"),
    "safety": gettext_noop("Safety stock"),
    "weight_grams": gettext_noop("Weight in grams"),
    "components": gettext_noop("Components (JSON)"),
    "sku": gettext_noop("SKU"),
    "location": gettext_noop("Location"),
    "bucket": gettext_noop("Lot or date"),
    "quantity": gettext_noop("Quantity"),
    "to": gettext_noop("To location"),
    "reason": gettext_noop("Reason"),
    "reference": gettext_noop("Reference"),
    "ref": gettext_noop("Customer number"),
    "phone": gettext_noop("Phone"),
    "email": gettext_noop("E-mail"),
    "address.name": gettext_noop("Address: name"),
    "address.phone": gettext_noop("Address: phone"),
    "address.country": gettext_noop("Address: country"),
    "address.province": gettext_noop("Address: province"),
    "address.city": gettext_noop("Address: city"),
    "address.district": gettext_noop("Address: district"),
    "address.street": gettext_noop("Address: street"),
    "address.postcode": gettext_noop("Address: postcode"),
}
TRANSFORMS = {
    "upper": gettext_noop("Capitals"),
    "lower": gettext_noop("Small letters"),
    "digits": gettext_noop("Digits only"),
    "drop-float": gettext_noop("12.0 becomes 12"),
}
OVERWRITES = {
    "products": gettext_noop("SKUs that are there get the names, prices and terms of the file."),
    "stock": gettext_noop("What is on hand becomes what the file counts; movements are booked."),
    "customers": gettext_noop("Customers who are there get the names and contacts of the file."),
}
"""What an import changes of what is there."""
PLANS = {
    "unknown-shop": gettext_noop("There is no such shop; choose another."),
    "several-shops": gettext_noop("Choose the shop that the orders go to."),
    "currency-mismatch": gettext_noop(
        "The file is in another currency than the shop sells in; choose a shop with the file's."
    ),
    "no-map": gettext_noop("Choose which column is which field."),
    "unknown-preset": gettext_noop("There is no such source; choose another."),
}


def field(name: str) -> str:
    """Return what a field is called."""
    return words.word(FIELDS, name)


_LACKING = "columns: the field "
"""How a mapping's fault begins where a field has neither a column nor a constant."""


def map_faults(problems: list[str]) -> list[str]:
    """Return what is wrong with a mapping; that fields lack a column is said once, in words."""
    others = [one for one in problems if not one.startswith(_LACKING)]
    if len(others) < len(problems):
        others.insert(0, gettext("Choose a column or a fixed value for every field still needed."))
    return others


def own_field(name: str, one: OwnField) -> str:
    """Return what an own field is called: the order's or the line's, in the reader's language."""
    label = one.labels.get(choices.language()) or one.labels.get("en", one.code)
    if name.startswith("line."):
        return gettext("Line, own field: %s") % label
    return gettext("Own field: %s") % label


def fault(code: str, reason: str) -> str:
    """Return why a row is refused: in the reader's language where there are words for it."""
    known = job_words.outcome(code)
    if known == code:
        return reason
    return f"{known} ({reason})" if reason else known
