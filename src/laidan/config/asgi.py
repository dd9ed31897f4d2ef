"""The ASGI application of the one process: the lean lane, and Django's WSGI application in threads.

Measured: Django on WSGI threads costs half of what its own ASGI path does.
"""

from __future__ import annotations

from typing import cast

from a2wsgi import WSGIMiddleware
from a2wsgi.wsgi_typing import WSGIApp

from laidan.config.wsgi import application as pages
from laidan.interfaces.api.lane import Application, Lane, Message, Receive, Scope, Send

THREADS = 8
"""Requests to Django at once; each thread holds a database connection."""

_pages = cast(Application, WSGIMiddleware(cast(WSGIApp, pages), workers=THREADS))


async def _django(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request by Django."""

    async def received() -> Message:
        # The server's receive() may be awaited but is no coroutine, as a2wsgi takes it to be.
        return await receive()

    await _pages(scope, received, send)


application = Lane(_django)
