"""Customers who are one person are merged in one go, and taken apart again."""

import pytest

from builders import NOON, a_customer, a_mint, a_shop, a_sku, an_order
from laidan.domain.audit.models import Operation
from laidan.domain.orders.models import Order
from laidan.domain.parties.models import Customer, Merge
from laidan.insights import customer_views
from laidan.insights.customer_views import CustomerQuestion
from laidan.insights.laws.checker import check
from laidan.kernel.actor import EVERYTHING_SEEN, STAFF, SYSTEM, Actor
from laidan.kernel.outcome import Done, Refused
from laidan.usecases.edit_customers import EditCustomer, edit_customers
from laidan.usecases.merge_customers import (
    MergeCustomers,
    UndoMerge,
    merge_customers,
    undo_merges,
)
from statements import statements

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _a_world():
    a_shop()
    a_sku()


def orders_of(ref, phone, count=1):
    for _ in range(count):
        an_order(customer=a_customer(name=ref, ref=ref, phone=phone))
    return Customer.objects.get(ref=ref).pk


def merged(kept, *others, actor=SYSTEM):
    (outcome,) = merge_customers([MergeCustomers(kept, tuple(others), actor)], now=NOON)
    return outcome


def undone(merge_id):
    (outcome,) = undo_merges([UndoMerge(merge_id, SYSTEM)], now=NOON)
    return outcome


def owned():
    return {
        ref: Order.objects.filter(customer__ref=ref).count()
        for ref in Customer.objects.values_list("ref", flat=True)
    }


def test_orders_move_and_later_ones_find_the_kept_customer():
    first, second = orders_of("C1", "13800138001", 2), orders_of("C2", "13800138002", 3)
    answer = merged(first, second)
    assert (answer.value.orders, owned()) == (3, {"C1": 5, "C2": 0})
    orders_of("C2", "13800138002")
    an_order(customer=a_customer(phone="13800138002"))
    assert owned() == {"C1": 7, "C2": 0}
    listed = customer_views.list_customers(
        CustomerQuestion(), EVERYTHING_SEEN, before=None, limit=9
    )
    assert [card.ref for card in listed] == ["C1"]
    assert customer_views.buying_of(first, EVERYTHING_SEEN)[0].orders == 7
    assert [verdict.name for verdict in check() if not verdict.holds] == []
    (told,) = Operation.objects.filter(action="customer.merged")
    assert told.object_id == second


def test_a_merge_is_taken_back_and_later_orders_stay():
    first, second = orders_of("C1", "13800138001"), orders_of("C2", "13800138002", 2)
    (merge_id,) = merged(first, second).value.merge_ids
    orders_of("C2", "13800138002")
    assert undone(merge_id).value.orders == 2
    assert owned() == {"C1": 2, "C2": 2}
    assert undone(merge_id).code == "already-undone"
    assert orders_of("C2", "13800138002") == second
    assert owned() == {"C1": 2, "C2": 3}


def test_a_chain_of_merges_ends_at_the_last_and_comes_apart_in_any_order():
    one, two, three = (orders_of(f"C{n}", f"1380013800{n}") for n in (1, 2, 3))
    (inner,) = merged(two, three).value.merge_ids
    (outer,) = merged(one, two).value.merge_ids
    assert owned() == {"C1": 3, "C2": 0, "C3": 0}
    assert orders_of("C3", "13800138003") == three
    assert owned()["C1"] == 4
    assert undone(inner).value.orders == 1
    assert owned() == {"C1": 3, "C2": 0, "C3": 1}
    # The order of the third that came while it was merged stays with whom it came to.
    assert undone(outer).value.orders == 1
    assert Customer.objects.filter(merged_into=None).count() == 3


def test_a_merge_takes_the_statements_of_any_size():
    ids = [orders_of(f"C{n}", f"138001380{n:02}", 1 + n) for n in range(6)]
    with statements() as small:
        assert isinstance(merged(ids[0], ids[1]), Done)
    with statements() as large:
        assert isinstance(merged(ids[0], *ids[2:]), Done)
    assert len(large) <= len(small)
    assert Merge.objects.count() == 5


def test_what_cannot_be_merged_is_refused_and_nothing_moves():
    first, second = orders_of("C1", "13800138001"), orders_of("C2", "13800138002")
    assert merged(first).code == "invalid-merge"
    assert merged(first, first).code == "invalid-merge"
    assert merged(first, a_mint().new()).code == "unknown-customer"
    assert merged(first, "rubbish").code == "unknown-customer"
    assert merged(first, second, actor=Actor(STAFF, "user:x")).code == "forbidden"
    assert undone("rubbish").code == "unknown-merge"
    batch = [MergeCustomers(first, (second,), SYSTEM), MergeCustomers(second, (first,), SYSTEM)]
    outcomes = merge_customers(batch, now=NOON)
    assert isinstance(outcomes[0], Done)
    assert isinstance(outcomes[1], Refused)
    assert merged(first, second).code == "already-merged"
    assert owned() == {"C1": 2, "C2": 0}


def test_customers_are_edited_by_id():
    def edited(**wish):
        (outcome,) = edit_customers([EditCustomer(SYSTEM, **wish)], now=NOON)
        return outcome

    made = edited(name="王小明", phone="138 0013 8000", email="W@example.com").value
    assert (made.created, made.changed) == (True, True)
    assert not edited(customer_id=made.id, name="王小明").value.changed
    assert edited(customer_id=made.id, ref="C9", note="易碎", is_blocked=True).value.changed
    (card,) = customer_views.list_customers(
        CustomerQuestion("8000"), EVERYTHING_SEEN, before=None, limit=9
    )
    assert (card.ref, card.note, card.is_blocked, card.email) == (
        "C9",
        "易碎",
        True,
        "W@example.com",
    )
    for text in ("王小", "C9", "w@example.com", "+86 13800138000"):
        found = customer_views.list_customers(
            CustomerQuestion(text), EVERYTHING_SEEN, before=None, limit=9
        )
        assert [one.id for one in found] == [made.id], text
    other = edited(name="李四").value
    refusals = [
        edited(customer_id=other.id, ref="C9"), edited(name=""), edited(), edited(name="x\x00"),
        edited(name="x", phone="none"), edited(name="x" * 121), edited(customer_id="rubbish"),
    ]  # fmt: skip
    codes = [refused.code for refused in refusals]
    assert codes == ["reference-taken", *["invalid-customer"] * 5, "unknown-customer"]
    assert Customer.objects.count() == 2
    (log,) = Operation.objects.filter(action="customer.created", object_id=made.id)
    assert "13800138000" not in log.changes.replace(" ", "")
