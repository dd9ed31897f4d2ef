"""Whether Alipay is asked as it wants to be asked, and believed only where it signed."""

import json
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest

from interfaces.alipay_peer import REFUND, an_account, an_intent, answering, no, verify
from interfaces.provider_peer import (
    NOW,
    Asked,
    Peer,
    Said,
)
from laidan.domain.payments.facts import PaymentFact, RefundFact
from laidan.interfaces.providers.alipay.provider import Alipay
from laidan.interfaces.providers.base import (
    MisconfiguredError,
    NoAnswerError,
    ProviderRefusedError,
)

pytestmark = pytest.mark.one_engine


@pytest.fixture
def alipay(peer: Peer) -> Alipay:
    return Alipay({"live": f"{peer.url}/gateway.do"})


@pytest.mark.parametrize(
    ("method", "product"), [("page", "FAST_INSTANT_TRADE_PAY"), ("wap", "QUICK_WAP_WAY")]
)
def test_pages_are_signed_addresses(method: str, product: str):
    started = Alipay().start(an_account(), an_intent(method=method), now=NOW)
    parts = urlsplit(started.url or "")
    values = dict(parse_qsl(parts.query, strict_parsing=True))
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://openapi.alipay.com/gateway.do"
    assert verify(values) == {
        "out_trade_no": "P1", "total_amount": "64.50", "subject": "Order A B C D",
        "time_expire": "2026-11-23 10:30:00", "product_code": product,
        **({"quit_url": "https://shop.test/back"} if method == "wap" else {}),
    }  # fmt: skip
    assert values["method"] == f"alipay.trade.{method}.pay"
    assert (values["timestamp"], values["sign_type"]) == ("2026-11-23 10:00:00", "RSA2")
    assert values["return_url"] == "https://shop.test/back"


def test_a_code_is_asked_for(peer: Peer, alipay: Alipay):
    peer.will(answering(qr_code="https://qr.alipay.com/x", out_trade_no="P1"))
    started = alipay.start(an_account(), an_intent(method="qr"), now=NOW)
    assert (started.qr, started.url) == ("https://qr.alipay.com/x", None)
    assert peer.asked[0].query["notify_url"] == "https://shop.test/notify"


def test_other_currencies_and_methods_are_refused_without_asking(peer: Peer, alipay: Alipay):
    for changes in ({"currency": "USD"}, {"method": "cheque"}):
        with pytest.raises(ProviderRefusedError):
            alipay.start(an_account(), an_intent(**changes), now=NOW)
    assert peer.asked == []


@pytest.mark.parametrize(
    ("said", "state", "amount"),
    [
        ({"trade_status": "WAIT_BUYER_PAY", "total_amount": "64.50"}, "pending", None),
        ({"trade_status": "TRADE_SUCCESS", "total_amount": "64.50"}, "captured", 6450),
        ({"trade_status": "TRADE_FINISHED", "total_amount": "0.01"}, "captured", 1),
        ({"trade_status": "TRADE_CLOSED", "total_amount": "64.50"}, "expired", None),
        ({"trade_status": "TRADE_CLOSED", "total_amount": "64.50",
          "send_pay_date": "2026-11-23 09:59:58"}, "captured", 6450),
    ],
)  # fmt: skip
def test_a_trade_is_what_its_words_mean(
    peer: Peer, alipay: Alipay, said: dict[str, str], state: str, amount: int | None
):
    peer.will(answering(out_trade_no="P1", trade_no="T1", **said))
    fact = alipay.query(an_account(), "P1", None, now=NOW)
    paid_at = datetime(2026, 11, 23, 1, 59, 58, tzinfo=UTC) if "send_pay_date" in said else NOW
    assert fact == PaymentFact(
        "P1", state, paid_at, "T1", amount, "CNY" if amount else None, None, said["trade_status"]
    )


def test_an_unknown_trade_is_absent_when_asked_for_and_when_closed(peer: Peer, alipay: Alipay):
    for ask in (alipay.query, alipay.close):
        peer.will(answering(**no("ACQ.TRADE_NOT_EXIST")))
        assert ask(an_account(), "P1", None, now=NOW).state == "absent"


def test_a_trade_that_cannot_be_closed_is_looked_at(peer: Peer, alipay: Alipay):
    paid = {"trade_status": "TRADE_SUCCESS", "total_amount": "64.50"}
    peer.will(
        answering(**no("ACQ.TRADE_STATUS_ERROR")),
        answering(out_trade_no="P1", trade_no="T1", **paid),
        answering(trade_no="T1"),
    )
    assert alipay.close(an_account(), "P1", "T1", now=NOW).state == "captured"
    assert alipay.close(an_account(), "P1", "T1", now=NOW).state == "expired"


