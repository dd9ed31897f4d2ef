"""Who an order is for: found or added as a customer, sealed and indexed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from laidan.domain.orders.rows import OrderRow
from laidan.domain.parties.core import Customer
from laidan.engine.sealing import Keyring, normal_phone
from laidan.kernel.ids import Mint
from laidan.usecases.answers import NO_CONTACT
from laidan.usecases.order_requests import CustomerRequest, PlaceOrder

_encode = msgspec.json.Encoder().encode
NO_INDEXES = ("", "")


class Contact(NamedTuple):
    """Who an order is for, sealed and indexed."""

    customer: Customer | None
    name: str
    text: bytes
    sealed: str | None
    phone_index: str
    last4_index: str


class Ahead(NamedTuple):
    """A contact drawn up for somebody of whom it is not known yet whether he is a customer already.

    `names` are what he would be found by, the foremost first; `row` is his, if he has any name.
    """

    contact: Contact
    names: Mapping[tuple[str, str], Customer]
    row: tuple[Any, ...] | None


class Contacts:
    """Finds customers among those loaded, and gathers the rows of new ones."""

    def __init__(
        self,
        known: dict[tuple[str, str], Customer],
        added: list[tuple[Any, ...]],
        *,
        now: datetime,
        mint: Mint,
        keys: Keyring,
    ) -> None:
        self._known = known
        self._added = added
        self._now = now
        self._mint = mint
        self._keys = keys

    def find_or_add(self, person: CustomerRequest, indexes: tuple[str, str]) -> Customer | None:
        """Return the customer; whoever gives neither ref, phone nor e-mail is nobody.

        `indexes` are those of the person's phone.
        """
        email = person.email.strip().lower()
        email_index = self._keys.index("email", email) if email else ""
        if person.ref:
            key = ("ref", person.ref)
        elif indexes[0]:
            key = ("phone", indexes[0])
        elif email:
            key = ("email", email_index)
        else:
            return None
        customer = self._known.get(key)
        if customer is not None:
            return customer
        customer = Customer(self._mint.new(), person.ref or None, person.name)
        self._known[key] = customer
        if indexes[0]:
            self._known.setdefault(("phone", indexes[0]), customer)
        if email:
            self._known.setdefault(("email", email_index), customer)
        sealed = None
        if normal_phone(person.phone) or email:
            text = _encode({"phone": person.phone, "email": person.email}).decode()
            sealed = self._keys.seal(text, customer.id)
        self._added.append(
            (customer.id, customer.ref, customer.name, sealed, *indexes, email_index, self._now,
             self._now)
        )  # fmt: skip
        return customer

    def admit(self, ahead: Ahead) -> bool:
        """Add whom a contact was drawn up for, or say that he is known already."""
        if ahead.row is None:
            return True
        if next(iter(ahead.names)) in self._known:
            return False
        for name, customer in ahead.names.items():
            self._known.setdefault(name, customer)
        self._added.append(ahead.row)
        return True

    def contact(self, order: PlaceOrder, order_id: str) -> Contact:
        """Return who an order is for; a customer who is new is added."""
        person, address = order.customer, order.ship_to
        if person is None and address is None:
            return Contact(None, "", NO_CONTACT, None, "", "")
        indexes = NO_INDEXES
        if person and person.phone:
            indexes = self._keys.phone_indexes(person.phone)
        customer = self.find_or_add(person, indexes) if person else None
        shown = person_document(person, customer) if person else None
        name = (shown["name"] if shown else "") or (address.name if address else "")
        if address and address.phone and not (person and address.phone == person.phone):
            indexes = self._keys.phone_indexes(address.phone)
        text = _encode({"customer": shown, "ship_to": address})
        sealed = self._keys.seal(text.decode(), order_id)
        return Contact(customer, name, text, sealed, *indexes)

    def resolve(self, person: CustomerRequest | None) -> tuple[Customer | None, Any]:
        """Return the customer and the person's document."""
        if person is None:
            return None, None
        indexes = self._keys.phone_indexes(person.phone) if person.phone else NO_INDEXES
        customer = self.find_or_add(person, indexes)
        return customer, person_document(person, customer)

    def sealed(self, row: OrderRow, contact: dict[str, Any]) -> OrderRow:
        """Return the order with a contact document sealed and indexed in it."""
        person, address = contact["customer"] or {}, contact["ship_to"] or {}
        phone = address.get("phone") or person.get("phone") or ""
        phone_index, last4_index = self._keys.phone_indexes(phone) if phone else NO_INDEXES
        return row._replace(
            contact_sealed=self._keys.seal(_encode(contact).decode(), row.id),
            customer_name=person.get("name") or address.get("name") or "",
            phone_index=phone_index,
            last4_index=last4_index,
            ship_country=address.get("country") or "",
            ship_province=address.get("province") or "",
        )


def drawn_ahead(
    order: PlaceOrder, order_id: str, *, now: datetime, mint: Mint, keys: Keyring
) -> Ahead:
    """Return who an order is for, if he is no customer yet."""
    names: dict[tuple[str, str], Customer] = {}
    rows: list[tuple[Any, ...]] = []
    contact = Contacts(names, rows, now=now, mint=mint, keys=keys).contact(order, order_id)
    return Ahead(contact, names, rows[0] if rows else None)


def person_document(person: CustomerRequest, customer: Customer | None) -> dict[str, Any]:
    """Return what an order's contact says of its customer."""
    return {
        "id": customer.id if customer else None,
        "ref": person.ref or (customer.ref if customer else None),
        "name": person.name or (customer.name if customer else ""),
        "phone": person.phone,
        "email": person.email,
    }
