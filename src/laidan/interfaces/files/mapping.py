"""A map: which column feeds which field. Read from TOML and checked like a program."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping as Map
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from laidan.interfaces.files.cells import OWN_KINDS, TRANSFORMS, Formats, parser
from laidan.interfaces.files.delimited import Declared
from laidan.interfaces.files.faults import BadCellError
from laidan.interfaces.files.schema import SCHEMAS, find_field

ANYTHING_ELSE = "*"
"""The key of a value map that stands for every value it does not name.

As its value too it says that all of those stay as they are.
"""


@dataclass(frozen=True, slots=True)
class Column:
    """Where a field's text comes from: one column, or several joined; then changed, then mapped.

    `kind` is what an order type's own field takes, where that is no text.
    """

    names: tuple[str, ...]
    separator: str = " "
    transform: str = ""
    values: Map[str, str] | None = None
    kind: str = ""
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Mapping:
    """A checked map. `rule` names the Python function that knows the source's peculiarities.

    A partial map gives some of an order's fields; `tables` are the maps of further files that a
    preset joins to the orders.
    """

    name: str
    title: str = ""
    kind: str = "orders"
    rule: str = ""
    declared: Declared = Declared()
    formats: Formats = Formats()
    constants: Map[str, str] = field(default_factory=dict)
    columns: Map[str, Column] = field(default_factory=dict)
    sets: Map[str, tuple[str, ...]] = field(default_factory=dict)
    is_row_per_order: bool = False
    is_partial: bool = False
    tables: Map[str, Mapping] = field(default_factory=dict)

    def with_defaults(self, currency: str, time_zone: str) -> Mapping:
        """Return the map with the shop's currency and zone where it names none itself."""
        constants = dict(self.constants)
        if "currency" in SCHEMAS[self.kind] and currency:
            constants.setdefault("currency", currency)
        zone = self.formats.time_zone or time_zone
        return replace(self, constants=constants, formats=replace(self.formats, time_zone=zone))


class BadMapError(Exception):
    """A map that cannot be used; `problems` names every place at once."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


_TOP = {
    "name": str, "title": str, "kind": str, "rule": str, "identity": bool, "partial": bool,
    "file": dict, "formats": dict, "constants": dict, "columns": dict, "values": dict, "sets": dict,
    "tables": dict,
}  # fmt: skip
_FILE = {"encoding": str, "delimiter": str, "header_row": int, "sheet": str, "rows": str}
_ROWS = ("line", "order")
_FORMATS = {
    "time_zone": str, "instants": list, "decimal_mark": str, "thousands_mark": str,
    "verbatim": bool,
}  # fmt: skip
_COLUMN = {
    "column": str, "join": list, "separator": str, "transform": str, "values": str,
    "kind": str, "optional": bool,
}  # fmt: skip


def load_map(path: Path) -> Mapping:
    """Read a MAP.toml; raises BadMapError that lists everything wrong with it."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadMapError([f"{path}: {error.strerror}"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadMapError([f"{path.name} is not TOML: {error}"]) from None
    return read_map(document, path.stem)


def read_map(document: dict[str, Any], name: str) -> Mapping:
    """Check a map's document and return the map; raises BadMapError."""
    reading = _Reading(document)
    mapping = reading.mapping(name)
    if reading.problems:
        raise BadMapError(reading.problems)
    return mapping


