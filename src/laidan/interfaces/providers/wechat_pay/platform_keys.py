"""Whose signatures a merchant believes: WeChat Pay's public keys and platform certificates by serial."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from laidan.domain.payments.facts import Account
from laidan.interfaces.providers import keys
from laidan.interfaces.providers.base import MisconfiguredError, ProviderError
from laidan.interfaces.providers.reading import (
    UnreadableError,
    document,
    inner,
    rows,
    setting,
    text,
)

Keys = dict[str, rsa.RSAPublicKey]
_KEY_BYTES = 32
_AGAIN_SECONDS = 60.0
"""So long no certificates are fetched again: forged serials must not make us call WeChat Pay."""


def configured(account: Account) -> Keys:
    """Return the keys that an account's settings name, by serial number or key id.

    Public keys stand in the order of their ids; certificates carry their serials themselves.
    """
    found: Keys = {}
    ids = setting(account, "public_key_id").replace(",", " ").split()
    listed = setting(account, "public_key")
    public = keys.public_keys(listed, "public_key") if listed else ()
    if len(ids) != len(public):
        raise MisconfiguredError("public_key_id: one id is needed for each public key")
    found.update(zip(ids, public, strict=True))
    certified = setting(account, "platform_certificates")
    if certified:
        for one in keys.certificates(certified, "platform_certificates"):
            found[serial(one)] = keys.certified_key(one, "platform_certificates")
    return found


def serial(certificate: x509.Certificate) -> str:
    """Return a certificate's serial number as WeChat Pay writes it."""
    return f"{certificate.serial_number:X}"


def opened(secret: str, resource: Mapping[str, Any]) -> bytes:
    """Return what a sealed resource holds (AEAD_AES_256_GCM); raises UnreadableError."""
    if resource.get("algorithm") != "AEAD_AES_256_GCM":
        raise UnreadableError("an algorithm that is not AEAD_AES_256_GCM")
    raw = secret.encode()
    if len(raw) != _KEY_BYTES:
        raise MisconfiguredError(f"apiv3_key: {_KEY_BYTES} characters are needed")
    associated = resource.get("associated_data") or ""
    try:
        sealed = keys.from_base64(text(resource, "ciphertext"))
        return AESGCM(raw).decrypt(
            text(resource, "nonce").encode(), sealed, str(associated).encode()
        )
    except (InvalidTag, ValueError) as error:
        raise UnreadableError("it cannot be opened with the APIv3 key") from error


def certified(body: bytes, secret: str, now: datetime) -> Keys:
    """Return the keys of an answer to `/v3/certificates` that hold now.

    Who can seal them under the APIv3 key is WeChat Pay or the merchant himself.
    """
    found: Keys = {}
    for entry in rows(document(body), "data"):
        sealed = inner(entry.get("encrypt_certificate"))
        pem = opened(secret, sealed).decode("utf-8", "replace")
        for one in keys.certificates(pem, "platform_certificates"):
            if one.not_valid_before_utc <= now <= one.not_valid_after_utc:
                found[serial(one)] = keys.certified_key(one, "platform_certificates")
    return found


class Rotation:
    """Certificates that were fetched because a serial was unknown, by account, in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fetched: dict[str, Keys] = {}
        self._asked: dict[str, float] = {}

    def find(
        self, account: Account, number: str, fetch: Callable[[], Keys]
    ) -> rsa.RSAPublicKey | None:
        """Return the key of a serial, fetching certificates when it is unknown, at most once a minute."""
        known = configured(account)
        if number in known:
            return known[number]
        with self._lock:
            found = self._fetched.get(account.id, {}).get(number)
            asked = self._asked.get(account.id)
            now = time.monotonic()
            if found or (asked is not None and now - asked < _AGAIN_SECONDS):
                return found
            self._asked[account.id] = now
        try:
            fetched = fetch()
        except (ProviderError, UnreadableError):
            return None
        with self._lock:
            self._fetched[account.id] = fetched
        return fetched.get(number)
