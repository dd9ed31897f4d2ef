"""Keeps which column of a source's files is which field, for a shop under a name."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from laidan.domain.jobs.models import ImportMap
from laidan.engine import unit
from laidan.kernel.actor import Actor
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome, invalid
from laidan.usecases.needing import needs

Entropy = Callable[[int], bytes]
_NAME_CHARS = 80


@dataclass(frozen=True, slots=True)
class KeepMap:
    """A map's document under a name; the same name again replaces it."""

    kind: str
    name: str
    document: dict[str, Any]
    actor: Actor
    shop: str = ""


@needs("imports.run")
def keep_maps(
    batch: Sequence[KeepMap], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[str]]:
    """Keep each map; answers its name.

    Locks: nothing. Refuses: forbidden, invalid-request (no name, or too long a one).
    """
    return unit.run_batch(batch, partial(_keep, now=now, entropy=entropy))


def _keep(batch: Sequence[KeepMap], *, now: datetime, entropy: Entropy) -> list[Outcome[str]]:
    mint = Mint(now, entropy)
    outcomes: list[Outcome[str]] = []
    for request in batch:
        name = request.name.strip()
        if not name or len(name) > _NAME_CHARS or not name.isprintable():
            outcomes.append(invalid("name", f"must have 1 to {_NAME_CHARS} characters"))
            continue
        ImportMap.objects.update_or_create(
            shop_code=request.shop, kind=request.kind, name=name,
            defaults={
                "document": request.document, "actor": request.actor.label, "updated_at": now,
            },
            create_defaults={
                "id": mint.new(), "document": request.document, "actor": request.actor.label,
                "updated_at": now,
            },
        )  # fmt: skip
        outcomes.append(Done(name))
    return outcomes
