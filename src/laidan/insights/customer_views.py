"""Customers as people look for them and at them: lists, figures, orders, doubles, merges."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from laidan.engine import reading_sql
from laidan.engine.sealing import SealError, keyring, normal_phone
from laidan.insights.sight import Seen, limit_customers
from laidan.kernel.actor import Sight
from laidan.kernel.ids import parse_id

_LAST_FOUR = re.compile(r"[0-9]{4}\Z")
_PHONE = re.compile(r"[0-9+() -]{6,24}\Z")
_COLUMNS = "c.id, c.ref, c.name, c.sealed, c.is_blocked, c.created_at, c.note, c.merged_into_id"


class CustomerCard(NamedTuple):
    """One customer of a list; `phone` and `email` are in the open: mask them before they show."""

    id: str
    ref: str | None
    name: str
    phone: str
    email: str
    is_blocked: bool
    created_at: datetime | None
    note: str
    merged_into: str | None


class Buying(NamedTuple):
    """What a customer has ordered: placed and not cancelled, in one currency's minor units."""

    currency: str
    orders: int
    total_minor: int
    first_at: datetime
    last_at: datetime

    @property
    def average_minor(self) -> int:
        """The average order value, rounded half up."""
        return (2 * self.total_minor + self.orders) // (2 * self.orders) if self.orders else 0


class MergeCard(NamedTuple):
    """A merge that could be taken back."""

    id: str
    merged_id: str
    name: str
    ref: str | None
    merged_by: str
    merged_at: datetime


@dataclass(frozen=True, slots=True)
class CustomerQuestion:
    """What a list of customers is narrowed to."""

    text: str = ""
    blocked: bool = False


def list_customers(
    asked: CustomerQuestion, sight: Sight, *, before: str | None, limit: int
) -> list[CustomerCard]:
    """Return customers within sight, the newest first, before an id; doubles that were merged are left out.

    A text is a number, a phone or its last four digits, an e-mail, or how a name begins.
    """
    parts = ["c.merged_into_id IS NULL"]
    params: list[Any] = []
    if asked.text:
        sql, values = _found_by(asked.text)
        parts.append(sql)
        params += values
    limit_customers(parts, params, sight)
    if asked.blocked:
        parts.append("c.is_blocked")
    if before is not None:
        parts.append("c.id < %s")
        params.append(before)
    rows = reading_sql.rows(
        f"SELECT {_COLUMNS} FROM customer c WHERE {' AND '.join(parts)} "
        f"ORDER BY c.id DESC LIMIT {limit}",
        params,
    )
    return [_card(row) for row in rows]


def load_customers(ids: Collection[str], sight: Sight) -> dict[str, CustomerCard]:
    """Return customers within sight by id, merged ones too."""
    wanted = [one for one in ids if parse_id(one) == one]
    where, values = reading_sql.one_of("c.id", wanted)
    parts, params = [where], [*values]
    limit_customers(parts, params, sight)
    where = " AND ".join(parts)
    rows = reading_sql.rows(f"SELECT {_COLUMNS} FROM customer c WHERE {where}", params)
    return {card.id: card for card in map(_card, rows)}


def count_orders(ids: Collection[str], sight: Sight) -> dict[str, int]:
    """Return how many orders within sight customers have (one query)."""
    where, params = _owned(ids, sight)
    rows = reading_sql.rows(
        f"SELECT o.customer_id, COUNT(*) FROM sales_order o WHERE {where} GROUP BY o.customer_id",
        params,
    )
    return {str(id_): int(count) for id_, count in rows}


def buying_of(customer_id: str, sight: Sight) -> list[Buying]:
    """Return what a customer bought within sight, by currency (one query)."""
    where, params = _owned([customer_id], sight)
    rows = reading_sql.rows(
        "SELECT o.currency, COUNT(*), SUM(o.total_minor), MIN(o.placed_at), MAX(o.placed_at) "
        f"FROM sales_order o WHERE {where} AND o.category NOT IN ('draft', 'cancelled') "
        "GROUP BY o.currency ORDER BY COUNT(*) DESC, o.currency",
        params,
    )
    return [
        Buying(
            row[0], int(row[1]), int(row[2]), *(_instant(cell) for cell in row[3:5])
        )
        for row in rows
    ]  # fmt: skip


