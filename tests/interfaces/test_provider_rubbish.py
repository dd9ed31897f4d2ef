"""Whether any message, signed or not, ends in a fact, a refusal or no answer, and never in a fault."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces import alipay_peer, played_provider, stripe_peer, wechat_pay_peer
from interfaces.provider_peer import NOW, Asked, Said
from laidan.domain.payments.facts import Account, Notice, PaymentFact, RefundFact
from laidan.interfaces.providers import calling
from laidan.interfaces.providers.alipay import asking as alipay_asking
from laidan.interfaces.providers.alipay.provider import Alipay
from laidan.interfaces.providers.base import (
    Callback,
    ForgedCallbackError,
    Provider,
    ProviderError,
)
from laidan.interfaces.providers.calling import Answer, Call
from laidan.interfaces.providers.registry import PROVIDERS
from laidan.interfaces.providers.stripe import transport
from laidan.interfaces.providers.stripe.provider import Stripe
from laidan.interfaces.providers.testing_calls import signed
from laidan.interfaces.providers.wechat_pay import asking as wechat_asking
from laidan.interfaces.providers.wechat_pay.provider import WechatPay

pytestmark = pytest.mark.one_engine

GOOD: dict[str, tuple[Account, Callback]] = {
    "alipay": (alipay_peer.an_account(), alipay_peer.called(alipay_peer.PAID)),
    "wechat_pay": (
        wechat_pay_peer.an_account(),
        wechat_pay_peer.called(wechat_pay_peer.event(wechat_pay_peer.sealed(wechat_pay_peer.PAID))),
    ),
    "stripe": (
        stripe_peer.an_account(),
        stripe_peer.called(
            stripe_peer.event("payment_intent.succeeded", stripe_peer.an_intent_of_theirs())
        ),
    ),
    "test": (
        played_provider.an_account(),
        signed(played_provider.an_account(), played_provider.SAID, NOW),
    ),
}
WORDS = st.sampled_from([
    "SUCCESS", "TRADE_SUCCESS", "REFUND.SUCCESS", "TRANSACTION.SUCCESS", "refund.succeeded", "P1",
    "succeeded", "paid", "captured", "complete", "CNY", "usd", "1900", "wx1", "2021", "a1", "evt",
    "2026-11-23T10:00:00+08:00", "2026-11-23 10:00:00", "64.50", "1e400", "-1", "", "NaN",
])  # fmt: skip
LEAVES = st.one_of(
    WORDS, st.text(max_size=5), st.integers(-(10**20), 10**20), st.none(), st.booleans(),
    st.floats(),
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inside: st.lists(inside, max_size=2) | st.dictionaries(WORDS, inside, max_size=2),
    max_leaves=4,
)


def reads(provider: Provider, account: Account, call: Callback) -> Notice | None:
    try:
        notice = provider.read_callback(account, call, now=NOW)
    except ForgedCallbackError:
        return None
    assert all(isinstance(fact, PaymentFact | RefundFact) for fact in notice.facts)
    return notice


def changed(document: dict, edits: dict, draw: st.DataObject) -> dict:
    """A document in which some members, at any depth, are something else or gone."""
    made = {}
    for name, value in document.items():
        if draw.draw(st.integers(0, 5)) == 0:
            if draw.draw(st.booleans()):
                made[name] = draw.draw(VALUES)
            continue
        made[name] = changed(value, edits, draw) if isinstance(value, dict) else value
    return {**made, **edits}


# --- callbacks --------------------------------------------------------------------------------


@pytest.mark.parametrize("code", GOOD)
@given(data=st.data())
def test_a_message_that_was_tampered_with_is_forged_or_says_the_same(
    code: str, data: st.DataObject
):
    account, call = GOOD[code]
    at = data.draw(st.integers(0, len(call.body)))
    body = (
        call.body[:at]
        + data.draw(st.binary(max_size=4))
        + call.body[at + data.draw(st.integers(0, 3)) :]
    )
    headers = dict(call.headers)
    for name in data.draw(st.sets(st.sampled_from(sorted(headers) or ["none"]), max_size=1)):
        headers[name] = data.draw(st.text(max_size=40))
    known = reads(PROVIDERS[code], account, call)
    assert known is not None
    read = reads(PROVIDERS[code], account, Callback(headers, body))
    assert read in (None, known)


@pytest.mark.parametrize("code", GOOD)
@given(body=st.binary(max_size=200), header=st.text(max_size=40))
def test_rubbish_is_forged(code: str, body: bytes, header: str):
    account, call = GOOD[code]
    assert (
        reads(PROVIDERS[code], account, Callback(dict.fromkeys(call.headers, header), body)) is None
    )


@given(data=st.data())
def test_whatever_alipay_signs_is_read_or_refused(data: st.DataObject):
    refund = {"refund_fee": "1.00", "out_biz_no": "R1", "gmt_refund": "2026-11-23 10:00:00"}
    said = changed({**alipay_peer.PAID, **refund}, {"sign_type": "RSA2", "app_id": "2021"}, data)
    flat = {name: str(value) for name, value in said.items()}
    try:
        call = alipay_peer.called(flat)
    except UnicodeEncodeError:
        return
    reads(PROVIDERS["alipay"], alipay_peer.an_account(seller_id=""), call)


@given(data=st.data(), kind=st.sampled_from(["TRANSACTION.SUCCESS", "REFUND.SUCCESS"]))
def test_whatever_wechat_pay_signs_is_read_or_refused(data: st.DataObject, kind: str):
    known = wechat_pay_peer.PAID if kind.startswith("T") else wechat_pay_peer.REFUNDED
    plain = changed(known, {}, data)
    body = wechat_pay_peer.event(wechat_pay_peer.sealed(plain), kind)
    outer = json.dumps(changed(json.loads(body), {}, data)).encode()
    for sent in (body, outer):
        call = wechat_pay_peer.called(sent)
        reads(PROVIDERS["wechat_pay"], wechat_pay_peer.an_account(), call)


STRIPES = [
    ("checkout.session.completed", {**stripe_peer.SESSION, "payment_status": "paid"}),
    ("payment_intent.succeeded", stripe_peer.an_intent_of_theirs()),
    ("refund.updated", stripe_peer.a_refund()),
    ("charge.dispute.closed", stripe_peer.a_dispute(status="won")),
    ("charge.refunded", {"object": "charge", "refunds": {"data": [stripe_peer.a_refund()]}}),
]


@given(data=st.data(), known=st.sampled_from(STRIPES))
def test_whatever_stripe_signs_is_read_or_refused(data: st.DataObject, known: tuple):
    kind, what = known
    edits = {"object": what["object"]}
    inside = json.loads(stripe_peer.event(kind, changed(what, edits, data)))
    for said in (inside, changed(inside, {}, data)):
        call = stripe_peer.called(json.dumps(said).encode())
        reads(PROVIDERS["stripe"], stripe_peer.an_account(), call)


@given(data=st.data())
def test_whatever_the_test_provider_signs_is_read_or_refused(data: st.DataObject):
    account = played_provider.an_account()
    said = changed(played_provider.SAID, {}, data)
    reads(PROVIDERS["test"], account, signed(account, said, NOW))


# --- answers ----------------------------------------------------------------------------------


def answered(
    monkeypatch: pytest.MonkeyPatch, module: object, answer: Callable[[Asked], Said]
) -> None:
    """Let a provider's calls be answered without a network."""

    def send(call: Call, **_: object) -> Answer:
        path = call.url.partition("://")[2].partition("/")[2]
        headers = {name.lower(): value for name, value in call.headers.items()}
        said = answer(Asked(call.method, f"/{path}", headers, call.body))
        return Answer(said.status, {n.lower(): v for n, v in said.headers.items()}, said.body)

    monkeypatch.setattr(module, "send", send)


