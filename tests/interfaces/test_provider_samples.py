"""Whether documents of real providers are read with the figures that were computed from them apart."""

import csv
import hashlib
import io
import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

import pytest

from interfaces import alipay_peer, stripe_peer, wechat_pay_peer
from interfaces.provider_peer import NOW
from laidan.interfaces.providers.alipay import saying as alipay_saying
from laidan.interfaces.providers.alipay.provider import Alipay
from laidan.interfaces.providers.alipay.signing import string_to_sign
from laidan.interfaces.providers.base import Callback, ForgedCallbackError
from laidan.interfaces.providers.stripe import saying as stripe_saying
from laidan.interfaces.providers.stripe.bill import itemized
from laidan.interfaces.providers.stripe.provider import Stripe
from laidan.interfaces.providers.wechat_pay import version2
from laidan.interfaces.providers.wechat_pay.provider import WechatPay

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
NEEDS_DATA = pytest.mark.skipif(not DATA.is_dir(), reason="the folder ../shared/data is not there")
pytestmark = pytest.mark.one_engine


def sample(path: str) -> bytes:
    return (DATA / "payloads" / path).read_bytes()


@cache
def truth(path: str) -> dict:
    known = json.loads((DATA / "truth_payloads.json").read_text(encoding="utf-8"))
    return known["files"][f"payloads/{path}"]


# --- Alipay -----------------------------------------------------------------------------------


@NEEDS_DATA
def test_alipays_notification():
    known = truth("alipay/async_notify.form")
    values = alipay_saying.form(sample("alipay/async_notify.form").rstrip(b"\n"))
    assert len(values["sign"]) == known["sign_length"]
    assert "+" in values["sign"]
    assert " " not in values["sign"]
    assert string_to_sign(values, "sign", "sign_type") == known["string_to_sign"]
    rest = {name: value for name, value in values.items() if name not in {"sign", "sign_type"}}
    assert rest == known["parameters"]
    account = alipay_peer.an_account(app_id=known["parameters"]["app_id"], seller_id="")
    with pytest.raises(ForgedCallbackError):
        Alipay().read_callback(account, Callback({}, urlencode(values).encode()), now=NOW)
    (fact,) = Alipay().read_callback(account, alipay_peer.called(values), now=NOW).facts
    assert (fact.number, fact.reference) == ("201806071234567890", "2018000000011111")
    assert (fact.state, fact.amount_minor, fact.currency) == ("captured", 101, "CNY")
    assert fact.at == datetime(2018, 6, 6, 16, tzinfo=UTC)


# --- WeChat Pay -------------------------------------------------------------------------------


@NEEDS_DATA
@pytest.mark.parametrize("name", ["v2_order_notify_with_coupons", "v2_order_query_with_coupons"])
def test_wechat_pays_transactions_of_version_2(name: str):
    known = truth(f"wechat_pay/{name}.xml")
    said = version2.fields(sample(f"wechat_pay/{name}.xml"))
    assert len(said) == known["fields"]
    fact = version2.transaction(said, NOW)
    assert (fact.number, fact.reference) == (known["out_trade_no"], known["transaction_id"])
    assert fact.amount_minor == int(known["total_fee"])
    china = f"{fact.at.timestamp() + 8 * 3600:.0f}"
    assert f"{datetime.fromtimestamp(int(china), UTC):%Y%m%d%H%M%S}" == known["success_time"]
    coupons = sorted(int(v) for n, v in said.items() if n.startswith("coupon_fee_"))
    assert coupons == sorted(known["coupon_fees"])


@NEEDS_DATA
def test_wechat_pays_refund_of_version_2():
    known = truth("wechat_pay/v2_refund_result_with_coupon.xml")
    said = version2.fields(sample("wechat_pay/v2_refund_result_with_coupon.xml"))
    fact = version2.refund(said, NOW)
    assert (fact.payment_number, fact.payment_reference) == (
        known["out_trade_no"], known["transaction_id"],
    )  # fmt: skip
    assert (fact.amount_minor, fact.number) == (int(known["refund_fee"]), "1415701182")
    assert len(said) == known["fields"]


@NEEDS_DATA
def test_wechat_pays_transaction_of_version_3():
    event = json.loads(sample("wechat_pay/v3_transaction_success_decrypted.json"))
    plain = event.pop("resource_decrypted")
    body = json.dumps({**event, "resource": wechat_pay_peer.sealed(plain)}).encode()
    account = wechat_pay_peer.an_account(mchid=plain["mchid"], appid=plain["appid"])
    notice = WechatPay().read_callback(account, wechat_pay_peer.called(body), now=NOW)
    (fact,) = notice.facts
    assert notice.event_id == "5a6d1746-6d72-5cfb-b9ae-16c6fbdd770d"
    assert (fact.number, fact.reference) == ("000000061", "4200001156202108116220267523")
    assert (fact.state, fact.amount_minor, fact.currency) == ("captured", 1, "CNY")
    assert fact.at == datetime(2021, 8, 11, 15, 40, 8, tzinfo=UTC)


