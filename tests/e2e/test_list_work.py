"""Work in the list and on the board by a real browser: many orders, views, drags, the search."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e.conftest import Site
from e2e.visiting import place, sign_in


@pytest.fixture
def clerk(page: Page, site: Site) -> Page:
    """A page of somebody who is signed in."""
    sign_in(page, site.password)
    return page


def place_many(page: Page, site: Site, count: int, tag: str) -> None:
    """Place paid orders with a tag, in one request."""
    first = place(page, site.key)
    sku = first["lines"][0]["sku"]
    headers = {"Authorization": f"Bearer {site.key}"}
    orders: list[dict[str, Any]] = [
        {
            "shop": first["shop"], "external_no": f"{tag}-{number}", "tags": [tag],
            "customer": {"name": f"买家 {number}", "phone": "13911113333"},
            "lines": [{"sku": sku, "quantity": 1, "unit_price": "5.00"}],
        }
        for number in range(count)
    ]  # fmt: skip
    body = {"orders": orders}
    answer = page.request.post("/api/v1/orders/batch", headers=headers, data=body)
    assert [one["status"] for one in answer.json()["outcomes"]] == [201] * count


def hold_all_that_match(page: Page, says: Callable[[str, str], str]) -> None:
    """Tick four rows, mean all that match, and put them on hold."""
    page.locator("[data-row] input[name=id]").nth(1).click()
    page.locator("[data-row] input[name=id]").nth(4).click(modifiers=["Shift"])
    bar = page.locator("form[data-bulk]")
    expect(bar).to_contain_text(says("4 selected ¥20.00", "已选 4 项 ¥20.00"))
    bar.get_by_role("button", name=says("All that match", "全部符合条件的")).click()
    bar.get_by_role("button", name=says("Put on hold", "挂起")).click()
    sheet = page.locator("#sheet")
    expect(sheet).to_contain_text(says("205 orders", "205 单"))
    sheet.get_by_label(says("Reason", "原因")).fill("盘点")
    page.keyboard.press("Enter")
    page.wait_for_url("**/jobs/*")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_act_on_all_that_match_can_be_left_returned_to_and_undone(
    browser: Browser, site: Site, language: str
) -> None:
    is_chinese = language == "zh"

    def says(english: str, chinese: str) -> str:
        return chinese if is_chinese else english

    context = browser.new_context(base_url=site.address, locale="zh-CN" if is_chinese else "en-GB")
    page = context.new_page()
    sign_in(page, site.password)
    tag = f"bulk-{language}"
    place_many(page, site, 205, tag)
    page.goto(f"/orders?tag={tag}")
    hold_all_that_match(page, says)
    address = page.url
    page.goto("/orders")
    page.goto(address)
    expect(page.locator("#job .state").first).to_have_text(
        says("Finished", "已完成"), timeout=30_000
    )
    page.goto(f"/orders?tag={tag}&held=true")
    expect(page.locator("[data-row]")).to_have_count(50)
    page.goto(address)
    page.get_by_role("button", name=says("Undo all of it", "全部撤销")).click()
    page.wait_for_url(lambda url: "/jobs/" in url and url != address)
    expect(page.locator("#job .state").first).to_have_text(
        says("Finished", "已完成"), timeout=30_000
    )
    page.goto(f"/orders?tag={tag}&held=true")
    expect(page.locator("[data-row]")).to_have_count(0)
    context.close()


def test_rows_are_ticked_by_keys_tagged_and_untagged_while_the_list_refreshes_itself(
    page: Page, site: Site
) -> None:
    page.clock.install()
    sign_in(page, site.password)
    place_many(page, site, 5, "keys")
    page.goto("/orders?tag=keys")
    for key in ("j", "x", "j", "j", "Shift+X"):
        page.keyboard.press(key)
    bar = page.locator("form[data-bulk]")
    expect(bar).to_contain_text("3 selected")
    # Somebody else changes an order: the rows come anew, the ticks and the place stay.
    first = page.locator(".list-open").first.inner_text()
    headers = {"Authorization": f"Bearer {site.key}"}
    change = {"priority": "urgent"}
    page.request.patch(f"/api/v1/orders/{first}", headers=headers, data=change)
    page.clock.fast_forward(21_000)
    expect(page.locator("[data-row]").first).to_contain_text("Urgent")
    expect(page.locator("[data-row] input:checked")).to_have_count(3)
    expect(page.locator("[data-row][aria-current]")).to_have_count(1)
    bar.locator("summary", has_text="Mark").click()
    bar.get_by_role("button", name="Add tag").click()
    page.locator("#sheet").get_by_label("Tag").fill("fragile")
    page.keyboard.press("Enter")
    expect(page.locator("#notices")).to_contain_text("Add tag: 3 orders")
    expect(page.get_by_text("fragile")).to_have_count(3)
    expect(bar).to_be_hidden()
    page.locator("#notices").get_by_role("button", name="Undo").click()
    expect(page.get_by_text("fragile")).to_have_count(0)


def test_a_card_is_dragged_where_an_act_leads_and_told_why_not_elsewhere(
    browser: Browser, site: Site
) -> None:
    # Of a context of its own: a browser notes each refusal as an error of the page.
    size = {"width": 2000, "height": 1000}
    context = browser.new_context(base_url=site.address, locale="en-GB", viewport=size)
    clerk = context.new_page()
    sign_in(clerk, site.password)
    review = clerk.locator("section.column[data-state=in_review]")
    waiting = clerk.locator("section.column[data-state=open] .column-head")
    card = review.locator(".order-card").first
    number = card.get_attribute("data-card")
    card.drag_to(clerk.locator("section.column[data-state=closed] .column-head"))
    expect(clerk.locator("#notices")).to_contain_text("No act leads from here to Closed.")
    card.drag_to(waiting)
    expect(clerk.locator("#notices")).to_contain_text(f"Done: Approve · {number}")
    expect(review.locator(f"[data-card={number}]")).to_have_count(0)
    clerk.goto(f"/orders/{number}")
    expect(clerk.locator(".order-head .state").first).to_have_text("Processing")
    context.close()


def test_a_card_is_moved_by_keys_and_by_its_menu(clerk: Page) -> None:
    review = clerk.locator("section.column[data-state=in_review]")
    number = review.locator(".order-card").first.get_attribute("data-card")
    clerk.locator(f"#open-{number}").focus()
    clerk.keyboard.press("Shift+ArrowRight")
    expect(clerk.locator("#notices")).to_contain_text(f"Done: Approve · {number}")
    # The board is read anew after a move; a menu opened meanwhile would be swapped away.
    clerk.wait_for_load_state("networkidle")
    column = clerk.locator("section.column[data-state=awaiting_payment]")
    waiting = column.locator(".order-card[data-moves*=cancelled]").first
    waiting.hover()
    waiting.locator("summary").click()
    waiting.get_by_role("link", name="Cancel").click()
    expect(clerk.locator("#sheet")).to_contain_text("The order can be revived for 48 hours.")
    clerk.keyboard.press("Escape")


def test_a_view_is_kept_and_opens_the_list(browser: Browser, site: Site) -> None:
    context = browser.new_context(base_url=site.address, locale="zh-CN")
    page = context.new_page()
    sign_in(page, site.password)
    page.goto("/orders?state=cancelled&sort=-total")
    page.locator("summary", has_text="视图").click()
    page.get_by_role("link", name="存为视图").first.click()
    sheet = page.locator("#sheet")
    sheet.get_by_label("名称").fill("大额取消")
    sheet.get_by_label("打开列表时默认使用").check()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("大额取消")
    page.locator("[data-opens=columns]").click()
    columns = page.locator("dialog#columns")
    columns.get_by_label("平台单号", exact=True).check()
    columns.get_by_role("button", name="保存").click()
    page.goto("/orders")
    expect(page.get_by_role("heading", level=1)).to_have_text("大额取消")
    expect(page.locator("th", has_text="平台单号")).to_be_visible()
    assert "sort=-total" in page.url
    page.get_by_label("修改视图").click()
    page.get_by_role("button", name="删除视图").click()
    page.locator("dialog.ask").get_by_role("button", name="删除").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("订单")
    context.close()


def test_the_search_and_the_palette_find_by_keys_alone(clerk: Page, site: Site) -> None:
    order = place(clerk, site.key)
    number = order["order_no"]
    clerk.keyboard.press("/")
    clerk.keyboard.type(number[:-2])
    expect(clerk.locator("#suggestions")).to_contain_text(number)
    clerk.keyboard.press("ArrowDown")
    clerk.keyboard.press("Enter")
    clerk.wait_for_url(f"**/orders/{number}")
    clerk.keyboard.press("Control+k")
    expect(clerk.locator("dialog#palette")).to_contain_text(number)
    clerk.keyboard.type("late")
    clerk.keyboard.press("Enter")
    clerk.wait_for_url(re.compile(r"/orders\?late=true"))
    clerk.keyboard.press("Control+k")
    clerk.keyboard.type("nothing like this at all")
    expect(clerk.locator(".palette-nothing")).to_be_visible()
    clerk.keyboard.press("Escape")
    expect(clerk.locator("dialog#palette")).to_be_hidden()
