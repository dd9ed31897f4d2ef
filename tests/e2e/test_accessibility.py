"""axe finds no fault on any page, in light and dark, wide and narrow."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from e2e.conftest import Site
from e2e.visiting import place, sign_in

# What a theme can spoil: a dark page has the same elements in the same places as a light one.
COLOURS = ["color-contrast", "link-in-text-block"]
AXE = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 1440), ("light", 390)])
def test_axe_is_content(browser: Browser, site: Site, theme: str, width: int) -> None:
    # The policy that keeps strangers' scripts out would keep axe out too.
    context = browser.new_context(
        base_url=site.address, viewport={"width": width, "height": 900}, bypass_csp=True,
        locale="en-GB",
    )  # fmt: skip
    context.add_cookies([{"name": "theme", "value": theme, "url": site.address}])
    page = context.new_page()
    page.goto("/sign-in")
    rules = COLOURS if theme == "dark" else []
    found = {"/sign-in": faults(page, rules)}
    sign_in(page, site.password)
    order, due = place(page, site.key), place(page, site.key, paid=None)
    number = order["order_no"]
    for address in (
        "/", "/orders", "/orders?late=true&min_total=x", "/orders?q=nothing-like-this",
        f"/orders/{number}", f"/orders/{number}/acts/ship", f"/orders/{number}/acts/cancel",
        f"/orders/{number}/edit/lines", f"/orders/{number}/edit/address", "/orders/new",
        f"/orders/{number}/reveal", f"/orders/{number}/print", "/orders/-/drafts", "/nothing",
        "/me", "/me/two-factor/set-up", "/me/sessions", "/me/keys", "/log", "/settings/sign-in",
        "/stock", "/stock/alerts", "/stock/move/receive", "/products", "/products/-/new", "/prices",
        "/customers", "/files", "/settings", "/settings/shops/-/new", "/settings/dictionary",
        "/settings/sequences", "/reports?period=30", "/reports?period=30&by=shop",
        "/payments", "/payments?min=x&state=captured", "/refunds", "/refunds?state=all", "/suspense", "/settlement",
        "/settlement/-/breaks", "/settlement/-/bills",
        f"/orders/{number}/refund", "/settings/payments", "/settings/payments/-/new?provider=test",
        "/settings/payments/-/rules", "/track", due["payment"]["url"],
        "/alarms", "/settings/schedules", "/settings/schedules/seal_log",
        "/settings/schedules/seal_log/edit", "/settings/notices", "/settings/notices/channels",
        "/settings/notices/channels/-/feishu", "/settings/notices/-/new", "/settings/notices/log",
    ):  # fmt: skip
        page.goto(address)
        found[address] = faults(page, rules)
    context.close()
    assert {address: listed for address, listed in found.items() if listed} == {}


def faults(page: Any, rules: Sequence[str] = ()) -> list[str]:
    """Return what axe has to say against a page by some of its rules or all, and where."""
    page.add_script_tag(path=str(AXE))
    result = page.evaluate("rules => axe.run(rules.length ? {runOnly: rules} : {})", list(rules))
    return [
        f"{fault['id']} ({fault['impact']}): {node['target']} {node['html'][:120]}"
        for fault in result["violations"]
        for node in fault["nodes"][:3]
    ]
