"""Customers and suppliers as people keep them: opened, changed by id, in sets."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from laidan.domain.parties.models import Customer, Supplier
from laidan.engine import bulk_sql, instants


class KeptCustomer(NamedTuple):
    """One row of customer with what people note of him."""

    id: str
    ref: str | None
    name: str
    sealed: str | None
    phone_index: str
    last4_index: str
    email_index: str
    created_at: datetime
    updated_at: datetime
    note: str
    is_blocked: bool
    merged_into_id: str | None


class SupplierRow(NamedTuple):
    """One row of supplier; `sealed` holds whom to call, phone and e-mail."""

    id: str
    code: str
    name: str
    sealed: str | None
    lead_days: int | None
    note: str
    is_active: bool
    created_at: datetime
    updated_at: datetime


def load_customers_by_id(ids: Collection[str], refs: Collection[str]) -> list[KeptCustomer]:
    """Return customers by id or reference, locked in key order."""
    where, values = bulk_sql.among("id", ids)
    named, ref_values = bulk_sql.among("ref", refs, "text")
    found = bulk_sql.rows(
        f"SELECT {', '.join(KeptCustomer._fields)} FROM customer WHERE {where} OR {named} "
        f"ORDER BY id{bulk_sql.locking()}",
        [*values, *ref_values],
    )
    rows = [KeptCustomer(*instants.aware(row)) for row in found]
    return [row._replace(is_blocked=bool(row.is_blocked)) for row in rows]


def write_kept_customers(added: Sequence[KeptCustomer], changed: Sequence[KeptCustomer]) -> None:
    """Insert customers, and update others."""
    bulk_sql.insert_rows(Customer, KeptCustomer._fields, added)
    sets = [name for name in KeptCustomer._fields if name not in {"id", "created_at"}]
    values = [(row.id, *(getattr(row, name) for name in sets)) for row in changed]
    bulk_sql.update_rows(Customer, ("id",), sets, values)


def find_supplier(code: str) -> SupplierRow | None:
    """Return a supplier by code, as one reads him."""
    found = Supplier.objects.filter(code=code).values_list(*SupplierRow._fields).first()
    return SupplierRow(*found) if found is not None else None


def load_suppliers(codes: Collection[str]) -> dict[str, SupplierRow]:
    """Return suppliers by code, locked in key order."""
    where, values = bulk_sql.among("code", codes, "text")
    found = bulk_sql.rows(
        f"SELECT {', '.join(SupplierRow._fields)} FROM supplier WHERE {where} "
        f"ORDER BY id{bulk_sql.locking()}",
        values,
    )
    rows = [SupplierRow(*instants.aware(row)) for row in found]
    return {row.code: row._replace(is_active=bool(row.is_active)) for row in rows}


def write_suppliers(added: Sequence[SupplierRow], changed: Sequence[SupplierRow]) -> None:
    """Insert suppliers, and update others."""
    bulk_sql.insert_rows(Supplier, SupplierRow._fields, added)
    sets = [name for name in SupplierRow._fields if name not in {"id", "code", "created_at"}]
    values = [(row.id, *(getattr(row, name) for name in sets)) for row in changed]
    bulk_sql.update_rows(Supplier, ("id",), sets, values)
