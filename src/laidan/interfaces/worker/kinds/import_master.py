"""The jobs that import products, stock and customers from a file, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from laidan.domain.jobs.core import RowResult, Told
from laidan.interfaces.files.faults import RowError
from laidan.interfaces.files.importing import missing
from laidan.interfaces.files.importing.master import (
    Carried,
    Command,
    MasterImport,
    ProductImport,
    Run,
    Verdict,
)
from laidan.interfaces.files.importing.master_files import SourceRow, read_rows
from laidan.interfaces.files.importing.master_rows import CustomerImport, StockImport
from laidan.interfaces.files.importing.plan import PlanError, mapping_of
from laidan.interfaces.files.mapping import BadMapError
from laidan.interfaces.worker.kinds.import_orders import uploaded, wish_of
from laidan.kernel.outcome import Outcome, Refused
from laidan.usecases import work_jobs
from laidan.usecases.work_jobs import Item, UnfitJobError, Work

BATCH = 500


def work(job: Work) -> Iterator[None]:
    """Import the file from where the cursor stands: the number of rows passed."""
    path = uploaded(job)
    try:
        mapping = mapping_of(wish_of(job))
    except (PlanError, BadMapError) as error:
        raise UnfitJobError(getattr(error, "code", "bad-map"), str(error)) from None
    if job.job.total is None and job.cursor is None:
        job.note([], None, total=sum(1 for _ in read_rows(path, mapping)))
        yield
    book = _Book(job, path.name)
    importing = _importing(job, book)
    rows = read_rows(path, mapping)
    done = job.cursor or 0
    left = done
    while left and (batch := list(islice(rows, min(left, BATCH)))):
        importing.skip([one for one in batch if isinstance(one, SourceRow)])
        left -= len(batch)
    while batch := list(islice(rows, BATCH)):
        book.begin(done, batch)
        book.keep(importing.take([one for one in batch if isinstance(one, SourceRow)]))
        done += len(batch)
        book.close(done)
        yield
    book.begin(done, [])
    book.keep(importing.finish())
    book.close(done)


def _importing(job: Work, book: _Book) -> MasterImport:
    wish = wish_of(job)
    shop = missing.find_shop(wish.shop) or missing.find_shop("")
    run = Run(
        job.clock, currency=shop.currency if shop else "", location=wish.location,
        actor=job.actor, carry=book.carry,
    )  # fmt: skip
    if wish.kind == "products":
        return ProductImport(run)
    return StockImport(run) if wish.kind == "stock" else CustomerImport(run)


@dataclass(slots=True)
class _Book:
    """Brings the outcomes of a batch to the job: with the command where it tells row by row."""

    job: Work
    file: str
    _rows: list[tuple[int, RowResult]] = field(default_factory=list)
    _places: dict[int, int] = field(default_factory=dict)
    _told: set[int] = field(default_factory=set)

    def begin(self, done: int, batch: Sequence[SourceRow | RowError]) -> None:
        """Begin a batch; what cannot be read is told first."""
        self._rows = [
            (at, RowResult(one.row, self._about(one), Told(one.code, one.reason, is_refused=True)))
            for at, one in enumerate(batch, start=done + 1)
            if isinstance(one, RowError)
        ]
        self._places = {id(one): at for at, one in enumerate(batch, start=done + 1)}
        self._told = set()

    def _about(self, error: RowError) -> str:
        """Return what a row is about: of several files the row alone does not say which."""
        return error.external_no or ("" if error.file == self.file else error.file)

    def carry(self, carried: Carried, command: Command, word: Any) -> Sequence[Outcome[Any]]:
        """Run a command on rows, their results in its transaction."""

        def tell(outcome: Outcome[Any]) -> Told:
            return work_jobs.told(outcome) if isinstance(outcome, Refused) else Told(word(outcome))

        items = []
        for row, name, request in carried:
            self._told.add(id(row))
            at = self._places[id(row)]
            before = tuple(told for place, told in self._rows if place < at)
            self._rows = self._rows[len(before) :]
            items.append(Item(request, row.number, name, at, before))
        return self.job.carry_out(items, command, tell) if items else []

    def keep(self, verdicts: Sequence[Verdict]) -> None:
        """Note verdicts that no command has told."""
        self._rows += [
            (
                self._places.get(id(verdict.row), 0),
                RowResult(verdict.row.number, verdict.name, _told(verdict)),
            )
            for verdict in verdicts
            if id(verdict.row) not in self._told
        ]

    def close(self, done: int) -> None:
        """Tell what is left of a batch."""
        if self._rows:
            rows = [row for _, row in sorted(self._rows, key=lambda pair: pair[0])]
            self.job.note(rows, done)


def _told(verdict: Verdict) -> Told:
    if verdict.refused is not None:
        return Told(*verdict.refused, is_refused=True)
    return Told(verdict.word)
