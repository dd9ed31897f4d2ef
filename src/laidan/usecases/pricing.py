"""The part of placing that reference data alone decides: what an order asks for and costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from laidan.blueprints import fields
from laidan.blueprints.model import Blueprint
from laidan.domain.catalog.core import Sku
from laidan.domain.channels.core import Shop
from laidan.domain.orders import core as orders
from laidan.kernel import money
from laidan.kernel.outcome import Fault, Refused, invalid
from laidan.usecases import order_lines
from laidan.usecases.drafts import Draft, Taken
from laidan.usecases.order_requests import History, PaidRequest, Placing

_EARLIEST_YEAR = 1990


class Reference(NamedTuple):
    """What orders are priced by: SKUs by code, blueprints by (code, version)."""

    skus: Mapping[str, Sku]
    blueprints: Mapping[tuple[str, int], Blueprint]


def draft_of(request: Placing, shop: Shop, reference: Reference, now: datetime) -> Draft | Refused:
    """Return the draft of an order, priced and with the money it brings, or why there is none.

    Pure: what other orders took, and whether this one is there already, is not asked.
    """
    order = request.order
    blueprint = _blueprint(request, shop, reference)
    if isinstance(blueprint, Refused):
        return blueprint
    placed_at = _past_instant("placed_at", order.placed_at, now)
    if isinstance(placed_at, Refused):
        return placed_at
    lines = order_lines.price_lines(order.lines, reference.skus, shop, blueprint)
    if isinstance(lines, Refused):
        return lines
    amounts = order_lines.add_up(lines, order.discount, order.shipping_fee, shop.currency)
    if isinstance(amounts, Refused):
        return amounts
    draft = Draft(request, shop, blueprint, lines, amounts, placed_at)
    if draft.reserves:
        draft.demands = order_lines.demands_of(list(enumerate(lines, 1)))
    if order.paid is None and request.history is None:
        return draft
    return _take_money(draft, order.paid, request.history, now) or draft


def _blueprint(request: Placing, shop: Shop, reference: Reference) -> Blueprint | Refused:
    order, history = request.order, request.history
    if not shop.is_open and history is None:
        return Refused("shop-closed", f"The shop {shop.code} takes no orders.")
    if order.currency is not None and order.currency != shop.currency:
        return invalid(
            "currency",
            f"the shop {shop.code} sells in {shop.currency}, not in {order.currency!r}",
            "currency-mismatch",
        )
    type_code = order.type or shop.default_type
    blueprint = reference.blueprints.get((type_code, 0))
    if blueprint is None:
        return invalid("type", f"there is no order type {type_code!r}", "unknown-type")
    found: list[Fault] = []
    if order.priority not in orders.PRIORITIES:
        found.append(Fault("priority", f"must be one of {', '.join(orders.PRIORITIES)}"))
    if order.fields or blueprint.fields:
        found += fields.faults(blueprint.fields, order.fields, "fields")
    if history is not None and history.state not in blueprint.states:
        found.append(Fault("history.state", f"must be one of {', '.join(blueprint.states)}"))
    return order_lines.refused(found) if found else blueprint


def _past_instant(loc: str, text: str | None, now: datetime) -> datetime | Refused:
    if text is None:
        return now
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return invalid(loc, "must be a time such as 2026-11-22T10:00:00+08:00")
    if instant.tzinfo is None:
        return invalid(loc, "must have an offset such as +08:00")
    if instant.year < _EARLIEST_YEAR or instant > now + timedelta(days=1):
        return invalid(loc, f"must be between {_EARLIEST_YEAR} and now")
    return instant.astimezone(UTC)


def _take_money(
    draft: Draft, paid: PaidRequest | None, history: History | None, now: datetime
) -> Refused | None:
    """Note the money that was taken already."""
    currency = draft.shop.currency
    try:
        if paid is not None:
            at = _past_instant("paid.at", paid.at, now)
            if isinstance(at, Refused):
                return at
            amount = money.parse_minor(paid.amount, currency)
            if amount <= 0:
                return invalid("paid.amount", "must be more than 0")
            draft.captures.append((paid.provider, paid.reference, amount, at))
        if history is not None:
            draft.captures += _taken(history.captures, currency)
            draft.refunds += _taken(history.refunds, currency)
    except money.NotAnAmountError as error:
        return invalid("paid.amount", str(error))
    if sum(r[2] for r in draft.refunds) > sum(c[2] for c in draft.captures):
        return invalid("history.refunds", "more was refunded than was captured")
    return None


def _taken(source: Sequence[Any], currency: str) -> list[Taken]:
    return [
        (one.provider, one.reference, money.parse_minor(one.amount, currency), one.at)
        for one in source
    ]
