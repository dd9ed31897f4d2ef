"""Acts whose answer differs from order to order: paid in full, taken back to what each was."""

from typing import Any

import pytest
from django.test import Client

from builders import NOON, a_request, a_shop, a_sku, a_user, some_orders
from interfaces.bringing import finish as finish_jobs
from interfaces.browsing import a_visitor, words
from laidan.domain.jobs.models import Job
from laidan.domain.orders.models import Hold, Order
from laidan.domain.payments.models import LedgerEntry
from laidan.domain.workplace.models import Assignment
from laidan.kernel.actor import SYSTEM
from laidan.usecases.act_on_orders import BATCH_MAX, ManyAct, act_on_orders
from laidan.usecases.transition_requests import TransitionInputs

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _shop() -> None:
    a_shop()
    a_sku(on_hand=100_000)


def some_ids(count: int, **others: Any) -> list[str]:
    """Place orders and return their ids."""
    return [one.order_id for one in some_orders(*[a_request(**others) for _ in range(count)])]


def send(visitor: Client, path: str, **form: Any) -> Any:
    return visitor.post(f"/orders/-/{path}", form, headers={"HX-Request": "true"})


def test_orders_that_wait_for_their_money_are_paid_in_full_at_once() -> None:
    ids, visitor = [*some_ids(2), *some_ids(1, discount="4.00")], a_visitor()
    assert "in full" in words(visitor.get("/orders"))
    form = send(visitor, "act", act="pay", id=ids)
    assert "What is due on each order" in words(form)
    assert 'name="amount"' not in form.content.decode()
    paid = {"act": "pay", "sent": "1", "provider": "bank", "reference": "T-1", "amount": "1"}
    too_long = send(visitor, "act", **paid | {"reference": "x" * 90}, id=ids)
    assert (too_long.status_code, LedgerEntry.objects.count()) == (422, 0)
    assert send(visitor, "act", **paid, id=ids).status_code == 204
    rows = Order.objects.filter(pk__in=ids)
    assert all(row.captured_minor == row.total_minor > 0 for row in rows)
    wanted = {(f"T-1/{row.order_no}", "bank", row.total_minor) for row in rows}
    entries = LedgerEntry.objects.values_list("reference", "provider", "amount_minor")
    assert set(entries) == wanted
    # Sent once more it finds nobody who waits for money.
    assert send(visitor, "act", **paid, id=ids).status_code == 409
    many = some_ids(BATCH_MAX + 1)
    send(visitor, "act", **paid | {"scope": "all", "query": ""})
    finish_jobs()
    assert Job.objects.get().refused == 3
    assert Order.objects.filter(pk__in=many, captured_minor__gt=0).count() == BATCH_MAX + 1


def test_whole_jobs_of_releasing_and_assigning_are_taken_back_to_what_each_order_was() -> None:
    ids, visitor = some_ids(206), a_visitor()
    first, second, colleague = a_user("li"), a_user("wang"), a_user("chen")
    act_on_orders(ids[:2], ManyAct("assign", "li"), actor=SYSTEM, now=NOON)
    act_on_orders(ids[2:4], ManyAct("assign", "wang"), actor=SYSTEM, now=NOON)
    for name, some in (("a", ids), ("b", ids[:1])):
        for start in range(0, len(some), BATCH_MAX):
            inputs = TransitionInputs(reason=name, scope="order" if name == "a" else "refund")
            act_on_orders(
                some[start : start + BATCH_MAX], ManyAct("hold", inputs=inputs),
                actor=SYSTEM, now=NOON,
            )  # fmt: skip
    every = {"scope": "all", "query": "", "sent": "1"}

    def done_and_taken_back(**form: str) -> None:
        send(visitor, "act", **form, **every)
        finish_jobs()
        done = Job.objects.latest("pk")
        assert (done.refused, done.done) == (0, 206)
        assert "Undo all of it" in words(visitor.get(f"/jobs/{done.pk}"))
        visitor.post(f"/jobs/{done.pk}/take-back")
        assert Hold.objects.filter(released_at=None).count() in (0, 207)
        finish_jobs()
        assert Job.objects.latest("pk").refused == 0

    done_and_taken_back(act="assign", value="chen")
    kept = dict(Assignment.objects.values_list("pk", "user_id"))
    assert kept == dict.fromkeys(ids[:2], first.pk) | dict.fromkeys(ids[2:4], second.pk)
    assert colleague.pk not in kept.values()
    done_and_taken_back(act="release")
    held = Hold.objects.filter(released_at=None)
    assert held.filter(reason="a", scope="order").count() == 206
    assert held.filter(reason="b", scope="refund").get().order_id == ids[0]
