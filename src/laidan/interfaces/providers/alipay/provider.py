"""Alipay: pages, mobile pages and QR codes, by the open platform's gateway."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

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
from laidan.interfaces.providers.alipay import saying
from laidan.interfaces.providers.alipay.asking import Request, address, ask
from laidan.interfaces.providers.base import (
    Callback,
    Field,
    MisconfiguredError,
    NoAnswerError,
    ProviderRefusedError,
    Reply,
    TakesAtOnce,
)
from laidan.interfaces.providers.calling import BILL_BYTES, Call, send
from laidan.interfaces.providers.reading import (
    CHINA,
    UnreadableError,
    setting,
    text,
    text_or_none,
)
from laidan.kernel.money import format_minor

GATEWAYS: Mapping[str, str] = MappingProxyType(
    {
        "live": "https://openapi.alipay.com/gateway.do",
        "sandbox": "https://openapi-sandbox.dl.alipaydev.com/gateway.do",
    }
)
_BILL_HOSTS = (".alipay.com", ".alipaydev.com", ".alipayobjects.com")
_PRODUCTS = {"page": "FAST_INSTANT_TRADE_PAY", "wap": "QUICK_WAP_WAY"}
_NOT_IN_SUBJECTS = re.compile(r"[/=&]")
_ABSENT = "ACQ.TRADE_NOT_EXIST"
_ENDED = frozenset((
    "ACQ.TRADE_STATUS_ERROR", "ACQ.REASON_TRADE_STATUS_INVALID", "ACQ.REASON_ILLEGAL_STATUS",
    "ACQ.TRADE_HAS_SUCCESS", "ACQ.TRADE_HAS_FINISHED", "ACQ.TRADE_HAS_CLOSE",
))  # fmt: skip
_NO_BILL = frozenset(("isp.bill_not_exist", "isp.bill-not-exist"))


class Alipay(TakesAtOnce):
    """The provider; `gateways` are given where it is tried against another server."""

    code = "alipay"
    label = gettext_noop("Alipay")
    methods: tuple[str, ...] = ("page", "wap", "qr")
    currencies: frozenset[str] | None = frozenset((saying.CURRENCY,))
    is_by_hand = False
    is_for_tests = False
    fields: tuple[Field, ...] = (
        Field("app_id", gettext_noop("App ID")),
        Field("seller_id", gettext_noop("Seller ID (PID)"), is_required=False,
              help=gettext_noop("When given, notifications for any other seller are refused.")),
        Field("environment", gettext_noop("Environment"), "choice", is_required=False,
              choices=("live", "sandbox")),
        Field("private_key", gettext_noop("Private key of the application"), "pem"),
        Field("alipay_public_key", gettext_noop("Alipay's public key"), "pem", is_required=False,
              help=gettext_noop("Several may stand one below the other while one is replaced.")),
        Field("app_cert", gettext_noop("Certificate of the application"), "pem",
              is_required=False,
              help=gettext_noop("For the certificate mode, together with the next two.")),
        Field("alipay_cert", gettext_noop("Alipay's certificate"), "pem", is_required=False,
              help=gettext_noop("Several may stand one below the other while one is replaced.")),
        Field("alipay_root_cert", gettext_noop("Alipay's root certificates"), "pem",
              is_required=False),
    )  # fmt: skip

    def __init__(self, gateways: Mapping[str, str] = GATEWAYS) -> None:
        self._gateways = gateways

    def start(self, account: Account, intent: Intent, *, now: datetime) -> Started:
        """Return a signed address (page, wap) or ask for a QR code."""
        content = {
            "out_trade_no": intent.number,
            "total_amount": format_minor(intent.amount_minor, saying.CURRENCY),
            "subject": _NOT_IN_SUBJECTS.sub(" ", intent.subject)[:128],
            "time_expire": intent.expires_at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S"),
        }
        if intent.currency != saying.CURRENCY:
            raise ProviderRefusedError("Alipay takes CNY only", "currency")
        if intent.method == "qr":
            request = Request("alipay.trade.precreate", content, intent.notify_url)
            return Started(qr=_text(self._ask(account, request, now), "qr_code"))
        if intent.method not in _PRODUCTS:
            raise ProviderRefusedError(f"no method {intent.method}", "method")
        content["product_code"] = _PRODUCTS[intent.method]
        if intent.method == "wap" and intent.return_url:
            # Where the payer comes back to when he leaves without having paid.
            content["quit_url"] = intent.return_url
        method = f"alipay.trade.{intent.method}.pay"
        request = Request(method, content, intent.notify_url, intent.return_url)
        return Started(url=address(self._gateway(account), account, request, now))

    def query(
        self, account: Account, number: str, reference: str | None, *, now: datetime
    ) -> PaymentFact:
        """Ask how a trade stands; one that no payer has opened yet is absent."""
        content = _named(number, reference)
        try:
            said = self._ask(account, Request("alipay.trade.query", content), now)
        except ProviderRefusedError as no:
            if no.code == _ABSENT:
                return PaymentFact(number, facts.ABSENT, now, detail=no.code)
            raise
        try:
            fact = saying.trade(said, text_or_none(said, "send_pay_date"), now)
        except UnreadableError as error:
            raise NoAnswerError(f"Alipay's answer cannot be read: {error}") from error
        return _about(number, fact)

    def close(
        self, account: Account, number: str, reference: str | None, *, now: datetime
    ) -> PaymentFact:
        """Close a trade.

        One that no payer has opened is absent at Alipay and cannot be closed there: its address or
        code then ends by itself at the time it was started with.
        """
        request = Request("alipay.trade.close", _named(number, reference))
        try:
            said = self._ask(account, request, now)
        except ProviderRefusedError as no:
            if no.code == _ABSENT:
                return PaymentFact(number, facts.ABSENT, now, detail=no.code)
            if no.code in _ENDED:
                return self.query(account, number, reference, now=now)
            raise
        return PaymentFact(number, facts.EXPIRED, now, text_or_none(said, "trade_no"))

    def refund(self, account: Account, intent: RefundIntent, *, now: datetime) -> RefundFact:
        """Send money back under our number as `out_request_no`, which Alipay pays once."""
        content = {
            **_named(intent.payment_number, intent.payment_reference),
            "refund_amount": format_minor(intent.amount_minor, saying.CURRENCY),
            "refund_reason": intent.reason[:256],
            "out_request_no": intent.number,
        }
        said = self._ask(account, Request("alipay.trade.refund", content), now)
        if said.get("fund_change") != "Y":
            # Said of a repetition, and where the money has not moved yet: only asking tells.
            return self.query_refund(account, intent, None, now=now)
        return RefundFact(
            intent.number,
            facts.SUCCEEDED,
            now,
            amount_minor=intent.amount_minor,
            currency=saying.CURRENCY,
            payment_number=intent.payment_number,
            payment_reference=text_or_none(said, "trade_no"),
        )

    def query_refund(
        self, account: Account, intent: RefundIntent, reference: str | None, *, now: datetime
    ) -> RefundFact:
        """Ask how a refund stands; Alipay has no number of its own for one."""
        content = {
            **_named(intent.payment_number, intent.payment_reference),
            "out_request_no": intent.number,
            "query_options": ["gmt_refund_pay"],
        }
        request = Request("alipay.trade.fastpay.refund.query", content)
        try:
            said = self._ask(account, request, now)
            return saying.refund(said, intent, now)
        except ProviderRefusedError as no:
            if no.code == _ABSENT:
                return saying.absent_refund(intent, now)
            raise
        except UnreadableError as error:
            raise NoAnswerError(f"Alipay's answer cannot be read: {error}") from error

    def read_callback(self, account: Account, call: Callback, *, now: datetime) -> Notice:
        """Check an asynchronous notification; repetitions keep its `notify_id`."""
        return saying.notice(account, call)

    def accepted(self) -> Reply:
        """Return the one word that ends the repetitions."""
        return Reply(200, "text/plain", b"success")

    def refused(self, reason: str) -> Reply:
        """Return the word after which Alipay tries again."""
        return Reply(200, "text/plain", b"failure")

    def test_connection(self, account: Account, *, now: datetime) -> str:
        """Ask for a trade that does not exist; only a signed answer counts."""
        fact = self.query(account, f"LAIDANTEST{int(now.timestamp())}", None, now=now)
        if fact.state != facts.ABSENT:
            raise NoAnswerError("Alipay knows a number that was never used")
        return gettext("Alipay knows this application, and its signature is good.")

    def fetch_bill(self, account: Account, day: date, *, now: datetime) -> Sequence[bytes]:
        """Return a day's bill as a ZIP file of CSV files; nothing where there was no trade."""
        content = {"bill_type": "trade", "bill_date": day.isoformat()}
        method = "alipay.data.dataservice.bill.downloadurl.query"
        try:
            said = self._ask(account, Request(method, content), now)
        except ProviderRefusedError as no:
            if no.code in _NO_BILL:
                return ()
            raise
        url = _text(said, "bill_download_url")
        self._check_bill_address(account, url)
        answer = send(Call("GET", url), at_most=BILL_BYTES)
        if answer.status != 200:
            raise NoAnswerError(f"the bill could not be fetched: status {answer.status}")
        return (answer.body,)

    def _check_bill_address(self, account: Account, url: str) -> None:
        # It is fetched by this machine, so it may lead to Alipay and nowhere else.
        parts, own = urlsplit(url), urlsplit(self._gateway(account))
        is_alipays = parts.scheme == "https" and (parts.hostname or "").endswith(_BILL_HOSTS)
        if not is_alipays and parts[:2] != own[:2]:
            raise NoAnswerError("the bill is said to be at an address that is not Alipay's")

    def _gateway(self, account: Account) -> str:
        name = setting(account, "environment") or "live"
        if name not in self._gateways:
            raise MisconfiguredError("environment: live or sandbox")
        return self._gateways[name]

    def _ask(self, account: Account, request: Request, now: datetime) -> dict[str, Any]:
        return ask(self._gateway(account), account, request, now)


def _named(number: str, reference: str | None) -> dict[str, str]:
    return {"out_trade_no": number, **({"trade_no": reference} if reference else {})}


def _about(number: str, fact: PaymentFact) -> PaymentFact:
    if fact.number != number:
        raise NoAnswerError("Alipay answered about another trade")
    return fact


def _text(said: Mapping[str, Any], name: str) -> str:
    try:
        return text(said, name)
    except UnreadableError as error:
        raise NoAnswerError(f"Alipay's answer cannot be read: {error}") from error
