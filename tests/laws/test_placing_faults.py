"""One order that faults or is refused spoils nothing beside it, and linked ones share one fate."""

import pytest
from hypothesis import given
from msgspec import structs

from builders import NOON
from laidan.domain.orders.models import Order
from laidan.domain.stock.models import Balance
from laidan.kernel.outcome import Done, Refused
from laidan.usecases.accepting import Accepter
from laidan.usecases.answers import OrderAnswer
from laidan.usecases.drafts import Draft
from laidan.usecases.place_orders import place_orders
from laws.telling import difference, lasting
from laws.worlds import IN_A_DATABASE, an_order_of, batches, broken, the_world
from rows import all_rows, undone

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def world() -> None:
    the_world()


@pytest.mark.parametrize("culprit", [0, 37, 63])
def test_a_faulting_order_among_64_leaves_63_placed(monkeypatch, culprit):
    accept = Accepter.accept

    def faulting(self: Accepter, draft: Draft) -> OrderAnswer:
        if draft.request.order.external_no == f"N-{culprit}":
            raise ZeroDivisionError
        return accept(self, draft)

    monkeypatch.setattr(Accepter, "accept", faulting)
    batch = [an_order_of("NEW", external_no=f"N-{n}") for n in range(64)]
    outcomes = place_orders(batch, now=NOON)
    refused = outcomes.pop(culprit)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.status) == ("internal-fault", 500)
    assert all(isinstance(one, Done) for one in outcomes)
    numbers = set(Order.objects.values_list("external_no", flat=True))
    assert numbers == {f"N-{n}" for n in range(64)} - {f"N-{culprit}"}
    assert Balance.objects.get(sku__code="NEW").reserved == 63
    assert broken() == []


def test_a_fault_in_the_database_stands_alone_too():
    """A text that one engine cannot keep must not harm its neighbours, whatever the engine."""
    batch = [an_order_of("NEW", external_no=f"N-{n}") for n in range(8)]
    order = structs.replace(batch[5].order, buyer_note="\ud800")
    batch[5] = structs.replace(batch[5], order=order)
    outcomes = place_orders(batch, now=NOON)
    assert [isinstance(one, Done) for one in outcomes] == [n != 5 for n in range(8)]
    assert Order.objects.count() == 7
    assert broken() == []


@IN_A_DATABASE
@given(batches())
def test_what_is_refused_leaves_nothing_behind(batch):
    with undone():
        outcomes = place_orders(batch, now=NOON)
        taken = [
            request
            for request, outcome in zip(batch, outcomes, strict=True)
            if isinstance(outcome, Done)
        ]
        rows = lasting(all_rows())
    with undone():
        again = place_orders([structs.replace(one, link=None) for one in taken], now=NOON)
        assert all(isinstance(one, Done) for one in again)
        assert difference(lasting(all_rows()), rows) is None


def test_linked_orders_share_one_fate():
    linked = [
        structs.replace(an_order_of(sku, external_no=f"L-{n}"), link="pair")
        for n, sku in enumerate(["TEE", "CUP", "NOTHING", "LATE"])
    ]
    before = all_rows()
    outcomes = place_orders([an_order_of("NOTHING"), *linked, an_order_of("NOTHING")], now=NOON)
    codes = [one.code for one in outcomes if isinstance(one, Refused)]
    other = "linked-order-refused"
    assert codes == ["unknown-sku", other, other, "unknown-sku", other, "unknown-sku"]
    assert difference(all_rows(), before) is None
    del linked[2]
    assert all(isinstance(one, Done) for one in place_orders(linked, now=NOON))
    assert Order.objects.count() == 3


def test_two_chains_beside_each_other_have_fates_of_their_own():
    batch = [
        structs.replace(an_order_of(sku, external_no=f"L-{n}"), link=link)
        for n, (sku, link) in enumerate(
            [("TEE", "a"), ("NOTHING", "a"), ("TEE", "b"), ("CUP", "b"), ("TEE", None)]
        )
    ]
    outcomes = place_orders(batch, now=NOON)
    assert [isinstance(one, Done) for one in outcomes] == [False, False, True, True, True]
    assert broken() == []


def test_a_batch_has_a_largest_size():
    with pytest.raises(ValueError, match="1000"):
        place_orders([an_order_of("NEW")] * 1001, now=NOON)
