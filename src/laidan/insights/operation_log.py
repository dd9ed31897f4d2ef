"""The operation log as people read it: order events and operations in one list, newest first.

Both tables are read by their time-ordered ids. Conditions that no index answers look at a bounded
window of rows; where that is not enough, the page says how far back it has looked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from laidan.domain.audit import core
from laidan.engine import instants, reading_sql
from laidan.insights.log_span import FIRST_ID, LAST_ID, Span, next_id

WINDOW = 20_000
"""Rows of a table that a page looks at where no index answers."""
_OPERATION = (
    "id, at, actor, door, address, agent, request, action, kind, object_id, label, changes, reason"
)
_EVENT = "id, at, actor, type, subject_id, seq, payload"
Condition = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What of the log is wanted; "" and None are no condition."""

    who: str = ""
    noun: str = ""
    thing: str = ""
    door: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogRow:
    """A line of the log; `transition` is there where an order moved."""

    id: str
    at: datetime
    actor: str
    door: str
    address: str
    agent: str
    request: str
    action: str
    kind: str
    object_id: str
    label: str
    changes: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    reason: str = ""
    transition: str = ""
    type_key: tuple[str, int] | None = None
    seq: int = 0


@dataclass(frozen=True, slots=True)
class LogPage:
    """A page: its rows, its neighbours' places, and until when it has looked where it is short."""

    rows: list[LogRow]
    after: str = ""
    looked_back_to: datetime | None = None
    before: str = ""


def find_page(wanted: LogFilter, *, limit: int, after: str = "") -> LogPage:
    """Return a page of what is wanted, older than the id `after`."""
    last = core.first_id(wanted.until) if wanted.until else LAST_ID
    begin = core.first_id(wanted.since) if wanted.since else FIRST_ID
    sound, edge = _both(wanted, Span(begin, min(after or LAST_ID, last), limit + 1))
    before = (sound[0].id if sound else after) if after else ""
    if len(sound) > limit:
        return LogPage(sound[:limit], after=sound[limit - 1].id, before=before)
    if edge > begin:
        return LogPage(sound, after=edge, looked_back_to=instant_of(edge), before=before)
    return LogPage(sound, before=before)


def find_newer(wanted: LogFilter, *, limit: int, before: str) -> LogPage:
    """Return the page of what is wanted next after the id `before`; a short one is the newest."""
    last = core.first_id(wanted.until) if wanted.until else LAST_ID
    first = core.first_id(wanted.since) if wanted.since else FIRST_ID
    # What stands at the id itself is on the page that one comes from.
    span = Span(max(next_id(before), first), last, limit + 1, newest_first=False)
    sound, edge = _both(wanted, span)
    if len(sound) > limit:
        rows = sound[limit - 1 :: -1]
        return LogPage(rows, after=rows[-1].id, before=rows[0].id)
    if edge < last:
        return LogPage(sound[::-1], after=before, before=edge)
    return find_page(wanted, limit=limit)


def _both(wanted: LogFilter, span: Span) -> tuple[list[LogRow], str]:
    """Return rows of both tables in the order of reading, and how far they are all there are."""
    found: list[LogRow] = []
    edges = [span.far]
    for read in (_operations, _events):
        rows, looked = read(wanted, span)
        found += rows
        edges.append(looked)
    # Beyond the nearer of the two windows one table may hold rows that were not looked at.
    edge = span.nearer(edges)
    near = span.up_to(edge)
    sound = [row for row in found if near.begin <= row.id < near.end]
    return sorted(sound, key=lambda row: row.id, reverse=span.newest_first), edge


def find_entry(id_: str) -> LogRow | None:
    """Return one line of the log; of an order's event with what it changed."""
    rows = reading_sql.rows(f"SELECT {_OPERATION} FROM operation WHERE id = %s", (id_,))
    if rows:
        return _operation_row(rows[0])
    rows = reading_sql.rows(
        f"SELECT {_EVENT} FROM event WHERE id = %s AND subject_kind = 'order'", (id_,)
    )
    return _event_row(rows[0], _before(rows[0])) if rows else None


def instant_of(id_: str) -> datetime:
    """Return the instant that an id begins with."""
    stamp = int(id_.replace("-", "")[:12], 16)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=stamp)


# --- the two tables -------------------------------------------------------------------------


def _operations(wanted: LogFilter, span: Span) -> tuple[list[LogRow], str]:
    conditions, indexed = [], False
    if wanted.who:
        conditions.append(_who(wanted.who))
        indexed = True
    if wanted.noun:
        conditions.append(reading_sql.starting_with("action", f"{wanted.noun}."))
    if wanted.thing:
        conditions.append(("(label = %s OR object_id = %s)", (wanted.thing, wanted.thing)))
    if wanted.door:
        conditions.append(("door = %s", (wanted.door,)))
    is_open = bool(conditions) and not indexed
    rows, floor = _read("operation", _OPERATION, conditions, span, is_open=is_open)
    return [_operation_row(row) for row in rows], floor


