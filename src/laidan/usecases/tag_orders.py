"""Puts tags on orders and takes them off, leaving their other tags as they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from laidan.domain.orders import store as orders
from laidan.kernel.actor import Actor
from laidan.kernel.outcome import Done, Outcome, Refused, invalid
from laidan.usecases.amend_orders import BATCH_MAX, amend_orders
from laidan.usecases.restating import not_found
from laidan.usecases.transition_requests import Amend, AmendOrder

TAG_MAX = 40
TAGS_MAX = 50
_TRIES = 3


class Tag(msgspec.Struct, frozen=True):
    """An order by id, and a tag to put on it or (`off`) to take off."""

    order_id: str
    tag: str
    actor: Actor
    off: bool = False


def tag_orders(batch: Sequence[Tag], *, now: datetime) -> list[Outcome[bool]]:
    """Tag each order; one outcome per request, True where that changed something.

    Locks: as amend_orders. An order that changed in between is looked at again.
    Refuses: not-found, invalid-request (an empty or too long tag, too many tags), and what
    amend_orders refuses. Events: order.amended, where something changed.
    """
    if len(batch) > BATCH_MAX:
        raise ValueError(f"a batch holds at most {BATCH_MAX} orders")
    outcomes: list[Outcome[bool]] = [Done(value=False)] * len(batch)
    left = list(range(len(batch)))
    for _ in range(_TRIES):
        if not left:
            break
        left = _try(batch, left, outcomes, now)
    return outcomes


def _try(
    batch: Sequence[Tag], left: Sequence[int], outcomes: list[Outcome[bool]], now: datetime
) -> list[int]:
    """Tag those orders that are left, and return which of them changed in between."""
    ids = {batch[place].order_id for place in left}
    rows, tags = orders.load_orders(ids, lock=False), orders.load_tags(ids)
    asked: list[tuple[int, Amend]] = []
    again: list[int] = []
    seen: set[str] = set()
    for place in left:
        request = batch[place]
        row = rows.get(request.order_id)
        present = tags.get(request.order_id, [])
        refused = _refusal(request, len(present))
        if row is None:
            outcomes[place] = not_found(request.order_id)
        elif refused is not None:
            outcomes[place] = refused
        elif (request.tag in present) is not request.off:
            outcomes[place] = Done(value=False)
        elif request.order_id in seen:
            again.append(place)
        else:
            seen.add(request.order_id)
            wanted = [one for one in present if one != request.tag]
            wanted += [] if request.off else [request.tag]
            changes = AmendOrder(tags=wanted)
            asked.append((place, Amend(row.id, changes, request.actor, row.version)))
    answers = amend_orders([one for _, one in asked], now=now)
    for (place, _), answer in zip(asked, answers, strict=True):
        if isinstance(answer, Refused):
            outcomes[place] = answer
            if answer.code == "version-conflict":
                again.append(place)
        else:
            outcomes[place] = Done(value=True)
    return again


def _refusal(request: Tag, present: int) -> Refused | None:
    if not request.tag or len(request.tag) > TAG_MAX:
        return invalid("tag", f"must have 1 to {TAG_MAX} characters")
    if not request.off and present >= TAGS_MAX:
        return invalid("tag", f"an order has at most {TAGS_MAX} tags")
    return None
