"""Set-based SQL in three dialects; the only module that knows them.

Every function costs one statement, whatever the number of rows, and grows linearly with them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, models

from laidan.engine.columns import PG_TYPES, Kind, kinds_of, pg_array, pg_source
from laidan.engine.statements import (
    LostRaceError,
    Query,
    Row,
    ask,
    expect,
    pipelined,
    rows,
    run,
    write,
)

__all__ = [
    "LostRaceError",
    "Query",
    "Row",
    "add_rows",
    "among",
    "ask",
    "claiming",
    "insert_new_rows",
    "insert_rows",
    "instant",
    "locking",
    "pipelined",
    "rows",
    "run",
    "update_rows",
]


# --- fragments ------------------------------------------------------------------------------


def among(column: str, values: Iterable[Any], kind: Kind = "id") -> tuple[str, list[Any]]:
    """Return the condition that a column is one of the values, and its parameters."""
    listed = list(values)
    vendor = connection.vendor
    if vendor == "postgresql":
        return f"{column} = ANY(%s::{PG_TYPES[kind]}[])", [pg_array(listed, kind)]
    if vendor == "sqlite":
        return f"{column} IN (SELECT value FROM json_each(%s))", [json.dumps(listed)]
    if not listed:
        return "1 = 0", []
    return f"{column} IN ({','.join(['%s'] * len(listed))})", listed


def locking(of: str = "") -> str:
    """Return the clause that locks the rows read; SQLite's transaction already holds its lock."""
    if connection.vendor == "postgresql":
        return f" FOR NO KEY UPDATE OF {of}" if of else " FOR NO KEY UPDATE"
    return " FOR UPDATE" if connection.vendor == "mysql" else ""


def claiming() -> str:
    """Return the clause that locks the rows read and leaves out those that others hold."""
    return "" if connection.vendor == "sqlite" else " FOR UPDATE SKIP LOCKED"


def instant(value: datetime) -> Any:
    """Return an instant as the parameter that the database compares correctly."""
    return connection.ops.adapt_datetimefield_value(value)


# --- writing --------------------------------------------------------------------------------


def insert_rows(model: type[models.Model], names: Sequence[str], values: Sequence[Row]) -> None:
    """Insert rows given as tuples in the order of `names` (column names)."""
    if values:
        _insert(model, tuple(names), values, "")


def insert_new_rows(model: type[models.Model], names: Sequence[str], values: Sequence[Row]) -> int:
    """Insert those rows that meet no unique key; return how many those were."""
    if not values:
        return 0
    suffix = "" if connection.vendor == "mysql" else " ON CONFLICT DO NOTHING"
    return _insert(model, tuple(names), values, suffix, ignore=True)


def add_rows(
    model: type[models.Model], keys: Sequence[str], sums: Sequence[str], values: Sequence[Row]
) -> None:
    """Insert rows, or add their sums to the rows that have the same keys.

    The rows must come sorted by key: that is the order in which they are locked.
    """
    if not values:
        return
    table = model._meta.db_table
    names = (*keys, *sums)
    if connection.vendor == "mysql":
        sets = ", ".join(f"{name} = {name} + VALUES({name})" for name in sums)
        suffix = f" ON DUPLICATE KEY UPDATE {sets}"
    else:
        sets = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in sums)
        suffix = f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {sets}"
    _insert(model, names, values, suffix)


