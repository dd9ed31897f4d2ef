"""The form of an order's lines: what stood in it, what was typed, and what that changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext

from laidan.blueprints.model import Blueprint
from laidan.insights.order_documents import ShownOrder
from laidan.interfaces.web import acts, entry_rows, field_inputs
from laidan.interfaces.web.entry_rows import Row
from laidan.kernel.outcome import Refused
from laidan.usecases.transition_requests import AmendOrder, ChangeLine, LineChanges

WAS = "was-"
SUMS = ("discount", "shipping_fee")


@dataclass(frozen=True, slots=True)
class LinesForm:
    """Rows as typed, the lines that were there when the form was opened, and what stood in it."""

    rows: Sequence[Row]
    had: Sequence[str]
    values: Mapping[str, str]
    was: Mapping[str, str] = field(default_factory=dict)


def opened(shown: ShownOrder) -> LinesForm:
    """Return the form as it begins."""
    rows = [_row(line) for line in shown.document["lines"]]
    values = {name: str(shown.document[name]) for name in SUMS}
    stood = {**entry_rows.typed(rows), **values}
    was = {WAS + name: text for name, text in stood.items()}
    return LinesForm(rows, [row.key for row in rows], values, was)


def read(given: QueryDict) -> LinesForm:
    """Return what a form says."""
    values = acts.typed(given)
    rows = entry_rows.read_rows(values, given.getlist("line"))
    sums = {name: values.get(name, "").strip() for name in SUMS if name in values}
    was = {name: text for name, text in values.items() if name.startswith(WAS)}
    return LinesForm(rows, given.getlist("had")[: entry_rows.ROWS_MAX], sums, was)


def merged(form: LinesForm, fresh: ShownOrder) -> LinesForm:
    """Return a form on top of what others saved: what was typed stays, the rest is theirs."""
    now = opened(fresh)
    typed = entry_rows.typed(form.rows)
    kept = {row.key for row in form.rows}
    rows = []
    for row in now.rows:
        removed = row.key in form.had and row.key not in kept
        if not removed:
            rows.append(_on_top(row, typed, form.was))
    rows += [row for row in form.rows if row.key not in form.had]
    values = {
        name: form.values[name] if _moved(name, form.values, form.was) else text
        for name, text in now.values.items()
    }
    return LinesForm(rows, now.had, values, now.was)


def wanted(
    form: LinesForm, shown: ShownOrder, blueprint: Blueprint
) -> tuple[AmendOrder | None, dict[str, str]]:
    """Return what a form changes, None where nothing, and what is wrong by field."""
    faults = entry_rows.own_faults(form.rows, blueprint.line_fields)
    there = {line["id"] for line in shown.document["lines"]}
    kept = {row.key for row in form.rows}
    for row in form.rows:
        if not row.quantity:
            faults[f"quantity-{row.key}"] = entry_rows.said("quantity")
    if not form.rows:
        faults["lines"] = gettext("An order keeps at least one line; cancel it instead.")
    if faults:
        return None, faults
    change = [
        made
        for row in form.rows
        if row.key in there and (made := _change(row, form.was, blueprint)) is not None
    ]
    add = [
        entry_rows.request_of(row, blueprint.line_fields)
        for row in form.rows
        if row.key not in there and row.key not in form.had
    ]
    remove = [key for key in form.had if key in there and key not in kept]
    sums = {
        name: entry_rows.amount(text) or "0"
        for name, text in form.values.items()
        if _moved(name, form.values, form.was)
    }
    if not (change or add or remove or sums):
        return None, {}
    wish: dict[str, Any] = dict(sums)
    if change or add or remove:
        wish["lines"] = LineChanges(add, change, remove)
    return AmendOrder(**wish), {}


def faults_of(refused: Refused, form: LinesForm, changes: AmendOrder) -> dict[str, str]:
    """Return a refusal's faults by the form's field."""
    found: dict[str, str] = {}
    lines = changes.lines if isinstance(changes.lines, LineChanges) else LineChanges()
    by_key = {row.key: row for row in form.rows}
    added = [row for row in form.rows if row.key not in form.had]
    changed = [by_key[one.line] for one in lines.change if one.line in by_key]
    for fault in refused.errors:
        of_change = fault.loc.startswith("lines.change[")
        loc = fault.loc.replace("lines.change[", "lines[")
        # Places of changes and of new lines count from 0 each: a fault of one that both could
        # mean is shown at both.
        for rows in [changed] if of_change else [added, changed]:
            found |= entry_rows.faults_of([replace(fault, loc=loc)], rows)
        if fault.loc == "lines.remove":
            found["lines"] = gettext("What was shipped (in part) cannot be removed.")
        elif not loc.startswith("lines"):
            found["discount"] = gettext(
                "Type an amount such as 5.00, no more than the order costs."
            )
    return found


def _row(line: Mapping[str, object]) -> Row:
    attributes = line["attributes"]
    own = attributes if isinstance(attributes, dict) else {}
    return Row(
        str(line["id"]), str(line["sku"]), str(line["quantity"]), str(line["unit_price"]),
        str(line["discount"]), str(line["from"] or ""), str(line["until"] or ""),
        {str(code): _text(value) for code, value in own.items()},
    )  # fmt: skip


def _text(value: object) -> str:
    if isinstance(value, bool):
        return field_inputs.YES if value else field_inputs.NO
    return "" if value is None else str(value)


def _moved(name: str, typed: Mapping[str, str], was: Mapping[str, str]) -> bool:
    return name in typed and typed[name] != was.get(WAS + name, typed[name])


def _change(row: Row, was: Mapping[str, str], blueprint: Blueprint) -> ChangeLine | None:
    typed = entry_rows.typed([row])
    moved = {name for name in typed if _moved(name, typed, was)}
    # A field that was empty when the form was opened was not sent as having stood there.
    moved |= {
        n for n, text in typed.items() if n.startswith("attr-") and text and WAS + n not in was
    }
    own = None
    if any(name.startswith("attr-") for name in moved):
        own = entry_rows.request_of(row, blueprint.line_fields).attributes
    made = ChangeLine(
        row.key,
        quantity=row.quantity if f"quantity-{row.key}" in moved else None,
        unit_price=entry_rows.amount(row.price) or None if f"price-{row.key}" in moved else None,
        discount=(entry_rows.amount(row.less) or "0") if f"less-{row.key}" in moved else None,
        attributes=own,
    )
    return None if made == ChangeLine(row.key) else made


def _on_top(row: Row, typed: Mapping[str, str], was: Mapping[str, str]) -> Row:
    """Return a line as it is now with what was typed into it."""
    mine = {
        name: typed[f"{name}-{row.key}"]
        for name in ("quantity", "price", "less")
        if _moved(f"{name}-{row.key}", typed, was)
    }
    own = {
        code: typed[f"attr-{row.key}-{code}"]
        for code in row.own
        if _moved(f"attr-{row.key}-{code}", typed, was)
    }
    return replace(row, **mine, own={**row.own, **own})
