"""The lean lane: placing orders over ASGI, without Django's request cycle; all else passes on.

The event loop reads and renders; one committer thread decides and writes whole batches; queries
that are seldom needed (a key seen first, an order that has moved on) run in a few other threads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from django.conf import settings
from django.db import close_old_connections

from laidan.engine import origin
from laidan.interfaces.api import bodies, callbacks, callers, committing, presenting, rendering
from laidan.interfaces.api.bodies import BODY_BYTES_MAX, Headers
from laidan.interfaces.api.committing import Mailbox
from laidan.interfaces.api.rendering import Answer, Viewer
from laidan.kernel.outcome import Refused
from laidan.usecases.answers import OrderAnswer
from laidan.usecases.note_refusals import note_refusal
from laidan.usecases.order_requests import Placing

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
T = TypeVar("T")

ONE = "/api/v1/orders"
MANY = "/api/v1/orders/batch"
TARGETS = {ONE: b"POST /api/v1/orders", MANY: b"POST /api/v1/orders/batch"}
_THREADS = 2


class _GoneError(Exception):
    """The client hung up before its request was whole."""


class Lane:
    """An ASGI application that places orders and passes every other request on."""

    def __init__(self, elsewhere: Application) -> None:
        self._elsewhere = elsewhere
        self._mailbox: Mailbox[Placing, OrderAnswer] | None = None
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="laidan-lane")
        self._callbacks = callbacks.Door(self._in_thread)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["path"].startswith(callbacks.PREFIX):
            await self._callback(scope, receive, send)
            return
        if scope["type"] != "http" or scope["path"] not in TARGETS or scope["method"] != "POST":
            await self._elsewhere(scope, receive, send)
            return
        headers: Headers = dict(scope["headers"])
        if b"authorization" not in headers and b"cookie" in headers:
            # Whoever is signed in to the pages is known to Django alone.
            await self._elsewhere(scope, receive, send)
            return
        try:
            with origin.coming_from(_origin_of(scope, headers)):
                answer = await self._answer(scope["path"], headers, receive)
        except _GoneError:
            return
        except Exception as fault:
            language = rendering.language_of(headers.get(b"accept-language"))
            answer = rendering.problem(committing.refusal_of(fault), language)
        await _send(answer, send)

    async def _callback(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a payment provider; a door of its own, whose callers prove themselves by signature."""
        headers: Headers = dict(scope["headers"])
        language = rendering.language_of(headers.get(b"accept-language"))
        try:
            body: bytes | Refused = b""
            if scope["method"] == "POST":
                body = await _read_body(headers, receive, callbacks.BODY_BYTES_MAX)
            if isinstance(body, Refused):
                told: Answer | Refused = body
            else:
                call = callbacks.call_of(headers, body, scope.get("query_string", b""))
                told = await self._callbacks.answer(scope["path"], call)
        except _GoneError:
            return
        except Exception as fault:
            told = committing.refusal_of(fault)
        answer = rendering.problem(told, language) if isinstance(told, Refused) else told
        await _send(answer, send)

    async def _answer(self, path: str, headers: Headers, receive: Receive) -> Answer:
        language = rendering.language_of(headers.get(b"accept-language"))
        now = datetime.now(UTC)
        caller = callers.known_caller(headers, now=now)
        if caller is None:
            caller = await self._in_thread(partial(callers.find_caller, headers, now=now))
        if isinstance(caller, Refused):
            return rendering.problem(caller, language)
        origin.known_as(caller.label)
        refused = callers.without(caller, callers.PLACE)
        if refused is not None:
            await self._in_thread(partial(note_refusal, f"POST {path}", now=now))
            return rendering.problem(refused, language)
        body = await _read(headers, receive)
        if isinstance(body, Refused):
            return rendering.problem(body, language)
        viewer = Viewer(caller, language)
        place = self._place_one if path == ONE else self._place_many
        return await place(headers, body, viewer)

    async def _place_one(self, headers: Headers, body: bytes, viewer: Viewer) -> Answer:
        request = bodies.placing_of(TARGETS[ONE], headers, body, viewer.actor)
        if isinstance(request, Refused):
            return rendering.problem(request, viewer.language)
        outcome = await self._to_leader().ask(request)
        is_keyed = request.once is not None
        if rendering.is_ready(outcome, viewer):
            return rendering.order(outcome, viewer, is_keyed=is_keyed)
        return await self._in_thread(
            partial(presenting.answer_one, outcome, viewer, is_keyed=is_keyed)
        )

    async def _place_many(self, headers: Headers, body: bytes, viewer: Viewer) -> Answer:
        requests = await self._in_thread(
            partial(committing.read_batch, TARGETS[MANY], headers, body, viewer.actor)
        )
        if isinstance(requests, Refused):
            return rendering.problem(requests, viewer.language)
        sound = [request for request in requests if isinstance(request, Placing)]
        found = await self._to_leader().ask_all(sound) if sound else []
        if isinstance(found, Refused):
            return rendering.problem(found, viewer.language)
        is_keyed = b"idempotency-key" in headers
        return await self._in_thread(
            partial(presenting.answer_many, requests, found, viewer, is_keyed=is_keyed)
        )

    def _to_leader(self) -> Mailbox[Placing, OrderAnswer]:
        loop = asyncio.get_running_loop()
        if self._mailbox is None or self._mailbox.loop is not loop:
            self._mailbox = Mailbox(committing.placing, loop)
        return self._mailbox

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, partial(copy_context().run, _with_connection, work)
        )


async def _send(answer: Answer, send: Send) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body})


def _origin_of(scope: Scope, headers: Headers) -> origin.Origin:
    """Return from where a request comes, as the pages' middleware does."""
    client = scope.get("client") or ("", 0)
    forwarded = headers.get(b"x-forwarded-for", b"").decode("latin-1")
    address = origin.client_address(
        str(client[0]), forwarded, origin.networks_of(settings.LAIDAN_TRUSTED_PROXIES)
    )
    request = headers.get(b"x-request-id", b"").decode("latin-1")
    return origin.origin_of(origin.API, address=address, request=request)


def _with_connection(work: Callable[[], T]) -> T:
    """Run work that may query, in a thread whose connection may have gone stale."""
    close_old_connections()
    return work()


async def _read(headers: Headers, receive: Receive) -> bytes | Refused:
    """Return the body, or refuse one that is too large or no JSON by its own account."""
    refused = bodies.media_refusal(headers)
    if refused is not None:
        return refused
    return await _read_body(headers, receive, BODY_BYTES_MAX)


async def _read_body(headers: Headers, receive: Receive, most: int) -> bytes | Refused:
    """Return the body, or refuse one of more bytes than `most`."""
    if bodies.declared_length(headers) > most:
        return bodies.too_large()
    message = await receive()
    if message["type"] != "http.request":
        raise _GoneError
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return body if len(body) <= most else bodies.too_large()
    chunks, length = [body], len(body)
    while message.get("more_body"):
        message = await receive()
        if message["type"] != "http.request":
            raise _GoneError
        chunks.append(message.get("body", b""))
        length += len(chunks[-1])
        if length > most:
            return bodies.too_large()
    return b"".join(chunks)
