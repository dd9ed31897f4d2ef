"""What the pages call the fixed vocabularies of the program, in the reader's language.

States, transitions and fields are named by their blueprints; these are the words for the rest.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext, gettext_noop

from laidan.blueprints.rules import GUARDS as RULES
from laidan.kernel.outcome import Refused

CATEGORIES = {
    "draft": gettext_noop("Draft"),
    "awaiting_payment": gettext_noop("Awaiting payment"),
    "in_review": gettext_noop("In review"),
    "open": gettext_noop("Being processed"),
    "completed": gettext_noop("Completed"),
    "closed": gettext_noop("Closed"),
    "cancelled": gettext_noop("Cancelled"),
}
PAYMENT = {
    "pending": gettext_noop("Not paid"),
    "partially_paid": gettext_noop("Partly paid"),
    "paid": gettext_noop("Paid"),
    "overpaid": gettext_noop("Overpaid"),
    "partially_refunded": gettext_noop("Partly refunded"),
    "refunded": gettext_noop("Refunded"),
    "voided": gettext_noop("Voided"),
}
FULFILMENT = {
    "unfulfilled": gettext_noop("Not shipped"),
    "partially_shipped": gettext_noop("Partly shipped"),
    "shipped": gettext_noop("Shipped"),
    "partially_delivered": gettext_noop("Partly delivered"),
    "delivered": gettext_noop("Delivered"),
    "cancelled": gettext_noop("Not to be shipped"),
}
PRIORITIES = {
    "low": gettext_noop("Low priority"),
    "normal": gettext_noop("Normal priority"),
    "high": gettext_noop("High priority"),
    "urgent": gettext_noop("Urgent"),
}
CANCEL_REASONS = {
    "buyer": gettext_noop("The buyer asked for it"),
    "out_of_stock": gettext_noop("Out of stock"),
    "payment_timeout": gettext_noop("Not paid in time"),
    "payment_declined": gettext_noop("Payment declined"),
    "fraud": gettext_noop("Suspected fraud"),
    "duplicate": gettext_noop("Placed twice"),
    "channel": gettext_noop("Cancelled by the platform"),
    "staff": gettext_noop("Decided by staff"),
    "expired": gettext_noop("Expired"),
    "other": gettext_noop("Other"),
}
REFUND_REASONS = {
    **CANCEL_REASONS,
    "late-money": gettext_noop("Paid after the order was cancelled"),
    "excess-money": gettext_noop("Paid twice or too much"),
    "cancelled": gettext_noop("The order was cancelled"),
}
HOLD_SCOPES = {
    "order": gettext_noop("The whole order"),
    "fulfilment": gettext_noop("Shipping only"),
    "refund": gettext_noop("Refunds only"),
}
PROVIDERS = {
    "manual": gettext_noop("By hand"),
    "alipay": gettext_noop("Alipay"),
    "wechat_pay": gettext_noop("WeChat Pay"),
    "bank": gettext_noop("Bank transfer"),
    "cash": gettext_noop("Cash"),
    "card": gettext_noop("Card"),
    "test": gettext_noop("Test payment"),
    "bank_transfer": gettext_noop("Bank transfer"),
    "stripe": gettext_noop("Stripe"),
}
ENTRIES = {
    "capture": gettext_noop("Payment received"),
    "refund": gettext_noop("Refund made"),
}
REFUNDS = {
    "requested": gettext_noop("Waiting"),
    "approved": gettext_noop("Approved"),
    "submitted": gettext_noop("At the provider"),
    "succeeded": gettext_noop("Done"),
    "unknown": gettext_noop("Not known"),
    "failed": gettext_noop("Failed"),
    "manual": gettext_noop("Given by hand"),
    "cancelled": gettext_noop("Withdrawn"),
}
LINE_KINDS = {
    "goods": gettext_noop("Goods"),
    "virtual": gettext_noop("Virtual"),
    "custom": gettext_noop("Made to order"),
    "bundle": gettext_noop("Bundle"),
    "capacity": gettext_noop("Booking"),
}
EVENTS = {
    "order.placed": gettext_noop("Order placed"),
    "order.amended": gettext_noop("Order changed"),
    "order.paid": gettext_noop("Payment recorded"),
    "order.approved": gettext_noop("Approved"),
    "order.rejected": gettext_noop("Rejected"),
    "order.shipped": gettext_noop("Shipped"),
    "order.delivered": gettext_noop("Delivered"),
    "order.receipt_confirmed": gettext_noop("Receipt confirmed"),
    "order.closed": gettext_noop("Closed"),
    "order.cancelled": gettext_noop("Cancelled"),
    "order.revived": gettext_noop("Revived"),
    "order.refunded": gettext_noop("Refund recorded"),
    "order.held": gettext_noop("Put on hold"),
    "order.released": gettext_noop("Hold released"),
    "order.made": gettext_noop("Made"),
    "order.remade": gettext_noop("Made again"),
}
DETAILS = {
    "reason": gettext_noop("Reason"),
    "note": gettext_noop("Note"),
    "amount": gettext_noop("Amount"),
    "provider": gettext_noop("Paid by"),
    "reference": gettext_noop("Reference"),
    "courier": gettext_noop("Courier"),
    "tracking_no": gettext_noop("Tracking number"),
    "scope": gettext_noop("Concerns"),
    "until": gettext_noop("Until"),
    "at": gettext_noop("Time"),
}
CHANGES = {
    "customer": gettext_noop("Customer"),
    "ship_to": gettext_noop("Address"),
    "buyer_note": gettext_noop("Buyer's note"),
    "seller_note": gettext_noop("Own note"),
    "priority": gettext_noop("Priority"),
    "tags": gettext_noop("Tags"),
    "fields": gettext_noop("Fields"),
    "total": gettext_noop("Total"),
    "lines": gettext_noop("Lines"),
    "discount": gettext_noop("Discount"),
    "shipping_fee": gettext_noop("Shipping fee"),
}
FLAGS = {
    "cancelled-but-paid": gettext_noop("Cancelled, yet money was kept"),
    "identical-lines": gettext_noop("Identical lines"),
    "missing-time": gettext_noop("A time is missing"),
    "no-lines": gettext_noop("No lines"),
    "paid-without-time": gettext_noop("Money without a time of payment"),
    "payment-differs": gettext_noop("The payment differs from the total"),
    "payment-without-approval": gettext_noop("Paid without approval"),
    "repeated-sku": gettext_noop("The same SKU several times"),
    "times-out-of-order": gettext_noop("Times out of order"),
    "total-differs": gettext_noop("The stated total differs"),
    "zero-payment": gettext_noop("A payment of nothing"),
    "zero-price": gettext_noop("A price of nothing"),
}
CONDITIONS = {
    "paid_in_full": gettext_noop("it is paid in full"),
    "review_needed": gettext_noop("the total asks for a review"),
    "nothing_shipped": gettext_noop("nothing was shipped yet"),
    "something_to_ship": gettext_noop("something is still to be shipped"),
    "everything_shipped": gettext_noop("everything was shipped"),
    "something_to_deliver": gettext_noop("something is on its way"),
    "everything_delivered": gettext_noop("everything was delivered"),
    "nothing_owed": gettext_noop("no refund is open"),
    "something_refundable": gettext_noop("money was kept that could go back"),
    "revivable": gettext_noop("it was cancelled less than 48 hours ago"),
    "payable": gettext_noop("it is not paid in full"),
}
ANCHORS = {
    "state": gettext_noop("after the order got there"),
    "placed": gettext_noop("after it was placed"),
    "paid": gettext_noop("after it was paid"),
    "shipped": gettext_noop("after everything was shipped"),
    "delivered": gettext_noop("after everything was delivered"),
    "completed": gettext_noop("after it was completed"),
}
ALLOCATIONS = {
    "reserved": gettext_noop("Reserved"),
    "picked": gettext_noop("Picked"),
    "shipped": gettext_noop("Shipped"),
    "released": gettext_noop("Given back"),
}
PURPOSES = {
    "delivery": gettext_noop("Call about the delivery"),
    "aftersales": gettext_noop("After-sales"),
    "address": gettext_noop("Check the address"),
    "review": gettext_noop("Review of the order"),
    "other": gettext_noop("Something else"),
}
KINDS_OF_EVENTS = {
    "all": gettext_noop("Everything"),
    "states": gettext_noop("States"),
    "changes": gettext_noop("Changes"),
    "money": gettext_noop("Money"),
    "parcels": gettext_noop("Parcels"),
    "holds": gettext_noop("Holds"),
}
GUARDS = {
    "payment-short": gettext_noop("The money received does not cover the total."),
    "no-review": gettext_noop("No review is needed."),
    "already-shipped": gettext_noop("Something was shipped already."),
    "nothing-to-ship": gettext_noop("Everything was shipped already."),
    "not-fully-shipped": gettext_noop("Not everything was shipped yet."),
    "nothing-to-deliver": gettext_noop("Nothing is on its way."),
    "not-delivered": gettext_noop("Not everything was delivered yet."),
    "refund-open": gettext_noop("A refund is still open."),
    "nothing-to-refund": gettext_noop("No money was kept that could go back."),
    "revival-expired": gettext_noop(
        "An order can be revived for 48 hours after it was cancelled, and only while no refund was "
        "made."
    ),
    "already-paid": gettext_noop("The order is paid in full."),
    "wrong-state": gettext_noop("The order's state does not allow this."),
    "on-hold": gettext_noop("The order is on hold; release the hold first."),
    "not-on-hold": gettext_noop("The order is not on hold."),
    "order-cancelled": gettext_noop("The order is cancelled: revive it, or its money goes back."),
    "order-done": gettext_noop("An order that is done cannot be held."),
}
REFUSALS = {
    "forbidden": gettext_noop("You do not have permission; ask your administrator"),
    "not-found": gettext_noop("There is no such order."),
    "version-conflict": gettext_noop("Somebody else changed this order in the meantime."),
    "unknown-transition": gettext_noop("Orders of this type do not know this act."),
    "transition-refused": gettext_noop("The order does not allow this now."),
    "invalid-request": gettext_noop("Some of what was typed cannot be used."),
    "out-of-stock": gettext_noop("Not enough stock."),
    "refund-exceeds-captured": gettext_noop("That is more than was received and not refunded yet."),
    "duplicate-payment": gettext_noop("This reference was recorded already."),
    "idempotency-conflict": gettext_noop("This form was sent already; open it anew."),
    "too-many-holds": gettext_noop("The order has too many holds; release some first."),
    "not-editable": gettext_noop("The order's state does not allow this change."),
    "invalid-order": gettext_noop("Some of what was typed cannot be used."),
    "unknown-sku": gettext_noop("There is no such SKU, or it is not sold any more."),
    "unknown-shop": gettext_noop("There is no such shop."),
    "shop-closed": gettext_noop("The shop is closed and takes no orders."),
    "unknown-type": gettext_noop("There is no such order type."),
    "currency-mismatch": gettext_noop("The shop sells in another currency."),
    "duplicate-order": gettext_noop("The shop has an order with this external number already."),
    "busy": gettext_noop("The database is busy and nothing was changed; please try again."),
}


def word(words: Mapping[str, str], code: str) -> str:
    """Return the word for a code, or the code where there is none."""
    known = words.get(code)
    return gettext(known) if known is not None else code


def explain(refused: Refused) -> str:
    """Return a refusal as a sentence in the reader's language."""
    guard = refused.extra.get("guard")
    if isinstance(guard, str) and guard in GUARDS:
        return gettext(GUARDS[guard])
    sentence = REFUSALS.get(refused.code)
    return gettext(sentence) if sentence is not None else refused.detail


def guard_codes() -> set[str]:
    """Return every code with which a blueprint's rule can refuse."""
    return {guard.code for guard in RULES.values()}
