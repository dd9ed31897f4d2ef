"""Reads what callers of the order API send: bytes become requests, or a refusal that says why not.

The lean lane and Django's views read with the same functions; header names are lower-case.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from laidan.engine.idempotency import Once, fingerprint
from laidan.kernel.actor import Actor
from laidan.kernel.ids import parse_id
from laidan.kernel.outcome import Fault, Refused
from laidan.usecases.order_requests import PlaceOrder, Placing

T = TypeVar("T")
Headers = Mapping[bytes, bytes]

BODY_BYTES_MAX = 8 * 1024 * 1024
ORDERS_MAX = 1000
"""Orders of one request."""
KEY_LENGTH_MAX = 255
_SCOPE_MAX = 60
_FAULTS_MAX = 50
_TEXT_SHOWN_MAX = 200

_KEY = re.compile(rb"[ -~]{1,255}\Z")
_ETAG = re.compile(rb'(?:W/)?"?(\d{1,18})"?\Z')
_ORDER = re.compile(r"[0-9A-Za-z-]{1,64}\Z")
_PLACE = re.compile(r" - at `\$(?P<place>[^`]*)`\Z")
_FIELD = re.compile(r"Object (?:contains unknown|missing required) field `(?P<name>.*)`\Z", re.S)
# Escapes that can make a control character or half of a surrogate pair.
_SUSPECT = re.compile(rb"\\(?:[bf]|u(?:00[01]|[dD][89a-fA-F]))")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_FOREIGN_TYPES = (b"multipart/", b"text/xml", b"application/xml")
_CHARSETS = (b"utf-8", b"utf8", b"us-ascii", b"ascii")


class BatchBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Orders that each stand or fall alone; they are read one by one for that reason."""

    orders: list[msgspec.Raw]


_order: Callable[[bytes | msgspec.Raw], PlaceOrder] = msgspec.json.Decoder(PlaceOrder).decode
_batch: Callable[[bytes], BatchBody] = msgspec.json.Decoder(BatchBody).decode


def placing_of(target: bytes, headers: Headers, body: bytes, actor: Actor) -> Placing | Refused:
    """Return the request that `POST /orders` makes."""
    order = order_of(body)
    if isinstance(order, Refused):
        return order
    once = once_of(headers, target, body, actor)
    return once if isinstance(once, Refused) else Placing(order, actor, once)


def placings_of(
    target: bytes, headers: Headers, body: bytes, actor: Actor
) -> list[Placing | Refused] | Refused:
    """Return the requests that `POST /orders/batch` makes, each under its part of the key."""
    orders = orders_of(body)
    if isinstance(orders, Refused):
        return orders
    once = once_of(headers, target, body, actor)
    if isinstance(once, Refused):
        return once
    return [
        order if isinstance(order, Refused) else Placing(order, actor, part(once, place))
        for place, order in enumerate(orders)
    ]


def order_of(body: bytes) -> PlaceOrder | Refused:
    """Return the order that a body asks for.

    Refuses: invalid-json (400), invalid-order (422).
    """
    return read_json(body, _order, "invalid-order")


def orders_of(body: bytes) -> list[PlaceOrder | Refused] | Refused:
    """Return the orders of a batch, each or its refusal.

    Refuses: invalid-json (400), invalid-batch (422).
    """
    batch = read_json(body, _batch, "invalid-batch")
    if isinstance(batch, Refused):
        return batch
    if not 1 <= len(batch.orders) <= ORDERS_MAX:
        return too_many("orders", len(batch.orders))
    return [read_json(bytes(raw), _order, "invalid-order") for raw in batch.orders]


def too_many(loc: str, count: int) -> Refused:
    """Return the refusal of a batch that is empty or too long."""
    fault = Fault(loc, f"1 to {ORDERS_MAX} are taken at once, not {count}")
    return Refused("invalid-batch", f"{fault.loc}: {fault.msg}.", 422, (fault,))


def named(order: str) -> str | Refused:
    """Return the id or number by which a caller names an order, unless it can be neither."""
    if _ORDER.match(order):
        # Numbers are read out and typed in; their letters are capitals.
        return parse_id(order) or order.upper()
    return Refused("not-found", f"There is no order {_plain(order)[:60]!r}.", 404)


def read_json(body: bytes, decode: Callable[[bytes], T], code: str) -> T | Refused:
    """Return what a decoder makes of a body; `code` names the refusal of a wrong shape.

    Refuses: invalid-json (400): no JSON in UTF-8, or nested too deeply; code (422).
    """
    try:
        value = decode(body)
    except msgspec.ValidationError as error:
        return _wrong_shape(str(error), code)
    except UnicodeDecodeError:
        return Refused("invalid-json", "The body is not text in UTF-8.", 400)
    except msgspec.DecodeError as error:
        why = f"The body is not JSON: {_plain(str(error))}." if body else "The body is empty."
        return Refused("invalid-json", why, 400)
    except RecursionError:
        return Refused("invalid-json", "The body is nested too deeply.", 400)
    if b"\\" in body and _SUSPECT.search(body):
        return _control_characters(value, code) or value
    return value


