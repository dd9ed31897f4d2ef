"""Sealed text (AES-256-GCM under rotating keys) and blind indexes to find it by."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache, partial

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_NONCE_BYTES = 12
_KEY_BYTES = 32
# 64 bits of keyed BLAKE2b: collisions are rarer than re-used phones, and reveal nothing more.
_INDEX_BYTES = 8
_NOT_DIGITS = re.compile(r"[^0-9+]")


class SealError(ValueError):
    """A sealed text was changed, moved to another row, or its key is not configured."""


@dataclass(frozen=True)
class Keyring:
    """The keys of an installation: the first seals, all unseal, the last one indexes.

    The index key stays the oldest, because rows found by it are not rewritten on rotation.
    """

    current: str
    ciphers: dict[str, AESGCM]
    index_key: bytes

    @classmethod
    def parse(cls, specification: Sequence[str]) -> Keyring:
        """Read `name:base64` entries; raises ValueError naming what is wrong."""
        keys: dict[str, bytes] = {}
        for entry in specification:
            name, _, encoded = entry.strip().partition(":")
            try:
                raw = base64.b64decode(encoded, validate=True)
            except binascii.Error as error:
                raise ValueError(f"encryption key {name!r} is not base64: {error}") from error
            if not re.fullmatch(r"[a-z0-9]{1,12}", name) or len(raw) != _KEY_BYTES:
                raise ValueError(
                    f"encryption key {name!r}: expected NAME:BASE64 with a name of up to 12 "
                    "letters and digits and 32 bytes of key"
                )
            if keys.setdefault(name, raw) != raw:
                raise ValueError(f"encryption key {name!r} is there twice, with other bytes")
        if not keys:
            raise ValueError("no encryption key is configured")
        oldest = list(keys.values())[-1]
        index_key = hmac.digest(oldest, b"laidan blind index 1", hashlib.sha256)
        return cls(next(iter(keys)), {n: AESGCM(k) for n, k in keys.items()}, index_key)

    def seal(self, text: str, owner: str) -> str:
        """Encrypt a text for the row that owns it; the same text never looks the same twice."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self.ciphers[self.current].encrypt(nonce, text.encode(), owner.encode())
        return f"{self.current}.{binascii.b2a_base64(nonce + sealed, newline=False).decode()}"

    def unseal(self, sealed: str, owner: str) -> str:
        """Decrypt; raises SealError where text, owner and key do not belong together."""
        name, _, encoded = sealed.partition(".")
        cipher = self.ciphers.get(name)
        if cipher is None:
            raise SealError(f"the encryption key {name!r} is not among LAIDAN_ENCRYPTION_KEYS")
        try:
            raw = base64.b64decode(encoded, validate=True)
            return cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], owner.encode()).decode()
        except (binascii.Error, InvalidTag, ValueError) as error:
            raise SealError("the sealed text was changed or belongs to another row") from error

    def index(self, kind: str, text: str) -> str:
        """Return the blind index of a normalised text: equal texts, equal indexes."""
        message = f"{kind}:{text}".encode()
        return hashlib.blake2b(message, digest_size=_INDEX_BYTES, key=self.index_key).hexdigest()

    def phone_indexes(self, phone: str) -> tuple[str, str]:
        """Return the indexes of a phone and of its last four digits ('' where there is none)."""
        normal = normal_phone(phone)
        if not normal:
            return "", ""
        last = normal[-4:] if len(normal) >= 4 else ""
        return self.index("phone", normal), self._last4_index(last) if last else ""

    @cached_property
    def _last4_index(self) -> Callable[[str], str]:
        # There are ten thousand endings: remembering them costs little and reveals nobody.
        return lru_cache(maxsize=10_000)(partial(self.index, "last4"))


def normal_phone(phone: str) -> str:
    """Return a phone's digits in one form: +86 and 0086 are dropped, other countries keep theirs.

    >>> normal_phone("+86 138-0013-8000"), normal_phone("+49 30 901820")
    ('13800138000', '4930901820')
    """
    if phone.isdigit() and phone.isascii() and not phone.startswith("00"):
        return phone
    if not phone.isascii():
        # Full-width digits, as Chinese keyboards write them, are digits too.
        phone = unicodedata.normalize("NFKC", phone)
    digits = _NOT_DIGITS.sub("", phone)
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if digits.startswith("+86") and len(digits) == 14:
        digits = digits[3:]
    return digits.replace("+", "")


def masked_phone(phone: str) -> str:
    """Return a phone with its middle hidden.

    >>> masked_phone("13800138000")
    '138****8000'
    """
    if len(phone) < 8:
        return "*" * len(phone)
    return f"{phone[:3]}****{phone[-4:]}"


@cache
def keyring() -> Keyring:
    """Return the installation's keys."""
    return Keyring.parse(settings.LAIDAN_ENCRYPTION_KEYS)
