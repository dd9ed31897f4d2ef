"""Figures of orders against a plain adding up of all of them."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from builders import a_customer, a_request, a_shop, a_sku, an_address, some_orders
from laidan.domain.orders.models import Order, OrderLine
from laidan.insights import order_figures
from laidan.insights.order_conditions import OrderFilter
from laidan.insights.order_figures import Answer, Part, Question, read_figures
from laidan.kernel.outcome import Refused
from laidan.usecases.order_requests import History, Money

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")
# Clocks go back at 01:00 UTC on 25 October 2026: 00:30 and 01:30 UTC are both 01:30 in London.
TURN = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
ZONES = (LONDON, ZoneInfo("Asia/Kolkata"), ZoneInfo("America/New_York"))
PROVINCES = ("浙江省", "上海", "")


@pytest.fixture
def orders() -> list[Order]:
    """Return 120 orders: two currencies, repeated buyers, something sold by the gram, gifts."""
    a_shop("main", time_zone="Europe/London")
    a_shop("abroad", currency="JPY")
    a_sku("TEE", "10.00", on_hand=0, kind="virtual")
    a_sku("GIFT", "0.00", on_hand=0, kind="virtual")
    a_sku("TEA", "3.33", on_hand=0, kind="virtual", decimals=3)
    a_sku("YEN", "500", on_hand=0, kind="virtual", currency="JPY")
    chance = random.Random(5)
    some_orders(*(_request(chance, number) for number in range(120)), now=NOW)
    return list(Order.objects.all())


def _request(chance: random.Random, number: int) -> Any:
    shop = chance.choice(["main", "main", "abroad"])
    lines = [("YEN", chance.randint(1, 3))]
    if shop == "main":
        lines = [("TEE", chance.randint(1, 5)), ("TEA", 2), ("TEE", 1), ("GIFT", number % 3 + 1)]
        lines = lines[: chance.randint(1, 4)]
    placed_at = TURN + timedelta(minutes=30 * chance.randint(-3000, 100))
    state = chance.choice(["awaiting_payment", "completed", "closed", "cancelled"])
    at, money = min(NOW, placed_at + timedelta(hours=1)), "400" if shop == "abroad" else "4.00"
    paid = [Money("test", money, f"P{number}", at)] if number % 2 else []
    back = [Money("test", money, f"R{number}", at)] if number % 4 == 1 else []
    person = a_customer(f"客 {number % 9}", f"1380000000{number % 9}", ref=f"C{number % 9}")
    place = an_address(province=PROVINCES[number % 3]) if number % 5 else None
    return a_request(
        *lines, shop=shop, placed_at=placed_at.isoformat(), ship_to=place,
        customer=person if number % 7 else None,
        history=History(state=state, captures=paid, refunds=back),
    )  # fmt: skip


def ask(
    by: Any = None, wanted: OrderFilter | None = None, sort: str = "key", **more: Any
) -> Answer:
    """Return the figures, which must not be refused."""
    values = {"limit": 1000, "zone": LONDON} | more
    found = read_figures(Question(wanted or OrderFilter(), by, sort, **values), now=NOW)
    assert isinstance(found, Answer)
    return found


def added_up(orders: list[Order], key: Callable[[Order], Any]) -> dict[tuple[Any, str], Part]:
    """Return the parts that orders fall into, the slow and plain way."""
    groups = defaultdict(list)
    for order in orders:
        groups[key(order), order.currency].append(order)
    found = {}
    for (name, currency), members in groups.items():
        buyers = Counter(one.customer_id for one in members if one.customer_id)
        units = sum(
            Decimal(line.quantity).scaleb(-line.decimals)
            for line in OrderLine.objects.filter(order__in=members)
        )
        found[name, currency] = Part(
            key=str(name), currency=currency, orders=len(members),
            paid_orders=sum(one.captured_minor > 0 for one in members),
            cancelled_orders=sum(one.category == "cancelled" for one in members),
            units=int(units * 10**6), free_units=None,
            goods=sum(one.goods_minor for one in members),
            amount=sum(one.total_minor for one in members),
            captured=sum(one.captured_minor for one in members),
            refunded=sum(one.refunded_minor for one in members),
            buyers=len(buyers), repeat_buyers=sum(count > 1 for count in buyers.values()),
        )  # fmt: skip
    return found


def plain(parts: list[Part]) -> dict[tuple[str, str], Part]:
    return {(one.key, one.currency): one for one in parts}


def test_totals_and_parts_are_what_the_orders_add_up_to(orders: list[Order]) -> None:
    totals = {name[1]: part for name, part in added_up(orders, lambda _: "").items()}
    assert {one.currency: one for one in ask().totals} == totals
    assert len(totals) == 2
    columns: dict[Any, Callable[[Order], Any]] = {
        "type": lambda o: o.type, "state": lambda o: o.state, "category": lambda o: o.category,
        "province": lambda o: o.ship_province, "country": lambda o: o.ship_country,
    }  # fmt: skip
    for by, key in columns.items():
        assert plain(ask(by).parts) == added_up(orders, key), by
    for zone in ZONES:
        for by, layout in (("day", "%Y-%m-%d"), ("month", "%Y-%m"), ("hour", "%H")):
            expected = added_up(
                orders, lambda o, z=zone, f=layout: o.placed_at.astimezone(z).strftime(f)
            )
            parts = ask(by, zone=zone).parts
            assert plain(parts) == expected, (by, zone)
            assert [one.key for one in parts] == sorted(one.key for one in parts)
    shops = {one.key: one.orders for one in ask("shop").parts}
    assert shops == Counter(order.shop.code for order in orders)
    people = {(one.key, one.label, one.currency): one.orders for one in ask("customer").parts}
    assert people == Counter(
        (o.customer.ref, o.customer.name, o.currency) for o in orders if o.customer
    )


def test_an_article_s_figures_come_from_its_lines(orders: list[Order]) -> None:
    for part in ask("sku").parts:
        lines = list(OrderLine.objects.filter(sku_code=part.key).select_related("order"))
        assert part.orders == len({line.order_id for line in lines})
        decimals = 3 if part.key == "TEA" else 0
        quantity = sum(line.quantity for line in lines)
        assert part.units == quantity * 10 ** (6 - decimals)
        assert part.free_units == (part.units if part.key == "GIFT" else 0)
        assert part.amount == sum(line.total_minor for line in lines)
        assert part.goods == sum(line.goods_minor for line in lines)
        buyers = Counter(
            customer for _, customer in {(o.order_id, o.order.customer_id) for o in lines}
            if customer
        )  # fmt: skip
        repeated = sum(count > 1 for count in buyers.values())
        assert (part.buyers, part.repeat_buyers) == (len(buyers), repeated)
        assert (part.captured, part.refunded) == (None, None)


def test_filters_sorts_and_limits(orders: list[Order]) -> None:
    start, end = TURN - timedelta(days=20), TURN
    wanted = OrderFilter(shop=["main"], placed_from=start, placed_to=end)
    mine = [o for o in orders if o.shop.code == "main" and start <= o.placed_at < end]
    assert plain(ask("state", wanted).parts) == added_up(mine, lambda o: o.state)
    found = ask("day", wanted)
    assert plain(found.parts) == added_up(
        mine, lambda o: o.placed_at.astimezone(LONDON).strftime("%Y-%m-%d")
    )
    amounts = [one.amount for one in ask("customer", sort="-amount").parts]
    assert amounts == sorted(amounts, reverse=True)
    top = ask("customer", sort="-orders", limit=2)
    counts = sorted((one.orders for one in ask("customer").parts), reverse=True)
    assert ([one.orders for one in top.parts], top.has_more) == (counts[:2], True)
    away = ask(None, province="上海", country="CN").totals
    assert sum(one.orders for one in away) == sum(o.ship_province == "上海" for o in orders)
    assert ask("day", OrderFilter(shop=["nowhere"])) == order_figures.NOTHING
    assert ask("sku", OrderFilter(placed_from=NOW)).totals == []
    sold = ask("state", OrderFilter(sku="TEA", min_total=Decimal("7.00")))
    assert sum(one.orders for one in sold.parts) == sum(
        o.total_minor >= 700 and OrderLine.objects.filter(order=o, sku_code="TEA").exists()
        for o in orders
    )


def test_too_many_orders_are_refused_and_fewer_of_them_are_not(
    orders: list[Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_figures, "ORDERS_MAX", 40)
    narrow = TURN - timedelta(days=5)
    few = sum(order.placed_at >= narrow for order in orders)
    assert 0 < few <= 40

    def refusal(**filters: Any) -> str:
        found = read_figures(Question(OrderFilter(**filters), "day", "key", 9, LONDON), now=NOW)
        return found.code if isinstance(found, Refused) else ""

    assert refusal() == refusal(placed_from=TURN - timedelta(days=90)) == "span-too-wide"
    assert refusal(shop=["main"], placed_to=NOW) == "span-too-wide"
    assert refusal(placed_from=narrow) == refusal(shop=["main"], placed_from=narrow) == ""
    assert refusal(state=["closed"]) == ""


def test_figures_cost_a_fixed_number_of_queries(
    orders: list[Order], django_assert_max_num_queries: Callable[..., Any]
) -> None:
    with django_assert_max_num_queries(9):
        ask("customer", OrderFilter(shop=["main"], sku="TEE", placed_from=NOW - timedelta(90)))
    with django_assert_max_num_queries(6):
        ask("day")


@pytest.mark.parametrize("name", ["Europe/London", "Asia/Kathmandu", "America/St_Johns", "UTC"])
def test_every_hour_of_a_year_is_told_as_the_clock_shows_it(name: str) -> None:
    """The clock's changes are found to the second, whenever a span begins."""
    from laidan.engine.calendar_sql import _changes, _seconds

    zone, first = ZoneInfo(name), datetime(2025, 12, 31, 23, 59, 59, 5, tzinfo=UTC)
    last = first + timedelta(days=400)
    changes = _changes(zone, first, last)
    at = first
    while at < last:
        known = [seconds for since, seconds in changes if since <= at]
        assert (known or [_seconds(zone, first)])[-1] == _seconds(zone, at), at
        at += timedelta(minutes=15)
