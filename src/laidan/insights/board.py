"""The board: how many orders are in each state, what they come to, how long the oldest waits.

Nothing here reads more orders than it shows: counts come from the counters, ages from one index
entry for each group of orders, late and held orders from indexes that hold only such orders.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from laidan.domain.orders.core import CATEGORIES
from laidan.domain.orders.groups import list_groups
from laidan.domain.orders.models import WAITING
from laidan.domain.orders.selecting import Condition, Group, GroupFigures
from laidan.engine import epochs, reading_sql
from laidan.engine.bulk_sql import instant
from laidan.insights.order_conditions import LATE_CATEGORIES
from laidan.insights.sight import Seen
from laidan.insights.vocabulary import Vocabulary, load_vocabulary
from laidan.kernel.actor import EVERYTHING_SEEN, Sight

MARKED_MAX = 10_000
"""Late or held orders are counted up to here; beyond it the board says so many."""
_WAITING = ", ".join(f"'{category}'" for category in WAITING)


@dataclass(frozen=True, slots=True)
class Sum:
    """Orders of one currency."""

    currency: str
    count: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Column:
    """One state of the board; `oldest_at` is None where nothing waits."""

    state: str
    category: str
    types: tuple[str, ...]
    label: dict[str, str]
    icon: str
    count: int
    sums: tuple[Sum, ...]
    oldest_at: datetime | None
    late: int
    held: int


def get_board(
    *,
    now: datetime,
    types: Sequence[str] = (),
    shops: Sequence[str] = (),
    sight: Sight = EVERYTHING_SEEN,
) -> list[Column]:
    """Return the board's columns in the order of the life cycle, for some types and shops or all.

    A state that several types have under one category is one column. Columns of states that lie
    outside the asker's sight are left out, and nothing outside is counted.
    """
    words = load_vocabulary(epochs.read())
    shop_ids, seen = _shop_ids(shops), Seen(sight)
    figures = [
        one
        for one in seen.counted(list_groups())
        if (not types or one.group.type in types) and (not shops or one.group.shop_id in shop_ids)
    ]
    groups = [one.group for one in figures if one.count > 0]
    # Asking those that wait for nothing would read them all where an index holds them, too.
    oldest = _oldest([one for one in groups if words.may_be(one.type, one.state, WAITING)])
    within = seen.condition()
    late = _marked(_late_sql(), (instant(now),), (types, shop_ids), within)
    held = _marked(_HELD_SQL, (), (types, shop_ids), within)
    keys = _keys(words, types or sorted({one.group.type for one in figures}), groups)
    keys = {key: listed for key, listed in keys.items() if _is_shown(key, sight)}
    marks = (oldest, late, held)
    return [_column(key, listed, words, figures, marks) for key, listed in keys.items()]


Marks = tuple[dict[Group, datetime], dict[tuple[str, str], int], dict[tuple[str, str], int]]
"""Since when the oldest of each group waits; late and held orders by type and state."""


def _column(
    key: tuple[str, str],
    of_types: tuple[str, ...],
    words: Vocabulary,
    figures: Sequence[GroupFigures],
    marks: Marks,
) -> Column:
    (state, category), (oldest, late, held) = key, marks
    mine = [one for one in figures if one.group.state == state and one.group.type in of_types]
    blueprint = words.newest.get(of_types[0])
    known = blueprint.states.get(state) if blueprint else None
    places = {one.group for one in mine}
    return Column(
        state=state,
        category=category,
        types=of_types,
        label=known.label if known else {"en": state},
        icon=known.icon if known else "",
        count=sum(one.count for one in mine),
        sums=_sums(mine),
        oldest_at=min((oldest[one] for one in places if one in oldest), default=None),
        late=sum(late.get((type_, state), 0) for type_ in of_types),
        held=sum(held.get((type_, state), 0) for type_ in of_types),
    )


def _shop_ids(codes: Sequence[str]) -> list[str]:
    if not codes:
        return []
    where, values = reading_sql.one_of("code", codes)
    return reading_sql.ids(f"SELECT id FROM shop WHERE {where}", values)


def _keys(
    words: Vocabulary, types: Iterable[str], groups: Iterable[Group]
) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the columns and their types, in the order of the life cycle."""
    pairs = {
        (type_, state)
        for type_ in types
        if type_ in words.newest
        for state in words.newest[type_].states
    } | {(one.type, one.state) for one in groups}
    order = {state: place for place, state in enumerate(words.state_order())}
    keys: dict[tuple[str, str], list[str]] = {}
    for type_, state in sorted(pairs):
        keys.setdefault((state, words.category(type_, state)), []).append(type_)
    in_order = sorted(
        keys, key=lambda key: (CATEGORIES.index(key[1]), order.get(key[0], len(order)), key[0])
    )
    return {key: tuple(keys[key]) for key in in_order}


