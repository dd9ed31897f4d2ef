"""Plays one long script in an empty database, and writes what was told and kept to a file.

Run as a program with the file's path; the environment says which database. What happens is chosen
by a seeded generator, so that every run plays the same.
"""

import json
import os
import random
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

SEED = 20261122
ROUNDS = 60


def main() -> None:
    """Make the tables, play, and write everything down."""
    django.setup()
    from laidan.engine import schema

    with schema.alone():
        schema.migrate()
    Path(sys.argv[1]).write_text(json.dumps(play(), ensure_ascii=False), encoding="utf-8")


def play() -> dict[str, Any]:
    """Play the script; return what was told, which laws are broken, and all rows."""
    from builders import NOON
    from laidan.insights.laws import checker
    from laws.advances import orders_in_all_stages
    from laws.worlds import the_world
    from rows import all_rows

    the_world()
    ids = orders_in_all_stages()
    chance = random.Random(SEED)
    told: list[Any] = []
    now = NOON + timedelta(minutes=1)
    for number in range(ROUNDS):
        now += timedelta(seconds=chance.choice([1, 5, 600, 1900, 40_000]))
        act = chance.choice([_place, _place, _advance, _advance, _advance, _amend, _move, _expire])
        told += [[act.__name__, one] for one in act(chance, ids, number, now)]
    return {
        "told": told,
        "broken": [verdict.name for verdict in checker.check() if not verdict.holds],
        "rows": all_rows(),
    }


def _place(chance: random.Random, ids: dict[str, str], number: int, now: Any) -> list[Any]:
    from laidan.domain.orders.models import Order
    from laidan.usecases.place_orders import place_orders
    from laws.advances import an_order
    from laws.telling import told

    batch = []
    for n in range(chance.randint(1, 6)):
        lines = [
            (chance.choice(["TEE", "CUP", "SET", "LATE", "NEW", "SAFE", "ROOM"]), 1)
            for _ in range(chance.randint(1, 3))
        ]
        paid = chance.choice([None, "10.00", "9999.00"])
        batch.append(an_order(1000 + number * 10 + n, *lines, paid=paid))
    outcomes = told(place_orders(batch, now=now))
    ids |= dict(Order.objects.values_list("external_no", "id"))
    return outcomes


def _advance(chance: random.Random, ids: dict[str, str], number: int, now: Any) -> list[Any]:
    from laidan.kernel.actor import SYSTEM
    from laidan.usecases.advance_orders import advance_orders
    from laidan.usecases.transition_requests import Advance, ShipLine, TransitionInputs
    from laws.telling import told

    batch = []
    for n in range(chance.randint(1, 12)):
        inputs = TransitionInputs(
            reason=chance.choice([None, "buyer", 'it\'s "odd" \\ 王']),
            lines=chance.choice([None, None, [ShipLine(line_no=1, quantity=1)]]),
            reference=chance.choice([None, f"REF-{number}-{n}"]),
            tracking_no=f"T-{number}-{n}",
        )
        name = chance.choice(
            ["pay", "pay", "approve", "ship", "ship", "deliver", "confirm_receipt", "cancel",
             "revive", "refund", "hold", "release", "finish"]
        )  # fmt: skip
        batch.append(Advance(ids[chance.choice(sorted(ids))], name, SYSTEM, inputs))
    return told(advance_orders(batch, now=now))


def _amend(chance: random.Random, ids: dict[str, str], number: int, now: Any) -> list[Any]:
    from laidan.kernel.actor import SYSTEM
    from laidan.usecases.amend_orders import amend_orders
    from laidan.usecases.order_requests import LineRequest
    from laidan.usecases.transition_requests import Amend, AmendOrder, LineChanges
    from laws.telling import told

    batch = []
    for name in chance.sample(sorted(ids), 4):
        wanted = AmendOrder(
            seller_note=chance.choice(["", "NULL", "don't", '{"a": "\\\\"}', "😀\n"]),
            tags=chance.choice([[], ["gift"], ["vip", "gift"]]),
            lines=LineChanges(add=[LineRequest(sku=chance.choice(["TEE", "NEW"]), quantity=1)]),
        )
        batch.append(Amend(ids[name], wanted, SYSTEM))
    return told(amend_orders(batch, now=now))


def _move(chance: random.Random, ids: dict[str, str], number: int, now: Any) -> list[Any]:
    from laidan.kernel.actor import SYSTEM
    from laidan.kernel.outcome import Refused
    from laidan.usecases.move_stock import move_stock
    from laidan.usecases.movement_requests import MovementRequest, MoveStock

    batch = [
        MoveStock(
            MovementRequest(
                kind=chance.choice(["receive", "receive", "adjust", "scrap", "count"]),
                sku=chance.choice(["TEE", "CUP", "LATE", "NEW"]),
                location=chance.choice(["main", "south"]),
                quantity=chance.randint(1, 5),
                reference=f"M-{number}",
            ),
            SYSTEM,
        )
        for _ in range(3)
    ]
    return [
        [one.code, one.detail] if isinstance(one, Refused) else "moved"
        for one in move_stock(batch, now=now)
    ]


def _expire(chance: random.Random, ids: dict[str, str], number: int, now: Any) -> list[Any]:
    from laidan.usecases.expire_deadlines import expire_due

    return [expire_due(chance.choice([1, 200]), now=now)]


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "laidan.config.settings"
    main()
