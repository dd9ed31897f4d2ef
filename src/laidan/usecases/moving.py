"""The pure part of moving stock: what each movement of a batch does to its balances."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from laidan.domain.catalog.core import COUNTED
from laidan.domain.catalog.rows import SkuRow
from laidan.domain.stock.core import Balance, Shelf
from laidan.domain.stock.locations import Location
from laidan.domain.stock.rows import Movement
from laidan.kernel.ids import Mint
from laidan.kernel.money import NotAnAmountError
from laidan.kernel.outcome import Done, Fault, Outcome, Refused, invalid
from laidan.kernel.quantity import format_quantity, parse_quantity
from laidan.usecases.movement_requests import MovementRequest, MoveStock
from laidan.usecases.texts import name_faults, note_faults

ON_HAND_MAX = 10**15
"""The largest quantity that one balance holds, in smallest units."""


@dataclass(frozen=True, slots=True)
class MovementAnswer:
    """The movements made (none where a count found what was known) and the balances after them."""

    document: dict[str, Any]

    @property
    def moved(self) -> bool:
        """Whether anything changed."""
        return bool(self.document["movements"])


@dataclass(frozen=True, slots=True)
class Known:
    """What moving a batch needs to know."""

    skus: Mapping[str, SkuRow]
    locations: Mapping[str, Location]
    shelf: Shelf


@dataclass(slots=True)
class Decision:
    """Outcomes, and the movements that make them true."""

    shelf: Shelf
    outcomes: list[Outcome[MovementAnswer]] = field(default_factory=list)
    movements: list[Movement] = field(default_factory=list)


class Decider:
    """Folds a batch into a decision; issues no query and reads no clock."""

    def __init__(self, known: Known, *, now: datetime, mint: Mint) -> None:
        self._known = known
        self._now = now
        self._mint = mint
        self._decision = Decision(known.shelf)

    def run(self, batch: Sequence[MoveStock]) -> Decision:
        """Return the decision on the batch."""
        for request in batch:
            self._decision.outcomes.append(self._decide(request))
        return self._decision

    def _decide(self, request: MoveStock) -> Outcome[MovementAnswer]:
        wish = request.movement
        sku = self._known.skus.get(wish.sku)
        if sku is None:
            return invalid("sku", f"there is no SKU {wish.sku!r}", "unknown-sku")
        location = self._known.locations.get(wish.location)
        if location is None:
            return _no_location("location", wish.location)
        found = list(_faults(wish, sku))
        quantity = _quantity(wish, sku)
        if isinstance(quantity, Fault):
            found.append(quantity)
        if found or isinstance(quantity, Fault):
            words = "; ".join(f"{fault.loc}: {fault.msg}" for fault in found)
            return Refused("invalid-movement", words, 422, tuple(found))
        if wish.kind == "transfer":
            return self._transfer(request, sku, location, quantity)
        held = self._known.shelf.find(sku.id, location.id, wish.bucket)
        delta = quantity
        if wish.kind == "scrap":
            delta = -quantity
        elif wish.kind == "count":
            delta = quantity - (held.on_hand if held else 0)
        refused = _refusal(held, delta, sku) or _closed(location, delta)
        if refused is not None:
            return refused
        if delta == 0:
            return Done(self._answer(sku, [], [(location, held)] if held else []))
        balance = self._open(sku, location, wish.bucket)
        movement = self._move(request, balance, delta, wish.reference)
        return Done(self._answer(sku, [(location, movement)], [(location, balance)]))

    def _transfer(
        self, request: MoveStock, sku: SkuRow, location: Location, quantity: int
    ) -> Outcome[MovementAnswer]:
        """Take from one place and put to another: two movements with one reference."""
        wish = request.movement
        target = self._known.locations.get(wish.to or "")
        if target is None:
            return _no_location("to", wish.to or "")
        held = self._known.shelf.find(sku.id, location.id, wish.bucket)
        there = self._known.shelf.find(sku.id, target.id, wish.bucket)
        refused = (
            _refusal(held, -quantity, sku)
            or _closed(target, quantity)
            or _refusal(there, quantity, sku)
        )
        if refused is not None:
            return refused
        source = self._open(sku, location, wish.bucket)
        goal = self._open(sku, target, wish.bucket)
        reference = wish.reference or f"transfer {self._mint.new()}"
        moved = [
            (location, self._move(request, source, -quantity, reference)),
            (target, self._move(request, goal, quantity, reference)),
        ]
        return Done(self._answer(sku, moved, [(location, source), (target, goal)]))

    def _open(self, sku: SkuRow, location: Location, bucket: str) -> Balance:
        return self._known.shelf.open(
            (sku.id, location.id, bucket),
            safety=sku.safety,
            backorder=sku.backorder,
            new_id=self._mint.new,
        )

    def _move(self, request: MoveStock, balance: Balance, delta: int, reference: str) -> Movement:
        balance.on_hand += delta
        movement = Movement(
            id=self._mint.new(),
            balance_id=balance.id,
            sku_id=balance.sku_id,
            location_id=balance.location_id,
            bucket=balance.bucket,
            kind=request.movement.kind,
            delta=delta,
            reason=request.movement.reason,
            reference=reference,
            order_id=None,
            actor=request.actor.label,
            at=self._now,
        )
        self._decision.movements.append(movement)
        return movement

    def _answer(
        self,
        sku: SkuRow,
        moved: Sequence[tuple[Location, Movement]],
        balances: Sequence[tuple[Location, Balance]],
    ) -> MovementAnswer:
        return MovementAnswer(
            {
                "movements": [movement_document(row, sku, place) for place, row in moved],
                "balances": [balance_document(row, sku, place) for place, row in balances],
            }
        )


def movement_document(row: Movement, sku: SkuRow, location: Location) -> dict[str, Any]:
    """Return a movement as a document; its quantity is what it added."""
    return {
        "id": row.id,
        "kind": row.kind,
        "sku": sku.code,
        "location": location.code,
        "bucket": row.bucket,
        "quantity": format_quantity(row.delta, sku.decimals),
        "reason": row.reason,
        "reference": row.reference,
        "order_id": row.order_id,
        "by": row.actor,
        "at": row.at.isoformat(),
    }


def balance_document(row: Balance, sku: SkuRow, location: Location) -> dict[str, Any]:
    """Return a balance as a document, in the SKU's unit."""
    figures = {name: getattr(row, name) for name in ("on_hand", "reserved", "available", "safety")}
    return {
        "sku": sku.code,
        "name": sku.name,
        "unit": sku.unit,
        "location": location.code,
        "bucket": row.bucket,
        **{name: format_quantity(value, sku.decimals) for name, value in figures.items()},
        "backorder": row.backorder,
    }


