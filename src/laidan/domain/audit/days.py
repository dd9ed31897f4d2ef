"""What was written on a day, in order of ids: events and operations, read in pages; and seals."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from laidan.domain.audit import core
from laidan.domain.audit.models import Seal
from laidan.engine import bulk_sql, reading_sql
from laidan.engine.models import Setting
from laidan.engine.sealing import keyring

PAGE = 5000
EVENT, OPERATION = "event", "operation"
KEY = "log.seal.key"


class Leaf(NamedTuple):
    """A row of a day: its id and hash, and from which table."""

    id: str
    hash: str
    source: str


class DayRoot(NamedTuple):
    """What a day comes to."""

    root: str
    events: int
    operations: int


def leaves(day: date) -> Iterator[Leaf]:
    """Yield everything that was written on a day (UTC), in the order of ids."""
    first, end = core.bounds(day)
    return heapq.merge(_table(EVENT, first, end), _table(OPERATION, first, end))


def root_of_day(day: date) -> DayRoot:
    """Return the root over a day's rows and how many there were in each table."""
    counts = {EVENT: 0, OPERATION: 0}

    def hashes() -> Iterator[str]:
        for leaf in leaves(day):
            counts[leaf.source] += 1
            yield leaf.hash

    root, _ = core.root_of(hashes())
    return DayRoot(root, counts[EVENT], counts[OPERATION])


def first_day() -> date | None:
    """Return the day of the oldest row, None where there is none."""
    found = [
        row[0]
        for table in (EVENT, OPERATION)
        for row in bulk_sql.rows(f"SELECT id FROM {table} ORDER BY id LIMIT 1")
    ]
    return min((day_of(str(one)) for one in found), default=None)


def day_of(id_: str) -> date:
    """Return the day (UTC) of a row's id."""
    stamp = int(id_.replace("-", "")[:12], 16)
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=stamp)).date()


def last_seal() -> Seal | None:
    """Return the newest seal."""
    return Seal.objects.order_by("-day").first()


def find_seal(day: date) -> Seal | None:
    """Return the seal of a day."""
    return Seal.objects.filter(day=day).first()


def list_seals(limit: int) -> list[Seal]:
    """Return the newest seals."""
    return list(Seal.objects.order_by("-day")[:limit])


def write_seal(seal: Seal) -> None:
    """Insert a seal; a day that is sealed already raises IntegrityError."""
    seal.save(force_insert=True)


def load_key() -> str | None:
    """Return the private key of seals; only the encryption keys open it."""
    sealed = Setting.objects.filter(name=KEY).values_list("value", flat=True).first()
    return keyring().unseal(sealed, KEY) if sealed else None


def write_key(private: str) -> None:
    """Keep the private key, sealed; one that is there already raises IntegrityError."""
    Setting(name=KEY, value=keyring().seal(private, KEY)).save(force_insert=True)


def _table(table: str, first: str, end: str) -> Iterator[Leaf]:
    after = first
    comparison = ">="
    while True:
        page = reading_sql.rows(
            f"SELECT id, hash FROM {table} WHERE id {comparison} %s AND id < %s "
            f"ORDER BY id LIMIT {PAGE}",
            (after, end),
        )
        for id_, digest in page:
            yield Leaf(str(id_), digest, table)
        if len(page) < PAGE:
            return
        after, comparison = str(page[-1][0]), ">"
