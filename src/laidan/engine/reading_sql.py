"""Fragments of SQL for lists and searches, in three dialects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from weakref import WeakSet

from django.db import connection

Fragment = tuple[str, tuple[Any, ...]]
"""A piece of SQL and its parameters."""
# Each branch of a union is planned by itself.
_MERGED_MAX = 60
_calmed: WeakSet[Any] = WeakSet()
# Above every character that Unicode assigns, so that a prefix has an exclusive upper end.
_LAST = "\U0010ffff"


def ids(sql: str, params: Sequence[Any] = ()) -> list[str]:
    """Return the first column of a query as text.

    The values travel inside the statement, so that PostgreSQL plans for them: what is best for a
    rare value of a filter is worst for a common one.
    """
    return [str(row[0]) for row in rows(sql, params)]


def rows(sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Return the rows of a query, planned for these very values."""
    with connection.cursor() as cursor:
        _calm(cursor)
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def _calm(cursor: Any) -> None:
    """Keep PostgreSQL from compiling and spreading small reads, which takes longer than reading."""
    raw = connection.connection
    if connection.vendor != "postgresql" or raw in _calmed:
        return
    cursor.execute(
        "SELECT set_config('jit', 'off', false), "
        "set_config('max_parallel_workers_per_gather', '0', false)"
    )
    _calmed.add(raw)


def one_of(column: str, values: Iterable[str]) -> Fragment:
    """Return the condition that a column is one of a few texts or ids, and its parameters."""
    listed = tuple(values)
    if not listed:
        return "1 = 0", ()
    if len(listed) == 1:
        return f"{column} = %s", listed
    return f"{column} IN ({', '.join(['%s'] * len(listed))})", listed


def starting_with(column: str, prefix: str) -> Fragment:
    """Return the condition that a text begins so, in the form that an index answers."""
    if connection.vendor == "postgresql":
        escaped = prefix.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
        return f"{column} LIKE %s", (f"{escaped}%",)
    # SQLite's LIKE ignores case and so cannot use the index; both databases compare by code point.
    return f"({column} >= %s AND {column} < %s)", (prefix, prefix + _LAST)


def hands_on_in_order() -> bool:
    """Say whether the database knows a limited subquery's order and stops it when it has enough."""
    return bool(connection.vendor == "postgresql")


def by_index(name: str) -> str:
    """Return the clause after a table's name that makes the database use an index.

    SQLite and MariaDB guess without statistics; PostgreSQL has them.
    """
    if connection.vendor == "sqlite":
        return f" INDEXED BY {name}"
    return f" FORCE INDEX ({name})" if connection.vendor == "mysql" else ""


def branches(
    select: str, keys: Sequence[str], values: Sequence[Sequence[str]], where: Fragment, tail: str
) -> Fragment:
    """Return a table expression: for each row of `values`, what `select` finds for these keys.

    `select` ends before WHERE; `where` (begun by AND, or empty) and `tail` (order and limit)
    follow the conditions on the keys. Columns that end in `_id` hold ids, other keys texts.
    """
    if connection.vendor != "postgresql":
        arm = f"SELECT * FROM ({select} WHERE {_match(keys)} {where[0]} {tail}) AS one"
        return _union(arm, values, where)
    # One statement for any number of branches, and cheap to plan.
    marks = "(" + ", ".join(["%s"] * len(keys)) + ")"
    names = ", ".join(f"k{place}" for place in range(len(keys)))
    match = " AND ".join(
        f"{key} = branch.k{place}{'::uuid' if key.endswith('_id') else ''}"
        for place, key in enumerate(keys)
    )
    sql = (
        f"(SELECT one.* FROM (VALUES {', '.join([marks] * len(values))}) AS branch ({names}) "
        f"CROSS JOIN LATERAL ({select} WHERE {match} {where[0]} {tail}) AS one)"
    )
    return sql, (*(item for row in values for item in row), *where[1])


def merged_branches(
    select: str, keys: Sequence[str], values: Sequence[Sequence[str]], where: Fragment, tail: str
) -> Fragment:
    """Return what `branches` does, for a query around it that ends with the same tail.

    PostgreSQL merges such branches while it reads them, and stops when the query has enough; what
    the branches' conditions drop is then read once, not once for each branch.
    """
    if connection.vendor != "postgresql" or not where[0] or len(values) > _MERGED_MAX:
        return branches(select, keys, values, where, tail)
    order, _, _ = tail.partition(" LIMIT ")
    return _union(f"({select} WHERE {_match(keys)} {where[0]} {order})", values, where)


def _match(keys: Sequence[str]) -> str:
    return " AND ".join(f"{key} = %s" for key in keys)


def _union(arm: str, values: Sequence[Sequence[str]], where: Fragment) -> Fragment:
    sql = "(" + " UNION ALL ".join([arm] * len(values)) + ")"
    return sql, tuple(item for row in values for item in (*row, *where[1]))


def instant_of(value: Any) -> datetime | None:
    """Return an instant as any database hands it out: aware, naive in UTC, or SQLite's text."""
    if value is None:
        return None
    read = datetime.fromisoformat(value) if isinstance(value, str) else value
    return read if read.tzinfo is not None else read.replace(tzinfo=UTC)
