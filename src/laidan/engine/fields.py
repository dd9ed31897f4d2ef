"""Model fields shared by every room."""

from __future__ import annotations

import json
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from laidan.kernel.ids import parse_id


class IdField(models.Field):  # type: ignore[type-arg]  # django-stubs asks for two, Django takes none
    """A UUIDv7 as canonical text in Python, in the engine's most compact form in the database."""

    description = "UUIDv7"

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """Return the column type: uuid on PostgreSQL, 36 ASCII characters elsewhere."""
        if connection.vendor == "postgresql":
            return "uuid"
        if connection.vendor == "mysql":
            # ASCII keeps the key at 36 bytes; MariaDB's own uuid type changed its sort order
            # between releases.
            return "char(36) CHARACTER SET ascii COLLATE ascii_bin"
        return "char(36)"

    def rel_db_type(self, connection: BaseDatabaseWrapper) -> str:
        """Return the type of a column that refers to this one."""
        return self.db_type(connection)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> str | None:
        """Return text whatever the driver hands out."""
        return None if value is None else str(value)

    def to_python(self, value: Any) -> str | None:
        """Return canonical text, or the value's text where it is no id (a look-up then misses)."""
        if value is None:
            return None
        return parse_id(str(value)) or str(value)

    def get_prep_value(self, value: Any) -> str | None:
        """Return canonical text; what is no id becomes the nil UUID, which no row has."""
        if value is None:
            return None
        return parse_id(str(value)) or "00000000-0000-0000-0000-000000000000"


class JsonField(models.TextField):  # type: ignore[type-arg]  # as above
    """A JSON document kept as text: written once, read whole, never queried inside."""

    description = "JSON text"
    # What django-stubs lets be assigned and read: any document.
    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Return the document."""
        return None if value is None else json.loads(value)

    def to_python(self, value: Any) -> Any:
        """Return the document as it is."""
        return value

    def get_prep_value(self, value: Any) -> str | None:
        """Return the document's text."""
        return None if value is None else json.dumps(value, ensure_ascii=False)


def id_key() -> IdField:
    """Return a primary key column."""
    return IdField(primary_key=True)


def pointer(to: str, **options: Any) -> models.ForeignKey[Any, Any]:
    """Return a foreign key that the program keeps and `laidan check` proves.

    The database's own check costs more than the insert on the hot tables (ADR 0002).
    """
    options.setdefault("on_delete", models.DO_NOTHING)
    options.setdefault("related_name", "+")
    return models.ForeignKey(to, db_constraint=False, **options)
