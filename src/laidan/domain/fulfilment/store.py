"""Shipments and what is in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from laidan.domain.fulfilment import models
from laidan.domain.fulfilment.core import Part, Shipment
from laidan.engine import bulk_sql, instants

Shipped = list[tuple[Shipment, list[Part]]]


def load_shipments(order_ids: Iterable[str]) -> dict[str, Shipped]:
    """Return shipments with their parts by order, oldest first (two queries)."""
    where, values = bulk_sql.among("order_id", order_ids)
    found = [
        Shipment(*instants.aware(row))
        for row in bulk_sql.rows(
            f"SELECT {', '.join(Shipment._fields)} FROM shipment WHERE {where} ORDER BY id", values
        )
    ]
    if not found:
        return {}
    inside, parameters = bulk_sql.among("shipment_id", [one.id for one in found])
    parts: dict[str, list[Part]] = {}
    for row in bulk_sql.rows(
        f"SELECT {', '.join(Part._fields)} FROM shipment_line WHERE {inside} ORDER BY id",
        parameters,
    ):
        parts.setdefault(row[1], []).append(Part(*row))
    loaded: dict[str, Shipped] = {}
    for shipment in found:
        loaded.setdefault(shipment.order_id, []).append((shipment, parts.get(shipment.id, [])))
    return loaded


def write_shipments(shipments: Sequence[Shipment], parts: Sequence[Part]) -> None:
    """Insert shipments and what is in them."""
    bulk_sql.insert_rows(models.Shipment, Shipment._fields, shipments)
    bulk_sql.insert_rows(models.ShipmentLine, Part._fields, parts)


def write_deliveries(shipments: Sequence[Shipment]) -> None:
    """Set when shipments were delivered."""
    bulk_sql.update_rows(
        models.Shipment,
        ("id",),
        ("delivered_at",),
        [(one.id, one.delivered_at) for one in shipments],
    )
