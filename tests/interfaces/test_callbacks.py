"""Where providers call: believed by signature alone, written once, answered as they ask."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections

from builders import a_shop, a_sku, an_order
from interfaces.doors import LaneDoor, Reply, call_asgi
from laidan.domain.orders.models import Order
from laidan.domain.payments import accounts
from laidan.domain.payments.models import LedgerEntry, Payment, PaymentCallback, Refund
from laidan.engine.group_commit import GroupCommit
from laidan.engine.sealing import keyring
from laidan.engine.unit import BusyError
from laidan.interfaces.api import callbacks
from laidan.interfaces.providers import testing_calls
from laidan.kernel.actor import SYSTEM
from laidan.usecases.give_refunds import decide_refunds, request_refunds
from laidan.usecases.hear_providers import apply_callbacks
from laidan.usecases.money_requests import DecideRefund, RequestRefund
from laws.conftest import broken
from usecases.money import an_account, start

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime.now(UTC)


@pytest.fixture
def door(transactional_db: None, _own_queues: None) -> Iterator[LaneDoor]:
    a_shop()
    a_sku("TEE", "64.00", on_hand=100)
    account()
    made = LaneDoor()
    yield made
    made.close()


def account(code: str = "test", secret: str = "s3cret") -> None:
    made = an_account(code, settings={"purpose": "test"})
    sealed = accounts.sealed_secrets(made.id, {"secret": secret}, keyring())
    accounts.write_accounts([], [made._replace(secrets_sealed=sealed, version=2)])


def said(payment: Payment, **others: Any) -> dict[str, Any]:
    return {
        "id": "EV-1", "type": "payment.captured", "account": payment.account_id,
        "number": payment.number, "reference": "T-1", "state": "captured", "amount": 6400,
        "currency": "CNY", "at": NOW.isoformat(),
    } | others  # fmt: skip


def signed(body: dict[str, Any], *, code: str = "test", now: datetime | None = None) -> Any:
    row = accounts.load_accounts()[code]
    return testing_calls.signed(accounts.opened(row, keyring()), body, now or datetime.now(UTC))


async def post(door: LaneDoor, call: Any, code: str = "test", method: str = "POST") -> Reply:
    headers = [(name.encode(), value.encode("latin-1")) for name, value in call.headers.items()]
    scope = {
        "type": "http", "method": method, "path": f"/callbacks/{code}", "query_string": b"",
        "headers": headers,
    }  # fmt: skip
    half = len(call.body) // 2
    raw: dict[str, Any] = {}

    async def application(scope: Any, receive: Any, send: Any) -> None:
        async def keep(message: Any) -> None:
            if message["type"] == "http.response.body":
                raw["body"] = message["body"]
                message = message | {"body": b""}
            elif message["type"] == "http.response.start":
                kept = [h for h in message["headers"] if h[0] != b"content-length"]
                message = message | {"headers": kept}
            await send(message)

        await door.lane(scope, receive, keep)

    reply = await call_asgi(application, scope, [call.body[:half], call.body[half:]])
    return Reply(reply.status, reply.headers, raw["body"])


def test_fifty_at_once_are_one_event_and_one_capture(door):
    payment = start(an_order(("TEE", 1), now=NOW), now=NOW)
    call = signed(said(payment))

    async def all_of_them() -> list[Reply]:
        return await asyncio.gather(*(post(door, call) for _ in range(50)))

    replies = asyncio.run(all_of_them())
    assert Counter((one.status, one.body) for one in replies) == {(200, b"ok"): 50}
    assert PaymentCallback.objects.count() == 1
    assert apply_callbacks(now=datetime.now(UTC)) == 1
    assert (LedgerEntry.objects.count(), Order.objects.get().state) == (1, "open")
    assert b"6400" not in PaymentCallback.objects.get().body_sealed.encode()
    assert broken() == {}


@pytest.mark.parametrize(
    "wrong", ["signature", "body", "old", "empty", "rubbish", "huge", "secret"]
)
def test_what_is_not_signed_by_the_provider_is_not_kept(door, wrong):
    payment = start(an_order(("TEE", 1), now=NOW), now=NOW)
    call = signed(said(payment))
    if wrong == "old":
        call = signed(said(payment), now=datetime.now(UTC) - timedelta(minutes=6))
    elif wrong == "body":
        call = type(call)(call.headers, call.body.replace(b"6400", b"6500"))
    elif wrong == "signature":
        name = testing_calls.HEADER
        value = call.headers[name]
        flipped = value[:-1] + ("0" if value[-1] != "0" else "1")
        call = type(call)({**call.headers, name: flipped}, call.body)
    elif wrong == "empty":
        call = type(call)({}, b"")
    elif wrong == "rubbish":
        call = type(call)(call.headers, b"\xff\xfe{")
    elif wrong == "huge":
        call = type(call)(call.headers, b"x" * (callbacks.BODY_BYTES_MAX + 1))
    elif wrong == "secret":
        account("second", "another")
        call = signed(said(payment), code="second")
    reply = asyncio.run(post(door, call))
    assert reply.status in {400, 413}
    assert not PaymentCallback.objects.exists()


def test_an_account_that_nobody_knows_is_told_so(door):
    payment = start(an_order(("TEE", 1), now=NOW), now=NOW)
    assert asyncio.run(post(door, signed(said(payment)), "nobody")).status == 404
    assert asyncio.run(post(door, signed(said(payment)), "../test")).status == 404
    assert asyncio.run(post(door, type(signed(said(payment)))({}, b""), method="GET")).status == 400


def test_a_rotated_secret_and_a_new_account_are_known_at_once(door, monkeypatch):
    monkeypatch.setattr(callbacks, "_RELOAD_SECONDS", 0.0)
    payment = start(an_order(("TEE", 1), now=NOW), now=NOW)
    assert asyncio.run(post(door, signed(said(payment)))).status == 200
    row = accounts.load_accounts()["test"]
    sealed = accounts.sealed_secrets(row.id, {"secret": "new"}, keyring())
    accounts.write_accounts([], [row._replace(secrets_sealed=sealed)])
    assert asyncio.run(post(door, signed(said(payment, id="EV-2")))).status == 200
    account("second", "another")
    mine = accounts.load_accounts()["second"].id
    call = signed(said(payment, id="EV-3", account=mine), code="second")
    assert asyncio.run(post(door, call, "second")).status == 200
    assert PaymentCallback.objects.count() == 3


def test_what_could_not_be_written_is_called_for_again(door, monkeypatch):
    def busy(_: Any) -> Any:
        raise BusyError("away")

    monkeypatch.setattr(callbacks, "receiving", GroupCommit(busy))
    payment = start(an_order(("TEE", 1), now=NOW), now=NOW)
    assert asyncio.run(post(door, signed(said(payment)))).status >= 500
    assert not PaymentCallback.objects.exists()


def test_fifty_agents_refunding_one_payment_never_exceed_it(door):
    payment = start(an_order(("TEE", 1), now=NOW), now=NOW)
    asyncio.run(post(door, signed(said(payment))))
    apply_callbacks(now=datetime.now(UTC))
    order = Order.objects.get()
    found: list[str] = []

    def agent(amount: str) -> None:
        asked = RequestRefund(order.id, SYSTEM, "race", amount)
        (outcome,) = request_refunds([asked], now=datetime.now(UTC))
        found.append("taken" if hasattr(outcome, "value") else outcome.code)
        for refund in Refund.objects.filter(state="requested"):
            decide_refunds([DecideRefund(refund.id, "approve", SYSTEM)], now=datetime.now(UTC))
        connections.close_all()

    threads = [threading.Thread(target=agent, args=(f"{3 + n % 5}.10",)) for n in range(50)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    owed = sum(Refund.objects.values_list("amount_minor", flat=True))
    payment.refresh_from_db()
    assert len(found) == 50
    assert set(found) == {"taken", "refund-exceeds-captured"}
    assert 6400 - 710 < owed <= 6400
    assert payment.refunding_minor == owed
    assert broken() == {}
