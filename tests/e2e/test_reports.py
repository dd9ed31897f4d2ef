"""The reports are drawn under the strict policy; what was typed survives a session, without a script."""

from playwright.sync_api import Browser, Page, expect

from e2e.conftest import Site
from e2e.visiting import sign_in

_INKED = """() => {
  const canvas = document.querySelector(".chart canvas");
  // While another report comes, there is none for a moment.
  if (!canvas || !canvas.width || !canvas.height) return false;
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.some((byte) => byte > 0);
}"""


def test_a_chart_is_drawn_and_drawn_anew_for_other_parts(page: Page, site: Site) -> None:
    sign_in(page, site.password)
    page.goto("/reports?period=30")
    expect(page.locator(".chart canvas")).to_have_count(1)
    page.wait_for_function(_INKED)
    page.get_by_role("link", name="Shop", exact=True).click()
    expect(page.locator("th[aria-sort=descending]")).to_have_text("Amount")
    page.wait_for_function(_INKED)
    page.get_by_role("link", name="Orders", exact=True).last.click()
    expect(page.locator("th[aria-sort=descending]")).to_have_text("Orders")
    with page.expect_download() as file:
        page.get_by_role("link", name="XLSX").click()
    assert file.value.suggested_filename.endswith(".xlsx")


def test_a_form_sent_too_late_is_sent_after_signing_in(browser: Browser, site: Site) -> None:
    context = browser.new_context(
        base_url=site.address, java_script_enabled=False, locale="en-GB"
    )  # fmt: skip
    page = context.new_page()
    for address in ("/sign-in", ""):
        if address:
            page.goto(address)
        page.fill("#username", "admin")
        page.fill("#password", site.password)
        page.get_by_role("button", name="Sign in").click()
        if address:
            page.goto("/customers/new")
            page.fill("[name=name]", "张三 <b>")
            token = [one for one in context.cookies() if one["name"] == "csrftoken"]
            context.clear_cookies()
            context.add_cookies(token)  # type: ignore[arg-type]  # what was read may be written
            page.get_by_role("button", name="Save").click()
            expect(page.locator("#error")).to_contain_text("send what you typed")
    page.get_by_role("button", name="Send now").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("张三 <b>")
    context.close()
