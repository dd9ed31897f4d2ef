"""Writing into the operation log: in sets, chained, private values sealed."""

import json

import pytest

from builders import NOON, a_mint, a_request, a_shop, a_sku, some_orders
from laidan.domain.audit import core, store
from laidan.domain.audit.core import Deed, Entry
from laidan.domain.audit.models import Operation
from laidan.engine import origin, unit
from laidan.engine.models import Event
from laidan.engine.sealing import keyring
from laidan.usecases.answers import answer_of
from statements import statements

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
    counted = []
    for count in (1, 100):
        with statements() as seen:
            record(deeds(count))
        counted.append(len([sql for sql in seen if not sql.startswith(("BEGIN", "COMMIT"))]))
    assert counted == [2, 2]
    assert Operation.objects.count() == 101
    record([])
    assert Operation.objects.count() == 101


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
