"""Looks at every law in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from laidan.insights.laws import (
    file_laws,
    history_laws,
    log_laws,
    money_laws,
    order_laws,
    standing_laws,
    stock_laws,
    stream_laws,
)
from laidan.insights.laws.law import Law, Verdict, judge
from laidan.insights.laws.pointer_laws import pointer_laws


def _silent(count: int) -> None:
    """Say nothing of how far the reading has come."""


def all_laws(*, fast: bool = False, progress: Callable[[int], None] = _silent) -> list[Law]:
    """Return every law; `fast` leaves out those that read each event."""
    laws = [
        *stock_laws.LAWS,
        *order_laws.LAWS,
        *money_laws.LAWS,
        *standing_laws.LAWS,
        *history_laws.LAWS,
        *stream_laws.LAWS,
        *pointer_laws(),
    ]
    reading = (*history_laws.reading_laws(progress), *stream_laws.reading_laws())
    return laws if fast else [*laws, *reading, *log_laws.log_laws(), *file_laws.file_laws()]


def check(*, fast: bool = False, progress: Callable[[int], None] = _silent) -> Iterator[Verdict]:
    """Yield the verdict on each law as soon as it is there."""
    for law in all_laws(fast=fast, progress=progress):
        yield judge(law)
