"""Instants as databases hand them out: made aware, in UTC."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection


def aware(row: Sequence[Any]) -> list[Any]:
    """Return a row whose naive datetimes and SQLite's date texts are aware instants."""
    if connection.vendor == "postgresql":
        return list(row)
    return [
        value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value
        for value in row
    ]
