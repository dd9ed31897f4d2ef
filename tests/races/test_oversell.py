"""A hundred buyers at once never get more than there is, over HTTP, by one server or by two."""

from collections.abc import Iterator

import pytest

from laidan.interfaces.cli.benchmark.scratch import Installation
from laidan.interfaces.cli.benchmark.server import Server
from races.prepared import own_installation
from races.rushes import cross, rush
from races.tools import assert_clean

pytestmark = [pytest.mark.races, pytest.mark.slow]
ROUNDS = 20


@pytest.fixture(scope="module")
def place(engine_name: str) -> Iterator[Installation]:
    """An installation of this module's own."""
    with own_installation(engine_name) as made:
        yield made


@pytest.fixture(scope="module")
def server(place: Installation) -> Iterator[Server]:
    """One server."""
    with place.server() as running:
        yield running


@pytest.fixture(scope="module")
def two_servers(place: Installation, server: Server, engine_name: str) -> Iterator[list[Server]]:
    """Two servers of one database."""
    if engine_name == "sqlite":
        pytest.skip("several server processes are for PostgreSQL and MariaDB")
    with place.server() as second:
        yield [server, second]


def test_one_unit_each(place: Installation, server: Server) -> None:
    for turn in range(ROUNDS):
        rush([server], f"RUSH{turn}")
    assert_clean(place)


def test_five_lines_in_opposite_order(place: Installation, server: Server) -> None:
    for turn in range(ROUNDS):
        cross([server], f"CROSS{turn}")
    assert_clean(place)


def test_one_unit_each_by_two_servers(place: Installation, two_servers: list[Server]) -> None:
    for turn in range(ROUNDS):
        rush(two_servers, f"RUSHTWO{turn}")
    assert_clean(place)


def test_five_lines_by_two_servers(place: Installation, two_servers: list[Server]) -> None:
    for turn in range(ROUNDS):
        cross(two_servers, f"CROSSTWO{turn}")
    assert_clean(place)
