"""An order's amounts add up to the minor unit, per line and in all; its statuses follow."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from laidan.domain.orders import core
from laidan.domain.orders.core import AmountError, add_up
from laidan.kernel.money import MINOR_MAX

lines = st.lists(
    st.tuples(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**8)),
    min_size=1,
    max_size=20,
)
some = st.integers(0, 10**10)


@given(lines, some, some)
def test_everything_adds_up(given_lines, discount, shipping):
    goods = [max(one[:2]) for one in given_lines]
    own = [min(one[:2]) for one in given_lines]
    taxes = [one[2] for one in given_lines]
    assume(discount <= sum(goods) - sum(own))
    amounts = add_up(goods, own, taxes, discount=discount, shipping=shipping)
    assert amounts.goods == sum(goods)
    assert amounts.discount == sum(own) + discount
    assert amounts.shipping == shipping
    assert amounts.tax == sum(taxes)
    for whole in (amounts, *amounts.lines):
        assert whole.goods - whole.discount + whole.shipping + whole.tax == whole.total
        assert min(whole.goods, whole.discount, whole.shipping, whole.tax, whole.total) >= 0
    for name in ("goods", "discount", "shipping", "tax", "total"):
        assert sum(getattr(line, name) for line in amounts.lines) == getattr(amounts, name)
    for line, less in zip(amounts.lines, own, strict=True):
        assert line.own_discount == less
        # No line is discounted below nothing by its share.
        assert less <= line.discount <= line.goods


@given(lines, some)
def test_the_order_of_the_lines_matters_only_to_who_gets_the_odd_unit(given_lines, shipping):
    goods = [one[0] for one in given_lines]
    zeros = [0] * len(goods)
    one = add_up(goods, zeros, zeros, discount=0, shipping=shipping)
    other = add_up(goods[::-1], zeros, zeros, discount=0, shipping=shipping)
    assert one.total == other.total
    for line, mirrored in zip(one.lines, reversed(other.lines), strict=True):
        assert abs(line.shipping - mirrored.shipping) <= 1


def test_a_share_follows_what_a_line_costs_after_its_own_discount():
    amounts = add_up([1000, 1000], [0, 1000], [0, 0], discount=100, shipping=50)
    assert [line.discount for line in amounts.lines] == [100, 1000]
    assert [line.shipping for line in amounts.lines] == [50, 0]
    free = add_up([0, 0, 0], [0, 0, 0], [0, 0, 0], discount=0, shipping=100)
    assert [line.shipping for line in free.lines] == [34, 33, 33]


@pytest.mark.parametrize(
    ("goods", "own", "taxes", "discount", "shipping", "loc"),
    [
        ([100], [101], [0], 0, 0, "lines[0].discount"),
        ([100, 100], [0, -1], [0, 0], 0, 0, "lines[1].discount"),
        ([-5], [0], [0], 0, 0, "lines[0].discount"),
        ([100], [0], [-1], 0, 0, "lines[0].tax"),
        ([100], [40], [0], 61, 0, "discount"),
        ([100], [0], [0], -1, 0, "discount"),
        ([100], [0], [0], 0, -1, "shipping_fee"),
        ([MINOR_MAX], [0], [0], 0, 1, "lines"),
    ],
)
def test_what_no_order_can_cost(goods, own, taxes, discount, shipping, loc):
    with pytest.raises(AmountError) as found:
        add_up(goods, own, taxes, discount=discount, shipping=shipping)
    assert found.value.loc == loc


def test_the_largest_order_is_taken():
    assert add_up([MINOR_MAX], [0], [0], discount=0, shipping=0).total == MINOR_MAX


# --- derived statuses -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("total", "captured", "refunded", "category", "status", "due"),
    [
        (100, 0, 0, "awaiting_payment", "pending", 100),
        (100, 40, 0, "awaiting_payment", "partially_paid", 60),
        (100, 100, 0, "open", "paid", 0),
        (100, 130, 0, "open", "overpaid", 0),
        (100, 130, 30, "open", "partially_refunded", 0),
        (100, 100, 40, "completed", "partially_refunded", 0),
        (100, 100, 100, "cancelled", "refunded", 0),
        (100, 0, 0, "cancelled", "voided", 0),
        (100, 40, 0, "cancelled", "partially_paid", 0),
        (0, 0, 0, "open", "paid", 0),
        (0, 0, 0, "cancelled", "voided", 0),
    ],
)
def test_payment(total, captured, refunded, category, status, due):
    assert core.payment_status(total, captured, refunded, category) == status
    assert core.due_minor(total, captured, category) == due


@pytest.mark.parametrize(
    ("total", "captured", "refunded", "standing"),
    [
        (100, 0, 0, "none"),
        (100, 99, 0, "part"),
        (100, 100, 0, "full"),
        (100, 101, 0, "over"),
        (100, 100, 1, "part"),
        (100, 100, 100, "none"),
        (0, 0, 0, "full"),
        (0, 1, 0, "over"),
    ],
)
def test_how_far_the_money_goes(total, captured, refunded, standing):
    assert core.money_standing(total, captured, refunded) == standing


@pytest.mark.parametrize(
    ("shipped", "delivered", "category", "status", "public"),
    [
        (0, 0, "draft", "unfulfilled", "pending"),
        (0, 0, "awaiting_payment", "unfulfilled", "pending"),
        (0, 0, "in_review", "unfulfilled", "paid"),
        (0, 0, "open", "unfulfilled", "paid"),
        (2, 0, "open", "partially_shipped", "shipped"),
        (5, 0, "open", "shipped", "shipped"),
        (5, 2, "open", "partially_delivered", "shipped"),
        (2, 2, "open", "partially_delivered", "shipped"),
        (5, 5, "open", "delivered", "shipped"),
        (5, 5, "completed", "delivered", "completed"),
        (5, 5, "closed", "delivered", "completed"),
        (0, 0, "cancelled", "cancelled", "cancelled"),
        (5, 0, "cancelled", "shipped", "cancelled"),
    ],
)
def test_fulfilment_and_the_public_word(shipped, delivered, category, status, public):
    assert core.fulfilment_status(5, shipped, delivered, category) == status
    assert core.public_status(category, shipped) == public


def test_every_category_has_a_public_word():
    words = {core.public_status(category, shipped) for category in core.CATEGORIES
             for shipped in (0, 1)}  # fmt: skip
    assert words == {"pending", "paid", "shipped", "completed", "cancelled"}


@pytest.mark.parametrize(("part", "share"), [(0, "none"), (1, "part"), (5, "all"), (6, "all")])
def test_shares(part, share):
    assert core.share_standing(5, part) == share
