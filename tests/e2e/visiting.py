"""What a visitor of the pages does again and again: signs in, places an order by the API."""

import itertools
from typing import Any

from playwright.sync_api import Page, expect

_numbers = itertools.count(1)


def sign_in(page: Page, password: str) -> None:
    """Sign in by the form, with the keyboard alone."""
    page.goto("/sign-in")
    expect(page.locator("#username")).to_be_focused()
    page.keyboard.type("admin")
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")


def place(page: Page, key: str, quantity: int = 2, **more: Any) -> dict[str, Any]:
    """Place a paid order of something that is there, and return it as the API told it."""
    headers = {"Authorization": f"Bearer {key}"}
    stock = page.request.get("/api/v1/stock?limit=200", headers=headers).json()["items"]
    sku = next(
        one["sku"]
        for one in stock
        if isinstance(one["available"], int) and one["available"] > 50 and not one["bucket"]
    )
    reference = f"e2e-{next(_numbers)}"
    order = {
        "shop": page.request.get("/api/v1/orders?limit=1", headers=headers).json()["items"][0]["shop"],
        "external_no": f"{reference}-{sku}",
        "customer": {"name": "测试客户", "phone": "13911112222"},
        "ship_to": {"name": "测试客户", "phone": "13911112222", "country": "CN", "city": "杭州市"},
        "lines": [{"sku": sku, "quantity": quantity, "unit_price": "5.00"}],
        "paid": {"provider": "test", "reference": reference, "amount": f"{5 * quantity}.00"},
    } | more  # fmt: skip
    answer = page.request.post("/api/v1/orders", headers=headers, data=order)
    assert answer.status == 201, answer.text()
    placed: dict[str, Any] = answer.json()
    return placed
