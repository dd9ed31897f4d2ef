"""Writes down who took data out as a file, and what was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.engine import unit
from laidan.usecases.needing import by_system

_PRIVATE = ("phone", "email", "q", "customer")


@by_system("the doors note what they have handed out")
def note_export(what: str, asked: Mapping[str, object], *, now: datetime, actor: str = "") -> None:
    """Write into the operation log that orders, customers, … (`what`) were exported.

    What was searched for by phone, e-mail or words is not kept: it can be somebody's.
    """
    kept = {name: value for name, value in asked.items() if name not in _PRIVATE}
    deed = Deed(actor, "export.created", "export", "", what, after=kept)
    unit.run_once(lambda: record([deed], now=now))
