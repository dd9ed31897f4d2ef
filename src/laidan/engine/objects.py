"""Objects of the ORM written as sets: one statement however many, on every engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models

from laidan.engine import bulk_sql
from laidan.engine.fields import JsonField


def insert_objects(objects: Iterable[models.Model]) -> None:
    """Insert objects of one table."""
    listed = list(objects)
    if listed:
        model = type(listed[0])
        fields: list[Any] = list(model._meta.concrete_fields)
        columns = [field.column for field in fields]
        bulk_sql.insert_rows(model, columns, [_values(one, fields) for one in listed])


def update_objects(objects: Iterable[models.Model], names: Sequence[str]) -> None:
    """Write some fields of objects of one table that are there; they are locked in key order."""
    listed = sorted(objects, key=lambda one: str(one.pk))
    if listed:
        model = type(listed[0])
        fields: list[Any] = [model._meta.get_field(name) for name in names]
        key: Any = model._meta.pk
        columns = [field.column for field in fields]
        rows = [_values(one, [key, *fields]) for one in listed]
        bulk_sql.update_rows(model, (key.column,), columns, rows)


def _values(one: models.Model, fields: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(
        field.get_prep_value(getattr(one, field.attname))
        if isinstance(field, JsonField)
        else getattr(one, field.attname)
        for field in fields
    )
