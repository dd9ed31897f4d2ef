"""Master data in a real browser: receiving by scanner, editing a product, in both languages."""

import re

from playwright.sync_api import Browser, Page, expect

from e2e.conftest import Site
from e2e.visiting import sign_in

SCRIPT = "<script>alert(1)</script>"


def test_goods_are_received_by_scanning_faster_than_the_server_answers(
    page: Page, site: Site
) -> None:
    sign_in(page, site.password)
    page.goto("/stock?need=low")
    sku = page.locator("a.list-open").first.inner_text()
    page.goto(f"/stock/sku/{sku}")
    row = page.locator("#balances-title + .list-frame tbody tr").first
    before = int(row.locator("td.num").first.inner_text().replace(",", ""))
    page.goto("/stock/move/receive")
    expect(page.locator("#scan")).to_be_focused()
    for code in (sku, "no-such-code", sku, sku):
        page.keyboard.type(code)
        page.keyboard.press("Enter")
    expect(page.locator("[name=quantity]")).to_have_value("3")
    expect(page.get_by_text("These codes are no SKU and no barcode")).to_be_visible()
    expect(page.locator("#scan")).to_be_focused()
    page.locator("[name=reference]").fill("DN-7")
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_text("Nothing has been changed yet.")).to_be_visible()
    page.get_by_role("button", name="Receive: 1 line").click()
    expect(page.locator("#notices")).to_contain_text("Receive: 1 line done")
    page.goto(f"/stock/sku/{sku}")
    after = page.locator("#balances-title + .list-frame tbody tr").first.locator("td.num").first
    expect(after).to_have_text(str(before + 3))
    expect(page.locator("#ledger")).to_contain_text("DN-7")


def test_a_product_is_added_with_a_picture_and_changed(browser: Browser, site: Site) -> None:
    context = browser.new_context(
        base_url=site.address, locale="zh-CN", viewport={"width": 390, "height": 844}
    )
    page = context.new_page()
    sign_in(page, site.password)
    page.goto("/products")
    page.get_by_role("link", name="新增商品").click()
    page.locator("#id_code").fill("E2E-1")
    page.locator("#id_name").fill(f"杯子 {SCRIPT}")
    page.locator("#id_sku").fill("E2E-CUP")
    page.locator("#id_price").fill("十二")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#id_price_error")).to_be_visible()
    expect(page.locator("#id_sku")).to_have_value("E2E-CUP")
    page.locator("#id_price").fill("12.50")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("h1")).to_have_text(f"杯子 {SCRIPT}")
    picture = {"name": "杯子.png", "mimeType": "image/png", "buffer": _png()}
    page.locator("#pictures").set_input_files([picture])
    page.get_by_role("button", name="上传").click()
    expect(page.locator(".pictures img")).to_have_js_property("naturalWidth", 1)
    page.get_by_role("link", name="E2E-CUP", exact=True).click()
    page.locator("#id_price").fill("13")
    page.locator("#id_barcodes").fill("6901234567890")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("main")).to_contain_text("¥13.00")
    page.goto("/stock/move/receive")
    page.keyboard.type("6901234567890")
    page.keyboard.press("Enter")
    expect(page.locator("#move-lines")).to_contain_text("E2E-CUP")
    context.close()


def test_doubles_are_merged_and_taken_apart(page: Page, site: Site) -> None:
    sign_in(page, site.password)
    for ref in ("E2E-A", "E2E-B"):
        page.goto("/customers/new")
        page.locator("#id_name").fill(f"重复客户 {ref}")
        page.locator("#id_ref").fill(ref)
        page.locator("#id_phone").fill("13712345678")
        page.get_by_role("button", name="Save").click()
        expect(page.locator("h1")).to_have_text(f"重复客户 {ref}")
    expect(page.locator("main")).to_contain_text("137****5678")
    page.get_by_role("link", name="Merge them").click()
    page.get_by_role("button", name="Merge", exact=True).click()
    expect(page.locator("main")).to_contain_text(
        re.compile("Merged into this one.*E2E-A", re.DOTALL)
    )
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_text("Perhaps the same person")).to_be_visible()


def _png() -> bytes:
    """Return a picture of one pixel."""
    return bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63"
        "606060f80f0001040100ccd5bd0e0000000049454e44ae426082"
    )
