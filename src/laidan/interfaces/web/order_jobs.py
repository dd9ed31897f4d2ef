"""Acts on more orders than one request takes: jobs that can be left and returned to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from laidan.interfaces.web.admission import PageRequest
from laidan.kernel.outcome import Refused
from laidan.usecases.act_on_orders import ManyAct
from laidan.usecases.order_act_jobs import OrderAct, start_order_act


class NotStartedError(Exception):
    """A job that could not begin, though its wish was checked before."""


def start_act(
    request: PageRequest, order_ids: Sequence[str], wish: ManyAct, title: str, *, now: datetime
) -> str:
    """Leave an act to a worker and return the job's id."""
    told = OrderAct(list(order_ids), wish)
    outcome = start_order_act(told, request.actor, str(request.user.pk), title=title, now=now)
    if isinstance(outcome, Refused):
        raise NotStartedError(outcome.code)
    return outcome.value
