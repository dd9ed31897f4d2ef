"""Amending a batch of orders is amending them one by one, told and kept alike."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from msgspec import structs

from builders import NOON, a_mint
from laidan.domain.orders.models import Order
from laidan.engine.idempotency import Once
from laidan.kernel.actor import SYSTEM
from laidan.kernel.outcome import Done, Refused
from laidan.usecases import amend_orders as amend_orders_module
from laidan.usecases.amend_orders import amend_orders
from laidan.usecases.place_orders import place_orders
from laidan.usecases.transition_requests import Amend, AmendOrder
from laws.advances import LATER, an_order, orders_in_all_stages
from laws.amendments import amend_batches, meant_amends
from laws.telling import difference, lasting, told
from laws.worlds import IN_A_DATABASE, broken, the_world
from rows import all_rows, undone
from statements import no_statement, statements

pytestmark = pytest.mark.django_db


@pytest.fixture
def ids() -> dict[str, str]:
    """The orders of a world, by external number."""
    the_world()
    return orders_in_all_stages()


@IN_A_DATABASE
@given(drawn=amend_batches())
def test_a_batch_is_its_requests_one_by_one(ids, drawn):
    batch = meant_amends(drawn, ids)
    with undone():
        at_once = told(amend_orders(batch, now=LATER))
        rows_at_once = lasting(all_rows())
        assert broken() == []
    with undone():
        one_by_one = told(
            [
                outcome
                for number, request in enumerate(batch)
                for outcome in amend_orders([request], now=LATER + timedelta(milliseconds=number))
            ]
        )
        rows_one_by_one = lasting(all_rows())
    assert difference(at_once, one_by_one) is None
    assert difference(rows_at_once, rows_one_by_one) is None


@IN_A_DATABASE
@given(drawn=amend_batches())
def test_the_same_requests_again_change_nothing_and_are_answered_the_same(ids, drawn):
    batch = [
        structs.replace(request, once=Once("test", f"again-{n}", f"{n:064}"))
        for n, request in enumerate(meant_amends(drawn, ids))
    ]
    with undone():
        outcomes = amend_orders(batch, now=LATER)
        done = [n for n, outcome in enumerate(outcomes) if isinstance(outcome, Done)]
        first = told([outcomes[n] for n in done])
        rows = all_rows()
        again = told(amend_orders([batch[n] for n in done], now=LATER + timedelta(minutes=1)))
        assert difference(all_rows(), rows) is None
    for one, other in zip(first, again, strict=True):
        assert other[3] is True
        assert difference(one[:3] + one[4:], other[:3] + other[4:]) is None


@IN_A_DATABASE
@given(drawn=amend_batches())
def test_what_is_refused_leaves_nothing_behind(ids, drawn):
    batch = meant_amends(drawn, ids)
    with undone():
        outcomes = amend_orders(batch, now=LATER)
        rows = lasting(all_rows())
    with undone():
        taken = [
            request
            for request, outcome in zip(batch, outcomes, strict=True)
            if isinstance(outcome, Done)
        ]
        assert all(isinstance(one, Done) for one in amend_orders(taken, now=LATER))
        assert difference(lasting(all_rows()), rows) is None


@IN_A_DATABASE
@given(drawn=amend_batches())
def test_deciding_runs_no_statement(ids, drawn):
    batch = meant_amends(drawn, ids)
    with undone():
        amender = amend_orders_module._load(batch, LATER, a_mint(LATER))
        with no_statement():
            outcomes = [amender.decide(request) for request in batch]
    assert len(outcomes) == len(batch)


ALL_PARTS = {
    "seller_note": "fragile",
    "priority": "high",
    "tags": ["gift", "vip"],
    "customer": {"name": "王", "phone": "13600136000"},
    "ship_to": {"name": "王", "phone": "13600136000"},
    "shipping_fee": "10.00",
    "lines": {"add": [{"sku": "LATE", "quantity": 2}]},
}


@pytest.mark.parametrize("changes", [{"seller_note": "fragile"}, ALL_PARTS])
def test_a_hundred_take_as_many_statements_as_one(changes):
    the_world()
    placed = place_orders(
        [an_order(100 + n, ("NEW", 1), ("LATE", 1)) for n in range(102)], now=NOON
    )
    orders = [one.value.order_id for one in placed]
    wanted = msgspec.convert(changes, AmendOrder)
    amend_orders([Amend(orders[0], wanted, SYSTEM)], now=LATER)
    with statements() as for_one:
        one = amend_orders([Amend(orders[1], wanted, SYSTEM)], now=LATER)
    with statements() as for_many:
        many = amend_orders([Amend(order, wanted, SYSTEM) for order in orders[2:]], now=LATER)
    assert all(isinstance(outcome, Done) for outcome in (*one, *many))
    assert [sql[:40] for sql in for_many] == [sql[:40] for sql in for_one]
    assert broken() == []


def test_a_faulting_request_among_64_leaves_63_amended(monkeypatch):
    the_world()
    placed = place_orders([an_order(100 + n, ("NEW", 1)) for n in range(64)], now=NOON)
    orders = [one.value.order_id for one in placed]
    checked = amend_orders_module._checked

    def faulting(work, changes):
        if work.row.id == orders[40]:
            raise ZeroDivisionError
        return checked(work, changes)

    monkeypatch.setattr(amend_orders_module, "_checked", faulting)
    wanted = AmendOrder(seller_note="fragile")
    outcomes = amend_orders([Amend(order, wanted, SYSTEM) for order in orders], now=LATER)
    assert isinstance(outcomes.pop(40), Refused)
    assert all(isinstance(one, Done) for one in outcomes)
    left = Order.objects.filter(pk__in=orders, seller_note="")
    assert [order.id for order in left] == [orders[40]]
    assert broken() == []
