"""Where payment providers call: the signature is checked, the event written down, and answered.

What an event does is done by the worker. Calls that come together are written together.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime

from laidan.domain.payments import accounts
from laidan.domain.payments.facts import Account, Notice
from laidan.engine.group_commit import GroupCommit
from laidan.engine.sealing import keyring
from laidan.interfaces.api.committing import Mailbox
from laidan.interfaces.api.rendering import Answer
from laidan.interfaces.providers.base import Callback, Provider, ProviderError, Reply
from laidan.interfaces.providers.registry import PROVIDERS
from laidan.kernel.outcome import Outcome, Refused
from laidan.usecases.receive_callbacks import ReceiveCallback, receive_callbacks

log = logging.getLogger("laidan.callbacks")
PREFIX = "/callbacks/"
BODY_BYTES_MAX = 262_144
_RELOAD_SECONDS = 1.0
"""Accounts are read again at most so often for callers whose signature does not fit."""
NOT_FOUND = Refused("not-found", "There is no such account.", 404)


def _receive(batch: Sequence[ReceiveCallback]) -> Sequence[Outcome[str]]:
    return receive_callbacks(batch, now=datetime.now(UTC))


receiving: GroupCommit[ReceiveCallback, str] = GroupCommit(_receive)
"""Every callback that this process takes is written through this queue."""


class Accounts:
    """The accounts as this process knows them, opened; read again where they do not fit."""

    def __init__(self) -> None:
        self._known: Mapping[str, Account] = {}
        self._read_at = float("-inf")
        self._lock = threading.Lock()

    def known(self, code: str) -> Account | None:
        """Return an account without a query, None where this process knows none."""
        return self._known.get(code)

    def may_reload(self) -> bool:
        """Say whether it is time to look again."""
        return time.monotonic() - self._read_at >= _RELOAD_SECONDS

    def reload(self) -> None:
        """Read every account."""
        with self._lock:
            if not self.may_reload():
                return
            keys = keyring()
            found = accounts.load_accounts().values()
            self._known = {row.code: accounts.opened(row, keys) for row in found}
            self._read_at = time.monotonic()


def read(account: Account, call: Callback, *, now: datetime) -> Notice | ProviderError:
    """Check a callback; return what it says, or why it is not believed."""
    try:
        return PROVIDERS[account.provider].read_callback(account, call, now=now)
    except ProviderError as error:
        return error


def call_of(headers: Mapping[bytes, bytes], body: bytes, query: bytes) -> Callback:
    """Return a call as the providers read it; header names come in lower case."""
    told = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers.items()}
    return Callback(told, body, query.decode("latin-1"))


class Door:
    """Answers callbacks in one event loop."""

    def __init__(self, in_thread: Callable[[Callable[[], None]], Awaitable[None]]) -> None:
        self._in_thread = in_thread
        self._accounts = Accounts()
        self._mailbox: Mailbox[ReceiveCallback, str] | None = None

    async def answer(self, path: str, call: Callback) -> Answer | Refused:
        """Answer one call as its provider wants to be answered."""
        code, now = path.removeprefix(PREFIX).strip("/"), datetime.now(UTC)
        account = self._accounts.known(code)
        told = read(account, call, now=now) if account is not None else None
        if not isinstance(told, Notice) and self._accounts.may_reload():
            await self._in_thread(self._accounts.reload)
            account = self._accounts.known(code)
            told = read(account, call, now=now) if account is not None else None
        if account is None or told is None:
            return NOT_FOUND
        provider = PROVIDERS[account.provider]
        if isinstance(told, ProviderError):
            log.warning("a callback for %s was not believed: %s", code, told)
            return _reply(provider.refused(str(told)))
        outcome = await self._write(ReceiveCallback(account.provider, account.id, told, call.body))
        return _reply(self._said(provider, outcome))

    def _said(self, provider: Provider, outcome: Outcome[str]) -> Reply:
        if isinstance(outcome, Refused):
            # Not written down: the provider must call again.
            said = provider.refused(outcome.code)
            return Reply(max(said.status, 500), said.media_type, said.body)
        return provider.accepted()

    async def _write(self, request: ReceiveCallback) -> Outcome[str]:
        loop = asyncio.get_running_loop()
        if self._mailbox is None or self._mailbox.loop is not loop:
            self._mailbox = Mailbox(receiving, loop)
        return await self._mailbox.ask(request)


def _reply(said: Reply) -> Answer:
    headers = [
        (b"content-type", said.media_type.encode()),
        (b"cache-control", b"no-store"),
        (b"content-length", str(len(said.body)).encode()),
    ]
    return Answer(said.status, headers, said.body)
