"""Where an accepted order starts: its state, and what has happened to it before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from laidan.blueprints import decisions
from laidan.domain.orders import core as orders
from laidan.usecases.drafts import Draft, Taken
from laidan.usecases.order_requests import History


class Progress(NamedTuple):
    """Where an order starts: its state, and what has happened to it before."""

    state: str
    since: datetime
    paid_at: datetime | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    completed_at: datetime | None


def progress_of(draft: Draft, now: datetime) -> Progress:
    """Return an order's first state: as its history says, or by the blueprint's branches."""
    history, total = draft.request.history, draft.amounts.total
    captured, refunded = sum_of(draft.captures), sum_of(draft.refunds)
    paid_at = None
    if captured >= total > 0:
        paid_at = max([capture[3] for capture in draft.captures])
    if history is not None:
        return Progress(
            history.state, _since(history, draft.placed_at), history.paid_at or paid_at,
            history.shipped_at, history.delivered_at, history.completed_at,
        )  # fmt: skip
    limit = draft.shop.review_from_minor
    standing = orders.Standing(
        state="",
        category="draft",
        money=orders.money_standing(total, captured, refunded),
        review=limit is not None and total >= limit,
    )
    branch = decisions.target(draft.blueprint.placing, standing)
    granted = now if "grant" in branch.effects else None
    completed = draft.blueprint.states[branch.state].category == "completed"
    return Progress(branch.state, now, paid_at, granted, granted, now if completed else None)


def sum_of(taken: Sequence[Taken]) -> int:
    """Return what was taken in minor units."""
    return sum([one[2] for one in taken]) if taken else 0


def _since(history: History, placed_at: datetime) -> datetime:
    """Return when an order of the past entered the state that it is in."""
    known = (
        history.cancelled_at, history.completed_at, history.delivered_at, history.shipped_at,
        history.paid_at,
    )  # fmt: skip
    return next((at for at in known if at is not None), placed_at)
