"""What a list of orders can be narrowed to, as conditions that indexes answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from laidan.domain.orders.selecting import Condition
from laidan.engine import reading_sql
from laidan.engine.bulk_sql import instant
from laidan.engine.reading_sql import Fragment
from laidan.engine.sealing import keyring, normal_phone
from laidan.kernel.actor import EVERYTHING_SEEN, Sight
from laidan.kernel.ids import parse_id
from laidan.kernel.money import exponent

NOTHING = Condition("1 = 0", indexed=False)
"""No order meets this."""
_LAST_FOUR = re.compile(r"[0-9]{4}\Z")
_PHONE = re.compile(r"[0-9+() -]{6,24}\Z")
_DIGITS_MIN = 6
NAMES_MAX = 500
"""Customers whose name begins so: with more of them, their orders are not counted."""
# Looks at the one row by its key, order by order; without it PostgreSQL would first gather all.
_ONE = "LIMIT 1 OFFSET 0"
LATE_CATEGORIES = ("open", "in_review", "awaiting_payment")


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What a list of orders is narrowed to; all that is given must hold."""

    type: Sequence[str] = ()
    shop: Sequence[str] = ()
    state: Sequence[str] = ()
    category: Sequence[str] = ()
    customer: str | None = None
    phone: str | None = None
    external_no: str | None = None
    sku: str | None = None
    tag: str | None = None
    q: str | None = None
    placed_from: datetime | None = None
    placed_to: datetime | None = None
    updated_from: datetime | None = None
    min_total: Decimal | None = None
    max_total: Decimal | None = None
    late: bool | None = None
    held: bool | None = None
    sight: Sight = EVERYTHING_SEEN
    """What the asker may see at all; nothing else is found, whatever the rest says."""
    assignee: str | None = None
    """The id of who looks after it; "" for orders that nobody looks after."""


def conditions(wanted: OrderFilter, currencies: Sequence[str], *, now: datetime) -> list[Condition]:
    """Return a filter's conditions beside shop, type, state and category.

    `currencies` are those that there are orders in.
    """
    found = [
        *_range("o.placed_at", wanted.placed_from, wanted.placed_to, "placed_at"),
        *_range("o.updated_at", wanted.updated_from, None, "updated_at"),
        *_totals(wanted, currencies),
    ]
    if wanted.customer is not None:
        found.append(_customer(wanted.customer))
    if wanted.phone is not None:
        found.append(_phone(wanted.phone))
    if wanted.external_no is not None:
        found.append(_external(wanted.external_no))
    if wanted.sku is not None:
        found.append(_sku(wanted.sku))
    if wanted.tag is not None:
        found.append(_tag(wanted.tag))
    if wanted.q is not None and wanted.q.strip():
        found.append(_search(wanted.q.strip()))
    if wanted.late is not None:
        found.append(_late(is_late=wanted.late, now=now))
    if wanted.held is not None:
        found.append(_held(is_held=wanted.held))
    if wanted.assignee is not None:
        found.append(_assigned(wanted.assignee))
    return found


def _range(
    column: str, start: datetime | None, end: datetime | None, bounds: str
) -> list[Condition]:
    """Return a half-open span of instants as one condition."""
    parts = [
        (f"{column} {compare} %s", instant(value))
        for compare, value in ((">=", start), ("<", end))
        if value is not None
    ]
    if not parts:
        return []
    sql = " AND ".join(sql for sql, _ in parts)
    return [Condition(sql, tuple(value for _, value in parts), bounds=bounds)]


def _totals(wanted: OrderFilter, currencies: Sequence[str]) -> list[Condition]:
    """Return the span of totals, both ends included; each currency has its own minor unit."""
    if wanted.min_total is None and wanted.max_total is None:
        return []
    by_exponent: dict[int, list[str]] = {}
    for currency in currencies:
        by_exponent.setdefault(exponent(currency), []).append(currency)
    if not by_exponent:
        return [NOTHING]
    spans = [(_span(wanted, decimals), listed) for decimals, listed in by_exponent.items()]
    if len(spans) == 1:
        (sql, params), _ = spans[0]
        return [Condition(sql, params, bounds="total")]
    parts, values = [], []
    for (sql, params), listed in spans:
        currency_sql, codes = reading_sql.one_of("o.currency", listed)
        parts.append(f"({currency_sql} AND {sql})")
        values += [*codes, *params]
    return [Condition(f"({' OR '.join(parts)})", tuple(values), indexed=False)]


def _span(wanted: OrderFilter, decimals: int) -> tuple[str, tuple[int, ...]]:
    parts, values = [], []
    if wanted.min_total is not None:
        parts.append("o.total_minor >= %s")
        values.append(_minor(wanted.min_total, decimals, up=True))
    if wanted.max_total is not None:
        parts.append("o.total_minor <= %s")
        values.append(_minor(wanted.max_total, decimals, up=False))
    return " AND ".join(parts), tuple(values)


def _minor(amount: Decimal, decimals: int, *, up: bool) -> int:
    """Return an amount in minor units, rounded into the span and kept within 64 bits."""
    scaled = amount * 10**decimals
    whole = int(scaled)
    if up and whole < scaled:
        whole += 1
    if not up and whole > scaled:
        whole -= 1
    return max(-(2**63), min(whole, 2**63 - 1))


def _customer(reference: str) -> Condition:
    """Return the condition on a customer given by reference or id."""
    customer_id = parse_id(reference)
    sql, params = "SELECT id FROM customer WHERE ref = %s", [reference]
    if customer_id is not None:
        sql, params = f"{sql} OR id = %s", [reference, customer_id]
    ids = reading_sql.ids(sql, params)
    if customer_id is not None and not ids:
        ids = [customer_id]
    where, values = reading_sql.one_of("o.customer_id", ids)
    return Condition(where, values)


