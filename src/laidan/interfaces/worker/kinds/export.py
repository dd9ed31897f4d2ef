"""The jobs that write orders, products, stock or customers to a file that people fetch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec

from laidan.insights import exporting
from laidan.insights.order_conditions import OrderFilter
from laidan.interfaces.files import storage
from laidan.interfaces.files.export import CannotWriteError, CsvOut, Record, XlsxOut, order_records
from laidan.kernel.actor import Actor
from laidan.usecases.export_jobs import RIGHTS, ExportWish
from laidan.usecases.work_jobs import UnfitJobError, Work


def work(job: Work) -> Iterator[None]:
    """Write the file page by page; a worker that takes over begins anew."""
    wish = msgspec.convert(job.job.params, ExportWish)
    if not job.actor.may(RIGHTS[wish.what]):
        raise UnfitJobError("forbidden", "You do not have permission; ask your administrator")
    name = f"laidan-{wish.what}-{job.clock():%Y%m%d-%H%M}.{wish.format}"
    done = 0
    try:
        with storage.new_file(name) as (path, stored), _opened(wish, path) as out:
            for count, records in _pages(wish, job):
                for record in records:
                    out.add(record)
                done += count
                job.note([], None, at=done)
                yield
    except CannotWriteError as error:
        raise UnfitJobError("cannot-write", str(error)) from None
    job.note([], None, at=done, total=done, file_out=storage.sized(stored))


def _opened(wish: ExportWish, path: Path) -> CsvOut | XlsxOut:
    if wish.format == "xlsx":
        return XlsxOut(path, wish.what)
    return CsvOut(path, wish.what, wish.encoding)


def _pages(wish: ExportWish, job: Work) -> Iterator[tuple[int, list[Record]]]:
    """Yield pages of records, and how many things each is about."""
    actor: Actor = job.actor
    if wish.what == "orders":
        wanted = msgspec.convert(wish.filter or {}, OrderFilter)
        wanted = replace(wanted, sight=actor.sight(RIGHTS[wish.what]))
        pages = (
            exporting.chosen_pages(wish.orders, actor, now=job.clock())
            if wish.orders
            else exporting.order_pages(wanted, now=job.clock())
        )
        for shown in pages:
            readable = [exporting.readable(one, actor) for one in shown]
            yield len(shown), [record for pair in readable for record in order_records(*pair)]
        return
    records_of = {
        "products": exporting.product_pages,
        "stock": exporting.stock_pages,
        "customers": exporting.customer_pages,
    }[wish.what]
    for records in records_of(actor):
        yield len(records), records
