"""The form of an import: read into a wish and a map's document, and shown again from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from laidan.interfaces.files.cells import TRANSFORMS
from laidan.interfaces.files.importing.aliases import OwnField
from laidan.interfaces.files.importing.distinct import Found
from laidan.interfaces.files.importing.looking import Looked
from laidan.interfaces.files.importing.plan import ImportWish
from laidan.interfaces.files.mapping import Column
from laidan.interfaces.files.presets import NAMES
from laidan.interfaces.files.schema import SCHEMAS, find_field
from laidan.interfaces.web import import_values, import_words
from laidan.interfaces.web.import_values import Listed, Values

OWN = "own"
"""The source whose columns somebody chooses."""
KEPT = "kept:"
"""Before the name of a map that was kept."""
CONSTANTS = 3
"""Rows for fixed values beside those that are there."""
_TEXT = 4000
_NAME = 120


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """A column of the file as the form shows it."""

    place: int
    name: str
    samples: tuple[str, ...]
    field: str
    transform: str
    values: Values | None
    """Its values beside ours, where the field takes one of few."""


@dataclass(frozen=True, slots=True)
class ImportForm:
    """What the form shows: what was chosen, column by column."""

    wish: ImportWish
    source: str
    columns: list[ColumnRow]
    constants: list[tuple[str, str]]
    formats: Mapping[str, str]
    fields: list[tuple[str, str, bool]] = field(default_factory=list)
    ours: Mapping[str, Listed] = field(default_factory=dict)
    """What the fields may become that have a list of values."""

    @property
    def missing(self) -> list[str]:
        """The fields that an import cannot do without and that have no column yet."""
        chosen = {row.field for row in self.columns} | {name for name, _ in self.constants}
        return [label for name, label, required in self.fields if required and name not in chosen]


def few_columns(wish: ImportWish, own: Mapping[str, OwnField]) -> dict[str, Column]:
    """Return the columns of those fields that take one of few values or have a list of them."""
    return {
        name: Column(tuple(_names(table)), transform=table.get("transform", ""))
        for name, table in _tables(wish).items()
        if import_values.has_few(wish.kind, name, own) or "values" in table
    }


def shown(
    wish: ImportWish, looked: Looked, found: Mapping[str, Found], own: Mapping[str, OwnField]
) -> ImportForm:
    """Return the form that shows a wish over a file's columns, and what stands in those."""
    document = wish.document or {}
    tables = _tables(wish)
    by_column = {name: field_ for field_, table in tables.items() for name in _names(table)}
    lists = document.get("values", {})
    few = few_columns(wish, own)
    columns = []
    for place, name in enumerate(looked.header):
        chosen = by_column.get(name, "")
        table = tables.get(chosen, {})
        values = None
        if chosen in few and name == _names(table)[0]:
            mapped = lists.get(table.get("values", ""))
            values = import_values.shown(mapped, found.get(chosen, Found()))
        transform = table.get("transform", "")
        columns.append(ColumnRow(place, name, looked.samples[place], chosen, transform, values))
    constants = [(name, str(value)) for name, value in document.get("constants", {}).items()]
    file, formats = document.get("file", {}), document.get("formats", {})
    told = {name: str(value) for name, value in (file | formats).items() if name != "instants"}
    told["instants"] = "\n".join(formats.get("instants", []))
    source = wish.preset or (f"{KEPT}{wish.map_name}" if wish.map_name else OWN)
    fields = _fields(wish.kind, own, [*tables, *document.get("constants", {})])
    ours = import_values.ours(wish.kind, [row.field for row in columns if row.values], own)
    return ImportForm(wish, source, columns, constants, told, fields, ours)


def _tables(wish: ImportWish) -> dict[str, dict[str, Any]]:
    columns = (wish.document or {}).get("columns", {})
    return {
        name: {"column": source} if isinstance(source, str) else source
        for name, source in columns.items()
    }


def _names(table: Mapping[str, Any]) -> list[str]:
    return table.get("join") or [table.get("column", "")]


def _fields(
    kind: str, own: Mapping[str, OwnField], chosen: Sequence[str]
) -> list[tuple[str, str, bool]]:
    """Return what can be chosen; a field that no order type has any more stays where it was."""
    listed = [
        (known.name, import_words.field(known.name), known.required)
        for known in SCHEMAS[kind].values()
    ]
    listed += [(name, import_words.own_field(name, one), False) for name, one in own.items()]
    names = {name for name, _, _ in listed}
    return listed + [(name, name, False) for name in chosen if name not in names]


def read(
    given: QueryDict,
    kind: Any,
    looked: Looked,
    maps: Mapping[str, dict[str, Any]],
    *,
    own: Mapping[str, OwnField],
) -> ImportWish:
    """Return the wish that a form tells; a source that was changed brings its own columns."""
    source = given.get("source", "")[:200]
    name = source.removeprefix(KEPT) if source.startswith(KEPT) else ""
    preset = source if source in NAMES and kind == "orders" else ""
    document: dict[str, Any] | None = None
    if not preset:
        document = read_document(given, kind, looked, own)
        if name in maps and given.get("shown") != source:
            document = maps[name]
    return ImportWish(
        kind=kind,
        preset=preset,
        document=document,
        map_name=name if name in maps else "",
        shop=given.get("shop", "")[:40],
        history=given.get("history") == "1",
        create_missing=given.get("create_missing") == "1",
        location=given.get("location", "main")[:40] or "main",
    )


def read_document(
    given: QueryDict, kind: str, looked: Looked, own: Mapping[str, OwnField]
) -> dict[str, Any]:
    """Return the map's document that a form tells, as a MAP.toml would have it."""
    document: dict[str, Any] = {"kind": kind}
    parts: dict[str, tuple[str, ...]] = {
        "file": ("encoding", "delimiter", "rows"),
        "formats": ("time_zone", "decimal_mark", "thousands_mark"),
    }
    for part, names in parts.items():
        told = {name: text for name in names if (text := given.get(name, "")[:60])}
        if told:
            document[part] = told
    if instants := _lines(given.get("instants", "")):
        document.setdefault("formats", {})["instants"] = instants
    _read_columns(given, looked.header, document, own)
    chosen, values = given.getlist("constant"), given.getlist("constant_value")
    constants = {
        name: value.strip()[:300]
        for name, value in zip(chosen, values, strict=False)
        if find_field(kind, name[:_NAME]) is not None and value.strip()
    }
    if constants:
        document["constants"] = constants
    return document


def _read_columns(
    given: QueryDict, header: Sequence[str], document: dict[str, Any], own: Mapping[str, OwnField]
) -> None:
    columns: dict[str, dict[str, Any]] = {}
    for place, name in enumerate(header):
        chosen = given.get(f"column-{place}", "")[:_NAME]
        if not name or find_field(document["kind"], chosen) is None:
            continue
        known = columns.setdefault(chosen, {"join": []})
        known["join"].append(name)
        if chosen in own and own[chosen].kind:
            known["kind"] = own[chosen].kind
        transform = given.get(f"transform-{place}", "")
        if transform in TRANSFORMS:
            known["transform"] = transform
        # What was said of the field that the column had before does not hold for another.
        if given.get(f"was-{place}") == chosen and (mapped := import_values.read(given, place)):
            known["values"] = chosen
            document.setdefault("values", {})[chosen] = mapped
    for known in columns.values():
        if len(known["join"]) == 1:
            (known["column"],) = known.pop("join")
    document["columns"] = columns


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text[:_TEXT].splitlines() if line.strip()]
