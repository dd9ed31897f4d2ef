"""The pages in a real browser: the day's work by keyboard, by touch, and without a script."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e.conftest import Site
from e2e.visiting import place, sign_in

PHONE = {"width": 360, "height": 740}


@pytest.fixture
def clerk(page: Page, site: Site) -> Page:
    """A page of somebody who is signed in."""
    sign_in(page, site.password)
    return page


def is_too_wide(page: Page) -> bool:
    """Whether a page has to be scrolled sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def test_from_signing_in_by_the_board_to_an_order(clerk: Page) -> None:
    expect(clerk.get_by_role("heading", name="Board")).to_be_visible()
    column = clerk.locator("section.column[data-category=open]").first
    count = column.locator(".column-count").inner_text()
    column.locator(".column-head").click()
    clerk.wait_for_url("**/orders?type=retail&state=open")
    expect(clerk.locator(".tabs [aria-current=page] .tab-count")).to_have_text(count)
    clerk.locator(".list-open").first.click()
    clerk.wait_for_url(re.compile(r"/orders/\w+$"))
    number = clerk.url.rpartition("/")[2]
    expect(clerk.get_by_role("heading", level=1)).to_have_text(number)


def test_filters_change_the_list_without_a_new_page_and_going_back_undoes_them(
    clerk: Page,
) -> None:
    clerk.goto("/orders")
    clerk.evaluate("window.isStill = true")
    clerk.get_by_role("link", name=re.compile("Cancelled")).click()
    clerk.wait_for_url("**/orders?state=cancelled")
    clerk.get_by_label("Order of the list").select_option("-total")
    clerk.wait_for_url("**/orders?state=cancelled&sort=-total")
    assert clerk.evaluate("window.isStill") is True
    amounts = clerk.locator(".list-total").all_inner_texts()
    values = [float(re.sub(r"[^\d.]", "", text)) for text in amounts]
    assert values == sorted(values, reverse=True)
    assert len(values) == 50
    clerk.go_back()
    clerk.wait_for_url("**/orders?state=cancelled")
    expect(clerk.get_by_label("Order of the list")).to_have_value("-placed_at")


def test_the_keyboard_alone_finds_and_ships_an_order(clerk: Page, site: Site) -> None:
    order = place(clerk, site.key, quantity=3)
    clerk.keyboard.press("/")
    clerk.keyboard.type(order["order_no"])
    clerk.keyboard.press("Enter")
    clerk.wait_for_url(f"**/orders/{order['order_no']}")
    clerk.keyboard.press("a")
    sheet = clerk.locator("#sheet")
    expect(sheet.get_by_label("Tracking number")).to_be_focused()
    clerk.keyboard.type("SF1234567890")
    clerk.keyboard.press("Enter")
    expect(sheet).to_be_hidden()
    expect(clerk.locator("#notices")).to_contain_text("Done: Ship")
    expect(clerk.locator(".order-head .state").first).to_have_text("Shipped")
    expect(clerk.get_by_text("SF1234567890").first).to_be_visible()
    clerk.reload()
    expect(clerk.locator(".order-head .state").first).to_have_text("Shipped")


def test_rows_are_walked_and_opened_by_keys(clerk: Page) -> None:
    clerk.goto("/orders")
    second = clerk.locator(".list-open").nth(1).inner_text()
    for key in ("j", "j", "j", "k", "Enter"):
        clerk.keyboard.press(key)
    clerk.wait_for_url(f"**/orders/{second}")
    clerk.keyboard.press("?")
    expect(clerk.locator("dialog#keys")).to_be_visible()
    clerk.keyboard.press("Escape")
    expect(clerk.locator("dialog#keys")).to_be_hidden()
    clerk.keyboard.press("b")
    expect(clerk.get_by_role("heading", name="Board")).to_be_visible()


