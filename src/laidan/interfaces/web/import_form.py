"""The form of an import: read into a wish and a map's document, and shown again from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from laidan.interfaces.files.cells import TRANSFORMS
from laidan.interfaces.files.importing.looking import Looked
from laidan.interfaces.files.importing.plan import PRESETS, ImportWish
from laidan.interfaces.files.schema import SCHEMAS
from laidan.interfaces.web import import_words

OWN = "own"
"""The source whose columns somebody chooses."""
KEPT = "kept:"
"""Before the name of a map that was kept."""
CONSTANTS = 3
"""Rows for fixed values beside those that are there."""
_TEXT = 4000


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """A column of the file as the form shows it."""

    place: int
    name: str
    samples: tuple[str, ...]
    field: str
    transform: str
    values: str


@dataclass(frozen=True, slots=True)
class ImportForm:
    """What the form shows: what was chosen, column by column."""

    wish: ImportWish
    source: str
    columns: list[ColumnRow]
    constants: list[tuple[str, str]]
    formats: Mapping[str, str]
    fields: list[tuple[str, str, bool]] = field(default_factory=list)

    @property
    def missing(self) -> list[str]:
        """The fields that an import cannot do without and that have no column yet."""
        chosen = {row.field for row in self.columns} | {name for name, _ in self.constants}
        return [label for name, label, required in self.fields if required and name not in chosen]


def shown(wish: ImportWish, looked: Looked) -> ImportForm:
    """Return the form that shows a wish over a file's columns."""
    document = wish.document or {}
    by_column: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for name, source in document.get("columns", {}).items():
        table = {"column": source} if isinstance(source, str) else source
        for column in table.get("join") or [table.get("column", "")]:
            by_column[column] = (name, table)
    values = document.get("values", {})
    columns = []
    for place, name in enumerate(looked.header):
        chosen, table = by_column.get(name, ("", {}))
        mapped = values.get(table.get("values", ""), {})
        listed = "\n".join(f"{key} = {value}" for key, value in mapped.items())
        columns.append(
            ColumnRow(
                place, name, looked.samples[place], chosen, table.get("transform", ""), listed
            )
        )
    constants = [(name, str(value)) for name, value in document.get("constants", {}).items()]
    file, formats = document.get("file", {}), document.get("formats", {})
    told = {name: str(value) for name, value in (file | formats).items() if name != "instants"}
    told["instants"] = "\n".join(formats.get("instants", []))
    source = wish.preset or (f"{KEPT}{wish.map_name}" if wish.map_name else OWN)
    fields = [
        (known.name, import_words.field(known.name), known.required)
        for known in SCHEMAS[wish.kind].values()
    ]
    return ImportForm(wish, source, columns, constants, told, fields)


def read(
    given: QueryDict, kind: Any, looked: Looked, maps: Mapping[str, dict[str, Any]]
) -> ImportWish:
    """Return the wish that a form tells; a source that was changed brings its own columns."""
    source = given.get("source", "")[:200]
    name = source.removeprefix(KEPT) if source.startswith(KEPT) else ""
    preset = source if source in PRESETS and kind == "orders" else ""
    document: dict[str, Any] | None = None
    if not preset:
        document = read_document(given, kind, looked)
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


def read_document(given: QueryDict, kind: str, looked: Looked) -> dict[str, Any]:
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
    _read_columns(given, looked.header, document)
    chosen, values = given.getlist("constant"), given.getlist("constant_value")
    constants = {
        name: value.strip()[:300]
        for name, value in zip(chosen, values, strict=False)
        if name in SCHEMAS[kind] and value.strip()
    }
    if constants:
        document["constants"] = constants
    return document


def _read_columns(given: QueryDict, header: Sequence[str], document: dict[str, Any]) -> None:
    columns: dict[str, dict[str, Any]] = {}
    for place, name in enumerate(header):
        chosen = given.get(f"column-{place}", "")
        if not name or chosen not in SCHEMAS[document["kind"]]:
            continue
        known = columns.setdefault(chosen, {"join": []})
        known["join"].append(name)
        transform = given.get(f"transform-{place}", "")
        if transform in TRANSFORMS:
            known["transform"] = transform
        if mapped := _pairs(given.get(f"values-{place}", "")):
            known["values"] = chosen
            document.setdefault("values", {})[chosen] = mapped
    for known in columns.values():
        if len(known["join"]) == 1:
            (known["column"],) = known.pop("join")
    document["columns"] = columns


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text[:_TEXT].splitlines() if line.strip()]


def _pairs(text: str) -> dict[str, str]:
    found = {}
    for line in _lines(text):
        key, mark, value = line.rpartition("=")
        if mark:
            found[key.strip()] = value.strip()
    return found
