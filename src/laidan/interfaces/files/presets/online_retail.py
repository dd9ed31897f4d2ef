"""Credit notes, stock corrections, gifts and repeats in the Online Retail history."""

from __future__ import annotations

from dataclasses import replace

from laidan.interfaces.files.building import refuse
from laidan.interfaces.files.drafts import CREDIT, DraftAddress, DraftLine, DraftOrder, Flag
from laidan.interfaces.files.faults import RowError
from laidan.interfaces.files.mapping import Mapping

CREDIT_NOTE_TYPE, CREDITED = "credit_note", "credited"


def apply(draft: DraftOrder, mapping: Mapping) -> DraftOrder | RowError:
    """Sort an invoice into sale, credit note, or what is no order at all.

    A `C` invoice is a credit note: its own document, on its own day, with positive quantities
    and the direction turned round. It names no sale, so it is tied to none. An `A` invoice is a
    bad-debt entry and a negative line elsewhere a stock correction: nobody ordered anything.
    """
    negative = [line for line in draft.lines if line.quantity < 0]
    if draft.external_no.startswith("A"):
        return refuse(draft, "not-an-order", "a bad-debt adjustment", left_out=True)
    if draft.external_no.startswith("C"):
        if len(negative) != len(draft.lines):
            return refuse(draft, "mixed-signs", "a credit note with a quantity above zero")
        lines = tuple(_turned(line) for line in draft.lines)
        draft = replace(
            draft,
            type=CREDIT_NOTE_TYPE,
            direction=CREDIT,
            lines=lines,
            history=replace(draft.history, state=CREDITED),
        )
    elif len(negative) == len(draft.lines) and not any(line.exact for line in negative):
        reason = "a stock correction: quantity below zero, price 0"
        return refuse(draft, "not-an-order", reason, left_out=True)
    elif negative:
        return refuse(draft, "mixed-signs", "a sale with a quantity below zero")
    lines = tuple(_kinded(line, mapping) for line in draft.lines)
    history = replace(draft.history, completed_at=draft.placed_at)
    # Channel Islands, European Community, Unspecified: no ISO code, so the name stays.
    address = draft.ship_to or DraftAddress(country=draft.extra.get("country", ""))
    flags = (*draft.flags, *_oddities(lines))
    return replace(draft, lines=lines, ship_to=address, flags=flags, history=history)


def _turned(line: DraftLine) -> DraftLine:
    exact = None if line.exact is None else -line.exact
    return replace(line, quantity=-line.quantity, exact=exact)


def _kinded(line: DraftLine, mapping: Mapping) -> DraftLine:
    is_named = line.sku in mapping.sets.get("not_goods", ())
    is_prefixed = line.sku.startswith(mapping.sets.get("not_goods_prefixes", ()))
    return replace(line, kind="virtual") if is_named or is_prefixed else line


def _oddities(lines: tuple[DraftLine, ...]) -> list[Flag]:
    found = []
    free = [str(line.row) for line in lines if line.unit_price == 0]
    if free:
        found.append(Flag("zero-price", f"{len(free)} lines: rows {', '.join(free)[:200]}"))
    seen: set[tuple[object, ...]] = set()
    repeated = []
    for line in lines:
        content = (line.sku, line.title, line.quantity, line.unit_price)
        if content in seen:
            repeated.append(str(line.row))
        seen.add(content)
    if repeated:
        detail = f"{len(repeated)} lines: rows {', '.join(repeated)[:200]}"
        found.append(Flag("identical-lines", detail))
    return found
