"""Columns of values: their kinds, and PostgreSQL's binary form of an array of them."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from itertools import chain, repeat
from typing import Any, Literal

from django.db import models

from laidan.engine.fields import IdField

Kind = Literal["id", "text", "int", "bool", "instant"]

PG_TYPES: dict[Kind, str] = {
    "id": "uuid", "text": "text", "int": "bigint", "bool": "boolean", "instant": "timestamptz",
}  # fmt: skip


@cache
def kinds_of(model: type[models.Model], names: tuple[str, ...]) -> tuple[Kind, ...]:
    """Return the kinds of a table's columns."""
    by_column = {field.column: field for field in model._meta.concrete_fields}
    return tuple(_kind(by_column[name]) for name in names)


def _kind(field: models.Field[Any, Any]) -> Kind:
    target: Any = field
    while isinstance(target, models.ForeignKey):
        target = target.target_field
    if isinstance(target, IdField):
        return "id"
    if isinstance(target, models.BooleanField):
        return "bool"
    if isinstance(target, models.DateTimeField):
        return "instant"
    return "int" if isinstance(target, models.IntegerField) else "text"


def pg_array(column: Sequence[Any], kind: Kind) -> bytes:
    """Return PostgreSQL's binary form of an array.

    Text would have to be escaped here and read there, character by character; most elements are
    made by one call for the whole column.
    """
    elements, has_null = _ELEMENTS[kind](column)
    return b"".join((_HEADS[kind, has_null], _LENGTH.pack(len(column)), _FROM_ONE, elements))


_LENGTH = struct.Struct(">i")
_FROM_ONE = _LENGTH.pack(1)
_OIDS: dict[Kind, int] = {"id": 2950, "text": 25, "int": 20, "bool": 16, "instant": 1184}
_HEADS = {
    (kind, has_null): struct.pack(">iii", 1, has_null, oid)
    for kind, oid in _OIDS.items()
    for has_null in (False, True)
}
_NULL = _LENGTH.pack(-1)


class _Lengths(dict[int, bytes]):
    """Lengths as the wire carries them; there are few different ones."""

    def __missing__(self, length: int) -> bytes:
        packed = _LENGTH.pack(length)
        if len(self) < 65_536:
            self[length] = packed
        return packed


_LENGTHS = _Lengths()
_length = _LENGTHS.__getitem__
_PG_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
Elements = tuple[bytes, bool]


def _ids(column: Sequence[str | None]) -> Elements:
    try:
        text = "00000010" + "00000010".join(column)  # type: ignore[arg-type]  # None: see below
    except TypeError:
        text = "".join(["ffffffff" if id_ is None else f"00000010{id_}" for id_ in column])
        return bytes.fromhex(text.replace("-", "")), True
    return (bytes.fromhex(text.replace("-", "")) if column else b""), False


def _ints(column: Sequence[int | None]) -> Elements:
    try:
        return _pairs(len(column)).pack(
            *chain.from_iterable(zip(repeat(8), column, strict=False))
        ), False
    except struct.error:
        if None not in column:
            raise
    one = struct.Struct(">iq")
    return b"".join([_NULL if value is None else one.pack(8, value) for value in column]), True


@lru_cache(maxsize=2048)
def _pairs(count: int) -> struct.Struct:
    """Return the layout of so many integers, each behind its length."""
    return struct.Struct(">" + "iq" * count)


def _instants(column: Sequence[datetime | None]) -> Elements:
    seen: dict[datetime | None, int | None] = {None: None}
    micros = []
    for value in column:
        if value not in seen and value is not None:
            seen[value] = (value - _PG_EPOCH) // _MICROSECOND
        micros.append(seen[value])
    return _ints(micros)


def _bools(column: Sequence[bool | None]) -> Elements:
    parts = [
        _NULL if value is None else b"\0\0\0\1\1" if value else b"\0\0\0\1\0" for value in column
    ]
    return b"".join(parts), None in column


def _texts(column: Sequence[str | None]) -> Elements:
    try:
        texts = list(map(str.encode, column))  # type: ignore[arg-type]  # None: see below
    except TypeError:
        parts: list[bytes] = []
        for value in column:
            text = b"" if value is None else value.encode()
            parts += (_NULL if value is None else _LENGTHS[len(text)], text)
        return b"".join(parts), True
    pairs = zip(map(_length, map(len, texts)), texts, strict=True)
    return b"".join(chain.from_iterable(pairs)), False


_ELEMENTS: dict[Kind, Callable[[Sequence[Any]], Elements]] = {
    "id": _ids, "text": _texts, "int": _ints, "bool": _bools, "instant": _instants,
}  # fmt: skip


_VARIANTS_MAX = 4
_variants: dict[str, list[frozenset[int]]] = {}


def pg_source(
    table: str, kinds: Sequence[Kind], values: Sequence[tuple[Any, ...]]
) -> tuple[str, list[Any]]:
    """Return the SELECT that yields rows to insert, and its parameters.

    Columns in which all rows agree travel as one value instead of an array; half of an order's
    do. A table has few such forms, so that each stays prepared.
    """
    columns = list(zip(*values, strict=True))
    count = len(values)
    if count == 1:
        texts = [_pg_value(column[0], kind) for column, kind in zip(columns, kinds, strict=True)]
        return "SELECT " + ", ".join(f"%s::{PG_TYPES[kind]}" for kind in kinds), texts
    fixed = _form(table, columns, count)
    shown: list[str] = []
    arrays: list[str] = []
    singles: list[Any] = []
    lists: list[bytes] = []
    for place, (column, kind) in enumerate(zip(columns, kinds, strict=True)):
        if place in fixed:
            shown.append(f"%s::{PG_TYPES[kind]}")
            singles.append(_pg_value(column[0], kind))
        else:
            shown.append(f"c{len(lists)}")
            arrays.append(f"%s::{PG_TYPES[kind]}[]")
            lists.append(pg_array(column, kind))
    names = ", ".join(f"c{place}" for place in range(len(lists)))
    return (
        f"SELECT {', '.join(shown)} FROM unnest({', '.join(arrays)}) AS t({names})",
        [*singles, *lists],
    )


def _form(table: str, columns: Sequence[Sequence[Any]], count: int) -> frozenset[int]:
    """Return which columns travel as one value: the largest known form that these rows fit."""
    agreeing = frozenset(
        [
            place
            for place, column in enumerate(columns)
            if column[-1] == column[0] and column.count(column[0]) == count
        ]
    )
    if len(agreeing) == len(columns):
        agreeing -= {0}
    known = _variants.setdefault(table, [frozenset()])
    if agreeing not in known and len(known) < _VARIANTS_MAX:
        known.append(agreeing)
    return max((form for form in known if form <= agreeing), key=len)


def _pg_value(value: Any, kind: Kind) -> Any:
    """Return one value as text, whose type the statement names."""
    if value is None or kind in {"text", "id"}:
        return value
    if kind == "bool":
        return "t" if value else "f"
    return value.isoformat() if kind == "instant" else str(value)
