"""Addresses that are handed out: pay pages of orders, and where providers report.

A pay link is its order's id under a keyed MAC: it needs no row, and whoever has one can open
that order's pay page and no other. A link for a part says up to which sum of money received it
asks: what was paid by it once is not asked for again.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from functools import cache, lru_cache
from typing import NamedTuple
from uuid import UUID

from django.conf import settings

from laidan.engine.sealing import keyring

_ID_BYTES, _SUM_BYTES, _MAC_BYTES = 16, 6, 11
_TO_ADDRESS = bytes.maketrans(b"+/", b"-_")
TOKEN_LENGTH = 36
"""27 bytes in base64 without padding."""
PART_LENGTH = 44
"""33 bytes, for a link that asks for a part."""


class PayLink(NamedTuple):
    """What a link says: an order, and up to which sum it is paid by it; None: all of it."""

    order_id: str
    until_minor: int | None = None


@cache
def _keyed() -> hashlib.blake2b:
    """Return a hash that has taken its key in: copying it is cheaper than beginning anew."""
    # The index key stays when encryption keys are rotated: links that were sent stay good.
    key = hmac.digest(keyring().index_key, b"laidan pay link 1", hashlib.sha256)
    return hashlib.blake2b(digest_size=_MAC_BYTES, key=key)


def _mac(raw: bytes) -> bytes:
    begun = _keyed().copy()
    begun.update(raw)
    return begun.digest()


def pay_token(order_id: str, until_minor: int | None = None) -> str:
    """Return the text by which an order's pay page is opened, and up to which sum it asks."""
    raw = bytes.fromhex(order_id.replace("-", ""))
    if until_minor is not None:
        raw += until_minor.to_bytes(_SUM_BYTES, "big")
    text = binascii.b2a_base64(raw + _mac(raw), newline=False)
    return text.translate(_TO_ADDRESS).decode()


def order_of_token(token: str) -> str | None:
    """Return the id of a token's order, None where we did not make it."""
    link = read_token(token)
    return link.order_id if link is not None else None


def read_token(token: str) -> PayLink | None:
    """Return what a token says, None where we did not make it."""
    if len(token) not in (TOKEN_LENGTH, PART_LENGTH):
        return None
    try:
        raw = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    said, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    if not hmac.compare_digest(_mac(said), mac):
        return None
    until = said[_ID_BYTES:]
    return PayLink(
        str(UUID(bytes=said[:_ID_BYTES])), int.from_bytes(until, "big") if until else None
    )


def pay_url(order_id: str, until_minor: int | None = None) -> str:
    """Return the address of an order's pay page."""
    return f"{settings.LAIDAN_BASE_URL}/pay/{pay_token(order_id, until_minor)}"


def qr_url(order_id: str) -> str:
    """Return the address of a picture of the pay page's QR code."""
    return f"{pay_url(order_id)}/qr.svg"


def payment_url(order_id: str, number: str) -> str:
    """Return the address to which a provider sends the payer of a payment back."""
    return f"{pay_url(order_id)}/{number}"


def callback_url(account_code: str) -> str:
    """Return where a provider reports what became of an account's payments."""
    return f"{settings.LAIDAN_BASE_URL}/callbacks/{account_code}"


@lru_cache(maxsize=1)
def track_url() -> str:
    """Return the address of the page on which buyers look after their orders."""
    return f"{settings.LAIDAN_BASE_URL}/track"