def update_rows(
    model: type[models.Model], keys: Sequence[str], sets: Sequence[str], values: Sequence[Row]
) -> None:
    """Set columns of the rows whose keys are given; tuples hold keys, then new values.

    Raises LostRaceError when not every row was there (a version among the keys is the
    compare-and-set).
    """
    if not values:
        return
    names = (*keys, *sets)
    kinds = kinds_of(model, names)
    table = model._meta.db_table
    if connection.vendor == "postgresql":
        types = ", ".join(f"%s::{PG_TYPES[kind]}[]" for kind in kinds)
        columns = ", ".join(f"v{place}" for place in range(len(names)))
        count = len(keys)
        assign = ", ".join(f"{name} = v.v{count + i}" for i, name in enumerate(sets))
        match = " AND ".join(f"{table}.{name} = v.v{i}" for i, name in enumerate(keys))
        sql = f"UPDATE {table} SET {assign} FROM unnest({types}) AS v({columns}) WHERE {match}"
        write(table, sql, _pg_columns(kinds, values), len(values), generic=True)
    elif connection.vendor == "sqlite":
        assign = ", ".join(f"{name} = %s" for name in sets)
        match = " AND ".join(f"{name} = %s" for name in keys)
        cursor = connection.cursor()
        count = len(keys)
        cursor.executemany(
            f"UPDATE {table} SET {assign} WHERE {match}",
            [row[count:] + row[:count] for row in _adapted(kinds, values)],
        )
        expect(table, len(values), cursor.rowcount)
    else:
        expect(table, len(values), _mysql_update(table, keys, sets, kinds, values))


def _mysql_update(
    table: str, keys: Sequence[str], sets: Sequence[str], kinds: Sequence[Kind],
    values: Sequence[Row],
) -> int:  # fmt: skip
    """Join the table with a JSON document of the new values."""
    columns = ", ".join(
        f"v{place} {_MYSQL_JSON[kind]} PATH '$[{place}]'" for place, kind in enumerate(kinds)
    )
    match = " AND ".join(
        f"t.{name} = CONVERT(v.v{place} USING ascii) COLLATE ascii_bin"
        if kinds[place] == "id"
        else f"t.{name} = v.v{place}"
        for place, name in enumerate(keys)
    )
    count = len(keys)
    assign = ", ".join(f"t.{name} = v.v{count + place}" for place, name in enumerate(sets))
    document = json.dumps(list(_adapted(kinds, values)), default=str)
    return run(
        f"UPDATE {table} t JOIN JSON_TABLE(%s, '$[*]' COLUMNS({columns})) v ON {match} SET {assign}",
        [document],
    )


_MYSQL_JSON: dict[Kind, str] = {
    "id": "CHAR(36)", "text": "LONGTEXT", "int": "BIGINT", "bool": "TINYINT",
    "instant": "DATETIME(6)",
}  # fmt: skip


def _insert(
    model: type[models.Model],
    names: tuple[str, ...],
    values: Sequence[Row],
    suffix: str,
    *,
    ignore: bool = False,
) -> int:
    kinds = kinds_of(model, names)
    table = model._meta.db_table
    listed = ", ".join(names)
    if connection.vendor == "postgresql":
        source, params = pg_source(table, kinds, values)
        return write(
            table, f"INSERT INTO {table} ({listed}) {source}{suffix}", params, generic=True
        )
    marks = f"({', '.join(['%s'] * len(names))})"
    if connection.vendor == "sqlite":
        cursor = connection.cursor()
        cursor.executemany(
            f"INSERT INTO {table} ({listed}) VALUES {marks}{suffix}", list(_adapted(kinds, values))
        )
        return int(cursor.rowcount)
    verb = "INSERT IGNORE INTO" if ignore else "INSERT INTO"
    flat = [item for row in _adapted(kinds, values) for item in row]
    return run(f"{verb} {table} ({listed}) VALUES {', '.join([marks] * len(values))}{suffix}", flat)


# --- values ---------------------------------------------------------------------------------


def _adapted(kinds: Sequence[Kind], values: Sequence[Row]) -> Iterable[Row]:
    """Return the rows with their instants as the database stores them."""
    places = [place for place, kind in enumerate(kinds) if kind == "instant"]
    if not places:
        return values
    seen: dict[datetime | None, Any] = {None: None}
    adapted: list[Row] = []
    for row in values:
        changed = list(row)
        for place in places:
            value = row[place]
            if value not in seen:
                seen[value] = str(instant(value))
            changed[place] = seen[value]
        adapted.append(tuple(changed))
    return adapted


def _pg_columns(kinds: Sequence[Kind], values: Sequence[Row]) -> list[bytes]:
    columns = zip(*values, strict=True)
    return [pg_array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
