"""The workbench's pages of money: lists, one payment, refunds decided, suspense resolved, reach."""

import re
from datetime import UTC, datetime

import pytest

from builders import a_shop, a_sku, a_user, an_order
from interfaces.browsing import a_visitor, words
from laidan.domain.audit.models import Operation
from laidan.domain.orders.models import Order
from laidan.domain.payments.models import Payment, Refund, Suspense
from laidan.interfaces.web import public
from laidan.kernel.actor import SYSTEM
from laidan.usecases.give_refunds import request_refunds
from laidan.usecases.keep_policies import KeepPolicy, keep_policies
from laidan.usecases.money_requests import RequestRefund
from money import a_buyer, an_account, answer, begin, deliver
from statements import statements

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _fresh_rates(monkeypatch):
    monkeypatch.setattr(public, "calls", public.Rate(1000))


@pytest.fixture
def paid():
    """A paid order's payment."""
    a_shop()
    a_sku()
    an_account()
    return pay(an_order(("TEE-RED-M", 2), now=datetime.now(UTC)))


def pay(order, scenario="succeed", account="test-1"):
    payment = begin(a_buyer(), order.order_id, account)
    answer(payment, scenario)
    deliver()
    return Payment.objects.get(pk=payment.pk)


def order_no(payment):
    return Order.objects.get(pk=payment.order_id).order_no


def a_refund(payment, amount="10.00", actor=SYSTEM):
    (outcome,) = request_refunds(
        [RequestRefund(payment.order_id, actor, "buyer", amount)], now=datetime.now(UTC)
    )
    return Refund.objects.get(pk=outcome.value.id)


def test_the_list_filters_sorts_and_exports(paid):
    other = begin(a_buyer(), an_order(("TEE-RED-M", 1), now=datetime.now(UTC)).order_id)
    visitor = a_visitor("payments.view", "orders.view")

    def listed(query):
        found = visitor.get(f"/payments?{query}").content.decode()
        return re.findall(r'class="list-open" href="/payments/(\w+)"', found)

    assert listed("") == [other.number, paid.number]
    assert listed("sort=created") == [paid.number, other.number]
    assert listed("sort=-amount") == [paid.number, other.number]
    assert listed("state=captured") == [paid.number]
    assert listed("min=100&max=200") == [paid.number]
    assert listed(f"q={order_no(paid)}") == listed(f"q={paid.number}") == [paid.number]
    assert listed(f"q={paid.reference}") == [paid.number]
    assert listed("provider=alipay") == listed("shop=none") == listed("to=2020-01-01") == []
    assert "Type an amount such as 12.50." in words(visitor.get("/payments?min=much"))
    file = b"".join(visitor.get("/payments/file.csv?state=captured").streaming_content).decode()
    (row,) = file.splitlines()[1:]
    assert row.startswith(f"{order_no(paid)},main,test-1,test,page,{paid.number},{paid.reference},")
    assert ",captured,,128.00,128.00,0.00,CNY," in row
    assert Operation.objects.filter(action="export.created").count() == 1


def test_one_payment_tells_what_happened(paid):
    visitor = a_visitor()
    shown = words(visitor.get(f"/payments/{paid.number}"))
    for said in ("Payment begun", "The provider waits for the payer", "Money received",
                 "payment.captured It has moved on", "Test test-1"):  # fmt: skip
        assert said in shown
    order = words(visitor.get(f"/orders/{order_no(paid)}"))
    assert "Test payment Paid" in order
    assert visitor.get("/payments/" + "0" * 32).status_code == 404
    zh = words(a_visitor(username="zh", language="zh").get(f"/payments/{paid.number}"))
    assert "款项已收到" in zh


def test_asking_the_provider_finds_what_no_call_told(paid):
    order = an_order(("TEE-RED-M", 1), now=datetime.now(UTC))
    payment = pay(order, "vanish")
    assert payment.state == "pending"
    clerk = a_visitor("payments.view", "orders.view", username="viewer")
    clerk.post(f"/payments/{payment.number}/ask", {"act": "close"})
    assert Payment.objects.get(pk=payment.pk).state == "pending"
    answer = clerk.post(f"/payments/{payment.number}/ask", follow=True)
    assert "The provider was asked: It has moved on" in words(answer)
    assert Payment.objects.get(pk=payment.pk).state == "captured"


def test_an_open_payment_is_closed_at_the_provider(paid):
    payment = begin(a_buyer(), an_order(("TEE-RED-M", 1), now=datetime.now(UTC)).order_id)
    a_visitor().post(f"/payments/{payment.number}/ask", {"act": "close"})
    assert Payment.objects.get(pk=payment.pk).state == "expired"


