"""Answers of the order API as status, headers and bytes, the same at every door."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext, gettext_noop
from django.utils.translation.trans_real import parse_accept_lang_header

from laidan.blueprints import decisions, library
from laidan.domain.orders.core import Standing
from laidan.engine import epochs
from laidan.insights import masking
from laidan.interfaces.api import paying
from laidan.kernel.actor import FORBIDDEN, Actor, Place
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases.answers import OrderAnswer

HeaderList = list[tuple[bytes, bytes]]
_encode = msgspec.json.Encoder().encode

_COMMON: HeaderList = [
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]
_JSON = (b"content-type", b"application/json; charset=utf-8")
_PROBLEM = (b"content-type", b"application/problem+json; charset=utf-8")
_REPLAY = (b"idempotent-replay", b"true")
_EXTRA_HEADERS: dict[str, HeaderList] = {
    "unauthorized": [(b"www-authenticate", b"Bearer")],
    "overloaded": [(b"retry-after", b"2")],
    "busy": [(b"retry-after", b"1")],
}
_ACTIONS_MAX = 20_000
_LANGUAGES_LENGTH_MAX = 500

TITLES = {
    "account-changed": gettext_noop("Somebody else has changed the account"),
    "barcode-taken": gettext_noop("The barcode belongs to another SKU"),
    "body-too-large": gettext_noop("The body is too large"),
    "break-fixed": gettext_noop("The two sides agree by now"),
    "break-not-suspendable": gettext_noop("Our ledger has this money"),
    "busy": gettext_noop("The database is busy"),
    "channel-off": gettext_noop("The channel is switched off"),
    "currency-fixed": gettext_noop("The currency cannot change any more"),
    "currency-mismatch": gettext_noop("The currency is not the shop's"),
    "day-closed": gettext_noop("The day is closed"),
    "day-has-breaks": gettext_noop("Not everything in the day is explained"),
    "day-not-over": gettext_noop("The day is not over"),
    "day-without-bill": gettext_noop("The bill of the day is missing"),
    "duplicate-order": gettext_noop("The order is there already, with other content"),
    "duplicate-payment": gettext_noop("The payment belongs to another order"),
    "forbidden": gettext_noop("Not allowed"),
    "idempotency-conflict": gettext_noop("The Idempotency-Key was used for another request"),
    "internal-fault": gettext_noop("A fault of the program"),
    "invalid-batch": gettext_noop("The batch cannot be read"),
    "invalid-idempotency-key": gettext_noop("The Idempotency-Key cannot be used"),
    "invalid-json": gettext_noop("The body is not JSON"),
    "invalid-movement": gettext_noop("The movement has errors"),
    "invalid-order": gettext_noop("The order has errors"),
    "invalid-prices": gettext_noop("The price list has errors"),
    "invalid-product": gettext_noop("The product has errors"),
    "invalid-request": gettext_noop("The request has errors"),
    "linked-order-refused": gettext_noop("A linked order was refused"),
    "location-closed": gettext_noop("The location is not used any more"),
    "name-taken": gettext_noop("There is one of this name already"),
    "not-found": gettext_noop("There is no such order"),
    "not-payable": gettext_noop("Nothing is to be paid for the order now"),
    "out-of-stock": gettext_noop("Not enough stock"),
    "overloaded": gettext_noop("Too many requests are waiting"),
    "payment-state": gettext_noop("The payment does not stand so"),
    "policy-changed": gettext_noop("Somebody else has changed the rules"),
    "proof-needed": gettext_noop("A proof is needed"),
    "provider-fixed": gettext_noop("The account stays with its provider"),
    "refund-state": gettext_noop("The refund has moved on"),
    "schedule-running": gettext_noop("The schedule is under way"),
    "schedule-shipped": gettext_noop("The schedule comes with the program"),
    "second-person": gettext_noop("A second person has to decide"),
    "shop-closed": gettext_noop("The shop takes no orders"),
    "sku-in-use": gettext_noop("The SKU is in use"),
    "sku-oversold": gettext_noop("More of the SKU is promised than there is"),
    "sku-taken": gettext_noop("The SKU belongs to another product"),
    "span-too-wide": gettext_noop("Too many orders for one question"),
    "stock-reserved": gettext_noop("The stock is reserved for orders"),
    "suspense-resolved": gettext_noop("It was resolved already"),
    "too-many-requests": gettext_noop("Asked too often"),
    "too-many-webhooks": gettext_noop("There are too many webhooks"),
    "transition-refused": gettext_noop("The order does not allow this now"),
    "unauthorized": gettext_noop("A valid API key is needed"),
    "unknown-account": gettext_noop("There is no such payment account"),
    "unknown-alarm": gettext_noop("There is no such open alarm"),
    "unknown-break": gettext_noop("There is no such difference"),
    "unknown-kind": gettext_noop("There is no such work"),
    "unknown-location": gettext_noop("There is no such location"),
    "unknown-provider": gettext_noop("There is no such payment provider"),
    "unknown-shop": gettext_noop("There is no such shop"),
    "unknown-sku": gettext_noop("There is no such SKU"),
    "unknown-transition": gettext_noop("There is no such transition"),
    "unknown-type": gettext_noop("There is no such order type"),
    "unknown-webhook": gettext_noop("There is no such webhook"),
    "unsupported-media-type": gettext_noop("Only JSON is read"),
    "version-conflict": gettext_noop("The order has changed since"),
    "webhook-taken": gettext_noop("There is a webhook of this name already"),
}
"""What a refusal is called, by its code."""


class Answer(NamedTuple):
    """An HTTP answer."""

    status: int
    headers: HeaderList
    body: bytes


# --- languages ------------------------------------------------------------------------------


@lru_cache(maxsize=512)
def language_of(accepted: bytes | None) -> str:
    """Return the language that an Accept-Language header asks for: en or zh-hans."""
    # Django's parser raises on longer ones; nobody speaks so many languages.
    text = (accepted or b"")[:_LANGUAGES_LENGTH_MAX].decode("latin-1").lower()
    for code, _ in parse_accept_lang_header(text):
        if code.startswith("zh"):
            return "zh-hans"
        if code.startswith("en"):
            return "en"
    return settings.LANGUAGE_CODE


@lru_cache(maxsize=512)
def _title(code: str, language: str) -> str:
    text = TITLES.get(code)
    if text is None:
        return code.replace("-", " ").capitalize()
    with translation.override(language):
        return gettext(text)


@lru_cache(maxsize=16)
def _forbidden(language: str) -> str:
    with translation.override(language):
        return gettext(FORBIDDEN)


def _detail(detail: str, language: str) -> str:
    return _forbidden(language) if detail == FORBIDDEN else detail


# --- problems -------------------------------------------------------------------------------


def problem(refused: Refused, language: str) -> Answer:
    """Return a refusal as RFC 9457 problem+json."""
    headers = [_PROBLEM, *_COMMON, *_EXTRA_HEADERS.get(refused.code, ())]
    if "retry_after" in refused.extra:
        headers.append((b"retry-after", str(refused.extra["retry_after"]).encode()))
    return _sized(refused.status, headers, problem_body(refused, language))


def problem_body(refused: Refused, language: str) -> bytes:
    """Return the JSON of a problem."""
    document = {
        "type": f"/problems/{refused.code}",
        "title": _title(refused.code, language),
        "status": refused.status,
        "detail": _detail(refused.detail, language),
    }
    if refused.errors:
        document["errors"] = [{"loc": fault.loc, "msg": fault.msg} for fault in refused.errors]
    return _encode(document | refused.extra)


# --- orders ---------------------------------------------------------------------------------


class Viewer(NamedTuple):
    """Who reads an answer, and in which language."""

    actor: Actor
    language: str


_known_actions: dict[tuple[tuple[str, int], Standing, Viewer], bytes] = {}


def is_ready(outcome: Outcome[OrderAnswer], viewer: Viewer) -> bool:
    """Say whether an outcome can be rendered without a query."""
    if isinstance(outcome, Refused):
        return True
    value = outcome.value
    return value.standing is not None and (value.type_key, value.standing, viewer) in _known_actions


def actions_json(type_key: tuple[str, int], standing: Standing, viewer: Viewer) -> bytes:
    """Return what a viewer may do with an order as JSON; asks the database the first time."""
    key = (type_key, standing, viewer)
    known = _known_actions.get(key)
    if known is None:
        blueprint = library.load_blueprints({type_key}, epochs.read())[type_key]
        known = _encode(
            [
                {
                    "name": action.name,
                    "label": action.label.get(viewer.language) or action.label["en"],
                    "needs": action.needs,
                    "allowed": action.allowed,
                    "why_not": action.why_not,
                }
                for action in decisions.actions(blueprint, standing, viewer.actor)
            ]
        )
        if len(_known_actions) >= _ACTIONS_MAX:
            _known_actions.clear()
        _known_actions[key] = known
    return known


def order_json(answer: OrderAnswer, viewer: Viewer) -> bytes:
    """Return an order with its contact and actions; the answer's document must be there."""
    document, contact, standing = answer.document, answer.contact, answer.standing
    if document is None or contact is None or standing is None:
        raise ValueError("the order has moved on: its present document must be read")
    actor = viewer.actor
    if not masking.is_open(actor):
        read = msgspec.json.decode(document)
        actor = actor.at(Place(read["shop"], read["category"], read["state"]))
        viewer = viewer._replace(actor=actor)
        document = _encode(masking.document_for(read, actor))
    if masking.hidden(actor):
        contact = _encode(masking.contact_for(msgspec.json.decode(contact), actor))
    actions = actions_json(answer.type_key, standing, viewer)
    payment = paying.member(answer.order_id, standing, document, actor)
    return b'%b,%b%b,"actions":%b}' % (document[:-1], contact[1:-1], payment, actions)


