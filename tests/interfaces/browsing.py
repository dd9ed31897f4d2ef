"""A visitor of the pages: Django's client with somebody signed in, and what a page shows him."""

import html
import re
from typing import Any

from django.test import Client

from builders import a_user

PASSWORD = "a-password-for-tests-only"
_TAG = re.compile(r"<[^>]+>")


def a_visitor(*rights: str, username: str = "clerk", language: str = "en") -> Client:
    """Return a browser in which somebody with these rights (by default all) is signed in."""
    client = Client(headers={"Accept-Language": language})
    client.force_login(a_user(username, rights=rights or ("*",), password=PASSWORD))
    return client


def words(response: Any) -> str:
    """Return what a page says, without its markup, in single spaces."""
    text = re.sub(r"<script.*?</script>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(html.unescape(_TAG.sub(" ", text)).split())


def numbers(response: Any) -> list[str]:
    """Return the order numbers of a list, in its order."""
    return re.findall(r'class="list-open" href="/orders/(\w+)"', response.content.decode())


def address_of(response: Any, rel: str) -> str:
    """Return where a list's link to the page before ("prev") or after ("next") leads."""
    found = re.search(rf'rel="{rel}" href="([^"]+)"', response.content.decode())
    assert found is not None, f"no link {rel}"
    return "/orders" + html.unescape(found[1])
