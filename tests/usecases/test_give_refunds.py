"""Refunds: never more than was kept, decided by whoever may, by each way exactly once."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import NOON, a_shop, a_sku, an_order
from laidan.domain.channels.models import Shop
from laidan.domain.orders.models import Order, OrderLine
from laidan.domain.orders.rows import LineRow
from laidan.domain.payments import accounts
from laidan.domain.payments.core import EVERY_SHOP, Policy
from laidan.domain.payments.models import LedgerEntry, Payment, Refund, Suspense
from laidan.engine.idempotency import Once
from laidan.kernel.actor import STAFF, SYSTEM, Actor
from laidan.kernel.outcome import Done, Refused
from laidan.usecases.ask_providers import take_refund_asks
from laidan.usecases.give_refunds import approve_by_rule, decide_refunds, request_refunds
from laidan.usecases.giving_back import share
from laidan.usecases.money_requests import DecideRefund, RequestRefund
from laws.conftest import broken
from statements import statements
from usecases.money import MINUTE, an_account, paid, start, tell
from usecases.money import given as said
from usecases.steps import act

pytestmark = pytest.mark.django_db
ANN = Actor(STAFF, "ann", frozenset(("orders.view", "payments.refund", "payments.approve")))
BOB = Actor(STAFF, "bob", frozenset(("orders.view", "payments.approve")))
CAT = Actor(STAFF, "cat", frozenset(("orders.view", "payments.view")))


@pytest.fixture(autouse=True)
def shop():
    a_shop()
    a_sku("TEE", "64.00", on_hand=100)
    a_sku("CUP", "0.35", on_hand=1000)
    an_account()
    an_account("other", place=1)


def ask(order: Any, actor: Actor = ANN, **others: Any) -> Any:
    wanted = RequestRefund(order.order_id, actor, **({"reason": "scratched"} | others))
    (outcome,) = request_refunds([wanted], now=NOON)
    return Refund.objects.get(pk=outcome.value.id) if isinstance(outcome, Done) else outcome


def decide(refund: Refund, act_: str, actor: Actor = BOB, **others: Any) -> Any:
    (outcome,) = decide_refunds([DecideRefund(refund.id, act_, actor, **others)], now=NOON)
    refund.refresh_from_db()
    return outcome.value.word if isinstance(outcome, Done) else outcome


def a_paid_order(*parts: str) -> Any:
    """Return an order for two T-shirts, paid by the account test in the parts given."""
    order = an_order(("TEE", 2))
    for place, part in enumerate(parts or ("128.00",)):
        payment = start(order, amount=part, now=NOON + place * MINUTE)
        tell(payment, paid(payment))
    return order


# --- asking ---------------------------------------------------------------------------------------


def test_nothing_named_is_all_that_is_left_and_the_next_one_is_refused():
    order = a_paid_order()
    refund = ask(order)
    assert (refund.state, refund.amount_minor, refund.requested_by) == ("requested", 12800, "ann")
    outcome = ask(order, amount="0.01")
    assert outcome.code == "refund-exceeds-captured"
    assert Refund.objects.count() == 1


@pytest.mark.parametrize(
    ("others", "code"),
    [({"reason": " "}, "invalid-request"), ({"amount": "-1"}, "invalid-request"),
     ({"amount": "0"}, "invalid-request"), ({"amount": "x"}, "invalid-request"),
     ({"amount": "128.01"}, "refund-exceeds-captured"), ({"payment": "no"}, "invalid-request"),
     ({"lines": ((9, "1"),)}, "invalid-request"), ({"lines": ((1, "3"),)}, "invalid-request"),
     ({"lines": ((1, "1"), (1, "1"))}, "invalid-request"),
     ({"lines": ((1, "1"),), "amount": "1.00"}, "invalid-request"),
     ({"actor": CAT}, "forbidden")],
)  # fmt: skip
def test_what_cannot_go_back_so_is_refused(others, code):
    outcome = ask(a_paid_order(), **others)
    assert isinstance(outcome, Refused)
    assert outcome.code == code
    assert not Refund.objects.exists()


def test_one_key_is_one_refund():
    order = a_paid_order()
    once = Once("test", "key", "f" * 64)
    first, second = (ask(order, amount="1.00", once=once) for _ in range(2))
    assert first.id == second.id
    assert Refund.objects.count() == 1


def test_a_hold_on_refunds_stops_them():
    order = a_paid_order()
    act(order, "hold", reason="fraud", scope="refund")
    assert ask(order).extra == {"guard": "on-hold"}


def test_lines_go_back_with_their_shares_and_all_of_them_are_the_whole():
    """0.35 × 3 less 0.02 of discount has no equal thirds; the thirds still sum to it."""
    order = an_order(("CUP", 3), discount="0.02", paid="1.03")
    amounts = [ask(order, lines=((1, "1"),)).amount_minor for _ in range(3)]
    assert sum(amounts) == 103
    assert sorted(amounts) == [34, 34, 35]
    assert ask(order, lines=((1, "1"),)).code == "invalid-request"


@given(
    total=st.integers(0, 10**9),
    parts=st.lists(st.integers(1, 50), min_size=1, max_size=12),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
def test_parts_of_a_line_in_whatever_pieces_sum_to_it(total, parts):
    row = LineRow(**dict.fromkeys(LineRow._fields) | {"total_minor": total, "quantity": sum(parts)})  # fmt: skip
    before, amounts = 0, []
    for part in parts:
        amounts.append(share(row, before, part))
        before += part
    assert sum(amounts) == total
    assert min(amounts) >= 0


# --- deciding -------------------------------------------------------------------------------------


def test_approved_it_goes_back_by_the_payments_it_came_by_newest_first():
    order = a_paid_order("100.00", "28.00")
    refund = ask(order, amount="50.00")
    assert decide(refund, "approve") == "approved"
    found = {(one.state, one.amount_minor) for one in Refund.objects.all()}
    assert found == {("approved", 2800), ("approved", 2200)}
    set_aside = {one.amount_minor: one.refunding_minor for one in Payment.objects.all()}
    assert set_aside == {10000: 2200, 2800: 2800}
    assert len(take_refund_asks(now=NOON)) == 2
    assert broken() == {}


def test_what_came_by_no_provider_is_given_by_hand_with_proof():
    order = an_order(("TEE", 1), paid="64.00")
    refund = ask(order)
    assert decide(refund, "by_hand", proof="B-1").code == "refund-state"
    assert decide(refund, "approve") == "approved"
    assert take_refund_asks(now=NOON) == []
    assert decide(refund, "by_hand").code == "proof-needed"
    assert decide(refund, "by_hand", proof="bank 4711") == "manual"
    assert decide(refund, "by_hand", proof="bank 4711").code == "refund-state"
    entry = LedgerEntry.objects.get(kind="refund")
    assert (entry.amount_minor, entry.refund_id) == (6400, refund.id)
    assert Order.objects.get().refunded_minor == 6400
    assert broken() == {}


def test_a_refused_refund_is_tried_again_under_its_number_or_given_by_hand():
    order = a_paid_order()
    payment = Payment.objects.get()
    refund = ask(order, amount="10.00")
    decide(refund, "approve")
    number = refund.number
    for _ in range(2):
        take_refund_asks(now=NOON)
        refund.refresh_from_db()
        tell(payment, said(refund, "failed"))
        refund.refresh_from_db()
        assert (refund.state, refund.number) == ("failed", number)
        assert decide(refund, "retry") == "approved"
    take_refund_asks(now=NOON)
    refund.refresh_from_db()
    tell(payment, said(refund, "failed"))
    assert decide(refund, "by_hand", proof="cash 9") == "manual"
    assert refund.tries == 3
    payment.refresh_from_db()
    assert (payment.refunding_minor, payment.refunded_minor) == (0, 1000)
    assert broken() == {}


def test_a_withdrawn_refund_sets_the_money_free_until_it_was_sent():
    order = a_paid_order()
    refund = ask(order)
    decide(refund, "approve")
    assert decide(refund, "withdraw", ANN, note="mistake") == "cancelled"
    assert Payment.objects.get().refunding_minor == 0
    again = ask(order)
    decide(again, "approve")
    take_refund_asks(now=NOON)
    assert decide(again, "withdraw", ANN).code == "refund-state"
    assert broken() == {}


def test_above_the_limit_a_second_person_decides():
    accounts.write_policies([Policy(Shop.objects.get().pk, second_person_minor=1000)], NOON)
    order = a_paid_order()
    small, large = ask(order, amount="10.00"), ask(order, amount="10.01")
    assert decide(small, "approve", ANN) == "approved"
    assert decide(large, "approve", ANN).code == "second-person"
    assert decide(large, "approve", BOB) == "approved"
    assert decide(large, "approve", BOB).code == "refund-state"


def test_a_cancelled_order_is_paid_back_by_itself_up_to_the_shops_limit():
    accounts.write_policies([Policy(EVERY_SHOP, auto_refund_minor=6400)], NOON)
    for amount in (1, 2):
        order = an_order(("TEE", amount), external_no=f"A-{amount}")
        payment = start(order)
        tell(payment, paid(payment))
        act(order, "cancel", reason="buyer", now=NOON + MINUTE)
    assert (approve_by_rule(now=NOON + MINUTE), approve_by_rule(now=NOON + MINUTE)) == (1, 0)
    found = set(Refund.objects.values_list("state", "amount_minor"))
    assert found == {("approved", 6400), ("requested", 12800)}
    assert broken() == {}


def test_by_default_a_person_approves_and_the_money_of_a_cancelled_order_cannot_stay():
    order = a_paid_order()
    act(order, "cancel", reason="buyer", now=NOON + MINUTE)
    assert approve_by_rule(now=NOON + MINUTE) == 0
    refund = Refund.objects.get()
    assert refund.state == "requested"
    assert decide(refund, "withdraw", ANN).extra == {"guard": "order-cancelled"}
    act(order, "revive", now=NOON + MINUTE)
    refund.refresh_from_db()
    assert (refund.state, Order.objects.get().state) == ("cancelled", "open")
    assert broken() == {}


@pytest.mark.parametrize("name", ["approve", "withdraw", "retry", "by_hand", "burn"])
def test_nobody_without_the_right_decides(name):
    refund = ask(a_paid_order())
    assert decide(refund, name, CAT).code == "forbidden"
    assert refund.state == "requested"


def test_statements_do_not_grow_with_the_refunds():
    def refunds(count: int) -> list[DecideRefund]:
        orders = [an_order(("TEE", 1), external_no=f"N-{count}-{n}") for n in range(count)]
        for order in orders:
            payment = start(order)
            tell(payment, paid(payment))
        return [DecideRefund(ask(order).id, "approve", SYSTEM) for order in orders]

    one, many = refunds(1), refunds(6)
    with statements() as few:
        decide_refunds(one, now=NOON)
    with statements() as more:
        decide_refunds(many, now=NOON)
    assert len(more) == len(few)
    assert OrderLine.objects.count() == 7


def test_what_failed_goes_another_way_where_others_have_used_its_payment_up():
    order = a_paid_order("100.00", "28.00")
    first = ask(order, amount="28.00")
    decide(first, "approve")
    take_refund_asks(now=NOON)
    first.refresh_from_db()
    small = Payment.objects.get(amount_minor=2800)
    tell(small, said(first, "failed"))
    second = ask(order, amount="28.00", payment=small.number)
    decide(second, "approve")
    assert decide(first, "retry") == "cancelled"
    anew = Refund.objects.exclude(pk__in=(first.id, second.id)).get()
    assert (anew.state, anew.payment_id) == ("approved", Payment.objects.get(amount_minor=10000).id)
    assert broken() == {}


def test_what_failed_is_given_by_hand_though_its_payment_is_used_up():
    order = a_paid_order("100.00", "28.00")
    first = ask(order, amount="28.00")
    decide(first, "approve")
    take_refund_asks(now=NOON)
    first.refresh_from_db()
    small = Payment.objects.get(amount_minor=2800)
    tell(small, said(first, "failed"))
    decide(ask(order, amount="28.00", payment=small.number), "approve")
    assert decide(first, "by_hand", proof="bank 1") == "manual"
    assert Order.objects.get().refunded_minor == 2800
    assert broken() == {}


def test_a_refund_made_at_the_provider_waits_for_a_person_and_others_payments_do_not():
    order = a_paid_order()
    payment = Payment.objects.get(order_id=order.order_id)
    foreign = said(
        Refund(number="", amount_minor=100, currency="CNY"), payment_number=payment.number
    )
    assert tell(payment, foreign._replace(reference="D-1")) == "unknown-refund"
    assert tell(payment, foreign._replace(payment_number="", payment_reference="X")) == "not-ours"
    assert Suspense.objects.get().payment_id == payment.id
