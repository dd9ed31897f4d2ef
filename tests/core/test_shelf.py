"""The shelf reserves all or nothing, never more than there is, at one place where it can."""

import itertools
from dataclasses import dataclass

import pytest

from laidan.domain.stock.core import Balance, Claim, Demand, Shelf, Shortage, alerts_of
from laidan.kernel.ids import Id

NORTH, SOUTH, EAST = "north", "south", "east"


def ids():
    """Ids that cannot be mistaken for those of given balances."""
    counter = itertools.count(1)
    return lambda: Id(f"new-{next(counter)}")


@dataclass(frozen=True)
class Case:
    """What stands on the shelf, what is asked, and who serves it or what is short."""

    name: str
    shelf: dict[tuple[str, str, str], int]
    asked: list[tuple[str, str | None, int]]
    served: list[tuple[str, str, str, int]] | None = None
    short: list[tuple[str, int, int]] | None = None
    safety: int = 0
    backorder: bool = False


CASES = [
    Case("enough", {("cup", NORTH, ""): 5}, [("cup", None, 5)], [("cup", NORTH, "", 5)]),
    Case("one too many", {("cup", NORTH, ""): 4}, [("cup", None, 5)], short=[("cup", 5, 4)]),
    Case("nothing there at all", {}, [("cup", None, 1)], short=[("cup", 1, 0)]),
    Case(
        "the first place that has all of it",
        {("cup", NORTH, ""): 4, ("cup", SOUTH, ""): 5},
        [("cup", None, 5)],
        [("cup", SOUTH, "", 5)],
    ),
    Case(
        "one place for the whole order rather than the nearest for each line",
        {("cup", NORTH, ""): 9, ("cup", SOUTH, ""): 9, ("tea", SOUTH, ""): 9},
        [("cup", None, 1), ("tea", None, 1)],
        [("cup", SOUTH, "", 1), ("tea", SOUTH, "", 1)],
    ),
    Case(
        "spread where no place has all",
        {("cup", NORTH, ""): 3, ("cup", SOUTH, ""): 3},
        [("cup", None, 5)],
        [("cup", NORTH, "", 3), ("cup", SOUTH, "", 2)],
    ),
    Case(
        "spread by line",
        {("cup", NORTH, ""): 1, ("tea", SOUTH, ""): 1},
        [("cup", None, 1), ("tea", None, 1)],
        [("cup", NORTH, "", 1), ("tea", SOUTH, "", 1)],
    ),
    Case(
        "two lines of one SKU share what there is",
        {("cup", NORTH, ""): 5},
        [("cup", None, 2), ("cup", None, 3)],
        [("cup", NORTH, "", 2), ("cup", NORTH, "", 3)],
    ),
    Case(
        "two lines of one SKU are one shortage",
        {("cup", NORTH, ""): 4},
        [("cup", None, 2), ("cup", None, 3)],
        short=[("cup", 5, 4)],
    ),
    Case(
        "every short SKU is named",
        {("cup", NORTH, ""): 1, ("tea", NORTH, ""): 1, ("pot", NORTH, ""): 1},
        [("cup", None, 2), ("pot", None, 1), ("tea", None, 3)],
        short=[("cup", 2, 1), ("tea", 3, 1)],
    ),
    Case(
        "safety stock is not promised",
        {("cup", NORTH, ""): 5},
        [("cup", None, 4)],
        short=[("cup", 4, 3)],
        safety=2,
    ),
    Case(
        "less than the safety stock is nothing",
        {("cup", NORTH, ""): 1},
        [("cup", None, 1)],
        short=[("cup", 1, 0)],
        safety=2,
    ),
    Case(
        "any lot serves, the first first",
        {("pill", NORTH, "2026-01"): 2, ("pill", NORTH, "2026-02"): 2},
        [("pill", None, 3)],
        [("pill", NORTH, "2026-01", 2), ("pill", NORTH, "2026-02", 1)],
    ),
    Case(
        "a night is its own bucket",
        {("room", NORTH, "2026-11-22"): 1, ("room", NORTH, "2026-11-23"): 1},
        [("room", "2026-11-22", 1), ("room", "2026-11-23", 1)],
        [("room", NORTH, "2026-11-22", 1), ("room", NORTH, "2026-11-23", 1)],
    ),
    Case(
        "one full night refuses the stay",
        {("room", NORTH, "2026-11-22"): 1, ("room", NORTH, "2026-11-23"): 0},
        [("room", "2026-11-22", 1), ("room", "2026-11-23", 1)],
        short=[("room", 2, 1)],
    ),
    Case(
        "a backorder takes what is there and promises the rest at the first place",
        {("cup", SOUTH, ""): 2},
        [("cup", None, 5)],
        [("cup", SOUTH, "", 2), ("cup", NORTH, "", 3)],
        backorder=True,
    ),
    Case(
        "a backorder of nothing at all",
        {},
        [("cup", None, 5)],
        [("cup", NORTH, "", 5)],
        backorder=True,
    ),
]


