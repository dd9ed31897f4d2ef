"""What WeChat Pay's words mean: transactions and refunds as facts, and notifications."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from laidan.domain.payments import facts
from laidan.domain.payments.facts import Account, Fact, Notice, PaymentFact, RefundFact
from laidan.interfaces.providers.base import Callback, ForgedCallbackError
from laidan.interfaces.providers.reading import (
    CALLBACK_BYTES,
    UnreadableError,
    document,
    inner,
    minor,
    needed,
    offset_time,
    text,
    text_or_none,
)
from laidan.interfaces.providers.wechat_pay.platform_keys import opened
from laidan.interfaces.providers.wechat_pay.signing import KeyOf, fault

CURRENCY = "CNY"
_STATES = {
    "SUCCESS": facts.CAPTURED,
    # Paid, and given back since: what was given back is told by the refunds.
    "REFUND": facts.CAPTURED,
    "NOTPAY": facts.PENDING,
    "USERPAYING": facts.PENDING,
    "ACCEPT": facts.PENDING,
    "CLOSED": facts.EXPIRED,
    "REVOKED": facts.VOIDED,
    "PAYERROR": facts.FAILED,
}
_REFUND_STATES = {
    "SUCCESS": facts.SUCCEEDED,
    "PROCESSING": facts.PENDING,
    "CLOSED": facts.FAILED,
    # The payer's account could not take it: the merchant has to choose another way.
    "ABNORMAL": facts.FAILED,
}


def transaction(said: Mapping[str, Any], now: datetime) -> PaymentFact:
    """Return a transaction as a fact; the amount is the order's, coupons included."""
    word = text(said, "trade_state")
    state = _STATES.get(word)
    if state is None:
        raise UnreadableError("a state of a transaction that is not documented")
    amount = inner(said.get("amount")) if state == facts.CAPTURED else {}
    at = text_or_none(said, "success_time")
    return PaymentFact(
        number=text(said, "out_trade_no"),
        state=state,
        at=offset_time(at) if at else now,
        reference=text_or_none(said, "transaction_id"),
        amount_minor=minor(amount, "total") if amount else None,
        currency=text_or_none(amount, "currency") or CURRENCY if amount else None,
        payee=text_or_none(said, "mchid"),
        detail=f"{word} {said.get('trade_state_desc') or ''}".strip()[:200],
    )


def refund(said: Mapping[str, Any], now: datetime) -> RefundFact:
    """Return a refund as a fact; answers and notifications name its state differently."""
    word = text_or_none(said, "refund_status") or text(said, "status")
    state = _REFUND_STATES.get(word)
    if state is None:
        raise UnreadableError("a state of a refund that is not documented")
    amount = inner(said.get("amount"))
    at = text_or_none(said, "success_time") or text_or_none(said, "create_time")
    return RefundFact(
        number=text(said, "out_refund_no"),
        state=state,
        at=offset_time(at) if at else now,
        reference=text_or_none(said, "refund_id"),
        amount_minor=minor(amount, "refund"),
        currency=text_or_none(amount, "currency") or CURRENCY,
        payee=text_or_none(said, "mchid"),
        detail=word,
        payment_number=text_or_none(said, "out_trade_no") or "",
        payment_reference=text_or_none(said, "transaction_id"),
    )


def notice(account: Account, call: Callback, now: datetime, key_of: KeyOf) -> Notice:
    """Return what a notification says; raises ForgedCallbackError."""
    if len(call.body) > CALLBACK_BYTES:
        raise ForgedCallbackError("the notification is too long")
    wrong = fault(call.headers, call.body, now, key_of)
    if wrong:
        raise ForgedCallbackError(wrong)
    try:
        event = document(call.body)
        kind = text(event, "event_type")
        plain = opened(needed(account, "apiv3_key"), inner(event.get("resource")))
        return Notice(text(event, "id"), kind, _facts(account, kind, document(plain), now))
    except UnreadableError as error:
        raise ForgedCallbackError(f"the notification cannot be read: {error}") from error


def _facts(account: Account, kind: str, said: Mapping[str, Any], now: datetime) -> tuple[Fact, ...]:
    family = kind.partition(".")[0]
    if family not in {"TRANSACTION", "REFUND"}:
        return ()
    if text(said, "mchid") != needed(account, "mchid"):
        raise ForgedCallbackError("the notification is for another merchant")
    # A merchant's number may serve several applications; a refund does not name one.
    if said.get("appid", needed(account, "appid")) != needed(account, "appid"):
        raise ForgedCallbackError("the notification is for another application")
    return (transaction(said, now) if family == "TRANSACTION" else refund(said, now),)