def asks(provider: Provider, account: Account, refund: object, reference: str) -> None:
    """Ask everything that is answered by a document; a fact or one of the kinds of no comes."""
    calls = (
        lambda: provider.query(account, "P1", reference, now=NOW),
        lambda: provider.close(account, "P1", reference, now=NOW),
        lambda: provider.query_refund(account, refund, None, now=NOW),
    )
    for call in calls:
        try:
            assert isinstance(call(), PaymentFact | RefundFact)
        except ProviderError:
            continue


@given(data=st.data())
def test_whatever_alipay_answers_is_a_fact_or_a_no(data: st.DataObject):
    known = {
        "out_trade_no": "P1", "trade_no": "T1", "trade_status": "TRADE_SUCCESS",
        "total_amount": "64.50", "refund_status": "REFUND_SUCCESS", "refund_amount": "1.00",
        "code": "10000", "sub_code": "", "send_pay_date": "2026-11-23 10:00:00",
    }  # fmt: skip
    said = changed(known, {}, data)
    with pytest.MonkeyPatch.context() as patch:
        answered(patch, alipay_asking, alipay_peer.answering(**said))
        asks(Alipay(), alipay_peer.an_account(), alipay_peer.REFUND, "T1")


@given(data=st.data(), status=st.sampled_from([200, 204, 400, 404, 429, 500]))
def test_whatever_wechat_pay_answers_is_a_fact_or_a_no(data: st.DataObject, status: int):
    both = {**wechat_pay_peer.PAID, **wechat_pay_peer.REFUNDED, "code": "ORDERPAID", "message": "x"}
    said = changed(both, {}, data)
    with pytest.MonkeyPatch.context() as patch:
        answered(patch, wechat_asking, wechat_pay_peer.answering(said, status))
        asks(WechatPay(), wechat_pay_peer.an_account(), wechat_pay_peer.REFUND, "42")


@given(data=st.data(), status=st.sampled_from([200, 400, 402, 404, 409, 429, 500]))
def test_whatever_stripe_answers_is_a_fact_or_a_no(data: st.DataObject, status: int):
    both = {
        **stripe_peer.a_refund(), **stripe_peer.an_intent_of_theirs(), **stripe_peer.SESSION,
        "data": [stripe_peer.a_refund()], "has_more": False,
        "error": {"code": "x", "type": "card_error", "message": "no"},
    }  # fmt: skip
    said = changed(both, {}, data)
    with pytest.MonkeyPatch.context() as patch:
        body = json.dumps(said).encode()
        answered(patch, transport, lambda _: Said(body, status))
        reference = data.draw(st.sampled_from(["cs_1", "pi_1"]))
        asks(Stripe(), stripe_peer.an_account(), stripe_peer.REFUND, reference)


def test_all_calls_go_the_one_way():
    for module in (alipay_asking, wechat_asking, transport):
        assert module.send is calling.send
