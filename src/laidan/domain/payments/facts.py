"""What is asked of a payment provider, and what one says: plain values that every provider shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

PENDING, AUTHORIZED, CAPTURED = "pending", "authorized", "captured"
FAILED, EXPIRED, VOIDED, ABSENT = "failed", "expired", "voided", "absent"
"""`absent`: the provider has never heard of the number."""
PAYMENT_FACTS = frozenset((PENDING, AUTHORIZED, CAPTURED, FAILED, EXPIRED, VOIDED, ABSENT))
DISPUTED, WON, LOST = "disputed", "won", "lost"
DISPUTE_FACTS = frozenset((DISPUTED, WON, LOST))
SUCCEEDED = "succeeded"
REFUND_FACTS = frozenset((PENDING, SUCCEEDED, FAILED, ABSENT))


@dataclass(frozen=True, slots=True)
class Account:
    """A shop's account at a provider: what is public of it, and its opened secrets."""

    id: str
    code: str
    provider: str
    settings: Mapping[str, str]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Intent:
    """A payment that is wanted, as the provider is asked for it; `number` is our key for it."""

    number: str
    amount_minor: int
    currency: str
    subject: str
    method: str
    expires_at: datetime
    notify_url: str
    return_url: str
    payer_address: str = ""
    payer_ref: str = ""
    """Who pays, as the provider knows him (an openid for JSAPI); empty where it need not know."""
    created_at: datetime | None = None
    """When the attempt was written down: a repeated request has to be the same request."""


@dataclass(frozen=True, slots=True)
class Started:
    """What the payer does next: go to a page, read a code, or hand `params` to the provider's app.

    `instructions` is text of the account's settings that he is shown, as with a bank transfer.
    """

    reference: str | None = None
    url: str | None = None
    qr: str | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    instructions: str = ""


class PaymentFact(NamedTuple):
    """What a provider says of a payment; amounts are minor units of `currency`.

    `number` is ours, `reference` the provider's; `number` is empty where the provider names only
    its own. `amount_minor` is what was authorised or captured by now (of a dispute: what is
    disputed), None where the provider does not say; `payee` is the account (merchant,
    application) that it names, None where it names none.
    """

    number: str
    state: str
    at: datetime
    reference: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    payee: str | None = None
    detail: str = ""
    until: datetime | None = None
    """Of money that is held: when the provider lets it go by itself, None where it does not say."""


class RefundFact(NamedTuple):
    """What a provider says of a refund; `number` is our refund number.

    `number` is empty where the refund was made at the provider and not by us; the payment that it
    is of is then named by our number for it, by the provider's, or by both.
    """

    number: str
    state: str
    at: datetime
    reference: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    payee: str | None = None
    detail: str = ""
    payment_number: str = ""
    payment_reference: str | None = None


Fact = PaymentFact | RefundFact


@dataclass(frozen=True, slots=True)
class RefundIntent:
    """Money that shall go back; the same `number` is never paid twice by a provider."""

    number: str
    payment_number: str
    payment_reference: str | None
    amount_minor: int
    paid_minor: int
    currency: str
    reason: str
    notify_url: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A callback whose signature is good: an event of the provider with what it says.

    `event_id` is unique at the provider and the same in each repetition; `facts` is empty for an
    event that says nothing of payments or refunds.
    """

    event_id: str
    kind: str
    facts: tuple[Fact, ...]
