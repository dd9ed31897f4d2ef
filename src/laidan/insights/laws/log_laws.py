"""Laws of the operation log: its strands are whole chains, and sealed days are as they were."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from laidan.domain.audit import core, days, sealing
from laidan.domain.audit.core import Entry
from laidan.domain.audit.models import Seal
from laidan.engine import bulk_sql, instants
from laidan.insights.laws.law import Law, Offence, by_python, plain

PAGE = 5000
_COLUMNS = ", ".join((*Entry._fields, "strand", "seq", "hash"))


def log_laws() -> tuple[Law, ...]:
    """Return the laws that read every operation and event."""
    return (
        by_python(
            "operation-chains",
            "The operations of a strand are numbered without a gap, and the hash of each covers its "
            "content and the hash of the one before it.",
            _broken_links,
            slow=True,
        ),
        by_python(
            "sealed-days",
            "Every sealed day still has the root, the numbers and the signature that its seal "
            "states, and names the seal before it.",
            _broken_seals,
            slow=True,
        ),
    )


def _broken_links() -> Iterator[Offence]:
    strand, seq, previous = -1, 0, core.NO_HASH
    for row in _operations():
        entry = Entry(*row[: len(Entry._fields)])
        at, number, digest = row[len(Entry._fields) :]
        if at != strand:
            strand, seq, previous = at, 0, core.NO_HASH
        if number != seq + 1 or core.entry_hash(previous, entry) != digest:
            yield {"operation": entry.id, "strand": at, "seq": number, "action": entry.action}
        # The chain goes on from what is written: one changed row is one offender.
        seq, previous = number, digest


def _operations() -> Iterator[list[Any]]:
    strand, seq = -1, 0
    while True:
        page = bulk_sql.rows(
            f"SELECT {_COLUMNS} FROM operation WHERE strand >= %s AND (strand > %s OR seq > %s) "
            f"ORDER BY strand, seq LIMIT {PAGE}",
            (strand, strand, seq),
        )
        for row in page:
            yield [plain(row[0]), *instants.aware(row)[1:]]
        if len(page) < PAGE:
            return
        strand, seq = page[-1][-3], page[-1][-2]


def _broken_seals() -> Iterator[Offence]:
    private = days.load_key()
    pem = sealing.public_pem(private) if private else ""
    previous: str | None = None
    for seal in Seal.objects.order_by("day").iterator(chunk_size=1000):
        reason = _objection(seal, previous, pem)
        if reason:
            yield {"day": seal.day.isoformat(), "reason": reason}
        previous = seal.statement


def _objection(seal: Seal, previous: str | None, pem: str) -> str | None:
    """Return what is wrong with a seal, or None."""
    try:
        told = sealing.read_statement(seal.statement)
    except ValueError as error:
        return str(error)
    if not pem or not sealing.is_signed(seal.statement, seal.signature, pem):
        return "the signature is not of this installation's key"
    if told.previous != sealing.digest_of(previous):
        return "it does not name the seal of the day before"
    if told.day != seal.day or (told.root, told.events, told.operations) != (
        seal.root, seal.events, seal.operations,
    ):  # fmt: skip
        return "the row is not what the statement says"
    found = days.root_of_day(seal.day)
    if found != (told.root, told.events, told.operations):
        return (
            f"{told.events} events and {told.operations} operations were sealed, "
            f"{found.events} and {found.operations} are there, "
            + ("with the same root" if found.root == told.root else "with another root")
        )
    return None
