"""Whether a notification is believed where WeChat Pay signed it for us, and nowhere else."""

import base64
import hashlib
from datetime import date, timedelta

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from interfaces.provider_peer import (
    NOW,
    Peer,
    Said,
    a_certificate,
    certificate_pem,
    flipped,
)
from interfaces.wechat_pay_peer import (
    PAID,
    PAID_AT,
    REFUNDED,
    SECRET,
    an_account,
    answering,
    by_certificates,
    called,
    event,
    no,
    sealed,
    verify,
)
from laidan.domain.payments.facts import PaymentFact, RefundFact
from laidan.interfaces.providers.base import (
    Callback,
    ForgedCallbackError,
    MisconfiguredError,
    NoAnswerError,
)
from laidan.interfaces.providers.wechat_pay.platform_keys import serial
from laidan.interfaces.providers.wechat_pay.provider import WechatPay

pytestmark = pytest.mark.one_engine


@pytest.fixture
def wechat(peer: Peer) -> WechatPay:
    return WechatPay(peer.url)


def certificates_answer(*numbers: int, days: int = 365) -> dict:
    listed = []
    for number in numbers:
        pem = certificate_pem("platform", number, days)
        sealed_pem = {**sealed(pem.encode()), "associated_data": "certificate"}
        raw = AESGCM(SECRET.encode()).encrypt(b"0123456789ab", pem.encode(), b"certificate")
        sealed_pem["ciphertext"] = base64.b64encode(raw).decode()
        listed.append({"serial_no": f"{number:X}", "encrypt_certificate": sealed_pem})
    return {"data": listed}


def test_any_of_several_certificates_is_believed_by_its_serial():
    account = by_certificates(certificate_pem("platform", 0xAB), certificate_pem("wechat", 0xCD))
    body = event(sealed(PAID))
    for key, number in (("platform", "AB"), ("wechat", "CD")):
        WechatPay().read_callback(account, called(body, key=key, number=number), now=NOW)
    with pytest.raises(ForgedCallbackError, match="signature"):
        WechatPay().read_callback(account, called(body, key="platform", number="CD"), now=NOW)


def test_a_new_certificate_is_fetched_once_and_believed(peer: Peer, wechat: WechatPay):
    account = by_certificates(certificate_pem("wechat", 0xCD))
    signs = {"key": "platform", "number": serial(a_certificate("platform", 0xEF))}
    peer.will(answering(certificates_answer(0xEF), **signs))
    body = event(sealed(PAID))
    for _ in range(2):
        assert wechat.read_callback(account, called(body, **signs), now=NOW).event_id == "e-1"
    with pytest.raises(ForgedCallbackError):
        wechat.read_callback(account, called(body, key="stranger", number="77"), now=NOW)
    assert [asked.path for asked in peer.asked] == ["/v3/certificates"]


@pytest.mark.parametrize(
    "answer",
    [
        answering(certificates_answer(0xEF, days=-1), key="platform", number="EF"),
        answering(certificates_answer(0xEF), key="stranger", number="EF"),
        answering({"data": [{"encrypt_certificate": sealed(b"x", "other" * 6 + "xx")}]}),
        answering({"data": "x"}), Said(b"", 500), Said(b"{}", cut=1),
    ],
)  # fmt: skip
def test_certificates_that_do_not_hold_are_not_believed(
    peer: Peer, wechat: WechatPay, answer: object
):
    peer.will(answer)
    call = called(event(sealed(PAID)), key="platform", number="EF")
    with pytest.raises(ForgedCallbackError, match="serial"):
        wechat.read_callback(by_certificates(), call, now=NOW)


def test_a_notification_says_what_was_paid():
    notice = WechatPay().read_callback(an_account(), called(event(sealed(PAID))), now=NOW)
    assert (notice.event_id, notice.kind) == ("e-1", "TRANSACTION.SUCCESS")
    fact = PaymentFact("P1", "captured", PAID_AT, "42", 6450, "CNY", "1900", "SUCCESS 支付成功")
    assert notice.facts == (fact,)


def test_a_notification_says_what_was_refunded():
    body = event(sealed(REFUNDED), "REFUND.SUCCESS")
    notice = WechatPay().read_callback(an_account(), called(body), now=NOW)
    assert notice.facts == (
        RefundFact("R1", "succeeded", PAID_AT, "50", 1000, "CNY", "1900", "SUCCESS", "P1", "42"),
    )


def test_what_is_about_neither_says_nothing():
    body = event(sealed({"a": 1}), "PAYSCORE.USER_OPEN_SERVICE")
    assert WechatPay().read_callback(an_account(), called(body), now=NOW).facts == ()


def test_a_foreign_amount_is_told_as_it_is():
    said = {**PAID, "amount": {"total": 1, "currency": "HKD"}}
    fact = WechatPay().read_callback(an_account(), called(event(sealed(said))), now=NOW).facts[0]
    assert (fact.amount_minor, fact.currency) == (1, "HKD")


