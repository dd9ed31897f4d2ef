"""Starts the report of what lies under its safety stock: a job that writes a file."""

from __future__ import annotations

from datetime import datetime

from laidan.kernel.actor import CLOCK
from laidan.kernel.outcome import Done
from laidan.usecases.needing import by_system
from laidan.usecases.start_jobs import StartJob, start_jobs

LOW_STOCK_REPORT = "low_stock_report"
LOW_STOCK = "low-stock"
"""The kind of alarm that tells of a report with anything in it."""


@by_system("a schedule calls it; whoever may see stock may open the report")
def start_low_stock_report(*, now: datetime) -> int:
    """Let a worker write the report; return how many were started. Locks nothing."""
    title = f"{now:%Y-%m-%d}"
    (outcome,) = start_jobs([StartJob(LOW_STOCK_REPORT, CLOCK, None, title=title)], now=now)
    return int(isinstance(outcome, Done))
