"""Entering, editing, revealing and printing an order in a real browser, in both languages."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e.conftest import Site
from e2e.visiting import place, sign_in

BLOCK = "王小明 13800138000 浙江省杭州市西湖区文三路 1 号"


@pytest.fixture
def clerk(page: Page, site: Site) -> Page:
    """A page of somebody who is signed in."""
    sign_in(page, site.password)
    return page


def plenty(page: Page) -> list[str]:
    """Return SKUs of which the shop of the form has more than twenty."""
    found = page.request.get("/orders/-/skus?scan=-w").text()
    offers = re.findall(r'data-scan="([^"]+)".*?([\d,]+) available', found, re.DOTALL)
    return [code for code, count in offers if int(count.replace(",", "")) > 20]


def test_an_order_is_placed_by_the_keyboard_alone(clerk: Page) -> None:
    scanned, searched = plenty(clerk)[:2]
    clerk.keyboard.press("c")
    clerk.wait_for_url("**/orders/new")
    expect(clerk.locator("#scan")).to_be_focused()
    # As a scanner types: at once, and each with Enter.
    for _ in range(3):
        clerk.keyboard.insert_text(scanned)
        clerk.keyboard.press("Enter")
    row = clerk.locator("[data-entry-row]")
    expect(row).to_have_count(1)
    expect(row.get_by_label(f"Quantity of {scanned}")).to_have_value("3")
    expect(clerk.locator("#scan")).to_be_focused()
    clerk.keyboard.type(searched.lower())
    expect(clerk.locator("#skus-found [role=option]").first).to_be_visible()
    clerk.keyboard.press("ArrowDown")
    clerk.keyboard.press("Enter")
    expect(row).to_have_count(2)
    expect(clerk.locator(".entry-total")).not_to_have_text("")
    clerk.locator("#customer-search").focus()
    clerk.keyboard.press("Tab")
    clerk.locator("details.paste summary").focus()
    clerk.keyboard.press("Enter")
    clerk.locator("[data-paste-address]").focus()
    clerk.keyboard.insert_text(BLOCK)
    expect(clerk.locator("#ship-district")).to_have_value("西湖区")
    expect(clerk.locator("#customer_phone")).to_have_value("13800138000")
    total = clerk.locator(".entry-total").inner_text()
    clerk.keyboard.press("Control+Enter")
    clerk.wait_for_url(re.compile(r"/orders/[A-Z]+\d+$"))
    expect(clerk.locator("#notices")).to_contain_text("The order was placed.")
    expect(clerk.locator("#lines .sums dd.total")).to_have_text(total)
    expect(clerk.locator("#contact")).to_contain_text("文三路 1 号")


def test_a_draft_waits_and_is_taken_up_again(clerk: Page) -> None:
    code = plenty(clerk)[0]
    clerk.goto("/orders/new")
    clerk.locator("#scan").fill(code)
    clerk.keyboard.press("Enter")
    expect(clerk.locator("[data-entry-row]")).to_have_count(1)
    clerk.locator("#customer_name").fill("李草稿")
    clerk.get_by_role("button", name="Save draft").click()
    clerk.wait_for_url(re.compile(r"/orders/-/drafts/[0-9a-f-]+$"))
    clerk.goto("/orders/-/drafts")
    clerk.get_by_role("link", name=re.compile("李草稿")).click()
    expect(clerk.locator("#customer_name")).to_have_value("李草稿")
    clerk.get_by_role("button", name="Place order").first.click()
    clerk.wait_for_url(re.compile(r"/orders/[A-Z]+\d+$"))
    clerk.goto("/orders/-/drafts")
    expect(clerk.get_by_role("link", name=re.compile("李草稿"))).to_have_count(0)


def test_of_two_editors_the_second_sees_what_changed_and_loses_nothing(
    browser: Browser, site: Site
) -> None:
    # A browser of its own: an answer of 412 is an error to Chromium's console.
    context = browser.new_context(base_url=site.address, locale="en-GB")
    clerk = context.new_page()
    sign_in(clerk, site.password)
    order = place(clerk, site.key, quantity=2)
    clerk.goto(f"/orders/{order['order_no']}")
    clerk.get_by_role("link", name="Edit the notes").click()
    sheet = clerk.locator("#sheet")
    sheet.get_by_label("Own note").fill("mine")
    headers = {"Authorization": f"Bearer {site.key}"}
    changed = clerk.request.patch(
        f"/api/v1/orders/{order['id']}", headers=headers, data={"seller_note": "theirs"}
    )
    assert changed.ok, changed.text()
    with clerk.expect_response(lambda response: response.status == 412):
        sheet.get_by_role("button", name="Save").click()
    expect(sheet.get_by_role("alert")).to_contain_text("Somebody else changed this order")
    expect(sheet.get_by_label("Own note")).to_have_value("mine")
    expect(sheet).to_contain_text("Now: theirs")
    sheet.get_by_role("button", name="Apply mine on top").click()
    expect(sheet).to_be_hidden()
    expect(clerk.locator("#notes")).to_contain_text("mine")
    context.close()


def test_lines_are_edited_in_place_with_the_new_total(clerk: Page, site: Site) -> None:
    order = place(clerk, site.key, quantity=2)
    clerk.goto(f"/orders/{order['order_no']}")
    clerk.get_by_role("link", name="Edit the lines").click()
    quantity = clerk.get_by_label(re.compile("Quantity of"))
    quantity.fill("3")
    expect(clerk.locator(".sums-change")).to_contain_text("¥15.00")
    clerk.locator("#lines-form").get_by_role("button", name="Save").click()
    expect(clerk.locator("#notices")).to_contain_text("Saved: Lines")
    expect(clerk.locator("#lines .sums dd.total")).to_have_text("¥15.00")
    expect(clerk.locator("#timeline")).to_contain_text("× 3")


def test_a_phone_is_revealed_for_a_purpose_and_a_slip_printed(clerk: Page, site: Site) -> None:
    order = place(clerk, site.key)
    clerk.goto(f"/orders/{order['order_no']}")
    expect(clerk.locator("#contact")).to_contain_text("139****2222")
    clerk.get_by_role("link", name="Show phone").click()
    sheet = clerk.locator("#sheet")
    sheet.get_by_label("After-sales").check()
    sheet.get_by_role("button", name="Show").click()
    expect(sheet).to_be_hidden()
    expect(clerk.locator("#contact")).to_contain_text("13911112222")
    clerk.get_by_role("link", name="Hide").click()
    expect(clerk.locator("#contact")).not_to_contain_text("13911112222")
    clerk.goto(f"/orders/{order['order_no']}/print?paper=80mm")
    expect(clerk.locator(".code-128")).to_be_visible()
    assert clerk.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_a_file_is_dropped_on_an_order(clerk: Page, site: Site) -> None:
    order = place(clerk, site.key)
    clerk.goto(f"/orders/{order['order_no']}")
    clerk.locator("#order-files input[type=file]").set_input_files(
        {"name": "合同.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n"}
    )
    expect(clerk.locator("#order-files")).to_contain_text("合同.pdf")


def test_the_form_works_in_chinese_on_a_phone(browser: Browser, site: Site) -> None:
    context = browser.new_context(
        base_url=site.address, locale="zh-CN", viewport={"width": 390, "height": 844},
        has_touch=True,
    )  # fmt: skip
    page = context.new_page()
    sign_in(page, site.password)
    page.goto("/orders/new")
    code = plenty(page)[0]
    page.locator("#scan").fill(code)
    page.get_by_role("button", name="添加").tap()
    expect(page.locator("[data-entry-row]")).to_have_count(1)
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.get_by_label(f"{code} 的数量").fill("0")
    page.get_by_role("button", name="提交订单").last.tap()
    expect(page.get_by_text("请输入大于 0 的数量")).to_be_visible()
    page.get_by_label(f"{code} 的数量").fill("1")
    page.get_by_role("button", name="提交订单").last.tap()
    page.wait_for_url(re.compile(r"/orders/[A-Z]+\d+$"))
    expect(page.locator("#notices")).to_contain_text("订单已创建。")
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    context.close()
