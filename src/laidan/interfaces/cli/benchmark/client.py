"""A small JSON client for one server: one kept connection, one request at a time."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = Any


@dataclass(frozen=True)
class Answer:
    """One answer of the server: status, headers by lower-case name, and the parsed body."""

    status: int
    headers: Mapping[str, str]
    body: Json


class Client:
    """Talks to /api/v1 with an API key; not for two threads at once."""

    def __init__(self, host: str, port: int, key: str, *, timeout: float = 60.0) -> None:
        """Remember where to connect; the first request connects."""
        self._connection = http.client.HTTPConnection(host, port, timeout=timeout)
        self._key = key

    def connect(self) -> None:
        """Connect already, so that the next request leaves at once."""
        self._connection.connect()

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def get(self, path: str) -> Answer:
        """GET a path below /api/v1."""
        return self.send("GET", path)

    def post(self, path: str, body: Json, *, once: str | None = None) -> Answer:
        """POST JSON to a path below /api/v1, with `once` as the idempotency key if given."""
        return self.send("POST", path, body, once=once)

    def send(self, method: str, path: str, body: Json = None, *, once: str | None = None) -> Answer:
        """Send one request; a broken connection raises and is closed, so that the next is fresh."""
        headers = {"Authorization": f"Bearer {self._key}", "Accept": "application/json"}
        content = None
        if body is not None:
            content = json.dumps(body, ensure_ascii=False).encode()
            headers["Content-Type"] = "application/json"
        if once is not None:
            headers["Idempotency-Key"] = once
        try:
            self._connection.request(method, f"/api/v1{path}", content, headers)
            response = self._connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        given = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, given, json.loads(text) if text else None)
