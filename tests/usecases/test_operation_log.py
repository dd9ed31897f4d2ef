"""Writing into the operation log: in sets, chained, private values sealed."""

import json

import msgspec
import pytest

from builders import NOON, a_location, a_mint, a_request, a_shop, a_sku, some_orders
from laidan.domain.audit import core, store
from laidan.domain.audit.core import Deed, Entry
from laidan.domain.audit.models import Operation
from laidan.engine import origin, unit
from laidan.engine.models import Event
from laidan.engine.sealing import keyring
from laidan.kernel.actor import SYSTEM
from laidan.usecases import grant_access
from laidan.usecases.answers import answer_of
from laidan.usecases.customer_requests import CustomerWish, UpsertCustomer
from laidan.usecases.move_stock import move_stock
from laidan.usecases.movement_requests import MovementRequest, MoveStock
from laidan.usecases.note_exports import note_export
from laidan.usecases.product_requests import PriceListRequest, SetPrices
from laidan.usecases.set_prices import set_prices
from laidan.usecases.upsert_customers import upsert_customers
from statements import statements
from usecases.wishes import a_wish, done, tee

pytestmark = pytest.mark.django_db


def deeds(count: int) -> list[Deed]:
    return [
        Deed("user:mei", "price.set", "sku", str(place), f"SKU 💎{place}",
             before={"price": "1.00", "name": "same"}, after={"price": "2.00", "name": "same"})
        for place in range(count)
    ]  # fmt: skip


def record(made: list[Deed]) -> None:
    unit.run_once(lambda: store.record(made, now=NOON, mint=a_mint()))


def test_a_hundred_deeds_cost_the_statements_of_one(transactional_db: None) -> None:
    record(deeds(1))  # what is read once in a process has been read then
    counted = []
    for count in (1, 100):
        with statements() as seen:
            record(deeds(count))
        counted.append(len([sql for sql in seen if not sql.startswith(("BEGIN", "COMMIT"))]))
    assert counted == [2, 2]
    assert Operation.objects.count() == 102
    record([])
    assert Operation.objects.count() == 102


def test_an_entry_says_who_what_from_where_and_what_changed(transactional_db: None) -> None:
    here = origin.origin_of(origin.PAGE, address="10.0.0.7", agent="Firefox", request="r1")
    private = Deed(
        "user:mei", "customer.changed", "customer", "c1", "C001", reason="asked by phone",
        before={"phone": "13800138000"}, after={"phone": "13900139000"}, private=("phone",),
    )  # fmt: skip
    with origin.coming_from(here):
        record([*deeds(1), private])
    first, second = Operation.objects.order_by("seq")
    assert (first.door, first.address, first.agent, first.request) == (
        "page", "10.0.0.7", "Firefox", "r1",
    )  # fmt: skip
    assert json.loads(first.changes) == {"price": ["1.00", "2.00"]}
    assert (first.label, first.sealed) == ("SKU 💎0", None)
    assert "13800138000" not in second.changes
    assert json.loads(keyring().unseal(str(second.sealed), second.id)) == {
        "phone": ["13800138000", "13900139000"]
    }
    assert second.reason == "asked by phone"


def test_each_entry_is_chained_to_the_one_before(transactional_db: None) -> None:
    record(deeds(2))
    record(deeds(1))
    previous = core.NO_HASH
    rows = list(Operation.objects.order_by("seq"))
    assert [row.seq for row in rows] == [1, 2, 3]
    for row in rows:
        entry = Entry(*(getattr(row, name) for name in Entry._fields))
        assert core.entry_hash(previous, entry) == row.hash
        previous = row.hash


def test_what_is_rolled_back_leaves_no_entry(transactional_db: None) -> None:
    unit.run_undone(lambda: store.record(deeds(3), now=NOON, mint=a_mint()))
    assert not Operation.objects.exists()


def test_an_order_s_event_says_from_where_it_came(transactional_db: None) -> None:
    a_shop()
    a_sku()
    nasty = origin.origin_of(origin.PAGE, address="10.0.0.7", agent='","order":{"x"', request="r1")
    with origin.coming_from(nasty):
        request = a_request(("TEE-RED-M", 1))
    (placed,) = some_orders(request)
    (plain,) = some_orders(a_request(("TEE-RED-M", 1)))
    event = Event.objects.get(subject_id=placed.order_id)
    assert json.loads(event.payload)["origin"] == {
        "door": "page", "address": "10.0.0.7", "request": "r1", "agent": '","order":{"x"',
    }  # fmt: skip
    again = answer_of(placed.order_id, event.payload, event.sealed)
    assert (again.order_no, again.document) == (placed.order_no, placed.document)
    assert '"origin"' not in Event.objects.get(subject_id=plain.order_id).payload


def told(action: str) -> dict[str, object]:
    """What the log says changed, of the last entry of an action."""
    changes: dict[str, object] = json.loads(Operation.objects.filter(action=action).last().changes)
    return changes


def test_master_data_stock_and_access_are_told_with_before_and_after() -> None:
    a_location()
    done(a_wish("TEE", tee(barcode="690")))
    done(a_wish("TEE", tee(price="65.00", barcode="691")))
    assert told("product.changed") == {
        "TEE.barcodes": [["690"], ["691"]],
        "TEE.price": ["64.000000", "65.000000"],
    }
    prices = {"code": "vip", "currency": "CNY", "prices": [{"sku": "TEE", "price": "60"}]}
    set_prices([SetPrices(msgspec.convert(prices, PriceListRequest), SYSTEM)], now=NOON)
    assert told("price-list.created")["TEE ≥ 0"] == [None, "60.000000"]
    moved = MovementRequest("receive", "TEE", "main", 5, reason="found", reference="D1")
    move_stock([MoveStock(moved, SYSTEM)], now=NOON)
    assert told("stock.received") == {"location": [None, "main"], "quantity": [None, 5]}
    for phone in ("13800138000", "13900139000"):
        wish = CustomerWish("C1", name="王小明", phone=phone)
        upsert_customers([UpsertCustomer(wish, SYSTEM)], now=NOON)
    assert told("customer.changed") == {"phone": ["138****8000", "139****9000"]}
    assert "王小明" not in str(list(Operation.objects.values()))
    with origin.coming_from(origin.origin_of(origin.CLI, who="shell:mei")):
        user = grant_access.NewUser("lei", "green-tea-and-9-cakes")
        grant_access.add_user(user, now=NOON, mint=a_mint())
        grant_access.set_password("lei", "jasmine-and-7-pears", now=NOON)
    created, reset = Operation.objects.filter(kind="user").order_by("seq")
    assert (created.action, reset.action) == ("user.created", "password.reset")
    assert {(one.actor, one.door) for one in (created, reset)} == {("shell:mei", "cli")}
    assert "green-tea" not in str(list(Operation.objects.values()))
    before = Operation.objects.count()
    done(a_wish("TEE", tee(price="65.00", barcode="691")))
    set_prices([SetPrices(msgspec.convert(prices, PriceListRequest), SYSTEM)], now=NOON)
    assert Operation.objects.count() == before


def test_an_export_is_told_without_whom_it_searched_for() -> None:
    asked = {"format": "csv", "phone": "13800138000", "q": "王小明", "state": ["open"]}
    note_export("orders", asked, now=NOON, actor="user:mei")
    entry = Operation.objects.get()
    assert (entry.actor, entry.action, entry.label) == ("user:mei", "export.created", "orders")
    assert json.loads(entry.changes) == {"format": [None, "csv"], "state": [None, ["open"]]}
