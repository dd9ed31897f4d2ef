"""Which permissions an amendment needs: one for each part that it touches."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from laidan.domain.orders.rows import LineRow
from laidan.kernel import money
from laidan.usecases.order_requests import LineRequest
from laidan.usecases.transition_requests import AmendOrder, ChangeLine, LineChanges, WantedLine
from laidan.usecases.working import Work

PRICE, LINES = "orders.change_price", "orders.change_lines"
_OF_FIELD = {
    "customer": "orders.change_customer", "ship_to": "orders.change_address",
    "buyer_note": "orders.change_notes", "seller_note": "orders.change_notes",
    "priority": "orders.change_notes", "tags": "orders.change_tags",
    "fields": "orders.change_fields",
}  # fmt: skip
PERMISSIONS = (*dict.fromkeys(_OF_FIELD.values()), LINES, PRICE)
"""Every permission that some amendment needs."""


def needed(work: Work, changes: AmendOrder) -> list[str]:
    """Return what an actor must be allowed for these changes of an order."""
    found = [
        permission
        for name, permission in _OF_FIELD.items()
        if getattr(changes, name) is not msgspec.UNSET
    ]
    lines = changes.lines
    if lines is not msgspec.UNSET:
        found.append(LINES)
    if _sets_amounts(work, changes) or (lines is not msgspec.UNSET and any(_priced(work, lines))):
        found.append(PRICE)
    return list(dict.fromkeys(found))


def _sets_amounts(work: Work, changes: AmendOrder) -> bool:
    row = work.row
    own = sum(line.own_discount_minor for line in work.lines)
    kept = {"discount": row.discount_minor - own, "shipping_fee": row.shipping_minor}
    return any(
        (text := getattr(changes, name)) is not msgspec.UNSET
        and _differs(text, value, lambda one: money.parse_minor(one, row.currency))
        for name, value in kept.items()
    )


def _priced(work: Work, lines: LineChanges | list[WantedLine]) -> Iterator[bool]:
    """Yield for each line whether a price of it is set otherwise than it is."""
    known = {line.id: line for line in work.lines}
    by_sku = {line.sku_code: line for line in work.lines}
    if isinstance(lines, LineChanges):
        yield from (_is_priced(line) for line in lines.add)
        yield from (_reprices(line, known.get(line.line), work) for line in lines.change)
        return
    for line in lines:
        yield _reprices(line, known.get(line.id or "") or by_sku.get(line.sku or ""), work)


def _is_priced(line: LineRequest) -> bool:
    return line.unit_price is not None or line.discount != "0" or line.tax != "0"


def _reprices(wish: ChangeLine | WantedLine, line: LineRow | None, work: Work) -> bool:
    given = (wish.unit_price, wish.discount, wish.tax)
    if line is None:
        return any(one is not None for one in given)

    def in_minor(text: str) -> int:
        return money.parse_minor(text, work.row.currency)

    return (
        _differs(wish.unit_price, line.unit_price_micro, _micro)
        or _differs(wish.discount, line.own_discount_minor, in_minor)
        or _differs(wish.tax, line.tax_minor, in_minor)
    )


def _micro(text: str) -> int:
    return money.parse_scaled(text, money.MICRO)


def _differs(text: str | None, kept: int, read: Callable[[str], int]) -> bool:
    if text is None:
        return False
    try:
        return read(text) != kept
    except money.NotAnAmountError:
        return True
