"""The test provider's tables: charges, refunds and planned calls, read and written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from laidan.domain.test_provider import models
from laidan.domain.test_provider.core import Charge, Refund
from laidan.engine import bulk_sql, instants


class PlannedCall(NamedTuple):
    """One row of test_callback that waits."""

    id: str
    account_id: str
    url: str
    said: dict[str, Any]
    due_at: datetime


def load_charge(number: str, *, lock: bool) -> Charge | None:
    """Return the charge of a number."""
    return _charge("number", number, lock=lock)


def load_charge_by_reference(reference: str) -> Charge | None:
    """Return the charge of the provider's own reference."""
    return _charge("reference", reference, lock=False)


def load_charges_of_day(account_id: str, begins: datetime, ends: datetime) -> list[Charge]:
    """Return the charges of an account that changed in a span, oldest first."""
    return _charges(
        "account_id = %s AND changed_at >= %s AND changed_at < %s ORDER BY changed_at, id",
        [account_id, bulk_sql.instant(begins), bulk_sql.instant(ends)],
    )


def load_refund(number: str) -> Refund | None:
    """Return the refund of a number."""
    found = _refunds("number = %s", [number])
    return found[0] if found else None


def load_refunds(charge_ids: Iterable[str]) -> list[Refund]:
    """Return the refunds of charges, oldest first."""
    where, values = bulk_sql.among("charge_id", charge_ids)
    return _refunds(f"{where} ORDER BY id", values)


def load_refunds_of_day(account_id: str, begins: datetime, ends: datetime) -> list[Refund]:
    """Return the refunds of an account that settled in a span, oldest first."""
    return _refunds(
        "settles_at >= %s AND settles_at < %s AND charge_id IN "
        "(SELECT id FROM test_charge WHERE account_id = %s) ORDER BY settles_at, id",
        [bulk_sql.instant(begins), bulk_sql.instant(ends), account_id],
    )


def load_charges(ids: Iterable[str]) -> dict[str, Charge]:
    """Return charges by id."""
    where, values = bulk_sql.among("id", ids)
    return {one.id: one for one in _charges(where, values)}


def write_new_charge(charge: Charge) -> None:
    """Insert a charge, unless its number is there."""
    bulk_sql.insert_new_rows(models.PlayedCharge, Charge._fields, [charge])


def write_charge(charge: Charge) -> None:
    """Set what changes of a charge."""
    names = ("state", "scenario", "captured_minor", "captured_currency", "changed_at")
    row = (charge.id, *[getattr(charge, name) for name in names])
    bulk_sql.update_rows(models.PlayedCharge, ("id",), names, [row])


def write_refund(refund: Refund, *, is_new: bool) -> None:
    """Insert a refund, or set how one stands that failed before."""
    if is_new:
        bulk_sql.insert_rows(models.PlayedRefund, Refund._fields, [refund])
        return
    row = (refund.id, refund.state, refund.settles_at)
    bulk_sql.update_rows(models.PlayedRefund, ("id",), ("state", "settles_at"), [row])


def write_calls(calls: Sequence[PlannedCall]) -> None:
    """Insert planned calls."""
    rows = [one._replace(said=json.dumps(one.said)) for one in calls]  # type: ignore[arg-type]  # the column's text
    bulk_sql.insert_rows(models.PlayedCallback, PlannedCall._fields, rows)


def load_due_calls(account_ids: Iterable[str], now: datetime, limit: int) -> list[PlannedCall]:
    """Return the calls of accounts that are due, the longest due first."""
    found = models.PlayedCallback.objects.filter(
        account_id__in=list(account_ids), delivered_at=None, due_at__lte=now
    ).order_by("due_at", "id")[:limit]
    return [PlannedCall(c.pk, c.account_id, c.url, c.said, c.due_at) for c in found]


def note_delivered(ids: Iterable[str], now: datetime) -> int:
    """Note that calls were made; return how many waited."""
    waiting = models.PlayedCallback.objects.filter(pk__in=list(ids), delivered_at=None)
    return waiting.update(delivered_at=now)


def _charge(column: str, value: str, *, lock: bool) -> Charge | None:
    tail = bulk_sql.locking() if lock else ""
    found = _charges(f"{column} = %s{tail}", [value])
    return found[0] if found else None


def _charges(where: str, values: Sequence[Any]) -> list[Charge]:
    rows = bulk_sql.rows(
        f"SELECT {', '.join(Charge._fields)} FROM test_charge WHERE {where}", values
    )
    return [Charge(*instants.aware(row))._replace(id=str(row[0])) for row in rows]


def _refunds(where: str, values: Sequence[Any]) -> list[Refund]:
    rows = bulk_sql.rows(
        f"SELECT {', '.join(Refund._fields)} FROM test_refund WHERE {where}", values
    )
    return [
        Refund(*instants.aware(row))._replace(id=str(row[0]), charge_id=str(row[1])) for row in rows
    ]
