"""One payment with all that hangs on it: its steps, callbacks, refunds, and where it stands."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from laidan.domain.channels.models import Shop
from laidan.domain.orders import store as orders
from laidan.domain.orders.rows import OrderRow
from laidan.domain.payments import accounts as account_store
from laidan.domain.payments import store as payments
from laidan.domain.payments.accounts import AccountRow
from laidan.domain.payments.attempts import Payment
from laidan.domain.payments.refunds import Refund
from laidan.engine import reading_sql
from laidan.insights.order_documents import place_of
from laidan.kernel.actor import Sight

CALLBACKS_SEARCHED = 5000
"""So many callbacks from a payment's beginning on are looked through for it."""
CALLBACKS_SHOWN = 50
_LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"


class Step(NamedTuple):
    """A step of a payment or of a refund of it."""

    type: str
    at: datetime
    actor: str
    why: str
    amount: str
    currency: str


class CallbackLine(NamedTuple):
    """A callback of the provider that names the payment, and what came of it."""

    event_id: str
    kind: str
    outcome: str
    tries: int
    received_at: datetime
    applied_at: datetime | None


@dataclass(frozen=True, slots=True)
class PaymentDetail:
    """What the page of a payment shows."""

    payment: Payment
    order: OrderRow
    shop: str
    account: AccountRow | None
    refunds: Sequence[Refund]
    steps: Sequence[Step]
    callbacks: Sequence[CallbackLine]


def load_payment(number: str, sight: Sight) -> PaymentDetail | None:
    """Return the payment of our number, if its order is within sight (eight queries)."""
    payment = payments.load_numbered([number]).get(number)
    order = orders.load_orders([payment.order_id], lock=False) if payment else {}
    if payment is None or payment.order_id not in order:
        return None
    row = order[payment.order_id]
    shop = Shop.objects.get(pk=row.shop_id)
    if not any(one.admits(place_of(row, shop.code)) for one in sight):
        return None
    found = payments.load_refunds([row.id]).get(row.id, [])
    refunds = [one for one in found if one.payment_id == payment.id]
    accounts = {one.id: one for one in account_store.load_accounts().values()}
    return PaymentDetail(
        payment, row, shop.code, accounts.get(payment.account_id), refunds,
        load_steps([payment.id, *(one.id for one in refunds)]),
        _callbacks(payment),
    )  # fmt: skip


def load_steps(subjects: Sequence[str]) -> list[Step]:
    """Return the steps of payments and refunds, the newest first (one query)."""
    if not subjects:
        return []
    where, params = reading_sql.one_of("subject_id", subjects)
    found = reading_sql.rows(
        f"SELECT at, subject_kind, seq, type, actor, payload FROM event WHERE {where}", params
    )
    # Ids of one instant are in no order; a payment comes before its refunds.
    timed = [(reading_sql.instant_of(row[0]), *row[1:]) for row in found]
    return [_step(*row) for row in sorted(timed, key=lambda row: row[:3], reverse=True)]


def _step(at: Any, _kind: str, _seq: int, type_: str, actor: str, payload: str) -> Step:
    said: Mapping[str, Any] = json.loads(payload)
    document = said.get("payment") or said.get("refund") or {}
    amount, currency = str(document.get("amount", "")), str(document.get("currency", ""))
    return Step(type_, at, actor, str(said.get("why") or ""), amount, currency)


def _callbacks(payment: Payment) -> list[CallbackLine]:
    """Return the callbacks that name a payment among those that came after its beginning."""
    marks = [one for one in (payment.number, payment.reference) if one]
    named = " OR ".join(["c.facts LIKE %s"] * len(marks))
    found = reading_sql.rows(
        "SELECT c.event_id, c.kind, c.outcome, c.tries, c.received_at, c.applied_at FROM "
        "(SELECT * FROM payment_callback WHERE id >= %s AND id <= %s ORDER BY id LIMIT "
        f"{CALLBACKS_SEARCHED}) c WHERE c.provider = %s AND ({named}) "
        f"ORDER BY c.id LIMIT {CALLBACKS_SHOWN}",
        (payment.id, _LAST_ID, payment.provider, *(f'%"{_escaped(one)}"%' for one in marks)),
    )
    return [CallbackLine._make([*row[:4], *map(reading_sql.instant_of, row[4:])]) for row in found]


def _escaped(text: str) -> str:
    """Return a text that LIKE takes as it is; engines escape differently, so odd marks match any."""
    return text.replace("\\", "_").replace("%", "_")
