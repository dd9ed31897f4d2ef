"""Decisions about webhooks: signatures, when to try again, who wants which event."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta

ACTIVE, PAUSED, ENDED = "active", "paused", "ended"
WAITING, DONE, FAILED = "waiting", "done", "failed"
STATES = (WAITING, DONE, FAILED)
PREFIX = "whsec_"
SECRET_BYTES = 32
"""Bytes of a secret that is made here; one that is brought has 24 to 64."""
BACKOFF = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 30, 120, 600, 1800, 3600, 10800, 21600, 43200, 86400, 86400)
)
"""How long is waited after each failure: three days in all."""
JITTER = 0.2
"""Waits are longer by up to this share, so that what failed together does not come together."""
LEASE = timedelta(seconds=45)
"""So long a delivery belongs to whoever took it; a worker that died has lost it then."""
PAUSE_AFTER = timedelta(hours=24)
"""An endpoint that only failed for so long is paused."""
ALARM_AFTER = timedelta(hours=1)
"""An endpoint that only failed for so long is shown as failing."""
REST = (timedelta(seconds=1), timedelta(seconds=60))
"""The first and the longest rest of an endpoint that does not answer."""
ANSWER_BYTES = 2048
"""So much of an answer is kept."""
ENDPOINTS_MAX = 100
GONE = 410
_SECRET_SIZES = range(24, 65)


def new_secret(raw: bytes) -> str:
    """Return random bytes as a signing secret."""
    return PREFIX + base64.b64encode(raw).decode()


def secret_bytes(secret: str) -> bytes | None:
    """Return the key that a secret stands for; None where it is no secret.

    >>> secret_bytes(new_secret(b"x" * 24)) == b"x" * 24, secret_bytes("whsec_short")
    (True, None)
    """
    try:
        raw = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if secret.startswith(PREFIX) and len(raw) in _SECRET_SIZES else None


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return a signature by Standard Webhooks: `v1,` and HMAC-SHA256 in base64."""
    key = secret_bytes(secret)
    if key is None:
        raise ValueError("no signing secret")
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def headers(
    secrets: Sequence[str], message_id: str, body: bytes, *, now: datetime
) -> dict[str, str]:
    """Return the headers of a message; while secrets rotate each of them signs."""
    timestamp = int(now.timestamp())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(
            signature(secret, message_id, timestamp, body) for secret in secrets
        ),
    }


def next_try(tries: int, *, now: datetime, chance: float) -> datetime | None:
    """Return when to try again after so many tries, None where it is given up.

    `chance` is a random number from 0 to 1.
    """
    if tries > len(BACKOFF):
        return None
    return now + BACKOFF[max(tries, 1) - 1] * (1 + JITTER * chance)


def rest_after(failures: int) -> timedelta:
    """Return how long an endpoint is left alone after so many failures in a row."""
    first, longest = REST
    doubled: int = 2 ** min(failures, 10)
    return min(first * doubled, longest)


def is_wanted(types: Sequence[str], shops: Sequence[str], type_: str, shop: str | None) -> bool:
    """Say whether an endpoint wants an event; `order.*` is every event of orders.

    Events without a shop, such as those of products, pass the filter of shops.

    >>> is_wanted(["order.*"], ["main"], "order.paid", "main")
    True
    """
    if shops and shop is not None and shop not in shops:
        return False
    return not types or any(
        type_ == one or (one.endswith(".*") and type_.startswith(one[:-1])) for one in types
    )
