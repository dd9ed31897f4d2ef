"""Notifications of WeChat Pay's interface version 2, for payments that another system began under it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from xml.parsers import expat

from laidan.domain.payments import facts
from laidan.domain.payments.facts import Account, Notice, PaymentFact, RefundFact
from laidan.interfaces.providers.base import Callback, ForgedCallbackError
from laidan.interfaces.providers.reading import (
    CALLBACK_BYTES,
    UnreadableError,
    china_time,
    needed,
    setting,
    text,
)
from laidan.kernel.money import MINOR_MAX

CURRENCY = "CNY"
_STATES = {
    "SUCCESS": facts.CAPTURED,
    "REFUND": facts.CAPTURED,
    "NOTPAY": facts.PENDING,
    "USERPAYING": facts.PENDING,
    "CLOSED": facts.EXPIRED,
    "REVOKED": facts.VOIDED,
    "PAYERROR": facts.FAILED,
}


def is_meant(account: Account, call: Callback) -> bool:
    """Say whether a call is of version 2, and the account has the key for it."""
    return bool(setting(account, "apiv2_key")) and call.body.lstrip()[:4] == b"<xml"


def fields(body: bytes) -> dict[str, str]:
    """Return the fields of a document: a root of leaves; raises UnreadableError."""
    if len(body) > CALLBACK_BYTES:
        raise UnreadableError("too long")
    found: dict[str, str] = {}
    open_names: list[str] = []

    def begin(name: str, attributes: Mapping[str, str]) -> None:
        open_names.append(name)
        if len(open_names) > 2 or attributes or (len(open_names) == 2 and name in found):
            raise UnreadableError("not a list of fields")
        if len(open_names) == 2:
            found[name] = ""

    def read(data: str) -> None:
        if len(open_names) == 2:
            found[open_names[-1]] += data

    def refuse(*_: object) -> None:
        raise UnreadableError("a document with a type declaration")

    parser = expat.ParserCreate("utf-8")
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = begin
    parser.EndElementHandler = lambda _: open_names.pop()
    parser.CharacterDataHandler = read
    try:
        parser.Parse(body, True)  # noqa: FBT003 -- the parser's own signature
    except (expat.ExpatError, ValueError) as error:
        raise UnreadableError("not an XML document in UTF-8") from error
    return found


def is_signed(said: Mapping[str, str], key: str) -> bool:
    """Say whether a document bears the signature of a key, in MD5 or HMAC-SHA256."""
    listed = sorted((name, value) for name, value in said.items() if value and name != "sign")
    message = ("&".join(f"{name}={value}" for name, value in listed) + f"&key={key}").encode()
    if said.get("sign_type") == "HMAC-SHA256":
        expected = hmac.new(key.encode(), message, "sha256").hexdigest()
    else:
        expected = hashlib.md5(message, usedforsecurity=False).hexdigest()
    return hmac.compare_digest(expected.upper().encode(), said.get("sign", "").encode())


def transaction(said: Mapping[str, str], now: datetime) -> PaymentFact:
    """Return a notification of a payment, or the answer to a query, as a fact.

    The amount is the order's. Coupons of sample documents may exceed it; they say who bears it.
    """
    _check_codes(said)
    word = said.get("trade_state") or "SUCCESS"
    state = _STATES.get(word)
    if state is None:
        raise UnreadableError("a state of a transaction that is not documented")
    amount = _fen(said, "total_fee") if state == facts.CAPTURED else None
    return PaymentFact(
        number=text(said, "out_trade_no"),
        state=state,
        at=_time(said["time_end"]) if said.get("time_end") else now,
        reference=said.get("transaction_id") or None,
        amount_minor=amount,
        currency=(said.get("fee_type") or CURRENCY) if amount is not None else None,
        payee=said.get("mch_id") or None,
        detail=word,
    )


def refund(said: Mapping[str, str], now: datetime) -> RefundFact:
    """Return the answer to a refund as a fact: it was taken, and whether it came is asked for."""
    _check_codes(said)
    return RefundFact(
        number=text(said, "out_refund_no"),
        state=facts.PENDING,
        at=now,
        reference=said.get("refund_id") or None,
        amount_minor=_fen(said, "refund_fee"),
        currency=said.get("refund_fee_type") or CURRENCY,
        payee=said.get("mch_id") or None,
        payment_number=said.get("out_trade_no", ""),
        payment_reference=said.get("transaction_id") or None,
    )


def notice(account: Account, call: Callback, now: datetime) -> Notice:
    """Return what a notification of a payment says; raises ForgedCallbackError.

    Version 2 has no ids of events: a payment succeeds once, so its number is one.
    """
    try:
        said = fields(call.body)
        if not is_signed(said, needed(account, "apiv2_key")):
            raise ForgedCallbackError("the signature is wrong")
        for name, own in (("mch_id", "mchid"), ("appid", "appid")):
            if said.get(name) != needed(account, own):
                raise ForgedCallbackError("the notification is for another merchant")
        fact = transaction(said, now)
        return Notice(f"v2-{text(said, 'transaction_id')}", "v2.payment", (fact,))
    except UnreadableError as error:
        raise ForgedCallbackError(f"the notification cannot be read: {error}") from error


def _check_codes(said: Mapping[str, str]) -> None:
    if (said.get("return_code"), said.get("result_code")) not in {
        ("SUCCESS", "SUCCESS"),
        (None, "SUCCESS"),
    }:
        raise UnreadableError("it does not say that it succeeded")


def _fen(said: Mapping[str, str], name: str) -> int:
    value = said.get(name, "")
    if not value.isascii() or not value.isdigit() or len(value) > 15 or int(value) > MINOR_MAX:
        raise UnreadableError(f"{name} is no amount in fen")
    return int(value)


def _time(value: str) -> datetime:
    if not value.isascii() or not value.isdigit() or len(value) != 14:
        raise UnreadableError("not a time")
    day, clock = (value[:4], value[4:6], value[6:8]), (value[8:10], value[10:12], value[12:])
    return china_time(f"{'-'.join(day)} {':'.join(clock)}")
