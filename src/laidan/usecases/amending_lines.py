"""Adding, changing and removing an order's lines: priced anew, the difference re-reserved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from laidan.domain.catalog.core import Sku
from laidan.domain.orders import core as orders
from laidan.domain.orders.rows import LineRow
from laidan.kernel import money
from laidan.kernel.outcome import Fault, Refused, invalid
from laidan.usecases import order_lines
from laidan.usecases.effects import reserve_lines
from laidan.usecases.order_requests import LineRequest
from laidan.usecases.scene import Scene
from laidan.usecases.transition_requests import AmendOrder, ChangeLine, LineChanges, WantedLine
from laidan.usecases.working import Work

_encode = msgspec.json.Encoder().encode


def amend_lines(work: Work, changes: AmendOrder, scene: Scene) -> Refused | None:
    """Change lines, discount and freight; the order adds up again and holds what it needs."""
    before = work.lines
    wanted = _as_changes(work, changes)
    if isinstance(wanted, Refused):
        return wanted
    lines = _changed(work, wanted, scene.skus)
    if isinstance(lines, Refused):
        return lines
    added = _added(work, wanted.add, lines, scene)
    if isinstance(added, Refused):
        return added
    lines = [*lines, *added]
    if not lines:
        return invalid("lines", "an order keeps at least one line; cancel it instead")
    if len(lines) > orders.LINES_MAX:
        return invalid("lines", f"an order has at most {orders.LINES_MAX} lines")
    refused = _add_up(work, lines, changes)
    if refused is not None:
        return refused
    scene.changes.lines_removed += wanted.remove
    return _reserve_difference(work, before, scene)


def _as_changes(work: Work, changes: AmendOrder) -> LineChanges | Refused:
    """Return what to add, change and remove, also where the whole list of lines was sent."""
    if changes.lines is msgspec.UNSET:
        return LineChanges()
    if isinstance(changes.lines, LineChanges):
        return changes.lines
    return _compared(work, changes.lines)


def _compared(work: Work, wanted: Sequence[WantedLine]) -> LineChanges | Refused:
    add, change, met = [], [], set()
    for place, line in enumerate(wanted):
        known = [
            one
            for one in work.lines
            if one.id not in met
            and (line.id == one.id if line.id else line.sku == one.sku_code and not line.from_)
        ]
        if known:
            met.add(known[0].id)
            change.append(
                ChangeLine(
                    known[0].id, line.quantity, line.unit_price, line.discount, line.tax,
                    line.title, line.attributes,
                )
            )  # fmt: skip
        elif line.id is not None or line.sku is None:
            return invalid(f"lines[{place}]", "names no line of this order; give id or sku")
        else:
            add.append(
                LineRequest(
                    sku=line.sku,
                    quantity=1 if line.quantity is None else line.quantity,
                    unit_price=line.unit_price,
                    discount=line.discount or "0",
                    tax=line.tax or "0",
                    title=line.title or "",
                    attributes=line.attributes or {},
                    from_=line.from_,
                    until=line.until,
                )
            )
    remove = [one.id for one in work.lines if one.id not in met]
    return LineChanges(add, change, remove)


def _changed(work: Work, wanted: LineChanges, skus: Mapping[str, Sku]) -> list[LineRow] | Refused:
    """Return the lines that stay, with their changes."""
    by_id = {line.id: line for line in work.lines}
    named = [change.line for change in wanted.change] + wanted.remove
    for line_id in named:
        if line_id not in by_id:
            return invalid("lines", f"{line_id!r} is no line of this order")
    if len(set(named)) < len(named):
        return invalid("lines", "a line is named twice")
    for line_id in wanted.remove:
        if by_id[line_id].shipped:
            return invalid("lines.remove", f"{line_id} was shipped (in part) already")
        del by_id[line_id]
    found: list[Fault] = []
    for place, change in enumerate(wanted.change):
        line = by_id[change.line]
        request = _request(line, change, work.row.currency)
        priced = order_lines.price_line(
            request, place, skus[line.sku_code], work.shop, work.blueprint
        )
        if isinstance(priced, list):
            found += priced
        elif priced.quantity < line.shipped:
            found.append(Fault(f"lines.change[{place}].quantity", "is less than was shipped"))
        else:
            by_id[line.id] = line._replace(
                title=priced.title, quantity=priced.quantity,
                unit_price_micro=priced.unit_price_micro, goods_minor=priced.goods,
                own_discount_minor=priced.discount, tax_minor=priced.tax,
                attributes=priced.attributes,
            )  # fmt: skip
    return order_lines.refused(found) if found else list(by_id.values())


def _request(line: LineRow, change: ChangeLine, currency: str) -> LineRequest:
    """Return the line as it would be asked for anew: what does not change keeps its price."""
    quantity = money.format_scaled(line.quantity, line.decimals)
    return LineRequest(
        sku=line.sku_code,
        quantity=quantity if change.quantity is None else change.quantity,
        unit_price=change.unit_price or money.format_scaled(line.unit_price_micro, money.MICRO),
        discount=change.discount or money.format_minor(line.own_discount_minor, currency),
        tax=change.tax or money.format_minor(line.tax_minor, currency),
        title=line.title if change.title is None else change.title,
        attributes=msgspec.json.decode(line.attributes)
        if change.attributes is None
        else change.attributes,
        from_=line.starts,
        until=line.ends,
    )


def _added(
    work: Work, requests: Sequence[LineRequest], kept: Sequence[LineRow], scene: Scene
) -> list[LineRow] | Refused:
    if not requests:
        return []
    priced = order_lines.price_lines(requests, scene.skus, work.shop, work.blueprint)
    if isinstance(priced, Refused):
        return priced
    # Numbers are not used again, so that what was said of a line stays true.
    first = max([line.line_no for line in (*work.lines, *kept)], default=0) + 1
    return [
        LineRow(
            scene.mint.new(), work.row.id, number, line.sku.id, line.sku.code, line.sku.kind,
            line.title, line.quantity, line.sku.decimals, line.unit_price_micro, line.goods,
            line.discount, 0, 0, line.tax, 0, 0, 0, line.starts, line.ends, line.attributes,
            work.row.placed_at,
        )
        for number, line in enumerate(priced, first)
    ]  # fmt: skip


def _add_up(work: Work, lines: Sequence[LineRow], changes: AmendOrder) -> Refused | None:
    row = work.row
    currency = row.currency
    own = sum(line.own_discount_minor for line in work.lines)
    try:
        discount = (
            row.discount_minor - own
            if changes.discount is msgspec.UNSET
            else money.parse_minor(changes.discount, currency)
        )
        shipping = (
            row.shipping_minor
            if changes.shipping_fee is msgspec.UNSET
            else money.parse_minor(changes.shipping_fee, currency)
        )
        amounts = orders.add_up(
            [line.goods_minor for line in lines],
            [line.own_discount_minor for line in lines],
            [line.tax_minor for line in lines],
            discount=discount,
            shipping=shipping,
        )
    except orders.AmountError as error:
        return order_lines.refused([Fault(error.loc, error.msg)])
    except money.NotAnAmountError as error:
        return order_lines.refused([Fault("discount or shipping_fee", str(error))])
    work.lines = [
        line._replace(
            goods_minor=part.goods, own_discount_minor=part.own_discount,
            discount_minor=part.discount, shipping_minor=part.shipping, tax_minor=part.tax,
            total_minor=part.total,
        )
        for line, part in zip(lines, amounts.lines, strict=True)
    ]  # fmt: skip
    work.row = row._replace(
        goods_minor=amounts.goods,
        discount_minor=amounts.discount,
        shipping_minor=amounts.shipping,
        tax_minor=amounts.tax,
        total_minor=amounts.total,
        units=sum(line.quantity for line in lines),
        line_count=len(lines),
    )
    return None


def _reserve_difference(work: Work, before: Sequence[LineRow], scene: Scene) -> Refused | None:
    """Give back what is needed less, then reserve what is needed more."""
    if "reserve" not in work.blueprint.placing_effects or work.row.category == "cancelled":
        return None
    now_by_id = {line.id: line for line in work.lines}
    more = []
    old = {line.id: line for line in before}
    for line in before:
        left = now_by_id.get(line.id)
        less = line.quantity - (left.quantity if left else 0)
        if less > 0:
            _release(work, line, less, scene)
    for line in work.lines:
        extra = line.quantity - (old[line.id].quantity if line.id in old else 0)
        if extra > 0:
            more.append(line._replace(quantity=extra, shipped=0))
    return reserve_lines(work, more, scene) if more else None


def _release(work: Work, line: LineRow, less: int, scene: Scene) -> None:
    """Release `less` units of a line, the latest claims first."""
    rest: dict[str, int] = {}
    kept = []
    for allocation in reversed(work.allocations):
        if allocation.line_id != line.id:
            kept.append(allocation)
            continue
        # A booked day is a claim of its own; other claims on one SKU share what is given back.
        key = allocation.id if line.kind == "capacity" else allocation.sku_id
        wanted = rest.setdefault(key, less * allocation.per_unit)
        given = min(wanted, allocation.quantity)
        rest[key] = wanted - given
        scene.changes.shelf.balance(allocation.balance_id).reserved -= given
        if given == allocation.quantity:
            scene.changes.set_allocation(
                allocation._replace(state="released", updated_at=scene.now)
            )
        else:
            left = allocation._replace(quantity=allocation.quantity - given, updated_at=scene.now)
            kept.append(left)
            if given:
                scene.changes.set_allocation(left)
    work.allocations = list(reversed(kept))
