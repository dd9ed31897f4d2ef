"""WeChat Pay, interface version 3: Native codes, JSAPI in WeChat and H5 in other browsers."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import quote, urlencode

from django.utils.translation import gettext, gettext_noop

from laidan.domain.payments import facts
from laidan.domain.payments.facts import (
    Account,
    Intent,
    Notice,
    PaymentFact,
    RefundFact,
    RefundIntent,
    Started,
)
from laidan.interfaces.providers import keys
from laidan.interfaces.providers.base import (
    Callback,
    Field,
    NoAnswerError,
    ProviderRefusedError,
    Reply,
    TakesAtOnce,
)
from laidan.interfaces.providers.calling import BILL_BYTES, send
from laidan.interfaces.providers.reading import CHINA, UnreadableError, needed, text
from laidan.interfaces.providers.wechat_pay import saying, signing, version2
from laidan.interfaces.providers.wechat_pay.asking import API, Gate

_ABSENT = frozenset(("ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS"))
_ENDED = frozenset(("ORDER_PAID", "ORDERPAID", "ORDER_CLOSED", "ORDERCLOSED", "TRADE_ERROR"))
_NO_BILL = "NO_STATEMENT_EXIST"


class WechatPay(TakesAtOnce):
    """The provider; `api` is given where it is tried against another server."""

    code = "wechat_pay"
    label = gettext_noop("WeChat Pay")
    methods: tuple[str, ...] = ("native", "jsapi", "h5")
    currencies: frozenset[str] | None = frozenset((saying.CURRENCY,))
    is_by_hand = False
    is_for_tests = False
    fields: tuple[Field, ...] = (
        Field("mchid", gettext_noop("Merchant ID")),
        Field("appid", gettext_noop("App ID")),
        Field("merchant_serial", gettext_noop("Serial number of the merchant's certificate")),
        Field("private_key", gettext_noop("The merchant's private key"), "pem"),
        Field("apiv3_key", gettext_noop("APIv3 key"), "secret"),
        Field("apiv2_key", gettext_noop("APIv2 key"), "secret", is_required=False,
              help=gettext_noop("Only for payments that another system began under version 2.")),
        Field("public_key_id", gettext_noop("ID of WeChat Pay's public key"), is_required=False,
              help=gettext_noop("Of several, in the order of the keys, the newest last.")),
        Field("public_key", gettext_noop("WeChat Pay's public key"), "pem", is_required=False,
              help=gettext_noop("Several may stand one below the other while one is replaced.")),
        Field("platform_certificates", gettext_noop("WeChat Pay's platform certificates"), "pem",
              is_required=False,
              help=gettext_noop("Where none are given, they are fetched and checked with the APIv3 key.")),
    )  # fmt: skip

    def __init__(self, api: str = API) -> None:
        self._gate = Gate(api)

    def start(self, account: Account, intent: Intent, *, now: datetime) -> Started:
        """Ask for a code (native), an address (h5) or what WeChat's own browser needs (jsapi)."""
        if intent.method not in self.methods:
            raise ProviderRefusedError(f"no method {intent.method}", "method")
        if intent.currency != saying.CURRENCY:
            raise ProviderRefusedError("WeChat Pay takes CNY only", "currency")
        said = self._gate.ask(
            account, f"/v3/pay/transactions/{intent.method}", _wanted(account, intent), now=now
        )
        try:
            if intent.method == "native":
                return Started(qr=text(said, "code_url"))
            if intent.method == "h5":
                back = f"&redirect_url={quote(intent.return_url, safe='')}"
                return Started(url=text(said, "h5_url") + (back if intent.return_url else ""))
            return Started(params=_for_browser(account, text(said, "prepay_id"), now))
        except UnreadableError as error:
            raise NoAnswerError(f"WeChat Pay's answer cannot be read: {error}") from error

    def query(
        self, account: Account, number: str, reference: str | None, *, now: datetime
    ) -> PaymentFact:
        """Ask how a transaction stands, by our number."""
        path = f"/v3/pay/transactions/out-trade-no/{quote(number, safe='')}"
        asked = urlencode({"mchid": needed(account, "mchid")})
        try:
            fact = saying.transaction(self._gate.ask(account, f"{path}?{asked}", now=now), now)
        except ProviderRefusedError as no:
            if no.code in _ABSENT:
                return PaymentFact(number, facts.ABSENT, now, detail=no.code)
            raise
        except UnreadableError as error:
            raise NoAnswerError(f"WeChat Pay's answer cannot be read: {error}") from error
        if fact.number != number:
            raise NoAnswerError("WeChat Pay answered about another transaction")
        return fact

    def close(
        self, account: Account, number: str, reference: str | None, *, now: datetime
    ) -> PaymentFact:
        """Close a transaction; one that was paid in the meantime is what it is."""
        path = f"/v3/pay/transactions/out-trade-no/{quote(number, safe='')}/close"
        try:
            self._gate.ask(account, path, {"mchid": needed(account, "mchid")}, now=now)
        except ProviderRefusedError as no:
            if no.code in _ABSENT:
                return PaymentFact(number, facts.ABSENT, now, detail=no.code)
            if no.code in _ENDED:
                return self.query(account, number, reference, now=now)
            raise
        return PaymentFact(number, facts.EXPIRED, now)

    def refund(self, account: Account, intent: RefundIntent, *, now: datetime) -> RefundFact:
        """Send money back under our number as `out_refund_no`, which WeChat Pay pays once."""
        sent: dict[str, Any] = {
            "out_trade_no": intent.payment_number,
            "out_refund_no": intent.number,
            # WeChat Pay counts 80 bytes.
            "reason": intent.reason.encode()[:80].decode("utf-8", "ignore"),
            "notify_url": intent.notify_url,
            "amount": {
                "refund": intent.amount_minor,
                "total": intent.paid_minor,
                "currency": intent.currency,
            },
        }
        wanted = {name: value for name, value in sent.items() if value}
        return self._refund(account, "/v3/refund/domestic/refunds", wanted, intent, now)

    def query_refund(
        self, account: Account, intent: RefundIntent, reference: str | None, *, now: datetime
    ) -> RefundFact:
        """Ask how a refund stands, by our number."""
        path = f"/v3/refund/domestic/refunds/{quote(intent.number, safe='')}"
        try:
            return self._refund(account, path, None, intent, now)
        except ProviderRefusedError as no:
            if no.code in _ABSENT:
                absent = RefundFact(intent.number, facts.ABSENT, now, detail=no.code)
                return absent._replace(payment_number=intent.payment_number)
            raise

    def read_callback(self, account: Account, call: Callback, *, now: datetime) -> Notice:
        """Check a notification; a serial that is unknown may cost a call for the certificates."""
        if version2.is_meant(account, call):
            return version2.notice(account, call, now)
        return saying.notice(account, call, now, self._gate.key_of(account, now))

    def accepted(self) -> Reply:
        """Return what ends the repetitions: the status for version 3, the body for version 2."""
        body = b"<xml><return_code><![CDATA[SUCCESS]]></return_code></xml>"
        return Reply(200, "text/xml", body)

    def refused(self, reason: str) -> Reply:
        """Return an answer after which WeChat Pay tries again."""
        body = b'{"code":"FAIL","message":"not taken"}'
        return Reply(400, "application/json", body)

    def test_connection(self, account: Account, *, now: datetime) -> str:
        """Ask for a transaction that does not exist; only a signed answer counts."""
        fact = self.query(account, f"LAIDANTEST{int(now.timestamp())}", None, now=now)
        if fact.state != facts.ABSENT:
            raise NoAnswerError("WeChat Pay knows a number that was never used")
        return gettext("WeChat Pay knows this merchant, and its signature is good.")

    def fetch_bill(self, account: Account, day: date, *, now: datetime) -> Sequence[bytes]:
        """Return a day's trade bill as CSV; nothing where there was no trade."""
        asked = urlencode({"bill_date": day.isoformat(), "bill_type": "ALL"})
        try:
            said = self._gate.ask(account, f"/v3/bill/tradebill?{asked}", now=now)
            url, digest = text(said, "download_url"), text(said, "hash_value")
        except ProviderRefusedError as no:
            if no.code == _NO_BILL:
                return ()
            raise
        except UnreadableError as error:
            raise NoAnswerError(f"WeChat Pay's answer cannot be read: {error}") from error
        if not url.startswith(f"{self._gate.api}/"):
            raise NoAnswerError("the bill is said to be at an address that is not WeChat Pay's")
        answer = send(signing.call(account, "GET", url, b"", now), at_most=BILL_BYTES)
        # The file is not signed; its SHA-1 came in an answer that is.
        found = hashlib.sha1(answer.body, usedforsecurity=False).hexdigest()
        if answer.status != 200 or found != digest.lower():
            raise NoAnswerError("the bill is not the file that was announced")
        return (answer.body,)

    def _refund(
        self,
        account: Account,
        path: str,
        sent: dict[str, Any] | None,
        intent: RefundIntent,
        now: datetime,
    ) -> RefundFact:
        try:
            fact = saying.refund(self._gate.ask(account, path, sent, now=now), now)
        except UnreadableError as error:
            raise NoAnswerError(f"WeChat Pay's answer cannot be read: {error}") from error
        if fact.number != intent.number:
            raise NoAnswerError("WeChat Pay answered about another refund")
        return fact


