"""Entries and tag styles in sets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from laidan.domain.dictionary.core import EntryRow
from laidan.domain.dictionary.models import Entry, TagStyle
from laidan.engine import bulk_sql


def load_entries(kinds: Iterable[str]) -> dict[tuple[str, str], EntryRow]:
    """Return every entry of lists by (kind, code), locked in key order."""
    where, values = bulk_sql.among("kind", set(kinds), "text")
    found = bulk_sql.rows(
        f"SELECT {', '.join(EntryRow._fields)} FROM dictionary_entry WHERE {where} "
        f"ORDER BY id{bulk_sql.locking()}",
        values,
    )
    rows = [EntryRow(*row)._replace(is_active=bool(row[6])) for row in found]
    return {(row.kind, row.code): row for row in rows}


def write_entries(
    added: Sequence[EntryRow], changed: Sequence[EntryRow], removed: Collection[str]
) -> None:
    """Insert entries, change others, and delete those of some ids."""
    if removed:
        where, values = bulk_sql.among("id", removed)
        bulk_sql.run(f"DELETE FROM dictionary_entry WHERE {where}", values)
    bulk_sql.insert_rows(Entry, EntryRow._fields, added)
    bulk_sql.update_rows(
        Entry,
        ("id",),
        ("label_zh", "label_en", "place", "is_active"),
        [(row.id, row.label_zh, row.label_en, row.place, row.is_active) for row in changed],
    )


def load_tag_styles(names: Iterable[str]) -> dict[str, str]:
    """Return the colours of those tags that have one, locked in key order."""
    where, values = bulk_sql.among("name", sorted(set(names)), "text")
    found = bulk_sql.rows(
        f"SELECT name, colour FROM tag_style WHERE {where} ORDER BY name{bulk_sql.locking()}",
        values,
    )
    return {str(name): str(colour) for name, colour in found}


def write_tag_styles(colours: Mapping[str, str], forgotten: Collection[str]) -> None:
    """Set the colours of tags, and forget those of others."""
    where, values = bulk_sql.among("name", sorted({*colours, *forgotten}), "text")
    bulk_sql.run(f"DELETE FROM tag_style WHERE {where}", values)
    bulk_sql.insert_rows(TagStyle, ("name", "colour"), sorted(colours.items()))
