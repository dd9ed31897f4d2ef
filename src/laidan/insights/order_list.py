"""The list of orders: filters, sorts and keyset pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from laidan.domain.orders.groups import list_groups
from laidan.domain.orders.queries import find_ids
from laidan.domain.orders.selecting import Condition, Group, GroupFigures, Position, Selection
from laidan.engine import epochs, reading_sql
from laidan.insights import order_conditions
from laidan.insights.order_conditions import OrderFilter
from laidan.insights.sight import Seen
from laidan.insights.vocabulary import load_vocabulary

LIMIT_MAX = 200


@dataclass(frozen=True, slots=True)
class Page:
    """Ids of one page in order; whether others lie beyond its end."""

    ids: list[str]
    has_more: bool


def find_page(  # noqa: PLR0913 - a page has so many properties
    wanted: OrderFilter,
    *,
    sort: str,
    limit: int,
    position: Position | None,
    now: datetime,
    figures: list[GroupFigures] | None = None,
) -> Page:
    """Return a page of the orders that a filter leaves; `sort` is a name, with - descending.

    `figures` are those of all groups, where the caller has read them already.
    """
    scope = scope_of(wanted, now=now, figures=figures)
    if scope is None:
        return Page([], has_more=False)
    found = find_ids(_selection(scope, sort, position), limit + 1)
    more = len(found) > limit
    if position is not None and position.backwards:
        return Page(found[1:] if more else found, more)
    return Page(found[:limit], more)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which orders a filter leaves: those of some groups that meet some conditions.

    `within` says as a condition which groups these are, where the filter chose them.
    """

    groups: tuple[Group, ...]
    conditions: tuple[Condition, ...]
    within: Condition | None
    group_total: int
    total: int


def scope_of(
    wanted: OrderFilter, *, now: datetime, figures: list[GroupFigures] | None = None
) -> Scope | None:
    """Return what a filter leaves; None where it names something that does not exist."""
    figures = list_groups() if figures is None else figures
    shops = _shop_ids(wanted.shop)
    if wanted.shop and not shops:
        return None
    currencies = sorted({one.currency for one in figures})
    conditions = order_conditions.conditions(wanted, currencies, now=now)
    if order_conditions.NOTHING in conditions:
        return None
    seen = Seen(wanted.sight)
    is_grouped = bool(wanted.type or shops or wanted.state or wanted.category) or not seen.is_whole
    chosen = seen.figures(_grouped(wanted, shops, figures) if is_grouped else figures)
    within_sight = seen.condition()
    if within_sight is not None and len(seen.counted(chosen)) < len(chosen):
        conditions.append(within_sight)
    if wanted.category and not _are_all_of(chosen, wanted.category):
        # Versions of a blueprint disagree on a state's category; the order knows.
        conditions.append(_direct("o.category", wanted.category))
    return Scope(
        groups=tuple(dict.fromkeys(one.group for one in chosen)),
        conditions=tuple(conditions),
        within=_within(wanted, shops, within_sight) if is_grouped else None,
        group_total=sum(one.count for one in chosen),
        total=sum(one.count for one in figures),
    )


def _selection(scope: Scope, sort: str, position: Position | None) -> Selection:
    return Selection(
        sort=sort.removeprefix("-"),
        descending=sort.startswith("-"),
        groups=scope.groups,
        conditions=scope.conditions,
        within=scope.within,
        group_total=scope.group_total,
        total=scope.total,
        position=position,
    )


def _shop_ids(codes: Sequence[str]) -> list[str]:
    if not codes:
        return []
    where, values = reading_sql.one_of("code", codes)
    return reading_sql.ids(f"SELECT id FROM shop WHERE {where}", values)


def _grouped(
    wanted: OrderFilter, shops: Sequence[str], figures: list[GroupFigures]
) -> list[GroupFigures]:
    words = load_vocabulary(epochs.read()) if wanted.category else None
    return [
        one
        for one in figures
        if (not shops or one.group.shop_id in shops)
        and (not wanted.type or one.group.type in wanted.type)
        and (not wanted.state or one.group.state in wanted.state)
        and (words is None or words.may_be(one.group.type, one.group.state, wanted.category))
    ]


def _are_all_of(figures: list[GroupFigures], categories: Sequence[str]) -> bool:
    """Say whether every order of some groups is of one of the categories."""
    words = load_vocabulary(epochs.read())
    known = [words.categories.get((one.group.type, one.group.state)) for one in figures]
    return all(of_state is not None and of_state <= set(categories) for of_state in known)


def _within(wanted: OrderFilter, shops: Sequence[str], sight: Condition | None) -> Condition:
    parts = [sight.sql] if sight is not None else []
    params = [*sight.params] if sight is not None else []
    for column, values in (
        ("o.shop_id", shops), ("o.type", wanted.type), ("o.state", wanted.state),
        ("o.category", wanted.category),
    ):  # fmt: skip
        if values:
            sql, listed = reading_sql.one_of(column, values)
            parts.append(sql)
            params += listed
    return Condition(" AND ".join(parts), tuple(params), indexed=False)


def _direct(column: str, values: Sequence[str]) -> Condition:
    sql, params = reading_sql.one_of(column, values)
    return Condition(sql, params, indexed=False)