def _faults(wish: MovementRequest, sku: SkuRow) -> Iterator[Fault]:
    if sku.kind not in COUNTED:
        yield Fault("sku", f"{sku.code} is of kind {sku.kind}: there is no stock of it")
    elif sku.kind == "capacity" and not _is_day(wish.bucket):
        yield Fault("bucket", f"{sku.code} is booked by day: give a day such as 2026-11-22")
    if wish.bucket:
        yield from name_faults(wish.bucket, "bucket")
    for name in ("reason", "reference"):
        yield from note_faults(getattr(wish, name), name)
    if wish.kind == "transfer":
        if wish.to is None:
            yield Fault("to", "say where the transfer goes")
        elif wish.to == wish.location:
            yield Fault("to", "is where it is already")
    elif wish.to is not None:
        yield Fault("to", "only a transfer goes anywhere")


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _quantity(wish: MovementRequest, sku: SkuRow) -> int | Fault:
    try:
        quantity = parse_quantity(wish.quantity, sku.decimals)
    except NotAnAmountError as error:
        return Fault("quantity", str(error))
    if wish.kind == "adjust":
        return quantity or Fault("quantity", "must not be 0")
    if wish.kind == "count":
        return quantity if quantity >= 0 else Fault("quantity", "must not be negative")
    return quantity if quantity > 0 else Fault("quantity", "must be more than 0")


def _refusal(held: Balance | None, delta: int, sku: SkuRow) -> Refused | None:
    """Refuse what the balance cannot bear: less than nothing, or less than is promised."""
    on_hand, reserved = (held.on_hand, held.reserved) if held else (0, 0)
    if on_hand + delta > ON_HAND_MAX:
        return invalid("quantity", "there would be more than one place can hold")
    if delta >= 0:
        return None
    said = {
        "sku": sku.code,
        "wanted": format_quantity(-delta, sku.decimals),
        "on_hand": format_quantity(on_hand, sku.decimals),
        "reserved": format_quantity(reserved, sku.decimals),
    }
    if on_hand + delta < 0:
        return Refused(
            "out-of-stock",
            f"{sku.code}: {said['wanted']} wanted, {said['on_hand']} on hand.",
            extra={"shortages": [said | {"available": said["on_hand"]}]},
        )
    if on_hand + delta < reserved and not (held and held.backorder):
        free = format_quantity(on_hand - reserved, sku.decimals)
        return Refused(
            "stock-reserved",
            f"{sku.code}: {said['wanted']} wanted, but of {said['on_hand']} on hand "
            f"{said['reserved']} are reserved for orders.",
            extra={"shortages": [said | {"available": free}]},
        )
    return None


def _closed(location: Location, delta: int) -> Refused | None:
    """Refuse to put anything into a place that is not used any more."""
    if delta > 0 and not location.is_active:
        return Refused("location-closed", f"The location {location.code} takes nothing in.")
    return None


def _no_location(loc: str, code: str) -> Refused:
    return invalid(loc, f"there is no location {code!r}", "unknown-location")
