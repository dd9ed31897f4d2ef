"""Importing in a real browser: a file is looked at, run, watched to its end, mended and exported."""

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from e2e.conftest import Site
from e2e.test_accessibility import AXE, faults
from e2e.visiting import place, sign_in

HEADER = "订单编号,下单时间,收货人,手机,商家编码,商品名称,数量,单价"
GOOD, BAD = "2026-11-20 10:00:00", "yesterday"


def a_file(folder: Path, sku: str, *numbers: str, when: str = GOOD) -> Path:
    """Write a report of orders, of which the last was placed at an odd time."""
    lines = [f"{number},{GOOD},王小明,13800138000,{sku},<b>杯子</b>,1,5.00" for number in numbers]
    lines[-1] = lines[-1].replace(GOOD, when)
    path = folder / "orders.csv"
    path.write_bytes("\n".join([HEADER, *lines, ""]).encode("gb18030"))
    return path


def test_a_file_goes_in_with_progress_and_its_faults_come_back(
    page: Page, site: Site, tmp_path: Path
) -> None:
    sign_in(page, site.password)
    sku = place(page, site.key)["lines"][0]["sku"]
    page.goto("/imports")
    page.set_input_files("#import-file", a_file(tmp_path, sku, "E1", "E2", "E3", when=BAD))
    page.get_by_role("button", name="Upload and look").click()
    expect(page.get_by_text("gb18030 · 8 columns")).to_be_visible()
    expect(page.get_by_role("button", name="Import", exact=True)).to_be_disabled()
    page.get_by_label("Shop").select_option("main")
    expect(page.get_by_text("3 in the file, 1 of them refused.")).to_be_visible()
    page.get_by_role("button", name="Import", exact=True).click()
    page.wait_for_url("**/jobs/*")
    job = page.url
    page.goto("/orders")  # the job goes on without anybody who looks
    page.goto(job)
    expect(page.locator(".page-head .state")).to_have_text("Finished", timeout=20_000)
    page.get_by_role("link", name="Refused 1", exact=True).click()
    expect(page.get_by_text("Not a time").first).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("link", name="Refused rows to fix").click()
    fixing = Path(saved.value.path()).read_text("utf-8-sig")
    assert "E3" in fixing
    assert "laidan: why" in fixing.splitlines()[0]
    page.goto("/exports?q=E1")
    page.get_by_role("button", name="Write the file").click()
    expect(page.get_by_role("link", name="Download")).to_be_visible(timeout=20_000)


def test_the_pages_of_jobs_read_well_in_chinese_and_axe_is_content(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    context = browser.new_context(
        base_url=site.address, locale="zh-CN", bypass_csp=True,
        viewport={"width": 390, "height": 844},
    )  # fmt: skip
    page = context.new_page()
    assert AXE.is_file()
    sign_in(page, site.password)
    found = {}
    for address in ("/imports", "/exports", "/jobs", "/jobs?of=all"):
        page.goto(address)
        found[address] = faults(page)
    page.goto("/imports")
    page.set_input_files("#import-file", a_file(tmp_path, "NO-SUCH", "Z1"))
    page.get_by_role("button", name="上传并预览").click()
    page.get_by_label("店铺").select_option("main")
    expect(page.get_by_text("文件中共 1 条")).to_be_visible()
    found["wizard"] = faults(page)
    wide = page.evaluate("document.documentElement.scrollWidth")
    page.get_by_role("button", name="导入", exact=True).click()
    page.wait_for_url("**/jobs/*")
    expect(page.locator(".page-head .state")).to_have_text("已完成", timeout=20_000)
    found["job"] = faults(page)
    context.close()
    assert {address: listed for address, listed in found.items() if listed} == {}
    assert wide <= 390
