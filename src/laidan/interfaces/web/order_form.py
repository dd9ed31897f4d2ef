"""The form of a new order: read, turned into a request, and where it is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
from django.http import QueryDict
from django.utils.translation import gettext

from laidan.blueprints.model import Blueprint
from laidan.domain.channels import store as channels
from laidan.domain.channels.core import Shop
from laidan.engine import epochs
from laidan.engine.sealing import masked_phone
from laidan.insights import customer_entry
from laidan.insights.customer_entry import KnownCustomer
from laidan.insights.vocabulary import load_vocabulary
from laidan.interfaces.web import acts, choices, contact_words, editing, entry_rows, field_inputs
from laidan.interfaces.web.entry_rows import Row
from laidan.kernel.actor import Actor, Sight
from laidan.kernel.outcome import Refused
from laidan.usecases.order_requests import PlaceOrder

T = TypeVar("T")
PLACE = "orders.place"
FIELD = "field-"
ADDRESS = ("name", "phone", *contact_words.ADDRESS)
TEXTS = (
    "shop", "type", "external_no", "customer_id", "customer_ref", "customer_name",
    "customer_phone", "customer_email", "ship-source", "discount", "shipping_fee", "priority",
    "buyer_note", "seller_note", "tags", "once", "draft", "draft_version", "shared",
    *(f"ship-{name}" for name in ADDRESS),
)  # fmt: skip
_FIELDS = {
    "customer.name": "customer_name", "customer.phone": "customer_phone",
    "customer.email": "customer_email", "discount or shipping_fee": "discount",
}  # fmt: skip
_PRICES = ("price-", "less-", "discount", "shipping_fee")
_SHAPE = re.compile(r"`\$\.([\w.\[\]]+)`")


@dataclass(frozen=True, slots=True)
class Form:
    """What is in the form: fields by name, and rows."""

    values: Mapping[str, str]
    rows: Sequence[Row]

    def get(self, name: str) -> str:
        """Return a field's text."""
        return self.values.get(name, "")


@dataclass(frozen=True, slots=True)
class Terms:
    """What the order is entered under: the shop and the order type, with those to choose from."""

    shop: Shop
    blueprint: Blueprint
    shops: Mapping[str, str]
    types: Mapping[str, str]
    sight: Sight = ()
    """How far whoever enters it sees customers."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a form asks for, or what is wrong with it by field."""

    order: PlaceOrder | None = None
    faults: Mapping[str, str] = field(default_factory=dict)


def read(given: QueryDict, actor: Actor) -> Form:
    """Return what a form says; prices of somebody who may not set any are the list's."""
    values = acts.typed(given)
    if not actor.may("orders.change_price"):
        values = {name: text for name, text in values.items() if not name.startswith(_PRICES)}
    kept = {name: values[name] for name in TEXTS if name in values}
    kept |= {name: text for name, text in values.items() if name.startswith(FIELD)}
    return Form(kept, entry_rows.read_rows(values, given.getlist("line")))


def terms_of(form: Form, actor: Actor, language: str, right: str = PLACE) -> Terms | None:
    """Return what an order is entered under, None where there is no shop to enter one for."""
    within = actor.shops(right)
    open_shops = {
        code: name for code, name in choices.shops().items() if within is None or code in within
    }
    code = form.get("shop") if form.get("shop") in open_shops else next(iter(open_shops), "")
    shop = channels.load_shops({code}, epochs.read()).get(code) if code else None
    vocabulary = load_vocabulary(epochs.read())
    if shop is None or not vocabulary.newest:
        return None
    wanted = form.get("type") or shop.default_type
    blueprint = vocabulary.newest.get(wanted) or next(iter(vocabulary.newest.values()))
    types = choices.order_types(vocabulary, language)
    return Terms(shop, blueprint, open_shops, types, actor.sight("customers.view"))


