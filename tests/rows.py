"""The rows of a database without what differs by chance: ids, order numbers, hashes, ciphers.

Ids become names that people know (an order its external number, a balance its SKU and place),
so that two databases in which the same was done have equal rows, on whatever engine.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import models, transaction

from laidan.domain.catalog.models import Sku
from laidan.domain.channels.models import Shop
from laidan.domain.fulfilment.models import Shipment
from laidan.domain.orders.models import Order, OrderLine
from laidan.domain.parties.models import Customer
from laidan.domain.stock.models import Balance, Location
from laidan.engine.sealing import keyring

Rows = dict[str, list[dict[str, Any]]]
_ROOMS = ("orders", "stock", "payments", "fulfilment", "parties")
_ENGINE_TABLES = ("event", "idempotency_key", "counter")
_CHANCE = {"hash", "event_hash", "order_no", "slot"}
# Parts of a second: commands that follow each other at once have ids that sort by milliseconds.
_FRACTION = re.compile(r"(T\d\d:\d\d:\d\d)\.\d+")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def all_rows() -> Rows:
    """Return every row of what orders and stock are made of, by table, in an order of its own."""
    names = _names()
    found: Rows = {}
    for model in _models():
        rows = [_row(one, names) for one in model.objects.all()]
        if model._meta.db_table == "counter":
            rows = _summed(rows)
        found[model._meta.db_table] = sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))
    return found


def counts() -> dict[str, int]:
    """Return how many rows each of those tables has."""
    return {model._meta.db_table: model.objects.count() for model in _models()}


def digest(rows: Rows) -> str:
    """Return one text that differs where any row does."""
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()


@contextmanager
def undone() -> Iterator[None]:
    """Undo everything that a block wrote, though commands in it commit."""
    block: Any = transaction.atomic()
    # As Django's own test cases do: durable transactions may then be opened inside.
    block._from_testcase = True
    inside: AbstractContextManager[Any] = block
    with inside:
        yield
        transaction.set_rollback(True)


def _models() -> list[type[models.Model]]:
    return [
        model
        for model in apps.get_models()
        if model._meta.app_label in _ROOMS or model._meta.db_table in _ENGINE_TABLES
    ]


def _names() -> dict[str, str]:
    """Name every id that people know by another name."""
    names = {
        one.id: one.code for model in (Shop, Location, Sku) for one in model.objects.all()
    }  # fmt: skip
    for number, order in enumerate(Order.objects.order_by("placed_at", "created_at", "id")):
        names[order.id] = order.external_no or f"order-{number}"
        names[order.order_no] = f"number of {names[order.id]}"
    for line in OrderLine.objects.all():
        names[line.id] = f"{names[line.order_id]}/{line.line_no}"
    for balance in Balance.objects.all():
        place = (names[balance.sku_id], names[balance.location_id], balance.bucket)
        names[balance.id] = "@".join(place)
    for customer in Customer.objects.all():
        known = (customer.ref or "", customer.phone_index, customer.email_index)
        names[customer.id] = f"customer {'|'.join(known)}"
    for order_id in set(Shipment.objects.values_list("order_id", flat=True)):
        for number, one in enumerate(Shipment.objects.filter(order_id=order_id).order_by("id")):
            names[one.id] = f"{names.get(order_id)}/shipment-{number}"
    return names


def _row(one: models.Model, names: dict[str, str]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for field in one._meta.concrete_fields:
        if field.primary_key or field.column in _CHANCE:
            continue
        row[field.column] = _value(one, field.column, getattr(one, field.attname), names)
    return row


def _value(one: Any, column: str, value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, datetime):
        return value.replace(microsecond=0).isoformat()
    if column in {"sealed", "contact_sealed"} and value:
        owner = one.subject_id if one._meta.db_table == "event" else one.pk
        return _plain(keyring().unseal(value, owner), names)
    if column == "payload":
        return _plain(value, names)
    if isinstance(value, str):
        return _named(value, names)
    return value


def _plain(text: str, names: dict[str, str]) -> Any:
    """Return a document with its ids named; the order inside one list is kept."""
    return _walk(json.loads(text), names)


def _walk(node: Any, names: dict[str, str]) -> Any:
    if isinstance(node, dict):
        return {key: _walk(value, names) for key, value in node.items()}
    if isinstance(node, list):
        return [_walk(value, names) for value in node]
    return _named(node, names) if isinstance(node, str) else node


def _named(text: str, names: dict[str, str]) -> str:
    if text in names:
        return names[text]
    return _FRACTION.sub(r"\1", _UUID.sub(lambda match: names.get(match[0], "~"), text))


def _summed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add counters up over their slots, which belong to processes, and leave out what is none."""
    totals: dict[str, list[int]] = {}
    for row in rows:
        total = totals.setdefault(row["name"], [0, 0])
        total[0] += row["count"]
        total[1] += row["amount"]
    return [
        {"name": name, "count": count, "amount": amount}
        for name, (count, amount) in totals.items()
        if count or amount
    ]
