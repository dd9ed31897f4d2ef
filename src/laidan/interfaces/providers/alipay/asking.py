"""One request to Alipay's gateway, signed, and its answer, verified before anything of it is read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from laidan.domain.payments.facts import Account
from laidan.interfaces.providers import keys
from laidan.interfaces.providers.alipay.signing import Identity, identity, string_to_sign
from laidan.interfaces.providers.base import (
    MisconfiguredError,
    NoAnswerError,
    ProviderRefusedError,
)
from laidan.interfaces.providers.calling import Call, send
from laidan.interfaces.providers.reading import CHINA, UnreadableError, inner, needed

_SIGNED = {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"}
_SPACE = re.compile(r"[ \t\r\n]*")
_MISCONFIGURED = frozenset((
    "isv.invalid-signature", "isv.missing-signature", "isv.missing-signature-key",
    "isv.missing-signature-config", "isv.missing-signature-type", "isv.invalid-signature-type",
    "isv.invalid-app-id", "isv.missing-app-id", "isv.app-call-limited", "isv.app-unauthorized",
    "isv.insufficient-isv-permissions", "isv.insufficient-user-permissions",
    "isv.not-online-app", "isv.invalid-cert-sn", "isv.invalid-app-cert-sn",
))  # fmt: skip
"""The account cannot work with these; Alipay then often cannot sign its answer either."""
_FINAL = frozenset((
    "ACQ.ACCESS_FORBIDDEN", "ACQ.BEYOND_PAY_RESTRICTION", "ACQ.BUYER_NOT_EXIST", "ACQ.CONTEXT_INCONSISTENT",
    "ACQ.DISCORDANT_REPEAT_REQUEST", "ACQ.EXIST_FORBIDDEN_WORD", "ACQ.INVALID_PARAMETER",
    "ACQ.INVALID_RECEIVE_ACCOUNT", "ACQ.INVALID_STORE_ID", "ACQ.NOT_CERTIFIED_USER",
    "ACQ.NOT_ALLOW_PARTIAL_REFUND", "ACQ.ONLINE_TRADE_VOUCHER_NOT_ALLOW_REFUND",
    "ACQ.PARTNER_ERROR", "ACQ.REASON_TRADE_BEEN_FREEZEN", "ACQ.REASON_TRADE_REFUND_FEE_ERR",
    "ACQ.REASON_TRADE_STATUS_INVALID", "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", "ACQ.REFUND_FEE_ERROR",
    "ACQ.REFUND_CHARGE_ERROR", "ACQ.SELLER_BALANCE_NOT_ENOUGH", "ACQ.SELLER_BEEN_BLOCKED",
    "ACQ.SELLER_NOT_EXIST", "ACQ.TOTAL_FEE_EXCEED", "ACQ.TRADE_HAS_CLOSE", "ACQ.TRADE_HAS_FINISHED",
    "ACQ.TRADE_HAS_SUCCESS", "ACQ.TRADE_NOT_ALLOW_REFUND", "ACQ.TRADE_NOT_EXIST",
    "ACQ.TRADE_SETTLE_ERROR", "ACQ.TRADE_STATUS_ERROR", "ACQ.USER_NOT_MATCH_ERR",
    "ACQ.REASON_ILLEGAL_STATUS", "isp.bill_not_exist", "isp.bill-not-exist",
))  # fmt: skip
"""Documented as an end; whatever else is said is not known to be one, and is asked about."""


class Request(NamedTuple):
    """A method of the gateway with what it is given."""

    method: str
    content: Mapping[str, Any]
    notify_url: str = ""
    return_url: str = ""


def signed(account: Account, who: Identity, request: Request, now: datetime) -> dict[str, str]:
    """Return all parameters of a request, with their signature."""
    values = {
        "app_id": needed(account, "app_id"),
        "method": request.method,
        "format": "JSON",
        "charset": "utf-8",
        "sign_type": "RSA2",
        "timestamp": now.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S"),
        "version": "1.0",
        "notify_url": request.notify_url,
        "return_url": request.return_url,
        "biz_content": json.dumps(request.content, ensure_ascii=False, separators=(",", ":")),
        **who.parts,
    }
    values = {name: value for name, value in values.items() if value}
    message = string_to_sign(values, "sign").encode()
    return {**values, "sign": keys.sign(who.key, message)}


def address(gateway: str, account: Account, request: Request, now: datetime) -> str:
    """Return the signed address of a page of Alipay's, to which a payer is sent."""
    return f"{gateway}?{urlencode(signed(account, identity(account), request, now))}"


