"""Money in a real browser: a payment interrupted, paid twice, paid after its order was cancelled.

The test provider's page plays the outside world, and the worker takes its calls.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e.conftest import Site
from e2e.visiting import place, sign_in

SURE, DEAF = "e2e-pay", "e2e-deaf"
"""An account as any; and one whose provider says that it closed a payment, which can be paid all the same."""


@pytest.fixture(scope="module")
def accounts(browser: Browser, site: Site) -> None:
    """Two accounts at the test provider."""
    context = browser.new_context(base_url=site.address)
    wanted = [
        {"code": SURE, "provider": "test", "title": "Pay by card", "place": 1,
         "settings": {"purpose": "test"}, "secrets": {"secret": "one"}},
        {"code": DEAF, "provider": "test", "title": "Pay by wallet", "place": 2,
         "settings": {"purpose": "test", "on_close": "ignore"}, "secrets": {"secret": "two"}},
    ]  # fmt: skip
    answer = context.request.put(
        "/api/v1/payment-accounts", data={"accounts": wanted},
        headers={"Authorization": f"Bearer {site.key}"},
    )  # fmt: skip
    assert [one["status"] for one in answer.json()["outcomes"]] == [201, 201], answer.text()
    context.close()


@pytest.fixture
def buyer(browser: Browser, site: Site) -> Iterator[Page]:
    """A buyer's phone, on which nobody is signed in."""
    context = browser.new_context(
        base_url=site.address, locale="en-GB", viewport={"width": 390, "height": 844}
    )
    yield context.new_page()
    context.close()


def order_to_pay(page: Page, site: Site, quantity: int) -> dict[str, Any]:
    """Return an order that waits for its money, with its payment link."""
    placed = place(page, site.key, quantity, paid=None)
    assert placed["payment"]["url"].startswith(site.address), placed["payment"]
    return placed


def begin(buyer: Page, placed: dict[str, Any], title: str) -> str:
    """Choose how to pay; return the address of the provider's page, to which the browser goes."""
    buyer.goto(placed["payment"]["url"])
    buyer.get_by_role("button", name=title).click()
    buyer.wait_for_url("**/test-provider/*")
    return buyer.url


def cancel(page: Page, site: Site, placed: dict[str, Any], reason: str) -> None:
    """Cancel an order as the clock or a clerk does."""
    answer = page.request.post(
        f"/api/v1/orders/{placed['id']}/transitions/cancel", data={"reason": reason},
        headers={"Authorization": f"Bearer {site.key}"},
    )  # fmt: skip
    assert answer.ok, answer.text()


def enter(page: Page, site: Site) -> None:
    """Sign in, and read English: somebody's language is remembered."""
    sign_in(page, site.password)
    english = page.get_by_role("button", name="English")
    if english.count():
        english.first.click()
        expect(page.get_by_role("button", name="简体中文").first).to_be_visible()


def wait_on_order(page: Page, placed: dict[str, Any], *said: str) -> None:
    """Load an order's page until it says all of this."""
    for _ in range(120):
        page.goto(f"/orders/{placed['order_no']}")
        text = page.locator("#order").inner_text()
        if all(one in text for one in said):
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"{said} not in {text}")


@pytest.mark.usefixtures("accounts")
def test_a_payment_interrupted_is_taken_up_again(page: Page, buyer: Page, site: Site) -> None:
    placed = order_to_pay(page, site, 2)
    provider = begin(buyer, placed, "Pay by card")
    buyer.goto(placed["payment"]["url"])
    expect(buyer.get_by_text("You have begun to pay")).to_be_visible()
    buyer.get_by_role("link", name="Go on with it").click()
    buyer.get_by_role("link", name="Go on to Test provider").click()
    buyer.wait_for_url("**/test-provider/*")
    assert buyer.url == provider
    buyer.get_by_role("button", name="Pay", exact=True).click()
    buyer.get_by_role("link", name="Back to the shop").click()
    expect(buyer.get_by_role("heading", name="Paid")).to_be_visible()
    buyer.goto(placed["payment"]["url"])
    buyer.get_by_role("button", name="简体中文").click()
    expect(buyer.get_by_text("谢谢，店铺已收到通知。")).to_be_visible()

    enter(page, site)
    wait_on_order(page, placed, "Payment recorded", "Test payment")
    expect(page.locator("#payments-title ~ .panel-body .stack-item")).to_have_count(2)
    page.get_by_role("link", name="Test payment").click()
    for step in ("Payment begun", "The provider waits for the payer", "Money received"):
        expect(page.get_by_text(step, exact=True)).to_be_visible()
    page.get_by_role("button", name="简体中文").click()
    for step in ("发起支付", "等待买家付款", "款项已收到"):
        expect(page.get_by_text(step, exact=True)).to_be_visible()


@pytest.mark.usefixtures("accounts")
def test_what_is_paid_twice_goes_back_once(page: Page, buyer: Page, site: Site) -> None:
    placed = order_to_pay(page, site, 3)
    first = begin(buyer, placed, "Pay by card")
    second = begin(buyer, placed, "Pay by wallet")
    for provider in (first, second):
        buyer.goto(provider)
        buyer.get_by_role("button", name="Pay", exact=True).click()
        expect(buyer.get_by_role("heading", name="Paid")).to_be_visible()
    enter(page, site)
    wait_on_order(page, placed, "Money given back", "Refund recorded")
    expect(page.locator(".stack-item", has_text="Money given back")).to_have_count(1)
    expect(page.locator(".sums").last).to_contain_text("−¥15.00")
    page.get_by_role("button", name="简体中文").click()
    expect(page.get_by_text("重复付款或多付").first).to_be_visible()


@pytest.mark.usefixtures("accounts")
@pytest.mark.parametrize(
    ("reason", "said", "in_chinese"),
    [
        ("payment_timeout", ("Revived", "Processing"), "恢复订单"),
        ("buyer", ("Paid after the order was cancelled", "Money given back"), "订单取消后到账"),
    ],
)
def test_money_for_a_cancelled_order_revives_it_or_goes_back(
    page: Page, buyer: Page, site: Site, reason: str, said: tuple[str, ...], in_chinese: str
) -> None:
    placed = order_to_pay(page, site, 4)
    begin(buyer, placed, "Pay by wallet")
    cancel(page, site, placed, reason)
    buyer.get_by_role("button", name="Pay", exact=True).click()
    enter(page, site)
    wait_on_order(page, placed, "Payment recorded", *said)
    page.get_by_role("button", name="简体中文").click()
    expect(page.get_by_text(in_chinese).first).to_be_visible()
