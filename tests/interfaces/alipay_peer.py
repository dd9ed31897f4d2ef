"""Alipay's side for tests: its account, its signatures, its answers and notifications."""

import base64
import json
from datetime import timedelta
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from interfaces.provider_peer import (
    NOW,
    Asked,
    Said,
    a_key,
    certificate_pem,
    private_pem,
    public_pem,
)
from laidan.domain.payments.facts import Account, Intent, RefundIntent
from laidan.interfaces.providers.base import (
    Callback,
)

PAID = {
    "notify_id": "n-1", "notify_type": "trade_status_sync", "notify_time": "2026-11-23 10:00:00",
    "sign_type": "RSA2", "app_id": "2021", "seller_id": "2088", "out_trade_no": "P1",
    "trade_no": "T1", "trade_status": "TRADE_SUCCESS", "total_amount": "64.50", "subject": "茶+ 50%",
    "gmt_payment": "2026-11-23 09:59:58", "body": "", "version": "1.0", "charset": "utf-8",
}  # fmt: skip


def an_account(**changes: str) -> Account:
    secrets = {"private_key": private_pem("shop"), "alipay_public_key": public_pem("alipay")}
    settings = {"app_id": "2021", "seller_id": "2088"}
    given = {name: value for name, value in changes.items() if name not in secrets}
    kept = {name: changes.get(name, value) for name, value in secrets.items()}
    return Account("a1", "main", "alipay", {**settings, **given}, kept)


def in_certificates(**changes: str) -> Account:
    given = {
        "app_id": "2021", "app_cert": certificate_pem("shop", 11),
        "alipay_cert": certificate_pem("alipay", 12),
        "alipay_root_cert": certificate_pem("authority", 1) + certificate_pem("authority", 2),
        **changes,
    }  # fmt: skip
    return Account("a1", "main", "alipay", given, {"private_key": private_pem("shop")})


def an_intent(**changes: object) -> Intent:
    given = {
        "number": "P1", "amount_minor": 6450, "currency": "CNY", "subject": "Order A=B/C&D",
        "method": "page", "expires_at": NOW + timedelta(minutes=30),
        "notify_url": "https://shop.test/notify", "return_url": "https://shop.test/back",
    }  # fmt: skip
    return Intent(**{**given, **changes})


REFUND = RefundIntent(
    number="R1", payment_number="P1", payment_reference="T1", amount_minor=1000, paid_minor=6450,
    currency="CNY", reason="too small", notify_url="",
)  # fmt: skip


def signature(message: str, key: str = "alipay") -> str:
    raw = a_key(key).sign(message.encode(), padding.PKCS1v15(), hashes.SHA256())
    return base64.b64encode(raw).decode()


def joined(values: dict[str, str], *dropped: str) -> str:
    listed = sorted(item for item in values.items() if item[1] and item[0] not in dropped)
    return "&".join(f"{name}={value}" for name, value in listed)


def verify(values: dict[str, str]) -> dict:
    """Check the signature of what Alipay was sent; return its content."""
    raw = base64.b64decode(values["sign"])
    message = joined(values, "sign").encode()
    a_key("shop").public_key().verify(raw, message, padding.PKCS1v15(), hashes.SHA256())
    return json.loads(values["biz_content"])


def answering(key: str = "alipay", number: str = "", **said: object):
    """An answer signed over its exact text, as Alipay's is."""

    def answer(asked: Asked) -> Said:
        verify({**asked.query, **asked.form})
        name = asked.query["method"].replace(".", "_") + "_response"
        text = json.dumps({"code": "10000", "msg": "Success", **said}, indent=1)
        cert = f',"alipay_cert_sn":"{number}"' if number else ""
        body = f'{{"{name}" : {text}{cert},"sign":"{signature(text, key)}"}}'
        return Said(body.encode())

    return answer


def called(values: dict[str, str], key: str = "alipay") -> Callback:
    signed = {**values, "sign": signature(joined(values, "sign", "sign_type"), key)}
    return Callback({}, urlencode(signed).encode())


def no(sub: str) -> dict[str, str]:
    return {"code": "40004", "msg": "Business Failed", "sub_code": sub, "sub_msg": "no"}
