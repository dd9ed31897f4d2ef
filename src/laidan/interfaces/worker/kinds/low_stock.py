"""The job that writes down what lies under its safety stock, and raises an alarm about it."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from laidan.insights import low_stock
from laidan.interfaces.files import storage
from laidan.interfaces.files.cells import guarded
from laidan.usecases.raise_alarms import RaiseAlarm, keep_alarms_open
from laidan.usecases.report_low_stock import LOW_STOCK
from laidan.usecases.work_jobs import Work

_PAGE = 1000


def work(job: Work) -> Iterator[None]:
    """Write the file page by page; a worker that takes over begins anew. Nothing low: no file."""
    first = low_stock.list_low(after=None, limit=1)
    if not first:
        keep_alarms_open(LOW_STOCK, [], now=job.clock())
        job.note([], None, at=0, total=0)
        return
    done, after = 0, None
    places: set[str] = set()
    name = f"laidan-low-stock-{job.clock():%Y%m%d-%H%M}.csv"
    with storage.new_file(name) as (path, stored), path.open(
        "w", encoding="utf-8-sig", newline=""
    ) as stream:  # fmt: skip
        writer = csv.writer(stream)
        writer.writerow(low_stock.COLUMNS)
        while rows := low_stock.list_low(after=after, limit=_PAGE):
            writer.writerows([guarded(text) for text in row.texts()] for row in rows)
            places |= {row.location for row in rows}
            after, done = (rows[-1].location, rows[-1].sku, rows[-1].bucket), done + len(rows)
            job.note([], None, at=done)
            yield
    job.note([], None, at=done, total=done, file_out=storage.sized(stored))
    facts = {"count": done, "locations": ", ".join(sorted(places)[:20])}
    day = f"{job.clock():%Y-%m-%d}"
    alarm = RaiseAlarm(LOW_STOCK, job.job.id, day, link=f"/jobs/{job.job.id}", facts=facts)
    keep_alarms_open(LOW_STOCK, [alarm], now=job.clock())
