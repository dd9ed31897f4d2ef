"""SKUs, kept in process while their epoch stands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from laidan.domain.catalog.core import Component, Sku
from laidan.engine import bulk_sql, epochs

EPOCH = "catalog"


def _load(codes: Iterable[str]) -> dict[str, Sku]:
    where, values = bulk_sql.among("code", codes, "text")
    found = bulk_sql.rows(
        "SELECT id, code, name, kind, decimals, price_micro, currency, backorder, safety, is_active "
        f"FROM sku WHERE {where}",
        values,
    )
    bundles = [row[0] for row in found if row[3] == "bundle"]
    components = _load_components(bundles) if bundles else {}
    prices = _load_prices([row[0] for row in found]) if found else {}
    loaded = {}
    for row in found:
        id_, code, name, kind, decimals, price_micro, currency, backorder, safety, is_active = row
        loaded[code] = Sku(
            id=id_,
            code=code,
            name=name,
            kind=kind,
            decimals=decimals,
            price_micro=price_micro,
            currency=currency,
            backorder=bool(backorder),
            safety=safety,
            is_active=bool(is_active),
            components=tuple(components.get(id_, ())),
            prices={list_id: tuple(steps) for list_id, steps in prices.get(id_, {}).items()},
        )
    return loaded


def _load_components(bundle_ids: list[str]) -> dict[str, list[Component]]:
    where, values = bulk_sql.among("c.bundle_id", bundle_ids)
    loaded: dict[str, list[Component]] = {}
    for bundle_id, *rest in bulk_sql.rows(
        "SELECT c.bundle_id, c.sku_id, s.code, c.quantity, s.backorder, s.decimals, s.safety "
        f"FROM bundle_component c JOIN sku s ON s.id = c.sku_id WHERE {where} ORDER BY s.code",
        values,
    ):
        loaded.setdefault(bundle_id, []).append(Component(*rest))
    return loaded


def _load_prices(sku_ids: list[str]) -> dict[str, dict[str, list[tuple[int, int]]]]:
    where, values = bulk_sql.among("p.sku_id", sku_ids)
    loaded: dict[str, dict[str, list[tuple[int, int]]]] = {}
    row: tuple[Any, ...]
    for row in bulk_sql.rows(
        "SELECT p.sku_id, p.price_list_id, p.quantity_min, p.price_micro FROM price p "
        "JOIN price_list l ON l.id = p.price_list_id "
        f"WHERE {where} AND l.in_force ORDER BY p.quantity_min",
        values,
    ):
        loaded.setdefault(row[0], {}).setdefault(row[1], []).append((row[2], row[3]))
    return loaded


_skus: epochs.Cached[str, Sku] = epochs.Cached(EPOCH, _load)


def load_skus(codes: Iterable[str], at: epochs.Epochs) -> dict[str, Sku]:
    """Return SKUs by code, those that exist."""
    return _skus.get(codes, at)


def peek_skus(codes: Iterable[str]) -> tuple[int | None, dict[str, Sku]]:
    """Return an epoch and the SKUs as this process knew them then; no query, a guess."""
    return _skus.peek(codes)
