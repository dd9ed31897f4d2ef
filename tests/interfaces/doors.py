"""The two ways into the order API, lean lane and Django, behind one small client."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connections
from django.test import Client

from builders import a_mint
from laidan.domain.access import core as access
from laidan.domain.stock.models import Balance
from laidan.interfaces.api.lane import Lane
from laidan.kernel.outcome import Done
from laidan.usecases import grant_access

ORDERS = "/api/v1/orders"
BATCH = "/api/v1/orders/batch"


@dataclass(frozen=True)
class Reply:
    """An HTTP answer: headers by lower-case name, the body parsed."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def code(self) -> str:
        """The slug of a problem."""
        assert self.headers["content-type"].startswith("application/problem+json")
        assert self.body["status"] == self.status
        assert self.body["title"]
        assert self.body["detail"]
        kind = self.body["type"]
        assert kind.startswith("/problems/")
        return str(kind.removeprefix("/problems/"))


LINE = {"sku": "TEE-RED-M", "quantity": 2}
CUSTOMER = {"ref": "C001", "name": "王小明", "phone": "13800138000", "email": "w@example.com"}


def order_body(**others: Any) -> dict[str, Any]:
    """Return the body of an order for two T-shirts."""
    return {"shop": "main", "customer": CUSTOMER, "lines": [LINE], **others}


def reserved() -> int:
    """Return how many units are reserved."""
    return sum(Balance.objects.values_list("reserved", flat=True))


def a_key(*scopes: str, name: str = "test", username: str = "tester") -> str:
    """Return the text of a new API key; its owner may do everything."""
    now, mint = datetime.now(UTC), a_mint()
    grant_access.add_user(grant_access.NewUser(username, None), now=now, mint=mint)
    token = access.new_token(mint.new().encode())
    made = grant_access.add_key(
        grant_access.NewKey(username, name, scopes or ("*",)), token, now=now, mint=mint
    )
    assert isinstance(made, Done), made
    return token.text


def encoded(body: Any) -> bytes:
    """Return a body as it travels; bytes travel as they are."""
    return body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()


def header_list(key: str | None, content: bytes, more: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return a request's headers."""
    given = {"content-type": "application/json", "content-length": str(len(content))}
    if key is not None:
        given["authorization"] = f"Bearer {key}"
    return list((given | {name.lower(): value for name, value in more.items()}).items())


class DjangoDoor:
    """Goes through Django's views."""

    name = "django"

    def send(self, method: str, path: str, body: Any, *, key: str | None, **headers: str) -> Reply:
        """Send one request."""
        content = encoded(body)
        given = dict(header_list(key, content, _dashed(headers)))
        kind = given.pop("content-type")
        del given["content-length"]
        response = Client().generic(method, path, content, content_type=kind, headers=given)
        shown = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status_code, shown, _parsed(response.content))


class LaneDoor:
    """Goes through the lean lane; what it passes on is answered by 418."""

    name = "lane"

    def __init__(self) -> None:
        self.lane = Lane(_elsewhere)

    def send(self, method: str, path: str, body: Any, *, key: str | None, **headers: str) -> Reply:
        """Send one request, whose body comes in two pieces."""
        content = encoded(body)
        half = len(content) // 2
        return asyncio.run(
            call_asgi(
                self.lane,
                scope_of(method, path, header_list(key, content, _dashed(headers))),
                [content[:half], content[half:]],
            )
        )

    def close(self) -> None:
        """Let the threads of the lane give their connections back."""
        self.lane._threads.submit(connections.close_all).result()
        self.lane._threads.shutdown()


def _dashed(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def _parsed(content: bytes) -> Any:
    return json.loads(content) if content else None


def scope_of(method: str, path: str, headers: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return the ASGI scope of a request."""
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
    }


async def call_asgi(application: Any, scope: dict[str, Any], pieces: Sequence[bytes]) -> Reply:
    """Call an ASGI application as a server would, with a body in pieces."""
    waiting = [
        {"type": "http.request", "body": piece, "more_body": number < len(pieces)}
        for number, piece in enumerate(pieces, 1)
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await application(scope, receive, send)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    shown = {name.decode(): value.decode("latin-1") for name, value in sent[0]["headers"]}
    content = sent[1]["body"]
    assert int(shown.get("content-length", len(content))) == len(content)
    return Reply(sent[0]["status"], shown, _parsed(content))


async def _elsewhere(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b""})


Door = LaneDoor | DjangoDoor


def place(door: Door, key: str | None, body: Any, **headers: str) -> Reply:
    """Post an order."""
    return door.send("POST", ORDERS, body, key=key, **headers)
