"""Keeps the data dictionary: adds, changes and removes entries of its lists."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.catalog import usage as catalog
from laidan.domain.dictionary import core, store
from laidan.domain.dictionary.core import EntryRow
from laidan.domain.fulfilment import usage as fulfilment
from laidan.domain.orders import usage as orders
from laidan.domain.stock import usage as stock
from laidan.engine import unit
from laidan.kernel.actor import Actor
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome, Refused, invalid
from laidan.usecases.needing import needs
from laidan.usecases.texts import name_faults

Entropy = Callable[[int], bytes]
_LABEL_MAX = 120
_CODE_MAX = 80
USES: dict[str, tuple[tuple[str, Callable[[Collection[str]], dict[str, int]]], ...]] = {
    "unit": (("sku", catalog.count_units),),
    "movement-reason": (("movement", stock.count_reasons),),
    "courier": (("shipment", fulfilment.count_couriers),),
    "hold-reason": (("hold", orders.count_hold_reasons),),
}
"""Where the codes of a list are stored, and how often."""


@dataclass(frozen=True, slots=True)
class KeepEntry:
    """An entry as it shall be; None leaves a known one's value, `is_gone` removes it."""

    kind: str
    code: str
    actor: Actor
    label_zh: str | None = None
    label_en: str | None = None
    place: int | None = None
    is_active: bool | None = None
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class EntryAnswer:
    """What became of an entry."""

    code: str
    created: bool = False
    changed: bool = False


@needs("settings.dictionary")
def keep_entries(
    batch: Sequence[KeepEntry], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[EntryAnswer]]:
    """Add, change or remove each entry; one outcome per request, in the order given.

    Locks: the lists named. Refuses: invalid-entry, unknown-entry, entry-in-use.
    """
    return unit.run_batch(batch, partial(_attempt, now=now, entropy=entropy))


def decide(
    known: dict[tuple[str, str], EntryRow], request: KeepEntry, uses: dict[str, int], mint: Mint
) -> EntryRow | Refused | None:
    """Return an entry as a request leaves it, None where it goes."""
    if request.kind not in core.KINDS:
        return invalid("kind", f"there is no list {request.kind!r}", "invalid-entry")
    old = known.get((request.kind, request.code))
    if request.is_gone:
        if old is None:
            return Refused("unknown-entry", "There is no such entry.", 404)
        if uses:
            where = ", ".join(f"{count} × {name}" for name, count in sorted(uses.items()))
            return Refused(
                "entry-in-use",
                f"{request.code} is used ({where}); make it inactive instead.",
                extra={"uses": uses},
            )
        return None
    last = max((row.place for (kind, _), row in known.items() if kind == request.kind), default=0)
    base = old or EntryRow(
        mint.new(), request.kind, request.code, request.code, request.code, last + 1,
        is_active=True,
    )  # fmt: skip
    row = base._replace(
        label_zh=base.label_zh if request.label_zh is None else request.label_zh,
        label_en=base.label_en if request.label_en is None else request.label_en,
        place=base.place if request.place is None else request.place,
        is_active=base.is_active if request.is_active is None else request.is_active,
    )
    return _fault(row) or row


def _fault(row: EntryRow) -> Refused | None:
    for name, length in (("code", _CODE_MAX), ("label_zh", _LABEL_MAX), ("label_en", _LABEL_MAX)):
        text = getattr(row, name)
        found = next(iter(name_faults(text, name)), None)
        if found is not None:
            return invalid(name, found.msg, "invalid-entry")
        if len(text) > length:
            return invalid(name, f"has at most {length} characters", "invalid-entry")
    if not 0 <= row.place <= 10_000:
        return invalid("place", "must be from 0 to 10000", "invalid-entry")
    return None


def _attempt(
    batch: Sequence[KeepEntry], *, now: datetime, entropy: Entropy
) -> list[Outcome[EntryAnswer]]:
    mint = Mint(now, entropy)
    before = store.load_entries({request.kind for request in batch})
    uses = _uses(batch)
    rows = dict(before)
    outcomes: list[Outcome[EntryAnswer]] = []
    labels: dict[tuple[str, str], str] = {}
    for request in batch:
        key = (request.kind, request.code)
        row = decide(rows, request, uses.get(key, {}), mint)
        if isinstance(row, Refused):
            outcomes.append(row)
            continue
        old = rows.pop(key, None)
        if row is not None:
            rows[key] = row
        labels[key] = request.actor.label
        outcomes.append(Done(EntryAnswer(request.code, old is None, row != old)))
    store.write_entries(
        [row for key, row in rows.items() if key not in before],
        [row for key, row in rows.items() if key in before and row != before[key]],
        [row.id for key, row in before.items() if key not in rows],
    )
    record(
        [
            Deed(
                labels[key], "entry.changed" if key in rows else "entry.removed", "dictionary",
                (rows.get(key) or before[key]).id, f"{key[0]} {key[1]}",
                before=before[key]._asdict() if key in before else None,
                after=rows[key]._asdict() if key in rows else None,
            )
            for key in labels
            if rows.get(key) != before.get(key)
        ],
        now=now,
        mint=mint,
    )  # fmt: skip
    return outcomes


def _uses(batch: Sequence[KeepEntry]) -> dict[tuple[str, str], dict[str, int]]:
    """Return where the entries that shall go are used (one query for each place of each list)."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    for kind in {request.kind for request in batch if request.is_gone and request.kind in USES}:
        codes = {request.code for request in batch if request.is_gone and request.kind == kind}
        for name, count in USES[kind]:
            for code, number in count(codes).items():
                found.setdefault((kind, code), {})[name] = number
    return found
