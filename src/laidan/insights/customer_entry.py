"""Customers to choose from while an order is entered, and the addresses that they had."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from laidan.domain.orders.models import Order
from laidan.domain.parties.models import Address, Customer
from laidan.engine import reading_sql
from laidan.engine.sealing import SealError, keyring, masked_phone, normal_phone
from laidan.insights.customer_views import load_customers
from laidan.insights.sight import limit_customers
from laidan.kernel.actor import Sight
from laidan.kernel.ids import parse_id

FOUND_MAX = 8
ADDRESSES_MAX = 5
_ORDERS_READ = 10
_LAST4, _PHONE_MIN = 4, 6


@dataclass(frozen=True, slots=True)
class FoundCustomer:
    """A customer to choose; the phone is masked."""

    id: str
    name: str
    ref: str
    phone: str


@dataclass(frozen=True, slots=True)
class KnownCustomer:
    """A customer with phone and e-mail in clear, and addresses by where they are kept."""

    id: str
    name: str
    ref: str
    phone: str
    email: str
    addresses: Mapping[str, Mapping[str, Any]]


def search_customers(text: str, sight: Sight) -> list[FoundCustomer]:
    """Return customers within sight by the beginning of a name, by reference, phone or its last four digits."""
    where, values = reading_sql.starting_with("c.name", text)
    arms: list[tuple[str, tuple[Any, ...]]] = [(where, tuple(values)), ("c.ref = %s", (text,))]
    digits = normal_phone(text)
    if digits and len(digits) == _LAST4:
        arms.append(("c.last4_index = %s", (keyring().index("last4", digits),)))
    elif len(digits) >= _PHONE_MIN:
        arms.append(("c.phone_index = %s", (keyring().index("phone", digits),)))
    found: dict[str, FoundCustomer] = {}
    within: list[str] = []
    limits: list[Any] = []
    limit_customers(within, limits, sight)
    for arm, parameters in arms:
        where = " AND ".join((arm, *within))
        for id_, name, ref, sealed in reading_sql.rows(
            f"SELECT c.id, c.name, c.ref, c.sealed FROM customer c WHERE {where} LIMIT {FOUND_MAX}",
            (*parameters, *limits),
        ):
            phone = _opened(sealed, str(id_)).get("phone") or ""
            found[str(id_)] = FoundCustomer(str(id_), name, ref or "", masked_phone(phone))
    return list(found.values())[:FOUND_MAX]


def load_customer(customer_id: str, sight: Sight) -> KnownCustomer | None:
    """Return a customer within sight with the addresses that he had, the latest first (three queries)."""
    if parse_id(customer_id) is None or not load_customers([customer_id], sight):
        return None
    row = Customer.objects.filter(pk=customer_id).first()
    if row is None:
        return None
    contact = _opened(row.sealed, row.pk)
    return KnownCustomer(
        row.pk, row.name, row.ref or "", str(contact.get("phone") or ""),
        str(contact.get("email") or ""), _addresses(row.pk),
    )  # fmt: skip


def _addresses(customer_id: str) -> dict[str, Mapping[str, Any]]:
    """Return addresses by "o" or "a" and the id of the order or address that keeps them."""
    orders = Order.objects.filter(customer=customer_id, contact_sealed__isnull=False)
    recent = orders.order_by("-placed_at", "-pk").values_list("pk", "contact_sealed")
    listed = [
        (f"o{key}", _opened(sealed, key).get("ship_to")) for key, sealed in recent[:_ORDERS_READ]
    ]
    kept = Address.objects.filter(customer=customer_id).order_by("-pk")
    listed += [(f"a{one.pk}", _opened(one.sealed, one.pk)) for one in kept[:_ORDERS_READ]]
    found: dict[str, Mapping[str, Any]] = {}
    for source, address in listed:
        if address and any(address.values()) and address not in found.values():
            found[source] = address
    return dict(list(found.items())[:ADDRESSES_MAX])


def _opened(sealed: str | None, owner: str) -> dict[str, Any]:
    try:
        opened: dict[str, Any] = json.loads(keyring().unseal(sealed, owner)) if sealed else {}
    except SealError:
        return {}
    return opened
