"""Customers and addresses as they are changed: in sets, locked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from laidan.domain.parties.models import Address, Customer
from laidan.engine import bulk_sql, instants


class CustomerRow(NamedTuple):
    """One row of customer; `sealed` holds phone and e-mail."""

    id: str
    ref: str | None
    name: str
    sealed: str | None
    phone_index: str
    last4_index: str
    email_index: str
    created_at: datetime
    updated_at: datetime


class AddressRow(NamedTuple):
    """One row of address; `digest` tells equal addresses of a customer."""

    id: str
    customer_id: str
    sealed: str
    digest: str
    created_at: datetime


def load_customers(refs: Collection[str], phones: Collection[str]) -> list[CustomerRow]:
    """Return customers by reference, or without one by phone index; locked, the oldest first."""
    parts = []
    by_ref, values = bulk_sql.among("ref", refs, "text")
    parts.append(f"({by_ref})")
    if phones:
        by_phone, indexes = bulk_sql.among("phone_index", phones, "text")
        parts.append(f"(ref IS NULL AND {by_phone})")
        values = [*values, *indexes]
    found = bulk_sql.rows(
        f"SELECT {', '.join(CustomerRow._fields)} FROM customer WHERE {' OR '.join(parts)} "
        f"ORDER BY id{bulk_sql.locking()}",
        values,
    )
    return [CustomerRow(*instants.aware(row)) for row in found]


def load_addresses(customer_ids: Iterable[str]) -> set[tuple[str, str]]:
    """Return (customer, digest) of the addresses that are known."""
    where, values = bulk_sql.among("customer_id", customer_ids)
    found = bulk_sql.rows(f"SELECT customer_id, digest FROM address WHERE {where}", values)
    return {(row[0], row[1]) for row in found}


def write_customers(added: Sequence[CustomerRow], changed: Sequence[CustomerRow]) -> None:
    """Insert customers, and update others."""
    bulk_sql.insert_rows(Customer, CustomerRow._fields, added)
    sets = [name for name in CustomerRow._fields if name not in {"id", "created_at"}]
    bulk_sql.update_rows(
        Customer,
        ("id",),
        sets,
        [(row.id, *(getattr(row, name) for name in sets)) for row in changed],
    )


def write_addresses(rows: Sequence[AddressRow]) -> None:
    """Insert addresses."""
    bulk_sql.insert_rows(Address, AddressRow._fields, rows)
