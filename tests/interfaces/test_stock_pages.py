"""The stock's pages: balances, one SKU, alerts, and moving by scanning."""

import re

import pytest

from builders import a_location, a_sku, some_stock
from interfaces.browsing import a_visitor, words
from laidan.domain.catalog.models import Barcode, Sku
from laidan.domain.stock.models import Balance, Movement, StockAlert
from statements import statements

pytestmark = pytest.mark.django_db(transaction=True)
MOVE = "/stock/move/"


def a_form(*lines, location="main", **more):
    given = {"location": location, "sku": [], "quantity": [], "bucket": []} | more
    for sku, quantity in lines:
        for name, value in (("sku", sku), ("quantity", quantity), ("bucket", "")):
            given[name].append(value)
    return given


def once(answer):
    return re.search(r'name="once" value="(\w+)"', answer.content.decode())[1]


def on_hand(sku="TEE", location="main"):
    return Balance.objects.get(sku__code=sku, location__code=location).on_hand


def test_the_list_finds_what_needs_attention():
    a_sku("TEE", on_hand=10)
    low = a_sku("MUG", on_hand=3, safety=5)
    Barcode(code="690123", sku=low).save(force_insert=True)
    some_stock(low, 40, location="north")
    visitor = a_visitor("stock.view")
    shown = words(visitor.get("/stock"))
    assert "TEE" in shown
    assert "Receive" not in shown
    assert re.findall(r"/stock/sku/(\w+)", visitor.get("/stock?need=low").content.decode()) == [
        "MUG"
    ]
    found = visitor.get("/stock?q=690123&location=north")
    assert re.findall(r"/stock/sku/(\w+)", found.content.decode()) == ["MUG"]
    assert "No stock meets these filters" in words(visitor.get("/stock?need=oversold"))
    file = b"".join(visitor.get("/stock/file.csv?location=main").streaming_content).decode()
    assert file.splitlines()[1:] == [
        "MUG,SKU MUG,main,,pcs,3,0,-2,5", "TEE,SKU TEE,main,,pcs,10,0,10,0",
    ]  # fmt: skip


def test_pages_follow_each_other_and_cost_a_fixed_number_of_queries():
    for number in range(53):
        a_sku(f"S{number:03}", on_hand=1)
    visitor = a_visitor()
    visitor.get("/stock")
    with statements() as seen:
        first = visitor.get("/stock")
    assert len(seen) <= 8
    (address,) = re.findall(r'rel="next" href="([^"]+)"', first.content.decode())
    rest = visitor.get("/stock" + address.replace("&amp;", "&")).content.decode()
    assert re.findall(r'class="list-open" href="/stock/sku/(\w+)"', rest) == [
        "S050",
        "S051",
        "S052",
    ]
    assert visitor.get("/stock?after=rubbish").status_code == 200


def test_scanned_lines_are_seen_before_they_are_done_and_done_once():
    sku = a_sku("TEE", on_hand=5)
    Barcode(code="690123", sku=sku).save(force_insert=True)
    visitor = a_visitor()
    added = visitor.post(MOVE + "receive", a_form(("TEE", "2"), scan="690123\nTEE\nnothing"))
    assert "These codes are no SKU and no barcode" in words(added)
    assert 'name="quantity" value="4"' in added.content.decode()
    seen = visitor.post(MOVE + "receive", a_form(("690123", "4"), act="look"))
    assert "Nothing has been changed yet" in words(seen)
    assert on_hand() == 5
    sent = a_form(("TEE", "4"), act="do", once=once(seen), reason="purchase", reference="DN-1")
    assert visitor.post(MOVE + "receive", sent).status_code == 303
    assert visitor.post(MOVE + "receive", sent).status_code == 303
    assert on_hand() == 9
    (moved,) = Movement.objects.filter(reference="DN-1")
    assert (moved.kind, moved.delta, moved.actor) == ("receive", 4, "user:clerk")
    page = words(visitor.get("/stock/sku/TEE"))
    assert "DN-1" in page
    assert "+4" in page


