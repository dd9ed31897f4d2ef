"""Keeps webhooks: adds, changes, pauses and removes endpoints, and rotates their secrets."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings

from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.webhooks import addresses, core, queries, store
from laidan.domain.webhooks.models import WebhookEndpoint
from laidan.engine import stream, unit
from laidan.engine.sealing import Keyring, keyring
from laidan.kernel.actor import Actor
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Fault, Outcome, Refused
from laidan.usecases.needing import needs
from laidan.usecases.texts import name_faults

Entropy = Callable[[int], bytes]
ROTATION_HOURS_MAX = 24 * 7
FILTERS_MAX = 100
_STATES = (core.ACTIVE, core.PAUSED)
_TYPE_MAX = 60


@dataclass(frozen=True, slots=True)
class KeepWebhook:
    """An endpoint as it shall be, by id or else by name; None leaves what is.

    `secret` brings one along; `rotates` makes a new one, beside which the old one signs for
    `old_hours`. `is_gone` removes the endpoint with its deliveries.
    """

    actor: Actor
    id: str | None = None
    name: str | None = None
    url: str | None = None
    types: tuple[str, ...] | None = None
    shops: tuple[str, ...] | None = None
    state: str | None = None
    secret: str | None = None
    rotates: bool = False
    old_hours: int = 24
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """What became of an endpoint; the secret is told where it is new, and never again."""

    id: str
    name: str
    secret: str | None = field(default=None, repr=False)
    created: bool = False
    changed: bool = False


@dataclass(slots=True)
class _Batch:
    """What a batch works on."""

    known: dict[str, WebhookEndpoint]
    count: int
    head: int
    now: datetime
    mint: Mint
    keys: Keyring
    entropy: Entropy
    deeds: list[Deed] = field(default_factory=list)


@needs("webhooks.manage")
def keep_webhooks(
    batch: Sequence[KeepWebhook], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[WebhookAnswer]]:
    """Add, change, pause, resume or remove each endpoint; one outcome per request.

    A new endpoint is told of what happens from now on; a resumed one of what happened meanwhile,
    too. Locks: the endpoints named. Refuses: invalid-request, unknown-webhook, too-many-webhooks.
    """
    return unit.run_batch(batch, partial(_attempt, now=now, entropy=entropy))


def _attempt(
    batch: Sequence[KeepWebhook], *, now: datetime, entropy: Entropy
) -> list[Outcome[WebhookAnswer]]:
    ids = {one.id for one in batch if one.id is not None}
    names = {one.name for one in batch if one.name is not None}
    known = {one.pk: one for one in store.locked_endpoints(ids, names)}
    work = _Batch(
        known, queries.count_endpoints(), stream.head(), now, Mint(now, entropy), keyring(), entropy
    )
    before = {id_: _told(one) for id_, one in known.items()}
    outcomes = [_decide(work, request) for request in batch]
    gone = [id_ for id_ in before if id_ not in work.known]
    WebhookEndpoint.objects.filter(pk__in=gone).delete()
    made = [one for id_, one in work.known.items() if id_ not in before]
    WebhookEndpoint.objects.bulk_create(made)
    kept = [one for id_, one in work.known.items() if id_ in before and one.updated_at == now]
    WebhookEndpoint.objects.bulk_update(kept, _COLUMNS) if kept else None
    record(work.deeds, now=now, mint=work.mint)
    return outcomes


_COLUMNS = (
    "name", "url", "secret", "old_secret", "old_until", "types", "shops", "state", "paused_why",
    "failing_since", "failures", "rest_until", "updated_at",
)  # fmt: skip


def _decide(work: _Batch, request: KeepWebhook) -> Outcome[WebhookAnswer]:
    namesake = next((one for one in work.known.values() if one.name == request.name), None)
    endpoint = work.known.get(request.id) if request.id is not None else namesake
    if endpoint is None and (request.id is not None or request.is_gone):
        return Refused("unknown-webhook", "There is no such webhook.", 404)
    if endpoint is not None and namesake not in (None, endpoint):
        return Refused("webhook-taken", f"There is a webhook {request.name!r} already.")
    if endpoint is not None and request.is_gone:
        del work.known[endpoint.pk]
        work.count -= 1
        work.deeds.append(_deed(request, "removed", endpoint, _told(endpoint), {}))
        return Done(WebhookAnswer(endpoint.pk, endpoint.name, changed=True))
    refused = _refusal(request, is_new=endpoint is None)
    if refused is not None:
        return refused
    if endpoint is None:
        return _add(work, request)
    before = _told(endpoint)
    _set(endpoint, request)
    secret = _rotate(work, endpoint, request)
    after = _told(endpoint)
    if before != after or secret:
        endpoint.updated_at = work.now
        verb = "renewed" if secret else "changed"
        work.deeds.append(_deed(request, verb, endpoint, before, after))
    return Done(WebhookAnswer(endpoint.pk, endpoint.name, secret, changed=before != after))


def _add(work: _Batch, request: KeepWebhook) -> Outcome[WebhookAnswer]:
    if work.count >= core.ENDPOINTS_MAX:
        detail = f"There may be {core.ENDPOINTS_MAX} webhooks; remove one that is not used."
        return Refused("too-many-webhooks", detail)
    endpoint = WebhookEndpoint(
        id=work.mint.new(), state=core.ACTIVE, position=work.head,
        created_at=work.now, updated_at=work.now, types=[], shops=[],
    )  # fmt: skip
    _set(endpoint, request)
    secret = request.secret or core.new_secret(work.entropy(core.SECRET_BYTES))
    endpoint.secret = work.keys.seal(secret, endpoint.pk)
    work.known[endpoint.pk] = endpoint
    work.count += 1
    work.deeds.append(_deed(request, "created", endpoint, None, _told(endpoint)))
    return Done(WebhookAnswer(endpoint.pk, endpoint.name, secret, created=True, changed=True))


def _set(endpoint: WebhookEndpoint, request: KeepWebhook) -> None:
    for name in ("name", "url"):
        value = getattr(request, name)
        if value is not None:
            setattr(endpoint, name, value)
    for name in ("types", "shops"):
        listed = getattr(request, name)
        if listed is not None:
            setattr(endpoint, name, sorted(set(listed)))
    if request.state is not None and request.state != endpoint.state:
        endpoint.state, endpoint.paused_why = request.state, ""
        if request.state == core.ACTIVE:
            mend(endpoint)


def mend(endpoint: WebhookEndpoint) -> None:
    """Let an endpoint begin anew: nothing counts against it."""
    endpoint.failing_since, endpoint.failures, endpoint.rest_until = None, 0, None
    endpoint.state, endpoint.paused_why = core.ACTIVE, ""


def _rotate(work: _Batch, endpoint: WebhookEndpoint, request: KeepWebhook) -> str | None:
    if not request.rotates and request.secret is None:
        return None
    secret = request.secret or core.new_secret(work.entropy(core.SECRET_BYTES))
    endpoint.old_secret, endpoint.old_until = None, None
    if request.old_hours:
        endpoint.old_secret = endpoint.secret
        endpoint.old_until = work.now + timedelta(hours=request.old_hours)
    endpoint.secret = work.keys.seal(secret, endpoint.pk)
    return secret


def secrets_of(endpoint: WebhookEndpoint, keys: Keyring, *, now: datetime) -> list[str]:
    """Return the secrets that sign now: the new one first."""
    sealed = [endpoint.secret]
    if endpoint.old_secret and endpoint.old_until and endpoint.old_until > now:
        sealed.append(endpoint.old_secret)
    return [keys.unseal(one, endpoint.pk) for one in sealed]


def _refusal(request: KeepWebhook, *, is_new: bool) -> Refused | None:
    found: list[Fault] = []
    if is_new or request.name is not None:
        found += name_faults(request.name or "", "name")
    if len(request.name or "") > 120:
        found.append(Fault("name", "has at most 120 characters"))
    if is_new or request.url is not None:
        allow = settings.LAIDAN_WEBHOOK_ALLOW_PRIVATE
        fault = addresses.url_fault(request.url or "", allow_private=allow)
        found += [Fault("url", fault)] if fault else []
    for name in ("types", "shops"):
        listed = getattr(request, name) or ()
        if len(listed) > FILTERS_MAX or any(not 0 < len(one) <= _TYPE_MAX for one in listed):
            found.append(Fault(name, f"at most {FILTERS_MAX} of at most {_TYPE_MAX} characters"))
    if request.state is not None and request.state not in _STATES:
        found.append(Fault("state", f"must be one of {', '.join(_STATES)}"))
    if request.secret is not None and core.secret_bytes(request.secret) is None:
        found.append(Fault("secret", "must be whsec_ and 24 to 64 bytes in base64"))
    if not 0 <= request.old_hours <= ROTATION_HOURS_MAX:
        found.append(Fault("old_hours", f"must be from 0 to {ROTATION_HOURS_MAX}"))
    if not found:
        return None
    words = "; ".join(f"{fault.loc}: {fault.msg}" for fault in found[:3])
    return Refused("invalid-request", words, 422, tuple(found))


def _told(endpoint: WebhookEndpoint) -> dict[str, object]:
    return {name: getattr(endpoint, name) for name in ("name", "url", "types", "shops", "state")}


def _deed(
    request: KeepWebhook,
    verb: str,
    endpoint: WebhookEndpoint,
    before: dict[str, object] | None,
    after: dict[str, object],
) -> Deed:
    return Deed(
        request.actor.label, f"webhook.{verb}", "webhook", endpoint.pk, endpoint.name,
        before=before, after=after,
    )  # fmt: skip
