"""What does a page cost? Bytes over the wire, and statements however much there is."""

import gzip
import re

import pytest
from django.test import Client

from builders import a_customer, a_request, a_shop, a_sku, an_order, some_orders
from interfaces.browsing import a_visitor
from statements import statements

pytestmark = [pytest.mark.django_db, pytest.mark.one_engine]
BUDGET = 300_000
PACKED = {"Accept-Encoding": "gzip, br"}


@pytest.fixture(autouse=True)
def _shop() -> None:
    a_shop()
    a_sku()


def sent(visitor: Client, address: str) -> tuple[int, list[str]]:
    """Return the bytes of a page as they travel, and the files that it loads."""
    page = visitor.get(address, headers=PACKED)
    assert page.status_code == 200
    assert page["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in page["Vary"]
    assert int(page["Content-Length"]) == len(page.content)
    text = gzip.decompress(page.content).decode()
    return len(page.content), re.findall(r'(?:href|src)="(/static/[^"#]+)', text)


@pytest.mark.parametrize(
    "address",
    ["/", "/orders", "/orders/{number}", "/orders/new", "/stock", "/products", "/log", "/reports"],
)
def test_a_first_visit_is_light(address: str) -> None:
    placed, visitor = an_order(), a_visitor()
    total, files = sent(visitor, address.format(number=placed.order_no))
    assert {name.rpartition(".")[2] for name in files} == {"css", "js", "svg"}
    for name in set(files):
        file = visitor.get(name, headers=PACKED)
        assert file["Content-Encoding"] == "br"
        assert "immutable" in file["Cache-Control"]
        total += len(file.getvalue())
    assert total < BUDGET


def test_the_token_of_a_form_is_masked_anew_in_every_page() -> None:
    visitor = a_visitor()
    tokens = {
        re.findall(r'csrfmiddlewaretoken" value="(\w+)', visitor.get("/me").content.decode())[0]
        for _ in range(3)
    }
    assert len(tokens) == 3


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzipped"])
def test_who_cannot_unpack_gets_it_plain(accepted: str) -> None:
    page = a_visitor().get("/me", headers={"Accept-Encoding": accepted})
    assert "Content-Encoding" not in page
    assert b"</html>" in page.content


def test_files_and_the_interface_travel_as_they_are() -> None:
    visitor = a_visitor()
    for address in ("/healthz", "/log.csv"):
        assert "Content-Encoding" not in visitor.get(address, headers=PACKED)


def spent(visitor: Client, address: str) -> int:
    """Return how many statements a page takes once everything that is kept is kept."""
    visitor.get(address)
    with statements() as seen:
        assert visitor.get(address).status_code == 200
    return len(seen)


def test_a_page_costs_the_same_statements_however_much_there_is() -> None:
    visitor, placed = a_visitor(), an_order(customer=a_customer("王小明", ref="C-1"))
    most = {
        "/": 14, "/orders": 20, f"/orders/{placed.order_no}": 22, "/orders/new": 8, "/stock": 8,
        "/products": 9, "/prices": 6, "/customers": 6, "/files": 7, "/jobs": 6, "/imports": 6,
        "/exports": 8, "/log": 8, "/reports": 18, "/settings": 5, "/settings/users": 8, "/settings/roles": 9,
    }  # fmt: skip
    few = {address: spent(visitor, address) for address in most}
    for number in range(2, 14):
        a_sku(f"MUG-{number}")
        an_order(customer=a_customer("李雷", ref=f"C-{number}"))
    many = {address: spent(visitor, address) for address in most}
    assert many == few
    assert {name: many[name] for name in most if many[name] > most[name]} == {}


def test_the_board_asks_once_what_each_of_its_columns_wants_to_know() -> None:
    visitor = a_visitor()
    some_orders(a_request(), a_request(paid="64.00"), a_request(("TEE-RED-M", 2)))
    visitor.get("/")
    with statements() as seen:
        page = visitor.get("/").content.decode()
    assert page.count('class="order-card"') == 3
    assert len(set(re.findall(r'class="column" data-category="\w+" data-state="(\w+)"', page))) > 1
    assert sum(" FROM epoch" in one for one in seen) == 1
    assert sum(" FROM counter " in one for one in seen) == 2
