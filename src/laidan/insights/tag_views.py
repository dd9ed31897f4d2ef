"""Tags of orders as people look for them."""

from __future__ import annotations

from typing import NamedTuple

from laidan.engine import reading_sql


class TagCard(NamedTuple):
    """One tag of a list: how many orders have it, and its colour where it has one."""

    name: str
    orders: int
    colour: str


def list_tags(*, after: str, limit: int) -> list[TagCard]:
    """Return tags by name, after a name: those of orders, and those added by hand (one query).

    Both halves stop after a page: counting walks the index of tags no further than that.
    """
    rows = reading_sql.rows(
        "SELECT name, SUM(orders), MAX(colour) FROM ("
        "SELECT * FROM (SELECT tag AS name, COUNT(*) AS orders, '' AS colour FROM order_tag "
        f"WHERE tag > %s GROUP BY tag ORDER BY tag LIMIT {limit}) AS used UNION ALL "
        "SELECT * FROM (SELECT name, 0 AS orders, colour FROM tag_style "
        f"WHERE name > %s ORDER BY name LIMIT {limit}) AS kept) AS tags "
        f"GROUP BY name ORDER BY name LIMIT {limit}",
        [after, after],
    )
    return [TagCard(str(name), int(orders), str(colour)) for name, orders, colour in rows]


def find_tag(name: str) -> TagCard | None:
    """Return a tag, None where no order has it and nobody added it (one query)."""
    rows = reading_sql.rows(
        "SELECT (SELECT COUNT(*) FROM order_tag WHERE tag = %s), "
        "(SELECT colour FROM tag_style WHERE name = %s)",
        [name, name],
    )
    orders, colour = rows[0]
    return TagCard(name, int(orders), str(colour or "")) if orders or colour else None
