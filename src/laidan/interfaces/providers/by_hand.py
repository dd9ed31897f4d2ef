"""Cash and bank transfer: people take the money and give it back; nobody is called, nobody calls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

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
from laidan.interfaces.providers.base import (
    Callback,
    Field,
    ForgedCallbackError,
    Reply,
    TakesAtOnce,
)
from laidan.interfaces.providers.reading import setting
from laidan.kernel.money import format_minor


class ByHand(TakesAtOnce):
    """A way of paying that stays as it is until a person records what happened, with proof."""

    methods: tuple[str, ...] = ("instructions",)
    currencies: frozenset[str] | None = None
    is_by_hand = True
    is_for_tests = False
    fields: tuple[Field, ...] = (
        Field("instructions", gettext_noop("What the buyer is told"), "lines", is_required=False,
              help=gettext_noop("{number} stands for the number to quote, {amount} for the amount.")),
    )  # fmt: skip

    def __init__(self, code: str, label: str) -> None:
        self.code = code
        self.label = label

    def start(self, account: Account, intent: Intent, *, now: datetime) -> Started:
        """Return the account's instructions with number and amount."""
        told = setting(account, "instructions")
        amount = f"{intent.currency} {format_minor(intent.amount_minor, intent.currency)}"
        told = told.replace("{number}", intent.number).replace("{amount}", amount)
        return Started(instructions=told)

    def query(
        self, account: Account, number: str, reference: str | None, *, now: datetime
    ) -> PaymentFact:
        """Say that it waits: only a person can tell."""
        return PaymentFact(number, facts.PENDING, now, reference, detail="by hand")

    def close(
        self, account: Account, number: str, reference: str | None, *, now: datetime
    ) -> PaymentFact:
        """Say that it is over: what comes in later is recorded by a person."""
        return PaymentFact(number, facts.EXPIRED, now, reference, detail="by hand")

    def refund(self, account: Account, intent: RefundIntent, *, now: datetime) -> RefundFact:
        """Say that it waits for a person to give it and to record it with proof."""
        return RefundFact(
            intent.number,
            facts.PENDING,
            now,
            detail="by hand",
            payment_number=intent.payment_number,
            payment_reference=intent.payment_reference,
        )

    def query_refund(
        self, account: Account, intent: RefundIntent, reference: str | None, *, now: datetime
    ) -> RefundFact:
        """Say that it waits for a person."""
        return self.refund(account, intent, now=now)

    def read_callback(self, account: Account, call: Callback, *, now: datetime) -> Notice:
        """Believe nobody: there is no one who could call."""
        raise ForgedCallbackError("nobody calls about money that people take")

    def accepted(self) -> Reply:
        """Return an empty answer; it is never given."""
        return Reply(200, "text/plain", b"")

    def refused(self, reason: str) -> Reply:
        """Return that there is nothing here."""
        return Reply(404, "text/plain", b"")

    def test_connection(self, account: Account, *, now: datetime) -> str:
        """Say that there is nobody to ask."""
        return gettext("There is nothing to test: people take this money and record it.")

    def fetch_bill(self, account: Account, day: date, *, now: datetime) -> Sequence[bytes]:
        """Return nothing: a bank's statement is brought as a file."""
        return ()


CASH = ByHand("cash", gettext_noop("Cash"))
BANK_TRANSFER = ByHand("bank_transfer", gettext_noop("Bank transfer"))
