"""Taking orders, products, stock or customers out as a file: the wish, and its start."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from laidan.kernel.actor import Actor, forbidden
from laidan.kernel.outcome import Done, Outcome
from laidan.usecases.needing import asks_inside
from laidan.usecases.note_exports import note_export
from laidan.usecases.start_jobs import StartJob, start_jobs

RIGHTS = {
    "orders": "orders.export",
    "products": "catalog.view",
    "stock": "stock.view",
    "customers": "customers.export",
}
"""What taking each kind out needs."""


class ExportWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What shall be in the file, and what kind of file it shall be.

    `filter` is an `insights.order_conditions.OrderFilter` by `msgspec.to_builtins`, for orders.
    """

    what: Literal["orders", "products", "stock", "customers"]
    format: Literal["csv", "xlsx"] = "csv"
    encoding: Literal["utf-8", "utf-8-sig", "gb18030"] = "utf-8-sig"
    filter: dict[str, Any] | None = None
    orders: list[str] = []
    """The ids of the orders that were chosen one by one; then no filter is looked at."""


@asks_inside(
    *dict.fromkeys(RIGHTS.values()), why="each kind has its own, and the worker asks again"
)
def start_export(
    wish: ExportWish, actor: Actor, user_id: str | None, *, title: str = "", now: datetime
) -> Outcome[str]:
    """Let a worker write a file; answers the job's id. Locks nothing. Refuses: forbidden."""
    if not actor.may(RIGHTS[wish.what]):
        return forbidden(RIGHTS[wish.what])
    params = {name: value for name, value in msgspec.to_builtins(wish).items() if value}
    request = StartJob(f"export_{wish.what}", actor, user_id, params=params, title=title)
    (outcome,) = start_jobs([request], now=now)
    if isinstance(outcome, Done):
        asked = {"format": wish.format, **(wish.filter or {})}
        note_export(wish.what, asked, now=now, actor=actor.label)
    return outcome
