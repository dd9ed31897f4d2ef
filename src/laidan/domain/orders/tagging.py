"""Tags of orders as words: counted, renamed and taken off in sets, without a trace in the orders."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from laidan.engine import bulk_sql

_MARK = "\x1f"
"""Begins the names that tags have halfway; no tag that people type holds it."""


def count_tags(tags: Collection[str]) -> dict[str, int]:
    """Return how many orders have tags, for those that some order has."""
    where, values = bulk_sql.among("tag", sorted(tags), "text")
    found = bulk_sql.rows(
        f"SELECT tag, COUNT(*) FROM order_tag WHERE {where} GROUP BY tag ORDER BY tag", values
    )
    return {str(tag): int(count) for tag, count in found}


def drop_tags(tags: Collection[str]) -> None:
    """Take tags off every order."""
    where, values = bulk_sql.among("tag", sorted(tags), "text")
    bulk_sql.run(f"DELETE FROM order_tag WHERE {where}", values)


def drop_doubles(names: Mapping[str, str]) -> None:
    """Leave one of those tags of an order that will have one name; `names` holds every one's."""
    renaming, cases = _renaming(names)
    where, values = bulk_sql.among("tag", sorted({*names, *names.values()}), "text")
    bulk_sql.run(
        "DELETE FROM order_tag WHERE id IN (SELECT id FROM (SELECT id, ROW_NUMBER() OVER "
        f"(PARTITION BY order_id, {renaming} ORDER BY id) AS place FROM order_tag WHERE {where}) "
        "AS named WHERE place > 1)",
        [*cases, *values],
    )


def rename_tags(names: Mapping[str, str]) -> None:
    """Rename tags on every order; names that pass from one tag to another take two steps."""
    if names.keys() & set(names.values()):
        halfway = {old: f"{_MARK}{place}" for place, old in enumerate(sorted(names))}
        _rename(halfway)
        names = {halfway[old]: new for old, new in names.items()}
    _rename(names)


def _rename(names: Mapping[str, str]) -> None:
    renaming, cases = _renaming(names)
    where, values = bulk_sql.among("tag", sorted(names), "text")
    bulk_sql.run(f"UPDATE order_tag SET tag = {renaming} WHERE {where}", [*cases, *values])


def _renaming(names: Mapping[str, str]) -> tuple[str, list[str]]:
    cases = [text for pair in sorted(names.items()) for text in pair]
    return f"CASE tag {'WHEN %s THEN %s ' * len(names)}ELSE tag END", cases
