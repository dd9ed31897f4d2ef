"""Customers are upserted by reference, sealed, and adopted by phone where they have none."""

from typing import Any

import msgspec
import pytest

from builders import NOON, a_customer, a_shop, a_sku, an_order
from laidan.domain.orders.models import Order
from laidan.domain.parties.models import Address, Customer
from laidan.engine.sealing import keyring
from laidan.kernel.actor import SYSTEM
from laidan.kernel.outcome import Done, Refused
from laidan.usecases.customer_requests import CustomerWish, UpsertCustomer
from laidan.usecases.upsert_customers import CustomerAnswer, preview_customers, upsert_customers

pytestmark = pytest.mark.django_db(transaction=True)
HOME = {"name": "王小明", "phone": "13800138000", "province": "浙江省", "street": "文三路 1 号"}


def a_wish(ref: str = "C1", **others: Any) -> UpsertCustomer:
    return UpsertCustomer(msgspec.convert({"ref": ref} | others, CustomerWish), SYSTEM)


def done(*wishes: UpsertCustomer) -> list[tuple[bool, bool]]:
    answers = []
    for outcome in upsert_customers(wishes, now=NOON):
        assert isinstance(outcome, Done), outcome
        answers.append(outcome.value)
    return [(answer.created, answer.changed) for answer in answers]


def contact(ref: str) -> Any:
    row = Customer.objects.get(ref=ref)
    return msgspec.json.decode(keyring().unseal(row.sealed or "", row.pk))


def everything() -> list[Any]:
    return [sorted(model.objects.values_list()) for model in (Customer, Address)]


def test_a_customer_is_sealed_and_found_by_index():
    assert done(a_wish(name="王小明", phone="138 0013 8000", email="W@example.com")) == [
        (True, True)
    ]
    row = Customer.objects.get()
    assert row.name == "王小明"
    assert "13800138000" not in str(everything())
    assert contact("C1") == {"phone": "138 0013 8000", "email": "W@example.com"}
    assert (row.phone_index, row.last4_index) == keyring().phone_indexes("13800138000")
    assert row.email_index == keyring().index("email", "w@example.com")


def test_the_same_again_changes_nothing():
    wish = a_wish(name="王小明", phone="13800138000", address=HOME)
    assert done(wish) == [(True, True)]
    before = everything()
    assert done(wish, wish) == [(False, False)] * 2
    assert everything() == before


def test_what_is_empty_stays():
    done(a_wish(name="王小明", phone="13800138000", email="w@example.com"))
    assert done(a_wish(phone="13900139000")) == [(False, True)]
    assert Customer.objects.get().name == "王小明"
    assert contact("C1") == {"phone": "13900139000", "email": "w@example.com"}
    assert done(a_wish()) == [(False, False)]


def test_each_address_is_kept_once():
    other = HOME | {"street": "文二路 2 号"}
    done(a_wish(address=HOME), a_wish(address=other), a_wish(address=HOME))
    rows = Address.objects.order_by("id")
    opened = [msgspec.json.decode(keyring().unseal(row.sealed, row.pk)) for row in rows]
    assert [one["street"] for one in opened] == ["文三路 1 号", "文二路 2 号"]
    assert done(a_wish(address=other)) == [(False, False)]


def test_whoever_ordered_without_a_reference_gets_one():
    a_shop()
    a_sku()
    an_order(customer=a_customer(phone="13800138000"))
    assert done(a_wish("C7", phone="+86 138 0013 8000"), a_wish("C8", phone="13800138000")) == [
        (False, True),
        (True, True),
    ]
    known = Customer.objects.get(ref="C7")
    assert Order.objects.get().customer_id == known.pk
    an_order(customer=a_customer(ref="C7", phone=""))
    assert set(Order.objects.values_list("customer_id", flat=True)) == {known.pk}


@pytest.mark.parametrize(
    ("wish", "loc"),
    [
        (a_wish(" C1"), "ref"),
        (a_wish(name="a\x00"), "name"),
        (a_wish(phone="none"), "phone"),
        (a_wish(address=HOME | {"street": "a\x1b"}), "address.street"),
    ],
)
def test_what_is_wrong_is_named(wish: UpsertCustomer, loc: str):
    fine, wrong = upsert_customers([a_wish("C9"), wish], now=NOON)
    assert isinstance(fine, Done)
    assert isinstance(wrong, Refused)
    assert (wrong.code, wrong.errors[0].loc) == ("invalid-customer", loc)
    assert list(Customer.objects.values_list("ref", flat=True)) == ["C9"]


def test_a_preview_keeps_nothing():
    (outcome,) = preview_customers([a_wish(address=HOME)], now=NOON)
    assert isinstance(outcome, Done)
    assert isinstance(outcome.value, CustomerAnswer)
    assert outcome.value.created
    assert everything() == [[], []]
