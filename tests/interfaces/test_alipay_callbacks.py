"""Whether a notification is believed where Alipay signed it for us, and nowhere else."""

import hashlib
from datetime import UTC, date, datetime

import pytest

from interfaces.alipay_peer import (
    PAID,
    an_account,
    an_intent,
    answering,
    called,
    in_certificates,
    no,
)
from interfaces.provider_peer import (
    NOW,
    Peer,
    Said,
    a_certificate,
    certificate_pem,
    flipped,
    public_pem,
)
from laidan.domain.payments.facts import PaymentFact, RefundFact
from laidan.interfaces.providers.alipay.provider import Alipay
from laidan.interfaces.providers.alipay.signing import certificate_number
from laidan.interfaces.providers.base import (
    Callback,
    ForgedCallbackError,
    MisconfiguredError,
    NoAnswerError,
)

pytestmark = pytest.mark.one_engine


@pytest.fixture
def alipay(peer: Peer) -> Alipay:
    return Alipay({"live": f"{peer.url}/gateway.do"})


def test_certificates_sign_and_are_believed_by_their_number(peer: Peer, alipay: Alipay):
    account = in_certificates()
    number = certificate_number(a_certificate("alipay", 12))
    said = {"trade_status": "WAIT_BUYER_PAY", "out_trade_no": "P1"}
    peer.will(answering(number=number, **said), answering(number="0" * 32, **said))
    assert alipay.query(account, "P1", None, now=NOW).state == "pending"
    with pytest.raises(NoAnswerError):
        alipay.query(account, "P1", None, now=NOW)
    sent = peer.asked[0].query
    assert sent["app_cert_sn"] == certificate_number(a_certificate("shop", 11))
    assert sent["alipay_root_cert_sn"].count("_") == 1
    name = (
        "CN=Ant Financial Certification Authority,OU=Certification Authority,O=Ant Financial,C=CN"
    )
    assert sent["app_cert_sn"] == hashlib.md5(f"{name}11".encode()).hexdigest()


@pytest.mark.parametrize("is_signed", [True, False])
def test_notifications_name_their_certificate_or_not(is_signed: bool):
    account = in_certificates(seller_id="2088")
    number = certificate_number(a_certificate("alipay", 12))
    named = {**PAID, "alipay_cert_sn": number}
    call = called(named)
    if not is_signed:
        call = Callback({}, called(PAID).body + f"&alipay_cert_sn={number}".encode())
    for one in (call, called(PAID)):
        assert Alipay().read_callback(account, one, now=NOW).event_id == "n-1"
    for forged in (called({**named, "alipay_cert_sn": "0" * 32}), called(PAID, "stranger")):
        with pytest.raises(ForgedCallbackError):
            Alipay().read_callback(account, forged, now=NOW)


def test_a_certificate_of_another_key_is_named():
    with pytest.raises(MisconfiguredError, match="app_cert"):
        Alipay().start(
            in_certificates(app_cert=certificate_pem("alipay", 12)), an_intent(), now=NOW
        )


def test_a_notification_says_that_it_is_paid():
    notice = Alipay().read_callback(an_account(), called(PAID), now=NOW)
    assert (notice.event_id, notice.kind) == ("n-1", "trade_status_sync")
    at = datetime(2026, 11, 23, 1, 59, 58, tzinfo=UTC)
    assert notice.facts == (
        PaymentFact("P1", "captured", at, "T1", 6450, "CNY", "2088", "TRADE_SUCCESS"),
    )
    assert Alipay().accepted().body == b"success"


def test_the_amount_is_what_was_paid_and_not_what_was_asked():
    notice = Alipay().read_callback(an_account(), called({**PAID, "total_amount": "0.01"}), now=NOW)
    assert notice.facts[0].amount_minor == 1


def test_a_notification_of_a_refund_names_it():
    values = {
        **PAID, "refund_fee": "10.00", "out_biz_no": "R1", "gmt_refund": "2026-11-23 10:00:00.123",
        "trade_status": "TRADE_CLOSED",
    }  # fmt: skip
    payment, refund = Alipay().read_callback(an_account(), called(values), now=NOW).facts
    assert (payment.state, payment.amount_minor) == ("captured", 6450)
    assert refund == RefundFact(
        "R1", "succeeded", NOW, payee="2088", payment_number="P1", payment_reference="T1"
    )