def test_each_kind_does_its_own():
    a_sku("TEE", on_hand=10)
    a_location("north")
    visitor = a_visitor()
    for kind, quantity, more in (
        ("count", "8", {}), ("adjust", "-1", {}), ("scrap", "2", {}), ("transfer", "3", {"to": "north"}),
    ):  # fmt: skip
        seen = visitor.post(MOVE + kind, a_form(("TEE", quantity), act="look", **more))
        sent = a_form(("TEE", quantity), act="do", once=once(seen), **more)
        assert visitor.post(MOVE + kind, sent).status_code == 303, kind
    assert (on_hand(), on_hand(location="north")) == (2, 3)


@pytest.mark.parametrize(
    ("line", "more", "said"),
    [
        (("TEE", "x"), {}, "Type a whole quantity in pcs."),
        (("TEE", "0"), {}, "This must be more than 0."),
        (("TEE", "1.5"), {}, "Type a whole quantity in pcs."),
        (("TEE", "9" * 30), {}, "Type a whole quantity"),
        (("NONE", "1"), {}, "There is no such SKU or barcode."),
        (("TEE", "11"), {}, "There is not so much on hand."),
        (("TEE", "1"), {"location": "nowhere"}, "Choose a location."),
        (("TEE", "1"), {"location": ""}, "Nothing has been changed yet"),
        (("TEE", "1"), {"reason": "a\x07b"}, "This holds a character that cannot be stored."),
    ],
)
def test_rubbish_is_said_at_its_line_and_nothing_is_lost(line, more, said):
    a_sku("TEE", on_hand=10)
    visitor = a_visitor()
    answer = visitor.post(MOVE + "scrap", a_form(line, act="look", **more))
    assert said in words(answer)
    assert f'value="{line[0]}"' in answer.content.decode()
    assert on_hand() == 10
    assert "Scan or type at least one SKU" in words(visitor.post(MOVE + "scrap", {"act": "look"}))


def test_who_may_not_is_told_so():
    a_sku("TEE", on_hand=10)
    clerk = a_visitor("stock.view", "stock.receive")
    assert clerk.get(MOVE + "receive").status_code == 200
    for kind in ("count", "adjust", "scrap", "transfer"):
        assert clerk.get(MOVE + kind).status_code == 403
        assert clerk.post(MOVE + kind, a_form(("TEE", "1"), act="do")).status_code == 403
    assert clerk.get(MOVE + "steal").status_code == 404
    assert a_visitor("orders.view", username="other").get("/stock").status_code == 403
    assert on_hand() == 10


def test_safety_stock_is_set_and_alerts_are_noted():
    a_sku("TEE", on_hand=10)
    visitor = a_visitor()
    assert visitor.post("/stock/sku/TEE", {"safety": "x"}).status_code == 422
    assert visitor.post("/stock/sku/TEE", {"safety": "-1"}).status_code == 422
    assert visitor.post("/stock/sku/TEE", {"safety": "12"}).status_code == 303
    assert Sku.objects.get(code="TEE").safety == 12
    (alert,) = StockAlert.objects.all()
    assert "TEE" in words(visitor.get("/stock/alerts"))
    assert visitor.post("/stock/alerts/seen", {"id": [alert.pk, "rubbish"]}).status_code == 303
    alert.refresh_from_db()
    assert alert.seen_by == "user:clerk"
    assert visitor.get("/stock/sku/NONE").status_code == 404


def test_what_is_wrong_with_a_quantity_stands_under_it() -> None:
    a_sku("TEE")
    page = a_visitor().post(
        "/stock/move/receive",
        {"act": "look", "location": "main", "sku": ["TEE", "NONE"], "bucket": ["", ""],
         "quantity": ["1.5", "1"]},
    )  # fmt: skip
    cells = re.findall(r"<td([^>]*)>(.*?)</td>", page.content.decode(), re.DOTALL)
    wrong = [(head, cell) for head, cell in cells if "form-error" in cell]
    assert ['data-label="Quantity"' in head for head, _ in wrong] == [True, False]
    assert "Type a whole quantity" in wrong[0][1]
    assert 'data-cell="name"' in wrong[1][0]
