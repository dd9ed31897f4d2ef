"""Decisions of signing in: waits after failed tries, recovery codes, what a device is called."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

USER, ADDRESS, CODE, ORDER = "user", "address", "code", "order"
"""What tries are counted under: a name, an address, the second factor of somebody, an order."""
CODES = 10
"""Recovery codes that somebody is given at once."""
STEP_SECONDS = 30
_FREE = {USER: 5, CODE: 5, ORDER: 5, ADDRESS: 30}
_FIRST = timedelta(seconds=30)
_LONGEST = {
    USER: timedelta(hours=1), CODE: timedelta(hours=1), ORDER: timedelta(hours=1),
    ADDRESS: timedelta(minutes=15),
}  # fmt: skip
FORGET_AFTER = timedelta(hours=24)
"""Failures are forgotten when none followed for so long."""
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 3, 5
_SEPARATORS = re.compile(r"[\s\-]+")
_BROWSERS = (
    ("Edg", "Edge"), ("MicroMessenger", "WeChat"), ("Firefox", "Firefox"), ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
    ("Mac OS", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """Failed tries so far, and until when the next one has to wait."""

    failures: int = 0
    last_at: datetime | None = None
    blocked_until: datetime | None = None

    def is_blocked(self, now: datetime) -> bool:
        """Say whether a try has to wait."""
        return self.blocked_until is not None and self.blocked_until > now

    def tried(self, kind: str, now: datetime) -> Standing:
        """Return the standing after one more try; it counts as failed until it has gone well."""
        is_old = self.last_at is None or self.last_at + FORGET_AFTER <= now
        failures = (0 if is_old else self.failures) + 1
        wait = wait_after(kind, failures)
        return Standing(failures, now, now + wait if wait else None)

    def gone_well(self) -> Standing:
        """Return the standing without the try that went well."""
        return Standing(max(0, self.failures - 1), self.last_at, None)


def wait_after(kind: str, failures: int) -> timedelta:
    """Return how long to wait after so many failures: nothing, then doubling up to a limit.

    >>> [wait_after(USER, count).seconds for count in (4, 5, 6, 7, 30)]
    [0, 30, 60, 120, 3600]
    """
    beyond = failures - _FREE[kind]
    if beyond < 0:
        return timedelta(0)
    doubled: timedelta = _FIRST * (1 << min(beyond, 20))
    return min(doubled, _LONGEST[kind])


def tries_key(kind: str, name: str) -> str:
    """Return the key under which tries are counted; a name that nobody has is counted too."""
    text = f"{kind}\n{name.strip().casefold()}"
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def network_of(address: str) -> str:
    """Return what tries from an address are counted under: of IPv6 the network of one line.

    >>> network_of("2001:db8:1:2::7"), network_of("203.0.113.9")
    ('2001:db8:1:2::/64', '203.0.113.9')
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network(f"{found}/64", strict=False))


def recovery_codes(entropy: Callable[[int], bytes]) -> list[str]:
    """Return ten codes of 75 bits each, in groups, without letters that look alike."""
    codes = []
    for _ in range(CODES):
        text = "".join(_ALPHABET[byte & 31] for byte in entropy(_GROUPS * _GROUP))
        codes.append("-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP)))
    return codes


def normal_code(text: str) -> str:
    """Return a code as it is compared: without separators and capitals."""
    return _SEPARATORS.sub("", text[:100]).lower()


def code_digest(user_id: str, code: str, key: bytes) -> str:
    """Return the keyed hash by which a recovery code is known; useless without the key."""
    message = f"recovery\n{user_id}\n{normal_code(code)}".encode("utf-8", "replace")
    return hashlib.blake2b(message, digest_size=32, key=key).hexdigest()


def step_of(now: datetime) -> int:
    """Return the number of the 30 seconds in which an instant lies (RFC 6238)."""
    return int(now.timestamp()) // STEP_SECONDS


def device_of(agent: str) -> str:
    """Return a browser and system as people call them, "" where neither is known.

    >>> device_of("Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/128.0")
    'Firefox, Windows'
    """
    found = [
        next((name for mark, name in marks if mark in agent), "") for marks in (_BROWSERS, _SYSTEMS)
    ]
    return ", ".join(name for name in found if name)