def test_escape_leaves_an_act_without_doing_it(clerk: Page, site: Site) -> None:
    order = place(clerk, site.key)
    clerk.goto(f"/orders/{order['order_no']}")
    clerk.locator("#order").get_by_text("More", exact=True).click()
    clerk.get_by_role("link", name="Cancel").click()
    sheet = clerk.locator("#sheet")
    expect(sheet).to_contain_text("A refund of ¥10.00 is asked for.")
    clerk.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(clerk.locator(".order-head .state").first).to_have_text("Processing")


def test_a_refused_act_says_why_when_it_is_pressed(clerk: Page, site: Site) -> None:
    order = place(clerk, site.key)
    clerk.goto(f"/orders/{order['order_no']}")
    clerk.get_by_role("button", name="Confirm receipt").click()
    expect(clerk.get_by_text("Not everything was shipped yet.").first).to_be_visible()


def test_the_board_shows_a_new_order_by_itself_and_stays_where_it_was_scrolled(
    page: Page, site: Site
) -> None:
    page.clock.install()
    page.set_viewport_size({"width": 800, "height": 700})
    sign_in(page, site.password)
    board = page.locator("#board")
    board.evaluate("board => { board.scrollLeft = 150; }")
    head = page.locator("section[data-category=open] .column-count").first
    before = int(head.inner_text().replace(",", ""))
    order = place(page, site.key)
    assert order["category"] == "open"
    page.clock.fast_forward(16_000)
    expect(head).to_have_text(f"{before + 1:,}")
    assert board.evaluate("board => board.scrollLeft") == 150


def test_the_language_and_the_theme_are_kept(clerk: Page) -> None:
    clerk.get_by_role("button", name="简体中文").click()
    expect(clerk.get_by_role("heading", name="看板")).to_be_visible()
    expect(clerk.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(clerk.locator(".order-card-foot time").first).to_have_text(
        re.compile(r"^(\d+ (秒钟|分钟|小时|天)前|昨天|前天|现在|\d{4}-)")
    )
    light = clerk.evaluate("getComputedStyle(document.body).backgroundColor")
    clerk.locator("summary", has_text="我的菜单").click()
    clerk.get_by_role("button", name="深色").click()
    dark = clerk.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark != light
    clerk.goto("/orders")
    assert clerk.evaluate("getComputedStyle(document.body).backgroundColor") == dark
    expect(clerk.get_by_role("heading", name="订单", exact=True)).to_be_visible()


def test_on_a_phone_nothing_is_wider_than_the_screen(page: Page, site: Site) -> None:
    page.set_viewport_size(PHONE)
    page.goto("/sign-in")
    assert not is_too_wide(page)
    sign_in(page, site.password)
    order = place(page, site.key)
    for address in ("/", "/orders", "/orders?late=true", f"/orders/{order['order_no']}"):
        page.goto(address)
        assert not is_too_wide(page), address
    page.get_by_role("link", name="Orders").last.click()
    page.wait_for_url("**/orders")
    page.goto(f"/orders/{order['order_no']}")
    page.get_by_role("link", name="Ship").click()
    expect(page.locator("#sheet").get_by_label("Courier")).to_be_visible()
    assert not is_too_wide(page)


def test_everything_works_without_a_script(browser: Browser, site: Site) -> None:
    context = browser.new_context(base_url=site.address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(site.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    order = place(page, site.key)
    page.goto("/orders")
    page.get_by_label("Placed from").fill("2020-01-01")
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.locator(".chip")).to_contain_text("Placed from: 2020-01-01")
    page.goto(f"/orders/{order['order_no']}")
    page.get_by_role("link", name="Ship").click()
    page.get_by_label("Tracking number").fill("SF42")
    page.get_by_role("button", name="Ship", exact=True).click()
    page.wait_for_url(f"**/orders/{order['order_no']}")
    expect(page.locator("#notices")).to_contain_text("Done: Ship")
    page.locator("summary", has_text="Your menu").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    context.close()
