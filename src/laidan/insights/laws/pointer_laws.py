"""Laws of pointers: what the hot tables point to exists, though no database constraint says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import models

from laidan.engine.fields import IdField
from laidan.insights.laws.law import Law, by_sql

_BY_NAME = {"order_id": "sales_order", "line_id": "order_line"}
"""Plain id columns that point across rooms without a foreign key of Django's."""


def pointer_laws() -> Iterator[Law]:
    """Yield the law of every pointer that the models declare."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            target = _target(field)
            if target is not None:
                yield _law(model._meta.db_table, str(field.column), *target)


def _target(field: models.Field[Any, Any]) -> tuple[str, str] | None:
    """Return the table and key column that a column points to without a constraint."""
    if isinstance(field, models.ForeignKey):
        to = field.target_field
        # The database itself keeps the others; what it keeps need not be looked at.
        is_kept = getattr(field, "db_constraint", True)
        return None if is_kept else (to.model._meta.db_table, str(to.column))
    if isinstance(field, IdField) and field.column in _BY_NAME:
        return _BY_NAME[field.column], "id"
    return None


_UNLESS = {("allocation", "line_id"): "t.state <> 'released'"}
"""Pointers that outlive what they point to: a line that was taken out of its order is deleted."""


def _law(table: str, column: str, target: str, key: str) -> Law:
    still = f"AND {_UNLESS[table, column]}" if (table, column) in _UNLESS else ""
    return by_sql(
        f"no-orphan-{table}-{column}".replace("_", "-"),
        f"Every {table}.{column} is in {target}.",
        f"{table} {column}",
        f"""
        SELECT t.id, t.{column} FROM {table} t LEFT JOIN {target} r ON r.{key} = t.{column}
        WHERE t.{column} IS NOT NULL AND r.{key} IS NULL {still}
        """,
    )
