"""Whether WeChat Pay is asked as it wants to be, and believed only under a key of its own."""

import json
from datetime import timedelta

import pytest

from interfaces.provider_peer import (
    NOW,
    Asked,
    Peer,
    Said,
)
from interfaces.wechat_pay_peer import (
    PAID,
    PAID_AT,
    REFUND,
    REFUNDED,
    an_account,
    an_intent,
    answering,
    no,
    signature,
)
from laidan.domain.payments.facts import PaymentFact, RefundFact
from laidan.interfaces.providers.base import (
    MisconfiguredError,
    NoAnswerError,
    ProviderRefusedError,
)
from laidan.interfaces.providers.wechat_pay.provider import WechatPay

pytestmark = pytest.mark.one_engine


@pytest.fixture
def wechat(peer: Peer) -> WechatPay:
    return WechatPay(peer.url)


def test_a_code_an_address_and_what_the_app_needs(peer: Peer, wechat: WechatPay):
    account = an_account()
    peer.will(
        answering({"code_url": "weixin://wxpay/x"}),
        answering({"h5_url": "https://wx.tenpay.com/x?prepay_id=1"}),
        answering({"prepay_id": "wx99"}),
    )
    assert wechat.start(account, an_intent(), now=NOW).qr == "weixin://wxpay/x"
    h5 = wechat.start(account, an_intent(method="h5"), now=NOW)
    assert h5.url == (
        "https://wx.tenpay.com/x?prepay_id=1&redirect_url=https%3A%2F%2Fshop.test%2Fback%3Fx%3D1"
    )
    params = wechat.start(account, an_intent(method="jsapi"), now=NOW).params
    stamp = str(int(NOW.timestamp()))
    message = f"wx1\n{stamp}\n{params['nonceStr']}\nprepay_id=wx99\n"
    assert params["package"] == "prepay_id=wx99"
    assert params["paySign"] == signature(message, "shop")
    native, web, app = (json.loads(asked.body) for asked in peer.asked)
    assert native == {
        "appid": "wx1", "mchid": "1900", "description": "茶" * 42, "out_trade_no": "P1",
        "time_expire": "2026-11-23T10:30:00+08:00", "notify_url": "https://shop.test/notify",
        "amount": {"total": 6450, "currency": "CNY"},
    }  # fmt: skip
    assert web["scene_info"] == {"payer_client_ip": "203.0.113.9", "h5_info": {"type": "Wap"}}
    assert app["payer"] == {"openid": "openid-1"}
    assert peer.asked[0].path == "/v3/pay/transactions/native"


def test_other_currencies_and_methods_are_refused_without_asking(peer: Peer, wechat: WechatPay):
    for changes in ({"currency": "USD"}, {"method": "cheque"}):
        with pytest.raises(ProviderRefusedError):
            wechat.start(an_account(), an_intent(**changes), now=NOW)
    assert peer.asked == []


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("SUCCESS", "captured"), ("REFUND", "captured"), ("NOTPAY", "pending"),
        ("USERPAYING", "pending"), ("CLOSED", "expired"), ("REVOKED", "voided"),
        ("PAYERROR", "failed"),
    ],
)  # fmt: skip
def test_a_transaction_is_what_its_words_mean(peer: Peer, wechat: WechatPay, word: str, state: str):
    peer.will(answering({**PAID, "trade_state": word, "trade_state_desc": "x"}))
    fact = wechat.query(an_account(), "P1", None, now=NOW)
    amount = (6450, "CNY") if state == "captured" else (None, None)
    assert fact == PaymentFact("P1", state, PAID_AT, "42", *amount, "1900", f"{word} x")
    assert peer.asked[0].path == "/v3/pay/transactions/out-trade-no/P1?mchid=1900"


def test_an_unknown_transaction_is_absent(peer: Peer, wechat: WechatPay):
    for ask in (wechat.query, wechat.close):
        peer.will(no("ORDER_NOT_EXIST", 404))
        assert ask(an_account(), "P1", None, now=NOW).state == "absent"


