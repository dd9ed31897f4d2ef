"""Two-factor sign-in in a real browser: set up, asked for, in both languages, and turned off."""

import base64
import time

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from playwright.sync_api import Page, expect

from e2e.conftest import Site
from e2e.visiting import sign_in


def code(secret: str, steps: int) -> str:
    """What an app shows, so many steps of 30 seconds from now."""
    totp = TOTP(base64.b32decode(secret), 6, SHA1(), 30)
    return totp.generate(int(time.time()) + 30 * steps).decode()


def send_code(page: Page, secret: str, steps: int) -> None:
    """Type a code and press Enter."""
    page.locator("[name=code]").fill(code(secret, steps))
    page.keyboard.press("Enter")


def sign_out(page: Page) -> None:
    """Sign out by the menu."""
    page.locator(".top details.menu summary").last.click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")


def test_from_setting_up_to_signing_in_to_turning_off(page: Page, site: Site) -> None:
    sign_in(page, site.password)
    page.goto("/me/two-factor")
    page.get_by_role("link", name="Set up").click()
    expect(page.get_by_role("img", name="QR code for the authenticator app")).to_be_visible()
    secret = page.locator("details.qr-text [data-copy]").get_attribute("data-copy")
    assert secret is not None
    send_code(page, secret, -1)
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("10 recovery codes are left.")).to_be_visible()
    sign_out(page)

    page.locator("#username").fill("admin")
    page.locator("#password").fill(site.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in/code")
    expect(page.locator("[name=code]")).to_be_focused()
    page.goto("/orders")
    page.wait_for_url("**/sign-in?next=*")
    page.goto("/sign-in/code")
    page.get_by_role("button", name="简体中文").click()
    expect(page.get_by_role("heading", name="两步验证")).to_be_visible()
    send_code(page, secret, 0)
    page.wait_for_url("**/")

    page.goto("/me/sessions")
    expect(page.get_by_text("当前设备")).to_be_visible()
    page.goto("/me/two-factor")
    page.locator("[name=code]").fill(code(secret, 1))
    page.get_by_role("button", name="关闭").click()
    expect(page.get_by_role("link", name="设置", exact=True).last).to_be_visible()
    page.goto("/log?noun=second-factor")
    expect(page.get_by_role("row").nth(1)).to_contain_text("停用两步验证")
