"""Every filter, sort and page of the order list against a plain reading of all orders."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from builders import a_customer, a_request, a_shop, a_sku, some_orders, the_order_types
from laidan.blueprints import library
from laidan.domain.orders import queries, ways
from laidan.domain.orders.models import Order, OrderLine, OrderTag
from laidan.domain.orders.selecting import Position
from laidan.domain.parties.models import Customer
from laidan.insights import order_conditions
from laidan.insights.order_conditions import OrderFilter
from laidan.insights.order_list import find_page
from laidan.usecases.order_requests import History

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
SORTS = ("placed_at", "-placed_at", "updated_at", "-updated_at", "total", "-total")
NAMES = ("王小明", "王芳", "李雷", "Ann_e", "Ann%e", "anne")
SKUS = ("COMMON", "RARE", "CASE-A")
FILTERS: dict[str, OrderFilter] = {
    "none": OrderFilter(),
    "type": OrderFilter(type=["virtual"]),
    "shop": OrderFilter(shop=["second"]),
    "state": OrderFilter(state=["awaiting_payment"]),
    "two states": OrderFilter(state=["open", "cancelled"]),
    "category": OrderFilter(category=["completed"]),
    "customer": OrderFilter(customer="C2"),
    "nobody": OrderFilter(customer="C999"),
    "phone": OrderFilter(phone="+86 138-0000-0001"),
    "last four digits": OrderFilter(phone="0002"),
    "external number": OrderFilter(external_no="X-7"),
    "common sku": OrderFilter(sku="COMMON"),
    "rare sku": OrderFilter(sku="RARE"),
    "unknown sku": OrderFilter(sku="NONE"),
    "tag": OrderFilter(tag="vip"),
    "from": OrderFilter(placed_from=NOW - timedelta(days=10)),
    "span": OrderFilter(placed_from=NOW - timedelta(days=60), placed_to=NOW - timedelta(days=30)),
    "updated": OrderFilter(updated_from=NOW - timedelta(minutes=20)),
    "from a total": OrderFilter(min_total=Decimal("100.001")),
    "totals": OrderFilter(min_total=Decimal(20), max_total=Decimal("60.00")),
    "late": OrderFilter(late=True),
    "in time": OrderFilter(late=False),
    "held": OrderFilter(held=True),
    "free": OrderFilter(held=False),
    "name": OrderFilter(q="王"),
    "name with underscore": OrderFilter(q="Ann_"),
    "reference": OrderFilter(q="C3"),
    "search phone": OrderFilter(q="13800000001"),
    "search digits": OrderFilter(q="0003"),
    "search external": OrderFilter(q="X-8"),
    "search sku": OrderFilter(q="RARE"),
    "search nothing": OrderFilter(q="zzz"),
    "shop and state": OrderFilter(shop=["main"], state=["open"]),
    "sku and span": OrderFilter(
        sku="COMMON", placed_from=NOW - timedelta(days=50), placed_to=NOW - timedelta(days=9)
    ),
    "category and sku": OrderFilter(category=["open", "awaiting_payment"], sku="COMMON"),
    "tag and total": OrderFilter(tag="vip", min_total=Decimal(30)),
    "state and span": OrderFilter(state=["completed"], placed_from=NOW - timedelta(days=40)),
    "everything": OrderFilter(
        shop=["main"], sku="COMMON", tag="vip", min_total=Decimal(1), q="王", held=False
    ),
}


@pytest.fixture
def orders() -> list[Order]:
    """Two hundred orders of two shops and two types, in five states, some tagged, late or held."""
    a_shop("main")
    a_shop("second", default_type="virtual")
    for code in SKUS:
        a_sku(code, "10.00", on_hand=0, kind="virtual")
    chance = random.Random(7)
    for start in range(0, 200, 20):
        some_orders(
            *(_request(chance, number) for number in range(start, start + 20)),
            now=NOW - timedelta(minutes=200 - start),
        )
    for order in Order.objects.order_by("id"):
        Order.objects.filter(pk=order.pk).update(
            late_at=chance.choice([None, NOW - timedelta(hours=1), NOW + timedelta(hours=1)]),
        )
    return list(Order.objects.all())


def _request(chance: random.Random, number: int) -> Any:
    shop = chance.choice(["main", "main", "second"])
    state = chance.choice(["awaiting_payment", "open", "completed", "closed", "cancelled"])
    if shop == "second" and state == "open":
        state = "completed"  # what is virtual is done when it is paid
    person = number % 6
    lines = [(chance.choice(["COMMON", "COMMON", "CASE-A"]), chance.randint(1, 12))]
    if number % 40 == 3:
        lines += [("RARE", 1), ("RARE", 2)]
    placed_at = NOW - timedelta(days=chance.randint(0, 90), seconds=chance.choice([0, 0, 1]))
    return a_request(
        *lines,
        shop=shop,
        external_no=f"X-{number}" if number % 3 else None,
        placed_at=placed_at.isoformat(),
        customer=a_customer(NAMES[person], f"1380000000{person}", ref=f"C{person}")
        if number % 5
        else None,
        tags=["vip"] if chance.random() < 0.4 else [],
        history=History(state=state),
    )


# The limits under which each of the ways to a page is taken: gathering, following, reading through
# in one go, in a slice and a window, groups by several statements, and meeting.
@pytest.fixture(
    params=[
        (5_000, 8_000, 40_000, 200, 10, 9),
        (5_000, 8_000, 40_000, 200, 0, 9),
        (0, 8_000, 40_000, 200, 10, 9),
        (0, 5, 15, 3, 10, 9),
        (5_000, 8_000, 40_000, 200, 10, 0),
    ],
    ids=str,
)
def _limits(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    few, first, window, branches, fetched, scanned = request.param
    monkeypatch.setattr(ways, "BRANCHES_MAX", branches)
    monkeypatch.setattr(order_conditions, "NAMES_MAX", 1 if few else 9)
    for name, value in (
        ("FEW", few), ("SLICE", first), ("WINDOW", window), ("_FETCHED", fetched),
        ("_SCANNED", scanned),
    ):  # fmt: skip
        monkeypatch.setattr(queries, name, value)


@pytest.mark.usefixtures("_limits")
def test_every_filter_and_sort_gives_the_orders_that_meet_it(orders: list[Order]) -> None:
    hold_some(orders)
    orders = list(Order.objects.all())
    for name, wanted in FILTERS.items():
        expected = [order for order in orders if meets(order, wanted)]
        for sort in SORTS:
            ids = sorted_ids(expected, sort)
            assert pages(wanted, sort, limit=23) == ids, (name, sort)


def test_every_filter_is_met_by_some_orders_and_not_by_all(orders: list[Order]) -> None:
    """Guard the test above against filters that show nothing."""
    hold_some(orders)
    orders = list(Order.objects.all())
    none_expected = {"nobody", "unknown sku", "search nothing"}
    for name, wanted in FILTERS.items():
        count = sum(meets(order, wanted) for order in orders)
        if name in none_expected:
            assert count == 0, name
        elif name != "none":
            assert 0 < count < len(orders), name


def test_going_back_gives_the_page_before(orders: list[Order]) -> None:
    ids = sorted_ids(orders, "-placed_at")
    by_id = {order.pk: order for order in orders}
    at = by_id[ids[50]]
    position = Position(at.placed_at, at.pk, backwards=True)
    page = find_page(OrderFilter(), sort="-placed_at", limit=10, position=position, now=NOW)
    assert (page.ids, page.has_more) == (ids[40:50], True)
    at = by_id[ids[3]]
    position = Position(at.placed_at, at.pk, backwards=True)
    page = find_page(OrderFilter(), sort="-placed_at", limit=10, position=position, now=NOW)
    assert (page.ids, page.has_more) == (ids[:3], False)


def test_an_order_that_comes_in_does_not_shift_the_next_page(orders: list[Order]) -> None:
    ids = sorted_ids(orders, "-placed_at")
    last = next(order for order in orders if order.pk == ids[9])
    some_orders(a_request(("COMMON", 1), placed_at=NOW.isoformat()), now=NOW)
    position = Position(last.placed_at, last.pk)
    page = find_page(OrderFilter(), sort="-placed_at", limit=10, position=position, now=NOW)
    assert page.ids == ids[10:20]


def test_a_page_costs_a_fixed_number_of_queries(
    orders: list[Order], django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for wanted in FILTERS.values():
        with django_assert_max_num_queries(9):
            find_page(wanted, sort="-total", limit=50, position=None, now=NOW)


def hold_some(orders: list[Order]) -> None:
    """Put every eleventh order on hold."""
    from builders import a_mint
    from laidan.domain.orders.models import Hold

    for order in orders[::11]:
        Hold.objects.create(
            id=a_mint().new(), order_id=order.pk, scope="order", reason="test", placed_by="test",
            placed_at=NOW,
        )  # fmt: skip
        Order.objects.filter(pk=order.pk).update(open_holds=1)


def pages(wanted: OrderFilter, sort: str, *, limit: int) -> list[str]:
    """Return all ids that a list gives, page by page."""
    ids: list[str] = []
    position = None
    while True:
        page = find_page(wanted, sort=sort, limit=limit, position=position, now=NOW)
        ids += page.ids
        assert len(page.ids) <= limit
        if not page.has_more:
            return ids
        assert len(page.ids) == limit
        last = Order.objects.get(pk=page.ids[-1])
        position = Position(_sort_value(last, sort), last.pk)


def sorted_ids(orders: list[Order], sort: str) -> list[str]:
    """Return ids in the order of a sort, ties by id."""
    in_order = sorted(orders, key=lambda order: (_sort_value(order, sort), order.pk))
    ids = [order.pk for order in in_order]
    return ids[::-1] if sort.startswith("-") else ids


def _sort_value(order: Order, sort: str) -> Any:
    name = sort.removeprefix("-")
    return order.total_minor if name == "total" else getattr(order, name)


def meets(order: Order, wanted: OrderFilter) -> bool:
    """Say whether an order meets a filter, the slow and plain way."""
    return all(check(order, wanted) for check in CHECKS)


def _checks() -> Iterator[Callable[[Order, OrderFilter], bool]]:
    yield lambda o, w: not w.type or o.type in w.type
    yield lambda o, w: not w.shop or o.shop.code in w.shop
    yield lambda o, w: not w.state or o.state in w.state
    yield lambda o, w: not w.category or o.category in w.category
    yield lambda o, w: w.customer is None or _person(o).ref == w.customer
    yield lambda o, w: w.phone is None or _phone_of(o).endswith(w.phone.replace("-", "")[-4:])
    yield lambda o, w: w.external_no is None or o.external_no == w.external_no
    yield lambda o, w: w.sku is None or w.sku in _skus(o)
    yield lambda o, w: w.tag is None or OrderTag.objects.filter(order_id=o.pk, tag=w.tag).exists()
    yield lambda o, w: w.placed_from is None or o.placed_at >= w.placed_from
    yield lambda o, w: w.placed_to is None or o.placed_at < w.placed_to
    yield lambda o, w: w.updated_from is None or o.updated_at >= w.updated_from
    yield lambda o, w: w.min_total is None or o.total_minor >= w.min_total * 100
    yield lambda o, w: w.max_total is None or o.total_minor <= w.max_total * 100
    yield lambda o, w: w.late is None or w.late == _is_late(o)
    yield lambda o, w: w.held is None or w.held == (o.open_holds > 0)
    yield lambda o, w: w.q is None or _is_searched(o, w.q)


CHECKS = tuple(_checks())


def _person(order: Order) -> Customer:
    return order.customer or Customer(ref="", name="", phone_index="")


def _phone_of(order: Order) -> str:
    ref = _person(order).ref
    return f"1380000000{ref[1]}" if ref else ""


def _skus(order: Order) -> set[str]:
    return set(OrderLine.objects.filter(order=order).values_list("sku_code", flat=True))


def _is_late(order: Order) -> bool:
    open_category = order.category in {"open", "in_review", "awaiting_payment"}
    return order.late_at is not None and order.late_at < NOW and open_category


def _is_searched(order: Order, text: str) -> bool:
    person = _person(order)
    return (
        text in {order.order_no, order.external_no, person.ref, _phone_of(order)}
        or text in _skus(order)
        or (len(text) == 4 and text.isdigit() and _phone_of(order).endswith(text))
        or bool(person.name and person.name.startswith(text))
    )


def test_a_state_that_changed_its_category_is_found_under_both() -> None:
    """An order keeps the version of the blueprint that it was placed under."""
    a_shop()
    a_sku("COMMON", "10.00")
    (old,) = some_orders(a_request(("COMMON", 1), history=History(state="completed")))
    source = library.shipped_sources()["retail"]
    changed = source.replace('category = "completed"', 'category = "closed"')
    assert changed != source
    the_order_types(retail=changed)
    (new,) = some_orders(a_request(("COMMON", 1), history=History(state="completed")))
    for sort in ("-placed_at", "total"):
        assert pages(OrderFilter(category=["completed"]), sort, limit=5) == [old.order_id]
        assert pages(OrderFilter(category=["closed"]), sort, limit=5) == [new.order_id]
