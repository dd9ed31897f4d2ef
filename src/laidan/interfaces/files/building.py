"""From the rows of one order to a draft of it; what does not fit is said, not mended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TypeVar, cast

from laidan.interfaces.files.binding import Problem, Values
from laidan.interfaces.files.cells import Formats, Kind, parser
from laidan.interfaces.files.delimited import raw_text
from laidan.interfaces.files.drafts import (
    ZERO,
    DraftAddress,
    DraftCustomer,
    DraftHistory,
    DraftOrder,
    DraftPayment,
    DraftRefund,
    Flag,
    Source,
)
from laidan.interfaces.files.faults import BadCellError, RowError
from laidan.interfaces.files.lines import Located, build_line
from laidan.interfaces.files.schema import ORDERS

T = TypeVar("T")
CANCELLED_BUT_PAID = "cancelled-but-paid"
"""The flag of cancelled orders that keep money: the file names no refund, so nobody owes one."""


def build_order(group: Sequence[Located]) -> DraftOrder | list[RowError]:
    """Return the order that the rows tell, or an error for each of the rows."""
    head = group[0]
    values, problems = head.binding.read(head.row, head.binding.order)
    for name in ("external_no", "placed_at", "currency"):
        if values.get(name) is None and not problems:
            problems.append(Problem("missing-value", f"{name} is empty"))
    found: dict[int, list[Problem]] = {0: problems} if problems else {}
    lines, flags = [], _disagreements(group, values)
    for index, at in enumerate(group):
        line, wrong = build_line(at, str(values.get("currency") or ""))
        if wrong:
            found.setdefault(index, []).extend(wrong)
        elif line is not None:
            lines.append(line)
    if found:
        return _refusals(group, found, str(values.get("external_no") or ""))
    try:
        draft = _order(values, head, len(group))
    except BadCellError as error:
        return _refusals(group, {0: [Problem(error.code, error.reason)]}, "")
    return replace(draft, lines=tuple(lines), flags=(*draft.flags, *flags))


def finish(draft: DraftOrder) -> DraftOrder | RowError:
    """Check what every order must keep, and flag money that the parts do not come to."""
    for line in draft.lines:
        if line.quantity <= 0:
            return refuse(draft, "quantity-not-positive", f"{line.sku}: quantity {line.quantity}")
        if line.unit_price is not None and line.unit_price < 0:
            return refuse(draft, "negative-price", f"{line.sku}: price {line.unit_price}")
    found = []
    is_priced = all(line.exact is not None for line in draft.lines)
    if is_priced and draft.total is not None and draft.total != draft.total_amount():
        detail = f"the file says {draft.total}, the parts come to {draft.total_amount()}"
        found.append(Flag("total-differs", detail))
    kept = draft.paid_amount() - draft.refunded_amount()
    if kept < 0:
        return refuse(draft, "refund-exceeds-payment", f"{-kept} more refunded than paid")
    if draft.history.state == "cancelled" and kept > 0:
        found.append(Flag(CANCELLED_BUT_PAID, f"cancelled, yet {kept} was not refunded"))
    # An export brings the flags along that the first import found.
    known = {flag.code for flag in draft.flags}
    new = (flag for flag in found if flag.code not in known)
    return replace(draft, flags=(*draft.flags, *new))


def refuse(draft: DraftOrder, code: str, reason: str, *, left_out: bool = False) -> RowError:
    """Return the error that stands for a whole order."""
    source = draft.source
    if source.rows > 1:
        reason = f"{reason} (an order of {source.rows} rows)"
    return RowError(
        source.file, source.row, code, reason, source.sheet, draft.external_no, left_out=left_out
    )


def _disagreements(group: Sequence[Located], first: Values) -> list[Flag]:
    """Flag each field of the order that is not the same on all its rows; the first one counts."""
    seen: dict[str, list[str]] = {}
    head = group[0]
    texts = None
    for at in group[1:]:
        if at.binding is head.binding:
            if texts is None:
                texts = _texts(head)
            if _texts(at) == texts:
                continue
        values, _ = at.binding.read(at.row, at.binding.order)
        for name, value in values.items():
            if value is not None and value != first.get(name):
                seen.setdefault(name, [_shown(first.get(name))]).append(_shown(value))
    return [
        Flag(
            "several-timestamps" if ORDERS[name].kind is Kind.INSTANT else "rows-disagree",
            f"{name}: {', '.join(dict.fromkeys(shown))[:300]}",
        )
        for name, shown in seen.items()
        if name in ORDERS
    ]


def _texts(at: Located) -> list[str]:
    return [at.row.cells[index] for reader in at.binding.order for index in reader.indexes]


def _shown(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _refusals(
    group: Sequence[Located], found: dict[int, list[Problem]], external_no: str
) -> list[RowError]:
    """Return an error for each row: its own, or that another row of its order has one."""
    culprit = group[min(found)].row.number
    other = Problem("order-refused", f"row {culprit} of the same order cannot be read")
    return [
        RowError(
            at.file, at.row.number, problem.code, problem.reason, at.sheet, external_no,
            raw_text(at.row.cells),
        )
        for index, at in enumerate(group)
        for problem in found.get(index, [other])
    ]  # fmt: skip


def _order(values: Values, head: Located, rows: int) -> DraftOrder:
    return DraftOrder(
        external_no=_text(values, "external_no"),
        placed_at=cast(datetime, values["placed_at"]),
        currency=_text(values, "currency"),
        source=Source(head.file, head.row.number, head.sheet, rows),
        shop=_text(values, "shop"),
        type=_text(values, "type"),
        order_no=_text(values, "order_no"),
        priority=_text(values, "priority"),
        customer=_part(DraftCustomer, values, "customer."),
        ship_to=_part(DraftAddress, values, "ship_to."),
        discount=cast("Decimal | None", values.get("discount")) or ZERO,
        shipping_fee=cast("Decimal | None", values.get("shipping_fee")) or ZERO,
        total=cast("Decimal | None", values.get("total")),
        payments=_payments(values),
        refunds=_refunds(values),
        history=_part(DraftHistory, values, "") or DraftHistory(),
        buyer_note=_text(values, "buyer_note"),
        seller_note=_text(values, "seller_note"),
        tags=cast("tuple[str, ...] | None", values.get("tags")) or (),
        fields=_open(values, "fields", "fields."),
        extra={name: str(value) for name, value in _open(values, "", "extra.").items()},
        flags=tuple(
            Flag(str(flag["code"]), str(flag["detail"])) for flag in _objects(values, "flags")
        ),
    )


def _text(values: Values, name: str) -> str:
    value = values.get(name)
    return "" if value is None else str(value)


def _part(kind: type[T], values: Values, prefix: str) -> T | None:
    """Fill a part of the order from the fields that bear its names; None where all are empty."""
    names: Iterable[str] = kind.__dataclass_fields__  # type: ignore[attr-defined]  # T is a dataclass
    found = {name: values[prefix + name] for name in names if values.get(prefix + name) is not None}
    return kind(**found) if found else None


def _open(values: Values, whole: str, prefix: str) -> dict[str, object]:
    found = dict(cast("dict[str, object]", values.get(whole) or {}))
    for name, value in values.items():
        if name.startswith(prefix) and value is not None:
            found[name.removeprefix(prefix)] = value
    return found


def _objects(values: Values, name: str) -> list[dict[str, object]]:
    found = values.get(name) or []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise BadCellError("not-json", f"{name}: the cell should hold a list of objects")
    return found


def _payments(values: Values) -> tuple[DraftPayment, ...]:
    found = [
        DraftPayment(
            provider=_text(item, "provider"),
            reference=_text(item, "reference"),
            amount=cast(Decimal, _item(item, "amount", Kind.MONEY) or ZERO),
            at=cast("datetime | None", _item(item, "at", Kind.INSTANT)),
        )
        for item in _objects(values, "payments")
    ]
    amount = cast("Decimal | None", values.get("paid.amount"))
    if amount:
        found.append(
            DraftPayment(
                provider=_text(values, "paid.provider"),
                reference=_text(values, "paid.reference"),
                amount=amount,
                at=cast("datetime | None", values.get("paid.at") or values.get("paid_at")),
            )
        )
    return tuple(found)


def _refunds(values: Values) -> tuple[DraftRefund, ...]:
    found = [
        DraftRefund(
            reference=_text(item, "reference"),
            amount=cast(Decimal, _item(item, "amount", Kind.MONEY) or ZERO),
            at=cast("datetime | None", _item(item, "at", Kind.INSTANT)),
            reason=_text(item, "reason"),
            provider=_text(item, "provider"),
        )
        for item in _objects(values, "refunds")
    ]
    amount = cast("Decimal | None", values.get("refunded.amount"))
    if amount:
        found.append(
            DraftRefund(
                reference=_text(values, "refunded.reference"),
                amount=amount,
                at=cast("datetime | None", values.get("refunded.at")),
                reason=_text(values, "refunded.reason"),
            )
        )
    return tuple(found)


def _item(item: Values, name: str, kind: Kind) -> object:
    """Read one member of a JSON object in a cell; times in it always name their offset."""
    text = _text(item, name)
    return _ITEM_PARSERS[kind](text) if text else None


_ITEM_PARSERS = {kind: parser(kind, Formats()) for kind in (Kind.MONEY, Kind.INSTANT)}
