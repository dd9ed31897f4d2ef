"""Takes typed values out of a blueprint's TOML and collects what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from laidan.blueprints.model import Label

_SPAN = re.compile(r"(\d{1,5})([mhd])\Z")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class Reader:
    """Collects faults while it takes typed values out of TOML tables."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def fault(self, where: str, what: str) -> None:
        """Note what is wrong at a place."""
        self.faults.append(f"{where}: {what}")

    def known(self, table: Mapping[str, Any], names: Iterable[str], where: str) -> None:
        """Note keys that the format does not have."""
        for name in sorted(set(table) - set(names)):
            self.fault(where, f"unknown key {name!r}")

    def text(self, table: Mapping[str, Any], name: str, where: str, default: str = "") -> str:
        """Return a text."""
        value = table.get(name, default)
        if not isinstance(value, str):
            self.fault(where, f"{name} must be a text")
            return default
        return value

    def words(
        self, table: Mapping[str, Any], name: str, where: str, allowed: Iterable[str] | None = None
    ) -> tuple[str, ...]:
        """Return a list of texts, each of the allowed ones."""
        value = table.get(name, [])
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            self.fault(where, f"{name} must be a list of texts")
            return ()
        if allowed is not None:
            allowed = set(allowed)
            for word in value:
                if word not in allowed:
                    self.fault(
                        where, f"{name} has {word!r}; known are {', '.join(sorted(allowed))}"
                    )
        return tuple(value)

    def some_words(
        self, table: Mapping[str, Any], name: str, where: str, allowed: Iterable[str]
    ) -> tuple[str, ...]:
        """Return the words of a key that must name at least one."""
        if table.get(name) in (None, [], ""):
            self.fault(where, f"{name} is missing")
            return ()
        return self.words(table, name, where, allowed)

    def flag(self, table: Mapping[str, Any], name: str, where: str) -> bool:
        """Return a truth value, false where the key is absent."""
        value = table.get(name, False)
        if not isinstance(value, bool):
            self.fault(where, f"{name} must be true or false")
            return False
        return value

    def length(self, table: Mapping[str, Any], name: str, where: str, most: int) -> int:
        """Return a whole number from 1 to `most`, which is also the default."""
        value = table.get(name, most)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            self.fault(where, f"{name} must be a whole number from 1 to {most}")
            return most
        return value

    def one_of(
        self, table: Mapping[str, Any], name: str, where: str, allowed: Iterable[str], default: str
    ) -> str:
        """Return one of the allowed words."""
        value = self.text(table, name, where, default)
        if value not in set(allowed):
            self.fault(where, f"{name} = {value!r}; known are {', '.join(sorted(allowed))}")
        return value

    def label(self, table: Mapping[str, Any], where: str, fallback: str) -> Label:
        """Return a text by language; English is required."""
        value = table.get("label", {"en": fallback})
        if not isinstance(value, dict) or "en" not in value:
            self.fault(where, 'label must be a table with at least "en"')
            return {"en": fallback}
        if not all(isinstance(text, str) for text in value.values()):
            self.fault(where, "label must hold texts")
            return {"en": fallback}
        return dict(value)

    def span(self, table: Mapping[str, Any], name: str, where: str) -> timedelta | None:
        """Return a span of time such as 30m, 24h or 7d."""
        value = table.get(name)
        if value is None:
            return None
        match = _SPAN.match(value) if isinstance(value, str) else None
        if match is None:
            self.fault(where, f'{name} must be a span such as "30m", "24h" or "7d"')
            return None
        return timedelta(**{_UNITS[match[2]]: int(match[1])})

    def tables(self, value: Any, where: str) -> list[dict[str, Any]]:
        """Return a list of tables."""
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            self.fault(where, "must be a list of tables")
            return []
        return value

    def table(self, value: Any, where: str) -> dict[str, Any]:
        """Return a table."""
        if not isinstance(value, dict):
            self.fault(where, "must be a table")
            return {}
        return value
