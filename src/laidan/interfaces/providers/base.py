"""What every payment provider can do. Nothing here touches the database; all may take seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from laidan.domain.payments.facts import (
    Account,
    Intent,
    Notice,
    PaymentFact,
    RefundFact,
    RefundIntent,
    Started,
)

ANSWER_SECONDS = 8.0
"""So long a provider may take to answer; after that its answer is not known."""


class ProviderError(Exception):
    """A provider did not do what it was asked; `code` is its own word for why."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class ProviderRefusedError(ProviderError):
    """A final no: nothing happened, and the same request would meet the same answer."""


class NoAnswerError(ProviderError):
    """No answer, or none that can be trusted: nobody knows whether it happened. Query, never repeat."""


class MisconfiguredError(ProviderError):
    """The account's settings or secrets cannot work; the message says which one."""


class ForgedCallbackError(ProviderError):
    """A callback whose signature, time or payee is wrong: nothing of it is kept as true."""


@dataclass(frozen=True, slots=True)
class Field:
    """A setting of an account: `kind` is text, choice, lines, secret (one line) or pem.

    A pem is a key or certificate, or several; all that is secret or pem is sealed. Labels and helps
    are English, in the catalogues of translations.
    """

    name: str
    label: str
    kind: str = "text"
    is_required: bool = True
    help: str = ""
    choices: tuple[str, ...] = ()
    """The first is the default."""


@dataclass(frozen=True, slots=True)
class Callback:
    """A call that came in: header names in lower case, the body as it was sent."""

    headers: Mapping[str, str]
    body: bytes
    query: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a provider is answered, in the form that it asks for."""

    status: int
    media_type: str
    body: bytes


class Provider(Protocol):
    """A payment provider. Raises ProviderError's kinds where the methods do not say otherwise.

    `now` is the instant of this call and not of the batch that it is made for: requests are
    stamped with it, and answers that are five minutes older or younger are not believed.
    """

    code: str
    label: str
    methods: tuple[str, ...]
    """How a buyer may pay (page, wap, qr, native, jsapi, h5, checkout …); the first is the default."""
    currencies: frozenset[str] | None
    """None: any."""
    is_by_hand: bool
    """People take this money and record it: nobody is asked, nobody calls."""
    can_hold: bool
    """Money may be held first, and taken or let go later, where the account's settings say so."""
    is_for_tests: bool
    """No money moves: it is offered where an administrator made an account for it, never else."""
    fields: tuple[Field, ...]

    def start(self, account: Account, intent: Intent, *, now: datetime) -> Started:
        """Ask for a payment; the same number again is the same payment."""

    def query(
        self, account: Account, number: str, reference: str | None, *, now: datetime
    ) -> PaymentFact:
        """Ask how a payment stands."""

    def close(
        self, account: Account, number: str, reference: str | None, *, now: datetime
    ) -> PaymentFact:
        """Close a payment: expired (or absent) where nobody can pay it any more, else what it is."""

    def capture(  # noqa: PLR0913 - what a capture is made of
        self, account: Account, number: str, reference: str | None, amount_minor: int,
        currency: str, *, now: datetime,
    ) -> PaymentFact:  # fmt: skip
        """Take what is held, or a part, and let go the rest; the same again is the same capture.

        Where nothing is held any more: how the payment stands.
        """

    def void(
        self, account: Account, number: str, reference: str | None, *, now: datetime
    ) -> PaymentFact:
        """Let go what is held: voided (or expired) where nobody can take it any more, else what it is."""

    def refund(self, account: Account, intent: RefundIntent, *, now: datetime) -> RefundFact:
        """Send money back under our refund number; the same number again is the same refund."""

    def query_refund(
        self, account: Account, intent: RefundIntent, reference: str | None, *, now: datetime
    ) -> RefundFact:
        """Ask how a refund stands."""

    def read_callback(self, account: Account, call: Callback, *, now: datetime) -> Notice:
        """Check a callback and return what it says; raises ForgedCallbackError."""

    def accepted(self) -> Reply:
        """What ends the provider's repetitions."""

    def refused(self, reason: str) -> Reply:
        """What makes the provider try again later, or shows a forger nothing."""

    def test_connection(self, account: Account, *, now: datetime) -> str:
        """Ask something harmless; return what was seen, raises where it does not work."""

    def fetch_bill(self, account: Account, day: date, *, now: datetime) -> Sequence[bytes]:
        """Return a day's bill as files, in the provider's own format."""


class TakesAtOnce:
    """What providers share that hold no money: what is paid is taken."""

    can_hold = False

    def capture(  # noqa: PLR0913 - what a capture is made of
        self, account: Account, number: str, reference: str | None, amount_minor: int,
        currency: str, *, now: datetime,
    ) -> PaymentFact:  # fmt: skip
        """Refuse: there is nothing to take."""
        raise ProviderRefusedError("this provider holds no money", "nothing-held")

    def void(
        self, account: Account, number: str, reference: str | None, *, now: datetime
    ) -> PaymentFact:
        """Refuse: there is nothing to let go."""
        raise ProviderRefusedError("this provider holds no money", "nothing-held")
