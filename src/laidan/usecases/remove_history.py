"""Takes back orders that came in as history and that nobody has touched: as if never imported."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from laidan.domain.files.models import FileLink
from laidan.domain.fulfilment.models import Shipment, ShipmentLine
from laidan.domain.orders import store as orders
from laidan.domain.orders.models import Hold, Order, OrderLine, OrderTag
from laidan.domain.orders.rows import OrderRow
from laidan.domain.payments.models import LedgerEntry, Refund
from laidan.domain.stock import store as stock
from laidan.domain.workplace.models import Assignment
from laidan.engine import counters, unit
from laidan.engine.counters import Counts, order_counter
from laidan.engine.models import Event, IdempotencyKey
from laidan.kernel.actor import Actor
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases.needing import needs
from laidan.usecases.restating import not_found

BATCH_MAX = 1000
CHANGED = Refused("order-changed", "Somebody has worked on the order since it was imported.")
SEALED = Refused(
    "history-sealed", "The day of the import is over and its seal stands; the order stays."
)


@dataclass(frozen=True, slots=True)
class RemoveHistory:
    """An order by its number, to be taken back."""

    order: str
    actor: Actor


@needs("orders.transition.cancel")
def remove_history(batch: Sequence[RemoveHistory], *, now: datetime) -> list[Outcome[str]]:
    """Remove each order that is as it was imported; answers its number.

    Locks: the orders. Refuses: forbidden, not-found, order-changed (anything came after the import,
    or stock is reserved), history-sealed (its event is part of a finished day's seal).
    """
    if len(batch) > BATCH_MAX:
        raise ValueError(f"a batch holds at most {BATCH_MAX} orders")
    return unit.run_batch(batch, partial(_attempt, now=now))


def _attempt(batch: Sequence[RemoveHistory], *, now: datetime) -> list[Outcome[str]]:
    ids = orders.find_order_ids({request.order for request in batch})
    rows = orders.load_orders(set(ids.values()), lock=True) if ids else {}
    touched = _touched(list(rows)) if rows else set()
    outcomes: list[Outcome[str]] = []
    removed: dict[str, OrderRow] = {}
    for request in batch:
        row = rows.get(ids.get(request.order, ""))
        if row is None or row.id in removed:
            outcomes.append(not_found(request.order))
        elif row.version != 1 or row.id in touched:
            outcomes.append(CHANGED)
        elif row.updated_at.astimezone(UTC).date() != now.astimezone(UTC).date():
            outcomes.append(SEALED)
        else:
            removed[row.id] = row
            outcomes.append(Done(request.order))
    if removed:
        _remove(removed)
    return outcomes


def _touched(ids: Collection[str]) -> set[str]:
    """Return the orders that something hangs on which no file has brought."""
    linked = FileLink.objects.filter(kind="order", object_id__in=ids)
    return {
        *stock.load_open_allocations(list(ids)),
        *Assignment.objects.filter(pk__in=ids).values_list("pk", flat=True),
        *Refund.objects.filter(order_id__in=ids, state="requested").values_list(
            "order_id", flat=True
        ),
        *linked.values_list("object_id", flat=True),
    }


def _remove(rows: dict[str, OrderRow]) -> None:
    """Delete orders with all that came with them, and count them no more."""
    ids = list(rows)
    ShipmentLine.objects.filter(shipment__in=Shipment.objects.filter(order_id__in=ids)).delete()
    for model in (Shipment, LedgerEntry, Refund, Hold, OrderTag, OrderLine):
        model.objects.filter(order_id__in=ids).delete()
    Event.objects.filter(subject_id__in=ids).delete()
    IdempotencyKey.objects.filter(subject_id__in=ids).delete()
    Order.objects.filter(pk__in=ids).delete()
    counts = Counts()
    for row in rows.values():
        name = order_counter(row.shop_id, row.type, row.state, row.currency)
        counts.add(name, -1, -row.total_minor)
    counters.add(counts)
