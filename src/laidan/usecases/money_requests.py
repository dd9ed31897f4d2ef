"""What is asked of the commands that take money and give it back."""

from __future__ import annotations

from dataclasses import dataclass, field

from laidan.domain.payments.facts import Fact, Started
from laidan.engine.idempotency import Once
from laidan.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class StartPayment:
    """A buyer's wish to pay an order by an account; no amount is all that is due."""

    order: str
    account: str
    actor: Actor
    method: str = ""
    amount: str | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """What a provider said, by an answer or a callback, or that it said nothing (`silent`).

    `number` is of the payment or refund that was asked about; facts name theirs themselves.
    """

    provider: str
    account_id: str
    facts: tuple[Fact, ...] = ()
    number: str = ""
    started: Started | None = None
    silent: str = ""
    refused: str = ""
    """A final no to what somebody wants done with held money, in the provider's words."""
    callback_id: str | None = None
    actor: Actor | None = None
    """Who says so, where a person does: it must be within his reach."""


@dataclass(frozen=True, slots=True)
class RequestRefund:
    """Money that shall go back: an amount, or quantities of lines by number with their shares."""

    order: str
    actor: Actor
    reason: str
    amount: str | None = None
    lines: tuple[tuple[int, str], ...] = ()
    payment: str | None = None
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class DecideRefund:
    """A person's act on a refund: approve, withdraw, retry, or by_hand with proof."""

    refund: str
    act: str
    actor: Actor
    proof: str = ""
    note: str = ""
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class DecidePayment:
    """A person's act on a payment by number: capture what is held (no amount is all), void, ask."""

    payment: str
    act: str
    actor: Actor
    amount: str | None = None
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class ResolveSuspense:
    """A person's word on money without a home: assign an owner, or resolve it."""

    item: str
    actor: Actor
    resolution: str = ""
    owner: str | None = None
    order: str | None = None
    note: str = ""
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class MoneyAnswer:
    """What became of a payment, a refund or a word of a provider."""

    id: str
    word: str
    order_id: str = ""
    numbers: tuple[str, ...] = field(default=())
