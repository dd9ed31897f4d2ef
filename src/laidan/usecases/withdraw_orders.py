"""Takes back orders that came from a file and that nobody has touched: as if never imported."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from laidan.domain.files.models import FileLink
from laidan.domain.fulfilment.models import Shipment, ShipmentLine
from laidan.domain.orders.models import Hold, Order, OrderLine, OrderTag
from laidan.domain.orders.rows import OrderRow
from laidan.domain.payments.models import LedgerEntry, Payment, Refund
from laidan.domain.stock import store as stock
from laidan.domain.stock.core import Shelf
from laidan.domain.stock.models import Allocation
from laidan.domain.workplace.models import Assignment
from laidan.engine import counters, epochs, unit
from laidan.engine.counters import Counts, order_counter
from laidan.engine.models import IdempotencyKey
from laidan.engine.origin import current
from laidan.engine.sealing import keyring
from laidan.kernel.actor import Actor, forbidden
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases.answers import Happening
from laidan.usecases.drafts import Entropy
from laidan.usecases.needing import needs
from laidan.usecases.restating import not_found, restate
from laidan.usecases.working import Changes, Work, load_works, write_changes

BATCH_MAX = 1000
EVENT = "order.withdrawn"
"""The last event of an order that is there no more; its history stays, sealed day by day."""
CHANGED = Refused("order-changed", "Somebody has worked on the order since it was imported.")
_NEEDED = "orders.transition.cancel"


@dataclass(frozen=True, slots=True)
class WithdrawOrder:
    """An order by its number, to be taken back."""

    order: str
    actor: Actor


@needs(_NEEDED)
def withdraw_orders(
    batch: Sequence[WithdrawOrder], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[str]]:
    """Remove each order that is as it was imported; answers its number.

    What it reserved is free again, and so are its external number, its payment references and
    its idempotency key. Its events stay, this one last, so that the seals of all days hold.

    Locks: the orders, then the balances that they claim, each in key order.
    Refuses: forbidden, not-found, order-changed (anything came after the import).
    Events: order.withdrawn.
    """
    if len(batch) > BATCH_MAX:
        raise ValueError(f"a batch holds at most {BATCH_MAX} orders")
    return unit.run_batch(batch, partial(_attempt, now=now, entropy=entropy))


def _attempt(
    batch: Sequence[WithdrawOrder], *, now: datetime, entropy: Entropy
) -> list[Outcome[str]]:
    works, ids = load_works({request.order for request in batch}, epochs.read())
    claimed = {one.balance_id for work in works.values() for one in work.allocations}
    balances = stock.load_claimed_balances(claimed, (), ()) if claimed else []
    changes, mint, keys = Changes(Shelf(balances), works), Mint(now, entropy), keyring()
    worked_on = _worked_on(works) if works else set()
    outcomes: list[Outcome[str]] = []
    for request in batch:
        work = works.get(ids.get(request.order, ""))
        refused = _refusal(work, request, worked_on)
        if work is None or refused is not None:
            outcomes.append(refused or not_found(request.order))
            continue
        for claim in work.allocations:
            changes.shelf.balance(claim.balance_id).reserved -= claim.quantity
        told = Happening(EVENT, "withdraw", "{}", request.actor.label, current())
        restate(work, work.row, changes, keys=keys, mint=mint, now=now, told=told)
        outcomes.append(Done(work.row.order_no))
    write_changes(changes, now, mint)
    _remove([work.loaded for work in works.values() if work.row is not work.loaded])
    return outcomes


def _refusal(work: Work | None, request: WithdrawOrder, worked_on: set[str]) -> Refused | None:
    here = work.seen_by(request.actor) if work is not None else None
    if work is None or here is None or work.row is not work.loaded:
        return not_found(request.order)
    if not here.may(_NEEDED):
        return forbidden(_NEEDED)
    return CHANGED if work.row.version != 1 or work.row.id in worked_on else None


def _worked_on(ids: Collection[str]) -> set[str]:
    """Return the orders that something hangs on which no event tells of."""
    linked = FileLink.objects.filter(kind="order", object_id__in=ids)
    return {
        *Assignment.objects.filter(pk__in=ids).values_list("pk", flat=True),
        *linked.values_list("object_id", flat=True),
        *Payment.objects.filter(order_id__in=ids).values_list("order_id", flat=True),
    }


def _remove(rows: Sequence[OrderRow]) -> None:
    """Delete orders with all that came with them, and count them no more."""
    if not rows:
        return
    ids = [row.id for row in rows]
    ShipmentLine.objects.filter(shipment__in=Shipment.objects.filter(order_id__in=ids)).delete()
    for model in (Shipment, LedgerEntry, Refund, Hold, OrderTag, Allocation, OrderLine):
        model.objects.filter(order_id__in=ids).delete()
    # The instant comes first because it is what an index answers: no key is older than its order.
    since = min(row.created_at for row in rows)
    IdempotencyKey.objects.filter(created_at__gte=since, subject_id__in=ids).delete()
    Order.objects.filter(pk__in=ids).delete()
    counts = Counts()
    for row in rows:
        name = order_counter(row.shop_id, row.type, row.state, row.currency)
        counts.add(name, -1, -row.total_minor)
    counters.add(counts)