def _wanted(account: Account, intent: Intent) -> dict[str, Any]:
    wanted: dict[str, Any] = {
        "appid": needed(account, "appid"),
        "mchid": needed(account, "mchid"),
        # WeChat Pay counts 127 bytes.
        "description": intent.subject.encode()[:127].decode("utf-8", "ignore"),
        "out_trade_no": intent.number,
        "time_expire": intent.expires_at.astimezone(CHINA).isoformat(timespec="seconds"),
        "notify_url": intent.notify_url,
        "amount": {"total": intent.amount_minor, "currency": intent.currency},
    }
    if intent.method == "jsapi":
        wanted["payer"] = {"openid": intent.payer_ref}
    if intent.method == "h5":
        wanted["scene_info"] = {
            "payer_client_ip": intent.payer_address,
            "h5_info": {"type": "Wap"},
        }
    return wanted


def _for_browser(account: Account, prepay_id: str, now: datetime) -> dict[str, str]:
    appid, stamp, nonce = needed(account, "appid"), str(int(now.timestamp())), secrets.token_hex(16)
    package = f"prepay_id={prepay_id}"
    signature = keys.sign(signing.own_key(account), signing.lines(appid, stamp, nonce, package))
    return {
        "appId": appid,
        "timeStamp": stamp,
        "nonceStr": nonce,
        "package": package,
        "signType": "RSA",
        "paySign": signature,
    }
