"""A right over money in one shop reaches no further, and a key makes a decision once."""

from datetime import UTC, datetime

import pytest

from builders import a_mint, a_shop, a_sku, an_order
from laidan.domain.payments import inbox
from laidan.domain.payments.inbox import SuspenseRow
from laidan.domain.payments.models import Refund, Suspense
from laidan.engine.idempotency import Once
from laidan.kernel.actor import SYSTEM, Actor, Grant, Reach
from laidan.kernel.outcome import Done, Refused
from laidan.usecases.advance_orders import advance_orders
from laidan.usecases.give_refunds import decide_refunds, request_refunds
from laidan.usecases.money_requests import DecideRefund, RequestRefund, ResolveSuspense
from laidan.usecases.resolve_suspense import resolve_suspense
from laidan.usecases.transition_requests import Advance, TransitionInputs

pytestmark = pytest.mark.django_db(transaction=True)
RIGHTS = frozenset({"orders.view", "payments.refund", "payments.approve", "payments.resolve"})
CLERK = Actor(
    "S", "user:clerk", RIGHTS,
    grants=(
        Grant(RIGHTS, Reach(shops=frozenset({"main"}))),
        Grant(frozenset({"orders.view"}), Reach(shops=frozenset({"north"}))),
    ),
)  # fmt: skip


@pytest.fixture
def abroad():
    """A paid order of a shop that the clerk only looks at."""
    a_shop()
    a_shop("north")
    a_sku()
    order = an_order(("TEE-RED-M", 2), shop="north", now=datetime.now(UTC))
    inputs = TransitionInputs(amount="128.00", provider="cash", reference="c-1")
    advance_orders([Advance(order.order_id, "pay", SYSTEM, inputs)], now=datetime.now(UTC))
    return order


def code(outcome):
    assert isinstance(outcome, Refused)
    return outcome.code


def test_refunds_are_asked_for_and_decided_where_one_may(abroad):
    now = datetime.now(UTC)
    (asked,) = request_refunds([RequestRefund(abroad.order_id, CLERK, "x", "5")], now=now)
    assert code(asked) == "forbidden"
    assert not Refund.objects.exists()
    (made,) = request_refunds([RequestRefund(abroad.order_id, SYSTEM, "x", "5")], now=now)
    for act in ("approve", "withdraw"):
        (decided,) = decide_refunds([DecideRefund(made.value.id, act, CLERK)], now=now)
        assert code(decided) == "forbidden"
    assert Refund.objects.get().state == "requested"


def test_suspense_is_resolved_where_one_may(abroad):
    now = datetime.now(UTC)
    row = SuspenseRow(
        a_mint().new(), "late-money", "open", "test", None, abroad.order_id, None, None, "n-1",
        "r-1", 500, "CNY", "", now,
    )  # fmt: skip
    homeless = row._replace(
        id=a_mint().new(), order_id=None, number="n-2", reason="unknown-payment"
    )
    inbox.write_suspense([row, homeless])
    wish = ResolveSuspense(row.id, CLERK, "explained", note="x")
    (outcome,) = resolve_suspense([wish], now=now)
    assert code(outcome) == "forbidden"
    (lost,) = resolve_suspense(
        [ResolveSuspense(homeless.id, CLERK, "explained", note="x")], now=now
    )
    assert code(lost) == "not-found"
    assert {one.state for one in Suspense.objects.all()} == {"open"}
    booked = ResolveSuspense(homeless.id, SYSTEM, "booked", order=abroad.order_no)
    (done,) = resolve_suspense([booked], now=now)
    assert isinstance(done, Done)


def test_a_key_decides_once_and_answers_again(abroad):
    now = datetime.now(UTC)
    (made,) = request_refunds([RequestRefund(abroad.order_id, SYSTEM, "x", "5")], now=now)
    wish = DecideRefund(made.value.id, "approve", SYSTEM, once=Once("s", "k", "1" * 16))
    first, again = decide_refunds([wish, wish], now=now)
    (later,) = decide_refunds([wish], now=now)
    assert (first.replayed, again.replayed, later.replayed) == (False, True, True)
    assert first.value == again.value == later.value
    (other,) = decide_refunds([DecideRefund(made.value.id, "approve", SYSTEM)], now=now)
    assert code(other) == "refund-state"
