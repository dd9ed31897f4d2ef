"""Placing a batch is placing its orders one by one, told and kept alike."""

from datetime import timedelta

import pytest
from hypothesis import given
from msgspec import structs

from builders import NOON, a_mint
from laidan.domain.stock.models import Balance
from laidan.engine.idempotency import Once
from laidan.engine.sealing import keyring
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Refused
from laidan.usecases import place_orders as place_orders_module
from laidan.usecases.known_orders import load_known
from laidan.usecases.order_requests import (
    AddressRequest,
    CustomerRequest,
    LineRequest,
    PaidRequest,
    Placing,
)
from laidan.usecases.place_orders import place_orders
from laws.telling import difference, lasting, told
from laws.worlds import IN_A_DATABASE, NIGHTS, an_order_of, batches, broken, the_world
from rows import all_rows, counts, undone
from statements import no_statement, statements

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def world() -> None:
    the_world()


def chains(batch: list[Placing]) -> list[list[Placing]]:
    """Split into what shares one fate: neighbours of one link, all others alone."""
    found: list[list[Placing]] = []
    for request in batch:
        if found and request.link is not None and found[-1][0].link == request.link:
            found[-1].append(request)
        else:
            found.append([request])
    return found


@IN_A_DATABASE
@given(batches())
def test_a_batch_is_its_orders_one_by_one(batch):
    with undone():
        at_once = told(place_orders(batch, now=NOON))
        rows_at_once = lasting(all_rows())
        assert broken() == []
    with undone():
        one_by_one = told(
            [
                outcome
                for number, chain in enumerate(chains(batch))
                for outcome in place_orders(chain, now=NOON + timedelta(milliseconds=number))
            ]
        )
        rows_one_by_one = lasting(all_rows())
    assert difference(at_once, one_by_one) is None
    assert difference(rows_at_once, rows_one_by_one) is None


# --- again and again ------------------------------------------------------------------------


@IN_A_DATABASE
@given(batches())
def test_the_same_batch_again_changes_nothing_and_answers_the_same(batch):
    """Every order has a number or a key; what was refused is refused again."""
    batch = [
        request
        if request.once or request.order.external_no
        else structs.replace(request, once=Once("test", f"again-{n}", f"{n:064}"))
        for n, request in enumerate(batch)
    ]
    with undone():
        first = told(place_orders(batch, now=NOON))
        rows = all_rows()
        again = told(place_orders(batch, now=NOON + timedelta(hours=1)))
        assert difference(all_rows(), rows) is None
    for one, other in zip(first, again, strict=True):
        if one[0] == "done":
            # All but that it was there before.
            assert other[3] is True
            assert difference(one[:3] + one[4:], other[:3] + other[4:]) is None
        elif one[1] not in {"out-of-stock", "linked-order-refused", "duplicate-payment"}:
            assert difference(one, other) is None
        else:
            assert other[0] == "refused"


@pytest.mark.parametrize("count", [2, 50, 1000])
def test_a_large_batch_again_by_number_and_by_key(count):
    requests = [an_order_of("NEW", external_no=f"N-{n}") for n in range(count)]
    requests += [with_key(an_order_of("NEW"), f"K-{n}") for n in range(count)]
    first = place_orders(requests[:1000], now=NOON)
    rows = counts()
    again = place_orders(requests[:1000], now=NOON)
    assert counts() == rows
    assert all(isinstance(one, Done) and not one.replayed for one in first)
    assert all(isinstance(one, Done) and one.replayed for one in again)
    assert [one.value.order_id for one in again] == [one.value.order_id for one in first]


# --- statements -----------------------------------------------------------------------------


def with_key(request: Placing, key: str) -> Placing:
    return structs.replace(request, once=Once("test", key, f"{hash(key)}"))


def a_full_order(number: int) -> Placing:
    """An order that has everything that an order can have."""
    lines = [LineRequest(sku=sku, quantity=1) for sku in ("NEW", "LATE")]
    lines.append(LineRequest(sku="ROOM", quantity=1, from_=NIGHTS[0], until=NIGHTS[2]))
    request = an_order_of(
        external_no=f"S-{number}",
        customer=CustomerRequest(
            ref=f"R-{number}", phone=f"1380000{number % 1000:04}", email="a@b.cn"
        ),
        ship_to=AddressRequest(name="王", phone="13800138000"),
        tags=["gift", "vip"],
        paid=PaidRequest(provider="test", reference=f"P-{number}", amount="9999.00"),
        discount="1.00",
        shipping_fee="10.00",
    )
    order = structs.replace(request.order, lines=lines)
    return with_key(structs.replace(request, order=order), f"S-{number}")


@pytest.mark.parametrize("make", [a_full_order, lambda n: an_order_of("NEW")])
def test_a_hundred_orders_take_as_many_statements_as_one(make):
    many_nights()
    # The first ones raise alerts, once for all.
    place_orders([make(-1), make(0)], now=NOON)
    with statements() as for_one:
        (one,) = place_orders([make(1)], now=NOON)
    with statements() as for_many:
        many = place_orders([make(n) for n in range(2, 102)], now=NOON)
    assert all(isinstance(outcome, Done) for outcome in (one, *many))
    assert [sql[:40] for sql in for_many] == [sql[:40] for sql in for_one]


@pytest.mark.parametrize("number", ["by number", "by key"])
def test_a_hundred_replays_take_as_many_statements_as_one(number):
    by_key = number == "by key"
    requests = [
        with_key(an_order_of("NEW"), f"K-{n}")
        if by_key
        else an_order_of("NEW", external_no=f"N-{n}")
        for n in range(101)
    ]
    place_orders(requests, now=NOON)
    with statements() as for_one:
        place_orders(requests[:1], now=NOON)
    with statements() as for_many:
        place_orders(requests[1:], now=NOON)
    assert len(for_many) == len(for_one)
    assert not [sql for sql in for_many if not sql.startswith("SELECT")]


def test_refusing_a_hundred_writes_nothing():
    requests = [an_order_of("CUP", "NOTHING", external_no=f"N-{n}") for n in range(100)]
    place_orders(requests[:1], now=NOON)
    with statements() as seen:
        outcomes = place_orders(requests, now=NOON)
    assert all(isinstance(outcome, Refused) for outcome in outcomes)
    assert not [sql for sql in seen if not sql.startswith("SELECT")]


def many_nights() -> None:
    """Make room for a hundred and two at once."""
    Balance.objects.filter(sku__code="ROOM").update(on_hand=200)


# --- deciding -------------------------------------------------------------------------------


@IN_A_DATABASE
@given(batches())
def test_deciding_runs_no_statement(batch):
    with undone():
        keys = keyring()
        known = load_known(batch, keys)
        with no_statement():
            decision = place_orders_module.decide(known, batch, now=NOON, mint=a_mint(), keys=keys)
    assert len(decision.outcomes) == len(batch)


@IN_A_DATABASE
@given(batches())
def test_deciding_depends_on_its_arguments_alone(batch):
    """Equal state, instants and entropy decide equally: nothing else is looked at."""
    decisions = []
    for _ in range(2):
        with undone():
            keys = keyring()
            known = load_known(batch, keys)
            mint = Mint(NOON, lambda size: b"\x5a" * size)
            decision = place_orders_module.decide(known, batch, now=NOON, mint=mint, keys=keys)
            decisions.append(
                [decision.lines, decision.allocations, decision.entries, decision.tags,
                 [event[:8] for event in decision.events], decision.counts.changes()]
            )  # fmt: skip
    assert decisions[0] == decisions[1]
