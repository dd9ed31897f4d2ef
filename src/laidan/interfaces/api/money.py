"""Money over the API: payments and refunds told, refunds asked for and decided, suspense resolved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import AwareDatetime

from laidan.domain.payments import attempts, refunds
from laidan.insights import money_conditions, money_lists, payment_details
from laidan.insights.money_conditions import MoneyFilter
from laidan.insights.money_lists import PaymentLine, RefundLine, SuspenseLine
from laidan.interfaces.api import answers, order_schemas
from laidan.interfaces.api.authentication import Needs, viewer_of
from laidan.interfaces.api.calls import Call
from laidan.interfaces.api.pagination import read_cursor, write_cursor
from laidan.interfaces.api.problems import RefusedError
from laidan.interfaces.api.questions import PageQuery, Text, Total
from laidan.interfaces.api.reads import answer
from laidan.kernel.money import format_minor
from laidan.kernel.outcome import Outcome, Refused
from laidan.usecases.decide_payments import ACTS as PAYMENT_ACTS
from laidan.usecases.decide_payments import PERMISSION, decide_payments
from laidan.usecases.give_refunds import ACTS, decide_refunds, request_refunds
from laidan.usecases.money_requests import (
    DecidePayment,
    DecideRefund,
    MoneyAnswer,
    RequestRefund,
    ResolveSuspense,
)
from laidan.usecases.resolve_suspense import resolve_suspense

_SEE = "payments.view"
Short = Annotated[str, msgspec.Meta(max_length=200)]
Long = Annotated[str, msgspec.Meta(max_length=300)]
Sort = Literal["-created", "created", "-amount", "amount"]


class MoneyQuery(PageQuery):
    """Filters of every list of money, all of which must hold; amounts are of each currency."""

    provider: Text | None = None
    shop: Text | None = None
    q: Text | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    min_amount: Total | None = None
    max_amount: Total | None = None
    sort: Sort = "-created"

    def filter(self, request: HttpRequest, **more: str | None) -> MoneyFilter:
        """Return the question as the lists know it, from whoever asks."""
        return MoneyFilter(
            provider=self.provider or "", shop=self.shop or "", text=self.q or "",
            since=self.since, until=self.until, min_amount=self.min_amount,
            max_amount=self.max_amount, sort=self.sort,
            sight=money_conditions.money_sight(viewer_of(request).actor),
            **{name: value or "" for name, value in more.items()},
        )  # fmt: skip


class PaymentQuery(MoneyQuery):
    """Which payments; `q` is an order number, our number or the provider's."""

    state: Literal[attempts.STATES] | None = None  # type: ignore[valid-type]  # the closed list
    account: Text | None = None
    dispute: Literal["disputed", "won", "lost"] | None = None


class RefundQuery(MoneyQuery):
    """Which refunds."""

    state: Literal[refunds.STATES] | None = None  # type: ignore[valid-type]  # the closed list


class SuspenseQuery(MoneyQuery):
    """Which work items."""

    state: Literal["open", "resolved"] | None = None
    reason: Text | None = None
    owner: Text | None = None


class RefundLineRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line by its number, and how much of it goes back."""

    line_no: int
    quantity: Short


class RefundRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A refund: an amount, or lines at what they were sold for; neither is all that is left."""

    reason: Short
    amount: Short | None = None
    lines: Annotated[list[RefundLineRequest], msgspec.Meta(max_length=500)] = []
    payment: Short | None = None


class DecisionRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said beside a decision; `by_hand` needs a proof."""

    proof: Long = ""
    note: Long = ""


class PaymentRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much of what is held is taken; nothing is all of it."""

    amount: Short | None = None


class ResolutionRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of money; with an owner and no resolution somebody takes it on."""

    resolution: Literal["booked", "returned", "not_ours", "explained", ""] = ""
    owner: Short | None = None
    order: Short | None = None
    note: Long = ""


_refund: Callable[[bytes], RefundRequest] = msgspec.json.Decoder(RefundRequest).decode
_payment: Callable[[bytes], PaymentRequest] = msgspec.json.Decoder(PaymentRequest).decode
_decision: Callable[[bytes], DecisionRequest] = msgspec.json.Decoder(DecisionRequest).decode
_resolution: Callable[[bytes], ResolutionRequest] = msgspec.json.Decoder(ResolutionRequest).decode


def register(router: Router) -> None:
    """Add the operations; Ninja has one view for a path of one router."""
    one, many = {"type": "object"}, answers.page({"type": "object"})
    for path, view, schema in (
        ("/payments", list_payments, many), ("/payments/{number}", get_payment, one),
        ("/refunds", list_refunds, many), ("/suspense", list_suspense, many),
    ):  # fmt: skip
        router.add_api_operation(
            path, ["GET"], view, auth=Needs(_SEE), tags=["money"],
            openapi_extra=answers.described(schema),
        )  # fmt: skip
    for path, change, rights, body in (
        ("/orders/{order}/refunds", ask_refund, ("payments.refund",), RefundRequest),
        ("/payments/{number}/{act}", decide_payment, (PERMISSION,), PaymentRequest),
        ("/refunds/{refund}/{act}", decide_refund, ("payments.approve", "payments.refund"),
         DecisionRequest),
        ("/suspense/{item}/resolve", resolve, ("payments.resolve",), ResolutionRequest),
    ):  # fmt: skip
        status = 201 if change is ask_refund else 200
        described = order_schemas.operation(
            order_schemas.body_of(body), {status: one}, of_one_order=False
        )
        router.add_api_operation(
            path, ["POST"], change, auth=Needs(*rights), tags=["money"], openapi_extra=described
        )


# --- told -----------------------------------------------------------------------------------


def list_payments(request: HttpRequest, wanted: Query[PaymentQuery]) -> HttpResponse:
    """Attempts to take money, the newest first."""
    asked = wanted.filter(
        request, state=wanted.state, account=wanted.account, dispute=wanted.dispute
    )
    return _page("payments", asked, wanted, money_lists.list_payments, payment_document)


def list_refunds(request: HttpRequest, wanted: Query[RefundQuery]) -> HttpResponse:
    """Money that goes back, the newest first."""
    asked = wanted.filter(request, state=wanted.state)
    return _page("refunds", asked, wanted, money_lists.list_refunds, refund_document)


def list_suspense(request: HttpRequest, wanted: Query[SuspenseQuery]) -> HttpResponse:
    """Money, or word of it, that no rule could settle, the newest first."""
    asked = wanted.filter(request, state=wanted.state, reason=wanted.reason, owner=wanted.owner)
    return _page("suspense", asked, wanted, money_lists.list_suspense, suspense_document)


def get_payment(request: HttpRequest, number: str) -> HttpResponse:
    """One payment by our number, with its steps, callbacks and refunds."""
    sight = money_conditions.money_sight(viewer_of(request).actor)
    found = payment_details.load_payment(number, sight) if number.isalnum() else None
    if found is None:
        raise RefusedError(Refused("not-found", f"There is no payment {number[:40]!r}.", 404))
    document = attempts.payment_document(found.payment) | {
        "order": {"id": found.order.id, "order_no": found.order.order_no, "shop": found.shop},
        "account": found.account.code if found.account else None,
        "refunds": [refunds.refund_document(one) for one in found.refunds],
        "steps": [
            {"type": one.type, "at": one.at, "by": one.actor, "why": one.why}
            for one in found.steps[::-1]
        ],
        "callbacks": [one._asdict() for one in found.callbacks],
    }
    return answer(document)


def _page(
    name: str, asked: MoneyFilter, wanted: MoneyQuery, read: Callable[..., Sequence[Any]],
    document: Callable[[Any], dict[str, Any]],
) -> HttpResponse:  # fmt: skip
    kind, types = f"{name} {asked.sort}", (int, str) if "amount" in asked.sort else (str,)
    rows = read(asked, after=read_cursor(kind, wanted.cursor, types), limit=wanted.limit + 1)
    more, rows = len(rows) > wanted.limit, rows[: wanted.limit]
    cursor = write_cursor(kind, money_lists.place_of(rows[-1], asked.sort)) if more else None
    return answer({"items": [document(row) for row in rows], "next_cursor": cursor})


# --- done -----------------------------------------------------------------------------------


def ask_refund(request: HttpRequest, order: str) -> HttpResponse:
    """Ask that money of an order goes back; somebody approves it, or the shop's rules do."""
    call = Call(request)
    given = call.read(_refund, "invalid-request")
    lines = tuple((one.line_no, one.quantity) for one in given.lines)
    wish = RequestRefund(
        order, call.viewer.actor, given.reason, given.amount, lines, given.payment, call.once
    )
    return _done(call, request_refunds([wish], now=datetime.now(UTC))[0], status=201)