def test_a_key_that_is_being_replaced_is_believed_until_it_is_taken_out():
    both = public_pem("alipay") + public_pem("next")
    for key in ("alipay", "next"):
        Alipay().read_callback(an_account(alipay_public_key=both), called(PAID, key), now=NOW)
    with pytest.raises(ForgedCallbackError):
        Alipay().read_callback(
            an_account(alipay_public_key=public_pem("next")), called(PAID, "alipay"), now=NOW
        )


def test_a_key_may_be_bare_base64():
    bare = "".join(public_pem("alipay").splitlines()[1:-1])
    notice = Alipay().read_callback(an_account(alipay_public_key=bare), called(PAID), now=NOW)
    assert notice.event_id == "n-1"


GOOD = called(PAID).body


@pytest.mark.parametrize(
    "body",
    [
        GOOD.replace(b"64.50", b"64.51"),
        GOOD.replace(b"out_trade_no=P1", b"out_trade_no=P2"),
        GOOD.replace(b"sign_type=RSA2", b"sign_type=RSA"),
        GOOD.replace(b"sign_type=RSA2&", b""),
        GOOD + b"&out_trade_no=P2",
        GOOD + b"&extra=1",
        flipped(GOOD, GOOD.index(b"&sign=") + 9),
        GOOD[: GOOD.index(b"&sign=")],
        called({**PAID, "app_id": "2022"}).body,
        called({**PAID, "seller_id": "2089"}).body,
        called({**PAID, "total_amount": "a lot"}).body,
        called({**PAID, "total_amount": "1" * 18}).body,
        called({**PAID, "trade_status": "DANCING"}).body,
        called({**PAID, "notify_id": ""}).body,
        called({**PAID, "gmt_payment": "yesterday"}).body,
        called(PAID, "stranger").body,
        b"", b"&&&", b"\xff" * 40, b"%ff=%fe", b'{"a":1}', b"a=1" + b"&a=1" * 300, b"x" * (1 << 19),
    ],
)  # fmt: skip
def test_what_alipay_did_not_sign_for_us_is_refused(body: bytes):
    with pytest.raises(ForgedCallbackError):
        Alipay().read_callback(an_account(), Callback({}, body), now=NOW)


def test_a_bill_is_fetched_from_alipay_alone(peer: Peer, alipay: Alipay):
    peer.will(answering(bill_download_url=f"{peer.url}/bill.zip"), Said(b"PK bytes"))
    assert alipay.fetch_bill(an_account(), date(2026, 11, 22), now=NOW) == (b"PK bytes",)
    peer.will(answering(bill_download_url="http://169.254.169.254/latest"))
    with pytest.raises(NoAnswerError):
        alipay.fetch_bill(an_account(), date(2026, 11, 22), now=NOW)
    peer.will(answering(**no("isp.bill_not_exist")))
    assert alipay.fetch_bill(an_account(), date(2026, 11, 22), now=NOW) == ()


def test_the_connection_is_tested_by_a_number_that_does_not_exist(peer: Peer, alipay: Alipay):
    peer.will(answering(**no("ACQ.TRADE_NOT_EXIST")))
    assert "signature is good" in alipay.test_connection(an_account(), now=NOW)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"private_key": ""}, "private_key"), ({"private_key": "abc"}, "private_key"),
        ({"private_key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"}, "private_key"),
        ({"alipay_public_key": ""}, "alipay_public_key"),
        ({"alipay_public_key": "%%%"}, "alipay_public_key"), ({"app_id": ""}, "app_id"),
        ({"environment": "moon"}, "environment"),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_work_is_named_without_its_value(changes: dict[str, str], field: str):
    with pytest.raises(MisconfiguredError, match=f"^{field}: ") as raised:
        Alipay().start(an_account(**changes), an_intent(), now=NOW)
    assert "AAAA" not in str(raised.value)


def test_secrets_are_in_no_repr():
    assert "PRIVATE" not in repr(an_account())
