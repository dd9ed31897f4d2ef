"""What transitions do beside changing the state: pure changes of an order in work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from laidan.domain.fulfilment.core import Part, Shipment
from laidan.domain.orders.rows import LineRow
from laidan.domain.stock.core import Claim, Shortage
from laidan.domain.stock.rows import Allocation, Movement
from laidan.kernel import money
from laidan.kernel.outcome import Refused, invalid
from laidan.kernel.quantity import format_quantity, parse_quantity
from laidan.usecases.money_effects import capture, owe_refund, refund, withdraw_refunds
from laidan.usecases.order_lines import demands_of_rows, out_of_stock
from laidan.usecases.scene import Effect, Scene
from laidan.usecases.transition_requests import TransitionInputs
from laidan.usecases.working import Work


def release(work: Work, _: TransitionInputs, scene: Scene) -> Refused | None:
    """Give everything back that is reserved."""
    for allocation in work.allocations:
        scene.changes.shelf.balance(allocation.balance_id).reserved -= allocation.quantity
        scene.changes.set_allocation(allocation._replace(state="released", updated_at=scene.now))
    work.allocations = []
    return None


def reserve(work: Work, _: TransitionInputs, scene: Scene) -> Refused | None:
    """Reserve what every line still asks for."""
    return reserve_lines(work, work.lines, scene)


def reserve_lines(work: Work, lines: Sequence[LineRow], scene: Scene) -> Refused | None:
    """Reserve for lines, all or nothing."""
    demands = demands_of_rows(lines, scene.skus)
    if not demands:
        return None
    answer = scene.changes.shelf.reserve(demands, work.shop.locations, scene.mint.new)
    if answer and isinstance(answer[0], Shortage):
        return out_of_stock(answer, scene.skus)
    by_no = {line.line_no: line.id for line in lines}
    claims: list[Claim] = answer  # type: ignore[assignment]  # shortages returned above
    for claim in claims:
        made = Allocation(
            scene.mint.new(), work.row.id, by_no[claim.demand.line_no], claim.balance.id,
            claim.balance.sku_id, claim.balance.location_id, claim.quantity,
            claim.demand.per_unit, "reserved", scene.now, scene.now,
        )  # fmt: skip
        work.allocations = [*work.allocations, made]
        scene.changes.allocations_added[made.id] = made
    return None


def revive(work: Work, _: TransitionInputs, scene: Scene) -> Refused | None:
    """Take the cancellation back, and the refunds that it asked for."""
    work.row = work.row._replace(cancelled_at=None, cancel_reason=None)
    withdraw_refunds(work, scene)
    return None


def ship(work: Work, inputs: TransitionInputs, scene: Scene) -> Refused | None:
    """Hand over the quantities named, or all that is left: consumes the reservation."""
    wanted = _to_ship(work, inputs)
    if isinstance(wanted, Refused):
        return wanted
    missing = _missing(work, wanted, scene)
    if missing is not None:
        return missing
    for line_id, quantity in wanted.items():
        _consume(work, line_id, quantity, scene)
    shipment = Shipment(
        scene.mint.new(), work.row.id, inputs.courier or "", inputs.tracking_no or "", scene.at,
        None, scene.actor.label,
    )  # fmt: skip
    parts = [
        Part(scene.mint.new(), shipment.id, line_id, quantity)
        for line_id, quantity in wanted.items()
    ]
    scene.changes.shipments.append(shipment)
    scene.changes.parts += parts
    work.shipments = [*work.shipments, (shipment, parts)]
    work.lines = [
        line._replace(shipped=line.shipped + wanted.get(line.id, 0)) for line in work.lines
    ]
    row = work.row._replace(units_shipped=work.row.units_shipped + sum(wanted.values()))
    if row.units_shipped >= row.units:
        row = row._replace(shipped_at=scene.at)
    work.row = row
    return None


def grant(work: Work, inputs: TransitionInputs, scene: Scene) -> Refused | None:
    """Hand over at once what needs no parcel: shipped and delivered in one."""
    if work.row.units_shipped < work.row.units:
        refused = ship(work, TransitionInputs(), scene)
        if refused is not None:
            return refused
    return deliver(work, inputs, scene)


def deliver(work: Work, _: TransitionInputs, scene: Scene) -> Refused | None:
    """Mark everything that was shipped as delivered."""
    shipments = []
    for shipment, parts in work.shipments:
        if shipment.delivered_at is None:
            arrived = shipment._replace(delivered_at=scene.at)
            scene.changes.delivered[arrived.id] = arrived
            shipments.append((arrived, parts))
        else:
            shipments.append((shipment, parts))
    work.shipments = shipments
    work.lines = [line._replace(delivered=line.shipped) for line in work.lines]
    row = work.row._replace(units_delivered=work.row.units_shipped)
    if row.units_delivered >= row.units and row.delivered_at is None:
        row = row._replace(delivered_at=scene.at)
    work.row = row
    return None


EFFECTS: dict[str, Effect] = {
    "reserve": reserve,
    "release": release,
    "capture": capture,
    "refund": refund,
    "owe_refund": owe_refund,
    "ship": ship,
    "grant": grant,
    "deliver": deliver,
    "revive": revive,
}


def apply(
    names: Sequence[str], work: Work, inputs: TransitionInputs, scene: Scene
) -> Refused | None:
    """Do effects in turn; return the first refusal."""
    for name in names:
        refused = EFFECTS[name](work, inputs, scene)
        if refused is not None:
            return refused
    return None


# --- parts ----------------------------------------------------------------------------------


def _to_ship(work: Work, inputs: TransitionInputs) -> dict[str, int] | Refused:
    """Return how much of each line goes out, by line id."""
    if inputs.lines is None:
        return {line.id: left for line in work.lines if (left := line.quantity - line.shipped)}
    wanted: dict[str, int] = {}
    for place, asked in enumerate(inputs.lines):
        loc = f"lines[{place}]"
        found = [
            line
            for line in work.lines
            if asked.line == line.id
            or (asked.line is None and asked.line_no == line.line_no)
            or (asked.line is None and asked.line_no is None and asked.sku == line.sku_code)
        ]
        if not found:
            return invalid(loc, "names no line of this order; give line, line_no or sku")
        # Several lines may have one SKU: the first that still has something to go out is meant.
        rests = [line.quantity - line.shipped - wanted.get(line.id, 0) for line in found]
        line, left = next(
            (pair for pair in zip(found, rests, strict=True) if pair[1] > 0), (found[0], rests[0])
        )
        try:
            quantity = (
                left if asked.quantity is None else parse_quantity(asked.quantity, line.decimals)
            )
        except money.NotAnAmountError as error:
            return invalid(f"{loc}.quantity", str(error))
        if not 0 < quantity <= left:
            shown = format_quantity(left, line.decimals)
            return invalid(f"{loc}.quantity", f"must be more than 0 and at most {shown}")
        wanted[line.id] = wanted.get(line.id, 0) + quantity
    return wanted


def _missing(work: Work, wanted: Mapping[str, int], scene: Scene) -> Refused | None:
    """Refuse to hand over what is promised but not there yet (a backorder)."""
    takes: dict[str, int] = {}
    for allocation, quantity in _consumed(work, wanted):
        takes[allocation.balance_id] = takes.get(allocation.balance_id, 0) + quantity
    codes = {sku.id: sku.code for sku in scene.skus.values()}
    codes |= {part.sku_id: part.sku_code for sku in scene.skus.values() for part in sku.components}
    short = [
        Shortage(balance.sku_id, codes[balance.sku_id], quantity, max(0, balance.on_hand))
        for balance_id, quantity in takes.items()
        if (balance := scene.changes.shelf.balance(balance_id)).on_hand < quantity
    ]
    return out_of_stock(short, scene.skus) if short else None


def _consumed(work: Work, wanted: Mapping[str, int]) -> list[tuple[Allocation, int]]:
    """Return how much each allocation gives for the quantities of lines that go out."""
    found = []
    left: dict[tuple[str, str, int], int] = {}
    booked = {line.id for line in work.lines if line.kind == "capacity"}
    for allocation in work.allocations:
        quantity = wanted.get(allocation.line_id, 0)
        if not quantity:
            continue
        if allocation.line_id in booked:
            taken = min(quantity, allocation.quantity)
        else:
            key = (allocation.line_id, allocation.sku_id, allocation.per_unit)
            rest = left.setdefault(key, quantity * allocation.per_unit)
            taken = min(rest, allocation.quantity)
            left[key] = rest - taken
        if taken:
            found.append((allocation, taken))
    return found


def _consume(work: Work, line_id: str, quantity: int, scene: Scene) -> None:
    changes = scene.changes
    for allocation, taken in _consumed(work, {line_id: quantity}):
        balance = changes.shelf.balance(allocation.balance_id)
        balance.reserved -= taken
        balance.on_hand -= taken
        changes.movements.append(
            Movement(
                scene.mint.new(), balance.id, balance.sku_id, balance.location_id, balance.bucket,
                "ship", -taken, "", work.row.order_no, work.row.id, scene.actor.label, scene.at,
            )
        )  # fmt: skip
        kept = allocation.quantity - taken
        shipped = allocation._replace(state="shipped", updated_at=scene.now)
        if kept:
            # The part that went out becomes a row of its own; the claim on the rest stays.
            part = shipped._replace(id=scene.mint.new(), quantity=taken)
            changes.allocations_added[part.id] = part
            rest = allocation._replace(quantity=kept, updated_at=scene.now)
            changes.set_allocation(rest)
            work.allocations = [rest if one.id == rest.id else one for one in work.allocations]
        else:
            changes.set_allocation(shipped)
            work.allocations = [one for one in work.allocations if one.id != shipped.id]
