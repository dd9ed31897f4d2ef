"""Acts on more orders than one request takes: jobs that can be left and returned to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import msgspec
from django.utils.translation import gettext

from laidan.domain.jobs import core, queries
from laidan.domain.jobs.models import Job
from laidan.insights.order_conditions import OrderFilter
from laidan.interfaces.web.admission import PageRequest
from laidan.interfaces.web.selecting import Chosen
from laidan.kernel.outcome import Outcome, Refused
from laidan.usecases.act_on_orders import ManyAct
from laidan.usecases.export_jobs import ExportWish, start_export
from laidan.usecases.order_act_jobs import (
    ORDER_ACT,
    OrderAct,
    can_go_back,
    start_order_act,
    way_back_of,
)


def may_take_back(job: Job) -> bool:
    """Say whether a job that is over can be taken back as a whole."""
    is_over = job.state in (core.DONE, core.CANCELLED, core.FAILED)
    return job.kind == ORDER_ACT and is_over and can_go_back(job.params)


def take_back(request: PageRequest, job: Job, *, now: datetime) -> str:
    """Leave taking a job back to a worker and return the new job's id, "" where it did nothing."""
    wish = way_back_of(job.params, queries.iterate_rows(job.pk))
    if wish is None:
        return ""
    title = gettext("Taken back: %(what)s") % {"what": job.title}
    return _start(request, wish, title, now=now)


def start_order_export(
    request: PageRequest, chosen: Chosen, wanted: OrderFilter, kind: str, *, now: datetime
) -> Outcome[str]:
    """Let a worker write the chosen orders to a file; `wanted` is the filter where all are meant."""
    told = msgspec.to_builtins(replace(wanted, sight=()))
    narrowed = {name: value for name, value in told.items() if value not in (None, [], ())}
    wish = ExportWish(
        "orders",
        "xlsx" if kind == "xlsx" else "csv",
        filter=narrowed if chosen.is_all else None,
        orders=[] if chosen.is_all else chosen.ids,
    )
    title = gettext("Orders of the list")
    return start_export(wish, request.actor, str(request.user.pk), title=title, now=now)


class NotStartedError(Exception):
    """A job that could not begin, though its wish was checked before."""


def start_act(
    request: PageRequest, order_ids: Sequence[str], wish: ManyAct, title: str, *, now: datetime
) -> str:
    """Leave an act to a worker and return the job's id."""
    return _start(request, OrderAct(list(order_ids), wish), title, now=now)


def _start(request: PageRequest, wish: OrderAct, title: str, *, now: datetime) -> str:
    outcome = start_order_act(wish, request.actor, str(request.user.pk), title=title, now=now)
    if isinstance(outcome, Refused):
        raise NotStartedError(outcome.code)
    return outcome.value
