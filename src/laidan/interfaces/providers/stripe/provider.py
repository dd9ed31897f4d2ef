"""Stripe: a link to a checkout page, by Stripe's own library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

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
    NoAnswerError,
    ProviderRefusedError,
    Reply,
)
from laidan.interfaces.providers.reading import (
    needed,
    rows,
    setting,
    text,
)
from laidan.interfaces.providers.stripe import saying
from laidan.interfaces.providers.stripe.amounts import to_stripe
from laidan.interfaces.providers.stripe.asking import Asking, read
from laidan.interfaces.providers.stripe.bill import itemized

if TYPE_CHECKING:
    import stripe

CAPTURES = ("automatic", "manual")
"""Whether money is taken at once, or held until somebody takes it."""
_PAGES_AT_MOST = 2000
# Stripe takes sessions of 30 minutes to 24 hours, counted from when it is asked.
_SHORTEST, _LONGEST = timedelta(hours=1), timedelta(hours=23)
AskOf = Callable[["stripe.StripeClient", str], Any]


class Stripe(Asking):
    """The provider; `api` is given where it is tried against another server."""

    code = "stripe"
    label = gettext_noop("Stripe")
    methods: tuple[str, ...] = ("checkout",)
    currencies: frozenset[str] | None = None
    is_by_hand = False
    can_hold = True
    is_for_tests = False
    fields: tuple[Field, ...] = (
        Field("secret_key", gettext_noop("Secret key"), "secret"),
        Field("webhook_secret", gettext_noop("Signing secret of the webhook"), "secret",
              help=gettext_noop("Two may stand side by side while one is replaced.")),
        Field("capture", gettext_noop("When money is taken"), "choice", is_required=False,
              choices=CAPTURES,
              help=gettext_noop("By hand: the card is charged when somebody captures the payment.")),
    )  # fmt: skip

    def start(self, account: Account, intent: Intent, *, now: datetime) -> Started:
        """Ask for a checkout page; our number is the key under which a repetition is the same."""
        amount = to_stripe(intent.amount_minor, intent.currency)
        if amount is None:
            raise ProviderRefusedError("Stripe cannot take parts of this currency", "amount")
        marks = {saying.NUMBER: intent.number, saying.ACCOUNT: account.id}
        priced = {
            "currency": intent.currency.lower(),
            "unit_amount": amount,
            "product_data": {"name": intent.subject[:250]},
        }
        of_intent: dict[str, Any] = {"metadata": marks}
        if setting(account, "capture") == CAPTURES[1]:
            marks[saying.HOLD] = "1"
            of_intent["capture_method"] = "manual"
        begun = intent.created_at or now
        ends = min(max(intent.expires_at, begun + _SHORTEST), begun + _LONGEST)
        wanted: Any = {
            "mode": "payment",
            "line_items": [{"quantity": 1, "price_data": priced}],
            "client_reference_id": intent.number,
            "metadata": marks,
            "payment_intent_data": of_intent,
            "success_url": intent.return_url,
            "cancel_url": intent.return_url,
            "expires_at": int(ends.timestamp()),
        }
        said = self.ask(
            account,
            lambda client: client.v1.checkout.sessions.create(
                wanted, {"idempotency_key": intent.number}
            ),
        )
        return read(lambda: Started(reference=text(said, "id"), url=text(said, "url")))

    def query(
        self, account: Account, number: str, reference: str | None, *, now: datetime
    ) -> PaymentFact:
        """Ask how a payment stands, by session or payment intent, else by our mark on it.

        Found by the mark alone it may be a minute old, and a page that nobody opened is absent.
        """
        if reference is None:
            return self.found(account, number, now)
        if reference.startswith("cs_"):
            said = self.ask(account, lambda c: c.v1.checkout.sessions.retrieve(reference))
            fact = read(lambda: saying.session(said, now))
            intent = fact.reference or ""
            if saying.HOLD in saying.marks(said) and intent.startswith("pi_"):
                return self.query(account, number, intent, now=now)
        else:
            wanted: Any = {"expand": ["latest_charge"]}
            said = self.ask(account, lambda c: c.v1.payment_intents.retrieve(reference, wanted))
            fact = read(lambda: saying.payment_intent(said, now))
        if fact.number != number:
            raise NoAnswerError("Stripe answered about another payment")
        return fact

    def close(
        self, account: Account, number: str, reference: str | None, *, now: datetime
    ) -> PaymentFact:
        """Expire the checkout page, and say how the payment stands then."""
        if reference is None:
            fact = self.found(account, number, now)
            if fact.reference is None:
                return fact
            reference = fact.reference
        for session in self.sessions(account, reference):
            try:
                self.ask(account, partial(_expire, session))
            except ProviderRefusedError:
                # It is not open any more: paid, or expired. Which, is asked next.
                continue
        return self.query(account, number, reference, now=now)

    def capture(  # noqa: PLR0913 - what a capture is made of
        self, account: Account, number: str, reference: str | None, amount_minor: int,
        currency: str, *, now: datetime,
    ) -> PaymentFact:  # fmt: skip
        """Take what is held, or a part; our number and the step are the key of a repetition."""
        amount = to_stripe(amount_minor, currency)
        if amount is None:
            raise ProviderRefusedError("Stripe cannot take parts of this currency", "amount")
        wanted: Any = {"amount_to_capture": amount}
        key: Any = {"idempotency_key": f"{number}-capture"}
        return self._with_intent(
            account, number, reference, now,
            lambda client, intent: client.v1.payment_intents.capture(intent, wanted, key),
        )  # fmt: skip

    def void(
        self, account: Account, number: str, reference: str | None, *, now: datetime
    ) -> PaymentFact:
        """Let go what is held."""
        key: Any = {"idempotency_key": f"{number}-void"}
        return self._with_intent(
            account, number, reference, now,
            lambda client, intent: client.v1.payment_intents.cancel(intent, {}, key),
        )  # fmt: skip

    def _with_intent(
        self, account: Account, number: str, reference: str | None, now: datetime, ask: AskOf
    ) -> PaymentFact:
        """Do something with held money; where it is refused, say how the payment stands."""
        intent = reference or ""
        if not intent.startswith("pi_"):
            fact = self.query(account, number, reference, now=now)
            intent = fact.reference or ""
            if fact.state != facts.AUTHORIZED or not intent.startswith("pi_"):
                return fact
        try:
            said = self.ask(account, lambda client: ask(client, intent))
        except ProviderRefusedError:
            fact = self.query(account, number, intent, now=now)
            if fact.state == facts.AUTHORIZED:
                raise
            return fact
        return read(lambda: saying.payment_intent(said, now))

    def refund(self, account: Account, intent: RefundIntent, *, now: datetime) -> RefundFact:
        """Send money back under our number.

        Stripe forgets idempotency keys after a day, so it is asked for a refund of this number
        before one is made.
        """
        found = self.query_refund(account, intent, None, now=now)
        if found.state in {facts.SUCCEEDED, facts.PENDING}:
            return found
        wanted: Any = {
            "payment_intent": self._intent_id(account, intent, now),
            "amount": to_stripe(intent.amount_minor, intent.currency),
            "metadata": {
                saying.REFUND: intent.number,
                saying.NUMBER: intent.payment_number,
                saying.ACCOUNT: account.id,
                "reason": intent.reason[:200],
            },
        }
        if wanted["amount"] is None:
            raise ProviderRefusedError("Stripe cannot give back parts of this currency", "amount")
        said = self.ask(
            account, lambda c: c.v1.refunds.create(wanted, {"idempotency_key": intent.number})
        )
        return read(lambda: saying.refund(said, now))

    def query_refund(
        self, account: Account, intent: RefundIntent, reference: str | None, *, now: datetime
    ) -> RefundFact:
        """Ask how a refund stands, by its reference or among those of its payment."""
        if reference:
            said = self.ask(account, lambda c: c.v1.refunds.retrieve(reference))
            return read(lambda: saying.refund(said, now))
        asked: Any = {"payment_intent": self._intent_id(account, intent, now), "limit": 100}
        said = self.ask(account, lambda c: c.v1.refunds.list(asked))
        ours = read(
            lambda: [
                saying.refund(one, now)
                for one in rows(said, "data")
                if saying.marks(one).get(saying.REFUND) == intent.number
            ]
        )
        if not ours and said.get("has_more"):
            raise NoAnswerError("Stripe has more refunds of this payment than it lists at once")
        # The newest comes first; one that failed may have been followed by one that did not.
        live = [fact for fact in ours if fact.state != facts.FAILED]
        absent = RefundFact(intent.number, facts.ABSENT, now, payment_number=intent.payment_number)
        return next(iter([*live, *ours]), absent)

    def read_callback(self, account: Account, call: Callback, *, now: datetime) -> Notice:
        """Check an event; repetitions keep its id."""
        return saying.notice(account, call, now)

    def accepted(self) -> Reply:
        """Return an empty answer of status 200."""
        return Reply(200, "application/json", b"{}")

    def refused(self, reason: str) -> Reply:
        """Return an answer after which Stripe tries again."""
        return Reply(400, "application/json", b"{}")

    def test_connection(self, account: Account, *, now: datetime) -> str:
        """Ask for the balance."""
        said = self.ask(account, lambda c: c.v1.balance.retrieve())
        needed(account, "webhook_secret")
        if said.get("livemode") is True:
            return gettext("Stripe takes this key. It is a live one: real money moves.")
        return gettext("Stripe takes this key. It is a test key: no real money moves.")

    def fetch_bill(self, account: Account, day: date, *, now: datetime) -> Sequence[bytes]:
        """Return what moved the balance on a day (UTC) as CSV."""
        begins = datetime.combine(day, time(), UTC)
        span = {
            "gte": int(begins.timestamp()),
            "lt": int((begins + timedelta(days=1)).timestamp()),
        }
        asked: Any = {"created": span, "limit": 100, "expand": ["data.source"]}
        moved: list[dict[str, Any]] = []
        for _ in range(_PAGES_AT_MOST):
            page = self.ask(account, lambda c: c.v1.balance_transactions.list(asked))
            found = read(partial(rows, page, "data"))
            moved += found
            if not page.get("has_more") or not found:
                break
            asked["starting_after"] = moved[-1].get("id")
        else:
            raise NoAnswerError("Stripe's list of this day does not end")
        return (read(lambda: itemized(moved)),)

    def _intent_id(self, account: Account, intent: RefundIntent, now: datetime) -> str:
        reference = intent.payment_reference or ""
        if reference.startswith("cs_"):
            fact = self.query(account, intent.payment_number, reference, now=now)
            reference = fact.reference or ""
        if not reference.startswith("pi_"):
            raise ProviderRefusedError("nothing was paid with this payment", "no-payment")
        return reference


def _expire(session: str, client: stripe.StripeClient) -> Any:
    return client.v1.checkout.sessions.expire(session)
