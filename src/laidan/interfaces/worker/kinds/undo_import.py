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
from laidan.usecases.withdraw_orders import WithdrawOrder, withdraw_orders
from laidan.usecases.work_jobs import Item, UnfitJobError, Work

CHUNK = 200


def work(job: Work) -> Iterator[None]:
    """Withdraw what the import brought; yields after each chunk."""
    source = queries.get_job(str(job.job.params.get("job", "")))
    if source is None or source.kind != "import_orders":
        raise UnfitJobError("not-found", "There is no such import.")
    begin = job.cursor or 0
    added = (row for row in queries.iterate_rows(source.pk) if row.told.code == "added")
    numbers = enumerate((row.object for row in added), start=1)
    fresh = ((at, number) for at, number in numbers if at > begin)
    while chunk := list(islice(fresh, CHUNK)):
        items = [Item(WithdrawOrder(number, job.actor), at, number, at) for at, number in chunk]
        job.carry_out(items, partial(withdraw_orders, now=job.clock()), _removed)
        yield


def _removed(outcome: Outcome[Any]) -> Told:
    return work_jobs.told(outcome) if isinstance(outcome, Refused) else Told("removed")
