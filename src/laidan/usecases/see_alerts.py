"""Takes note of stock alerts: somebody has seen them and they are not counted any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from laidan.domain.stock import alerts
from laidan.engine import unit
from laidan.kernel.actor import Actor
from laidan.kernel.ids import parse_id
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases.needing import needs


@dataclass(frozen=True, slots=True)
class SeeAlert:
    """An alert that somebody has seen."""

    alert_id: str
    actor: Actor


@needs("stock.view")
def see_alerts(batch: Sequence[SeeAlert], *, now: datetime) -> list[Outcome[str]]:
    """Take note of each alert; one outcome per request, in the order given.

    Who saw it first stays. Locks: the alerts. Refuses: unknown-alert (or one that is closed).
    """
    return unit.run_batch(batch, partial(_attempt, now=now))


def _attempt(batch: Sequence[SeeAlert], *, now: datetime) -> list[Outcome[str]]:
    named = {request.alert_id for request in batch}
    open_ = alerts.load_open({alert_id for alert_id in named if parse_id(alert_id) == alert_id})
    seen: dict[str, str] = {}
    outcomes: list[Outcome[str]] = []
    for request in batch:
        if request.alert_id not in open_:
            outcomes.append(Refused("unknown-alert", "There is no such open alert.", 404))
            continue
        if not open_[request.alert_id]:
            seen.setdefault(request.alert_id, request.actor.label)
        outcomes.append(Done(request.alert_id))
    alerts.write_seen(seen, now=now)
    return outcomes
