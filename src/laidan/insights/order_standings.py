"""What decides about the acts of many orders at once, for lists and boards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from laidan.blueprints.library import load_blueprints
from laidan.blueprints.model import Blueprint
from laidan.domain.channels import store as channels
from laidan.domain.orders import store as orders
from laidan.domain.orders.core import Standing
from laidan.domain.orders.rows import OrderRow
from laidan.domain.orders.standing import standing_of
from laidan.domain.payments import store as payments
from laidan.domain.payments.refunds import OWED
from laidan.engine import epochs


def load_standings(rows: Sequence[OrderRow], *, now: datetime) -> dict[str, Standing]:
    """Return the standings of orders by id: at most two queries for any number of them."""
    if not rows:
        return {}
    shops = channels.load_shops({row.shop_id for row in rows}, epochs.read())
    held = [row.id for row in rows if row.open_holds]
    paid = [row.id for row in rows if row.captured_minor]
    holds = orders.load_holds(held) if held else {}
    refunds = payments.load_refunds(paid) if paid else {}
    return {
        row.id: standing_of(
            row,
            holds.get(row.id, ()),
            refund_open=any(one.state in OWED for one in refunds.get(row.id, ())),
            review_from=shops[row.shop_id].review_from_minor,
            now=now,
        )
        for row in rows
    }


def load_kept_blueprints(rows: Sequence[OrderRow]) -> Mapping[tuple[str, int], Blueprint]:
    """Return the blueprints that orders keep, by code and version."""
    keys = {(row.type, row.type_version) for row in rows}
    return load_blueprints(keys, epochs.read()) if keys else {}
