"""The mail server of an installation: read from an address or a form, and what is wrong with it; pure."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

STARTTLS, TLS, PLAIN = "starttls", "tls", "plain"
SECURITIES = (STARTTLS, TLS, PLAIN)
_SCHEMES = {"smtp": STARTTLS, "smtps": TLS, "smtp+plain": PLAIN}
_PORTS = {STARTTLS: 587, TLS: 465, PLAIN: 25}
_ADDRESS = re.compile(r"[^@\s<>,;\"\\\x00-\x1f\x7f]{1,64}@[A-Za-z0-9.-]{1,190}\Z")
RECIPIENTS_MAX = 20


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in, and who sends it."""

    host: str
    port: int
    security: str = STARTTLS
    user: str = ""
    password: str = field(default="", repr=False)
    sender: str = ""

    def document(self) -> dict[str, Any]:
        """Return the server as it is sealed."""
        return asdict(self)


def parse_server(url: str, sender: str) -> MailServer:
    """Read `smtp://user:password@host:port` (STARTTLS), `smtps://` or `smtp+plain://`.

    Raises ValueError naming what is wrong.
    """
    parts = urlsplit(url)
    security = _SCHEMES.get(parts.scheme)
    if security is None or not parts.hostname:
        raise ValueError("expected smtp://user:password@host:587 or smtps://…")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    port = parts.port or _PORTS[security]
    return MailServer(parts.hostname, port, security, user, password, sender or user)


def is_address(text: str) -> bool:
    r"""Say whether a text is one plain e-mail address.

    >>> is_address("a@b.cn"), is_address("A <a@b.cn>"), is_address("a@b.cn\nBcc: x@y.cn")
    (True, False, False)
    """
    return bool(_ADDRESS.match(text)) and ".." not in text
