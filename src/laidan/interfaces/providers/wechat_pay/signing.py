"""How requests to WeChat Pay v3 are signed, and how its answers and callbacks are believed."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa

from laidan.domain.payments.facts import Account
from laidan.interfaces.providers import keys
from laidan.interfaces.providers.calling import Call
from laidan.interfaces.providers.reading import needed, setting

SCHEME = "WECHATPAY2-SHA256-RSA2048"
TOLERANCE_SECONDS = 300
KeyOf = Callable[[str], rsa.RSAPublicKey | None]


def call(account: Account, method: str, url: str, body: bytes, now: datetime) -> Call:
    """Return a signed request."""
    parts = urlsplit(url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    stamp, nonce = str(int(now.timestamp())), secrets.token_hex(16)
    signature = keys.sign(own_key(account), lines(method, path, stamp, nonce, body.decode()))
    told = {
        "mchid": needed(account, "mchid"),
        "nonce_str": nonce,
        "signature": signature,
        "timestamp": stamp,
        "serial_no": needed(account, "merchant_serial"),
    }
    headers = {
        "Authorization": f"{SCHEME} " + ",".join(f'{k}="{v}"' for k, v in told.items()),
        "Accept": "application/json",
        "Content-Type": "application/json",
        "User-Agent": "Laidan",
    }
    ids = setting(account, "public_key_id").replace(",", " ").split()
    if ids:
        # Asks for answers signed with this key while the merchant moves from certificates to it.
        headers["Wechatpay-Serial"] = ids[-1]
    return Call(method, url, headers, body)


def own_key(account: Account) -> rsa.RSAPrivateKey:
    """Return the merchant's private key."""
    return keys.private_key(needed(account, "private_key"), "private_key")


def lines(*parts: str) -> bytes:
    """Return what is signed: each part on a line of its own, the last one too."""
    return "".join(f"{part}\n" for part in parts).encode()


def fault(headers: Mapping[str, str], body: bytes, now: datetime, key_of: KeyOf) -> str:
    """Return why a message is not believed to be WeChat Pay's, nothing where it is.

    Clocks may differ by five minutes either way; an older message is a replay.
    """
    stamp = headers.get("wechatpay-timestamp", "")
    signature = headers.get("wechatpay-signature", "")
    if headers.get("wechatpay-signature-type", SCHEME) != SCHEME:
        return "another algorithm"
    if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
        return "no timestamp"
    if abs(int(stamp) - now.timestamp()) > TOLERANCE_SECONDS:
        return "the timestamp is more than five minutes off"
    key = key_of(headers.get("wechatpay-serial", ""))
    if key is None:
        return "the serial number is of no key of WeChat Pay's"
    message = lines(stamp, headers.get("wechatpay-nonce", "")) + body + b"\n"
    return "" if keys.is_signed(key, message, signature) else "the signature is wrong"
