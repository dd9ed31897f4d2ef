"""Asking Stripe by its own library, and finding what bears our mark."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from laidan.domain.payments import facts
from laidan.domain.payments.facts import Account, PaymentFact
from laidan.interfaces.providers.base import NoAnswerError
from laidan.interfaces.providers.reading import UnreadableError, document, rows, text
from laidan.interfaces.providers.stripe import saying

if TYPE_CHECKING:
    import stripe

API = "https://api.stripe.com"
T = TypeVar("T")
Ask = Callable[["stripe.StripeClient"], Any]


class Asking:
    """Asks Stripe; `api` is given where it is tried against another server."""

    def __init__(self, api: str = API) -> None:
        self._api = api

    def ask(self, account: Account, ask: Ask) -> dict[str, Any]:
        """Ask Stripe; return what it said. Raises ProviderError's kinds."""
        return read(lambda: document(self._body(account, ask)))

    def _body(self, account: Account, ask: Ask) -> bytes:
        # 150 milliseconds to load, so not before somebody uses Stripe.
        import stripe

        from laidan.interfaces.providers.stripe import transport

        try:
            said = ask(transport.client(account, self._api))
            return str(said.last_response.body).encode()
        except stripe.StripeError as error:
            raise transport.judged(error) from error
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
            # The library trusts the shape of what comes in.
            raise NoAnswerError("Stripe's answer cannot be read") from error

    def found(self, account: Account, number: str, now: datetime) -> PaymentFact:
        """Return the payment that bears our number as a mark, absent where none does."""
        asked: Any = {"query": f"metadata['{saying.NUMBER}']:'{_quoted(number)}'", "limit": 10}
        said = self.ask(account, lambda c: c.v1.payment_intents.search(asked))
        listed = read(lambda: [saying.payment_intent(one, now) for one in rows(said, "data")])
        ours = [fact for fact in listed if fact.number == number]
        paid = [fact for fact in ours if fact.state == facts.CAPTURED]
        return next(iter([*paid, *ours]), PaymentFact(number, facts.ABSENT, now))

    def sessions(self, account: Account, reference: str) -> Iterable[str]:
        """Return the checkout pages that a payment intent came by."""
        if reference.startswith("cs_"):
            return (reference,)
        asked: Any = {"payment_intent": reference, "limit": 10}
        said = self.ask(account, lambda c: c.v1.checkout.sessions.list(asked))
        return read(lambda: [text(one, "id") for one in rows(said, "data")])


def _quoted(number: str) -> str:
    return number.replace("\\", "\\\\").replace("'", "\\'")


def read(reading: Callable[[], T]) -> T:
    """Read an answer; one that cannot be read is none. Raises NoAnswerError."""
    try:
        return reading()
    except UnreadableError as error:
        raise NoAnswerError(f"Stripe's answer cannot be read: {error}") from error
