"""Moving a batch of orders on is moving them one by one, told and kept alike."""

from datetime import timedelta

import pytest
from hypothesis import given
from msgspec import structs

from builders import NOON, a_mint
from laidan.domain.orders.models import Order
from laidan.engine.idempotency import Once
from laidan.kernel.actor import CLOCK, SYSTEM
from laidan.kernel.outcome import Done, Refused
from laidan.usecases import advance_orders as advance_orders_module
from laidan.usecases import effects
from laidan.usecases.advance_orders import advance_orders
from laidan.usecases.expire_deadlines import expire_due
from laidan.usecases.place_orders import place_orders
from laidan.usecases.transition_requests import Advance, TransitionInputs
from laws.advances import LATER, advance_batches, an_order, orders_in_all_stages
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


def meant(batch: list[Advance], ids: dict[str, str]) -> list[Advance]:
    """Name the orders by their ids, now and then by their numbers."""
    numbers = dict(Order.objects.values_list("external_no", "order_no"))
    return [
        structs.replace(
            request,
            order=(numbers if n % 3 == 2 else ids).get(request.order, request.order),
        )
        for n, request in enumerate(batch)
    ]


@IN_A_DATABASE
@given(batch=advance_batches())
def test_a_batch_is_its_requests_one_by_one(ids, batch):
    batch = meant(batch, ids)
    with undone():
        at_once = told(advance_orders(batch, now=LATER))
        rows_at_once = lasting(all_rows())
        assert broken() == []
    with undone():
        one_by_one = told(
            [
                outcome
                for number, request in enumerate(batch)
                for outcome in advance_orders([request], now=LATER + timedelta(milliseconds=number))
            ]
        )
        rows_one_by_one = lasting(all_rows())
    assert difference(at_once, one_by_one) is None
    assert difference(rows_at_once, rows_one_by_one) is None


@IN_A_DATABASE
@given(batch=advance_batches())
def test_the_same_requests_again_change_nothing_and_are_answered_the_same(ids, batch):
    batch = [
        structs.replace(request, once=Once("test", f"again-{n}", f"{n:064}"))
        for n, request in enumerate(meant(batch, ids))
    ]
    with undone():
        outcomes = advance_orders(batch, now=LATER)
        first = told(outcomes)
        done = [n for n, outcome in enumerate(outcomes) if isinstance(outcome, Done)]
        rows = all_rows()
        again = told(advance_orders([batch[n] for n in done], now=LATER + timedelta(minutes=1)))
        assert difference(all_rows(), rows) is None
    for n, other in zip(done, again, strict=True):
        one = first[n]
        assert other[3] is True
        assert difference(one[:3] + one[4:], other[:3] + other[4:]) is None


@IN_A_DATABASE
@given(batch=advance_batches())
def test_what_is_refused_leaves_nothing_behind(ids, batch):
    """Without the refused ones, the batch leaves the same rows; the clock's are put off."""
    batch = [request for request in meant(batch, ids) if request.actor is not CLOCK]
    with undone():
        outcomes = advance_orders(batch, now=LATER)
        rows = lasting(all_rows())
    with undone():
        taken = [
            request
            for request, outcome in zip(batch, outcomes, strict=True)
            if isinstance(outcome, Done)
        ]
        again = advance_orders(taken, now=LATER)
        assert all(isinstance(one, Done) for one in again)
        assert difference(lasting(all_rows()), rows) is None


@IN_A_DATABASE
@given(batch=advance_batches())
def test_deciding_runs_no_statement(ids, batch):
    batch = meant(batch, ids)
    with undone():
        advancer = advance_orders_module._load(batch, LATER, a_mint(LATER))
        with no_statement():
            outcomes = [advancer.decide(request) for request in batch]
    assert len(outcomes) == len(batch)


# --- statements -----------------------------------------------------------------------------


def many_orders(count: int, **others: object) -> list[str]:
    outcomes = place_orders(
        [an_order(100 + n, ("NEW", 1), ("LATE", 1), **others) for n in range(count)], now=NOON
    )
    assert all(isinstance(one, Done) for one in outcomes)
    return [one.value.order_id for one in outcomes]


TRANSITIONS = [
    ("pay", {}, TransitionInputs(amount="1.00")),
    ("pay", {}, TransitionInputs()),
    ("hold", {}, TransitionInputs(reason="look")),
    ("cancel", {}, TransitionInputs(reason="buyer")),
    ("cancel", {"paid": "5.00"}, TransitionInputs(reason="buyer")),
    ("refund", {"paid": "9999.00"}, TransitionInputs(amount="1.00")),
    ("ship", {"paid": "9999.00"}, TransitionInputs()),
]


@pytest.mark.parametrize(("name", "others", "inputs"), TRANSITIONS)
def test_a_hundred_take_as_many_statements_as_one(name, others, inputs):
    the_world()
    # Three stay as they are: what they keep promised keeps alerts from coming and going.
    orders = many_orders(105, **others)[:102]
    # The first one raises the alerts of a balance that runs out, once for all.
    advance_orders([Advance(orders[0], name, SYSTEM, inputs)], now=LATER)
    with statements() as for_one:
        one = advance_orders([Advance(orders[1], name, SYSTEM, inputs)], now=LATER)
    with statements() as for_many:
        many = advance_orders(
            [Advance(order, name, SYSTEM, inputs) for order in orders[2:]], now=LATER
        )
    if name != "ship":
        assert all(isinstance(outcome, Done) for outcome in (*one, *many))
    # A backorder cannot go out yet: refusing it takes no write at all.
    assert [sql[:40] for sql in for_many] == [sql[:40] for sql in for_one]


def test_the_clock_takes_a_hundred_in_as_many_statements_as_one():
    the_world()
    many_orders(1)
    expire_due(now=LATER)
    many = many_orders_from(200, 1)
    with statements() as for_one:
        assert expire_due(now=LATER) == 1
    many += many_orders_from(300, 100)
    with statements() as for_many:
        assert expire_due(now=LATER) == 100
    assert [sql[:40] for sql in for_many] == [sql[:40] for sql in for_one]
    assert set(Order.objects.filter(pk__in=many).values_list("state", flat=True)) == {"cancelled"}
    assert broken() == []


def many_orders_from(first: int, count: int) -> list[str]:
    outcomes = place_orders([an_order(first + n, ("NEW", 1)) for n in range(count)], now=NOON)
    return [one.value.order_id for one in outcomes]


# --- faults ---------------------------------------------------------------------------------


@pytest.mark.parametrize("culprit", [0, 21, 63])
def test_a_faulting_request_among_64_leaves_63_moved(monkeypatch, culprit):
    the_world()
    orders = many_orders_from(100, 64)
    capture = effects.EFFECTS["capture"]

    def faulting(work, inputs, scene):
        if work.row.id == orders[culprit]:
            raise ZeroDivisionError
        return capture(work, inputs, scene)

    monkeypatch.setitem(effects.EFFECTS, "capture", faulting)
    outcomes = advance_orders([Advance(order, "pay", SYSTEM) for order in orders], now=LATER)
    refused = outcomes.pop(culprit)
    assert isinstance(refused, Refused)
    assert refused.code == "internal-fault"
    assert all(isinstance(one, Done) for one in outcomes)
    left = Order.objects.filter(pk__in=orders, state="awaiting_payment")
    assert [order.id for order in left] == [orders[culprit]]
    assert broken() == []
