"""What Alipay's words mean: trades and refunds as facts, and notifications."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from laidan.domain.payments import facts
from laidan.domain.payments.facts import (
    Account,
    Fact,
    Notice,
    PaymentFact,
    RefundFact,
    RefundIntent,
)
from laidan.interfaces.providers.alipay.signing import identity, string_to_sign
from laidan.interfaces.providers.base import Callback, ForgedCallbackError
from laidan.interfaces.providers.reading import (
    CALLBACK_BYTES,
    UnreadableError,
    china_time,
    major,
    needed,
    setting,
    text,
    text_or_none,
)

CURRENCY = "CNY"
_STATES = {
    "WAIT_BUYER_PAY": facts.PENDING,
    "TRADE_SUCCESS": facts.CAPTURED,
    "TRADE_FINISHED": facts.CAPTURED,
    "TRADE_PENDING": facts.PENDING,
    "TRADE_CLOSED": facts.EXPIRED,
}


def trade(said: Mapping[str, Any], paid_at: str | None, now: datetime) -> PaymentFact:
    """Return a trade as a fact.

    A trade that was paid and wholly refunded is closed as one that nobody paid; the time of
    payment tells them apart.
    """
    word = text(said, "trade_status")
    state = _STATES.get(word)
    if state is None:
        raise UnreadableError("a state of a trade that is not documented")
    if state == facts.EXPIRED and paid_at:
        state = facts.CAPTURED
    amount = major(said.get("total_amount"), CURRENCY) if state == facts.CAPTURED else None
    return PaymentFact(
        number=text(said, "out_trade_no"),
        state=state,
        at=china_time(paid_at) if paid_at else now,
        reference=text_or_none(said, "trade_no"),
        amount_minor=amount,
        currency=CURRENCY if amount is not None else None,
        detail=word,
    )


def refund(said: Mapping[str, Any], intent: RefundIntent, now: datetime) -> RefundFact:
    """Return what Alipay says of a refund when it is asked; it leaves out the state of an absent one."""
    word = text_or_none(said, "refund_status")
    if word is None:
        return absent_refund(intent, now)
    state = facts.SUCCEEDED if word == "REFUND_SUCCESS" else facts.PENDING
    at = text_or_none(said, "gmt_refund_pay")
    return RefundFact(
        number=intent.number,
        state=state,
        at=china_time(at) if at else now,
        amount_minor=major(said.get("refund_amount"), CURRENCY),
        currency=CURRENCY,
        detail=word,
        payment_number=intent.payment_number,
        payment_reference=text_or_none(said, "trade_no"),
    )


def absent_refund(intent: RefundIntent, now: datetime) -> RefundFact:
    """Return the fact that Alipay has no refund of a number that moved money."""
    return RefundFact(intent.number, facts.ABSENT, now, payment_number=intent.payment_number)


def notice(account: Account, call: Callback) -> Notice:
    """Return what a notification says; raises ForgedCallbackError."""
    try:
        values = form(call.body)
        _check(account, values)
        return Notice(text(values, "notify_id"), text(values, "notify_type"), _facts(values))
    except UnreadableError as error:
        raise ForgedCallbackError(f"the notification cannot be read: {error}") from error


def form(body: bytes) -> dict[str, str]:
    """Return the decoded values of a form; raises UnreadableError."""
    if len(body) > CALLBACK_BYTES:
        raise UnreadableError("too long")
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=200,
        )
    except ValueError as error:
        raise UnreadableError("not a form in UTF-8") from error
    values = dict(pairs)
    if len(values) != len(pairs):
        raise UnreadableError("a value is there twice")
    return values


def _check(account: Account, values: Mapping[str, str]) -> None:
    number, who = values.get("alipay_cert_sn", ""), identity(account)
    if values.get("sign_type") != "RSA2":
        raise ForgedCallbackError("the notification is not signed with RSA2")
    # The number of the certificate is signed by some of Alipay's systems and not by others. It
    # chooses among keys that are all believed, so it need not be.
    unsigned = [
        ("sign", "sign_type"),
        *([("sign", "sign_type", "alipay_cert_sn")] if number else []),
    ]
    messages = (string_to_sign(values, *dropped).encode() for dropped in unsigned)
    if not any(who.believes(one, values.get("sign", ""), number) for one in messages):
        raise ForgedCallbackError("the signature is not Alipay's")
    if values.get("app_id") != needed(account, "app_id"):
        raise ForgedCallbackError("the notification is for another application")
    seller = setting(account, "seller_id")
    if seller and values.get("seller_id", seller) != seller:
        raise ForgedCallbackError("the notification is for another seller")


def _facts(values: Mapping[str, str]) -> tuple[Fact, ...]:
    """Return the payment, and the refund that a notification is about, if it is about one."""
    if "trade_status" not in values:
        return ()
    sent_at = china_time(text(values, "notify_time"))
    paid_at = text_or_none(values, "gmt_payment")
    is_refund = bool(text_or_none(values, "refund_fee"))
    payment = trade(values, paid_at or (values["notify_time"] if is_refund else None), sent_at)
    payment = payment._replace(payee=text_or_none(values, "seller_id") or values["app_id"])
    if not is_refund:
        return (payment,)
    refunded_at = text_or_none(values, "gmt_refund")
    # `refund_fee` is the sum of all refunds by now, so this one's own amount is not said.
    return (
        payment,
        RefundFact(
            number=text_or_none(values, "out_biz_no") or "",
            state=facts.SUCCEEDED,
            at=china_time(refunded_at) if refunded_at else sent_at,
            payee=payment.payee,
            payment_number=payment.number,
            payment_reference=payment.reference,
        ),
    )
