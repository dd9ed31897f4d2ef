"""Seals over days: the signed statement, the key behind it, and how an outsider verifies both."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)

from laidan.domain.audit.core import NO_HASH

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Statement:
    """What a seal says of a day: how much was written, its root, the statement before it."""

    day: date
    events: int
    operations: int
    root: str
    previous: str
    sealed_at: datetime
    key: str

    def text(self) -> str:
        """Return the text that is signed: one line of JSON, its names in this order."""
        told = {
            "laidan_seal": FORMAT,
            "day": self.day.isoformat(),
            "events": self.events,
            "operations": self.operations,
            "root": self.root,
            "previous": self.previous,
            "sealed_at": self.sealed_at.isoformat(),
            "key": self.key,
        }
        return json.dumps(told, separators=(",", ":"))


def read_statement(text: str) -> Statement:
    """Return the statement of a signed text; raises ValueError where it is none."""
    told = json.loads(text)
    if not isinstance(told, dict) or told.get("laidan_seal") != FORMAT:
        raise ValueError("this is no seal that this version knows")
    try:
        return Statement(
            date.fromisoformat(told["day"]), int(told["events"]), int(told["operations"]),
            str(told["root"]), str(told["previous"]), datetime.fromisoformat(told["sealed_at"]),
            str(told["key"]),
        )  # fmt: skip
    except (KeyError, TypeError) as error:
        raise ValueError(f"the seal lacks {error}") from error


def digest_of(text: str | None) -> str:
    """Return the SHA-256 of a statement, by which the one after it names it."""
    return NO_HASH if text is None else hashlib.sha256(text.encode()).hexdigest()


def new_key() -> str:
    """Return a new private key as text."""
    raw = Ed25519PrivateKey.generate().private_bytes(
        Encoding.Raw, PrivateFormat.Raw, NoEncryption()
    )
    return base64.b64encode(raw).decode()


def sign(text: str, private: str) -> str:
    """Return the signature (Ed25519, base64) of a text."""
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(private))
    return base64.b64encode(key.sign(text.encode())).decode()


def public_pem(private: str) -> str:
    """Return the public key as the text that is handed to others."""
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(private)).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def fingerprint(pem: str) -> str:
    """Return the SHA-256 of a public key by which people compare it; raises ValueError."""
    raw = _public(pem).public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()


def is_signed(text: str, signature: str, pem: str) -> bool:
    """Say whether a text was signed by the holder of a key; raises ValueError (no key)."""
    key = _public(pem)
    try:
        key.verify(base64.b64decode(signature, validate=True), text.encode())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _public(pem: str) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, TypeError) as error:
        raise ValueError("this is no public key in PEM") from error
    if not isinstance(key, Ed25519PublicKey):
        # A key of another kind cannot have made the signature.
        raise ValueError("the public key is not of Ed25519")  # noqa: TRY004 - one fault for callers
    return key
