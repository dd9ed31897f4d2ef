"""Seals past days of the log: one signed statement for each, in the order of days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from laidan.domain.audit import days, sealing
from laidan.domain.audit.models import Seal
from laidan.domain.audit.sealing import Statement
from laidan.engine import unit
from laidan.usecases import needing
from laidan.usecases.needing import by_system

MARGIN = timedelta(hours=1)
"""A day is sealed so long after its end: what began before midnight has been committed by then."""


@needing.by_system("the worker")
@by_system("the worker and the command line seal")
def seal_days(limit: int, *, now: datetime) -> int:
    """Seal past days that are not sealed yet, the oldest first; return how many were sealed.

    Two workers that seal the same day lose a race on it; the day is sealed once.
    """
    done = 0
    while done < limit and _seal_next(now):
        done += 1
    return done


@needing.by_system("the key is public")
@by_system("the key is public")
def public_key() -> str:
    """Return the public key (PEM) by which seals are verified, made where there is none yet."""
    return sealing.public_pem(unit.run_once(_key))


def _seal_next(now: datetime) -> bool:
    last = days.last_seal()
    day = last.day + timedelta(days=1) if last else days.first_day()
    if day is None or _end_of(day) + MARGIN > now:
        return False
    # The day is over: nothing is written into it any more while it is read, without a lock.
    found = days.root_of_day(day)

    def work() -> bool:
        if days.find_seal(day) is None:
            days.write_seal(_sealed(day, found, last, now))
        return True

    return unit.run_once(work)


def _sealed(day: date, found: days.DayRoot, last: Seal | None, now: datetime) -> Seal:
    private = _key()
    statement = Statement(
        day=day,
        events=found.events,
        operations=found.operations,
        root=found.root,
        previous=sealing.digest_of(last.statement if last else None),
        sealed_at=now,
        key=sealing.fingerprint(sealing.public_pem(private)),
    ).text()
    return Seal(
        day=day,
        statement=statement,
        signature=sealing.sign(statement, private),
        root=found.root,
        events=found.events,
        operations=found.operations,
        sealed_at=now,
    )


def _key() -> str:
    private = days.load_key()
    if private is None:
        private = sealing.new_key()
        days.write_key(private)
    return private


def _end_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
