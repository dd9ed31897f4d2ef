"""Laws of the shelf for any balances, demands and order of places."""

import itertools
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from laidan.domain.stock.core import Balance, Claim, Demand, Shelf, Shortage
from laidan.kernel.ids import Id

NORTH, SOUTH, EAST = "north", "south", "east"


def ids():
    """Ids that cannot be mistaken for those of given balances."""
    counter = itertools.count(1)
    return lambda: Id(f"new-{next(counter)}")


skus = st.sampled_from(["cup", "tea", "room"])
places = st.sampled_from([NORTH, SOUTH, EAST])
buckets = st.sampled_from(["", "2026-11-22", "2026-11-23"])
balances = st.dictionaries(
    st.tuples(skus, places, buckets),
    st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(0, 3)),
    max_size=10,
)
asked = st.lists(
    st.tuples(skus, st.none() | buckets, st.integers(1, 9), st.booleans()), min_size=1, max_size=5
)
orders_of_places = st.permutations([NORTH, SOUTH, EAST]).flatmap(
    lambda listed: st.integers(0, 3).map(lambda count: listed[:count])
)


def _shelf_of(given_balances) -> Shelf:
    return Shelf(
        Balance("|".join(key), *key, on_hand, min(reserved, on_hand), safety, backorder=False)
        for key, (on_hand, reserved, safety) in given_balances.items()
    )


def _demands_of(given_asked, *, backorder: bool | None = None) -> list[Demand]:
    return [
        Demand(line, sku, sku, bucket, quantity, 1, late if backorder is None else backorder)
        for line, (sku, bucket, quantity, late) in enumerate(given_asked, 1)
    ]


def _everything(shelf: Shelf) -> list[Balance]:
    return list(shelf._by_id.values())


@given(balances, asked, orders_of_places)
def test_all_or_nothing(given_balances, given_asked, locations):
    shelf = _shelf_of(given_balances)
    demands = _demands_of(given_asked)
    answer = shelf.reserve(demands, locations, ids())
    assert answer
    if isinstance(answer[0], Shortage):
        assert shelf.changed() == []
        assert shelf.added == []
        assert all(short.available < short.wanted for short in answer)
        assert len({short.sku_id for short in answer}) == len(answer)
        return
    got = Counter()
    for claim in answer:
        assert claim.quantity > 0
        assert claim.balance.sku_id == claim.demand.sku_id
        assert claim.balance.location_id in locations
        assert claim.demand.bucket in {None, claim.balance.bucket}
        got[claim.demand.line_no] += claim.quantity
    assert got == {demand.line_no: demand.quantity for demand in demands}


@given(balances, st.lists(asked, min_size=1, max_size=6), orders_of_places)
def test_never_more_than_there_is(given_balances, requests, locations):
    shelf = _shelf_of(given_balances)
    before = {one.id: one.available for one in _everything(shelf)}
    claimed = Counter()
    for given_asked in requests:
        answer = shelf.reserve(_demands_of(given_asked, backorder=False), locations, ids())
        if isinstance(answer[0], Claim):
            for claim in answer:
                claimed[claim.balance.id] += claim.quantity
    for balance in _everything(shelf):
        assert claimed[balance.id] <= max(0, before[balance.id])
        assert balance.reserved - balance.was_reserved == claimed[balance.id]
        assert balance.on_hand == balance.was_on_hand
    assert shelf.added == []


@given(balances, asked, orders_of_places)
def test_refused_only_where_the_places_lack_it(given_balances, given_asked, locations):
    """A naive count of what each request could get at best, bucket by bucket."""
    shelf = _shelf_of(given_balances)
    demands = _demands_of(given_asked, backorder=False)
    loose = all(demand.bucket is None for demand in demands)
    there = Counter()
    for balance in _everything(shelf):
        if balance.location_id in locations:
            there[balance.sku_id] += max(0, balance.available)
    wanted = Counter()
    for demand in demands:
        wanted[demand.sku_id] += demand.quantity
    answer = shelf.reserve(demands, locations, ids())
    if any(wanted[sku] > there[sku] for sku in wanted):
        assert isinstance(answer[0], Shortage)
    elif loose:
        assert isinstance(answer[0], Claim)


@given(balances, asked, orders_of_places)
def test_the_first_place_that_can_serve_all_serves_all(given_balances, given_asked, locations):
    demands = _demands_of(given_asked, backorder=False)
    alone = [
        place
        for place in locations
        if isinstance(_shelf_of(given_balances).reserve(demands, [place], ids())[0], Claim)
    ]
    answer = _shelf_of(given_balances).reserve(demands, locations, ids())
    if alone:
        assert {claim.balance.location_id for claim in answer} == {alone[0]}


@given(balances, asked, orders_of_places)
def test_a_backorder_is_never_short_and_promises_only_the_rest(
    given_balances, given_asked, locations
):
    shelf = _shelf_of(given_balances)
    before = {one.id: one.available for one in _everything(shelf)}
    answer = shelf.reserve(_demands_of(given_asked, backorder=True), locations, ids())
    if not locations:
        assert isinstance(answer[0], Shortage)
        return
    assert all(isinstance(claim, Claim) for claim in answer)
    for balance in _everything(shelf):
        beyond = balance.reserved - balance.was_reserved > max(0, before.get(balance.id, 0))
        if beyond:
            assert balance.location_id == locations[0]