def _sums(figures: Iterable[GroupFigures]) -> tuple[Sum, ...]:
    totals: dict[str, list[int]] = {}
    for one in figures:
        total = totals.setdefault(one.currency, [0, 0])
        total[0] += one.count
        total[1] += one.amount_minor
    return tuple(
        Sum(currency, count, amount)
        for currency, (count, amount) in sorted(totals.items())
        if count or amount
    )


def _oldest(groups: Sequence[Group]) -> dict[Group, datetime]:
    """Return since when the oldest order of each group waits (one index entry for each)."""
    distinct = sorted(set(groups))
    if not distinct:
        return {}
    table, params = reading_sql.branches(
        "SELECT o.shop_id, o.type, o.state, o.state_since_at FROM sales_order o"
        + reading_sql.by_index("order_waiting"),
        ("o.shop_id", "o.type", "o.state"),
        distinct,
        # Written out, since a conditional index answers only its own condition's text.
        (f"AND o.category IN ({_WAITING})", ()),
        "ORDER BY o.state_since_at LIMIT 1",
    )
    found = reading_sql.rows(
        f"SELECT o.shop_id, o.type, o.state, o.state_since_at FROM {table} AS o", params
    )
    return {
        Group(str(row[0]), row[1], row[2]): at
        for row in found
        if (at := reading_sql.instant_of(row[3])) is not None
    }


_LATE = ", ".join(f"'{category}'" for category in LATE_CATEGORIES)
_HELD_SQL = (
    "SELECT o.shop_id, o.type, o.state FROM "
    "(SELECT DISTINCT h.order_id FROM hold h WHERE h.released_at IS NULL) c "
    "JOIN sales_order o ON o.id = c.order_id WHERE 1 = 1"
)


def _late_sql() -> str:
    use = reading_sql.by_index("order_late")
    return (
        f"SELECT o.shop_id, o.type, o.state FROM sales_order o{use} "
        f"WHERE o.late_at < %s AND o.category IN ({_LATE})"
    )


def _is_shown(key: tuple[str, str], sight: Sight) -> bool:
    """Say whether a column is one of those that the asker sees."""
    state, category = key
    return any(
        (one.states is None or state in one.states)
        and (one.categories is None or category in one.categories)
        for one in sight
    )


def _marked(
    sql: str,
    params: tuple[object, ...],
    wanted: tuple[Sequence[str], Sequence[str]],
    within: Condition | None,
) -> dict[tuple[str, str], int]:
    """Count marked orders of some types and shops by type and state."""
    if within is not None:
        sql, params = f"{sql} AND {within.sql}", (*params, *within.params)
    for column, values in zip(("o.type", "o.shop_id"), wanted, strict=True):
        if values:
            where, listed = reading_sql.one_of(column, values)
            sql, params = f"{sql} AND {where}", (*params, *listed)
    found = reading_sql.rows(
        f"SELECT m.type, m.state, COUNT(*) FROM ({sql} LIMIT {MARKED_MAX}) m "
        "GROUP BY m.type, m.state",
        params,
    )
    return {(type_, state): int(count) for type_, state, count in found}
