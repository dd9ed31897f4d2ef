"""Takes the transitions whose deadlines have passed, a bounded batch at a time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from laidan.blueprints import library
from laidan.blueprints.model import Blueprint
from laidan.domain.payments import holds
from laidan.domain.payments import store as payments
from laidan.engine import bulk_sql, epochs, unit
from laidan.kernel.actor import CLOCK, SYSTEM
from laidan.kernel.outcome import Done, Refused
from laidan.usecases.advance_orders import POSTPONED, advance_orders
from laidan.usecases.transition_requests import Advance, TransitionInputs

LIMIT_MAX = 500
_CLOSING = timedelta(seconds=15)
"""When the clock asks again whether an unpaid order's payments are closed."""


def end_holds(limit: int = 200, *, now: datetime) -> int:
    """Release up to `limit` orders' holds whose time is over; return how many orders moved on."""
    found = bulk_sql.rows(
        "SELECT DISTINCT order_id FROM hold WHERE released_at IS NULL AND until_at <= %s LIMIT %s",
        [bulk_sql.instant(now), min(limit, LIMIT_MAX)],
    )
    inputs = TransitionInputs(until=now.isoformat(), reason="hold_over")
    requests = [Advance(order_id, "release", SYSTEM, inputs) for (order_id,) in found]
    return sum(isinstance(outcome, Done) for outcome in advance_orders(requests, now=now))


def expire_due(limit: int = 200, *, now: datetime) -> int:
    """Advance up to `limit` orders whose deadline has passed; return how many moved.

    Safe beside other workers and after being killed: the order's lock and its deadline, looked at
    again under it, decide who takes the transition. What is refused is put off for an hour. An
    unpaid order that money may still come for waits until its providers have closed the payments;
    one that money is held for waits until somebody takes it or lets it go.
    """
    found = bulk_sql.rows(
        "SELECT id, type, type_version, state, deadline_name FROM sales_order "
        "WHERE deadline_at <= %s ORDER BY deadline_at LIMIT %s",
        [bulk_sql.instant(now), min(limit, LIMIT_MAX)],
    )
    if not found:
        return 0
    blueprints = library.load_blueprints({(row[1], row[2]) for row in found}, epochs.read())
    unpaid = {
        row[0]
        for row in found
        if blueprints[row[1], row[2]].states[row[3]].category == "awaiting_payment"
    }
    expected = _wait_for_money(unpaid, now) if unpaid else set()
    requests = [
        Advance(
            id_,
            name,
            CLOCK,
            TransitionInputs(reason=_reason(blueprints[code, version], state, name)),
        )
        for id_, code, version, state, name in found
        if id_ not in expected
    ]
    outcomes = advance_orders(requests, now=now)
    faulted = [
        request.order
        for request, outcome in zip(requests, outcomes, strict=True)
        if isinstance(outcome, Refused) and outcome.status == 500
    ]
    if faulted:
        _put_off(faulted, now)
    return sum(isinstance(outcome, Done) for outcome in outcomes)


def _wait_for_money(unpaid: Collection[str], now: datetime) -> set[str]:
    """Return the orders that money may still come for, put off: its way is closed, or it is held."""
    expected = payments.open_orders(unpaid)
    held = holds.held_orders(expected) if expected else set()
    if held:
        _put_off(sorted(held), now)
    if expected - held:
        _close_payments(expected - held, now)
    return expected


def _reason(blueprint: Blueprint, state: str, transition: str) -> str | None:
    """Return the reason that a deadline of a state gives for its transition."""
    deadlines = blueprint.states[state].deadlines
    return next(
        (one.reason for one in deadlines if one.transition == transition and one.reason), None
    )


def _close_payments(order_ids: Collection[str], now: datetime) -> None:
    """Have the payments of orders closed first: cancelled while a buyer pays is the worst end."""

    def write() -> None:
        payments.write_closing(order_ids, now)
        _write_put_off(order_ids, now, _CLOSING)

    unit.run_once(write)


def _put_off(order_ids: Sequence[str], now: datetime) -> None:
    """Put off deadlines that met a fault, so that they do not stand before all others for ever."""
    unit.run_once(lambda: _write_put_off(order_ids, now, POSTPONED))


def _write_put_off(order_ids: Collection[str], now: datetime, how_long: timedelta) -> None:
    where, values = bulk_sql.among("id", sorted(order_ids))
    bulk_sql.run(
        f"UPDATE sales_order SET deadline_at = %s WHERE {where} AND deadline_at <= %s",
        [bulk_sql.instant(now + how_long), *values, bulk_sql.instant(now)],
    )