def _phone(text: str) -> Condition:
    """Return the condition on a whole phone number, or on its last four digits."""
    if _LAST_FOUR.match(text.strip()):
        return Condition("o.last4_index = %s", (keyring().index("last4", text.strip()),))
    if not normal_phone(text):
        return NOTHING
    return Condition("o.phone_index = %s", (keyring().phone_indexes(text)[0],))


def _external(number: str) -> Condition:
    return Condition("o.external_no = %s", (number,))


def _sku(code: str) -> Condition:
    ids = reading_sql.ids("SELECT id FROM sku WHERE code = %s", [code])
    if not ids:
        return NOTHING
    of_sku = "order_line k WHERE k.sku_id = %s"
    return Condition(
        "EXISTS (SELECT 1 FROM order_line l WHERE l.sku_id = %s AND l.placed_at = o.placed_at "
        f"AND l.order_id = o.id {_ONE})",
        (ids[0],),
        keys=("SELECT order_id, placed_at FROM order_line WHERE sku_id = %s", (ids[0],)),
        has_placed_at=True,
        in_order=(of_sku, (ids[0],)),
    )


def _tag(tag: str) -> Condition:
    return Condition(
        f"EXISTS (SELECT 1 FROM order_tag t WHERE t.tag = %s AND t.order_id = o.id {_ONE})",
        (tag,),
        ("SELECT order_id FROM order_tag WHERE tag = %s", (tag,)),
    )


def _late(*, is_late: bool, now: datetime) -> Condition:
    category, values = reading_sql.one_of("o.category", LATE_CATEGORIES)
    sql = f"(o.late_at < %s AND {category})"
    if is_late:
        return Condition(sql, (instant(now), *values))
    return Condition(f"(o.late_at IS NULL OR NOT {sql})", (instant(now), *values), indexed=False)


def _held(*, is_held: bool) -> Condition:
    if not is_held:
        return Condition("o.open_holds = 0", indexed=False)
    return Condition(
        "o.open_holds > 0", (), ("SELECT order_id FROM hold WHERE released_at IS NULL", ())
    )


def _assigned(user_id: str) -> Condition:
    """Return the condition that somebody looks after an order, or nobody does."""
    mine = "SELECT 1 FROM order_assignment a WHERE a.id = o.id"
    if not user_id:
        return Condition(f"NOT EXISTS ({mine} {_ONE})", indexed=False)
    return Condition(
        f"EXISTS ({mine} AND a.user_id = %s {_ONE})",
        (user_id,),
        ("SELECT id AS order_id FROM order_assignment WHERE user_id = %s", (user_id,)),
    )


def _search(text: str) -> Condition:
    """Return the condition that any of an order's names is the text searched for.

    These are: order number, external number, phone (whole or last four digits), customer's
    reference, beginning of the customer's name, SKU code.
    """
    name = reading_sql.starting_with("c.name", text)
    meanings = [
        Condition("o.order_no = %s", (text.upper(),)),
        _external(text),
        _customers("c.ref = %s", (text,)),
        _customers(*name),
        _sku(text),
    ]
    if _LAST_FOUR.match(text) or (_PHONE.match(text) and len(normal_phone(text)) >= _DIGITS_MIN):
        meanings.append(_phone(text))
    found, named = _with_hits([one for one in meanings if one is not NOTHING], name)
    is_common = named > NAMES_MAX
    if len(found) <= 1:
        return replace(found[0], is_common=is_common) if found else NOTHING
    sql, params = _joined([(one.sql, one.params) for one in found], " OR ")
    keys = _joined([_keys(one) for one in found], " UNION ALL ")
    return Condition(f"({sql})", params, keys, has_placed_at=True, is_common=is_common)


def _customers(where: str, params: tuple[Any, ...]) -> Condition:
    """Return the condition that the order's customer `c` meets another."""
    one = f"SELECT 1 FROM customer c WHERE c.id = o.customer_id AND {where} {_ONE}"
    joined = "customer c JOIN sales_order o ON o.customer_id = c.id"
    keys = f"SELECT o.id AS order_id, o.placed_at FROM {joined} WHERE {where}"
    return Condition(f"EXISTS ({one})", params, (keys, params), has_placed_at=True)


def _with_hits(meanings: Sequence[Condition], name: Fragment) -> tuple[list[Condition], int]:
    """Return those meanings of a text that any order has, and how many are so named (one query)."""
    asked = [_keys(one) for one in meanings]
    parts = [f"EXISTS (SELECT 1 FROM ({sql}) k{place})" for place, (sql, _) in enumerate(asked)]
    where, params = name
    parts.append(
        f"(SELECT COUNT(*) FROM (SELECT 1 FROM customer c WHERE {where} LIMIT {NAMES_MAX + 1}) n)"
    )
    values = [value for _, values in asked for value in values]
    ((*hits, named),) = reading_sql.rows(f"SELECT {', '.join(parts)}", [*values, *params])
    return [one for one, hit in zip(meanings, hits, strict=True) if hit], int(named)


def _keys(condition: Condition) -> Fragment:
    """Return the select of the ids of the orders that meet a condition."""
    if condition.keys is not None:
        return condition.keys
    sql = f"SELECT o.id AS order_id, o.placed_at FROM sales_order o WHERE {condition.sql}"
    return sql, condition.params


def _joined(fragments: Sequence[Fragment], word: str) -> Fragment:
    return (
        word.join(sql for sql, _ in fragments),
        tuple(value for _, values in fragments for value in values),
    )
