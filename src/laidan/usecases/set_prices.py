"""Sets price lists: upserts lists and their steps, set-based, and silent where nothing differs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from laidan.domain.audit.store import record
from laidan.domain.catalog import changes as catalog
from laidan.domain.catalog.rows import PriceListRow, PriceRow, SkuRow
from laidan.domain.catalog.store import EPOCH
from laidan.engine import epochs, unit
from laidan.kernel import money
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Fault, Outcome, Refused
from laidan.kernel.quantity import parse_quantity
from laidan.usecases import needing, telling_log
from laidan.usecases.product_requests import PriceRequest, SetPrices
from laidan.usecases.sku_terms import given
from laidan.usecases.texts import name_faults

Entropy = Callable[[int], bytes]
Steps = dict[tuple[str, str, int], PriceRow]


@dataclass(frozen=True, slots=True)
class PricesAnswer:
    """What became of a price list; `steps` is how many prices differ from before."""

    id: str
    code: str
    created: bool = False
    steps: int = 0


@dataclass(slots=True)
class Lists:
    """Price lists, their steps, and the SKUs that they may name."""

    rows: dict[str, PriceListRow]
    steps: Steps
    skus: Mapping[str, SkuRow]


@needing.needs("catalog.prices")
def set_prices(
    batch: Sequence[SetPrices], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[PricesAnswer]]:
    """Make or change each price list; one outcome per request, in the order given.

    Locks: the lists and SKUs named. Refuses: invalid-prices, unknown-sku, currency-fixed.
    """
    return unit.run_batch(batch, partial(_attempt, now=now, entropy=entropy))


def _attempt(
    batch: Sequence[SetPrices], *, now: datetime, entropy: Entropy
) -> list[Outcome[PricesAnswer]]:
    mint = Mint(now, entropy)
    known = _load(batch)
    lists = Lists(dict(known.rows), dict(known.steps), known.skus)
    outcomes = [decide(lists, request, mint, now=now) for request in batch]
    _write(known, lists)
    actors = {request.prices.code: request.actor.label for request in batch}
    deeds = telling_log.prices(
        (known.rows, lists.rows), (known.steps, lists.steps), known.skus, actors
    )
    record(deeds, now=now, mint=mint)
    return outcomes


@needing.by_system("the worker")
def turn_price_lists(*, now: datetime) -> int:
    """Begin and end price lists whose time has come; return how many.

    Locks: those lists. Events: none; what placing knows of prices is loaded anew.
    """

    def work() -> int:
        turning = catalog.load_turning(now)
        changed = [row._replace(in_force=is_in_force(row, now)) for row in turning]
        catalog.write_price_lists([], changed)
        if changed:
            epochs.bump(EPOCH)
        return len(changed)

    return unit.run_once(work)


def is_in_force(row: PriceListRow, now: datetime) -> bool:
    """Say whether an instant lies within a price list's time."""
    begun = row.valid_from is None or row.valid_from <= now
    return begun and (row.valid_until is None or row.valid_until > now)


def decide(lists: Lists, request: SetPrices, mint: Mint, *, now: datetime) -> Outcome[PricesAnswer]:
    """Decide one request and lay it over the lists; a refused one leaves them as they were."""
    wish = request.prices
    old = lists.rows.get(wish.code)
    base = old or PriceListRow(mint.new(), wish.code, wish.code, wish.currency or "")
    row = base._replace(
        name=wish.name or base.name,
        valid_from=given(wish.valid_from, base.valid_from),
        valid_until=given(wish.valid_until, base.valid_until),
    )
    row = row._replace(in_force=is_in_force(row, now))
    found = [*name_faults(row.code, "code"), *name_faults(row.name, "name")]
    if row.valid_from and row.valid_until and row.valid_from >= row.valid_until:
        found.append(Fault("valid_until", "must be after the beginning"))
    if not money.is_currency(row.currency):
        found.append(Fault("currency", "say in which currency of ISO 4217 the prices are"))
    if wish.currency not in {None, row.currency}:
        return Refused("currency-fixed", f"The prices of {row.code} are in {row.currency} already.")
    steps: dict[tuple[str, str, int], int | None] = {}
    for place, price in enumerate(wish.prices):
        sku = lists.skus.get(price.sku)
        loc = f"prices[{place}]"
        if sku is None:
            fault = Fault(f"{loc}.sku", f"there is no SKU {price.sku!r}")
            return Refused("unknown-sku", f"{fault.loc}: {fault.msg}", 422, (fault,))
        step = _step(price, sku, loc)
        if isinstance(step, Fault):
            found.append(step)
        else:
            steps[row.id, sku.id, step[0]] = step[1]
    if found:
        words = "; ".join(f"{fault.loc}: {fault.msg}" for fault in found[:3])
        return Refused("invalid-prices", words, 422, tuple(found))
    lists.rows[row.code] = row
    changed = sum(_lay(lists.steps, key, micro, mint) for key, micro in steps.items())
    return Done(PricesAnswer(row.id, row.code, old is None, changed))


def _step(price: PriceRequest, sku: SkuRow, loc: str) -> tuple[int, int | None] | Fault:
    """Return the quantity from which a price holds, and the price."""
    try:
        quantity = parse_quantity(price.quantity_from, sku.decimals)
    except money.NotAnAmountError as error:
        return Fault(f"{loc}.quantity_from", str(error))
    if quantity < 0:
        return Fault(f"{loc}.quantity_from", "must not be negative")
    try:
        return quantity, None if price.price is None else money.parse_price(price.price)
    except money.NotAnAmountError as error:
        return Fault(f"{loc}.price", str(error))


def _lay(steps: Steps, key: tuple[str, str, int], micro: int | None, mint: Mint) -> bool:
    old = steps.get(key)
    if micro == (old.price_micro if old else None):
        return False
    if micro is None:
        del steps[key]
    else:
        steps[key] = PriceRow(old.id if old else mint.new(), *key, micro)
    return True


def _load(batch: Sequence[SetPrices]) -> Lists:
    rows = catalog.load_price_lists({request.prices.code for request in batch}, lock=True)
    skus = catalog.load_skus({price.sku for request in batch for price in request.prices.prices})
    ids = [row.id for row in skus.values()]
    steps = catalog.load_prices([row.id for row in rows.values()], ids) if rows and ids else {}
    return Lists(rows, steps, skus)


def _write(old: Lists, new: Lists) -> None:
    if old.rows == new.rows and old.steps == new.steps:
        return
    catalog.write_price_lists(
        [row for code, row in new.rows.items() if code not in old.rows],
        [row for code, row in new.rows.items() if row != old.rows.get(code, row)],
    )
    catalog.write_prices(
        added=[row for key, row in new.steps.items() if key not in old.steps],
        # A step that was taken away and set again in one batch keeps its row.
        changed=[
            row._replace(id=old.steps[key].id)
            for key, row in new.steps.items()
            if key in old.steps and row.price_micro != old.steps[key].price_micro
        ],
        removed=[row for key, row in old.steps.items() if key not in new.steps],
    )
    epochs.bump(EPOCH)