def asked(form: Form, terms: Terms) -> Asked:
    """Return the order that a form asks for, or its faults."""
    blueprint = terms.blueprint
    own, faults = field_inputs.read(blueprint.fields, form.values, FIELD)
    faults |= entry_rows.own_faults(form.rows, blueprint.line_fields)
    tags = editing.split_tags(form.get("tags"))
    fault = editing.tags_fault(tags)
    if fault:
        faults["tags"] = fault
    if not form.rows:
        faults["lines"] = gettext("Add at least one SKU: scan it, or type its code or name.")
    known = (
        customer_entry.load_customer(form.get("customer_id"), terms.sight)
        if form.get("customer_id")
        else None
    )
    customer, address, more = _people(form, known)
    faults |= more
    if faults:
        return Asked(faults=faults)
    wish: dict[str, Any] = {
        "type": blueprint.code, "shop": terms.shop.code, "tags": tags, "fields": own,
        "external_no": form.get("external_no").strip() or None,
        "priority": form.get("priority") or "normal",
        "discount": entry_rows.amount(form.get("discount")) or "0",
        "shipping_fee": entry_rows.amount(form.get("shipping_fee")) or "0",
        "buyer_note": form.get("buyer_note"), "seller_note": form.get("seller_note"),
        "customer": customer, "ship_to": address,
        "lines": [
            msgspec.to_builtins(entry_rows.request_of(row, blueprint.line_fields))
            for row in form.rows
        ],
    }  # fmt: skip
    try:
        return Asked(msgspec.convert(wish, PlaceOrder))
    except msgspec.ValidationError as error:
        place = _SHAPE.search(str(error))
        name = _field(place[1] if place else "", form.rows)
        return Asked(faults={name: gettext("This is too long.")})


def faults_of(refused: Refused, form: Form, blueprint: Blueprint) -> dict[str, str]:
    """Return a refusal's faults by the form's field."""
    found = entry_rows.faults_of(refused.errors, form.rows)
    for fault in refused.errors:
        if fault.loc.startswith("fields."):
            code = fault.loc.partition(".")[2]
            found[FIELD + code] = field_inputs.said(fault, blueprint.fields.get(code))
        elif not fault.loc.startswith("lines["):
            name = _FIELDS.get(fault.loc, fault.loc)
            amount = name in ("discount", "shipping_fee")
            text = gettext("Type an amount such as 5.00, no more than the order costs.")
            found.setdefault(name, text if amount else gettext("This cannot be used."))
    return found


def _field(place: str, rows: Sequence[Row]) -> str:
    """Return the form's field for a place in a request."""
    line = re.match(r"lines\[(\d+)\]\.(\w+)", place)
    if line and int(line[1]) < len(rows):
        return f"{entry_rows.NAMES.get(line[2], line[2])}-{rows[int(line[1])].key}"
    if place.startswith("ship_to."):
        return f"ship-{place.partition('.')[2]}"
    return _FIELDS.get(place, place.partition("[")[0])


# --- people ---------------------------------------------------------------------------------


def _people(
    form: Form, known: KnownCustomer | None
) -> tuple[dict[str, Any] | None, dict[str, str] | None, dict[str, str]]:
    """Return the customer, the address, and what is wrong; what is masked is looked up."""
    faults: dict[str, str] = {}
    phones = [known.phone] if known else []
    phone = _whole(form.get("customer_phone").strip(), phones)
    emails = {contact_words.masked_email(known.email): known.email} if known else {}
    email = form.get("customer_email").strip()
    email = emails.get(email, email)
    if phone is None:
        faults["customer_phone"] = gettext("Type all of it, without *.")
    if contact_words.MASK in email:
        faults["customer_email"] = gettext("Type all of it, without *.")
    person = {
        "ref": (known.ref if known else form.get("customer_ref").strip()) or None,
        "name": form.get("customer_name").strip(), "phone": phone or "", "email": email,
    }  # fmt: skip
    address = {name: form.get(f"ship-{name}").strip() for name in ADDRESS}
    source = known.addresses.get(form.get("ship-source")) if known else None
    other = [str(one.get("phone") or "") for one in ([source] if source else [])]
    whole = _whole(address["phone"], [*other, *phones])
    if whole is None:
        faults["ship-phone"] = gettext("Type all of it, without *.")
    address["phone"] = whole or ""
    has_address = any(value for name, value in address.items() if name != "country")
    return (
        person if any(person.values()) else None,
        address if has_address else None,
        faults,
    )


def _whole(typed: str, known: Sequence[str]) -> str | None:
    """Return a phone in full: a mask stands for the number that it was made of."""
    if "*" not in typed:
        return typed
    return next((phone for phone in known if masked_phone(phone) == typed), None)
