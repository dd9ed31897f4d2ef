"""Payment accounts over the API: told without their secrets, kept as a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Router

from laidan.domain.payments import accounts as store
from laidan.engine.sealing import keyring
from laidan.interfaces import links
from laidan.interfaces.api import answers, catalogue, order_schemas
from laidan.interfaces.api.authentication import Needs
from laidan.interfaces.api.calls import Call
from laidan.interfaces.api.reads import answer
from laidan.interfaces.providers import offering
from laidan.kernel.outcome import Outcome, Refused
from laidan.usecases.keep_accounts import AccountAnswer, KeepAccount, keep_accounts

_RIGHT = "settings.payments"
Text = Annotated[str, msgspec.Meta(max_length=200)]
Setting = Annotated[str, msgspec.Meta(max_length=20_000)]


class AccountRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An account as it shall be, by code; what is not given stays, an empty secret too."""

    code: Text
    provider: Text | None = None
    title: Text | None = None
    shops: Annotated[list[Text], msgspec.Meta(max_length=500)] | None = None
    settings: dict[Text, Setting] | None = None
    secrets: dict[Text, Setting] = {}
    active: bool | None = None
    place: int | None = None
    version: int | None = None


class _AccountsRead(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `PUT /payment-accounts`; its items are read one by one."""

    accounts: list[msgspec.Raw]


class AccountsBody(msgspec.Struct):
    """`PUT /payment-accounts` as it is described."""

    accounts: Annotated[list[AccountRequest], msgspec.Meta(min_length=1, max_length=1000)]


_accounts: Callable[[bytes], _AccountsRead] = msgspec.json.Decoder(_AccountsRead).decode
_account: Callable[[bytes], AccountRequest] = msgspec.json.Decoder(AccountRequest).decode


def register(router: Router) -> None:
    """Add the operations; Ninja has one view for a path of one router."""
    router.add_api_operation(
        "/payment-accounts", ["GET"], list_accounts, auth=Needs(_RIGHT), tags=["settings"],
        openapi_extra=answers.described(answers.page({"type": "object"})),
    )  # fmt: skip
    schema = catalogue.outcomes_schema({"account": {"type": "object"}})
    described = order_schemas.operation(
        order_schemas.body_of(AccountsBody), {200: schema}, of_one_order=False
    )
    router.add_api_operation(
        "/payment-accounts", ["PUT"], put_accounts, auth=Needs(_RIGHT), tags=["settings"],
        openapi_extra=described,
    )  # fmt: skip


def list_accounts(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Ninja calls it so
    """Every account in the order in which buyers are offered it; of secrets only which are kept."""
    keys = keyring()
    items = [
        {
            "code": row.code, "provider": row.provider, "title": row.title,
            "shops": row.shops, "settings": row.settings,
            "secrets": sorted(store.opened(row, keys).secrets), "active": row.is_active,
            "place": row.place, "version": row.version, "checked_at": row.checked_at,
            "check_fault": row.check_fault or None, "callback_url": links.callback_url(row.code),
        }
        for row in store.load_accounts().values()
    ]  # fmt: skip
    return answer({"items": items, "next_cursor": None})


def put_accounts(request: HttpRequest) -> HttpResponse:
    """Add or change accounts; each stands or falls alone: 201 where it was added."""
    call = Call(request)
    parts = catalogue.sized("accounts", call.read(_accounts, "invalid-batch").accounts)
    asked = [
        one if isinstance(one, Refused) else _wish(one, call)
        for one in call.read_parts(parts, _account, "invalid-request")
    ]
    return catalogue.answer_outcomes(call, catalogue.outcomes_of(asked, _keep), _kept)


def _wish(one: AccountRequest, call: Call) -> KeepAccount:
    return KeepAccount(
        one.code, call.viewer.actor, one.provider, one.title,
        None if one.shops is None else tuple(one.shops), one.settings, one.secrets, one.active,
        one.place, one.version,
    )  # fmt: skip


def _keep(batch: Sequence[KeepAccount]) -> Sequence[Outcome[AccountAnswer]]:
    return keep_accounts(batch, providers=offering.asked(), now=datetime.now(UTC))


def _kept(made: AccountAnswer) -> dict[str, Any]:
    said = {"id": made.id, "code": made.code, "version": made.version, "changed": made.changed}
    return {"status": 201 if made.created else 200, "account": said}
