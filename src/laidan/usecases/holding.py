"""Holds: rows that stop an order, not states."""

from __future__ import annotations

from datetime import datetime

from laidan.blueprints.decisions import HOLD
from laidan.blueprints.rules import HOLD_SCOPES
from laidan.domain.orders.rows import HoldRow
from laidan.kernel.actor import RULE, STAFF, forbidden
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Refused, invalid
from laidan.usecases.transition_requests import Advance
from laidan.usecases.working import Changes, Work, is_living

HOLDS_MAX = 50


def hold_or_release(
    work: Work, changes: Changes, request: Advance, mint: Mint, now: datetime
) -> Refused | None:
    """Put an order on hold, or end its holds (all, or those of one scope)."""
    actor, inputs = request.actor, request.inputs
    if actor.kind not in (STAFF, RULE) or not actor.may(HOLD):
        return forbidden(HOLD)
    if inputs.scope is not None and inputs.scope not in HOLD_SCOPES:
        return invalid("scope", f"must be one of {', '.join(HOLD_SCOPES)}")
    if request.transition == "release":
        return _release(work, changes, request, now)
    if not is_living(work) and inputs.scope != "refund":
        return Refused(
            "transition-refused", "An order that is done cannot be held.", 409,
            extra={"guard": "order-done"},
        )  # fmt: skip
    if len(work.holds) >= HOLDS_MAX:
        return Refused("too-many-holds", f"An order has at most {HOLDS_MAX} holds.")
    until = _until(inputs.until)
    if isinstance(until, Refused):
        return until
    made = HoldRow(
        mint.new(), work.row.id, inputs.scope or "order", inputs.reason or "", actor.label, now,
        until,
    )  # fmt: skip
    work.holds = [*work.holds, made]
    changes.holds_added[made.id] = made
    work.row = work.row._replace(open_holds=len(work.holds))
    return None


def _release(work: Work, changes: Changes, request: Advance, now: datetime) -> Refused | None:
    scope = request.inputs.scope
    ended = [hold for hold in work.holds if scope is None or hold.scope == scope]
    if request.actor.kind == RULE and request.inputs.until is not None:
        # The worker ends those alone whose time is over.
        ended = [hold for hold in ended if hold.until_at is not None and hold.until_at <= now]
    if not ended:
        return Refused(
            "transition-refused", "The order is not on hold.", 409, extra={"guard": "not-on-hold"}
        )
    released = [hold._replace(released_by=request.actor.label, released_at=now) for hold in ended]
    for hold in released:
        if hold.id in changes.holds_added:
            changes.holds_added[hold.id] = hold
        else:
            changes.holds_released.append(hold)
    work.holds = [hold for hold in work.holds if hold not in ended]
    work.row = work.row._replace(open_holds=len(work.holds))
    return None


def _until(text: str | None) -> datetime | Refused | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return invalid("until", "must be a time such as 2026-11-22T10:00:00+08:00")
    if at.tzinfo is None:
        return invalid("until", "must have an offset such as +08:00")
    return at
