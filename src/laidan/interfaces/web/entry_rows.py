"""The lines of an order as rows of a form: read, priced, shown again, and where they are wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext

from laidan.blueprints.model import FieldSpec
from laidan.insights.order_entry import Offer
from laidan.interfaces.web import field_inputs
from laidan.interfaces.web.field_inputs import FieldInput
from laidan.kernel.outcome import Fault
from laidan.usecases.order_requests import LineRequest

ROWS_MAX = 200
_KEY = re.compile(r"[0-9a-z-]{1,36}\Z")
_PLACE = re.compile(r"lines\[(\d+)\](?:\.(.*))?\Z")
_MARKS = str.maketrans("", "", ", ¥\u00a0")
NAMES = {"unit_price": "price", "discount": "less", "from": "from", "until": "until"}
"""What a line's values are called in the form, where it is another word."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it was typed."""

    key: str
    sku: str
    quantity: str
    price: str = ""
    less: str = ""
    starts: str = ""
    ends: str = ""
    own: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row as the form shows it: what was typed, what the shop offers, what is wrong."""

    row: Row
    offer: Offer | None
    fields: Sequence[FieldInput]
    faults: Mapping[str, str]
    title: str = ""
    amount: str = ""
    shipped: str = ""

    @property
    def is_booked(self) -> bool:
        """Whether the line is booked by day."""
        return self.offer is not None and self.offer.kind == "capacity"


def read_rows(given: Mapping[str, str], keys: Sequence[str]) -> list[Row]:
    """Return the rows of a form; `keys` name them in their order."""
    return [
        Row(
            key,
            given.get(f"sku-{key}", "").strip()[:60],
            given.get(f"quantity-{key}", "").strip(),
            given.get(f"price-{key}", "").strip(),
            given.get(f"less-{key}", "").strip(),
            given.get(f"from-{key}", "").strip(),
            given.get(f"until-{key}", "").strip(),
            {
                name.removeprefix(f"attr-{key}-"): value
                for name, value in given.items()
                if name.startswith(f"attr-{key}-")
            },
        )
        for key in keys[:ROWS_MAX]
        if _KEY.match(key)
    ]


def typed(rows: Sequence[Row]) -> dict[str, str]:
    """Return rows as the fields of a form."""
    values = {}
    for row in rows:
        parts = {
            "sku": row.sku, "quantity": row.quantity, "price": row.price, "less": row.less,
            "from": row.starts, "until": row.ends,
            **{f"attr-{row.key}-{code}": value for code, value in row.own.items()},
        }  # fmt: skip
        for name, value in parts.items():
            values[name if name.startswith("attr-") else f"{name}-{row.key}"] = value
    return values


def add(rows: Sequence[Row], codes: Sequence[str]) -> tuple[list[Row], list[str]]:
    """Return rows with one more of each SKU, and the keys of those that were there already."""
    found, raised = list(rows), []
    for code in codes:
        place = next((at for at, row in enumerate(found) if row.sku == code), None)
        plain = place is not None and found[place].quantity.isdecimal() and not found[place].starts
        if place is not None and plain:
            more = str(int(found[place].quantity) + 1)
            found[place] = replace(found[place], quantity=more)
            raised.append(found[place].key)
        elif len(found) < ROWS_MAX:
            found.append(Row(new_key(found), code, "1"))
    return found, raised


def new_key(rows: Sequence[Row]) -> str:
    """Return a key that no row has."""
    numbers = [int(row.key[1:]) for row in rows if row.key[:1] == "n" and row.key[1:].isdecimal()]
    return f"n{max(numbers, default=0) + 1}"


def request_of(row: Row, specs: Mapping[str, FieldSpec]) -> LineRequest:
    """Return what a row asks for."""
    values, _ = field_inputs.read(specs, own_values(row), _own(row))
    return LineRequest(
        sku=row.sku or "-",
        quantity=row.quantity or "0",
        unit_price=amount(row.price) or None,
        discount=amount(row.less) or "0",
        attributes=values,
        from_=row.starts or None,
        until=row.ends or None,
    )


def own_values(row: Row) -> dict[str, str]:
    """Return what was typed into the fields that the order type adds to lines."""
    return {_own(row) + code: value for code, value in row.own.items()}


def amount(text: str) -> str:
    """Return an amount without the marks that people type into it."""
    return text.translate(_MARKS)[:40]


def faults_of(faults: Sequence[Fault], rows: Sequence[Row]) -> dict[str, str]:
    """Return faults of lines by the form's field."""
    found: dict[str, str] = {}
    for fault in faults:
        place = _PLACE.match(fault.loc)
        if place is None or int(place[1]) >= len(rows):
            continue
        row, name = rows[int(place[1])], place[2] or "quantity"
        if not name.startswith("attributes"):
            name = NAMES.get(name, name)
            found.setdefault(f"{name}-{row.key}", said(name))
    return found


def said(name: str) -> str:
    """Return what to type instead into a field of a line."""
    sentences = {
        "sku": gettext("There is no such SKU, or it is not sold any more."),
        "quantity": gettext("Type a quantity more than 0, such as 2."),
        "price": gettext("Type a price such as 128.50."),
        "less": gettext("Type an amount such as 5.00, no more than the line costs."),
        "from": gettext("Type the first and the last day, such as 2026-11-22."),
        "until": gettext("Type a date such as 2026-11-22."),
    }
    return sentences.get(name, gettext("This cannot be used."))


@dataclass(frozen=True, slots=True)
class Look:
    """How rows are shown: the order type's own fields, the language, what is wrong by field.

    `documents` has lines that are in an order already, by key.
    """

    specs: Mapping[str, FieldSpec]
    language: str
    faults: Mapping[str, str] = field(default_factory=dict)
    documents: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def shown(rows: Sequence[Row], offers: Mapping[str, Offer], look: Look) -> list[ShownRow]:
    """Return rows to show."""
    known, faults = look.documents, look.faults
    return [
        ShownRow(
            row=row,
            offer=offers.get(row.sku),
            fields=field_inputs.inputs(
                look.specs, own_values(row), _own(row), look.language, faults
            ),
            faults={
                name.removesuffix(f"-{row.key}"): text
                for name, text in faults.items()
                if name.endswith(f"-{row.key}")
            },
            title=str(known.get(row.key, {}).get("title", "")),
            shipped=str(known.get(row.key, {}).get("shipped", "")),
        )
        for row in rows
    ]


def own_faults(rows: Sequence[Row], specs: Mapping[str, FieldSpec]) -> dict[str, str]:
    """Return what is wrong in the fields that the order type adds to lines."""
    found: dict[str, str] = {}
    for row in rows:
        found |= field_inputs.read(specs, own_values(row), _own(row))[1]
    return found


def _own(row: Row) -> str:
    return f"attr-{row.key}-"
