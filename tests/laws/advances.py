"""Orders in every stage of life, and requests to move them on, most of which make sense."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from builders import NOON
from laidan.domain.orders.models import Order
from laidan.engine.idempotency import Once
from laidan.kernel.actor import CLOCK, SYSTEM, Actor
from laidan.kernel.outcome import Done
from laidan.usecases.advance_orders import advance_orders
from laidan.usecases.order_requests import LineRequest, PaidRequest, PlaceOrder, Placing
from laidan.usecases.place_orders import place_orders
from laidan.usecases.transition_requests import Advance, ShipLine, TransitionInputs
from laws.worlds import NIGHTS

STAFF = Actor("S", "Li", frozenset(["orders:write"]))
BUYER = Actor("B", "buyer", frozenset("*"))
LATER = NOON + timedelta(hours=1)
"""When the requests of a batch are made: unpaid orders are due by then."""


def an_order(number: int, *lines: tuple[str, int], **others: Any) -> Placing:
    listed = [
        LineRequest(sku=sku, quantity=count, from_=NIGHTS[0], until=NIGHTS[2])
        if sku == "ROOM"
        else LineRequest(sku=sku, quantity=count)
        for sku, count in lines
    ]
    paid = others.pop("paid", None)
    if paid is not None:
        paid = PaidRequest(provider="test", reference=f"AT-ONCE-{number}", amount=paid)
    order = PlaceOrder(
        lines=listed,
        paid=paid,
        external_no=f"O-{number}",
        placed_at=(NOON - timedelta(minutes=10 - number)).isoformat(),
        **{"shop": "main"} | others,
    )
    return Placing(order, SYSTEM)


ORDERS = [
    an_order(0, ("TEE", 3), ("CUP", 1)),
    an_order(1, ("TEE", 2), ("TEE", 2), paid="9999.00"),
    an_order(2, ("SET", 1), ("ROOM", 1), paid="9999.00"),
    an_order(3, ("LATE", 4), ("SAFE", 1), shop="main", paid="100.00"),
    an_order(4, ("CODE", 2), type="virtual"),
    an_order(5, ("TEE", 2), shop="second", paid="9999.00"),
    an_order(6, ("RING", 1), type="custom", paid="88.00"),
    an_order(7, ("CUP", 1), paid="25.50"),
    an_order(8, ("TEA", 1), ("NEW", 1)),
]


def orders_in_all_stages(now: datetime = NOON) -> dict[str, str]:
    """Place the orders, ship and cancel some; return their ids by external number."""
    outcomes = place_orders(ORDERS, now=now)
    assert not [one for one in outcomes if not isinstance(one, Done)]
    ids = dict(Order.objects.values_list("external_no", "id"))
    part = TransitionInputs(lines=[ShipLine(line_no=1, quantity=1)], tracking_no="T1")
    steps = [
        Advance(ids["O-1"], "ship", SYSTEM, part),
        Advance(ids["O-7"], "cancel", SYSTEM, TransitionInputs(reason="buyer")),
        Advance(ids["O-8"], "hold", SYSTEM, TransitionInputs(reason="look")),
    ]
    assert all(isinstance(one, Done) for one in advance_orders(steps, now=now))
    return ids


OFTEN = ["pay", "ship", "cancel", "revive"]
SELDOM = ["approve", "reject", "finish", "deliver", "confirm_receipt", "close", "refund", "fly"]
names = st.sampled_from([*OFTEN * 2, *SELDOM, "hold", "release"])
ship_lines = st.lists(
    st.builds(
        ShipLine,
        line_no=st.sampled_from([1, 1, 2, 7]),
        quantity=st.sampled_from([None, 1, 1, 2, "0.5", 0]),
    )
    | st.builds(ShipLine, sku=st.sampled_from(["TEE", "CUP", "SET"])),
    min_size=1,
    max_size=2,
)
inputs = st.builds(
    TransitionInputs,
    reason=st.sampled_from([None, None, "buyer", 'odd "reason", \\ 王']),
    note=st.sampled_from([None, ',"order":{}']),
    amount=st.sampled_from([None] * 6 + ["1.00", "64.00", "99999.00", "0", "x"]),
    provider=st.sampled_from([None, "test"]),
    reference=st.sampled_from([None, None, "REF-1", "REF-2", "AT-ONCE-1"]),
    lines=st.none() | st.none() | ship_lines,
    courier=st.sampled_from([None, "SF"]),
    tracking_no=st.sampled_from([None, "SF123"]),
    at=st.sampled_from([None] * 8 + ["2026-11-22T12:30:00+08:00", "2030-01-01", "never"]),
    scope=st.sampled_from([None] * 4 + ["order", "fulfilment", "refund", "mood"]),
)


@st.composite
def advance_batches(draw: Any, size: int = 10) -> list[Advance]:
    """A batch about few orders, named by their external numbers; keys are each request's own."""
    known = [f"O-{n}" for n in range(9)]
    meant = draw(st.lists(st.sampled_from(known), min_size=1, max_size=3, unique=True))
    found = []
    for number in range(draw(st.integers(1, size))):
        actor = draw(st.sampled_from([SYSTEM] * 6 + [STAFF, BUYER, CLOCK]))
        key = draw(st.sampled_from([None, f"key-{number}"]))
        request = Advance(
            draw(st.sampled_from([*meant * 3, "O-99"])), draw(names), actor, draw(inputs),
            version=draw(st.sampled_from([None] * 8 + [1, 2, 3])),
            once=Once("test", key, f"{number:064}") if key else None,
        )  # fmt: skip
        found.append(request)
    return found
