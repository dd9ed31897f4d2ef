"""The words of long jobs: kinds, states, figures, and what a row came to."""

from __future__ import annotations

from django.utils.translation import gettext, gettext_noop

from laidan.interfaces.web import words

KINDS = {
    "bulk_act": gettext_noop("Act on several orders"),
    "order_act": gettext_noop("Act on several orders"),
    "import_orders": gettext_noop("Import orders"),
    "import_products": gettext_noop("Import products"),
    "import_stock": gettext_noop("Import stock"),
    "import_customers": gettext_noop("Import customers"),
    "undo_import": gettext_noop("Undo an import"),
    "read_bill": gettext_noop("Read a bill"),
    "export_orders": gettext_noop("Export orders"),
    "export_products": gettext_noop("Export products"),
    "export_stock": gettext_noop("Export stock"),
    "export_customers": gettext_noop("Export customers"),
    "low_stock_report": gettext_noop("Low-stock report"),
}
STATES = {
    "draft": gettext_noop("Being prepared"),
    "queued": gettext_noop("Waiting"),
    "running": gettext_noop("Under way"),
    "done": gettext_noop("Finished"),
    "failed": gettext_noop("Failed"),
    "cancelled": gettext_noop("Stopped"),
}
LOOKS = {
    "draft": ("draft", "pencil"),
    "queued": ("awaiting_payment", "clock"),
    "running": ("open", "progress"),
    "done": ("completed", "circle-check"),
    "failed": ("closed", "alert-triangle"),
    "cancelled": ("closed", "circle-x"),
}
"""The hue and the icon of a state."""
OUTCOMES = {
    "done": gettext_noop("Done"),
    "added": gettext_noop("Added"),
    "changed": gettext_noop("Changed"),
    "known": gettext_noop("There already"),
    "unchanged": gettext_noop("As it was before"),
    "left-out": gettext_noop("Left out by rule"),
    "removed": gettext_noop("Removed"),
}
FAULTS = {
    "cut-off": gettext_noop("A part of the bill is missing"),
    "no-columns": gettext_noop("The columns are not known; name them in the rules of the account"),
    "no-header": gettext_noop("No line names the columns"),
    "no-key": gettext_noop("The line names no transaction"),
    "not-an-amount": gettext_noop("Not an amount"),
    "other-merchant": gettext_noop("Of another merchant"),
    "summary-captured": gettext_noop("What was captured is not what the bill sums up"),
    "summary-differs": gettext_noop("The lines are not what the bill sums up"),
    "summary-fee": gettext_noop("The fees are not what the bill sums up"),
    "summary-lines": gettext_noop("There are not as many lines as the bill counts"),
    "summary-refunded": gettext_noop("What was refunded is not what the bill sums up"),
    "unknown-account": gettext_noop("There is no such payment account"),
    "unknown-trade": gettext_noop("A kind of trade that is not known"),
    "busy": gettext_noop("The database was busy; send it again"),
    "internal-fault": gettext_noop("A fault of the program"),
    "worker-died": gettext_noop("The work stopped again and again at the same place"),
    "unknown-kind": gettext_noop("This version does not know such a job"),
    "user-disabled": gettext_noop("Whoever started it may not sign in any more"),
    "order-changed": gettext_noop("Somebody has worked on the order since"),
    "out-of-stock": gettext_noop("Not enough stock"),
    "not-found": gettext_noop("There is no such order"),
    "version-conflict": gettext_noop("The order has changed since"),
    "bad-map": gettext_noop("The columns do not fit the fields"),
    "file-gone": gettext_noop("The file is not there any more; upload it again"),
    "not-a-number": gettext_noop("Not a number"),
    "not-a-time": gettext_noop("Not a time"),
    "missing-value": gettext_noop("A value is missing"),
    "missing-column": gettext_noop("A column is missing"),
    "duplicate-column": gettext_noop("A column is there several times"),
    "duplicate-in-file": gettext_noop("The order stands in the file several times"),
    "bad-encoding": gettext_noop("Bytes that are no text"),
    "bad-row": gettext_noop("The row cannot be read"),
    "too-many-cells": gettext_noop("More cells than columns"),
    "too-few-cells": gettext_noop("Fewer cells than columns"),
    "digits-lost": gettext_noop("The spreadsheet has lost digits of a long number"),
    "unknown-value": gettext_noop("A value that nobody has mapped"),
    "unknown-sku": gettext_noop("There is no such SKU"),
    "unknown-shop": gettext_noop("There is no such shop"),
    "unknown-location": gettext_noop("There is no such location"),
    "unknown-currency": gettext_noop("There is no such currency"),
    "unknown-type": gettext_noop("There is no such order type"),
    "finished-order": gettext_noop("The order is beyond being placed; import it as history"),
    "missing-state": gettext_noop("History needs the state of each order"),
    "several-payments": gettext_noop("Several payments; import it as history"),
    "order-refused": gettext_noop("Another row of the same order cannot be read"),
    "duplicate-order": gettext_noop("The order is there already, with other content"),
    "duplicate-payment": gettext_noop("The payment belongs to another order"),
    "empty-file": gettext_noop("The file is empty"),
    "not-a-table": gettext_noop("Not a table: save it as CSV or XLSX"),
    "zip-bomb": gettext_noop("Unpacks to more than it may"),
    "macro-file": gettext_noop("A workbook with macros is not read: save it as XLSX"),
    "encrypted-file": gettext_noop("The file has a password: save it without"),
    "damaged-file": gettext_noop("The file is damaged: save it anew"),
    "file-too-large": gettext_noop("The file is too large"),
    "invalid-product": gettext_noop("The product has errors"),
    "invalid-movement": gettext_noop("The movement has errors"),
    "invalid-customer": gettext_noop("The customer has errors"),
    "invalid-order": gettext_noop("The order has errors"),
    "stock-reserved": gettext_noop("The stock is reserved for orders"),
    "negative-price": gettext_noop("A price below nothing"),
    "quantity-not-positive": gettext_noop("A quantity of nothing or less"),
    "currency-mismatch": gettext_noop("The currency is not the shop's"),
    "cannot-write": gettext_noop("A text is too long for this kind of file; choose CSV"),
    "forbidden": gettext_noop("You do not have permission; ask your administrator"),
    "too-many-decimals": gettext_noop("Too many decimals"),
}


def kind(code: str) -> str:
    """Return what a kind of job is called."""
    return words.word(KINDS, code)


def state(code: str) -> str:
    """Return what a job's state is called."""
    return words.word(STATES, code)


def outcome(code: str) -> str:
    """Return what a row's outcome is called; the code where nobody has a word for it."""
    for known in (OUTCOMES, FAULTS, words.GUARDS, words.REFUSALS):
        if code in known:
            return gettext(known[code])
    return code
