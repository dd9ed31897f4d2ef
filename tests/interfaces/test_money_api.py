"""Money over the API: lists within reach, refunds under a key, accounts without their secrets."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from builders import a_key, a_shop, a_sku, a_user, an_order
from interfaces.reading import caller
from laidan.domain.payments.models import Payment, PaymentAccount, Refund
from laidan.usecases import grant_access
from money import a_buyer, an_account, answer, begin, deliver
from statements import statements

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def key():
    grant_access.forget_keys()
    return a_key()


@pytest.fixture
def paid():
    a_shop()
    a_sku()
    an_account()
    return pay()


def pay(shop: str = "main"):
    order = an_order(("TEE-RED-M", 2), shop=shop, now=datetime.now(UTC))
    payment = begin(a_buyer(), order.order_id)
    answer(payment)
    deliver()
    return Payment.objects.get(pk=payment.pk)


def send(key: str, path: str, body: Any, method: str = "POST", **headers: str):
    sent = {"Authorization": f"Bearer {key}"} | headers
    return Client().generic(
        method, f"/api/v1{path}", json.dumps(body), content_type="application/json",
        headers=sent,
    )  # fmt: skip


def test_payments_are_told_page_by_page_and_one_with_its_steps(key, paid):
    other = pay()
    get = caller(key)
    first = get("/payments", limit=1).json()
    assert [one["number"] for one in first["items"]] == [other.number]
    second = get("/payments", limit=1, cursor=first["next_cursor"]).json()
    assert [one["number"] for one in second["items"]] == [paid.number]
    assert second["next_cursor"] is None
    assert get("/payments", state="pending").json()["items"] == []
    assert get("/payments", state="nonsense").status_code == 422
    by_amount = get("/payments", sort="-amount", limit=1).json()
    assert get("/payments", sort="-amount", limit=1, cursor=by_amount["next_cursor"]).json()[
        "items"
    ]
    told = get(f"/payments/{paid.number}").json()
    assert [one["type"] for one in told["steps"]] == [
        "payment.created", "payment.pending", "payment.captured",
    ]  # fmt: skip
    assert (told["state"], told["captured"], told["account"]) == ("captured", "128.00", "test-1")
    assert get("/payments/nothing").status_code == 404
    with statements() as one:
        get("/payments", limit=1)
    with statements() as both:
        get("/payments")
    assert len(one) == len(both)


def test_a_refund_is_asked_for_once_under_a_key_and_decided(key, paid):
    order = f"/orders/{paid.order_id}/refunds"
    under = {"Idempotency-Key": "r-1"}
    made = send(key, order, {"reason": "torn", "lines": [{"line_no": 1, "quantity": "1"}]}, **under)
    again = send(
        key, order, {"reason": "torn", "lines": [{"line_no": 1, "quantity": "1"}]}, **under
    )
    assert (made.status_code, again["Idempotent-Replay"]) == (201, "true")
    assert made.json() == again.json()
    refund = Refund.objects.get()
    assert refund.amount_minor == 6400
    too_much = send(key, order, {"reason": "torn", "amount": "100"})
    assert too_much.json()["type"] == "/problems/refund-exceeds-captured"
    by_hand = send(key, f"/refunds/{refund.pk}/by_hand", {})
    assert (by_hand.status_code, Refund.objects.get().state) == (409, "requested")
    done = send(key, f"/refunds/{refund.pk}/approve", {})
    assert done.json()["state"] == "approved"
    assert send(key, f"/refunds/{refund.pk}/nonsense", {}).status_code == 404
    assert caller(key)("/refunds", state="approved").json()["items"][0]["amount"] == "64.00"


def test_reach_ends_at_the_shops_and_masks_hide_money(paid):
    a_shop("north")
    abroad = pay("north")
    user = a_user("finance", rights=())
    type(user).objects.filter(pk=user.pk).update(roles=["finance"], reach={"shops": ["main"]})
    grant_access.forget_keys()
    get = caller(a_key(username="finance"))
    assert [one["number"] for one in get("/payments").json()["items"]] == [paid.number]
    assert get(f"/payments/{abroad.number}").status_code == 404
    viewer = a_user("viewer", rights=("payments.view", "orders.view"))
    type(viewer).objects.filter(pk=viewer.pk).update(masks=["price"])
    grant_access.forget_keys()
    hidden = caller(a_key(username="viewer"))
    assert hidden("/payments").json()["items"] == []
    assert hidden(f"/payments/{paid.number}").status_code == 404


def test_accounts_are_kept_and_told_without_secrets(key, paid):
    one = {"code": "new", "provider": "test", "title": "New", "settings": {"purpose": "test"},
           "secrets": {"secret": "never-told"}}  # fmt: skip
    bad = {"code": "bad", "provider": "nobody"}
    done = send(key, "/payment-accounts", {"accounts": [one, bad]}, "PUT")
    assert [part["status"] for part in done.json()["outcomes"]] == [201, 422]
    told = caller(key)("/payment-accounts")
    assert "never-told" not in told.content.decode()
    (found,) = [each for each in told.json()["items"] if each["code"] == "new"]
    assert (found["secrets"], found["callback_url"][-14:]) == (["secret"], "/callbacks/new")
    assert PaymentAccount.objects.count() == 2


@pytest.mark.parametrize(
    ("name", "amount", "count"),
    [("min_amount", "128.00", 1), ("min_amount", "128.000001", 0), ("max_amount", "128.00", 1),
     ("max_amount", "127.999999", 0), ("max_amount", "6.741346829961047e+16", 1),
     ("min_amount", "6.741346829961047e+16", 0), ("min_amount", "-6.7e+16", 1)],
)  # fmt: skip
def test_spans_of_amounts_are_rounded_into_and_may_be_huge(key, paid, name, amount, count):
    response = caller(key)("/payments", **{name: amount})
    assert response.status_code == 200
    assert len(response.json()["items"]) == count
