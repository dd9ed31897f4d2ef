"""What a crowd of buyers does at once, and what has to come of it."""

from collections.abc import Sequence

from laidan.interfaces.cli.benchmark.server import Server
from races.tools import balance, client_of, order, post_all_at_once, statuses, stock_up

BUYERS = 100
STOCK = 60
SOLD_OUT = {"on_hand": STOCK, "reserved": STOCK, "available": 0}


def rush(servers: Sequence[Server], run: str) -> None:
    """Let a hundred buyers want one unit each of sixty; assert that sixty get theirs."""
    _stock_up(servers[0], [run])
    posts = [(f"{run}-{n}", order(f"{run}-{n}", [run])) for n in range(BUYERS)]
    answers = post_all_at_once(servers, posts)
    assert statuses(answers) == {201: STOCK, 409: BUYERS - STOCK}
    refused = [answer.body for answer in answers if answer.status == 409]
    assert all(body["type"].endswith("/problems/out-of-stock") for body in refused)
    assert all(body["shortages"][0]["sku"] == run for body in refused)
    _assert_sold_out(servers[0], [run])


def cross(servers: Sequence[Server], run: str) -> None:
    """Let a hundred buyers want the same five SKUs, half of them in the opposite order."""
    skus = [f"{run}-{letter}" for letter in "ABCDE"]
    _stock_up(servers[0], skus)
    posts = [
        (f"{run}-{n}", order(f"{run}-{n}", skus if n % 2 else skus[::-1])) for n in range(BUYERS)
    ]
    answers = post_all_at_once(servers, posts)
    assert statuses(answers) == {201: STOCK, 409: BUYERS - STOCK}
    _assert_sold_out(servers[0], skus)


def _stock_up(server: Server, skus: list[str]) -> None:
    client = client_of(server)
    stock_up(client, dict.fromkeys(skus, STOCK))
    client.close()


def _assert_sold_out(server: Server, skus: list[str]) -> None:
    client = client_of(server)
    for sku in skus:
        assert balance(client, sku) == SOLD_OUT
    client.close()
