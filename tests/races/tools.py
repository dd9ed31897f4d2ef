"""An installation with real server processes, and crowds of real clients that act at once."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from laidan.interfaces.cli.benchmark.client import Answer, Client
from laidan.interfaces.cli.benchmark.scratch import Installation
from laidan.interfaces.cli.benchmark.server import HOST, Server

T = TypeVar("T")
CROWD_SECONDS = 300.0


def assert_clean(place: Installation) -> None:
    """Assert that `laidan check` proves every data law of an installation."""
    done = place.run("check")
    assert done.returncode == 0, done.stdout + done.stderr


def client_of(server: Server) -> Client:
    """A client of one server, with the key of its installation."""
    return Client(HOST, server.port, server.environment["LAIDAN_DEMO_KEY"])


def stock_up(client: Client, quantities: dict[str, int], *, location: str = "main") -> None:
    """Make SKUs, and receive so many of each."""
    skus = [
        {"code": code, "name": code, "price": "10.00", "currency": "CNY"} for code in quantities
    ]
    product = {"code": next(iter(quantities)), "name": "For a race", "skus": skus}
    answer = client.send("PUT", "/products", {"products": [product]})
    assert answer.status == 200, answer
    movements = [
        {"kind": "receive", "sku": code, "location": location, "quantity": quantity}
        for code, quantity in quantities.items()
    ]
    answer = client.post("/stock/movements", {"movements": movements})
    assert answer.status in {200, 201}, answer


def order(external_no: str | None, skus: Sequence[str], **others: Any) -> dict[str, Any]:
    """The JSON of an order for one of each SKU, in the order given."""
    lines = [{"sku": sku, "quantity": 1, "unit_price": "10.00"} for sku in skus]
    body: dict[str, Any] = {"shop": "main", "lines": lines}
    if external_no is not None:
        body["external_no"] = external_no
    return body | others


def balance(client: Client, sku: str) -> dict[str, Any]:
    """The figures of a SKU over all locations: on_hand, reserved, available."""
    answer = client.get(f"/stock?sku={sku}")
    assert answer.status == 200, answer
    total: Counter[str] = Counter()
    for item in answer.body["items"]:
        for name in ("on_hand", "reserved", "available"):
            total[name] += int(item[name])
    return dict(total)


def all_at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Run every call in a thread of its own, all released together; results in their order."""
    gate = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)
    faults: list[BaseException] = []

    def act(position: int) -> None:
        try:
            gate.wait(CROWD_SECONDS)
            results[position] = calls[position]()
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=act, args=(n,), daemon=True) for n in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(CROWD_SECONDS)
    assert not any(thread.is_alive() for thread in threads), "a caller never got its answer"
    if faults:
        raise faults[0]
    return results


def post_all_at_once(
    servers: Sequence[Server], posts: Sequence[tuple[str | None, dict[str, Any]]]
) -> list[Answer]:
    """Post (idempotency key, order) pairs all at once, spread over the servers in turn."""

    def post_by(position: int) -> Callable[[], Answer]:
        once, body = posts[position]
        client = client_of(servers[position % len(servers)])
        # Connecting before the gate opens lets the requests arrive together.
        client.connect()

        def post() -> Answer:
            try:
                return client.post("/orders", body, once=once)
            finally:
                client.close()

        return post

    return all_at_once([post_by(position) for position in range(len(posts))])


def statuses(answers: Sequence[Answer]) -> dict[int, int]:
    """How many answers had which status."""
    return dict(Counter(answer.status for answer in answers))
