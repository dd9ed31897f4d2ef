"""A file's values beside ours, and the fields of order types as columns of a file."""

from typing import Any

import pytest
from django.test import Client

from builders import a_shop, a_sku
from interfaces.bringing import drafted, form_of, run
from interfaces.browsing import a_visitor, words
from laidan.domain.jobs.models import ImportMap
from laidan.domain.orders.models import Order, OrderLine
from laidan.interfaces.web import import_values

HEAD = "订单编号,下单时间,状态,商家编码,数量,单价,实付金额,渠道"
ROWS = [
    "V-1,2026-11-20 10:00:00,交易成功,甲,1,5.00,5.00,支付宝",
    "V-2,2026-11-20 11:00:00,交易成功,TEE-RED-M,1,5.00,5.00,微信",
    "V-3,2026-11-20 12:00:00,已关闭,甲,1,5.00,,",
]


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.LAIDAN_DATA_DIR = str(tmp_path)


@pytest.fixture
def clerk(db) -> Client:
    """Somebody in a shop with one SKU, who may do all."""
    a_shop()
    a_sku(on_hand=100)
    return a_visitor()


def a_file(*rows: str) -> bytes:
    return "\n".join([HEAD, *rows, ""]).encode()


def chosen(form: dict[str, Any], place: int, *becomes: str, **more: str) -> dict[str, Any]:
    """Return the fields of a column's rows with what is typed beside them, in their order."""
    empty = [""] * (len(form[f"from-{place}"]) - len(becomes))
    return {f"to-{place}": [*becomes, *empty]} | more


def test_the_values_of_a_file_stand_in_rows_and_are_given_ours(clerk):
    address, form = drafted(clerk, a_file(*ROWS))
    form |= {"history": "1", "column-7": "paid.provider"}
    page = clerk.post(address, form | {"do": "look"})
    form = form_of(page)
    assert form["from-2"] == ["交易成功", "已关闭", ""]
    assert form["from-3"] == ["甲", "TEE-RED-M", ""]
    assert form["from-7"] == ["微信", "支付宝", ""]
    assert "rest-2" not in form  # the first choice: every other stays
    assert "交易成功 × 2" in words(page)
    shown = page.content.decode()
    assert '<datalist id="ours-state">' in shown
    assert "3 in the file, 3 of them refused." in words(page)

    told = form | chosen(form, 2, "closed", "cancelled", **{"rest-2": "refused"})
    told |= chosen(form, 3, "TEE-RED-M") | chosen(form, 7, "wechat", "alipay")
    page = clerk.post(address, told | {"do": "look"})
    assert "3 in the file, 0 of them refused." in words(page)
    again = form_of(page)
    assert (again["to-2"], again["rest-2"]) == (["closed", "cancelled", ""], "refused")
    assert (again["to-3"], again["from-3"]) == (["TEE-RED-M", "", ""], ["甲", "TEE-RED-M", ""])
    kept = clerk.post(address, told | {"do": "keep", "map_name": "Theirs"})
    assert kept.status_code == 303
    assert ImportMap.objects.get().document["values"] == {
        "state": {"交易成功": "closed", "已关闭": "cancelled"},
        "line.sku": {"甲": "TEE-RED-M", "*": "*"},
        "paid.provider": {"微信": "wechat", "支付宝": "alipay", "*": "*"},
    }
    assert run(clerk, address, again).figures == {"added": 3}
    states = dict(Order.objects.values_list("external_no", "state"))
    assert states == {"V-1": "closed", "V-2": "closed", "V-3": "cancelled"}

    # The next file is read the same way; what its map does not name is refused.
    strange = "V-4,2026-11-20 10:00:00,待发货,甲,1,5.00,5.00,微信"
    second, form = drafted(clerk, a_file(ROWS[0].replace("V-1", "V-5"), strange))
    assert form["source"] == "kept:Theirs"
    assert form["from-2"] == ["交易成功", "已关闭", "待发货", ""]
    looked = words(clerk.post(second, form | {"do": "look", "history": "1"}))
    assert "2 in the file, 1 of them refused." in looked
    assert "not in this file" in looked


def test_a_dash_empties_a_star_fixes_and_another_field_forgets_the_list(clerk):
    address, form = drafted(clerk, a_file(*ROWS))
    told = form | chosen(form, 2, "-", "–") | chosen(form, 3, "TEE-RED-M")
    told |= {"rest-3": "becomes", "rest-to-3": "TEE-RED-M"}
    page = clerk.post(address, told | {"do": "look"})
    assert "3 in the file, 0 of them refused." in words(page)
    form = form_of(page)
    assert form["to-2"] == ["-", "-", ""]
    assert (form["rest-3"], form["rest-to-3"]) == ("becomes", ["TEE-RED-M"])
    moved = form_of(clerk.post(address, form | {"column-2": "courier", "do": "look"}))
    assert moved["to-2"] == ["", "", ""]
    assert moved["was-2"] == ["courier"]


def test_a_long_list_of_values_is_text(clerk, monkeypatch):
    monkeypatch.setattr(import_values, "ROWS_MAX", 1)
    address, form = drafted(clerk, a_file(*ROWS))
    told = form | {"from-2": ["交易成功", "已关闭"], "to-2": ["open", "open"]}
    form = form_of(clerk.post(address, told | {"do": "look"}))
    assert form["values-2"] == "交易成功 = open\n已关闭 = open\n* = *"
    looked = clerk.post(address, form | {"values-2": "* = open", "do": "look"})
    assert form_of(looked)["rest-to-2"] == ["open"]


def test_the_fields_of_order_types_are_found_by_their_names_and_kept_as_they_are(clerk):
    a_sku("RING", "300.00", on_hand=0, kind="custom")
    head = "订单编号,下单时间,订单类型,商家编码,数量,单价,期望交期,Size,Length (mm),需要打样确认"
    row = "W-1,2026-11-20 10:00:00,定制,RING,1,300.00,2026-12-24,中,12,是"
    address, form = drafted(clerk, f"{head}\n{row}\n".encode())
    assert [form[f"column-{place}"] for place in (6, 7, 8, 9)] == [
        "fields.wanted_by", "line.attributes.size", "line.attributes.length_mm",
        "line.attributes.proof_wanted",
    ]  # fmt: skip
    page = clerk.get(address).content.decode()
    assert ">Own field: Wanted by</option>" in page
    assert '<datalist id="ours-line.attributes.size"><option value="S">' in page
    told = form | chosen(form, 2, "custom") | chosen(form, 7, "M")
    looked = clerk.post(address, told | {"do": "look"})
    assert "1 in the file, 0 of them refused." in words(looked)
    assert run(clerk, address, form_of(looked)).figures == {"added": 1}
    order = Order.objects.get(external_no="W-1")
    assert order.fields == {"wanted_by": "2026-12-24"}
    line = OrderLine.objects.get(order=order)
    assert line.attributes == {"size": "M", "length_mm": 12, "proof_wanted": True}
