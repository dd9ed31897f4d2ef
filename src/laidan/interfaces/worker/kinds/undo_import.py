"""The job that takes an import of orders back, as far as nobody has touched them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any

from laidan.domain.jobs import queries
from laidan.domain.jobs.core import Told
from laidan.kernel.outcome import Outcome, Refused
from laidan.usecases import work_jobs
from laidan.usecases.advance_orders import advance_orders
from laidan.usecases.remove_history import RemoveHistory, remove_history
from laidan.usecases.transition_requests import Advance, TransitionInputs
from laidan.usecases.work_jobs import Item, UnfitJobError, Work

CHUNK = 200
_FIRST = 1
_REASON = TransitionInputs(reason="staff")


def work(job: Work) -> Iterator[None]:
    """Cancel what the import placed, remove what it brought as history; yields after each chunk."""
    source = queries.get_job(str(job.job.params.get("job", "")))
    if source is None or source.kind != "import_orders":
        raise UnfitJobError("not-found", "There is no such import.")
    is_history = bool(source.params.get("history"))
    begin = job.cursor or 0
    added = (row for row in queries.iterate_rows(source.pk) if row.told.code == "added")
    numbers = enumerate((row.object for row in added), start=1)
    fresh = ((at, number) for at, number in numbers if at > begin)
    while chunk := list(islice(fresh, CHUNK)):
        now = job.clock()
        if is_history:
            removing = [
                Item(RemoveHistory(number, job.actor), at, number, at) for at, number in chunk
            ]
            job.carry_out(removing, partial(remove_history, now=now), _removed)
        else:
            cancelling = [
                Item(Advance(number, "cancel", job.actor, _REASON, _FIRST), at, number, at)
                for at, number in chunk
            ]
            job.carry_out(cancelling, partial(advance_orders, now=now), _cancelled)
        yield


def _removed(outcome: Outcome[Any]) -> Told:
    return work_jobs.told(outcome) if isinstance(outcome, Refused) else Told("removed")


def _cancelled(outcome: Outcome[Any]) -> Told:
    if isinstance(outcome, Refused):
        told = work_jobs.told(outcome)
        # Whatever came after the first version is somebody's work.
        return told._replace(code="order-changed") if told.code == "version-conflict" else told
    return Told("cancelled")
