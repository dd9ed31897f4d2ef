"""What callers were told, without what differs by chance; see `rows`."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from laidan.blueprints import decisions, library
from laidan.domain.orders.models import Order
from laidan.engine import epochs
from laidan.engine.events import load_events
from laidan.kernel.actor import SYSTEM
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases.answers import OrderAnswer, answer_of
from rows import Rows, _named, _names, _walk

_NUMBER = re.compile(r"\b[A-Z]{2}\d{18}\b")


def told(outcomes: Sequence[Outcome[OrderAnswer]]) -> list[Any]:
    """Return outcomes as they can be compared; what is to be read is read."""
    names = _names()
    return [_told(outcome, names) for outcome in outcomes]


def _told(outcome: Outcome[OrderAnswer], names: dict[str, str]) -> Any:
    if isinstance(outcome, Refused):
        assert outcome.status < 500, outcome
        return [
            "refused", outcome.code, outcome.status, _NUMBER.sub("~", outcome.detail),
            [(fault.loc, fault.msg) for fault in outcome.errors],
            _walk(msgspec.json.decode(msgspec.json.encode(outcome.extra)), names),
        ]  # fmt: skip
    assert isinstance(outcome, Done)
    answer = outcome.value
    if answer.document is None:
        answer = present(answer.order_id)
    assert answer.document is not None
    assert answer.contact is not None
    return [
        "done", names[answer.order_id], answer.version, outcome.replayed,
        _walk(msgspec.json.decode(answer.document), names),
        _walk(msgspec.json.decode(answer.contact), names),
        acts(answer),
    ]  # fmt: skip


def present(order_id: str) -> OrderAnswer:
    """Return an order as its last event restates it."""
    version = Order.objects.values_list("version", flat=True).get(pk=order_id)
    ((payload, sealed),) = load_events({(order_id, version)}).values()
    return answer_of(order_id, payload, sealed)


def acts(answer: OrderAnswer) -> list[list[Any]]:
    """Return what the system may do at an order now, and why not."""
    if answer.standing is None:
        return []
    blueprint = library.load_blueprints([answer.type_key], epochs.read())[answer.type_key]
    found = decisions.actions(blueprint, answer.standing, SYSTEM)
    return [[_named(one.name, {}), one.allowed, one.why_not] for one in found]


def lasting(rows: Rows) -> Rows:
    """Leave out what tells the way and not the end: alerts that came and went in one batch."""
    alerts = [
        {name: value for name, value in row.items() if name not in {"detail", "raised_at"}}
        for row in rows["stock_alert"]
        if row["closed_at"] is None
    ]
    alerts.sort(key=lambda row: [str(value) for value in row.values()])
    return rows | {"stock_alert": alerts}


def difference(one: Any, other: Any, path: str = "") -> str | None:
    """Return the first place in which two documents differ, with both values."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        pairs = [(f"{path}.{key}", one[key], other[key]) for key in one]
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = [(f"{path}[{n}]", *pair) for n, pair in enumerate(zip(one, other, strict=True))]
    else:
        return None if one == other else f"{path}: {one!r} is not {other!r}"
    return next((found for p, a, b in pairs if (found := difference(a, b, p))), None)
