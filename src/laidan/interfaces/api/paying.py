"""What an answer about an order says of paying it: the link, while money is due; derived, no row."""

from __future__ import annotations

from laidan.domain.orders.core import Standing
from laidan.interfaces import links
from laidan.kernel.actor import Actor

NOTHING = b',"payment":null'
_WAITING = "awaiting_payment"
# A document's own words cannot hold these marks: quotes inside a text are escaped.
_DEADLINE, _QUOTE = b'"deadline":{"at":"', b'"'
_TAIL = 600
"""Nearer than so many bytes to a document's end its deadline stands."""


def member(order_id: str, standing: Standing, document: bytes, actor: Actor) -> bytes:
    """Return an answer's member `payment`: null unless the order waits for money."""
    if standing.category != _WAITING or standing.money not in {"none", "part"}:
        return NOTHING
    if "price" in actor.masks:
        return NOTHING
    url = links.pay_url(order_id)
    begins = document.rfind(_DEADLINE, -_TAIL)
    expires = "null"
    if begins >= 0:
        begins += len(_DEADLINE)
        expires = f'"{document[begins : document.index(_QUOTE, begins)].decode()}"'
    return f',"payment":{{"url":"{url}","qr":"{url}/qr.svg","expires_at":{expires}}}'.encode()
