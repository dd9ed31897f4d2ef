"""Killing the server (and PostgreSQL) under load loses no acknowledged order and doubles none."""

import os
import random

import pytest
from bench.cluster import Cluster

from laidan.interfaces.cli.benchmark.scratch import Installation, new_installation
from races.databases import rows
from races.killing import Story, kill_under_load
from races.prepared import own_installation
from races.tools import assert_clean, client_of, order, stock_up

pytestmark = [pytest.mark.races, pytest.mark.slow]
# Twenty kills in all, shared out; a long run has as many on each engine.
IS_LONG = os.environ.get("LAIDAN_TEST_PROFILE") == "thorough"
KILLS = {"sqlite": 5, "postgres": 4, "mariadb": 5}
KILLS_OF_POSTGRES = 20 if IS_LONG else 6
SKUS = [f"KILL{n}" for n in range(20)]
STOCK = 10_000_000
ORDERS = "SELECT external_no, id, line_count FROM sales_order WHERE external_no IS NOT NULL"


def _body(external_no: str) -> dict[str, object]:
    return order(external_no, random.sample(SKUS, 5))


def _assert_kept(place: Installation, story: Story) -> None:
    """Assert that the database holds the acknowledged orders, each once and whole."""
    assert story.surprises == []
    kept = rows(place.url, ORDERS)
    assert sorted(number for number, _, _ in kept) == story.numbers()
    assert {(number, str(key)) for number, key, _ in kept} == {
        (ack.external_no, ack.order_id) for ack in story.acks
    }
    assert all(lines == 5 for _, _, lines in kept)
    [(line_count,)] = rows(place.url, "SELECT count(*) FROM order_line")
    [(events,)] = rows(place.url, "SELECT count(*) FROM event WHERE type = 'order.placed'")
    [(reserved,)] = rows(place.url, "SELECT sum(reserved) FROM balance")
    assert (line_count, events, int(reserved)) == (5 * len(kept), len(kept), 5 * len(kept))
    assert_clean(place)


def test_killing_the_server(engine_name: str) -> None:
    with own_installation(engine_name) as place, place.server() as server:
        stock_up(client_of(server), dict.fromkeys(SKUS, STOCK))
        kills = 20 if IS_LONG else KILLS[engine_name]

        def kill(_: int) -> None:
            server.kill()
            server.start()

        story = kill_under_load([server], _body, kill, key=place.key, kills=kills)
        _assert_kept(place, story)


def test_killing_postgres_too(engine_name: str) -> None:
    if engine_name != "postgres":
        pytest.skip("kills a PostgreSQL cluster of its own")
    with Cluster({"shared_buffers": "128MB"}) as cluster:
        cluster.sql("CREATE DATABASE laidan")
        with new_installation(cluster.url("laidan")) as place, place.server() as server:
            stock_up(client_of(server), dict.fromkeys(SKUS, STOCK))

            def kill(number: int) -> None:
                """Kill both every other time, else PostgreSQL under a server that lives on."""
                cluster.kill()
                if number % 2:
                    server.kill()
                cluster.start()
                if number % 2:
                    server.start()

            story = kill_under_load([server], _body, kill, key=place.key, kills=KILLS_OF_POSTGRES)
            _assert_kept(place, story)
