"""Customers outside somebody's limits cannot be changed, merged, taken apart or revealed, by any door."""

import pytest

from builders import NOON, a_customer, a_shop, a_sku, an_order
from laidan.domain.parties.models import Customer, Merge
from laidan.kernel.actor import STAFF, SYSTEM, Actor, Grant, Reach
from laidan.kernel.outcome import Done
from laidan.usecases.customer_requests import CustomerWish, UpsertCustomer
from laidan.usecases.edit_customers import EditCustomer, edit_customers
from laidan.usecases.merge_customers import (
    MergeCustomers,
    UndoMerge,
    merge_customers,
    undo_merges,
)
from laidan.usecases.reveal_customers import RevealCustomer, reveal_customers
from laidan.usecases.upsert_customers import upsert_customers
from statements import statements

pytestmark = pytest.mark.django_db(transaction=True)
WORK = frozenset(("customers.view", "customers.edit", "customers.reveal_phone"))


def clerk(*shops, sees=()):
    """Return somebody who works with the customers of some shops, and sees those of others."""
    grants = [Grant(WORK, Reach(shops=frozenset(shops)))]
    if sees:
        grants.append(Grant(frozenset(("customers.view",)), Reach(shops=frozenset(sees))))
    return Actor(STAFF, "user:clerk", WORK, grants=tuple(grants))


@pytest.fixture(autouse=True)
def _a_world():
    a_shop()
    a_shop("east")
    a_sku()
    an_order(customer=a_customer("Mei", "13800138001", ref="C1"))
    an_order(customer=a_customer("Bo", "13800138002", ref="C2"), shop="east")
    upsert_customers([UpsertCustomer(CustomerWish(ref="C3", name="New"), SYSTEM)], now=NOON)


def of(ref):
    return Customer.objects.get(ref=ref).pk


def everything():
    rows = Customer.objects.order_by("ref").values_list("ref", "name", "sealed", "merged_into_id")
    return list(rows), list(Merge.objects.values_list("id", "undone_at"))


def coded(outcomes):
    return ["done" if isinstance(one, Done) else (one.code, one.status) for one in outcomes]


def test_an_edit_reaches_as_far_as_the_limits():
    before = everything()
    refused = [
        EditCustomer(clerk("main"), of("C2"), name="X"),
        EditCustomer(clerk("main", sees=("east",)), of("C2"), name="X"),
        EditCustomer(clerk("nowhere"), of("C1"), name="X"),
    ]
    assert coded(edit_customers(refused, now=NOON)) == [
        ("unknown-customer", 404), ("forbidden", 403), ("unknown-customer", 404),
    ]  # fmt: skip
    assert everything() == before
    # One without orders is everybody's; one's own may be changed.
    allowed = [
        EditCustomer(clerk("main"), of("C1"), note="a"),
        EditCustomer(clerk("main"), of("C3"), note="b"),
        EditCustomer(clerk("main"), name="Newer"),
        EditCustomer(clerk("east"), of("C2"), note="c"),
    ]
    assert coded(edit_customers(allowed, now=NOON)) == ["done"] * 4


def test_a_merge_and_its_way_back_reach_no_farther():
    before, one, both = everything(), clerk("main"), clerk("main", "east")
    batch = [
        MergeCustomers(of("C1"), (of("C2"),), one),
        MergeCustomers(of("C2"), (of("C1"),), clerk("main", sees=("east",))),
    ]
    assert coded(merge_customers(batch, now=NOON)) == [
        ("unknown-customer", 404),
        ("forbidden", 403),
    ]
    assert everything() == before
    (done,) = merge_customers([MergeCustomers(of("C2"), (of("C3"),), both)], now=NOON)
    merged = everything()
    undone = [UndoMerge(done.value.merge_ids[0], one), UndoMerge(done.value.merge_ids[0], both)]
    assert coded(undo_merges(undone[:1], now=NOON)) == [("unknown-customer", 404)]
    assert everything() == merged
    assert coded(undo_merges(undone[1:], now=NOON)) == ["done"]


def test_an_import_changes_nobody_outside_and_reveals_nobody():
    before = everything()
    wishes = [
        UpsertCustomer(CustomerWish(ref="C2", name="X"), clerk("main")),
        UpsertCustomer(CustomerWish(ref="C1", name="Mei Mei"), clerk("east")),
    ]
    assert coded(upsert_customers(wishes, now=NOON)) == [("unknown-customer", 404)] * 2
    reveals = [RevealCustomer(of("C2"), "call", clerk("main"))]
    assert coded(reveal_customers(reveals, now=NOON)) == [("unknown-customer", 404)]
    assert everything() == before
    own = [UpsertCustomer(CustomerWish(ref="C1", name="Mei Mei"), clerk("main"))]
    assert coded(upsert_customers(own, now=NOON)) == ["done"]


def test_limits_cost_one_statement_however_many_ask():
    def spent(actors):
        batch = [EditCustomer(actor, of("C1"), note=actor.label) for actor in actors]
        with statements() as seen:
            edit_customers(batch, now=NOON)
        return sum(" FROM customer c " in one for one in seen)

    assert spent([SYSTEM]) == 0
    assert spent([clerk("main")]) == 1
    assert spent([clerk("main"), clerk("main", "east"), SYSTEM] * 5) == 1
