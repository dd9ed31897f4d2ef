"""The buyer's pages: a pay link shows what is due, takes it once, and says how it stands."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from builders import a_request, a_shop, a_sku, an_address, an_order, some_orders
from interfaces.browsing import words
from laidan.domain.orders.models import Order
from laidan.domain.payments.models import LedgerEntry, Payment
from laidan.domain.test_provider import store as charges
from laidan.interfaces import links
from laidan.interfaces.web import public
from laidan.kernel.actor import SYSTEM
from laidan.usecases.advance_orders import advance_orders
from laidan.usecases.transition_requests import Advance, TransitionInputs
from money import a_buyer, an_account, answer, begin, deliver
from statements import statements

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _fresh_rates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public, "calls", public.Rate(public.CALLS_A_MINUTE))
    monkeypatch.setattr(public, "pages", public.Rate(public.PAGES_A_MINUTE))


@pytest.fixture
def order():
    a_shop(name="Tea house")
    a_sku()
    an_account()
    return an_order(("TEE-RED-M", 2), ship_to=an_address(), now=datetime.now(UTC))


def cancel(order, reason="buyer"):
    asked = Advance(order.order_id, "cancel", SYSTEM, TransitionInputs(reason=reason))
    advance_orders([asked], now=datetime.now(UTC))


def test_a_link_opens_one_order_and_nothing_else(order):
    token = links.pay_token(order.order_id)
    assert links.order_of_token(token) == order.order_id
    changed = token[:-1] + ("A" if token[-1] != "A" else "B")
    for wrong in (changed, token[:-1], "x" * 36, f"{token}A"):
        assert links.order_of_token(wrong) is None
        assert a_buyer().get(f"/pay/{wrong}").status_code == 404
    page = a_buyer().get(f"/pay/{token}")
    shown = words(page)
    assert "Tea house" in shown
    assert "¥128.00" in shown
    assert "Test test-1" in shown
    for private in ("王小明", "13800138000", "文三路"):
        assert private not in page.content.decode()
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    assert page["Referrer-Policy"] == "same-origin"
    assert page["Cache-Control"] == "private, no-store"
    assert a_buyer().get(f"/pay/{token}/qr.svg")["Content-Type"] == "image/svg+xml"
    assert "应付" in words(a_buyer("zh").get(f"/pay/{token}"))


def test_a_payment_is_begun_interrupted_taken_up_and_paid_once(order):
    buyer, token = a_buyer(), links.pay_token(order.order_id)
    first = begin(buyer, order.order_id)
    assert first.state == "pending"
    page = buyer.get(f"/pay/{token}/{first.number}?go=1").content.decode()
    charge = charges.load_charge(first.number, lock=False)
    assert f'content="0; url=http://127.0.0.1:8000/test-provider/{charge.reference}"' in page
    assert "You have begun to pay" in words(buyer.get(f"/pay/{token}"))
    again = begin(a_buyer(), order.order_id)
    assert (again.pk, Payment.objects.count()) == (first.pk, 1)
    assert (
        "refresh"
        not in a_buyer()
        .get(f"/pay/{token}/{first.number}")
        .content.decode()
        .replace("#refresh", "")[:200]
    )
    chosen = buyer.post(f"/test-provider/{charge.reference}", {"answer": "repeat"})
    assert chosen.status_code == 303
    assert deliver() == ["payment.captured", "payment.captured"]
    assert deliver(now=datetime.now(UTC) + timedelta(minutes=2)) == ["payment.captured"] * 3
    assert LedgerEntry.objects.count() == 1
    row = Order.objects.get(pk=order.order_id)
    assert (row.state, row.captured_minor) == ("open", 12800)
    shown = buyer.get(f"/pay/{token}/{first.number}")
    assert "Paid ¥128.00 · Test provider" in words(shown)
    assert "hx-trigger" not in shown.content.decode()
    assert "Thank you" in words(buyer.get(f"/pay/{token}"))
    assert buyer.post(f"/pay/{token}/start", {"account": "test-1"})["Location"] == f"/pay/{token}"
    assert Payment.objects.count() == 1


def test_a_provider_that_vanishes_is_asked_and_never_told_twice(order):
    an_account(on_start="vanish_done")
    buyer, token = a_buyer(), links.pay_token(order.order_id)
    payment = begin(buyer, order.order_id)
    assert payment.state == "unknown"
    assert "We do not know yet" in words(buyer.get(f"/pay/{token}/{payment.number}"))
    assert begin(buyer, order.order_id).pk == payment.pk
    buyer.post(f"/pay/{token}/{payment.number}/ask")
    assert Payment.objects.get().state == "pending"
    answer(payment, "vanish")
    assert deliver() == []
    buyer.post(f"/pay/{token}/{payment.number}/ask")
    assert Payment.objects.get().state == "captured"
    assert Order.objects.get(pk=order.order_id).captured_minor == 12800


def test_declined_cancelled_and_late_say_so(order):
    buyer, token = a_buyer(), links.pay_token(order.order_id)
    payment = begin(buyer, order.order_id)
    answer(payment, "fail")
    deliver()
    shown = words(buyer.get(f"/pay/{token}/{payment.number}"))
    assert "This payment did not go through" in shown
    assert "Pay another way" in shown
    cancel(order)
    assert "This order was cancelled" in words(buyer.get(f"/pay/{token}"))
    later = an_order(("TEE-RED-M", 1), now=datetime.now(UTC))
    cancel(later, "payment_timeout")
    late = words(buyer.get(f"/pay/{links.pay_token(later.order_id)}"))
    assert "The time to pay is over" in late
    (done,) = some_orders(a_request(paid="64.00"), now=datetime.now(UTC))
    assert "Thank you" in words(buyer.get(f"/pay/{links.pay_token(done.order_id)}"))


def test_the_page_costs_a_fixed_number_of_queries(order):
    buyer, token = a_buyer(), links.pay_token(order.order_id)
    payment = begin(buyer, order.order_id)
    answer(payment, "fail")
    deliver()
    buyer.get(f"/pay/{token}")
    with statements() as seen:
        buyer.get(f"/pay/{token}")
    for _ in range(3):
        answer(begin(buyer, order.order_id), "fail")
        deliver()
    an_account("test-2")
    with statements() as more:
        buyer.get(f"/pay/{token}")
    assert len(more) == len(seen) <= 6


def test_too_many_calls_wait(order, monkeypatch):
    monkeypatch.setattr(public, "calls", public.Rate(1))
    buyer, token = a_buyer(), links.pay_token(order.order_id)
    begin(buyer, order.order_id)
    assert buyer.post(f"/pay/{token}/start", {"account": "test-1"}).status_code == 429
    assert Payment.objects.count() == 1


# --- looking after an order -----------------------------------------------------------------


def look(buyer, number, last4):
    return buyer.post("/track", {"order": number, "last4": last4})


def test_wrong_number_and_wrong_digits_are_answered_alike(order):
    buyer = a_buyer()
    wrong = look(buyer, order.order_no, "0000")
    unknown = look(buyer, "LD20000101000000", "8000")
    assert (wrong.status_code, unknown.status_code) == (422, 422)
    assert words(wrong).replace(order.order_no, "") == words(unknown).replace(
        "LD20000101000000", ""
    )
    for _ in range(3):
        look(buyer, order.order_no, "0000")
    assert look(buyer, order.order_no, "0000").status_code == 422
    blocked = look(buyer, order.order_no, "8000")
    assert (blocked.status_code, "Tried too often" in words(blocked)) == (429, True)


def test_a_buyer_sees_his_order_pays_and_cancels_it(order):
    buyer = a_buyer()
    found = look(buyer, order.order_no.lower(), "8000")
    assert found.status_code == 303
    page = buyer.get(found["Location"])
    shown = words(page)
    assert "Pay ¥128.00" in shown
    assert "王小明" not in shown
    assert re.search(rf'href="/pay/{links.pay_token(order.order_id)}"', page.content.decode())
    asked = buyer.get(f"{found['Location']}/cancel")
    assert "This ends the order" in words(asked)
    assert Order.objects.get(pk=order.order_id).state == "awaiting_payment"
    assert buyer.get(f"{found['Location']}/pay").status_code == 303
    assert buyer.post(f"{found['Location']}/cancel").status_code == 303
    row = Order.objects.get(pk=order.order_id)
    assert (row.state, row.cancel_reason) == ("cancelled", "buyer")
    assert "Cancelled" in words(buyer.get(found["Location"]))
    assert buyer.get("/track/forged:one:two").status_code == 302
