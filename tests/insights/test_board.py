"""The board against a plain count of all orders, and its cost."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from builders import a_mint, a_request, a_shop, a_sku, some_orders, the_order_types
from laidan.domain.orders.models import Hold, Order
from laidan.insights.board import Column, get_board
from laidan.usecases.order_requests import History

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
STATES = ("awaiting_payment", "open", "open", "completed", "closed", "cancelled")


@pytest.fixture
def _orders() -> None:
    a_shop("main")
    a_shop("tokyo", currency="JPY", time_zone="Asia/Tokyo")
    a_shop("cards", default_type="virtual")
    a_sku("TEE", "10.00", on_hand=0)
    a_sku("ZEN", "500", on_hand=0, currency="JPY")
    a_sku("CARD", "50.00", on_hand=0, kind="virtual")
    for number in range(60):
        shop, sku = (("main", "TEE"), ("tokyo", "ZEN"), ("cards", "CARD"))[number % 3]
        state = STATES[number % 6]
        if shop == "cards" and state == "open":
            state = "completed"
        since = NOW - timedelta(hours=number)
        some_orders(
            a_request(
                (sku, 1 + number % 4),
                shop=shop,
                history=History(state=state, paid_at=since),
            ),
            now=NOW,
        )
    for order in Order.objects.filter(state="open").order_by("id")[:4]:
        Hold.objects.create(
            id=a_mint().new(), order_id=order.pk, scope="order", reason="test", placed_by="test",
            placed_at=NOW,
        )  # fmt: skip
        Order.objects.filter(pk=order.pk).update(open_holds=1)


@pytest.mark.usefixtures("_orders")
@pytest.mark.parametrize("types", [(), ("retail",), ("virtual", "retail")])
@pytest.mark.parametrize("shops", [(), ("main",), ("tokyo", "cards")])
def test_the_board_counts_every_order_once(types: tuple[str, ...], shops: tuple[str, ...]) -> None:
    orders = [
        order
        for order in Order.objects.select_related("shop")
        if (not types or order.type in types) and (not shops or order.shop.code in shops)
    ]
    board = get_board(now=NOW, types=types, shops=shops)
    assert sum(column.count for column in board) == len(orders)
    for column in board:
        mine = [o for o in orders if o.state == column.state and o.category == column.category]
        assert column.count == len(mine), column
        assert {one.currency: (one.count, one.amount_minor) for one in column.sums} == {
            currency: (len(own), sum(own))
            for currency in {order.currency for order in mine}
            if (own := [order.total_minor for order in mine if order.currency == currency])
        }
        waiting = [o.state_since_at for o in mine if o.category not in {"closed", "cancelled"}]
        assert column.oldest_at == min(waiting, default=None), column
        assert column.late == sum(o.late_at is not None and o.late_at < NOW for o in mine)
        assert column.held == sum(o.open_holds > 0 for o in mine)
    assert any(column.late for column in board) == any(
        o.late_at is not None and o.late_at < NOW for o in orders
    )


@pytest.mark.usefixtures("_orders")
def test_columns_follow_the_life_cycle_and_empty_ones_are_shown() -> None:
    board = get_board(now=NOW, types=("retail",))
    assert [column.state for column in board] == [
        "awaiting_payment", "in_review", "open", "completed", "closed", "cancelled",
    ]  # fmt: skip
    assert by_state(board)["in_review"].count == 0
    assert by_state(board)["open"].label["zh-hans"] == "待发货"


def test_an_empty_installation_has_an_empty_board() -> None:
    assert get_board(now=NOW) == []
    the_order_types()
    assert get_board(now=NOW) == []


@pytest.mark.usefixtures("_orders")
def test_the_board_costs_as_many_queries_for_many_orders_as_for_few(
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    get_board(now=NOW)
    with django_assert_max_num_queries(5):
        get_board(now=NOW)


def by_state(board: list[Column]) -> dict[str, Column]:
    """Return the columns by state."""
    return {column.state: column for column in board}
