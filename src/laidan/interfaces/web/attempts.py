"""How often a password may be tried: ten times in five minutes for each user and address."""

from __future__ import annotations

import hashlib

from django.core.cache import cache

TRIES = 10
SECONDS = 300


def key_of(username: str, address: str) -> str:
    """Return the key under which tries are counted; it reveals neither of both."""
    text = f"{username.strip().casefold()}\n{address}".encode("utf-8", "surrogatepass")
    return f"sign-in:{hashlib.sha256(text).hexdigest()}"


def count(key: str) -> int:
    """Count one more try and return how many there were."""
    cache.add(key, 0, SECONDS)
    try:
        return int(cache.incr(key))
    except ValueError:
        # It ran out between the two calls.
        cache.set(key, 1, SECONDS)
        return 1


def forget(key: str) -> None:
    """Begin anew, after the right password."""
    cache.delete(key)