def order_ids_of(customer_id: str, sight: Sight, *, limit: int) -> list[str]:
    """Return a customer's orders within sight, the newest first (one query)."""
    where, params = _owned([customer_id], sight)
    return reading_sql.ids(
        f"SELECT o.id FROM sales_order o WHERE {where} "
        f"ORDER BY o.placed_at DESC, o.id DESC LIMIT {limit}",
        params,
    )


def addresses_of(customer_id: str, *, limit: int) -> list[dict[str, Any]]:
    """Return the addresses of a customer and of those merged into him, the newest first."""
    rows = reading_sql.rows(
        "SELECT a.id, a.sealed FROM address a JOIN customer c ON c.id = a.customer_id "
        "WHERE c.id = %s OR c.merged_into_id = %s "
        f"ORDER BY a.id DESC LIMIT {limit}",
        (customer_id, customer_id),
    )
    opened = []
    for id_, sealed in rows:
        try:
            opened.append(msgspec.json.decode(keyring().unseal(sealed, str(id_))))
        except SealError:
            continue
    return opened


def doubles_of(card: CustomerCard, sight: Sight, *, limit: int) -> list[CustomerCard]:
    """Return other customers within sight who have the same phone or e-mail (one query)."""
    keys = keyring()
    parts, params = [], []
    phone = keys.phone_indexes(card.phone)[0]
    if phone:
        parts.append("c.phone_index = %s")
        params.append(phone)
    if card.email:
        parts.append("c.email_index = %s")
        params.append(keys.index("email", card.email.strip().lower()))
    if not parts:
        return []
    parts = [f"({' OR '.join(parts)})"]
    limit_customers(parts, params, sight)
    rows = reading_sql.rows(
        f"SELECT {_COLUMNS} FROM customer c WHERE {' AND '.join(parts)} "
        f"AND c.id <> %s AND c.merged_into_id IS NULL ORDER BY c.id LIMIT {limit}",
        [*params, card.id],
    )
    return [_card(row) for row in rows]


def merges_of(customer_id: str) -> list[MergeCard]:
    """Return the merges into a customer that stand, the newest first (one query)."""
    rows = reading_sql.rows(
        "SELECT m.id, m.merged_id, c.name, c.ref, m.merged_by, m.merged_at FROM customer_merge m "
        "JOIN customer c ON c.id = m.merged_id "
        "WHERE m.kept_id = %s AND m.undone_at IS NULL ORDER BY m.id DESC",
        (customer_id,),
    )
    return [MergeCard._make([str(r[0]), str(r[1]), *r[2:5], _instant(r[5])]) for r in rows]


def _found_by(text: str) -> tuple[str, Sequence[Any]]:
    keys = keyring()
    if "@" in text:
        index = keys.index("email", text.lower())
        return "(c.email_index = %s OR c.ref = %s)", (index, text)
    if _LAST_FOUR.match(text):
        # The index of an ending is that of any phone that ends so.
        return "(c.last4_index = %s OR c.ref = %s)", (keys.phone_indexes(text)[1], text)
    if _PHONE.match(text) and normal_phone(text):
        return "(c.phone_index = %s OR c.ref = %s)", (keys.phone_indexes(text)[0], text)
    begins, values = reading_sql.starting_with("c.name", text)
    return f"({begins} OR c.ref = %s)", (*values, text)


def _owned(ids: Collection[str], sight: Sight) -> tuple[str, list[Any]]:
    where, params = reading_sql.one_of("o.customer_id", ids)
    within = Seen(sight).condition()
    if within is None:
        return where, [*params]
    return f"{where} AND {within.sql}", [*params, *within.params]


def _card(row: Sequence[Any]) -> CustomerCard:
    id_ = str(row[0])
    contact: dict[str, str] = {}
    if row[3]:
        try:
            contact = msgspec.json.decode(keyring().unseal(row[3], id_))
        except SealError:
            contact = {}
    return CustomerCard(
        id_, row[1], row[2], contact.get("phone") or "", contact.get("email") or "", bool(row[4]),
        reading_sql.instant_of(row[5]), row[6], str(row[7]) if row[7] else None,
    )  # fmt: skip


def _instant(cell: Any) -> datetime:
    at = reading_sql.instant_of(cell)
    if at is None:
        raise ValueError("an instant is missing")
    return at
