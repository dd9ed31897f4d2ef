"""Decisions about keys and rights: pure values, no clock and no entropy of their own."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from laidan.domain.access.policy import Standing
from laidan.kernel.permissions import EVERYTHING, SCOPES

__all__ = ("EVERYTHING", "SCOPES")
ENTROPY_BYTES = 36
"""What a new key is made from: 4 bytes of prefix, 32 of secret."""
_PREFIX_BYTES = 4
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VISIBLE = re.compile(r"[!-~]+\Z")
_SHOWN_MAX = 12


@dataclass(frozen=True, slots=True)
class Token:
    """A key's text, shown once, with what is kept of it: a name to know it by and a digest."""

    text: str
    prefix: str
    digest: str


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What is known of a key and its owner when it is presented."""

    key_id: str
    name: str
    username: str
    scopes: frozenset[str]
    owner: Standing
    owner_is_active: bool
    expires_at: datetime | None
    revoked_at: datetime | None


def new_token(entropy: bytes) -> Token:
    """Return a key `ldk_<prefix>_<secret>`; the secret carries 256 bits.

    >>> new_token(bytes(36)).text[:13]
    'ldk_00000000_'
    """
    if len(entropy) != ENTROPY_BYTES:
        raise ValueError(f"a key takes {ENTROPY_BYTES} bytes of entropy")
    prefix = entropy[:_PREFIX_BYTES].hex()
    text = f"ldk_{prefix}_{_base62(entropy[_PREFIX_BYTES:])}"
    return Token(text, prefix, digest(text))


def given_token(text: str) -> Token | None:
    """Return the token of a key that its owner chose, or None where a header cannot carry it."""
    if not _VISIBLE.match(text):
        return None
    parts = text.split("_")
    is_ours = len(parts) == 3 and parts[0] == "ldk" and 0 < len(parts[1]) <= _SHOWN_MAX
    # Of a key of another form nothing may be shown: all of it can be the secret.
    return Token(text, parts[1] if is_ours else "", digest(text))


def digest(text: str) -> str:
    """Return the SHA-256 by which a key is found; its entropy makes a slow hash pointless."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def unknown_scopes(scopes: Collection[str]) -> list[str]:
    """Return those that do not exist."""
    return sorted(set(scopes) - set(SCOPES))


def refusal_of(facts: KeyFacts | None, *, now: datetime) -> str | None:
    """Return why a key opens nothing, or None when it does."""
    if facts is None:
        return "The key is not known."
    if facts.revoked_at is not None:
        return "The key was revoked."
    if facts.expires_at is not None and facts.expires_at <= now:
        return "The key has expired."
    if not facts.owner_is_active:
        return "The key's owner was disabled."
    return None


def _base62(raw: bytes) -> str:
    # 43 characters always, so that keys do not differ in length by chance.
    number = int.from_bytes(raw, "big")
    digits = []
    for _ in range(43):
        number, place = divmod(number, 62)
        digits.append(_ALPHABET[place])
    return "".join(reversed(digits))


def readable_secret(entropy: Callable[[int], bytes]) -> str:
    """Return a password of 80 bits in four groups, without letters that look alike."""
    alphabet = "abcdefghijkmnpqrstuvwxyz23456789"
    text = "".join(alphabet[byte & 31] for byte in entropy(16))
    return "-".join(text[place : place + 4] for place in range(0, 16, 4))