def order(outcome: Outcome[OrderAnswer], viewer: Viewer, *, is_keyed: bool) -> Answer:
    """Return the answer to a request about one order, sent under a key or not."""
    if isinstance(outcome, Refused):
        return problem(outcome, viewer.language)
    value = outcome.value
    headers = [
        _JSON,
        *_COMMON,
        (b"etag", b'"%d"' % value.version),
        (b"location", b"/api/v1/orders/" + value.order_id.encode()),
    ]
    if outcome.replayed and is_keyed:
        headers.append(_REPLAY)
    return _sized(201 if value.created else 200, headers, order_json(value, viewer))


def outcomes(found: Sequence[Outcome[OrderAnswer]], viewer: Viewer, *, is_keyed: bool) -> Answer:
    """Return the answer to a batch: one outcome per request, in the order given."""
    parts = [_outcome(outcome, viewer) for outcome in found]
    headers = [_JSON, *_COMMON]
    done = [outcome for outcome in found if isinstance(outcome, Done)]
    if is_keyed and done and all(outcome.replayed for outcome in done):
        headers.append(_REPLAY)
    return _sized(200, headers, b'{"outcomes":[%b]}' % b",".join(parts))


def _outcome(outcome: Outcome[OrderAnswer], viewer: Viewer) -> bytes:
    if isinstance(outcome, Refused):
        text = problem_body(outcome, viewer.language)
        return b'{"status":%d,"problem":%b}' % (outcome.status, text)
    status = 201 if outcome.value.created else 200
    return b'{"status":%d,"order":%b}' % (status, order_json(outcome.value, viewer))


def _sized(status: int, headers: HeaderList, body: bytes) -> Answer:
    headers.append((b"content-length", b"%d" % len(body)))
    return Answer(status, headers, body)
