"""From where a call comes: its door, address, program and request, carried by the context."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import lru_cache

PAGE, API, CLI, WORKER, INSIDE = "page", "api", "cli", "worker", "inside"
DOORS = (PAGE, API, CLI, WORKER, INSIDE)
"""The doors that the operation log knows; `inside` is what no door began."""
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_AGENT_MAX = 200
_ADDRESS_MAX = 45
_REQUEST_MAX = 40
_WHO_MAX = 120


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a call began: one value for everything that it writes down."""

    door: str = INSIDE
    address: str = ""
    agent: str = ""
    request: str = ""
    who: str = ""


NOWHERE = Origin()
_current: ContextVar[Origin] = ContextVar("laidan_origin", default=NOWHERE)


def current() -> Origin:
    """Return where the call at hand comes from."""
    return _current.get()


@contextmanager
def coming_from(origin: Origin) -> Iterator[None]:
    """Let everything in the block come from there."""
    token = _current.set(origin)
    try:
        yield
    finally:
        _current.reset(token)


def known_as(who: str) -> None:
    """Add who it is that calls, as soon as that is known."""
    here = _current.get()
    if here.who != who:
        _current.set(replace(here, who=who))


@lru_cache(maxsize=1024)
def origin_of(
    door: str, *, address: str = "", agent: str = "", request: str = "", who: str = ""
) -> Origin:
    """Return an origin whose texts fit the log, whatever a client sent."""
    return Origin(
        door, plain(address, _ADDRESS_MAX), plain(agent, _AGENT_MAX),
        plain(request, _REQUEST_MAX), plain(who, _WHO_MAX),
    )  # fmt: skip


def plain(text: str, most: int) -> str:
    """Return a text without control characters or halves of characters, cut to a length."""
    if text.isascii() and text.isprintable():
        return text[:most]
    sound = text[: most * 2].encode("utf-8", "replace").decode()
    return "".join(letter for letter in sound if letter.isprintable())[:most]


def networks_of(listed: Sequence[str]) -> tuple[Network, ...]:
    """Return networks by their texts (`10.0.0.0/8`, `::1`); raises ValueError naming a wrong one."""
    return _networks(tuple(listed)) if listed else ()


@lru_cache(maxsize=16)
def _networks(listed: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text.strip(), strict=False) for text in listed)


def client_address(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """Return who called: the peer, or what trusted proxies in front of it say of whom they serve.

    `forwarded` is X-Forwarded-For: each proxy appends the address that it saw, so that the last
    one that is no trusted proxy is the first that nobody can make up.
    """
    found = peer
    for hop in reversed([part.strip() for part in forwarded.split(",")] if forwarded else []):
        if not trusted or not _is_within(found, trusted) or not _is_address(hop):
            break
        found = hop
    return found


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_within(text: str, networks: Sequence[Network]) -> bool:
    # A test's client and a Unix socket have no address that could be a proxy's.
    if not _is_address(text):
        return False
    address = ipaddress.ip_address(text)
    return any(address in network for network in networks)
