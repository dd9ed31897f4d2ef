"""What commands that change orders share: undoing, refusing, and the event that restates."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime

import msgspec

from laidan.domain.orders.rows import OrderRow
from laidan.domain.stock.core import Shelf
from laidan.engine import events
from laidan.engine.sealing import Keyring
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Refused
from laidan.usecases.answers import NO_CONTACT, Happening, OrderAnswer, event_payload
from laidan.usecases.working import Changes, Work

_encode = msgspec.json.Encoder().encode


def restate(  # noqa: PLR0913 - the order, what it was, and who says what
    work: Work,
    before: OrderRow,
    changes: Changes,
    *,
    keys: Keyring,
    mint: Mint,
    now: datetime,
    told: Happening,
) -> OrderAnswer:
    """Append the event of what happened to the order's chain; answer with it."""
    version = before.version + 1
    work.row = work.row._replace(version=version, updated_at=now)
    document = _encode(work.document())
    made = events.chained(
        id=mint.new(),
        subject_id=work.row.id,
        subject_kind="order",
        seq=version,
        previous_hash=before.event_hash,
        type=told.type,
        at=now,
        actor=told.actor,
        payload=event_payload(told, before.state, work.row.state, document),
        sealed=work.row.contact_sealed,
    )
    work.row = work.row._replace(event_hash=made.hash)
    changes.events.append(made)
    sealed = work.row.contact_sealed
    contact = keys.unseal(sealed, work.row.id).encode() if sealed else NO_CONTACT
    return OrderAnswer(
        work.row.id, work.row.order_no, version, document, contact, work.blueprint.key,
        work.standing(now),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """An order and its balances as they were before a transition's effects."""

    work: Work
    balances: dict[str, tuple[int, int]]
    opened: int

    @classmethod
    def of(cls, work: Work, shelf: Shelf) -> Kept:
        """Remember an order in work and the balances that it claims."""
        held = shelf.held({one.balance_id for one in work.allocations})
        return cls(replace(work), held, len(shelf.added))

    def restore(self, work: Work, changes: Changes) -> None:
        """Undo the effects that came before the one that refused."""
        for one in fields(Work):
            setattr(work, one.name, getattr(self.work, one.name))
        for id_, (on_hand, reserved) in self.balances.items():
            balance = changes.shelf.balance(id_)
            balance.on_hand, balance.reserved = on_hand, reserved
        for made in changes.allocations_added.values():
            if made.balance_id not in self.balances and made.state == "reserved":
                changes.shelf.balance(made.balance_id).reserved -= made.quantity
        changes.shelf.forget_added(self.opened)


def not_found(name: str) -> Refused:
    """Return the refusal of an order that is not there."""
    return Refused("not-found", f"There is no order {name[:40]!r}.", 404)


def version_conflict(now: int, seen: int) -> Refused:
    """Return the refusal of a change that was decided on an older version."""
    return Refused(
        "version-conflict",
        f"The order is at version {now}, not {seen} any more: read it again before changing it.",
        412,
        extra={"version": now},
    )
