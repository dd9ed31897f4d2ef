"""Finding customers by reference, phone or e-mail, and adding new ones."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from operator import itemgetter
from typing import Any

from laidan.domain.parties.core import Customer
from laidan.domain.parties.models import Customer as CustomerRow
from laidan.engine import bulk_sql

_COLUMNS = (
    "id", "ref", "name", "sealed", "phone_index", "last4_index", "email_index", "created_at",
    "updated_at",
)  # fmt: skip


def load_customers(
    refs: Collection[str], phones: Collection[str], emails: Collection[str]
) -> dict[tuple[str, str], Customer]:
    """Return customers by ("ref", …), ("phone", index) and ("email", index); one query.

    Where several share a phone or e-mail, the oldest is meant.
    """
    query = customers_query(refs, phones, emails)
    return query.asked() if query else {}


def customers_query(
    refs: Collection[str], phones: Collection[str], emails: Collection[str]
) -> bulk_sql.Query[dict[tuple[str, str], Customer]] | None:
    """Return the query of `load_customers`, or None where nobody is asked for."""
    parts, values = [], []
    for column, wanted in (("ref", refs), ("phone_index", phones), ("email_index", emails)):
        if wanted:
            condition, parameters = bulk_sql.among(column, wanted, "text")
            parts.append(condition)
            values += parameters
    if not parts:
        return None
    return bulk_sql.Query(
        # Whoever was merged into another is that one.
        "SELECT id, COALESCE(merged_into_id, id), ref, name, phone_index, email_index "
        f"FROM customer WHERE {' OR '.join(parts)}",
        values,
        _by_contact,
        by_key=True,
    )


def _by_contact(rows: Sequence[bulk_sql.Row]) -> dict[tuple[str, str], Customer]:
    loaded: dict[tuple[str, str], Customer] = {}
    # Not sorted by the database, which would then rather read the whole table in its order.
    for _, id_, ref, name, phone, email in sorted(rows, key=itemgetter(0), reverse=True):
        customer = Customer(id_, ref, name)
        if ref:
            loaded["ref", ref] = customer
        if phone:
            loaded["phone", phone] = customer
        if email:
            loaded["email", email] = customer
    return loaded


def write_customers(rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert customers given in the order of their columns."""
    bulk_sql.insert_rows(CustomerRow, _COLUMNS, rows)
