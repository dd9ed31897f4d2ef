"""Fifty posts of one order at once make one order and fifty equal answers."""

from collections.abc import Iterator
from typing import Any

import pytest

from laidan.interfaces.cli.benchmark.client import Answer
from laidan.interfaces.cli.benchmark.scratch import Installation
from laidan.interfaces.cli.benchmark.server import Server
from races.prepared import own_installation
from races.tools import (
    assert_clean,
    balance,
    client_of,
    order,
    post_all_at_once,
    statuses,
    stock_up,
)

pytestmark = pytest.mark.races
POSTS = 50


@pytest.fixture(scope="module")
def place(engine_name: str) -> Iterator[Installation]:
    """An installation of this module's own."""
    with own_installation(engine_name) as made:
        yield made


@pytest.fixture(scope="module")
def servers(place: Installation, engine_name: str) -> Iterator[list[Server]]:
    """One server on SQLite, else two."""
    with place.server() as first:
        if engine_name == "sqlite":
            yield [first]
            return
        with place.server() as second:
            yield [first, second]


def _only_order(answers: list[Answer]) -> dict[str, Any]:
    """The one order that all answers tell of, in equal words."""
    assert set(statuses(answers)) <= {200, 201}
    first: dict[str, Any] = answers[0].body
    assert all(answer.body == first for answer in answers)
    return first


def test_one_idempotency_key(place: Installation, servers: list[Server]) -> None:
    client = client_of(servers[0])
    stock_up(client, {"SAMEKEY": 1000})
    body = order(None, ["SAMEKEY"])
    answers = post_all_at_once(servers, [("one-key", body)] * POSTS)
    _only_order(answers)
    # A replay repeats the first answer, its status included, and says that it is one.
    assert statuses(answers) == {201: POSTS}
    replays = [answer for answer in answers if answer.headers.get("idempotent-replay") == "true"]
    assert len(replays) == POSTS - 1
    assert balance(client, "SAMEKEY")["reserved"] == 1

    other = client.post("/orders", order(None, ["SAMEKEY", "SAMEKEY"]), once="one-key")
    assert other.status == 422
    assert other.body["type"].endswith("/problems/idempotency-conflict")
    assert balance(client, "SAMEKEY")["reserved"] == 1
    client.close()
    assert_clean(place)


def test_one_external_number(place: Installation, servers: list[Server]) -> None:
    client = client_of(servers[0])
    stock_up(client, {"SAMENO": 1000})
    body = order("ONE-NUMBER", ["SAMENO"])
    answers = post_all_at_once(servers, [(None, body)] * POSTS)
    told = _only_order(answers)
    assert statuses(answers) == {201: 1, 200: POSTS - 1}
    assert balance(client, "SAMENO")["reserved"] == 1

    other = client.post("/orders", order("ONE-NUMBER", ["SAMENO"], buyer_note="another"))
    assert other.status == 409
    assert other.body["type"].endswith("/problems/duplicate-order")
    assert told["order_no"] in str(other.body)
    assert balance(client, "SAMENO")["reserved"] == 1
    client.close()
    assert_clean(place)


def test_one_key_and_number_with_two_contents(place: Installation, servers: list[Server]) -> None:
    """Two contents race for one number: one wins, and every loser is told that it differs."""
    client = client_of(servers[0])
    stock_up(client, {"TWOWAYS": 1000})
    posts = [
        (None, order("TWO-WAYS", ["TWOWAYS"], buyer_note="odd" if n % 2 else "even"))
        for n in range(POSTS)
    ]
    answers = post_all_at_once(servers, posts)
    assert statuses(answers) == {201: 1, 200: POSTS // 2 - 1, 409: POSTS // 2}
    assert balance(client, "TWOWAYS")["reserved"] == 1
    client.close()
    assert_clean(place)