def test_a_refund_is_asked_for_by_lines_and_approved_by_another(paid):
    keep_policies([KeepPolicy("", SYSTEM, ("ask",), ("ask",), "0", "50")], now=datetime.now(UTC))
    clerk = a_visitor("*", username="clerk")
    address = f"/orders/{order_no(paid)}/refund"
    form = clerk.get(address)
    assert "¥128.00 was received and not refunded." in words(form)
    once = re.search(r'name="once" value="(\w+)"', form.content.decode())[1]
    sent = {"once": once, "line_1": "1", "reason": "torn", "amount": ""}
    assert clerk.post(address, sent).status_code == 303
    assert clerk.post(address, sent).status_code == 303
    refund = Refund.objects.get()
    assert (refund.amount_minor, refund.state, refund.reason) == (6400, "requested", "torn")
    assert clerk.post(address, sent | {"once": "", "line_1": "2"}).status_code == 422
    assert Refund.objects.count() == 1
    own = clerk.post("/refunds/decide", {"id": refund.pk, "act": "approve"}, follow=True)
    assert "decided by somebody else" in words(own)
    assert Refund.objects.get().state == "requested"
    boss = a_visitor("*", username="boss")
    assert "Refunds to approve" in words(boss.get("/refunds"))
    boss.post("/refunds/decide", {"id": refund.pk, "act": "approve"})
    after = Refund.objects.get()
    assert (after.state, after.approved_by) == ("approved", "user:boss")
    assert "No refund waits for approval" in words(boss.get("/refunds"))


def test_a_refund_asked_for_wrongly_says_so_at_the_field_and_keeps_what_was_typed(paid):
    clerk = a_visitor("*", username="clerk")
    address = f"/orders/{order_no(paid)}/refund"
    for sent, field, said in (
        ({"amount": "3.00"}, "reason", "Say why the money goes back."),
        ({"amount": "-1", "reason": "torn"}, "amount", "Type an amount above 0"),
        ({"line_1": "9", "reason": "torn"}, "line-1", "Type how many go back"),
    ):
        answered = clerk.post(address, sent)
        page = answered.content.decode()
        assert answered.status_code == 422
        marked = re.findall(r'<input[^>]* id="([^"]+)"[^>]* aria-invalid="true"', page)
        assert marked == [field]
        assert said in words(answered)
        assert all(f'value="{typed}"' in page for typed in sent.values())
    assert Refund.objects.count() == 0


def test_many_are_approved_each_with_its_result(paid):
    first, second = a_refund(paid), a_refund(paid, "20.00")
    boss = a_visitor()
    boss.post("/refunds/decide", {"id": first.pk, "act": "approve"})
    both = boss.post("/refunds/decide", {"id": [first.pk, second.pk, "x"], "act": "approve"})
    shown = words(both)
    assert "The refund has moved on" in shown
    assert {one.state for one in Refund.objects.all()} == {"approved"}
    assert boss.post("/refunds/decide", {"act": "approve"}).status_code == 303


def test_suspense_is_taken_on_and_resolved(paid):
    order = an_order(("TEE-RED-M", 1), now=datetime.now(UTC))
    pay(order, "wrong_amount")
    item = Suspense.objects.get()
    assert item.reason == "wrong-amount"
    visitor = a_visitor()
    assert "Another amount than was asked for" in words(visitor.get("/suspense"))
    address = f"/suspense/{item.pk}"
    assert visitor.post(address, {}).status_code == 422
    visitor.post(address, {"act": "take"})
    assert Suspense.objects.get().owner == "user:clerk"
    assert visitor.post(address, {"resolution": "returned"}).status_code == 422
    assert Suspense.objects.get().state == "open"
    viewer = a_visitor("payments.view", "orders.view", username="viewer")
    viewer.post(address, {"resolution": "explained", "note": "x"})
    assert Suspense.objects.get().state == "open"
    visitor.post(address, {"resolution": "booked"})
    done = Suspense.objects.get()
    assert (done.state, done.resolution, done.closed_by) == ("resolved", "booked", "user:clerk")
    assert Order.objects.get(pk=order.order_id).captured_minor == 6401
    assert "All money has a home" in words(visitor.get("/suspense"))


def test_nobody_sees_money_beyond_his_shops_or_behind_a_mask(paid):
    a_shop("north")
    abroad = pay(an_order(("TEE-RED-M", 1), shop="north", now=datetime.now(UTC)), "wrong_amount")
    for payment in (paid, abroad):
        if payment.captured_minor:
            a_refund(payment)
    item = Suspense.objects.get()
    user = a_user("finance", rights=())
    type(user).objects.filter(pk=user.pk).update(roles=["finance"], reach={"shops": ["main"]})
    visitor = a_visitor(username="finance")
    for address in ("/payments", "/payments/file.csv", "/refunds?state=all", "/suspense"):
        response = visitor.get(address)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        assert order_no(abroad) not in body.decode()
    assert paid.number in visitor.get("/payments").content.decode()
    for address in (f"/payments/{abroad.number}", f"/suspense/{item.pk}"):
        assert visitor.get(address).status_code == 404
    assert visitor.post(f"/payments/{abroad.number}/ask").status_code == 404
    type(user).objects.filter(pk=user.pk).update(roles=["finance"], reach={})
    assert abroad.number in a_visitor(username="finance").get("/payments").content.decode()


def test_pages_cost_a_fixed_number_of_queries(paid):
    visitor = a_visitor()

    def counted():
        costs = []
        for address in ("/payments", "/refunds", "/suspense", f"/payments/{paid.number}"):
            visitor.get(address)
            with statements() as seen:
                visitor.get(address)
            costs.append(len(seen))
        return costs

    a_refund(paid)
    before = counted()
    for _ in range(3):
        pay(an_order(("TEE-RED-M", 1), now=datetime.now(UTC)), "wrong_amount")
        a_refund(paid, "1.00")
    assert counted() == before