def a_shelf(case: Case) -> Shelf:
    return Shelf(
        Balance(f"{sku}-{place}-{bucket}", sku, place, bucket, count, 0, case.safety,
                case.backorder)
        for (sku, place, bucket), count in case.shelf.items()
    )  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_who_serves_what(case):
    shelf = a_shelf(case)
    demands = [
        Demand(line_no, sku, sku, bucket, quantity, 1, case.backorder)
        for line_no, (sku, bucket, quantity) in enumerate(case.asked, 1)
    ]
    answer = shelf.reserve(demands, [NORTH, SOUTH], ids())
    if case.served is not None:
        found = [
            (one.balance.sku_id, one.balance.location_id, one.balance.bucket, one.quantity)
            for one in answer
        ]
        assert found == case.served
    else:
        assert answer == [Shortage(sku, sku, wanted, had) for sku, wanted, had in case.short]
        assert shelf.changed() == []
        assert shelf.added == []


def test_no_place_to_serve_from_is_a_shortage_even_of_backorders():
    demand = Demand(1, "cup", "cup", None, 1, 1, backorder=True)
    assert Shelf([]).reserve([demand], [], ids()) == [Shortage("cup", "cup", 1, 0)]


def test_a_place_that_does_not_serve_the_shop_is_not_touched():
    shelf = Shelf([Balance("b", "cup", EAST, "", 9, 0, 0, backorder=False)])
    demand = Demand(1, "cup", "cup", None, 1, 1, backorder=False)
    assert shelf.reserve([demand], [NORTH, SOUTH], ids()) == [Shortage("cup", "cup", 1, 0)]


def test_a_balance_opened_for_a_backorder_goes_with_its_refusal():
    """The cup could be promised, the tea is short: no empty balance of cups may stay."""
    shelf = Shelf([Balance("t", "tea", NORTH, "", 1, 0, 0, backorder=False)])
    demands = [
        Demand(1, "cup", "cup", None, 5, 1, backorder=True),
        Demand(2, "cup", "cup", None, 1, 1, backorder=True),
        Demand(3, "tea", "tea", None, 2, 1, backorder=False),
    ]
    assert shelf.reserve(demands, [NORTH], ids()) == [Shortage("tea", "tea", 2, 1)]
    assert shelf.added == []
    assert shelf.find("cup", NORTH, "") is None
    assert shelf.reserve(demands[:1], [NORTH], ids())[0].quantity == 5
    assert len(shelf.added) == 1


def test_what_is_undone_can_be_taken_again():
    shelf = Shelf([Balance("b", "cup", NORTH, "", 3, 0, 0, backorder=False)])
    demand = Demand(1, "cup", "cup", None, 3, 1, backorder=False)
    claims = shelf.reserve([demand], [NORTH], ids())
    assert isinstance(shelf.reserve([demand], [NORTH], ids())[0], Shortage)
    shelf.undo(claims)
    assert shelf.changed() == []
    assert isinstance(shelf.reserve([demand], [NORTH], ids())[0], Claim)


def test_only_what_changed_is_written_in_key_order():
    balances = [Balance(key, "cup", key, "", 5, 0, 0, backorder=False) for key in "cab"]
    shelf = Shelf(balances)
    for place in "ca":
        shelf.reserve([Demand(1, "cup", "cup", None, 5, 1, backorder=False)], [place], ids())
    assert [balance.id for balance in shelf.changed()] == ["a", "c"]


# --- alerts ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "raised", "closed"),
    [
        ((5, 0), (5, 4), set(), set()),
        ((5, 4), (5, 5), {"low"}, set()),
        ((5, 5), (5, 4), set(), {"low"}),
        ((5, 5), (4, 4), set(), set()),
        ((5, 5), (5, 6), {"oversold"}, set()),
        ((5, 4), (5, 6), {"low", "oversold"}, set()),
        ((5, 6), (9, 6), set(), {"low", "oversold"}),
        ((0, 0), (5, 0), set(), {"low"}),
        ((0, 0), (0, 2), {"oversold"}, set()),
    ],
)
def test_alerts_are_raised_and_closed_where_a_line_is_crossed(before, after, raised, closed):
    balance = Balance("b", "cup", NORTH, "", *before, 0, backorder=True)
    shelf = Shelf([balance])
    balance.on_hand, balance.reserved = after
    found = alerts_of(shelf, ids())
    assert {alert.kind for alert in found if alert.raised} == raised
    assert {alert.kind for alert in found if not alert.raised} == closed
    assert all((a.sku_id, a.location_id) == ("cup", NORTH) for a in found)


def test_a_balance_that_begins_with_a_promise_is_oversold():
    shelf = Shelf([])
    shelf.reserve([Demand(1, "cup", "cup", None, 2, 1, backorder=True)], [NORTH], ids())
    assert [(one.kind, one.raised) for one in alerts_of(shelf, ids())] == [
        ("low", True),
        ("oversold", True),
    ]
