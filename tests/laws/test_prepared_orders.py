"""Preparing an order ahead changes who does the work, and nothing that is told or kept."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given

from builders import NOON
from laidan.domain.catalog import store as catalog
from laidan.domain.catalog.models import Sku
from laidan.domain.channels import store as channels
from laidan.domain.orders import documents
from laidan.domain.orders import store as orders
from laidan.domain.orders.models import Order
from laidan.domain.parties.models import Customer
from laidan.engine import epochs
from laidan.kernel.actor import SYSTEM
from laidan.kernel.outcome import Done
from laidan.usecases.known_orders import known_of
from laidan.usecases.order_requests import CustomerRequest, LineRequest, PlaceOrder, Placing
from laidan.usecases.place_orders import place_orders
from laidan.usecases.preparing import Preparer
from laws.telling import difference, lasting, told
from laws.worlds import IN_A_DATABASE, batches, broken, the_world
from rows import all_rows, undone
from usecases.steps import bump

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def world() -> None:
    the_world()
    epochs.forget_all()
    at = epochs.read()
    catalog.load_skus(set(Sku.objects.values_list("code", flat=True)), at)
    channels.load_shops({""}, at)
    with undone():
        place_orders([an_order()], now=NOON)  # which loads the order types


def an_order(**changes: object) -> Placing:
    sku = Sku.objects.filter(kind="goods").order_by("code").first()
    assert sku is not None
    order = PlaceOrder(lines=[LineRequest(sku=sku.code)], shop="main")
    return Placing(msgspec.structs.replace(order, **changes), SYSTEM)


@IN_A_DATABASE
@given(batches())
def test_a_prepared_batch_is_told_and_kept_alike(batch):
    with undone():
        plain = told(place_orders(batch, now=NOON))
        plain_rows = lasting(all_rows())
    preparer = Preparer()
    ready = [preparer.prepare(request, now=NOON) for request in batch]
    with undone():
        prepared = told(place_orders(ready, now=NOON))
        assert difference(plain, prepared) is None
        assert difference(plain_rows, lasting(all_rows())) is None
        assert broken() == []


def test_what_was_prepared_is_used_once_and_only_while_reference_data_stand(monkeypatch):
    used: list[int] = []

    def noting(*args: object, **names: object) -> object:
        known = known_of(*args, **names)  # type: ignore[arg-type]  # passed on as it came
        used.append(len(known.ready))
        return known

    monkeypatch.setattr("laidan.usecases.place_orders.known_of", noting)
    request = Preparer().prepare(an_order(), now=NOON)
    (first,) = place_orders([request], now=NOON)
    assert isinstance(first, Done)
    # The same number and ids again meet the order that has them, and are drawn up anew.
    (again,) = place_orders([request], now=NOON)
    assert isinstance(again, Done)
    assert again.value.order_no != first.value.order_no
    assert used == [1, 1, 0]
    bump("catalog")
    assert isinstance(place_orders([request], now=NOON)[0], Done)
    assert used == [1, 1, 0, 0]
    assert broken() == []


def test_what_cannot_be_known_ahead_is_left_as_it_was():
    preparer = Preparer()
    for strange in (an_order(shop="nowhere"), an_order(type="nothing"),
                    an_order(lines=[LineRequest(sku="GHOST")]),
                    an_order(lines=an_order().order.lines, discount="much")):  # fmt: skip
        assert preparer.prepare(strange, now=NOON) is strange


def test_what_has_run_out_is_not_drawn_up_for_a_while():
    preparer = Preparer()
    line = an_order().order.lines[0]
    greedy = an_order(lines=[msgspec.structs.replace(line, quantity=10**9)])
    preparer.note_short(place_orders([greedy], now=NOON), now=NOON)
    assert preparer.prepare(an_order(), now=NOON).prepared is None
    assert preparer.prepare(an_order(), now=NOON + timedelta(seconds=2)).prepared is not None


@IN_A_DATABASE
@given(batches())
def test_a_document_put_together_is_the_document_encoded(batch):
    with undone():
        place_orders(batch, now=NOON)
        rows = orders.load_orders(Order.objects.values_list("id", flat=True), lock=False)
        lines = orders.load_lines(rows)
        for row in rows.values():
            own = lines.get(row.id, [])
            whole = msgspec.json.encode(documents.document(row, own, "main"))
            assert documents.document_text(row, own, "main") == whole


def test_prepared_orders_of_one_newcomer_make_one_customer_whom_later_ones_find():
    person = CustomerRequest(ref="C-9", name="Wang", phone="13800138000")
    preparer = Preparer()

    def placed(count: int) -> set[str | None]:
        ready = [preparer.prepare(an_order(customer=person), now=NOON) for _ in range(count)]
        assert all(request.prepared.draft.contact for request in ready)
        done = place_orders(ready, now=NOON)
        ids = [one.value.order_id for one in done if isinstance(one, Done)]
        assert len(ids) == count
        return set(Order.objects.filter(id__in=ids).values_list("customer_id", flat=True))

    (first,) = placed(2)
    assert placed(1) == {first}
    assert list(Customer.objects.filter(ref="C-9").values_list("id", flat=True)) == [first]
