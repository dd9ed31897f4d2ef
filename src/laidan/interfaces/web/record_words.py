"""The words of master data: kinds, movements, refusals, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext, gettext_noop

from laidan.interfaces.web import words
from laidan.kernel.outcome import Refused

MOVEMENTS = {
    "receive": gettext_noop("Receive"),
    "adjust": gettext_noop("Adjust"),
    "count": gettext_noop("Count"),
    "transfer": gettext_noop("Transfer"),
    "scrap": gettext_noop("Scrap"),
    "ship": gettext_noop("Shipped"),
    "return": gettext_noop("Returned"),
    "make": gettext_noop("Made"),
}
ALERTS = {
    "low": gettext_noop("Running low"),
    "oversold": gettext_noop("Oversold"),
    "backorder": gettext_noop("Backordered"),
}
SHARINGS = {
    "shared": gettext_noop("Everybody"),
    "private": gettext_noop("Only its owner"),
    "roles": gettext_noop("Some roles"),
    "linked": gettext_noop("Whoever may see what it belongs to"),
}
LISTS = {
    "unit": gettext_noop("Units"),
    "movement-reason": gettext_noop("Reasons of stock movements"),
    "courier": gettext_noop("Couriers"),
    "hold-reason": gettext_noop("Reasons of holds"),
}
COLOURS = {
    "grey": gettext_noop("Grey"),
    "red": gettext_noop("Red"),
    "orange": gettext_noop("Orange"),
    "yellow": gettext_noop("Yellow"),
    "green": gettext_noop("Green"),
    "teal": gettext_noop("Teal"),
    "blue": gettext_noop("Blue"),
    "violet": gettext_noop("Violet"),
    "pink": gettext_noop("Pink"),
}
USES = {
    "sku": gettext_noop("SKUs"),
    "movement": gettext_noop("Movements"),
    "shipment": gettext_noop("Shipments"),
    "hold": gettext_noop("Holds"),
}
REFUSALS = {
    "break-fixed": gettext_noop("Both sides agree by now."),
    "break-not-suspendable": gettext_noop("Our ledger has this money; explain the difference."),
    "day-closed": gettext_noop("The day is closed; open it again to change this."),
    "day-has-breaks": gettext_noop("Differences of this day are not explained yet."),
    "day-not-over": gettext_noop("The day is not over yet."),
    "day-without-bill": gettext_noop("The bill of this day is missing."),
    "unknown-break": gettext_noop("There is no such difference."),
    "file-too-large": gettext_noop("The file is too large."),
    "too-many-files": gettext_noop("Too many files at once."),
    "invalid-merge": gettext_noop("Choose at least one other customer to merge."),
    "already-merged": gettext_noop("One of them was merged already; open them anew."),
    "already-undone": gettext_noop("This was taken back already."),
    "unknown-customer": gettext_noop("There is no such customer."),
    "reference-taken": gettext_noop(
        "Another customer has this number; merge them if they are one."
    ),
    "unknown-product": gettext_noop("There is no such product."),
    "sku-taken": gettext_noop("This is a SKU of another product."),
    "sku-in-use": gettext_noop(
        "There are stock, orders or prices of it already; its kind and decimals stay."
    ),
    "sku-oversold": gettext_noop(
        "More of it is promised than there is; backorder must stay allowed."
    ),
    "barcode-taken": gettext_noop("Another SKU has this barcode."),
    "currency-fixed": gettext_noop("The currency is fixed; there are amounts in it already."),
    "currency-mismatch": gettext_noop("The price list is in another currency than the shop."),
    "unknown-type": gettext_noop("There is no such order type."),
    "unknown-webhook": gettext_noop("There is no such webhook."),
    "webhook-taken": gettext_noop("There is a webhook of this name already."),
    "too-many-webhooks": gettext_noop("There may be 100 webhooks; remove one that is not used."),
    "unknown-price-list": gettext_noop("There is no such price list."),
    "unknown-alert": gettext_noop("There is no such alert."),
    "unknown-alarm": gettext_noop("There is no such open alarm."),
    "unknown-kind": gettext_noop("There is no such work."),
    "name-taken": gettext_noop("There is one of this name already."),
    "channel-off": gettext_noop("The channel is switched off."),
    "schedule-running": gettext_noop("It is under way; wait until it has ended."),
    "schedule-shipped": gettext_noop("It comes with the program; pause it instead."),
    "unknown-tag": gettext_noop("There is no such tag."),
    "tag-taken": gettext_noop("There is a tag of this name already; tick Merge to make them one."),
    "unknown-entry": gettext_noop("There is no such entry."),
    "unknown-sku": gettext_noop("There is no such SKU or barcode."),
    "unknown-location": gettext_noop("There is no such location."),
    "location-closed": gettext_noop("The location is closed; nothing can be put there."),
    "stock-reserved": gettext_noop("Some of it is reserved for orders; less would be left."),
    "out-of-stock": gettext_noop("There is not so much on hand."),
    "invalid-movement": gettext_noop("This cannot be moved so; check the quantity."),
    "unknown-file": gettext_noop("There is no such file."),
    "invalid-file": gettext_noop("This file cannot be kept so."),
    "file-removed": gettext_noop("The file was removed; restore it first."),
    "quota-exceeded": gettext_noop("There is no room for this file; remove others first."),
}
FAULTS = {
    "must not be empty, nor begin or end with a blank": gettext_noop(
        "This must not be empty, nor begin or end with a space."
    ),
    "must not hold a comma": gettext_noop("A tag must not hold a comma."),
    "holds a control character": gettext_noop("This holds a character that cannot be stored."),
    "must not be negative": gettext_noop("This must not be less than 0."),
    "braces stand around one name, as in {{ order_no }}": gettext_noop(
        "Braces stand around one name, as in {{ order_no }}."
    ),
    "choose what is told": gettext_noop("Choose what is told."),
    "this chat has none": gettext_noop("Robots of this chat have no secret."),
    "is an https address": gettext_noop("This must be an https address."),
    "has the whole address that the chat has shown": gettext_noop(
        "Paste the whole address that the chat has shown."
    ),
    "never comes due": gettext_noop("This never comes due."),
    "needs five parts: minute, hour, day, month, weekday": gettext_noop(
        "This needs five parts: minute, hour, day, month, weekday."
    ),
    "cannot be read: minute": gettext_noop("The minute cannot be read."),
    "cannot be read: hour": gettext_noop("The hour cannot be read."),
    "cannot be read: day-of-month": gettext_noop("The day cannot be read, or no month has it."),
    "cannot be read: month": gettext_noop("The month cannot be read."),
    "cannot be read: day-of-week": gettext_noop("The weekday cannot be read."),
    "is no time zone, such as Asia/Shanghai": gettext_noop(
        "This is no time zone, such as Asia/Shanghai."
    ),
    "must be more than 0": gettext_noop("This must be more than 0."),
}


def explain(refused: Refused) -> str:
    """Return a refusal as a sentence in the reader's language."""
    known = REFUSALS.get(refused.code)
    return gettext(known) if known is not None else words.explain(refused)


def fault(code: str, msg: str) -> str:
    """Return what is wrong at one field in the reader's language."""
    known = FAULTS.get(msg)
    if known is not None:
        return gettext(known)
    sentence = REFUSALS.get(code) if not code.startswith("invalid") else None
    return gettext(sentence) if sentence is not None else gettext("This cannot be used: ") + msg
