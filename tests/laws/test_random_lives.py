"""Whatever is done to orders, in whatever order: the program and a naive oracle agree."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from builders import NOON, a_shop, a_sku, some_stock
from laidan.domain.orders.models import Order, OrderLine
from laidan.domain.payments.models import Refund
from laidan.domain.stock.models import Balance
from laidan.insights.laws import checker
from laidan.kernel.actor import SYSTEM
from laidan.kernel.money import format_minor
from laidan.kernel.outcome import Done, Refused
from laidan.usecases.advance_orders import advance_orders
from laidan.usecases.expire_deadlines import expire_due
from laidan.usecases.order_requests import LineRequest, PaidRequest, PlaceOrder, Placing
from laidan.usecases.place_orders import place_orders
from laidan.usecases.transition_requests import Advance, ShipLine, TransitionInputs
from laws.oracle import PLACES, PRICES, REVIEW_FROM, Oracle, Refusal
from rows import undone

STOCK = {("CUP", "main"): 4, ("CUP", "south"): 3, ("TEE", "main"): 5, ("TEE", "south"): 0}
lines = st.lists(
    st.tuples(st.sampled_from(["CUP", "TEE"]), st.integers(1, 3)), min_size=1, max_size=3
)
amounts = st.none() | st.sampled_from([100, 2550, 50_000])
scopes = st.sampled_from(["order", "order", "fulfilment", "refund"])


def open_shop() -> None:
    """Open the shop that the oracle knows by heart."""
    a_shop("main", locations=PLACES, review_from_minor=REVIEW_FROM)
    for sku, price in PRICES.items():
        made = a_sku(sku, format_minor(price, "CNY"), on_hand=0)
        for (code, place), count in STOCK.items():
            if code == sku:
                some_stock(made, count, location=place)


class Lives(RuleBasedStateMachine):
    """Acts on orders in the database and in the oracle, and compares what both say."""

    names = Bundle("names")

    def __init__(self) -> None:
        super().__init__()
        self.oracle = Oracle(STOCK, NOON)
        self.ids: dict[str, str] = {}
        self._number = 0
        self._undone = undone()
        self._undone.__enter__()

    def teardown(self) -> None:
        """Prove the data laws, and leave the database as it was."""
        try:
            assert [one.name for one in checker.check() if not one.holds] == []
        finally:
            self._undone.__exit__(None, None, None)

    @rule(target=names, wanted=lines, paid=st.sampled_from([0, 0, 100, 100_000]))
    def place(self, wanted: list[tuple[str, int]], paid: int) -> Any:
        self._number += 1
        name = f"L-{self._number}"
        money = None
        if paid:
            amount = format_minor(paid, "CNY")
            money = PaidRequest(provider="test", amount=amount, reference=name)
        order = PlaceOrder(
            lines=[LineRequest(sku=sku, quantity=count) for sku, count in wanted],
            external_no=name, shop="main", paid=money,
        )  # fmt: skip
        (outcome,) = place_orders([Placing(order, SYSTEM)], now=self.oracle.now)
        self._agree(outcome, lambda: self.oracle.place(name, wanted, paid))
        if not isinstance(outcome, Done):
            return multiple()
        self.ids[name] = outcome.value.order_id
        return name

    @rule(
        name=names,
        transition=st.sampled_from(
            ["approve", "deliver", "confirm_receipt", "close", "cancel", "revive", "reject"]
        ),
    )
    def act(self, name: str, transition: str) -> None:
        self._act(name, transition, TransitionInputs())

    @rule(name=names, transition=st.sampled_from(["pay", "pay", "refund"]), amount=amounts)
    def move_money(self, name: str, transition: str, amount: int | None) -> None:
        text = None if amount is None else format_minor(amount, "CNY")
        self._act(name, transition, TransitionInputs(amount=text), amount=amount)

    @rule(name=names)
    def ship(self, name: str) -> None:
        self._act(name, "ship", TransitionInputs())

    @rule(name=names, place=st.integers(0, 2), count=st.integers(0, 3))
    def ship_part(self, name: str, place: int, count: int) -> None:
        part = TransitionInputs(lines=[ShipLine(line_no=place + 1, quantity=count)])
        self._act(name, "ship", part, part=(place, count))

    @rule(name=names, scope=scopes)
    def hold(self, name: str, scope: str) -> None:
        self._act(name, "hold", TransitionInputs(scope=scope, reason="look"), scope=scope)

    @rule(name=names, scope=st.none() | scopes)
    def release(self, name: str, scope: str | None) -> None:
        inputs = TransitionInputs(scope=scope)
        outcome = self._ask(name, "release", inputs)
        self._agree(outcome, lambda: self.oracle.act(name, "release_hold", scope=scope))

    @rule(minutes=st.sampled_from([1, 29, 31, 61, 60 * 30, 60 * 24 * 3, 60 * 24 * 8, 60 * 24 * 16]))
    def wait(self, minutes: int) -> None:
        self.oracle.now += timedelta(minutes=minutes)
        taken = expire_due(now=self.oracle.now)
        assert taken == len(self.oracle.tick())

    @invariant()
    def both_say_the_same(self) -> None:
        assert self._orders() == self._expected()
        stock = {
            (sku, place): (on_hand, reserved)
            for sku, place, on_hand, reserved in Balance.objects.values_list(
                "sku__code", "location__code", "on_hand", "reserved"
            )
        }
        oracle = self.oracle
        assert stock == {key: (oracle.on_hand[key], oracle.reserved[key]) for key in STOCK}

    # --- parts ------------------------------------------------------------------------------

    def _ask(self, name: str, transition: str, inputs: TransitionInputs) -> Any:
        request = Advance(self.ids[name], transition, SYSTEM, inputs)
        (outcome,) = advance_orders([request], now=self.oracle.now)
        return outcome

    def _act(self, name: str, transition: str, inputs: TransitionInputs, **told: Any) -> None:
        outcome = self._ask(name, transition, inputs)
        self._agree(outcome, lambda: self.oracle.act(name, transition, **told))

    def _agree(self, outcome: Any, foretell: Any) -> None:
        try:
            foretell()
            expected = "done"
        except Refusal as refusal:
            expected = str(refusal)
        got = "done"
        if isinstance(outcome, Refused):
            got = str(outcome.extra.get("guard", outcome.code))
        note(f"expected {expected}, got {got}")
        assert got == expected, outcome

    def _expected(self) -> dict[str, Any]:
        return {
            name: {
                "state": life.state,
                "money": (life.total, life.captured, life.refunded, sum(life.owed)),
                "holds": len(life.holds),
                "version": life.version,
                "deadline": life.deadline,
                "lines": [
                    (one.sku, one.quantity, one.shipped, one.delivered) for one in life.lines
                ],
            }
            for name, life in self.oracle.orders.items()
        }

    def _orders(self) -> dict[str, Any]:
        owed: dict[str, int] = {}
        for order_id, amount in Refund.objects.filter(state="requested").values_list(
            "order_id", "amount_minor"
        ):
            owed[order_id] = owed.get(order_id, 0) + amount
        kept: dict[str, list[Any]] = {}
        for order_id, *line in OrderLine.objects.order_by("line_no").values_list(
            "order_id", "sku_code", "quantity", "shipped", "delivered"
        ):
            kept.setdefault(order_id, []).append(tuple(line))
        return {
            order.external_no: {
                "state": order.state,
                "money": (
                    order.total_minor, order.captured_minor, order.refunded_minor,
                    owed.get(order.id, 0),
                ),
                "holds": order.open_holds,
                "version": order.version,
                "deadline": (order.deadline_at, order.deadline_name) if order.deadline_at
                else None,
                "lines": kept[order.id],
            }
            for order in Order.objects.all()
        }  # fmt: skip


@pytest.mark.django_db
def test_the_program_and_the_oracle_agree() -> None:
    open_shop()
    run_state_machine_as_test(
        Lives,
        settings=settings(
            stateful_step_count=40,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