def decide_payment(request: HttpRequest, number: str, act: str) -> HttpResponse:
    """Have held money captured or voided, or the provider asked; what comes of it, it says."""
    if act not in PAYMENT_ACTS:
        raise RefusedError(Refused("not-found", f"A payment has no act {act[:40]!r}.", 404))
    call = Call(request)
    given = call.read(_payment, "invalid-request") if call.body else PaymentRequest()
    wish = DecidePayment(number[:40], act, call.viewer.actor, given.amount, call.once)
    return _done(call, decide_payments([wish], now=datetime.now(UTC))[0], status=202)


def decide_refund(request: HttpRequest, refund: str, act: str) -> HttpResponse:
    """Approve, withdraw or retry a refund, or note that it was given by hand with proof."""
    if act not in ACTS:
        raise RefusedError(Refused("not-found", f"A refund has no act {act[:40]!r}.", 404))
    call = Call(request)
    given = call.read(_decision, "invalid-request") if call.body else DecisionRequest()
    wish = DecideRefund(refund, act, call.viewer.actor, given.proof, given.note, call.once)
    return _done(call, decide_refunds([wish], now=datetime.now(UTC))[0])


def resolve(request: HttpRequest, item: str) -> HttpResponse:
    """Say what became of money without a home, or who looks after it."""
    call = Call(request)
    given = call.read(_resolution, "invalid-request")
    wish = ResolveSuspense(
        item, call.viewer.actor, given.resolution, given.owner, given.order, given.note, call.once
    )
    return _done(call, resolve_suspense([wish], now=datetime.now(UTC))[0])


def _done(call: Call, outcome: Outcome[MoneyAnswer], status: int = 200) -> HttpResponse:
    if isinstance(outcome, Refused):
        raise RefusedError(outcome)
    value = outcome.value
    response = answer({"id": value.id, "state": value.word, "order_id": value.order_id or None})
    response.status_code = status
    if outcome.replayed and call.once is not None:
        response["Idempotent-Replay"] = "true"
    return response


# --- documents ------------------------------------------------------------------------------


def payment_document(row: PaymentLine) -> dict[str, Any]:
    """Return a payment of a list as a document."""
    return {
        "id": row.id, "number": row.number, "reference": row.reference, "order_no": row.order_no,
        "shop": row.shop, "account": row.account, "provider": row.provider, "method": row.method,
        "state": row.state, "dispute": row.dispute or None,
        "amount": format_minor(row.amount_minor, row.currency),
        "captured": format_minor(row.captured_minor, row.currency),
        "refunding": format_minor(row.refunding_minor, row.currency),
        "refunded": format_minor(row.refunded_minor, row.currency), "currency": row.currency,
        "detail": row.detail, "created_at": row.created_at, "captured_at": row.captured_at,
    }  # fmt: skip


def refund_document(row: RefundLine) -> dict[str, Any]:
    """Return a refund of a list as a document."""
    told = {name: value for name, value in row._asdict().items() if name != "amount_minor"}
    return told | {"amount": format_minor(row.amount_minor, row.currency)}


def suspense_document(row: SuspenseLine) -> dict[str, Any]:
    """Return a work item as a document."""
    minor = row.amount_minor
    amount = None if minor is None else format_minor(minor, row.currency)
    told = {name: value for name, value in row._asdict().items() if name != "amount_minor"}
    return told | {"amount": amount}