def test_an_answer_about_another_trade_is_none(peer: Peer, alipay: Alipay):
    peer.will(answering(out_trade_no="P2", trade_status="WAIT_BUYER_PAY"))
    with pytest.raises(NoAnswerError):
        alipay.query(an_account(), "P1", None, now=NOW)


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (no("ACQ.SYSTEM_ERROR"), NoAnswerError),
        (no("ACQ.SOMETHING_NEW"), NoAnswerError),
        ({"code": "20000", "sub_code": "aop.unknow-error"}, NoAnswerError),
        (no("ACQ.SELLER_BALANCE_NOT_ENOUGH"), ProviderRefusedError),
        ({"code": "40002", "sub_code": "isv.invalid-parameter"}, ProviderRefusedError),
        ({"code": "40002", "sub_code": "isv.invalid-app-id"}, MisconfiguredError),
        ({"code": "40006", "sub_code": "isv.insufficient-isv-permissions"}, MisconfiguredError),
    ],
)
def test_each_kind_of_no_is_told_apart(
    peer: Peer, alipay: Alipay, said: dict[str, str], error: type[Exception]
):
    peer.will(answering(**said))
    with pytest.raises(error) as raised:
        alipay.refund(an_account(), REFUND, now=NOW)
    assert raised.value.code == said["sub_code"]


def _unsigned(asked: Asked) -> Said:
    said = answering(trade_status="TRADE_SUCCESS", out_trade_no="P1", total_amount="64.50")(asked)
    return Said(json.dumps({**json.loads(said.body), "sign": ""}).encode())


def _flipped(asked: Asked) -> Said:
    said = answering(trade_status="TRADE_SUCCESS", out_trade_no="P1", total_amount="64.50")(asked)
    return Said(said.body.replace(b"64.50", b"64.51"))


def _decoy(asked: Asked) -> Said:
    """Signed text of another answer inside, what is wanted unsigned before it."""
    said = answering(trade_status="WAIT_BUYER_PAY", out_trade_no="P1")(asked)
    return Said(said.body[:-1] + b',"alipay_trade_query_response":{"code":"10000"}}')


@pytest.mark.parametrize(
    "answer",
    [
        _unsigned, _flipped, _decoy,
        answering(key="stranger", trade_status="WAIT_BUYER_PAY", out_trade_no="P1"),
        answering(trade_status="DANCING", out_trade_no="P1"),
        answering(trade_status="TRADE_SUCCESS", out_trade_no="P1", total_amount="64.5x"),
        answering(trade_status="TRADE_SUCCESS", out_trade_no=["P1"], total_amount="64.50"),
        Said(b""), Said(b"\xff\xfe{"), Said(b"[]"), Said(b"{" * 100_000), Said(b'"sign"'),
        Said(b"<html>busy</html>", 502), Said(b"", 302, {"Location": "http://127.0.0.1:9/"}),
        Said(b'{"a":' + b"[" * 50_000), Said(b"{}" + b" " * (2 << 20)), Said(b'{"a":1}', cut=3),
    ],
)  # fmt: skip
def test_what_is_not_signed_by_alipay_is_no_answer(peer: Peer, alipay: Alipay, answer: object):
    peer.will(answer)
    with pytest.raises(NoAnswerError):
        alipay.query(an_account(), "P1", None, now=NOW)
    assert len(peer.asked) == 1


def test_nobody_there_is_no_answer():
    with pytest.raises(NoAnswerError):
        Alipay({"live": "http://127.0.0.1:9/"}).query(an_account(), "P1", None, now=NOW)


def test_a_refund_goes_out_under_our_number(peer: Peer, alipay: Alipay):
    peer.will(answering(fund_change="Y", trade_no="T1", refund_fee="10.00"))
    fact = alipay.refund(an_account(), REFUND, now=NOW)
    assert fact == RefundFact(
        "R1", "succeeded", NOW, None, 1000, "CNY", payment_number="P1", payment_reference="T1"
    )
    assert verify({**peer.asked[0].query, **peer.asked[0].form}) == {
        "out_trade_no": "P1", "trade_no": "T1", "refund_amount": "10.00",
        "refund_reason": "too small", "out_request_no": "R1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ({"refund_status": "REFUND_SUCCESS", "refund_amount": "10.00"}, "succeeded"),
        ({"refund_status": "REFUND_PROCESSING", "refund_amount": "10.00"}, "pending"),
        ({}, "absent"),
        (no("ACQ.TRADE_NOT_EXIST"), "absent"),
    ],
)
def test_a_refund_that_moved_nothing_is_asked_about(
    peer: Peer, alipay: Alipay, said: dict[str, str], state: str
):
    peer.will(answering(fund_change="N", trade_no="T1"), answering(**said))
    assert alipay.refund(an_account(), REFUND, now=NOW).state == state
    assert peer.asked[1].query["method"] == "alipay.trade.fastpay.refund.query"
