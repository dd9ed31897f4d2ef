"""Deadlines: each is taken once, by one worker of many, though workers are killed in between."""

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from builders import NOON, a_mint, a_request, a_shop, a_sku, an_order, some_orders
from laidan.domain.orders.models import Order
from laidan.domain.payments.models import Refund
from laidan.domain.stock.models import Balance
from laidan.engine.models import Event
from laidan.usecases import expire_deadlines
from laidan.usecases.expire_deadlines import expire_due
from laws.conftest import broken
from rows import all_rows
from usecases.steps import act

ROOT = Path(__file__).resolve().parents[2]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DUE = NOON + timedelta(minutes=31)
MANY = 40


@pytest.fixture
def shop() -> None:
    a_shop()
    a_sku("TEE", "64.00", on_hand=1000)


def states() -> Counter[str]:
    return Counter(Order.objects.values_list("state", flat=True))


# --- when ------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("type_", "sku", "unpaid"),
    [("retail", "TEE", timedelta(minutes=30)), ("virtual", "CODE", timedelta(minutes=30)),
     ("custom", "RING", timedelta(hours=24))],
)  # fmt: skip
def test_the_deadlines_of_each_type(shop, type_, sku, unpaid):
    a_sku("CODE", "9.90", on_hand=0, kind="virtual")
    a_sku("RING", "300.00", on_hand=0, kind="custom")
    order = an_order((sku, 1), type=type_)
    almost = unpaid - timedelta(microseconds=1)
    assert (expire_due(now=NOON + almost), expire_due(now=NOON + unpaid)) == (0, 1)
    gone = Order.objects.get(pk=order.order_id)
    assert (gone.state, gone.cancel_reason) == ("cancelled", "payment_timeout")
    assert (gone.deadline_at, gone.deadline_name) == (None, None)
    assert expire_due(now=NOON + 1000 * DAY) == 0


@pytest.mark.django_db
def test_receipt_and_closing_count_from_what_happened(shop):
    order = an_order(("TEE", 2), paid="128.00")
    assert expire_due(now=NOON + 1000 * DAY) == 0
    act(order, "ship", now=NOON + DAY, lines=[{"line_no": 1, "quantity": 1}])
    assert expire_due(now=NOON + 1000 * DAY) == 0
    act(order, "ship", now=NOON + 2 * DAY)
    assert expire_due(now=NOON + 9 * DAY - timedelta(seconds=1)) == 0
    assert expire_due(now=NOON + 9 * DAY) == 1
    assert Order.objects.get().delivered_at == NOON + 9 * DAY
    assert expire_due(now=NOON + 24 * DAY - timedelta(seconds=1)) == 0
    assert expire_due(now=NOON + 24 * DAY) == 1
    assert Order.objects.get().state == "closed"
    actors = Event.objects.order_by("seq").values_list("type", "actor")
    assert list(actors)[-2:] == [
        ("order.receipt_confirmed", "timer"), ("order.closed", "timer"),
    ]  # fmt: skip
    assert broken() == {}


@pytest.mark.django_db
def test_paying_in_part_does_not_give_more_time(shop):
    order = an_order(("TEE", 1))
    act(order, "pay", now=NOON + timedelta(minutes=29), amount="1.00")
    assert expire_due(now=NOON + timedelta(minutes=30)) == 1
    assert Order.objects.get().state == "cancelled"
    assert broken() == {}


@pytest.mark.django_db
def test_an_open_refund_keeps_an_order_from_closing(shop):
    """The deadline is put off by an hour, again and again, until nothing is owed."""
    order = an_order(("TEE", 1), paid="64.00")
    act(order, "ship")
    act(order, "confirm_receipt")
    Refund(
        id=a_mint().new(), order_id=order.order_id, state="requested", amount_minor=1000,
        currency="CNY", reason="scratched", requested_at=NOON,
    ).save(force_insert=True)  # fmt: skip
    for hours in (0, 1):
        now = NOON + 15 * DAY + hours * HOUR
        assert expire_due(now=now) == 0
        assert Order.objects.get().deadline_at == now + HOUR
    settled = act(order, "refund", now=NOON + 15 * DAY + HOUR, amount="10.00")
    assert settled["refunds"][0]["state"] == "succeeded"
    assert expire_due(now=NOON + 15 * DAY + HOUR) == 1
    assert Order.objects.get().state == "closed"
    assert broken() == {}


@pytest.mark.django_db
def test_what_is_refused_is_put_off_and_keeps_nobody_waiting(shop):
    held = some_orders(*[a_request(("TEE", 1)) for _ in range(3)])
    for order in held:
        act(order, "hold", reason="look")
    an_order(("TEE", 1), now=NOON + timedelta(seconds=1))
    # The held ones are due first, and more than one run takes.
    assert [expire_due(2, now=DUE) for _ in range(3)] == [0, 1, 0]
    assert states() == {"awaiting_payment": 3, "cancelled": 1}
    for order in held:
        assert Order.objects.get(pk=order.order_id).deadline_at == DUE + HOUR
    # Putting off is no event: nothing has happened to the order.
    assert set(Order.objects.filter(open_holds=1).values_list("version", flat=True)) == {2}
    act(held[0], "release", now=DUE)
    assert expire_due(now=DUE + HOUR) == 1
    assert broken() == {}