def _wrong_shape(text: str, code: str) -> Refused:
    """Return the refusal that a msgspec.ValidationError's message describes."""
    found = _PLACE.search(text)
    place = found["place"].removeprefix(".") if found else ""
    what = text[: found.start()] if found else text
    msg = _plain(what)
    field = _FIELD.match(what)
    if field:
        name = _plain(field["name"])
        place = f"{place}.{name}" if place else name
        msg = "is required" if "missing" in what else "unknown field"
    fault = Fault(place[:_TEXT_SHOWN_MAX], msg)
    return Refused(code, f"{fault.loc}: {msg}" if fault.loc else msg, 422, (fault,))


def _plain(text: str) -> str:
    return _CONTROL.sub("?", text.replace("`", ""))[:_TEXT_SHOWN_MAX]


def _control_characters(value: object, code: str) -> Refused | None:
    """Refuse texts that hold what no text of an order can: control characters but tab, LF, CR."""
    found: list[Fault] = []
    # The raw parts of a batch are looked into when each is read by itself.
    for loc, text in _texts(msgspec.to_builtins(value, enc_hook=lambda _: None), ""):
        if _CONTROL.search(text):
            found.append(Fault(loc[:_TEXT_SHOWN_MAX], "holds a control character"))
            if len(found) >= _FAULTS_MAX:
                break
    if not found:
        return None
    return Refused(code, "; ".join(f"{f.loc}: {f.msg}" for f in found[:3]), 422, tuple(found))


def _texts(value: Any, loc: str) -> Iterator[tuple[str, str]]:
    """Yield every text in a value with its place; the names in objects are texts too."""
    if isinstance(value, str):
        yield loc, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            place = f"{loc}.{_plain(name)}" if loc else _plain(name)
            yield place, name
            yield from _texts(inner, place)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts(inner, f"{loc}[{number}]")


def token_of(headers: Headers) -> str | None:
    """Return the key that a request presents as `Authorization: Bearer <key>`."""
    scheme, _, token = headers.get(b"authorization", b"").strip().partition(b" ")
    if scheme.lower() != b"bearer" or not token.strip():
        return None
    return token.strip().decode("latin-1")


def media_refusal(headers: Headers) -> Refused | None:
    """Refuse a body that is declared to be something else than plain JSON; be lenient otherwise."""
    encoding = headers.get(b"content-encoding", b"identity").strip().lower()
    if encoding not in (b"identity", b""):
        shown = encoding.decode("latin-1")[:40]
        return Refused(
            "unsupported-media-type", f"Send the body as it is, not with encoding {shown!r}.", 415
        )
    kind, _, parameters = headers.get(b"content-type", b"").lower().partition(b";")
    if kind.strip().startswith(_FOREIGN_TYPES):
        return Refused("unsupported-media-type", "Send application/json.", 415)
    _, has_charset, charset = parameters.partition(b"charset=")
    if has_charset and charset.strip(b' "') not in _CHARSETS:
        return Refused("unsupported-media-type", "JSON is read in UTF-8 only.", 415)
    return None


def too_large() -> Refused:
    """Return the refusal of a body over the limit."""
    return Refused(
        "body-too-large", f"A body may have {BODY_BYTES_MAX // 1024 // 1024} MB at most.", 413
    )


def declared_length(headers: Headers) -> int:
    """Return the length that a request says its body has; 0 where it does not say."""
    text = headers.get(b"content-length", b"0")
    return int(text) if text.isdigit() and len(text) < 20 else 0


def once_of(headers: Headers, target: bytes, body: bytes, actor: Actor) -> Once | Refused | None:
    """Return the promise that an Idempotency-Key makes about a request (method and path)."""
    key = headers.get(b"idempotency-key")
    if key is None:
        return None
    if not _KEY.match(key):
        return Refused(
            "invalid-idempotency-key",
            f"An Idempotency-Key has 1 to {KEY_LENGTH_MAX} printable ASCII characters.",
            400,
        )
    return Once(_fitting(actor.label, _SCOPE_MAX), key.decode("ascii"), fingerprint(target, body))


def part(once: Once | None, place: int) -> Once | None:
    """Return the key of one request of a batch."""
    if once is None:
        return None
    room = KEY_LENGTH_MAX - len(f"#{ORDERS_MAX}")
    return Once(once.scope, _fitting(once.key, room), once.fingerprint).part(place)


def _fitting(text: str, length: int) -> str:
    """Return a text that fits its column; a longer one is told apart by its digest."""
    if len(text) <= length:
        return text
    return f"{text[: length - 41]}~{hashlib.sha256(text.encode()).hexdigest()[:40]}"


def version_of(headers: Headers) -> int | None:
    """Return the version that If-Match asks for; no version has the number -1."""
    value = headers.get(b"if-match")
    if value is None or value.strip() == b"*":
        return None
    found = _ETAG.match(value.strip())
    return int(found[1]) if found else -1
