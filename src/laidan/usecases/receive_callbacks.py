"""Takes callbacks of payment providers in: each event once, to be applied by the worker."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from laidan.domain.payments import inbox
from laidan.domain.payments.facts import Notice
from laidan.domain.payments.inbox import CallbackRow
from laidan.engine import unit
from laidan.engine.sealing import keyring
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome
from laidan.usecases.needing import by_system

Entropy = Callable[[int], bytes]
BODY_KEPT = 65_536


@dataclass(frozen=True, slots=True)
class ReceiveCallback:
    """A callback whose signature was found good."""

    provider: str
    account_id: str
    notice: Notice
    body: bytes


@by_system("a provider calls; its signature says who it is")
def receive_callbacks(
    batch: Sequence[ReceiveCallback], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[str]]:
    """Write each callback down; an event that is there already changes nothing.

    One statement for the batch; the outcome is the event's id. Locks nothing.
    """
    return unit.run_batch(batch, partial(_attempt, now=now, entropy=entropy))


def _attempt(
    batch: Sequence[ReceiveCallback], *, now: datetime, entropy: Entropy
) -> list[Outcome[str]]:
    mint, keys = Mint(now, entropy), keyring()
    rows: dict[tuple[str, str], CallbackRow] = {}
    for one in batch:
        name = (one.provider, one.notice.event_id)
        if name in rows:
            continue
        id_ = mint.new()
        body = one.body[:BODY_KEPT].decode("utf-8", "replace")
        # What says nothing of money is kept, and nobody need look at it again.
        due = now if one.notice.facts else None
        rows[name] = CallbackRow(
            id_, one.account_id, one.provider, one.notice.event_id[:128], one.notice.kind[:60],
            inbox.facts_text(one.notice.facts), keys.seal(body, id_), "" if due else "nothing-said",
            0, now, due, None,
        )  # fmt: skip
    inbox.write_callbacks([rows[name] for name in sorted(rows)])
    return [Done(one.notice.event_id) for one in batch]
