"""Writes of the operation log: in sets, in the transaction of what they tell of."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Sequence
from datetime import datetime

from laidan.domain.audit import core
from laidan.domain.audit.core import Deed, Entry
from laidan.domain.audit.models import Operation
from laidan.engine import bulk_sql, origin
from laidan.engine.sealing import keyring
from laidan.kernel.actor import SYSTEM
from laidan.kernel.ids import Mint

_COLUMNS = (*Entry._fields, "sealed", "strand", "seq", "hash")
_threads = itertools.count()
_own = threading.local()


def record(deeds: Sequence[Deed], *, now: datetime, mint: Mint | None = None) -> None:
    """Write deeds into the log, in the caller's transaction: two statements, however many.

    Call it last: a rival for the same strand is met here, and decided anew by `engine.unit`.
    """
    if not deeds:
        return
    mint = mint or Mint(now, os.urandom)
    here, strand = origin.current(), _strand()
    seq, previous = _head(strand)
    rows = []
    for deed in deeds:
        entry, sealed = _entry(deed, mint.new(), here, now)
        previous = core.entry_hash(previous, entry)
        seq += 1
        rows.append((*entry, sealed, strand, seq, previous))
    bulk_sql.insert_rows(Operation, _COLUMNS, rows)


def _entry(deed: Deed, id_: str, here: origin.Origin, now: datetime) -> tuple[Entry, str | None]:
    shown, hidden = core.parted(core.changed(deed.before, deed.after), deed.private)
    sealed = keyring().seal(core.as_json(hidden), id_) if hidden else None
    entry = Entry(
        id=id_,
        at=now,
        door=here.door,
        address=here.address,
        agent=here.agent,
        request=here.request,
        changes=core.as_json(shown).encode("utf-8", "replace").decode(),
        **core.fitted(deed, here.who or SYSTEM.label),
    )
    return entry, sealed


def _head(strand: int) -> tuple[int, str]:
    found = bulk_sql.rows(
        "SELECT seq, hash FROM operation WHERE strand = %s ORDER BY seq DESC LIMIT 1", (strand,)
    )
    return (found[0][0], found[0][1]) if found else (0, core.NO_HASH)


def _strand() -> int:
    """Return this thread's strand: threads of a process take them in turn."""
    if not hasattr(_own, "strand"):
        _own.strand = next(_threads) % core.STRANDS
    strand: int = _own.strand
    return strand