def ask(gateway: str, account: Account, request: Request, now: datetime) -> dict[str, Any]:
    """Return what a method answers; raises ProviderError's kinds, with Alipay's own code."""
    who = identity(account)
    values = signed(account, who, request, now)
    body = urlencode({"biz_content": values.pop("biz_content")}).encode()
    answer = send(Call("POST", f"{gateway}?{urlencode(values)}", _SIGNED, body))
    if answer.status != 200:
        raise NoAnswerError(f"Alipay answered with status {answer.status}")
    try:
        said, is_believed = _opened(answer.body, request.method, who)
    except UnreadableError as error:
        raise NoAnswerError(f"Alipay's answer cannot be read: {error}") from error
    return _judged(said, is_believed=is_believed)


def _judged(said: dict[str, Any], *, is_believed: bool) -> dict[str, Any]:
    code, sub = str(said.get("code", "")), str(said.get("sub_code", ""))
    words = f"{said.get('sub_msg') or said.get('msg') or ''}"[:200]
    if sub in _MISCONFIGURED or code == "40006":
        # Neither a yes nor a final no, so it need not be proved to come from Alipay.
        raise MisconfiguredError(f"Alipay does not know this account: {words}", sub or code)
    if not is_believed:
        raise NoAnswerError("Alipay's answer has no signature that can be trusted", sub or code)
    if code == "10000":
        return said
    if code in {"40001", "40002"} or (code == "40004" and sub in _FINAL):
        raise ProviderRefusedError(words, sub or code)
    raise NoAnswerError(f"Alipay could not say: {words}", sub or code)


def _opened(body: bytes, method: str, who: Identity) -> tuple[dict[str, Any], bool]:
    """Return the answer's own part, and whether Alipay signed it exactly as it came."""
    members = _members(body)
    name = f"{method.replace('.', '_')}_response"
    value, raw = members.get(name) or members.get("error_response") or (None, "")
    signature, number = (str(members.get(key, ("", ""))[0]) for key in ("sign", "alipay_cert_sn"))
    return inner(value), who.believes(raw.encode(), signature, number)


def _members(body: bytes) -> dict[str, tuple[Any, str]]:
    """Return the members of a JSON object, each with its exact text, which is what is signed."""
    decoder = json.JSONDecoder()
    try:
        read = body.decode("utf-8")
        at = _past(read, 0, "{")
        found: dict[str, tuple[Any, str]] = {}
        while True:
            name, at = decoder.raw_decode(read, _SPACE.match(read, at).end())  # type: ignore[union-attr]  # matches anywhere
            begins = _past(read, at, ":")
            value, at = decoder.raw_decode(read, begins)
            if not isinstance(name, str) or name in found:
                raise UnreadableError("a name that is none, or is there twice")
            found[name] = (value, read[begins:at])
            at = _SPACE.match(read, at).end()  # type: ignore[union-attr]  # as above
            if read[at : at + 1] != ",":
                _past(read, at, "}")
                return found
            at += 1
    except (ValueError, RecursionError) as error:
        raise UnreadableError("not a JSON object in UTF-8") from error


def _past(read: str, at: int, sign: str) -> int:
    """Return the place after a sign and the blanks around it."""
    at = _SPACE.match(read, at).end()  # type: ignore[union-attr]  # it matches anywhere
    if read[at : at + 1] != sign:
        raise UnreadableError(f"{sign} is missing")
    return _SPACE.match(read, at + 1).end()  # type: ignore[union-attr]  # as above
