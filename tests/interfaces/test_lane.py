"""What only the lean lane does: gathering, passing on, surviving its callers and its queue."""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import OperationalError

from builders import a_shop, a_sku
from interfaces.doors import (
    BATCH,
    ORDERS,
    LaneDoor,
    Reply,
    call_asgi,
    encoded,
    header_list,
    scope_of,
)
from laidan.domain.orders.models import Order
from laidan.engine.group_commit import GroupCommit
from laidan.engine.unit import BusyError
from laidan.interfaces.api import committing
from laidan.usecases import grant_access

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_SECONDS = 120.0
Command = Callable[[Sequence[Any]], Any]


@pytest.fixture
def door(transactional_db: None, _own_queues: None) -> Iterator[LaneDoor]:
    a_shop()
    a_sku()
    made = LaneDoor()
    yield made
    made.close()


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put another command behind the lane, in a queue of its own."""

    def use(command: Command, **limits: int) -> None:
        monkeypatch.setattr(committing, "placing", GroupCommit(command, **limits))

    return use


def an_order(**others: Any) -> dict[str, Any]:
    return {"shop": "main", "lines": [{"sku": "TEE-RED-M"}], **others}


def post(door: LaneDoor, key: str, body: Any, **headers: str) -> Coroutine[Any, Any, Reply]:
    """Return the coroutine of one request."""
    content = encoded(body)
    given = header_list(key, content, {n.replace("_", "-"): v for n, v in headers.items()})
    return call_asgi(door.lane, scope_of("POST", ORDERS, given), [content])


def all_at_once(requests: Sequence[Coroutine[Any, Any, Reply]]) -> list[Reply]:
    async def gather() -> list[Reply]:
        return list(await asyncio.gather(*requests))

    return asyncio.run(gather())


# --- gathering ------------------------------------------------------------------------------


def test_simultaneous_requests_share_transactions(door: LaneDoor, key: str, queue: Any) -> None:
    place, sizes = committing.placing._command, []

    def counted(batch: Sequence[Any]) -> Any:
        sizes.append(len(batch))
        return place(batch)

    queue(counted)
    replies = all_at_once([post(door, key, an_order()) for _ in range(100)])
    assert {reply.status for reply in replies} == {201}
    assert len({reply.body["id"] for reply in replies}) == 100
    assert sum(sizes) == 100
    assert len(sizes) < 20


def test_fifty_requests_under_one_key_are_one_order(door: LaneDoor, key: str) -> None:
    replies = all_at_once([post(door, key, an_order(), idempotency_key="x") for _ in range(50)])
    assert {reply.status for reply in replies} == {201}
    assert all(reply.body == replies[0].body for reply in replies)
    replays = Counter(reply.headers.get("idempotent-replay") for reply in replies)
    assert replays == {None: 1, "true": 49}
    assert Order.objects.count() == 1


def test_fifty_requests_with_one_number_are_one_order(door: LaneDoor, key: str) -> None:
    replies = all_at_once([post(door, key, an_order(external_no="x")) for _ in range(50)])
    assert Counter(reply.status for reply in replies) == {201: 1, 200: 49}
    assert all(reply.body == replies[0].body for reply in replies)


def test_buyers_of_the_last_units(door: LaneDoor, key: str) -> None:
    a_sku("LAST", on_hand=6)
    body = an_order(lines=[{"sku": "LAST"}])
    replies = all_at_once([post(door, key, body) for _ in range(10)])
    assert Counter(reply.status for reply in replies) == {201: 6, 409: 4}


# --- passing on -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ORDERS), ("OPTIONS", ORDERS), ("POST", ORDERS + "/"), ("POST", "/"),
     ("GET", BATCH), ("PATCH", ORDERS + "/x"), ("POST", "/api/v1/stock/movements")],
)  # fmt: skip
def test_all_else_passes_on(door: LaneDoor, key: str, method: str, path: str) -> None:
    assert door.send(method, path, b"", key=key).status == 418


def test_whoever_is_signed_in_to_the_pages_passes_on(door: LaneDoor) -> None:
    assert door.send("POST", ORDERS, an_order(), key=None, cookie="laidan=1").status == 418
    assert door.send("POST", ORDERS, an_order(), key=None).status == 401


def test_other_protocols_pass_on(door: LaneDoor) -> None:
    assert asyncio.run(call_asgi(door.lane, {"type": "websocket"}, [])).status == 418


# --- callers that go away -------------------------------------------------------------------


def test_half_a_request_places_nothing(door: LaneDoor, key: str) -> None:
    content = encoded(an_order())
    sent: list[Any] = []
    waiting = [{"type": "http.request", "body": content, "more_body": True}]

    async def receive() -> Any:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = scope_of("POST", ORDERS, header_list(key, content, {}))
    asyncio.run(door.lane(scope, receive, send))
    assert (sent, Order.objects.count()) == ([], 0)


def test_a_caller_who_hangs_up_spoils_no_other(door: LaneDoor, key: str, queue: Any) -> None:
    place, begun, go_on = committing.placing._command, threading.Event(), threading.Event()

    def slow(batch: Sequence[Any]) -> Any:
        begun.set()
        assert go_on.wait(PATIENCE_SECONDS)
        return place(batch)

    queue(slow)

    async def scene() -> Reply:
        gone = asyncio.create_task(post(door, key, an_order(external_no="gone")))
        assert await asyncio.to_thread(begun.wait, PATIENCE_SECONDS)
        stays = asyncio.create_task(post(door, key, an_order(external_no="stays")))
        gone.cancel()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await gone
        return await asyncio.wait_for(stays, PATIENCE_SECONDS)

    assert asyncio.run(scene()).status == 201
    assert set(Order.objects.values_list("external_no", flat=True)) == {"gone", "stays"}


def test_a_loop_that_ended_spoils_no_other(door: LaneDoor, key: str, queue: Any) -> None:
    """The leader outlives whoever it cannot answer."""
    place, begun, go_on = committing.placing._command, threading.Event(), threading.Event()

    def slow(batch: Sequence[Any]) -> Any:
        begun.set()
        assert go_on.wait(PATIENCE_SECONDS)
        return place(batch)

    queue(slow)

    async def leave() -> None:
        asyncio.create_task(post(door, key, an_order())).add_done_callback(lambda _: None)
        assert await asyncio.to_thread(begun.wait, PATIENCE_SECONDS)

    asyncio.run(leave())
    go_on.set()
    assert asyncio.run(post(door, key, an_order())).status == 201


# --- a queue in trouble ---------------------------------------------------------------------


def test_what_cannot_wait_is_turned_away(door: LaneDoor, key: str, queue: Any) -> None:
    place, go_on = committing.placing._command, threading.Event()
    taken: list[int] = []

    def slow(batch: Sequence[Any]) -> Any:
        taken.append(len(batch))
        assert go_on.wait(PATIENCE_SECONDS)
        return place(batch)

    queue(slow, batch_max=1, queue_max=3)

    async def scene() -> tuple[list[Reply], list[Reply]]:
        waiting = [asyncio.create_task(post(door, key, an_order()))]
        while not taken:
            await asyncio.sleep(0.005)
        waiting += [asyncio.create_task(post(door, key, an_order())) for _ in range(3)]
        while len(committing.placing._waiting) < 3:
            await asyncio.sleep(0.005)
        content = encoded({"orders": [an_order()] * 2})
        batch = call_asgi(door.lane, scope_of("POST", BATCH, header_list(key, content, {})),
                          [content])  # fmt: skip
        refused = [await post(door, key, an_order()), await batch]
        go_on.set()
        return await asyncio.gather(*waiting), refused

    answered, refused = asyncio.run(scene())
    assert [reply.status for reply in answered] == [201] * 4
    for reply in refused:
        assert (reply.status, reply.code) == (503, "overloaded")
        assert int(reply.headers["retry-after"]) > 0
    assert Order.objects.count() == 4


def test_a_busy_database_is_no_fault(door: LaneDoor, key: str, queue: Any) -> None:
    def busy(batch: Sequence[Any]) -> Any:
        raise BusyError

    queue(busy)
    reply = asyncio.run(post(door, key, an_order()))
    assert (reply.status, reply.code) == (503, "busy")
    assert reply.headers["retry-after"] == "1"


def test_a_fault_is_told_and_the_next_request_is_served(
    door: LaneDoor, key: str, queue: Any
) -> None:
    place, faults = committing.placing._command, [RuntimeError("secret words")]

    def faulty(batch: Sequence[Any]) -> Any:
        if faults:
            raise faults.pop()
        return place(batch)

    queue(faulty)
    reply = asyncio.run(post(door, key, an_order()))
    assert (reply.status, reply.code) == (500, "internal-fault")
    assert "secret" not in json.dumps(reply.body)
    assert asyncio.run(post(door, key, an_order())).status == 201


def test_a_database_that_is_away_is_no_fault(
    door: LaneDoor, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> Any:
        raise OperationalError("connection refused")

    monkeypatch.setattr(grant_access, "actor_of_key", away)
    grant_access.forget_keys()
    reply = asyncio.run(post(door, key, an_order()))
    assert (reply.status, reply.code) == (503, "busy")


def test_a_revoked_key_ends_at_once(door: LaneDoor, key: str) -> None:
    assert asyncio.run(post(door, key, an_order())).status == 201
    grant_access.revoke_key("test", now=datetime.now(UTC))
    reply = asyncio.run(post(door, key, an_order()))
    assert (reply.status, reply.code) == (401, "unauthorized")
