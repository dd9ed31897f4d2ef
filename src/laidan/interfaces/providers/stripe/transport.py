"""Stripe's own library, told to call the way every provider is called; loaded when first needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import stripe

from laidan.domain.payments.facts import Account
from laidan.interfaces.providers.base import (
    MisconfiguredError,
    NoAnswerError,
    ProviderError,
    ProviderRefusedError,
)
from laidan.interfaces.providers.calling import Call, send
from laidan.interfaces.providers.reading import needed

_PAGE_BYTES = 16 << 20
# The library would otherwise leave a number of this machine in the user's directory, and tell
# Stripe how long each call took.
stripe.enable_telemetry = False


class Transport(stripe.HTTPClient):
    """One call, once: within seconds, without redirects."""

    name = "laidan"

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Return content, status and headers, as the library wants them."""
        body = post_data.encode() if isinstance(post_data, str) else post_data or b""
        answer = send(Call(method.upper(), url, headers or {}, body), at_most=_PAGE_BYTES)
        try:
            return answer.body.decode("utf-8"), answer.status, answer.headers
        except UnicodeDecodeError as error:
            raise NoAnswerError("Stripe's answer is not UTF-8") from error

    def close(self) -> None:
        """Keep the connections: they are everybody's."""


def client(account: Account, api: str) -> stripe.StripeClient:
    """Return the library's client of an account; it repeats nothing by itself."""
    return stripe.StripeClient(
        needed(account, "secret_key"),
        base_addresses={"api": api},
        http_client=Transport(),
        max_network_retries=0,
    )


def judged(error: stripe.StripeError) -> ProviderError:
    """Return what one of the library's errors is to us."""
    code = str(error.code or "")
    words = f"{error.user_message or type(error).__name__}"[:200]
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        # Stripe's sentence quotes a part of the key.
        return MisconfiguredError("secret_key: Stripe does not take it for this", code)
    if isinstance(error, stripe.InvalidRequestError | stripe.CardError):
        return ProviderRefusedError(words, code)
    return NoAnswerError(f"Stripe could not say: {words}", code)
