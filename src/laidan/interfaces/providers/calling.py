"""Calls to providers: one answer within seconds, no redirects, no repetition, no more than so much."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import urllib3

from laidan.interfaces.providers.base import ANSWER_SECONDS, NoAnswerError

ANSWER_BYTES = 1 << 20
BILL_BYTES = 64 << 20
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Call:
    """What is sent; headers and body may hold secrets and are shown nowhere."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole: header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


def send(call: Call, *, seconds: float = ANSWER_SECONDS, at_most: int = ANSWER_BYTES) -> Answer:
    """Return the answer to a call; raises NoAnswerError where there is none, whole and in time.

    An answer that trickles in may take `seconds` once more before it is given up.
    """
    if not call.url.startswith(("https://", "http://")):
        raise NoAnswerError("no address that can be called")
    ends = time.monotonic() + seconds
    try:
        response = _pool().request(
            call.method,
            call.url,
            headers=dict(call.headers),
            body=call.body or None,
            timeout=urllib3.Timeout(total=seconds),
            retries=False,
            redirect=False,
            preload_content=False,
            decode_content=False,
        )
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        raise NoAnswerError(f"no answer: {type(error).__name__}") from error
    try:
        body = _whole(response, ends, at_most)
    except (urllib3.exceptions.HTTPError, OSError) as error:
        response.close()
        raise NoAnswerError(f"the answer broke off: {type(error).__name__}") from error
    response.release_conn()
    if 300 <= response.status < 400:
        raise NoAnswerError(f"redirected ({response.status}), which is not followed")
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status, headers, body)


def _whole(response: urllib3.BaseHTTPResponse, ends: float, at_most: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    # What has arrived is taken at once: a full chunk of an answer that trickles may take for ever.
    while part := response.read1(_CHUNK, decode_content=False):
        parts.append(part)
        size += len(part)
        if size > at_most or time.monotonic() > ends:
            response.close()
            raise NoAnswerError(
                f"the answer is longer than {at_most} bytes"
                if size > at_most
                else "the answer did not end in time"
            )
    return b"".join(parts)


@cache
def _pool() -> urllib3.PoolManager:
    # Certificates are checked against the trust store of the system.
    return urllib3.PoolManager(num_pools=16, maxsize=16, cert_reqs="CERT_REQUIRED")
