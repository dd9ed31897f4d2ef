"""The ledger, payments and refunds, read and written in sets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from laidan.domain.payments import models
from laidan.domain.payments.attempts import OPEN, Payment
from laidan.domain.payments.core import EVERY_SHOP, Entry
from laidan.domain.payments.refunds import Refund
from laidan.engine import bulk_sql, instants

_json = msgspec.json.Encoder().encode
_PAYMENT_CHANGES = (
    "reference", "state", "dispute", "authorized_minor", "captured_minor", "refunding_minor",
    "refunded_minor", "started", "detail", "expires_at", "ask_at", "asks", "is_closing",
    "captured_at", "version", "event_hash", "updated_at", "wish", "wish_minor",
)  # fmt: skip
_REFUND_CHANGES = (
    "state", "amount_minor", "closed_at", "payment_id", "number", "reference", "approved_by",
    "approved_at", "submitted_at", "tries", "ask_at", "asks", "detail", "proof", "version",
    "event_hash",
)  # fmt: skip


# --- the ledger ---------------------------------------------------------------------------------


def load_references(names: Collection[tuple[str, str]]) -> set[tuple[str, str, str]]:
    """Return those (provider, reference, kind) that the ledger has of (provider, reference)."""
    return references_query(names).asked()


def references_query(
    names: Collection[tuple[str, str]],
) -> bulk_sql.Query[set[tuple[str, str, str]]]:
    """Return the query of `load_references`; it may find more than was asked for."""
    # The providers come first in the index.
    providers, first = bulk_sql.among("provider", sorted({one for one, _ in names}), "text")
    where, values = bulk_sql.among("reference", [one for _, one in names], "text")
    return bulk_sql.Query(
        f"SELECT provider, reference, kind FROM ledger_entry WHERE {providers} AND {where}",
        [*first, *values],
        lambda found: {(row[0], row[1], row[2]) for row in found},
    )


def load_entries(order_ids: Iterable[str]) -> dict[str, list[Entry]]:
    """Return ledger entries by order, oldest first."""
    where, values = bulk_sql.among("order_id", order_ids)
    loaded: dict[str, list[Entry]] = {}
    for row in bulk_sql.rows(
        f"SELECT {', '.join(Entry._fields)} FROM ledger_entry WHERE {where} ORDER BY id", values
    ):
        loaded.setdefault(row[1], []).append(Entry(*instants.aware(row)))
    return loaded


def write_entries(rows: Sequence[Entry]) -> None:
    """Insert ledger entries."""
    bulk_sql.insert_rows(models.LedgerEntry, Entry._fields, rows)


# --- payments -----------------------------------------------------------------------------------


class Named(NamedTuple):
    """A payment by its names: ours, and the provider's."""

    id: str
    order_id: str
    number: str
    provider: str
    reference: str | None


def find_payments(numbers: Iterable[str], references: Iterable[str]) -> list[Named]:
    """Return the payments that have one of our numbers or of the providers' references; no lock."""
    where, values = bulk_sql.among("number", numbers, "text")
    or_where, more = bulk_sql.among("reference", references, "text")
    columns = ", ".join(Named._fields)
    # Two arms of a union: an OR over two indexes is read by neither on some engines.
    return [
        Named(*row)
        for row in bulk_sql.rows(
            f"SELECT {columns} FROM payment WHERE {where} "
            f"UNION SELECT {columns} FROM payment WHERE {or_where}",
            [*values, *more],
        )
    ]


def load_payments(order_ids: Iterable[str], *, lock: bool = False) -> list[Payment]:
    """Return the payments of orders by key; locked after their orders, in key order."""
    where, values = bulk_sql.among("order_id", order_ids)
    tail = bulk_sql.locking() if lock else ""
    return [
        _payment(row)
        for row in bulk_sql.rows(
            f"SELECT {', '.join(Payment._fields)} FROM payment WHERE {where} ORDER BY id{tail}",
            values,
        )
    ]


def load_numbered(numbers: Iterable[str]) -> dict[str, Payment]:
    """Return payments by our number, without a lock."""
    where, values = bulk_sql.among("number", numbers, "text")
    found = bulk_sql.rows(f"SELECT {', '.join(Payment._fields)} FROM payment WHERE {where}", values)
    return {made.number: made for made in map(_payment, found)}


def find_due_payments(now: datetime, limit: int) -> list[Payment]:
    """Return open payments whose provider is to be asked, the longest due first."""
    return [
        _payment(row)
        for row in bulk_sql.rows(
            f"SELECT {', '.join(Payment._fields)} FROM payment WHERE ask_at <= %s "
            "ORDER BY ask_at LIMIT %s",
            [bulk_sql.instant(now), limit],
        )
    ]


def gone_orders(order_ids: Collection[str]) -> set[str]:
    """Return those orders that nobody shall pay any more."""
    where, values = bulk_sql.among("id", order_ids)
    found = bulk_sql.rows(
        f"SELECT id FROM sales_order WHERE {where} AND category IN ('cancelled', 'closed')", values
    )
    return {row[0] for row in found}


def lock_due(payment_ids: Collection[str], now: datetime) -> set[tuple[str, str, bool]]:
    """Lock those payments that are still to be asked about now; return (id, wish, is_closing)."""
    where, values = bulk_sql.among("id", payment_ids)
    found = bulk_sql.rows(
        f"SELECT id, wish, is_closing FROM payment WHERE {where} AND ask_at <= %s "
        f"ORDER BY id{bulk_sql.locking()}",
        [*values, bulk_sql.instant(now)],
    )
    return {(row[0], row[1], bool(row[2])) for row in found}


