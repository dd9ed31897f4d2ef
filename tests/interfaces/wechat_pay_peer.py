"""WeChat Pay's side for tests: its account, its signatures, its answers and notifications."""

import base64
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from interfaces.provider_peer import (
    NOW,
    Asked,
    Said,
    a_key,
    private_pem,
    public_pem,
)
from laidan.domain.payments.facts import Account, Intent, RefundIntent
from laidan.interfaces.providers.base import (
    Callback,
)

SECRET = "k" * 32
SCHEME = "WECHATPAY2-SHA256-RSA2048"
KEY_ID = "PUB_KEY_ID_01"
PAID_AT = datetime(2026, 11, 23, 1, 59, 58, tzinfo=UTC)
PAID = {
    "mchid": "1900", "appid": "wx1", "out_trade_no": "P1", "transaction_id": "42",
    "trade_state": "SUCCESS", "trade_state_desc": "支付成功", "trade_type": "NATIVE",
    "success_time": "2026-11-23T09:59:58+08:00",
    "amount": {"total": 6450, "payer_total": 6000, "currency": "CNY", "payer_currency": "CNY"},
}  # fmt: skip
REFUNDED = {
    "mchid": "1900", "out_trade_no": "P1", "transaction_id": "42", "out_refund_no": "R1",
    "refund_id": "50", "refund_status": "SUCCESS", "success_time": "2026-11-23T09:59:58+08:00",
    "amount": {"total": 6450, "refund": 1000, "payer_total": 6450, "payer_refund": 1000},
}  # fmt: skip
REFUND = RefundIntent(
    number="R1", payment_number="P1", payment_reference="42", amount_minor=1000, paid_minor=6450,
    currency="CNY", reason="too small", notify_url="https://shop.test/notify",
)  # fmt: skip


def an_account(**changes: str) -> Account:
    given = {
        "mchid": "1900", "appid": "wx1", "merchant_serial": "5A5A", "public_key_id": KEY_ID,
        "public_key": public_pem("wechat"), "private_key": private_pem("shop"),
        "apiv3_key": SECRET, **changes,
    }  # fmt: skip
    return Account("a1", "main", "wechat_pay", {}, given)


def by_certificates(*pems: str) -> Account:
    return an_account(public_key_id="", public_key="", platform_certificates="".join(pems))


def an_intent(**changes: object) -> Intent:
    given = {
        "number": "P1", "amount_minor": 6450, "currency": "CNY", "subject": "茶" * 60,
        "method": "native", "expires_at": NOW + timedelta(minutes=30),
        "notify_url": "https://shop.test/notify", "return_url": "https://shop.test/back?x=1",
        "payer_address": "203.0.113.9", "payer_ref": "openid-1",
    }  # fmt: skip
    return Intent(**{**given, **changes})


def signature(message: str, key: str) -> str:
    raw = a_key(key).sign(message.encode(), padding.PKCS1v15(), hashes.SHA256())
    return base64.b64encode(raw).decode()


def headers(body: bytes, key: str = "wechat", number: str = KEY_ID, at: datetime = NOW) -> dict:
    stamp = str(int(at.timestamp()))
    return {
        "wechatpay-timestamp": stamp, "wechatpay-nonce": "abc", "wechatpay-serial": number,
        "wechatpay-signature": signature(f"{stamp}\nabc\n{body.decode('latin-1')}\n", key),
        "wechatpay-signature-type": SCHEME,
    }  # fmt: skip


def verify(asked: Asked) -> None:
    """Check the signature of what WeChat Pay was sent."""
    scheme, _, told = asked.headers["authorization"].partition(" ")
    parts = dict(re.findall(r'(\w+)="([^"]*)"', told))
    assert (scheme, parts["mchid"], parts["serial_no"]) == (SCHEME, "1900", "5A5A")
    stamp = str(int(NOW.timestamp()))
    message = (
        f"{asked.method}\n{asked.path}\n{stamp}\n{parts['nonce_str']}\n{asked.body.decode()}\n"
    )
    a_key("shop").public_key().verify(
        base64.b64decode(parts["signature"]), message.encode(), padding.PKCS1v15(), hashes.SHA256()
    )


def answering(said: object = None, status: int = 200, **signs: object) -> Callable[[Asked], Said]:
    def answer(asked: Asked) -> Said:
        verify(asked)
        body = b"" if said is None else json.dumps(said).encode()
        return Said(body, status, headers(body, **signs))

    return answer


def no(code: str, status: int) -> Callable[[Asked], Said]:
    return answering({"code": code, "message": "no"}, status)


def sealed(document: object, secret: str = SECRET) -> dict[str, str]:
    plain = json.dumps(document).encode() if not isinstance(document, bytes) else document
    raw = AESGCM(secret.encode()).encrypt(b"0123456789ab", plain, b"transaction")
    return {
        "algorithm": "AEAD_AES_256_GCM", "nonce": "0123456789ab", "associated_data": "transaction",
        "original_type": "transaction", "ciphertext": base64.b64encode(raw).decode(),
    }  # fmt: skip


def event(resource: object, kind: str = "TRANSACTION.SUCCESS", **changes: object) -> bytes:
    said = {
        "id": "e-1", "create_time": "2026-11-23T10:00:00+08:00", "event_type": kind,
        "resource_type": "encrypt-resource", "resource": resource, "summary": "x", **changes,
    }  # fmt: skip
    return json.dumps(said).encode()


def called(body: bytes, **signs: object) -> Callback:
    return Callback(headers(body, **signs), body)
