"""The control: with its guards taken out, Laidan oversells, and the races and the check see it."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from laidan.interfaces.cli.benchmark.scratch import Installation
from laidan.interfaces.cli.benchmark.server import Server
from races import unguarded_server
from races.databases import rows
from races.prepared import own_installation
from races.rushes import STOCK, rush
from races.tools import balance, client_of, order, stock_up

pytestmark = [pytest.mark.races, pytest.mark.slow]
PROGRAM = str(Path(unguarded_server.__file__))
ROUNDS = 20
SOLD = "SELECT count(*) FROM allocation a JOIN sku s ON s.id = a.sku_id WHERE s.code = '{}'"


def _without(guard: str) -> list[str]:
    return [sys.executable, PROGRAM, guard]


def _drop_constraint(place: Installation) -> None:
    environment = os.environ | place.environment
    subprocess.run(_without("constraint"), env=environment, check=True, timeout=300)


def _oversells(place: Installation, servers: Sequence[Server]) -> bool:
    """Rush until more is sold than there is; tell whether that came to pass."""
    for turn in range(ROUNDS):
        try:
            rush(servers, f"CONTROL{turn}")
        except AssertionError:
            [(sold,)] = rows(place.url, SOLD.format(f"CONTROL{turn}"))
            if sold > STOCK:
                return True
            raise
    return False


def _assert_check_names_stock(place: Installation) -> None:
    done = place.run("check", "--quiet")
    assert done.returncode == 1
    assert "reserved" in done.stdout, done.stdout


def test_without_its_decision_it_oversells(engine_name: str) -> None:
    """As long as the check constraint stands, the database refuses; then nothing does."""
    with own_installation(engine_name) as place, place.server(_without("decision")) as server:
        client = client_of(server)
        stock_up(client, {"LAST": 1})
        answers = [client.post("/orders", order(f"L{n}", ["LAST"])) for n in range(2)]
        assert [answer.status for answer in answers] == [201, 500]
        assert balance(client, "LAST")["available"] == 0
        client.close()
        _drop_constraint(place)
        assert _oversells(place, [server])
        _assert_check_names_stock(place)


def test_without_its_lock_it_oversells(engine_name: str) -> None:
    if engine_name == "sqlite":
        pytest.skip("SQLite lets one write at a time, whatever the program does")
    without = _without("lock")
    with own_installation(engine_name) as place:
        _drop_constraint(place)
        with place.server(without) as first, place.server(without) as second:
            assert _oversells(place, [first, second])
        _assert_check_names_stock(place)
