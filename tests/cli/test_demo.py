"""`laidan demo`: a shop in business, the same from the same seed, and only once."""

import json
import time
from datetime import UTC, datetime

import pytest

from cli.conftest import Place
from laidan.interfaces.cli.demonstration.play import Planned, Play

FACTS = {
    "shops": "SELECT COUNT(*) FROM shop",
    "locations": "SELECT COUNT(*) FROM location",
    "skus": "SELECT COUNT(*) FROM sku",
    "orders": "SELECT COUNT(*) FROM sales_order",
    "events": "SELECT COUNT(*) FROM event",
    "movements": "SELECT COUNT(*) FROM movement",
}


def facts(place: Place) -> dict[str, int]:
    """How many rows of each kind there are."""
    return {name: place.rows(sql)[0][0] for name, sql in FACTS.items()}


def test_a_shop_with_orders_in_every_state(empty: Place):
    made = json.loads(empty.must("demo", "--orders", "1500", "--json"))
    assert (made["orders"], made["refused"], made["broken_laws"]) == (1500, [], [])
    states = {row["state"]: row["orders"] for row in made["states"]}
    assert {name for name, count in states.items() if count} >= {
        "awaiting_payment", "in_review", "open", "ready", "completed", "closed", "cancelled",
    }  # fmt: skip
    found = facts(empty)
    assert (found["shops"], found["locations"]) == (2, 3)
    assert 190 <= found["skus"] <= 210
    kinds = {row[0] for row in empty.rows("SELECT DISTINCT kind FROM sku")}
    assert kinds == {"goods", "virtual", "custom", "bundle", "capacity"}
    assert empty.rows("SELECT COUNT(*) FROM allocation WHERE state = 'reserved'")[0][0] > 0
    assert empty.rows("SELECT COUNT(*) FROM allocation WHERE state = 'shipped'")[0][0] > 0
    assert empty.must("check", "--quiet").startswith("All ")
    again = json.loads(empty.must("demo", "--json"))
    assert again["made"] is False
    assert facts(empty) == found


def test_a_demo_that_was_broken_off_goes_on(opened: Place):
    child = opened.start("demo", "--orders", "600")
    deadline = time.monotonic() + 300
    while facts(opened)["orders"] < 50 and time.monotonic() < deadline:
        time.sleep(0.02)
    child.kill()
    child.communicate()
    assert 0 < facts(opened)["orders"] < 600
    made = json.loads(opened.must("demo", "--json"))
    assert (made["orders"], made["refused"], made["broken_laws"]) == (600, [], [])
    assert facts(opened)["orders"] == 600


def test_orders_of_ones_own_are_left_alone(opened: Place):
    opened.must("demo", "--orders", "20")
    opened.rows("DELETE FROM setting WHERE name = 'demo'")
    before = facts(opened)
    assert "left out" in opened.must("demo")
    assert facts(opened) == before


@pytest.mark.one_engine
def test_unusable_arguments(empty: Place):
    assert empty.run("demo", "--orders", "0")[0] == 2
    assert empty.run("demo", "--seed", "x")[0] == 2


@pytest.mark.one_engine
def test_the_same_seed_plans_the_same_orders():
    def plan(seed: int) -> list[Planned]:
        now = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
        return Play(seed=seed, orders=200, now=now, entropy=bytes)._plan()

    assert plan(1) == plan(1)
    assert plan(1) != plan(2)
