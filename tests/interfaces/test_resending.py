"""What was typed when the session ended is not lost, with and without a script, and no stranger's."""

import html
import re
from typing import Any

import pytest
from django.test import Client

from builders import a_shop, a_sku, an_order
from interfaces.browsing import PASSWORD, a_visitor, words
from laidan.domain.orders.models import Order
from laidan.domain.parties.models import Customer

pytestmark = pytest.mark.django_db(transaction=True)
TYPED = {"name": "<b>王小明</b>", "note": "two\r\nlines", "once": "x"}


def hidden(page: Any) -> dict[str, str]:
    """Return the hidden fields of the page's form that matter."""
    form = page.content.decode()
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
    return {name: html.unescape(value) for name, value in found if "csrf" not in name}


def test_after_signing_in_what_was_typed_is_sent() -> None:
    clerk = a_visitor()
    clerk.logout()
    lost = clerk.post("/customers/new", TYPED)
    assert lost.status_code == 401
    assert "Sign in, then send what you typed." in words(lost)
    kept = hidden(lost)
    wrong = clerk.post("/sign-in", kept | {"username": "clerk", "password": "wrong"})
    assert hidden(wrong)["kept"] == kept["kept"]
    offered = clerk.post("/sign-in", hidden(wrong) | {"username": "clerk", "password": PASSWORD})
    assert offered.status_code == 200
    assert 'action="/customers/new"' in offered.content.decode()
    assert "<b>王" not in offered.content.decode()
    fields = {name: value for name, value in hidden(offered).items() if name in TYPED}
    assert fields == TYPED
    assert not Customer.objects.exists()
    assert clerk.post("/customers/new", fields).status_code == 303
    assert Customer.objects.get().name == TYPED["name"]


def test_secrets_and_what_nobody_signed_are_not_kept() -> None:
    clerk = a_visitor()
    clerk.logout()
    lost = clerk.post("/me/password", {"current": PASSWORD, "new": "n", "again": "n"})
    assert (lost.status_code, "kept" in hidden(lost)) == (401, False)
    assert PASSWORD not in lost.content.decode()
    signed_in = clerk.post(
        "/sign-in", {"username": "clerk", "password": PASSWORD, "kept": "forged", "next": "/me"}
    )
    assert (signed_in.status_code, signed_in["Location"]) == (302, "/me")


@pytest.mark.parametrize(
    ("headers", "offers"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": "http://testserver"}, True),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, False),
        ({"Origin": "http://evil.example"}, False),
        ({}, False),
    ],
)
def test_a_form_older_than_the_session_is_offered_again_to_its_own_site_alone(
    headers: dict[str, str], offers: bool
) -> None:
    a_shop()
    a_sku()
    order = an_order()
    a_visitor()
    strict = Client(enforce_csrf_checks=True, headers={"Accept-Language": "en"})
    strict.cookies = a_visitor().cookies
    answer = strict.post(
        f"/orders/{order.order_no}/edit/notes", {"seller_note": "gift wrap"}, headers=headers
    )
    assert answer.status_code == 403
    assert ("gift wrap" in answer.content.decode()) is offers
    assert Order.objects.get().seller_note == ""
