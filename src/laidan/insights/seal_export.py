"""A sealed day as a file that an outsider verifies, and the verification itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from laidan.domain.audit import core, days, sealing
from laidan.domain.audit.core import Entry
from laidan.domain.audit.days import EVENT, OPERATION
from laidan.domain.audit.models import Operation
from laidan.engine import bulk_sql, events, instants
from laidan.engine.models import Event

_PAGE = 1000
_EVENT_FIELDS = ("subject_id", "seq", "type", "at", "actor", "payload")


@dataclass(frozen=True, slots=True)
class Verification:
    """What looking at an export said: the statement, and what is wrong ([]: nothing)."""

    statement: sealing.Statement
    key: str
    faults: tuple[str, ...]
    rows: int


def export_lines(day: date, *, full: bool, public_key: str) -> Iterator[str]:
    """Yield a sealed day as lines of JSON: the seal, then every row; raises LookupError.

    `full` adds what the rows hold, so that their own hashes can be computed too.
    """
    seal = days.find_seal(day)
    if seal is None:
        raise LookupError(day.isoformat())
    head = {"seal": seal.statement, "signature": seal.signature, "public_key": public_key}
    yield json.dumps(head, ensure_ascii=False)
    page: list[days.Leaf] = []
    for leaf in days.leaves(day):
        page.append(leaf)
        if len(page) == _PAGE:
            yield from _rows(page, full=full)
            page = []
    yield from _rows(page, full=full)


def _rows(page: list[days.Leaf], *, full: bool) -> Iterator[str]:
    contents = _contents(page) if full else {}
    for leaf in page:
        row: dict[str, Any] = {"id": leaf.id, "hash": leaf.hash, "source": leaf.source}
        yield json.dumps(row | contents.get(leaf.id, {}), ensure_ascii=False)


def _contents(page: list[days.Leaf]) -> dict[str, dict[str, Any]]:
    """Return what rows hold, with the hash of the one before each in its chain."""
    wanted = {source: [one.id for one in page if one.source == source]
              for source in (EVENT, OPERATION)}  # fmt: skip
    found: dict[str, dict[str, Any]] = {}
    for row in Event.objects.filter(pk__in=wanted[EVENT]):
        content = {name: getattr(row, name) for name in _EVENT_FIELDS}
        found[row.pk] = {"content": content | {"at": row.at.isoformat()}}
    for one in Operation.objects.filter(pk__in=wanted[OPERATION]):
        content = {name: getattr(one, name) for name in Entry._fields}
        found[one.pk] = {"content": content | {"at": one.at.isoformat()}}
    for id_, previous in _previous(wanted).items():
        found[id_]["previous"] = previous
    return found


def _previous(wanted: dict[str, list[str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for table, chain in ((EVENT, "subject_id"), (OPERATION, "strand")):
        where, values = bulk_sql.among("e.id", wanted[table])
        rows = bulk_sql.rows(
            f"SELECT e.id, p.hash FROM {table} e LEFT JOIN {table} p "
            f"ON p.{chain} = e.{chain} AND p.seq = e.seq - 1 WHERE {where}",
            values,
        )
        found |= {str(id_): digest or core.NO_HASH for id_, digest in map(instants.aware, rows)}
    return found


def verify(lines: Iterable[str], public_key: str | None = None) -> Verification:
    """Look at an export without any database; raises ValueError where it cannot be read.

    `public_key` is the one that the outsider was given; without it the file's own is taken, which
    proves that nothing was changed afterwards, but not by whom the day was sealed.
    """
    found = iter(lines)
    head = _read(next(found, ""))
    text, signature = str(head.get("seal")), str(head.get("signature"))
    key = public_key or str(head.get("public_key"))
    statement = sealing.read_statement(text)
    faults = []
    if not sealing.is_signed(text, signature, key):
        faults.append("the signature does not belong to the statement and the key")
    if sealing.fingerprint(key) != statement.key:
        faults.append("the statement names another key")
    walk = _Walk(statement.day)
    root, rows = core.root_of(walk.hashes(found))
    if root != statement.root:
        faults.append("the rows do not have the root that was sealed")
    if walk.counts != {EVENT: statement.events, OPERATION: statement.operations}:
        faults.append("there are not as many rows as were sealed")
    return Verification(statement, sealing.fingerprint(key), (*faults, *walk.faults), rows)


class _Walk:
    """One walk over the rows of an export: their order, their day, and where given their hash."""

    def __init__(self, day: date) -> None:
        self._first, self._end = core.bounds(day)
        self.counts = {EVENT: 0, OPERATION: 0}
        self.faults: list[str] = []

    def hashes(self, lines: Iterator[str]) -> Iterator[str]:
        """Yield the hashes of rows, noting what is wrong with them."""
        last = ""
        for line in lines:
            if not line.strip():
                continue
            row = _read(line)
            id_, digest, source = (str(row.get(name)) for name in ("id", "hash", "source"))
            if source not in self.counts or len(digest) != 64 or digest.strip("0123456789abcdef"):
                raise ValueError(f"this is no row of an export: {line[:80]!r}")
            self.counts[source] += 1
            if id_ <= last or not self._first <= id_ < self._end:
                self.faults.append(f"{id_} is not in its place")
            if "content" in row and _hash_of(row, source) != digest:
                self.faults.append(f"{id_} does not have the hash of its content")
            last = id_
            yield digest


def _hash_of(row: dict[str, Any], source: str) -> str | None:
    content, previous = row["content"], str(row.get("previous"))
    try:
        content = content | {"at": datetime.fromisoformat(content["at"])}
        if source == EVENT:
            return events.event_hash(previous, *(content[name] for name in _EVENT_FIELDS))
        return core.entry_hash(previous, Entry(**content))
    except (KeyError, TypeError, ValueError):
        return None


def _read(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise ValueError(f"this is no line of an export: {line[:80]!r}") from error
    if not isinstance(found, dict):
        raise ValueError(f"this is no line of an export: {line[:80]!r}")  # noqa: TRY004 - as above
    return found
