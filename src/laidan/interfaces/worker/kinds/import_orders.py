"""The job that imports orders from a file: each batch placed with its results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from laidan.domain.jobs.core import RowResult, Told
from laidan.interfaces.files import storage
from laidan.interfaces.files.drafts import DraftOrder
from laidan.interfaces.files.faults import RowError
from laidan.interfaces.files.importing.missing import CannotOpenShopError
from laidan.interfaces.files.importing.ordering import OrderImport, Requests
from laidan.interfaces.files.importing.plan import ImportWish, PlanError, plan_orders
from laidan.interfaces.files.mapping import BadMapError
from laidan.interfaces.files.presets import read_preset
from laidan.kernel.outcome import Done, Outcome
from laidan.usecases import work_jobs
from laidan.usecases.answers import OrderAnswer
from laidan.usecases.place_orders import place_orders
from laidan.usecases.work_jobs import Item, UnfitJobError, Work

NAME = "import_orders"
_COUNTED_AT_ONCE = 2000


def work(job: Work) -> Iterator[None]:
    """Import the file from where the cursor stands: the number of orders and faults passed."""
    path = uploaded(job)
    wish = wish_of(job)
    try:
        mapping, wishes = plan_orders(wish, job.actor, is_dry_run=False)
    except (PlanError, BadMapError) as error:
        raise UnfitJobError(getattr(error, "code", "bad-map"), str(error)) from None
    if job.job.total is None and job.cursor is None:
        total = 0
        for total, _ in enumerate(read_preset(path, mapping), start=1):
            if total % _COUNTED_AT_ONCE == 0:
                yield
        job.note([], None, total=total)
        yield
    ledger = _Ledger(job, path.name)
    importing = OrderImport(wishes, job.clock, ledger, place=ledger.place)
    try:
        for _ in importing.run(ledger.watch(read_preset(path, mapping))):
            ledger.close()
            yield
    except CannotOpenShopError as error:
        raise UnfitJobError("unknown-shop", str(error)) from None


def uploaded(job: Work) -> Path:
    """Return where the file of a job is; a job without it cannot go on."""
    try:
        if job.job.file_in is not None:
            return storage.path_of(job.job.file_in)
    except storage.FileGoneError:
        pass
    raise UnfitJobError("file-gone", "The file of this job is not there any more.")


def wish_of(job: Work) -> ImportWish:
    """Return what the job was told."""
    return msgspec.convert(job.job.params, ImportWish)


class _Ledger:
    """Keeps the place in the file, and brings every order's outcome to the job, in their order."""

    def __init__(self, job: Work, file: str) -> None:
        self._job = job
        self._file = file
        self._skip = job.cursor or 0
        self._at = 0
        self._rows: list[tuple[int, RowResult]] = []
        self._places: dict[int, int] = {}
        self._told: set[int] = set()

    def watch(self, stream: Iterator[DraftOrder | RowError]) -> Iterator[DraftOrder | RowError]:
        """Pass on what no earlier worker has decided, and count."""
        for self._at, item in enumerate(stream, start=1):
            if self._at <= self._skip:
                continue
            if isinstance(item, DraftOrder):
                self._places[id(item)] = self._at
            yield item

    def add(self, error: RowError) -> None:
        """Note a row that cannot be read, or is left out by rule."""
        code = "left-out" if error.left_out else error.code
        told = Told(code, error.reason, is_refused=not error.left_out)
        # Of several files the row alone does not say which one it stands in.
        name = error.external_no or ("" if error.file == self._file else error.file)
        self._rows.append((self._at, RowResult(error.row, name, told)))

    def refuse(self, draft: DraftOrder, errors: Sequence[RowError]) -> None:
        """Note an order that never came to be placed; the others' refusals are told already."""
        if id(draft) in self._told:
            return
        first = errors[0]
        told = Told(first.code, first.reason, is_refused=True)
        self._note(draft, RowResult(first.row, draft.external_no, told))

    def know(self, draft: DraftOrder) -> None:
        """Note an order that this database exported itself."""
        self._note(draft, RowResult(draft.source.row, draft.order_no, Told("known")))

    def place(self, requests: Requests, now: datetime) -> Sequence[Outcome[OrderAnswer]]:
        """Place a batch; what was noted ahead of an order is told together with it."""
        self._rows.sort(key=lambda pair: pair[0])
        items = []
        for draft, request in requests:
            self._told.add(id(draft))
            at = self._places[id(draft)]
            before = [row for place, row in self._rows if place < at]
            self._rows = self._rows[len(before) :]
            name = draft.external_no
            items.append(Item(request, draft.source.row, name, at, tuple(before)))
        return self._job.carry_out(items, partial(place_orders, now=now), _told)

    def close(self) -> None:
        """Tell what is left of a batch."""
        if self._rows:
            rows = [row for _, row in sorted(self._rows, key=lambda pair: pair[0])]
            self._job.note(rows, self._at)
        self._rows, self._places, self._told = [], {}, set()

    def _note(self, draft: DraftOrder, row: RowResult) -> None:
        self._rows.append((self._places[id(draft)], row))


def _told(outcome: Outcome[Any]) -> Told:
    if isinstance(outcome, Done):
        answer: OrderAnswer = outcome.value
        return Told("added" if answer.created else "known", object=answer.order_no)
    return work_jobs.told(outcome)
