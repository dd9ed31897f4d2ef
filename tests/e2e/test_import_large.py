"""A large report of a platform put in through the page: progress, faults as a file, listed at once."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e.conftest import Site
from e2e.visiting import sign_in
from files.truths import DATA

HEADER = "订单编号,总金额,买家实际支付金额,收货地址 ,订单创建时间,订单付款时间 ,退款金额"
BAD = {700: "昨天", 2100: "soon", 3999: "2020-13-01 00:00:00"}
GOOD = "2020-02-21 10:00:00"
REPORT = DATA / "histories" / "tmall_order_report.csv"
IS_LONG = os.environ.get("LAIDAN_TEST_PROFILE") == "thorough"
PATIENCE = 600_000


@dataclass(frozen=True)
class Words:
    """What the pages call what is pressed and looked at, in one language."""

    locale: str
    shop: str
    history: str
    missing: str
    run: str
    finished: str
    refused: str
    to_fix: str


ENGLISH = Words(
    "en-GB", "Shop", "These orders are history", "Make SKUs that are not there", "Import",
    "Finished", "Refused", "Refused rows to fix",
)  # fmt: skip
CHINESE = Words(
    "zh-CN",
    "店铺",
    "这些是历史订单",
    "新建不存在的规格",
    "导入",
    "已完成",
    "被拒绝",
    "下载被拒绝的行，修改后重新导入",
)


def a_row(number: int, when: str) -> str:
    return f"LARGE-{number:05},{number % 90 + 10}.50,{number % 90 + 10}.50,浙江,{when},{when},0"


def a_report(path: Path, numbers: range | list[int], bad: dict[int, str]) -> Path:
    rows = (a_row(number, bad.get(number, GOOD)) for number in numbers)
    path.write_text("\n".join([HEADER, *rows, ""]), encoding="gb18030")
    return path


def bring(page: Page, path: Path, words: Words, previewed: int = 50) -> None:
    """Put a report in up to its job."""
    page.goto("/imports")
    page.set_input_files("#import-file", path)
    page.locator(".import-send .btn-primary").click()
    page.wait_for_url("**/imports/*", timeout=PATIENCE)
    expect(page.locator("#source")).to_have_value("tmall")
    for wanted in (words.history, words.missing):
        with page.expect_response(re.compile("/imports/")):
            page.get_by_role("checkbox", name=wanted).check()
        expect(page.get_by_role("checkbox", name=wanted)).to_be_checked()
    page.get_by_label(words.shop, exact=True).select_option("main")
    expect(page.locator(".import-preview tbody tr")).to_have_count(previewed)
    page.get_by_role("button", name=words.run, exact=True).click()
    page.wait_for_url("**/jobs/*", timeout=PATIENCE)


def watch(page: Page, words: Words) -> list[int]:
    """Return how many rows the page said were done, one after the other, up to the end."""
    seen: list[int] = []
    state, done = page.locator(".page-head .state"), page.locator(".job-counts dd").first
    while state.text_content() != words.finished:
        told = re.match(r"\s*([\d,]+)", done.text_content() or "")
        if told and (count := int(told[1].replace(",", ""))) not in seen:
            seen.append(count)
        page.wait_for_timeout(50)
    return seen


def refused_file(page: Page, words: Words) -> list[str]:
    with page.expect_download() as saved:
        page.get_by_role("link", name=words.to_fix).click()
    return Path(saved.value.path()).read_text("utf-8-sig").splitlines()


def is_listed(page: Page, number: str) -> None:
    page.goto(f"/orders?q={number}")
    expect(page.locator("tr[data-row]")).to_have_count(1)
    expect(page.locator("tr[data-row]")).to_contain_text("天猫订单")


def test_a_large_report_goes_in_and_its_mended_faults_after_it(
    page: Page, site: Site, tmp_path: Path
) -> None:
    sign_in(page, site.password)
    bring(page, a_report(tmp_path / "report.csv", range(1, 4001), BAD), ENGLISH)
    seen = watch(page, ENGLISH)
    assert seen == sorted(seen)
    assert [count for count in seen if 0 < count < 4000], "the page showed no progress"
    expect(page.locator(".job-counts")).to_contain_text("3,997")
    is_listed(page, "LARGE-04000")
    page.go_back()
    head, *rows = refused_file(page, ENGLISH)
    assert head.endswith("laidan: why")
    assert [row[:11] for row in rows] == ["LARGE-00700", "LARGE-02100", "LARGE-03999"]
    page.goto("/orders?q=LARGE-02100")
    expect(page.locator("tr[data-row]")).to_have_count(0)
    mended = [rows[0].replace("昨天", GOOD), rows[1].replace("soon", GOOD)]
    (tmp_path / "mended.csv").write_text("\n".join([head, *mended, ""]), encoding="utf-8")
    bring(page, tmp_path / "mended.csv", ENGLISH, previewed=2)
    watch(page, ENGLISH)
    is_listed(page, "LARGE-02100")


@pytest.mark.slow
@pytest.mark.skipif(not (IS_LONG and REPORT.is_file()), reason="for a long run beside the data")
def test_the_real_report_goes_in_through_the_page(browser: Browser, site: Site) -> None:
    context = browser.new_context(base_url=site.address, locale=CHINESE.locale)
    page = context.new_page()
    sign_in(page, site.password)
    bring(page, REPORT, CHINESE)
    seen = watch(page, CHINESE)
    assert len(seen) > 5
    assert seen == sorted(seen)
    expect(page.locator(".job-counts dd").first).to_have_text("28,010")
    expect(page.locator(".job-counts")).to_contain_text(CHINESE.refused)
    first, *_, last = REPORT.read_text("utf-8").splitlines()[1:]
    for row in (first, last):
        is_listed(page, row.partition(",")[0])
    context.close()
