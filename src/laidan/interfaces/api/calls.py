"""The way in for a body of JSON through Django: who sent it, its headers, its key, its parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec
from django.http import HttpRequest

from laidan.engine.idempotency import Once
from laidan.interfaces.api import bodies
from laidan.interfaces.api.authentication import viewer_of
from laidan.interfaces.api.bodies import BODY_BYTES_MAX, Headers
from laidan.interfaces.api.problems import RefusedError
from laidan.kernel.outcome import Refused

T = TypeVar("T")
_HEADERS = {
    b"content-type": "CONTENT_TYPE",
    b"content-length": "CONTENT_LENGTH",
    b"content-encoding": "HTTP_CONTENT_ENCODING",
    b"idempotency-key": "HTTP_IDEMPOTENCY_KEY",
    b"if-match": "HTTP_IF_MATCH",
}


def sound(found: T | Refused) -> T:
    """Return what was found; raises RefusedError where it is a refusal."""
    if isinstance(found, Refused):
        raise RefusedError(found)
    return found


class Call:
    """A request that was let in."""

    def __init__(self, request: HttpRequest) -> None:
        self.viewer = viewer_of(request)
        self.headers: Headers = {
            name: request.META[key].encode("latin-1", "replace")
            for name, key in _HEADERS.items()
            if key in request.META
        }
        refused = bodies.media_refusal(self.headers)
        if refused is None and bodies.declared_length(self.headers) > BODY_BYTES_MAX:
            refused = bodies.too_large()
        sound(refused)
        self.body = request.body
        self.target = f"{request.method} {request.path}".encode()
        self.once: Once | None = sound(
            bodies.once_of(self.headers, self.target, self.body, self.viewer.actor)
        )

    def read(self, decode: Callable[[bytes], T], code: str) -> T:
        """Return what the body asks for; raises RefusedError."""
        return sound(bodies.read_json(self.body, decode, code))

    def read_parts(
        self, parts: Sequence[msgspec.Raw], decode: Callable[[bytes], T], code: str
    ) -> list[T | Refused]:
        """Return what each part of a batch asks for, or its refusal."""
        return [bodies.read_json(bytes(part), decode, code) for part in parts]
