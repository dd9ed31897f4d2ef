"""Why an order stands as it does: where its goods come from, and where its prices do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from laidan.domain.catalog import store as catalog
from laidan.domain.orders.rows import LineRow
from laidan.domain.stock.core import OPEN_STATES
from laidan.engine import epochs, reading_sql
from laidan.kernel.quantity import format_quantity


@dataclass(frozen=True, slots=True)
class Source:
    """Where a part of a line is taken from; `rank` is the location's place in the shop's order."""

    sku: str
    location: str
    bucket: str
    quantity: str
    state: str
    rank: int | None
    ranks: int

    @property
    def is_open(self) -> bool:
        """Whether the stock is still held there for the order."""
        return self.state in OPEN_STATES


@dataclass(frozen=True, slots=True)
class Listed:
    """What a SKU costs by the price list today, in millionths; None where it has no price."""

    price_micro: int | None
    is_of_list: bool


def load_sources(order_id: str, locations: Sequence[str]) -> dict[str, list[Source]]:
    """Return what each line of an order takes, by line (one query).

    `locations` are those of the order's shop in its order of preference.
    """
    ranks = {location: place for place, location in enumerate(locations, 1)}
    found = reading_sql.rows(
        "SELECT a.line_id, s.code, s.decimals, a.location_id, l.code, l.name, b.bucket, "
        "a.quantity, a.state FROM allocation a JOIN sku s ON s.id = a.sku_id "
        "JOIN location l ON l.id = a.location_id JOIN balance b ON b.id = a.balance_id "
        "WHERE a.order_id = %s ORDER BY a.id",
        [order_id],
    )
    sources: dict[str, list[Source]] = {}
    for line, sku, decimals, place, code, name, bucket, quantity, state in found:
        sources.setdefault(str(line), []).append(
            Source(
                sku, name or code, bucket, str(format_quantity(quantity, decimals)), state,
                ranks.get(str(place)), len(ranks),
            )
        )  # fmt: skip
    return sources


def listed_prices(
    lines: Sequence[LineRow], price_list_id: str | None, currency: str
) -> Mapping[str, Listed]:
    """Return what each line's SKU costs by the shop's list today, by line (from memory)."""
    skus = catalog.load_skus({line.sku_code for line in lines}, epochs.read())
    found = {}
    for line in lines:
        sku = skus.get(line.sku_code)
        if sku is not None:
            micro = sku.price(price_list_id, currency, line.quantity)
            steps = sku.prices.get(price_list_id, ()) if price_list_id else ()
            found[line.id] = Listed(micro, any(line.quantity >= least for least, _ in steps))
    return found