def _events(wanted: LogFilter, span: Span) -> tuple[list[LogRow], str]:
    if wanted.noun not in {"", "order"}:
        return [], span.far
    conditions: list[Condition] = [("subject_kind = %s", ("order",))]
    is_open = False
    if wanted.thing:
        order_id = _order_id(wanted.thing)
        if order_id is None:
            return [], span.far
        conditions.append(("subject_id = %s", (order_id,)))
    else:
        is_open = bool(wanted.who or wanted.door)
    if wanted.who:
        conditions.append(_who(wanted.who))
    if wanted.door:
        mark = f'{{"origin":{{"door":"{wanted.door}"'
        conditions.append(("SUBSTR(payload, 1, %s) = %s", (len(mark), mark)))
    rows, floor = _read("event", _EVENT, conditions, span, is_open=is_open)
    return [_event_row(row, None) for row in rows], floor


def _read(
    table: str, columns: str, conditions: list[Condition], span: Span, *, is_open: bool
) -> tuple[list[Sequence[Any]], str]:
    """Return rows in the order of reading, and the id up to which they are all there are."""
    order = "DESC" if span.newest_first else "ASC"
    edge = span.far
    if is_open:
        met = reading_sql.rows(
            f"SELECT id FROM {table} WHERE id >= %s AND id < %s ORDER BY id {order} "
            f"LIMIT 1 OFFSET {WINDOW - 1}",
            (span.begin, span.end),
        )
        edge = str(met[0][0]) if met else edge
    near = span.up_to(edge)
    where = " AND ".join(sql for sql, _ in [("id >= %s AND id < %s", ()), *conditions])
    params = (near.begin, near.end, *(value for _, values in conditions for value in values))
    rows = reading_sql.rows(
        f"SELECT {columns} FROM {table} WHERE {where} ORDER BY id {order} LIMIT {int(span.limit)}",
        params,
    )
    # A full answer says nothing of what lies behind its last row.
    return [instants.aware(row) for row in rows], edge


def _who(who: str) -> Condition:
    if ":" in who:
        return "actor = %s", (who,)
    names = (f"user:{who}", f"key:{who}", f"shell:{who}", who)
    return reading_sql.one_of("actor", names)


def _order_id(name: str) -> str | None:
    rows = reading_sql.rows("SELECT id FROM sales_order WHERE order_no = %s", (name,))
    return str(rows[0][0]) if rows else None


# --- rows -----------------------------------------------------------------------------------


def _operation_row(row: Sequence[Any]) -> LogRow:
    id_, at, *texts, changes, reason = instants.aware(row)
    return LogRow(*[str(id_), at, *texts, json.loads(changes), reason])


def _event_row(row: Sequence[Any], before: Mapping[str, Any] | None) -> LogRow:
    id_, at, actor, type_, subject_id, seq, payload = instants.aware(row)
    told = json.loads(payload)
    order, came = told.get("order") or {}, told.get("origin") or {}
    changes: Mapping[str, Sequence[Any]] = {}
    if before is not None:
        changes = core.changed(_flat(before), _flat(order))
    detail = told.get("detail") or {}
    return LogRow(
        id=str(id_),
        at=at,
        actor=actor,
        door=came.get("door") or _door_of(actor),
        address=came.get("address", ""),
        agent=came.get("agent", ""),
        request=came.get("request", ""),
        action=type_,
        kind="order",
        object_id=str(subject_id),
        label=str(order.get("order_no") or ""),
        changes=changes,
        reason=str(detail.get("reason") or ""),
        transition=told.get("transition") or "",
        type_key=(order["type"], order["type_version"]) if "type_version" in order else None,
        seq=seq,
    )


def _before(row: Sequence[Any]) -> Mapping[str, Any]:
    """Return the order as the event before restates it; nothing before its first."""
    rows = reading_sql.rows(
        "SELECT payload FROM event WHERE subject_id = %s AND seq = %s", (row[4], row[5] - 1)
    )
    order: Mapping[str, Any] = json.loads(rows[0][0]).get("order") or {} if rows else {}
    return order


_ALWAYS = {"version", "updated_at", "id"}


def _flat(document: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Return a document's values by dotted path; those that differ in every event are left out."""
    found: dict[str, Any] = {}
    for name, value in document.items():
        if not path and name in _ALWAYS:
            continue
        at = f"{path}{name}"
        if isinstance(value, Mapping):
            found |= _flat(value, f"{at}.")
        elif isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
            for place, one in enumerate(value, 1):
                found |= _flat(one, f"{at}.{place}.")
        else:
            found[at] = value
    return found


def _door_of(actor: str) -> str:
    """Return the likely door of an event that was written before doors were noted."""
    kind = actor.partition(":")[0]
    return {"user": "page", "key": "api", "timer": "worker", "shell": "cli"}.get(kind, "inside")
