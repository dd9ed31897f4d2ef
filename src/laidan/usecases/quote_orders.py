"""Quotes orders while they are entered: what each line costs and what they add up to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from laidan.blueprints import library
from laidan.domain.catalog import store as catalog
from laidan.domain.channels import store as channels
from laidan.domain.orders.core import Amounts
from laidan.engine import epochs
from laidan.kernel.actor import Actor
from laidan.kernel.money import format_minor, format_price
from laidan.kernel.outcome import Done, Outcome, Refused, invalid
from laidan.usecases import order_lines
from laidan.usecases.needing import needs
from laidan.usecases.order_requests import PlaceOrder


@dataclass(frozen=True, slots=True)
class QuoteOrder:
    """An order as far as it is entered, and who asks."""

    order: PlaceOrder
    actor: Actor


@dataclass(frozen=True, slots=True)
class Quote:
    """What an order would cost, as decimal texts; `lines` in the order given."""

    currency: str
    goods: str
    discount: str
    shipping: str
    tax: str
    total: str
    lines: Sequence[tuple[str, str]]
    """Unit price and amount of goods of each line."""


@needs("orders.place")
def quote_orders(batch: Sequence[QuoteOrder]) -> list[Outcome[Quote]]:
    """Price each order whether or not there is stock for it; one outcome per request.

    Writes nothing and locks nothing. Refuses: forbidden, invalid-request, invalid-order,
    unknown-sku.
    """
    at = epochs.read()
    shops = channels.load_shops({request.order.shop for request in batch}, at)
    types = {
        (request.order.type or shop.default_type, 0)
        for request in batch
        if (shop := shops.get(request.order.shop))
    }
    blueprints = library.load_blueprints(types, at)
    skus = catalog.load_skus({line.sku for request in batch for line in request.order.lines}, at)
    outcomes: list[Outcome[Quote]] = []
    for request in batch:
        order = request.order
        shop = shops.get(order.shop)
        blueprint = blueprints.get((order.type or shop.default_type, 0)) if shop else None
        if shop is None or blueprint is None:
            outcomes.append(invalid("shop", "there is no such shop or order type"))
            continue
        priced = order_lines.price_lines(order.lines, skus, shop, blueprint)
        if isinstance(priced, Refused):
            outcomes.append(priced)
            continue
        sums = order_lines.add_up(priced, order.discount, order.shipping_fee, shop.currency)
        outcomes.append(
            sums if isinstance(sums, Refused) else Done(_quote(priced, sums, shop.currency))
        )
    return outcomes


def _quote(priced: Sequence[order_lines.PricedLine], sums: Amounts, currency: str) -> Quote:
    lines = [
        (
            format_price(line.unit_price_micro, currency),
            format_minor(line.goods - line.discount, currency),
        )
        for line in priced
    ]
    return Quote(
        currency=currency,
        goods=format_minor(sums.goods, currency),
        discount=format_minor(sums.discount, currency),
        shipping=format_minor(sums.shipping, currency),
        tax=format_minor(sums.tax, currency),
        total=format_minor(sums.total, currency),
        lines=lines,
    )