def test_a_paid_transaction_is_not_closed_but_looked_at(peer: Peer, wechat: WechatPay):
    peer.will(no("ORDERPAID", 400), answering(PAID), answering(None, 204))
    assert wechat.close(an_account(), "P1", None, now=NOW).state == "captured"
    assert wechat.close(an_account(), "P1", None, now=NOW).state == "expired"
    assert json.loads(peer.asked[2].body) == {"mchid": "1900"}


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        (no("SYSTEM_ERROR", 500), NoAnswerError, "SYSTEM_ERROR"),
        (no("FREQUENCY_LIMITED", 429), NoAnswerError, "FREQUENCY_LIMITED"),
        (no("BANK_ERROR", 400), NoAnswerError, "BANK_ERROR"),
        (no("NOT_ENOUGH", 403), ProviderRefusedError, "NOT_ENOUGH"),
        (no("INVALID_REQUEST", 400), ProviderRefusedError, "INVALID_REQUEST"),
        (no("NO_AUTH", 403), MisconfiguredError, "NO_AUTH"),
        (Said(b'{"code":"SIGN_ERROR","message":"x"}', 401), MisconfiguredError, "SIGN_ERROR"),
        (Said(b'{"code":"NOT_ENOUGH","message":"x"}', 403), NoAnswerError, "NOT_ENOUGH"),
    ],
)
def test_each_kind_of_no_is_told_apart(
    peer: Peer, wechat: WechatPay, answer: object, error: type[Exception], code: str
):
    peer.will(answer)
    with pytest.raises(error) as raised:
        wechat.refund(an_account(), REFUND, now=NOW)
    assert raised.value.code == code


def _other_body(asked: Asked) -> Said:
    said = answering(PAID)(asked)
    return said._replace(body=said.body.replace(b"6450", b"6451"))


@pytest.mark.parametrize(
    "answer",
    [
        _other_body,
        answering(PAID, key="stranger"),
        answering(PAID, number="PUB_KEY_ID_99"),
        answering(PAID, at=NOW - timedelta(seconds=301)),
        answering({**PAID, "out_trade_no": "P2"}),
        answering({**PAID, "trade_state": "DANCING"}),
        answering({**PAID, "amount": {"total": "6450"}}),
        answering({**PAID, "amount": None}),
        answering([PAID]),
        Said(json.dumps(PAID).encode()), Said(b""), Said(b"\xff\xfe"), Said(b"<html>", 502),
        Said(b"{}", 302, {"Location": "http://127.0.0.1:9/"}), Said(b'{"a":1}', cut=3),
        Said(b" " * (2 << 20)),
    ],
)  # fmt: skip
def test_what_is_not_signed_by_wechat_pay_is_no_answer(
    peer: Peer, wechat: WechatPay, answer: object
):
    # An unknown serial makes it ask for certificates, which it does not get.
    peer.will(answer, Said(b"{}", 500))
    with pytest.raises(NoAnswerError):
        wechat.query(an_account(), "P1", None, now=NOW)


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("SUCCESS", "succeeded"), ("PROCESSING", "pending"), ("CLOSED", "failed"),
        ("ABNORMAL", "failed"),
    ],
)  # fmt: skip
def test_a_refund_goes_out_under_our_number(peer: Peer, wechat: WechatPay, word: str, state: str):
    said = {**REFUNDED, "status": word, "refund_status": None, "mchid": None}
    peer.will(answering(said), answering(said))
    fact = wechat.refund(an_account(), REFUND, now=NOW)
    assert fact == RefundFact("R1", state, PAID_AT, "50", 1000, "CNY", None, word, "P1", "42")
    assert wechat.query_refund(an_account(), REFUND, "50", now=NOW) == fact
    assert json.loads(peer.asked[0].body) == {
        "out_trade_no": "P1", "out_refund_no": "R1", "reason": "too small",
        "notify_url": "https://shop.test/notify",
        "amount": {"refund": 1000, "total": 6450, "currency": "CNY"},
    }  # fmt: skip
    assert peer.asked[1].path == "/v3/refund/domestic/refunds/R1"


def test_an_unknown_refund_is_absent(peer: Peer, wechat: WechatPay):
    peer.will(no("RESOURCE_NOT_EXISTS", 404))
    assert wechat.query_refund(an_account(), REFUND, None, now=NOW).state == "absent"
