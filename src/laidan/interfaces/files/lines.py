"""One row's line: its quantity, its price and what they come to."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal, localcontext
from typing import cast

from laidan.interfaces.files.binding import Binding, Problem, Values
from laidan.interfaces.files.delimited import Row
from laidan.interfaces.files.drafts import ZERO, DraftLine, product, rounded
from laidan.interfaces.files.faults import BadCellError
from laidan.kernel import money


@dataclass(frozen=True, slots=True)
class Located:
    """A row with the table it stands in."""

    binding: Binding
    file: str
    sheet: str
    row: Row


def build_line(at: Located, currency: str) -> tuple[DraftLine | None, list[Problem]]:
    """Return the row's line, or nothing where the row has none, or what is wrong with it."""
    values, problems = at.binding.read(at.row, at.binding.line)
    if problems:
        return None, problems
    constants = at.binding.mapping.constants
    is_blank = all(value is None for name, value in values.items() if name not in constants)
    if is_blank and "line.sku" not in constants:
        return None, []
    lacking = [name for name in ("line.sku", "line.quantity") if values.get(name) is None]
    if lacking:
        return None, [Problem("missing-value", f"{' and '.join(lacking)} is empty")]
    try:
        return _priced_line(values, at, currency), []
    except BadCellError as error:
        return None, [Problem(error.code, error.reason)]


def _priced_line(values: Values, at: Located, currency: str) -> DraftLine:
    quantity = cast(Decimal, values["line.quantity"])
    unit_price = cast("Decimal | None", values.get("line.unit_price"))
    amount = cast("Decimal | None", values.get("line.amount"))
    discount = cast("Decimal | None", values.get("line.discount")) or ZERO
    exact, surplus = amount, ZERO
    if unit_price is not None:
        exact = product(quantity, unit_price)
    elif amount is not None:
        unit_price, surplus = unit_price_of(amount, quantity, currency)
    sku = _text(values, "line.sku")
    attributes = dict(cast("dict[str, object]", values.get("line.attributes") or {}))
    prefix = "line.attributes."
    for name, value in values.items():
        if name.startswith(prefix) and value is not None:
            attributes[name.removeprefix(prefix)] = value
    return DraftLine(
        sku=sku,
        title=_text(values, "line.title") or sku,
        quantity=quantity,
        unit_price=unit_price,
        exact=exact,
        discount=discount + surplus,
        surplus=surplus,
        tax=cast("Decimal | None", values.get("line.tax")) or ZERO,
        kind=_text(values, "line.kind") or "goods",
        starts=_text(values, "line.from"),
        ends=_text(values, "line.until"),
        attributes=attributes,
        row=at.row.number,
    )


def unit_price_of(amount: Decimal, quantity: Decimal, currency: str) -> tuple[Decimal, Decimal]:
    """Return the unit price that a line's amount means, and a discount for what cannot divide.

    The price has at most 6 decimals. Where quantity × price would round to another amount, the
    price is rounded up and the surplus of a few minor units is the line's discount.
    """
    if quantity == 0:
        raise BadCellError("quantity-not-positive", "an amount for a quantity of 0")
    step = Decimal(1).scaleb(-money.MICRO)
    with localcontext() as context:
        context.prec = 60
        price = (amount / quantity).quantize(step)
        due = rounded(amount, currency)
        if rounded(quantity * price, currency) == due:
            return price.normalize() + ZERO, ZERO
        price = (amount / quantity).quantize(step, rounding=ROUND_CEILING)
        return price, rounded(quantity * price, currency) - due


def _text(values: Values, name: str) -> str:
    value = values.get(name)
    return "" if value is None else str(value)