class _Reading:
    """One pass over a map's document that collects problems instead of stopping at the first."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.problems: list[str] = []
        self._document = self._table(document, "", _TOP)
        self._kind = self._document.get("kind", "orders")
        if self._kind not in SCHEMAS:
            self._say("kind", f"{self._kind!r} is none of {', '.join(SCHEMAS)}")
            self._kind = "orders"

    def _say(self, place: str, problem: str) -> None:
        self.problems.append(f"{place}: {problem}" if place else problem)

    def _table(self, table: dict[str, Any], place: str, keys: dict[str, type]) -> dict[str, Any]:
        """Return the entries that are known and of the right type; name the others."""
        good = {}
        for key, value in table.items():
            where = f"{place}.{key}" if place else key
            wanted = keys.get(key)
            if wanted is None:
                self._say(where, f"unknown key{_did_you_mean(key, list(keys))}")
            elif type(value) is not wanted:
                self._say(where, f"should be {_TYPE_NAMES[wanted]}")
            else:
                good[key] = value
        return good

    def mapping(self, name: str) -> Mapping:
        document = self._document
        formats = self._formats()
        columns = self._columns()
        if document.get("identity"):
            own = {known: Column((known,), is_optional=True) for known in SCHEMAS[self._kind]}
            columns = own | columns
        constants = self._constants(formats)
        is_partial = document.get("partial", False)
        if not is_partial:
            self._required(columns, constants)
        return Mapping(
            name=document.get("name", name),
            title=document.get("title", ""),
            kind=self._kind,
            rule=document.get("rule", ""),
            declared=self._declared(),
            formats=formats,
            constants=constants,
            columns=columns,
            sets=self._sets(),
            is_row_per_order=self._is_row_per_order(),
            is_partial=is_partial,
            tables=self._tables(),
        )

    def _declared(self) -> Declared:
        found = self._table(self._document.get("file", {}), "file", _FILE)
        if len(found.get("delimiter", ",")) != 1:
            self._say("file.delimiter", "should be one character")
            return Declared()
        found.pop("rows", None)
        return Declared(**found)

    def _tables(self) -> dict[str, Mapping]:
        """Read the maps of further files; they share the formats of this one."""
        found = {}
        for name, table in self._document.get("tables", {}).items():
            inner = {"formats": self._document.get("formats", {}), "partial": True, **table}
            try:
                found[name] = read_map(inner, name)
            except BadMapError as error:
                self.problems += [f"tables.{name}.{problem}" for problem in error.problems]
        return found

    def _is_row_per_order(self) -> bool:
        rows = self._document.get("file", {}).get("rows", "line")
        if rows not in _ROWS:
            self._say("file.rows", f"{rows!r} is neither line nor order: what is a row?")
        return bool(rows == "order")

    def _formats(self) -> Formats:
        found = self._table(self._document.get("formats", {}), "formats", _FORMATS)
        zone = found.get("time_zone", "")
        try:
            ZoneInfo(zone or "UTC")
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self._say("formats.time_zone", f"there is no time zone {zone!r}")
            found.pop("time_zone")
        instants = found.pop("instants", [])
        for layout in instants:
            if not (isinstance(layout, str) and "%" in layout):
                self._say("formats.instants", f"{layout!r} is not a layout such as %d/%m/%Y %H:%M")
                return Formats(**found)
        for mark in ("decimal_mark", "thousands_mark"):
            if len(found.get(mark, "")) > 1:
                self._say(f"formats.{mark}", "should be one character")
                return Formats()
        return Formats(**found, instants=tuple(instants))

    def _sets(self) -> dict[str, tuple[str, ...]]:
        return {name: tuple(values) for name, values in self._document.get("sets", {}).items()}

    def _field_known(self, name: str, place: str) -> bool:
        if find_field(self._kind, name):
            return True
        hint = _did_you_mean(name, list(SCHEMAS[self._kind]))
        self._say(f"{place}.{name}", f"there is no field of that name{hint}")
        return False

    def _constants(self, formats: Formats) -> dict[str, str]:
        found = {}
        for name, value in self._document.get("constants", {}).items():
            known = find_field(self._kind, name) if self._field_known(name, "constants") else None
            if known is None:
                continue
            text = str(value).lower() if isinstance(value, bool) else str(value)
            try:
                parser(known.kind, formats)(text)
            except BadCellError as error:
                self._say(f"constants.{name}", error.reason)
            found[name] = text
        return found

    def _columns(self) -> dict[str, Column]:
        found = {}
        for name, source in self._document.get("columns", {}).items():
            place = f"columns.{name}"
            if not self._field_known(name, "columns"):
                continue
            if isinstance(source, str):
                found[name] = Column((source.strip(),))
            elif isinstance(source, dict):
                column = self._column(source, place)
                if column:
                    found[name] = column
            else:
                self._say(place, "should be a column's name or a table")
        return found

    def _column(self, source: dict[str, Any], place: str) -> Column | None:
        table = self._table(source, place, _COLUMN)
        names = table.get("join") or [table[key] for key in ("column",) if key in table]
        if not names or not all(isinstance(name, str) for name in names):
            self._say(place, "needs `column`, or `join` with a list of columns")
            return None
        transform = table.get("transform", "")
        if transform and transform not in TRANSFORMS:
            self._say(f"{place}.transform", f"{transform!r} is none of {', '.join(TRANSFORMS)}")
        kind = table.get("kind", "")
        if kind and (
            kind not in OWN_KINDS or place.removeprefix("columns.") in SCHEMAS[self._kind]
        ):
            self._say(f"{place}.kind", f"an own field may be one of {', '.join(OWN_KINDS)}")
            return None
        return Column(
            kind=kind,
            names=tuple(name.strip() for name in names),
            separator=table.get("separator", " "),
            transform=transform,
            values=self._values(table.get("values"), place),
            is_optional=table.get("optional", False),
        )

    def _values(self, name: str | None, place: str) -> dict[str, str] | None:
        if name is None:
            return None
        values = self._document.get("values", {}).get(name)
        if not isinstance(values, dict):
            self._say(f"{place}.values", f"there is no table [values.{name}]")
            return None
        return {str(key): str(value) for key, value in values.items()}

    def _required(self, columns: dict[str, Column], constants: dict[str, str]) -> None:
        for known in SCHEMAS[self._kind].values():
            if known.required and known.name not in columns and known.name not in constants:
                self._say("columns", f"the field {known.name} has neither a column nor a constant")


_TYPE_NAMES = {
    str: "text", dict: "a table", list: "a list", bool: "true or false", int: "a whole number",
}  # fmt: skip


def _did_you_mean(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""