GOOD = called(event(sealed(PAID)))


def with_header(name: str, value: str) -> Callback:
    return Callback({**GOOD.headers, name: value}, GOOD.body)


@pytest.mark.parametrize(
    "call",
    [
        Callback(GOOD.headers, flipped(GOOD.body, 30)),
        Callback(GOOD.headers, GOOD.body + b" "),
        with_header("wechatpay-nonce", "abd"),
        with_header("wechatpay-timestamp", str(int(NOW.timestamp()) + 1)),
        with_header("wechatpay-timestamp", "９" * 10), with_header("wechatpay-timestamp", ""),
        with_header("wechatpay-timestamp", "9" * 400), with_header("wechatpay-serial", ""),
        with_header("wechatpay-signature", "WECHATPAY/SIGNTEST/abc"),
        with_header("wechatpay-signature", "é"), with_header("wechatpay-signature", ""),
        with_header("wechatpay-signature-type", "WECHATPAY2-SM2-WITH-SM3"),
        Callback({}, GOOD.body),
        called(GOOD.body, key="stranger"),
        called(GOOD.body, at=NOW - timedelta(seconds=301)),
        called(GOOD.body, at=NOW + timedelta(seconds=301)),
        called(event(sealed({**PAID, "mchid": "1901"}))),
        called(event(sealed({**PAID, "appid": "wx2"}))),
        called(event(sealed({**PAID, "amount": {"total": True}}))),
        called(event(sealed({**PAID, "success_time": "2026-11-23T09:59:58"}))),
        called(event(sealed({**PAID, "trade_state": "DANCING"}))),
        called(event(sealed(PAID, "z" * 32))),
        called(event({**sealed(PAID), "nonce": "0123456789ac"})),
        called(event({**sealed(PAID), "associated_data": "refund"})),
        called(event({**sealed(PAID), "algorithm": "AES"})),
        called(event({**sealed(PAID), "ciphertext": "%"})), called(event(None)),
        called(event(sealed(PAID), id=7)), called(event(sealed([1]))),
        called(event(sealed(b"\xff"))), called(b""), called(b"[]"), called(b"not json"),
        called(b"{" * 90_000), called(b"x" * (1 << 19)),
    ],
)  # fmt: skip
def test_what_wechat_pay_did_not_sign_for_us_is_refused(
    peer: Peer, wechat: WechatPay, call: Callback
):
    peer.will(Said(b"", 500))
    with pytest.raises(ForgedCallbackError):
        wechat.read_callback(an_account(), call, now=NOW)


def test_within_five_minutes_a_clock_may_be_off():
    for off in (-300, 300):
        call = called(GOOD.body, at=NOW + timedelta(seconds=off))
        assert WechatPay().read_callback(an_account(), call, now=NOW).event_id == "e-1"


def test_a_bill_is_the_file_that_was_announced(peer: Peer, wechat: WechatPay):
    digest = hashlib.sha1(b"bill").hexdigest()
    said = {"hash_type": "SHA1", "hash_value": digest, "download_url": f"{peer.url}/v3/b?token=t"}
    peer.will(answering(said), Said(b"bill"), answering(said), Said(b"bull"))
    day = date(2026, 11, 22)
    assert wechat.fetch_bill(an_account(), day, now=NOW) == (b"bill",)
    with pytest.raises(NoAnswerError):
        wechat.fetch_bill(an_account(), day, now=NOW)
    verify(peer.asked[1])
    peer.will(answering({**said, "download_url": "http://169.254.169.254/"}))
    with pytest.raises(NoAnswerError):
        wechat.fetch_bill(an_account(), day, now=NOW)
    peer.will(no("NO_STATEMENT_EXIST", 400))
    assert wechat.fetch_bill(an_account(), day, now=NOW) == ()


def test_the_connection_is_tested_by_a_number_that_does_not_exist(peer: Peer, wechat: WechatPay):
    peer.will(no("ORDER_NOT_EXIST", 404))
    assert "signature is good" in wechat.test_connection(an_account(), now=NOW)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"mchid": ""}, "mchid"), ({"private_key": "x"}, "private_key"),
        ({"merchant_serial": ""}, "merchant_serial"), ({"public_key": "x"}, "public_key"),
        ({"public_key_id": ""}, "public_key_id"), ({"apiv3_key": "short"}, "apiv3_key"),
        ({"platform_certificates": "x"}, "platform_certificates"),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_work_is_named(
    peer: Peer, wechat: WechatPay, changes: dict[str, str], field: str
):
    peer.will(answering(PAID))
    account = an_account(**changes)

    def use() -> None:
        wechat.query(account, "P1", None, now=NOW)
        wechat.read_callback(account, GOOD, now=NOW)

    with pytest.raises(MisconfiguredError, match=f"^{field}: "):
        use()
