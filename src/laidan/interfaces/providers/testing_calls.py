"""The calls of the test provider: planned, signed when they are made, and checked when they come in."""

from __future__ import annotations

import hmac
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from laidan.domain.payments import facts
from laidan.domain.payments.facts import Account, Fact, Notice, PaymentFact, RefundFact
from laidan.domain.test_provider import core, store
from laidan.domain.test_provider.core import Plan
from laidan.domain.test_provider.store import PlannedCall
from laidan.engine import unit
from laidan.interfaces.providers.base import Callback, ForgedCallbackError
from laidan.interfaces.providers.reading import (
    CALLBACK_BYTES,
    UnreadableError,
    document,
    minor,
    needed,
    offset_time,
    text,
    text_or_none,
)
from laidan.kernel.ids import Mint

HEADER = "laidan-test-signature"
TOLERANCE_SECONDS = 300


class Due(NamedTuple):
    """A call that is due now: to be posted to `url`, and then noted."""

    id: str
    account_id: str
    url: str
    call: Callback


def due_callbacks(accounts: Mapping[str, Account], *, now: datetime, limit: int) -> list[Due]:
    """Return the calls that these accounts' provider has to make, signed now, the oldest first."""
    return [
        Due(one.id, one.account_id, one.url, signed(accounts[one.account_id], one.said, now))
        for one in store.load_due_calls(accounts, now, limit)
    ]


def note_delivered(ids: Iterable[str], *, now: datetime) -> int:
    """Note that calls were made; return how many of them had not been."""
    listed = list(ids)
    return unit.run_once(lambda: store.note_delivered(listed, now))


def planned(account_id: str, url: str, plans: Sequence[Plan], now: datetime) -> list[PlannedCall]:
    """Return plans as rows."""
    mint = Mint(now, os.urandom)
    return [PlannedCall(mint.new(), account_id, url, plan.said, plan.due_at) for plan in plans]


def signed(account: Account, said: Mapping[str, Any], now: datetime) -> Callback:
    """Return a call with its signature."""
    body = json.dumps(said, separators=(",", ":")).encode()
    stamp = str(int(now.timestamp()))
    mark = f"t={stamp},v1={_signature(needed(account, 'secret'), stamp, body)}"
    return Callback({HEADER: mark, "content-type": "application/json"}, body)


def notice(account: Account, call: Callback, now: datetime) -> Notice:
    """Return what a call says; raises ForgedCallbackError."""
    if len(call.body) > CALLBACK_BYTES:
        raise ForgedCallbackError("the call is too long")
    wrong = _fault(account, call, now)
    if wrong:
        raise ForgedCallbackError(wrong)
    try:
        said = document(call.body)
        kind = text(said, "type")
        if text(said, "account") != account.id:
            raise ForgedCallbackError("the call is for another account")
        return Notice(text(said, "id"), kind, (_fact(said, kind),))
    except UnreadableError as error:
        raise ForgedCallbackError(f"the call cannot be read: {error}") from error


def payment_fact(charge: core.Charge) -> PaymentFact:
    """Return a charge as the fact that its provider tells."""
    return PaymentFact(
        charge.number,
        charge.state,
        charge.changed_at,
        charge.reference,
        charge.captured_minor,
        charge.captured_currency,
        charge.account_id,
        charge.scenario,
    )


def refund_fact(charge: core.Charge, refund: core.Refund, now: datetime) -> RefundFact:
    """Return a refund as the fact that its provider tells."""
    state = core.refund_state(refund, now)
    return RefundFact(
        refund.number,
        state,
        now if state == core.PENDING else refund.settles_at,
        refund.reference,
        refund.amount_minor,
        refund.currency,
        charge.account_id,
        "",
        charge.number,
        charge.reference,
    )


def _fact(said: Mapping[str, Any], kind: str) -> Fact:
    is_refund = kind.startswith("refund.")
    known = facts.REFUND_FACTS if is_refund else facts.PAYMENT_FACTS
    state = text(said, "state")
    if state not in known:
        raise UnreadableError("a state that is none")
    amount = None if said.get("amount") is None else minor(said, "amount")
    currency = text_or_none(said, "currency")
    fact = PaymentFact(
        text(said, "number"), state, offset_time(text(said, "at")),
        text_or_none(said, "reference"), amount, currency, text(said, "account"),
    )  # fmt: skip
    if not is_refund:
        return fact
    return RefundFact(
        *fact[:8], payment_number=text(said, "payment"),
        payment_reference=text_or_none(said, "payment_reference"),
    )  # fmt: skip


def _fault(account: Account, call: Callback, now: datetime) -> str:
    parts = dict(
        part.split("=", 1) for part in call.headers.get(HEADER, "").split(",") if "=" in part
    )
    stamp = parts.get("t", "")
    if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
        return "no timestamp"
    if abs(int(stamp) - now.timestamp()) > TOLERANCE_SECONDS:
        return "the timestamp is more than five minutes off"
    expected = _signature(needed(account, "secret"), stamp, call.body)
    if not hmac.compare_digest(expected.encode(), parts.get("v1", "").encode()):
        return "the signature is wrong"
    return ""


def _signature(secret: str, stamp: str, body: bytes) -> str:
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, "sha256").hexdigest()