def write_asking(rows: Sequence[Payment]) -> None:
    """Note who is asked about now, and when the next one may ask."""
    names = ("is_closing", "asks", "ask_at", "wish")
    bulk_sql.update_rows(
        models.Payment, ("id",), names, [(r.id, *(getattr(r, n) for n in names)) for r in rows]
    )


def open_orders(order_ids: Collection[str]) -> set[str]:
    """Return those orders that money may still come for."""
    where, values = bulk_sql.among("order_id", order_ids)
    states, more = bulk_sql.among("state", OPEN, "text")
    found = bulk_sql.rows(
        f"SELECT DISTINCT order_id FROM payment WHERE {where} AND {states} AND ask_at IS NOT NULL",
        [*values, *more],
    )
    return {row[0] for row in found}


def write_closing(order_ids: Collection[str], now: datetime) -> None:
    """Have the open payments of orders closed at their providers, now."""
    if not order_ids:
        return
    where, values = bulk_sql.among("order_id", order_ids)
    states, more = bulk_sql.among("state", OPEN, "text")
    bulk_sql.run(
        f"UPDATE payment SET is_closing = %s, ask_at = %s, asks = 0 WHERE {where} AND {states} "
        "AND ask_at IS NOT NULL AND is_closing = %s",
        [True, bulk_sql.instant(now), *values, *more, False],
    )


def write_payments(added: Sequence[Payment], changed: Sequence[Payment]) -> None:
    """Insert payments, and write what changed of others."""
    bulk_sql.insert_rows(
        models.Payment, Payment._fields, [one._replace(started=_text(one.started)) for one in added]
    )
    bulk_sql.update_rows(
        models.Payment,
        ("id",),
        _PAYMENT_CHANGES,
        [(one.id, *(_value(getattr(one, name)) for name in _PAYMENT_CHANGES)) for one in changed],
    )


def _payment(row: Sequence[Any]) -> Payment:
    made = Payment(*instants.aware(row))
    started: Any = made.started
    return made._replace(
        started=msgspec.json.decode(started) if started else None,
        is_closing=bool(made.is_closing),
    )


# --- refunds ------------------------------------------------------------------------------------


def load_refunds(order_ids: Iterable[str]) -> dict[str, list[Refund]]:
    """Return refunds by order, oldest first."""
    where, values = bulk_sql.among("order_id", order_ids)
    loaded: dict[str, list[Refund]] = {}
    for row in bulk_sql.rows(
        f"SELECT {', '.join(Refund._fields)} FROM refund WHERE {where} ORDER BY id", values
    ):
        loaded.setdefault(row[1], []).append(_refund(row))
    return loaded


def find_refunds(numbers: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return (refund, order) by refund number, without a lock."""
    where, values = bulk_sql.among("number", numbers, "text")
    found = bulk_sql.rows(f"SELECT number, id, order_id FROM refund WHERE {where}", values)
    return {number: (id_, order_id) for number, id_, order_id in found}


def find_refund_orders(refund_ids: Iterable[str]) -> dict[str, str]:
    """Return the order of each refund."""
    where, values = bulk_sql.among("id", refund_ids)
    found = bulk_sql.rows(f"SELECT id, order_id FROM refund WHERE {where}", values)
    return dict(found)


def find_due_refunds(now: datetime, limit: int) -> list[Refund]:
    """Return refunds that are to be sent or asked for, the longest due first."""
    return [
        _refund(row)
        for row in bulk_sql.rows(
            f"SELECT {', '.join(Refund._fields)} FROM refund WHERE ask_at <= %s "
            "ORDER BY ask_at LIMIT %s",
            [bulk_sql.instant(now), limit],
        )
    ]


def find_automatic_refunds(limit: int) -> list[str]:
    """Return refunds that cancelled orders are owed and that the shop's policy lets go by itself."""
    found = bulk_sql.rows(
        "SELECT r.id FROM refund r JOIN sales_order o ON o.id = r.order_id "
        "LEFT JOIN money_policy p ON p.id = o.shop_id "
        "LEFT JOIN money_policy d ON d.id = %s "
        "WHERE r.state = 'requested' AND o.category = 'cancelled' AND r.amount_minor <= "
        "CASE WHEN p.id IS NOT NULL THEN COALESCE(p.auto_refund_minor, r.amount_minor) "
        "WHEN d.id IS NOT NULL THEN COALESCE(d.auto_refund_minor, r.amount_minor) ELSE 0 END "
        "ORDER BY r.id LIMIT %s",
        [EVERY_SHOP, limit],
    )
    return [row[0] for row in found]


def write_refunds(added: Sequence[Refund], changed: Sequence[Refund]) -> None:
    """Insert refunds, and write what changed of others."""
    bulk_sql.insert_rows(
        models.Refund, Refund._fields, [one._replace(shares=_text(one.shares)) for one in added]
    )
    bulk_sql.update_rows(
        models.Refund,
        ("id",),
        _REFUND_CHANGES,
        [(one.id, *(getattr(one, name) for name in _REFUND_CHANGES)) for one in changed],
    )


def _refund(row: Sequence[Any]) -> Refund:
    made = Refund(*instants.aware(row))
    shares: Any = made.shares
    return made._replace(shares=msgspec.json.decode(shares) if shares else None)


def _text(value: Any) -> Any:
    return None if value is None else _json(value).decode()


def _value(value: Any) -> Any:
    return _text(value) if isinstance(value, dict) else value