@pytest.mark.django_db
def test_a_run_is_bounded_and_takes_the_oldest_first(shop):
    for minute in (3, 1, 2, 0):
        an_order(("TEE", 1), now=NOON + timedelta(minutes=minute))
    assert expire_due(3, now=NOON + HOUR) == 3
    (left,) = Order.objects.filter(state="awaiting_payment")
    assert left.created_at == NOON + timedelta(minutes=3)
    assert expire_due(3, now=NOON + HOUR) == 1
    assert expire_due(3, now=NOON + HOUR) == 0


# --- workers side by side --------------------------------------------------------------------


def at_once(count: int) -> list[Any]:
    """Let workers expire together, each with a connection of its own; return what each moved."""
    gate = threading.Barrier(count)
    moved: list[Any] = [None] * count

    def work(place: int) -> None:
        try:
            gate.wait(120)
            moved[place] = expire_due(now=DUE)
        except BaseException as fault:
            moved[place] = fault
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(n,), daemon=True) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    return moved


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("workers", [2, 5])
def test_workers_at_once_do_each_once(shop, workers):
    some_orders(*[a_request(("TEE", 1)) for _ in range(MANY)])
    moved = at_once(workers)
    assert sum(moved) == MANY
    assert states() == {"cancelled": MANY}
    events = Counter(Event.objects.values_list("type", flat=True))
    assert events == {"order.placed": MANY, "order.cancelled": MANY}
    assert Balance.objects.get().reserved == 0
    assert broken() == {}


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_comes_late_finds_nothing_to_do(shop, monkeypatch):
    """Both have read the same deadlines; the second decides when the first has committed."""
    some_orders(*[a_request(("TEE", 1)) for _ in range(3)])
    advance = expire_deadlines.advance_orders
    others: list[Any] = []

    def overtaken(requests: Any, **told: Any) -> Any:
        monkeypatch.setattr(expire_deadlines, "advance_orders", advance)
        others.extend(at_once(1))
        return advance(requests, **told)

    monkeypatch.setattr(expire_deadlines, "advance_orders", overtaken)
    assert expire_due(now=DUE) == 0
    assert others == [3]
    assert Event.objects.filter(type="order.cancelled").count() == 3
    assert broken() == {}


@pytest.mark.django_db(transaction=True)
def test_an_order_that_was_paid_in_between_is_left_alone(shop, monkeypatch):
    """The deadline was read, then the money came: under the lock it is not due any more."""
    order = an_order(("TEE", 1))
    advance = expire_deadlines.advance_orders

    def overtaken(requests: Any, **told: Any) -> Any:
        act(order, "pay", now=DUE)
        return advance(requests, **told)

    monkeypatch.setattr(expire_deadlines, "advance_orders", overtaken)
    assert expire_due(now=DUE) == 0
    assert states() == {"open": 1}
    assert broken() == {}


KILLED = """
import os, signal, sys
import django
django.setup()
from datetime import datetime
from laidan.usecases import advance_orders, expire_deadlines

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[1] == "deciding":
    expire_deadlines.advance_orders = die
elif sys.argv[1] == "writing":
    write = advance_orders.write_changes
    def write_and_die(*given):
        write(*given)
        die()
    advance_orders.write_changes = write_and_die
print(expire_deadlines.expire_due(now=datetime.fromisoformat(sys.argv[2])))
"""


def own_url() -> str:
    """The address of the database that this test writes to."""
    told = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{told['NAME']}"
    scheme = "postgres" if connection.vendor == "postgresql" else "mysql"
    user = told["USER"] + (f":{told['PASSWORD']}" if told["PASSWORD"] else "")
    port = f":{told['PORT']}" if told["PORT"] else ""
    return f"{scheme}://{user}@{told['HOST']}{port}/{told['NAME']}"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("moment", ["deciding", "writing"])
def test_a_killed_worker_leaves_everything_to_the_next(shop, moment):
    """Killed between reading the deadlines and moving, or after the last write before the commit."""
    some_orders(*[a_request(("TEE", 1)) for _ in range(5)])
    rows = all_rows()
    environment = {
        **os.environ,
        "LAIDAN_DATABASE_URL": own_url(),
        "PYTHONPATH": str(ROOT / "src"),
    }
    done = subprocess.run(
        [sys.executable, "-c", KILLED, moment, DUE.isoformat()],
        env=environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert all_rows() == rows
    assert expire_due(now=DUE) == 5
    assert states() == {"cancelled": 5}
    assert broken() == {}
