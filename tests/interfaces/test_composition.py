"""The one process: what the lane passes on reaches Django with its body."""

import asyncio
from collections.abc import Callable, Generator, Iterable
from typing import Any

import pytest
from a2wsgi import WSGIMiddleware

from interfaces.doors import ORDERS, header_list, scope_of
from laidan.config import asgi

BODY = b"x" * 100_000


def echo(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """A WSGI application that answers with what it was sent."""
    start("200 OK", [("Content-Type", "text/plain")])
    return [environ["wsgi.input"].read()]


class Awaitable:
    """What Granian's receive() returns: it can be awaited, but is no coroutine."""

    def __init__(self, message: dict[str, Any]) -> None:
        self._message = message

    def __await__(self) -> Generator[Any, Any, dict[str, Any]]:
        yield from asyncio.sleep(0).__await__()
        return self._message


def test_bodies_reach_django(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "_pages", WSGIMiddleware(echo))
    waiting = [
        {"type": "http.request", "body": BODY[:40_000], "more_body": True},
        {"type": "http.request", "body": BODY[40_000:], "more_body": False},
    ]
    sent: list[Any] = []

    def receive() -> Awaitable:
        return Awaitable(waiting.pop(0) if waiting else {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        sent.append(message)

    scope = scope_of("PATCH", f"{ORDERS}/x", header_list(None, BODY, {}))
    scope |= {"http_version": "1.1", "server": ("test", 80), "client": ("test", 1)}
    scope |= {"root_path": "", "scheme": "http"}
    asyncio.run(asgi.application(scope, receive, send))
    assert sent[0]["status"] == 200
    assert b"".join(message.get("body", b"") for message in sent) == BODY
