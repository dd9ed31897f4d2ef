"""A small world in which much can happen: scarce goods, bundles, rooms, two shops; and requests."""

from datetime import timedelta
from typing import Any

import msgspec
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from builders import NOON, a_mint, a_shop, a_sku, some_stock
from laidan.domain.catalog.models import BundleComponent
from laidan.engine import epochs
from laidan.engine.idempotency import Once
from laidan.insights.laws import checker
from laidan.kernel.actor import SYSTEM
from laidan.usecases.order_requests import (
    AddressRequest,
    CustomerRequest,
    History,
    LineRequest,
    Money,
    PaidRequest,
    PlaceOrder,
    Placing,
)

IN_A_DATABASE = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
NIGHTS = ("2026-12-01", "2026-12-02", "2026-12-03")


@transaction.atomic
def the_world() -> None:
    """Make two shops, and SKUs of every kind of which there is not much."""
    a_shop("main", locations=("main", "south"))
    a_shop("second", locations=("south",), review_from_minor=10_000, order_prefix="SE")
    tee = a_sku("TEE", "64.00", on_hand=5)
    some_stock(tee, 7, location="south")
    cup = a_sku("CUP", "25.50", on_hand=4)
    a_sku("TEA", "12.345678", on_hand=2500, decimals=3, unit="kg")
    a_sku("LATE", "9.99", on_hand=1, backorder=True)
    a_sku("NEW", "5.00", on_hand=0, backorder=True)
    a_sku("SAFE", "7.00", on_hand=4, safety=2)
    a_sku("CODE", "3.00", on_hand=0, kind="virtual")
    a_sku("RING", "88.00", on_hand=0, kind="custom")
    room = a_sku("ROOM", "300.00", on_hand=0, kind="capacity")
    for night in NIGHTS:
        some_stock(room, 2, bucket=night)
    bundle = a_sku("SET", "99.00", on_hand=0, kind="bundle")
    for part, quantity in ((tee, 1), (cup, 2)):
        row = BundleComponent(id=a_mint().new(), bundle=bundle, sku=part, quantity=quantity)
        row.save(force_insert=True)
    epochs.bump("catalog")


GOODS = ("TEE", "CUP", "SAFE", "LATE", "NEW", "SET")
prices = st.sampled_from([None, None, "10.00", "19.99", "3.333333"])
small = st.sampled_from(["0", "0", "0", "0.01", "2.99"])


@st.composite
def line_requests(draw: Any) -> LineRequest:
    """A line of something that there is, now and then of something that there is not."""
    sku = draw(st.sampled_from([*GOODS * 3, "TEA", "CODE", "RING", "ROOM", "ROOM", "NOTHING"]))
    quantity: Any = draw(st.sampled_from([1, 1, 1, 2, 2, 3]))
    starts = ends = None
    if sku == "TEA":
        quantity = draw(st.sampled_from(["0.250", "1.5", 1, 1, "0.333", "0.0001"]))
    if sku == "ROOM":
        first = draw(st.integers(0, 2))
        starts, ends = NIGHTS[first], "2026-12-04"
        quantity = draw(st.integers(1, 2))
    return LineRequest(
        sku=sku, quantity=quantity, unit_price=draw(prices), discount=draw(small),
        tax=draw(small), from_=starts, until=ends,
    )  # fmt: skip


customers = st.sampled_from(
    [
        None,
        None,
        CustomerRequest(name="nobody in particular"),
        CustomerRequest(ref="C1", name="王小明", phone="13800138000"),
        CustomerRequest(ref="C2", name="李雷", phone="13900139000", email="li@example.com"),
        CustomerRequest(name="by phone", phone="+86 138 0013 8000"),
        CustomerRequest(name="by phone too", phone="13700137000", email="Wang@example.com"),
        CustomerRequest(name="by e-mail", email=" LI@example.com"),
        CustomerRequest(name="by e-mail too", email="wang@example.com "),
    ]
)
addresses = st.sampled_from([None, AddressRequest(name="王", phone="13800138000", street="文三路")])


@st.composite
def placings(draw: Any, number: int) -> Placing:
    """A request that is unlike all others of its batch by its number."""
    with_history = draw(st.integers(0, 9)) == 0
    paid = None
    if draw(st.integers(0, 3)) == 0 and not with_history:
        reference = draw(st.sampled_from([None, f"PAY-{number}", "PAY-SAME"]))
        amount = draw(st.sampled_from(["1.00", "64.00", "9999.00", "9999.00", "0"]))
        paid = PaidRequest(provider="test", amount=amount, reference=reference)
    history = None
    if with_history:
        history = History(
            "completed",
            captures=[Money("old", "5.00", f"OLD-{number}", NOON)],
            shipped_at=NOON, delivered_at=NOON, completed_at=NOON, paid_at=NOON,
        )  # fmt: skip
    order = PlaceOrder(
        lines=draw(st.lists(line_requests(), min_size=1, max_size=3)),
        type=draw(st.sampled_from([None] * 8 + ["retail", "virtual", "custom", "nothing"])),
        shop=draw(st.sampled_from(["main"] * 8 + ["second", "second", "nowhere"])),
        external_no=draw(st.sampled_from([None, f"T-{number}"])),
        placed_at=(NOON - timedelta(seconds=1000 - number)).isoformat(),
        customer=draw(customers),
        ship_to=draw(addresses),
        discount=draw(small),
        shipping_fee=draw(small),
        paid=paid,
        tags=draw(st.sampled_from([[], ["gift"], ["b", "a", "b"]])),
    )
    key = draw(st.sampled_from([None, None, f"key-{number}"]))
    return Placing(
        order, SYSTEM, history=history,
        once=Once("test", key, f"{number:064}") if key else None,
    )  # fmt: skip


@st.composite
def batches(draw: Any, size: int = 8) -> list[Placing]:
    """A batch in which some are linked to the next, and what has a number or key may come again."""
    made: list[Placing] = []
    again: list[Placing] = []
    for number in range(draw(st.integers(1, size))):
        if again and draw(st.integers(0, 4)) == 0:
            made.append(draw(st.sampled_from(again)))
            continue
        request = draw(placings(number))
        before = made[-1] if made else None
        if before is not None and before not in again and draw(st.integers(0, 4)) == 0:
            link = before.link or f"link-{number}"
            made[-1] = msgspec.structs.replace(before, link=link)
            request = msgspec.structs.replace(request, link=link)
        elif request.once or request.order.external_no:
            again.append(request)
        made.append(request)
    return made


def an_order_of(*skus: str, **others: Any) -> Placing:
    lines = [LineRequest(sku=sku, quantity=1) for sku in skus]
    return Placing(PlaceOrder(lines=lines, **{"shop": "main"} | others), SYSTEM)


def broken() -> list[str]:
    return [verdict.name for verdict in checker.check() if not verdict.holds]
