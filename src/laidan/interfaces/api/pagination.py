"""Cursors: where a list goes on, signed, so that only what was handed out comes back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core import signing

from laidan.interfaces.api.problems import RefusedError
from laidan.kernel.outcome import Refused, invalid

LIMIT_MAX = 200
LIMIT_USUAL = 50
_SALT = "laidan.cursor"


def write_cursor(kind: str, values: Sequence[Any]) -> str:
    """Return the opaque text of a place in a list; instants become ISO text."""
    plain = [one.isoformat() if isinstance(one, datetime) else one for one in values]
    return signing.Signer(salt=_SALT).sign_object([kind, *plain])


def read_cursor(kind: str, cursor: str | None, types: Sequence[type]) -> list[Any] | None:
    """Return a cursor's values, None without one; raises RefusedError where it is not of `kind`."""
    if cursor is None:
        return None
    try:
        found = signing.Signer(salt=_SALT).unsign_object(cursor)
    except Exception as error:  # base64, JSON and compression each fail in their way
        raise RefusedError(_refused("is none that was handed out here")) from error
    if not isinstance(found, list) or found[:1] != [kind] or len(found) != len(types) + 1:
        raise RefusedError(_refused("belongs to another list or sort; begin without it"))
    return [
        datetime.fromisoformat(value) if wanted is datetime else value
        for value, wanted in zip(found[1:], types, strict=True)
    ]


def _refused(msg: str) -> Refused:
    return invalid("cursor", msg, "invalid-cursor")
