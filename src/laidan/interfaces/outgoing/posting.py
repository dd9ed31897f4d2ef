"""Calls addresses that people entered: checked before, bounded in time and size, never redirected.

The name is looked up once, every address found is checked, and the connection goes to a checked
address with the name in Host and TLS: a name that answers differently the second time gains
nothing.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from laidan import __version__
from laidan.domain.webhooks import addresses, core

CONNECT_SECONDS = 5.0
WHOLE_SECONDS = 15.0
"""So long a call may take in all, from the first byte to the last."""
AGENT = f"Laidan/{__version__}"


@dataclass(frozen=True, slots=True)
class Posted:
    """What a call came to: an HTTP status and the beginning of the answer, or what went wrong."""

    status: int | None
    answer: str
    error: str
    took_ms: int

    @property
    def is_done(self) -> bool:
        """Whether the receiver took the message."""
        return self.status is not None and 200 <= self.status < 300 and not self.error


class _Refused(Exception):
    """The address may not be called."""


def post(
    url: str, body: bytes, headers: Mapping[str, str], *, allow_private: bool,
    seconds: float = WHOLE_SECONDS,
) -> Posted:  # fmt: skip
    """Post a message and return what it came to; never raises."""
    begun = time.monotonic()
    try:
        status, answer = _call(url, body, headers, (allow_private, begun + seconds))
    except _Refused as error:
        return Posted(None, "", str(error), _millis(begun))
    except TimeoutError:
        return Posted(None, "", "no answer in time", _millis(begun))
    except (OSError, http.client.HTTPException, UnicodeError, ValueError) as error:
        late = time.monotonic() - begun >= seconds
        words = "no answer in time" if late else f"{type(error).__name__}: {error}"
        return Posted(None, "", words[:200], _millis(begun))
    return Posted(status, answer, "", _millis(begun))


def _millis(begun: float) -> int:
    return int((time.monotonic() - begun) * 1000)


def _call(
    url: str, body: bytes, headers: Mapping[str, str], limits: tuple[bool, float]
) -> tuple[int, str]:
    allow_private, deadline = limits
    fault = addresses.url_fault(url, allow_private=allow_private)
    if fault:
        raise _Refused(f"the address {fault}")
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    connection = _connected(parts.hostname or "", port, parts.scheme, limits)
    sock = connection.sock
    # A receiver that sends a byte now and then would outlive every timeout of the socket.
    alarm = threading.Timer(max(deadline - time.monotonic(), 0.01), _hang_up, (sock,))
    alarm.daemon = True
    alarm.start()
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        own = {"content-type": "application/json; charset=utf-8", "user-agent": AGENT}
        connection.request("POST", target, body=body, headers={**own, **headers})
        answer = connection.getresponse()
        text = answer.read(core.ANSWER_BYTES)
        if answer.length:
            # What is left unread may be without end; but who closed too early did not answer.
            rest = answer.read(64 * 1024)
            if not rest:
                raise http.client.IncompleteRead(text)
        if time.monotonic() > deadline:
            raise TimeoutError
        return answer.status, text.decode("utf-8", "replace").replace("\x00", "")
    finally:
        alarm.cancel()
        connection.close()


def _hang_up(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _connected(
    host: str, port: int, scheme: str, limits: tuple[bool, float]
) -> http.client.HTTPConnection:
    """Return a connection to a checked address of a host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    places = list(dict.fromkeys(str(one[4][0]) for one in found))
    if not limits[0] and not all(addresses.is_public(one) for one in places):
        raise _Refused("the address is inside a private network")
    last: OSError | None = None
    for address in places[:4]:
        left = min(CONNECT_SECONDS, limits[1] - time.monotonic())
        if left <= 0:
            break
        try:
            sock = socket.create_connection((address, port), timeout=left)
        except OSError as error:
            last = error
            continue
        if scheme == "https":
            sock = _context().wrap_socket(sock, server_hostname=host)
        sock.settimeout(max(limits[1] - time.monotonic(), 0.01))
        connection = http.client.HTTPConnection(host, port)
        if scheme == "https":
            connection.default_port = 443
        connection.sock = sock
        return connection
    raise last or TimeoutError()


@cache
def _context() -> ssl.SSLContext:
    return ssl.create_default_context()
