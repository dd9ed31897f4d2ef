"""What is odd in a Superstore order."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from laidan.interfaces.files.drafts import DraftOrder, Flag
from laidan.interfaces.files.faults import RowError
from laidan.interfaces.files.mapping import Mapping


def apply(draft: DraftOrder, _mapping: Mapping) -> DraftOrder | RowError:
    """Flag an order that was shipped before it was placed, or that repeats a product."""
    flags = list(draft.flags)
    shipped_at = draft.history.shipped_at
    if shipped_at is not None and shipped_at < draft.placed_at:
        flags.append(Flag("times-out-of-order", "shipped before it was placed"))
    repeated = [
        sku for sku, count in Counter(line.sku for line in draft.lines).items() if count > 1
    ]
    if repeated:
        flags.append(Flag("repeated-sku", ", ".join(repeated)))
    return replace(draft, flags=tuple(flags))