# Made here: the sample's key is nobody's.
PAID = {
    "return_code": "SUCCESS", "result_code": "SUCCESS", "mch_id": "1900", "appid": "wx1",
    "out_trade_no": "P1", "transaction_id": "42", "total_fee": "6450",
    "time_end": "20261123095958", "attach": "",
}  # fmt: skip
KEY = "k2" * 16


def old_call(key: str = KEY, **changes: str) -> Callback:
    said = {**PAID, **changes}
    listed = "&".join(f"{name}={said[name]}" for name in sorted(said) if said[name])
    said["sign"] = hashlib.md5(f"{listed}&key={key}".encode()).hexdigest().upper()
    inside = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in said.items())
    return Callback({}, f"<xml>{inside}</xml>".encode())


def test_a_payment_of_version_2_is_believed_with_its_key():
    account = wechat_pay_peer.an_account(apiv2_key=KEY)
    notice = WechatPay().read_callback(account, old_call(), now=NOW)
    (fact,) = notice.facts
    assert notice.event_id == "v2-42"
    assert (fact.state, fact.amount_minor, fact.at.isoformat()) == (
        "captured", 6450, "2026-11-23T01:59:58+00:00",
    )  # fmt: skip


@pytest.mark.parametrize(
    "call",
    [
        old_call("other"), old_call(mch_id="1901"), old_call(appid="wx2"),
        old_call(total_fee="64.50"), old_call(total_fee=""), old_call(result_code="FAIL"),
        old_call(transaction_id=""), old_call(time_end="yesterday"), old_call(out_trade_no=""),
        Callback({}, old_call().body.replace(b"6450", b"6451")),
        Callback({}, b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + old_call().body),
        Callback({}, b"<xml><!DOCTYPE a></xml>"), Callback({}, b"<xml><a><b/></a></xml>"),
        Callback({}, b"<xml><a>1</a><a>2</a></xml>"), Callback({}, b"<xml>"),
        Callback({}, b"<xml>\xff</xml>"), Callback({}, b"<xml>" + b"x" * (1 << 19) + b"</xml>"),
    ],
)  # fmt: skip
def test_what_is_not_signed_under_version_2_is_refused(call: Callback):
    account = wechat_pay_peer.an_account(apiv2_key=KEY)
    with pytest.raises(ForgedCallbackError):
        WechatPay().read_callback(account, call, now=NOW)
    with pytest.raises(ForgedCallbackError):
        WechatPay().read_callback(wechat_pay_peer.an_account(), old_call(), now=NOW)


# --- Stripe -----------------------------------------------------------------------------------


@NEEDS_DATA
def test_stripes_objects():
    known = truth("stripe/fixtures3.json")
    resources = json.loads(sample("stripe/fixtures3.json"))["resources"]
    assert len(resources) == known["resources"]
    money = known["money_objects"]
    refund = stripe_saying.refund(resources["refund"], NOW)
    dispute = stripe_saying.dispute(resources["dispute"], NOW, is_closed=False)
    for fact, name in ((refund, "refund"), (dispute, "dispute")):
        assert str(fact.amount_minor) == money[name]["amount"]
        assert fact.currency == money[name]["currency"].upper() == "USD"
    assert (refund.reference, refund.state) == (money["refund"]["id"], "succeeded")
    assert (dispute.state, dispute.reference) == ("disputed", resources["dispute"]["charge"])
    intent = stripe_saying.payment_intent(resources["payment_intent"], NOW)
    assert (intent.reference, intent.state) == (money["payment_intent"]["id"], "pending")
    assert intent.detail == money["payment_intent"]["status"]
    session = stripe_saying.session(resources["checkout.session"], NOW)
    assert (session.reference, session.state) == (resources["payment_intent"]["id"], "pending")
    (row,) = csv.DictReader(io.StringIO(itemized([resources["balance_transaction"]]).decode()))
    assert row["gross"] == f"{int(money['balance_transaction']['amount']) / 100:.2f}"
    assert row["balance_transaction_id"] == money["balance_transaction"]["id"]


@NEEDS_DATA
def test_stripes_event():
    known = truth("stripe/fixtures3.json")["money_objects"]["event"]
    resources = json.loads(sample("stripe/fixtures3.json"))["resources"]
    call = stripe_peer.called(json.dumps(resources["event"]).encode())
    notice = Stripe().read_callback(stripe_peer.an_account(), call, now=NOW)
    assert (notice.event_id, notice.kind) == (f"{known['id']}@a1", known["type"])
    assert notice.facts == ()
